"""A content decoder of httpx that does not take a part of a body for the whole."""

from collections.abc import Iterator
from typing import Any, NoReturn

from ringback.client.raising import raise_prepared
from ringback.errors import specialise
from ringback.failure import classify


class Whole:
    """Wraps a decoder of httpx; what it raises is specialised.

    Args:
        inner: For one content coding or several.
        error: httpx's exception for a body that cannot be decoded.
    """

    def __init__(self, inner: Any, error: type[Exception]) -> None:
        self._inner = inner
        self._error = error
        self._fed = False

    def decode(self, data: bytes) -> Any:
        """Return what the data is decoded to: bytes, or pieces of bytes with httpx2.

        Args:
            data: The next bytes of the body.
        """
        self._fed = self._fed or bool(data)
        try:
            decoded = self._inner.decode(data)
        except self._error as error:
            _raise_named(error)
        return decoded if isinstance(decoded, bytes) else self._pieces(decoded)

    def flush(self) -> Any:
        """Return what is left to decode.

        Raises:
            httpx.DecodingError: The body was cut.
        """
        if self._fed and _unfinished(self._inner):
            _raise_named(self._error("the compressed body ended before its end"))
        return self._inner.flush()

    def _pieces(self, decoded: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from decoded
        except self._error as error:
            _raise_named(error)


def joined(decoded: Any) -> bytes:
    """Return what a decoder returned in one piece.

    Args:
        decoded: Bytes, or pieces of bytes with httpx2.
    """
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
