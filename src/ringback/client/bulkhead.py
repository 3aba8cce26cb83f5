"""The bulkhead: so many calls at a time, and the others wait in the order they came.

Michael Nygard, "Release It!", Pragmatic Bookshelf 2007. The one class serves threads and tasks:
it hands out turns, and who calls does the waiting.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from ringback.client.call import Call, Failed
from ringback.client.deadline import current_deadline
from ringback.failure import Failure
from ringback.retry import Repeatable

MAX_BULKHEADS = 4096
"""How many origins are remembered; beyond it the oldest that nobody uses is forgotten."""


class Waiter(Protocol):
    """A place in the queue: ``threading.Event``, ``asyncio.Event`` or the like."""

    def set(self) -> object:
        """Say that it has come."""


class Bulkhead:
    """A number of places, and a queue for them. Thread-safe; nothing waits inside."""

    __slots__ = ("_free", "_lock", "_places", "_queue")

    def __init__(self, places: int) -> None:
        self._places = places
        self._free = places
        self._queue: OrderedDict[Waiter, None] = OrderedDict()
        self._lock = threading.Lock()

    def enter(self, make: Callable[[], Waiter]) -> Waiter | None:
        """Take a place; return ``None``, or what to wait for where there is none."""
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            waiter = make()
            self._queue[waiter] = None
            return waiter

    def leave(self) -> None:
        """Give a place back; the first in the queue has it at once."""
        with self._lock:
            if self._queue:
                self._queue.popitem(last=False)[0].set()
            else:
                self._free += 1

    def withdraw(self, waiter: Waiter) -> bool:
        """Leave the queue; return ``True`` where its turn has come already: the place is taken."""
        with self._lock:
            if waiter not in self._queue:
                return True
            del self._queue[waiter]
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
    """Take a place, in a thread; return ``False`` where none came free in time."""
    waiter = bulkhead.enter(threading.Event)
    if waiter is None:
        return True
    assert isinstance(waiter, threading.Event)
    try:
        if waiter.wait(seconds):
            return True
    except BaseException:  # a signal
        if bulkhead.withdraw(waiter):
            bulkhead.leave()
        raise
    return bulkhead.withdraw(waiter)


class Bulkheads:
    """The bulkheads of every origin, one for each and each number of places."""

    def __init__(self) -> None:
        self.renew()

    def of(self, origin: str, places: int) -> Bulkhead:
        """Return the bulkhead of an origin, the same one each time."""
        key = origin, places
        found = self._known.get(key)
        return found or self._new(key)

    def renew(self) -> None:
        """Start anew: in a forked process the places are free, whoever held them."""
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, int], Bulkhead] = OrderedDict()

    def _new(self, key: tuple[str, int]) -> Bulkhead:
        with self._lock:
            if key not in self._known and len(self._known) >= MAX_BULKHEADS:
                unused = next((key for key, held in self._known.items() if not held.taken), None)
                if unused:
                    del self._known[unused]
            return self._known.setdefault(key, Bulkhead(key[1]))


_OF_THREADS = Bulkheads()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_OF_THREADS.renew)


def bulkheads() -> Bulkheads:
    """Return the bulkheads that the threads of this process share."""
    return _OF_THREADS


_OF_LOOPS: WeakKeyDictionary[Any, Bulkheads] = WeakKeyDictionary()


def async_bulkheads() -> Bulkheads:
    """Return the bulkheads that the tasks of this event loop share.

    What wakes a task works in its loop only, so that each loop has its own.
    """
    from ringback.client import tasks  # noqa: PLC0415 - threads need no asyncio

    loop = tasks.running_loop()
    found = _OF_LOOPS.get(loop)
    if found is None:
        found = _OF_LOOPS[loop] = Bulkheads()
    return found


async def async_wait(bulkhead: Bulkhead, seconds: float | None) -> bool:
    """Take a place, in a task; return ``False`` where none came free in time."""
    from ringback.client import tasks  # noqa: PLC0415 - threads need no asyncio

    waiter: Any = bulkhead.enter(tasks.new_event)
    if waiter is None:
        return True
    try:
        if seconds is None:
            await waiter.wait()
        else:
            await tasks.run_until(monotonic() + seconds, waiter.wait())
    except TimeoutError:
        return bulkhead.withdraw(waiter)
    except BaseException:  # cancelled
        if bulkhead.withdraw(waiter):
            bulkhead.leave()
        raise
    return True


def overdue() -> bool:
    """Whether the wait has taken all the time that the call had: no attempt begins then."""
    at = current_deadline()
    return at is not None and monotonic() >= at


def exhausted(
    call: Call, origin: str, places: int, seconds: float | None, error: Callable[[str], Exception]
) -> Failed[Any]:
    """Return the attempt that got no place."""
    text = f"{places} calls to {origin} are in flight, and none ended in {seconds or 0:.3g} s"
    failure = Failure(
        kind="client.pool_exhausted",
        phase="pool",
        delivered="no",
        message=text,
        target=call.target,
        evidence=(text,),
    )
    return Failed(failure, Repeatable(idempotent=True), error(text))
