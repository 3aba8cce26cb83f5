"""urllib3's response, for which a body that breaks off is an error."""

from collections.abc import Generator
from typing import Any

import urllib3.response
from urllib3.exceptions import DecodeError, IncompleteRead, ProtocolError
from urllib3.util.response import is_fp_closed

from ringback.client.urllib3.decoder import Decoder


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

    def read(
        self,
        amt: int | None = None,
        decode_content: bool | None = None,
        cache_content: bool = False,
    ) -> bytes:
        """Read, as in urllib3.

        Args:
            amt: As in urllib3.
            decode_content: As in urllib3.
            cache_content: As in urllib3.

        Raises:
            urllib3.exceptions.HTTPError: As in urllib3; also where the body breaks off.
        """
        data = super().read(amt, decode_content, cache_content)
        if not data or amt is None:
            self._check_end()
        return data

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        """Read what one read of the connection gives, as in urllib3 2.

        Args:
            amt: As in urllib3.
            decode_content: As in urllib3.

        Raises:
            urllib3.exceptions.HTTPError: As in urllib3; also where the body breaks off.
        """
        data = super().read1(amt, decode_content)
        if not data and amt != 0:
            self._check_length()
            self._check_end()
        return data

    def stream(
        self, amt: int | None = 2**16, decode_content: bool | None = None
    ) -> Generator[bytes, None, None]:
        """Iterate over the body, as in urllib3.

        Args:
            amt: As in urllib3.
            decode_content: As in urllib3.

        Raises:
            urllib3.exceptions.HTTPError: As in urllib3; also where the body breaks off.
        """
        yield from super().stream(amt, decode_content)
        self._check_end()

    def read_chunked(
        self, amt: int | None = None, decode_content: bool | None = None
    ) -> Generator[bytes, None, None]:
        """Iterate over a chunked body, as in urllib3.

        Args:
            amt: As in urllib3.
            decode_content: As in urllib3.

        Raises:
            urllib3.exceptions.HTTPError: As in urllib3; also where the body breaks off.
        """
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
