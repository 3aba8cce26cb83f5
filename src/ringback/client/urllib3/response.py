"""urllib3's response: a body that breaks off is an error, and every error says what went wrong."""

import zlib
from collections.abc import Generator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from http.client import HTTPException
from typing import Any

import urllib3.response
from urllib3.exceptions import DecodeError, HTTPError, IncompleteRead, ProtocolError
from urllib3.util.response import is_fp_closed

from ringback.client.http import failure_of_status
from ringback.client.raising import SpecialisedErrors
from ringback.client.wire import failure_of_exchange
from ringback.failure import Failure, Target

failure_of = partial(failure_of_exchange, own=(HTTPError, HTTPException))
"""Return what went wrong in an exchange, see ``failure_of_exchange``."""

specialised_errors = partial(SpecialisedErrors, failure_of)
"""A context in which what urllib3 raises for a URL or target comes out specialised."""


class Decoder:
    """Wraps a decoder of urllib3."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._fed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def decompress(self, data: bytes, *args: Any, **kwargs: Any) -> bytes:
        """Return what the data is decoded to."""
        self._fed = self._fed or bool(data)
        decoded: bytes = self._inner.decompress(data, *args, **kwargs)
        return decoded

    @property
    def truncated(self) -> bool:
        """Whether it was given a stream and not its end; ``False`` where that is not known."""
        return self._fed and _is_unfinished(self._inner)


def _is_unfinished(decoder: Any) -> bool:
    several = getattr(decoder, "_decoders", None)
    if several is not None:
        return any(map(_is_unfinished, several))
    stream = getattr(decoder, "_obj", None)
    finished = getattr(stream, "is_finished", None)  # Brotli
    if finished is not None:
        return not finished()
    if getattr(stream, "eof", True):
        return False
    state = getattr(decoder, "_state", None)
    if state is None:
        return True
    swallowing, first = 2, 0
    return state == first or (state != swallowing and not _is_garbage(stream))


def _is_garbage(stream: Any) -> bool:
    """Whether what follows a whole gzip stream cannot begin another: a line feed, zeros."""
    try:
        stream.copy().decompress(b"\x00\x00")
    except zlib.error as error:
        return "incorrect header" in str(error)
    return False


_AS_IT_IS = nullcontext()


class HTTPResponse(urllib3.response.HTTPResponse):
    """A response that is read to its end, or raises.

    urllib3 itself notices a short ``Content-Length`` and a missing last chunk (1.26 only when
    asked to). Here the end of the content coding counts as well, and over TLS a body that ends
    with the connection must end with ``close_notify`` (RFC 8446, section 6.1).
    """

    _given_up = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("enforce_content_length", True)
        super().__init__(*args, **kwargs)

    def _reading(self) -> AbstractContextManager[None]:
        """The context in which the body is read."""
        return _AS_IT_IS

    def read(
        self,
        amt: int | None = None,
        decode_content: bool | None = None,
        cache_content: bool = False,
    ) -> bytes:
        """Read, as in urllib3."""
        with self._reading():
            data = super().read(amt, decode_content, cache_content)
            if not data or amt is None:
                self._check_end()
            return data

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        """Read what one read of the connection gives, as in urllib3 2."""
        with self._reading():
            data = super().read1(amt, decode_content)
            if not data and amt != 0:
                self._check_length()
                self._check_end()
            return data

    def stream(
        self, amt: int | None = 2**16, decode_content: bool | None = None
    ) -> Generator[bytes, None, None]:
        """Iterate over the body, as in urllib3."""
        with self._reading():
            yield from super().stream(amt, decode_content)
            self._check_end()

    def read_chunked(
        self, amt: int | None = None, decode_content: bool | None = None
    ) -> Generator[bytes, None, None]:
        """Iterate over a chunked body, as in urllib3."""
        with self._reading():
            yield from super().read_chunked(amt, decode_content)
            self._check_end()

    def close(self) -> None:
        """Close; what was not read is not missed."""
        self._given_up = True
        super().close()

    def _init_decoder(self) -> None:
        super()._init_decoder()
        inner: Any = self._decoder
        if inner is not None and not isinstance(inner, Decoder):
            self._decoder: Any = Decoder(inner)

    def _check_end(self) -> None:
        if self._given_up or not is_fp_closed(self._fp):
            return
        cut = getattr(self._original_response, "cut", None)
        if cut is not None:
            raise ProtocolError(f"Connection broken: {cut!r}", cut) from cut
        decoder: Any = self._decoder
        if isinstance(decoder, Decoder) and decoder.truncated:
            coding = self.headers.get("content-encoding", "")
            raise DecodeError(
                f"Received response with content-encoding: {coding}, but it ended too early."
            )

    def _check_length(self) -> None:
        missing = self.length_remaining
        if self.enforce_content_length and not self._given_up and missing and missing > 0:
            short = IncompleteRead(self.tell(), missing)
            raise ProtocolError(f"Connection broken: {short!r}", short) from short


class NamedResponse(HTTPResponse):
    """A ``urllib3.HTTPResponse``; what reading its body raises is specialised."""

    target = Target()  # Whom the call was for
    # When the server wants to be called again, in seconds since 1970 UTC; set on the last response
    # of a call that was given up, if the server said so
    retry_at: float | None = None

    @property
    def failure(self) -> Failure | None:
        """What a status of 400 or more means; ``None`` for any other."""
        if self.status < 400:
            return None
        return failure_of_status(self.status, self.reason, self.target)

    def _reading(self) -> AbstractContextManager[None]:
        return specialised_errors(self.target)
