"""The bulkhead: so many calls at a time, and the others wait in the order they came.

Michael Nygard, "Release It!", Pragmatic Bookshelf 2007. The one class serves threads and tasks:
it hands out turns, and who calls does the waiting.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

LIMIT = 4096
"""How many origins are remembered; beyond it the oldest that nobody uses is forgotten."""


class Turn(Protocol):
    """A place in the queue: ``threading.Event``, ``asyncio.Event`` or the like."""

    def set(self) -> object:
        """Say that it has come."""


class Bulkhead:
    """A number of places, and a queue for them. Thread-safe; nothing waits inside.

    Args:
        places: How many calls may be in at once.
    """

    __slots__ = ("_free", "_lock", "_places", "_queue")

    def __init__(self, places: int) -> None:
        self._places = places
        self._free = places
        self._queue: OrderedDict[Turn, None] = OrderedDict()
        self._lock = threading.Lock()

    def enter(self, make: Callable[[], Turn]) -> Turn | None:
        """Take a place; return ``None``, or the turn to wait for where there is none.

        Args:
            make: Makes a turn.
        """
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            turn = make()
            self._queue[turn] = None
            return turn

    def leave(self) -> None:
        """Give a place back; the first in the queue has it at once."""
        with self._lock:
            if self._queue:
                self._queue.popitem(last=False)[0].set()
            else:
                self._free += 1

    def withdraw(self, turn: Turn) -> bool:
        """Leave the queue; return ``True`` where the turn has come already: the place is taken.

        Args:
            turn: From ``enter``.
        """
        with self._lock:
            if turn not in self._queue:
                return True
            del self._queue[turn]
            return False

    @property
    def waiting(self) -> int:
        """How many are in the queue."""
        return len(self._queue)

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._places - self._free


def wait(bulkhead: Bulkhead, seconds: float | None) -> bool:
    """Take a place, in a thread; return ``False`` where none came free in time.

    Args:
        bulkhead: Whose.
        seconds: To wait at the most; ``None``: for ever.
    """
    turn = bulkhead.enter(threading.Event)
    if turn is None:
        return True
    assert isinstance(turn, threading.Event)
    try:
        if turn.wait(seconds):
            return True
    except BaseException:  # a signal
        if bulkhead.withdraw(turn):
            bulkhead.leave()
        raise
    return bulkhead.withdraw(turn)


class Bulkheads:
    """The bulkheads of every origin, one for each and each number of places."""

    def __init__(self) -> None:
        self.renew()

    def of(self, origin: str, places: int) -> Bulkhead:
        """Return the bulkhead of an origin, the same one each time.

        Args:
            origin: ``scheme://host:port``.
            places: How many calls may be in at once.
        """
        key = origin, places
        found = self._known.get(key)
        return found or self._new(key)

    def renew(self) -> None:
        """Start anew: in a forked process the places are free, whoever held them."""
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, int], Bulkhead] = OrderedDict()

    def _new(self, key: tuple[str, int]) -> Bulkhead:
        with self._lock:
            if key not in self._known and len(self._known) >= LIMIT:
                unused = next((one for one, held in self._known.items() if not held.taken), None)
                if unused:
                    del self._known[unused]
            return self._known.setdefault(key, Bulkhead(key[1]))


_OF_THREADS = Bulkheads()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_OF_THREADS.renew)


def bulkheads() -> Bulkheads:
    """Return the bulkheads that the threads of this process share."""
    return _OF_THREADS
