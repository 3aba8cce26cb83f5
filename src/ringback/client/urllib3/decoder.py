"""A content decoder of urllib3 that knows whether its stream has come to an end."""

import zlib
from typing import Any


class Decoder:
    """Wraps a decoder of urllib3.

    Args:
        inner: For ``gzip``, ``deflate``, ``br``, ``zstd`` or several of them.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._fed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def decompress(self, data: bytes, *args: Any, **kwargs: Any) -> bytes:
        """Return what the data is decoded to.

        Args:
            data: The next bytes of the body.
            *args: As in urllib3.
            **kwargs: As in urllib3.
        """
        self._fed = self._fed or bool(data)
        decoded: bytes = self._inner.decompress(data, *args, **kwargs)
        return decoded

    @property
    def truncated(self) -> bool:
        """Whether it was given a stream and not its end; ``False`` where that is not known."""
        return self._fed and _unfinished(self._inner)


def _unfinished(decoder: Any) -> bool:
    several = getattr(decoder, "_decoders", None)
    if several is not None:
        return any(map(_unfinished, several))
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
