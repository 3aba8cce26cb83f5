"""The body of a response as it comes in, for tasks."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ringback.client.httpcore.library import Library
from ringback.client.httpcore.naming import raise_named
from ringback.client.httpcore.upload import ended

if TYPE_CHECKING:
    from ringback.failure import Target


class AsyncBody:
    """A stream of bytes, as httpx wants one; each door mixes its own class in.

    Args:
        library: Whose exceptions are raised.
        stream: What to read and to close.
        done: Called once, after the stream is closed.
        connection: The network stream that the bytes come from, where there is one.

    Attributes:
        target: Whom the call is for, where the caller reads: exceptions are specialised then.
    """

    def __init__(
        self,
        library: Library,
        stream: Any,
        done: Callable[[], Awaitable[None]] | None = None,
        connection: Any = None,
    ) -> None:
        self.target: Target | None = None
        self._library = library
        self._stream = stream
        self._done = done
        self._open = True
        self._connection = connection
        self._pieces: Any = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._pieces = aiter(self._stream)
        return self

    async def __anext__(self) -> bytes:
        try:
            piece: bytes | None = await anext(self._pieces, None)
            if piece is None:
                self._library.check_end(self._connection)
        except Exception as error:  # noqa: BLE001 - each is raised, as the exception of httpx
            await self.aclose()
            raise_named(self._library, error, self.target)
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Close the stream; a connection whose body is not read to its end is closed with it."""
        if not self._open:
            return
        self._open = False
        try:
            await ended(self._pieces)
            await self._stream.aclose()
        finally:
            if self._done:
                await self._done()
