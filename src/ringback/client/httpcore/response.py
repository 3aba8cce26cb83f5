"""A response that says what went wrong: by its status, or when its body breaks off."""

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from ringback.client.http import failure_of_status
from ringback.client.httpcore.library import target_of
from ringback.client.raising import raise_prepared
from ringback.errors import RingbackError, specialise
from ringback.failure import Failure, classify


class CompleteDecoder:
    """Wraps a decoder of httpx; what it raises is specialised."""

    def __init__(self, inner: Any, error: type[Exception]) -> None:
        self._inner = inner
        self._error = error
        self._fed = False

    def decode(self, data: bytes) -> Any:
        """Return what the data is decoded to: bytes, or pieces of bytes with httpx2."""
        self._fed = self._fed or bool(data)
        try:
            decoded = self._inner.decode(data)
        except self._error as error:
            _raise_named(error)
        return decoded if isinstance(decoded, bytes) else self._pieces(decoded)

    def flush(self) -> Any:
        """Return what is left to decode."""
        if self._fed and _unfinished(self._inner):
            _raise_named(self._error("the compressed body ended before its end"))
        return self._inner.flush()

    def _pieces(self, decoded: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from decoded
        except self._error as error:
            _raise_named(error)


def joined(decoded: Any) -> bytes:
    """Return what a decoder returned in one piece."""
    return decoded if isinstance(decoded, bytes) else b"".join(decoded)


def _unfinished(decoder: Any) -> bool:
    several = getattr(decoder, "children", None)
    if several is not None:
        return any(map(_unfinished, several))
    stream = getattr(decoder, "decompressor", None)
    stream = getattr(stream, "decompressor", stream)  # httpx2
    finished = getattr(stream, "is_finished", None)  # Brotli
    return not finished() if finished else getattr(stream, "eof", True) is False


def _raise_named(error: Exception) -> NoReturn:
    raise_prepared(specialise(error, classify(error)))


class FailureMixin:
    """Mixed into the response of httpx by each integration."""

    @property
    def failure(self: Any) -> Failure | None:
        """What a status of 400 or more means; ``None`` for any other."""
        if self.status_code < 400:
            return None
        target = target_of(self.request.url, None)
        return failure_of_status(self.status_code, self.reason_phrase, target)

    @property
    def retry_at(self: Any) -> float | None:
        """When the server wants to be called again, in seconds since 1970 UTC.

        Set on the last response of a call that was given up, if the server said so.
        """
        at: float | None = self.extensions.get("retry_at")
        return at

    def raise_for_status(self) -> Any:
        """Raise for a status that is no success, as in httpx."""
        parent: Any = super()
        try:
            return parent.raise_for_status()
        except Exception as error:  # noqa: BLE001 - httpx has one for this; each is raised
            named = specialise(error, classify(error))
            if isinstance(named, RingbackError):
                named.retry_at = self.retry_at
            raise_prepared(named)

    def take(self: Any, pieces: Iterable[bytes]) -> None:
        """Have the whole body, as if ``read`` had got it; in a fraction of the time."""
        raw = b"".join(pieces)
        self._num_bytes_downloaded = len(raw)  # where httpx keeps it
        self.is_stream_consumed = True
        self._content = self._decoded(raw)  # where httpx keeps it

    def _decoded(self: Any, raw: bytes) -> bytes:
        if "content-encoding" not in self.headers:
            return raw
        decoder = self._get_content_decoder()
        return joined(decoder.decode(raw)) + joined(decoder.flush())

    def _get_content_decoder(self: Any) -> Any:
        parent: Any = super()
        decoder = parent._get_content_decoder()  # noqa: SLF001 - httpx has no way to choose another
        if isinstance(decoder, CompleteDecoder) or type(decoder).__name__ == "IdentityDecoder":
            return decoder
        kept = vars(self)["_decoder"] = CompleteDecoder(decoder, self.decoding_error)
        return kept
