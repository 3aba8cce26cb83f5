"""The body of a request on its way, for tasks."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any


class Upload:
    """A stream of httpx whose generator is ended with the request, not by the garbage collector.

    Args:
        stream: Of httpx.
    """

    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        self._stream = stream
        self._pieces: AsyncIterator[bytes] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._pieces = pieces = aiter(self._stream)
        return pieces

    async def aclose(self) -> None:
        """End it, wherever it is."""
        await ended(self._pieces)


async def ended(iterator: Any) -> None:
    """End an asynchronous generator, wherever it is; another iterator has nothing to end.

    Args:
        iterator: Any, or ``None``.
    """
    if hasattr(iterator, "aclose"):
        await iterator.aclose()
