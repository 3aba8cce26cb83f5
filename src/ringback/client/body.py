"""The body of a request: can it be sent again, from the start?"""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from types import GeneratorType
from typing import Any


class Replayable:
    """A body made in pieces that can be made again: ``data=Replayable(read_pieces)``.

    A generator can be sent only once, so that a call with one is not tried again after it began.

    Args:
        factory: Returns the pieces from the start, each time anew.
    """

    def __init__(self, factory: Callable[[], Iterable[bytes]]) -> None:
        self._factory = factory

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._factory())


class AsyncReplayable:
    """A ``Replayable`` for asynchronous clients: its factory returns an asynchronous iterable.

    Args:
        factory: Returns the pieces from the start, each time anew.
    """

    def __init__(self, factory: Callable[[], AsyncIterable[bytes]]) -> None:
        self._factory = factory

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._factory())


REPLAYABLE_TYPES = (bytes, bytearray, memoryview, str, Replayable, AsyncReplayable)
"""Bodies that are the same each time they are read."""


class Body:
    """Remembers where a body starts: bytes, text, a file, an iterator or ``None``."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self._start = _position(body)
        self._sent = False

    @property
    def replayable(self) -> bool:
        """Can it be sent again as it was sent first?"""
        if isinstance(self._body, GeneratorType):  # untouched where no connection came about
            from inspect import GEN_CREATED, getgeneratorstate  # noqa: PLC0415 - slow to load

            return getgeneratorstate(self._body) == GEN_CREATED
        return (
            self._body is None
            or isinstance(self._body, REPLAYABLE_TYPES)
            or self._start is not None
        )

    def rewind(self) -> None:
        """Go back to where the body starts; the first time it is there already."""
        if self._sent and self._start is not None:
            self._body.seek(self._start)
        self._sent = True


def _position(body: Any) -> int | None:
    if not hasattr(body, "seek") or not hasattr(body, "tell"):
        return None
    try:
        position = body.tell()
        return position if getattr(body, "seekable", lambda: True)() else None
    except (OSError, ValueError):  # a pipe; a closed file
        return None
