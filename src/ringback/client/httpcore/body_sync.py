"""The body of a response as it comes in."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ringback.client.httpcore.library import Library
from ringback.client.httpcore.naming import raise_named

if TYPE_CHECKING:
    from ringback.failure import Target


class Body:
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
        done: Callable[[], None] | None = None,
        connection: Any = None,
    ) -> None:
        self.target: Target | None = None
        self._library = library
        self._stream = stream
        self._done = done
        self._open = True
        self._connection = connection

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
            self._library.check_end(self._connection)
        except Exception as error:  # noqa: BLE001 - each is raised, as the exception of httpx
            self.close()
            raise_named(self._library, error, self.target)

    def close(self) -> None:
        """Close the stream; a connection whose body is not read to its end is closed with it."""
        if self._open:
            self._open = False
            try:
                self._stream.close()
            finally:
                if self._done:
                    self._done()
