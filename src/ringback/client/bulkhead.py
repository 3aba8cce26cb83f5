"""The bulkhead: so many calls at a time, and the others wait in the order they came.

Michael Nygard, "Release It!", Pragmatic Bookshelf 2007. The one class serves threads and tasks:
it hands out turns, and who calls does the waiting.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from ringback.client.call import Call, Failed
from ringback.client.deadline import current_deadline
from ringback.event.listen import GAUGES
from ringback.failure import Failure
from ringback.retry import Adaptive, Rate, Repeatable
from ringback.retry.concurrency import ConcurrencyLimit
from ringback.retry.rate import Pace

MAX_BULKHEADS = 4096
"""How many origins are remembered; beyond it the oldest that nobody uses is forgotten."""

Places = int | Adaptive
"""How many places a bulkhead has, or that it finds out by itself."""


class Waiter(Protocol):
    """A place in the queue: ``threading.Event``, ``asyncio.Event`` or the like."""

    def set(self) -> object:
        """Say that it has come."""


class Bulkhead:
    """Places, and a queue for them. Thread-safe; nothing waits inside."""

    __slots__ = ("_adaptive", "_lock", "_places", "_queue", "taken")

    def __init__(self, places: Places) -> None:
        self._adaptive = None if isinstance(places, int) else ConcurrencyLimit(places)
        self._places = places if isinstance(places, int) else ConcurrencyLimit(places).limit
        self.taken = 0
        self._queue: OrderedDict[Waiter, None] = OrderedDict()
        self._lock = threading.Lock()

    def enter(self, make: Callable[[], Waiter]) -> Waiter | None:
        """Take a place; return ``None``, or what to wait for where there is none."""
        with self._lock:
            if self.taken < self._places:
                self.taken += 1
                return None
            waiter = make()
            self._queue[waiter] = None
            return waiter

    def leave(self) -> None:
        """Give a place back; the first in the queue has it at once."""
        with self._lock:
            self.taken -= 1
            self._let_in()

    def note(self, began: float, now: float, *, overloaded: bool) -> None:
        """Note how an attempt ended that has a place; the number of places may follow."""
        if self._adaptive is None:
            return
        with self._lock:
            self._adaptive.note(began, now, self.taken, overloaded=overloaded)
            self._places = self._adaptive.limit
            self._let_in()

    def withdraw(self, waiter: Waiter) -> bool:
        """Leave the queue; return ``True`` where its turn has come already: the place is taken."""
        with self._lock:
            if waiter not in self._queue:
                return True
            del self._queue[waiter]
            return False

    @property
    def places(self) -> int:
        """How many places there are."""
        return self._places

    @property
    def waiting(self) -> int:
        """How many are in the queue."""
        return len(self._queue)

    @property
    def in_use(self) -> bool:
        """Whether anybody has a place."""
        return self.taken > 0

    def _let_in(self) -> None:
        while self._queue and self.taken < self._places:
            self.taken += 1
            self._queue.popitem(last=False)[0].set()


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


class _Used(Protocol):
    @property
    def in_use(self) -> object: ...


L = TypeVar("L")
H = TypeVar("H", bound=_Used)


class PerOrigin(Generic[L, H]):
    """What limits the calls to each origin, one for each origin and each limit."""

    _make: Callable[[L], H]

    def __init__(self) -> None:
        self.renew()
        _ALL.add(self)

    def of(self, origin: str, limit: L) -> H:
        """Return that of an origin, the same one each time."""
        key = origin, limit
        found = self._known.get(key)
        return found or self._new(key)

    def those_of(self, origin: str) -> list[H]:
        """Return those of an origin, one for each limit."""
        with self._lock:
            return [held for (name, _), held in self._known.items() if name == origin]

    def renew(self) -> None:
        """Start anew: in a forked process nobody is in flight or waits, whoever did."""
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, L], H] = OrderedDict()

    def _new(self, key: tuple[str, L]) -> H:
        with self._lock:
            if key not in self._known and len(self._known) >= MAX_BULKHEADS:
                unused = next((key for key, held in self._known.items() if not held.in_use), None)
                if unused:
                    del self._known[unused]
            return self._known.setdefault(key, type(self)._make(key[1]))


_ALL: WeakSet[PerOrigin[Any, Any]] = WeakSet()


def renew_all() -> None:
    """Start anew with all that limits calls: places, rates, second attempts."""
    for known in list(_ALL):
        known.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=renew_all)


class Bulkheads(PerOrigin[Places, Bulkhead]):
    """The bulkheads of every origin."""

    _make = Bulkhead


class _Paces(PerOrigin[tuple[Rate, Callable[[], float]], Pace]):
    @staticmethod
    def _make(limit: tuple[Rate, Callable[[], float]]) -> Pace:
        return Pace(limit[0])


_PACES = _Paces()


def pace_of(origin: str, rate: Rate, now: Callable[[], float]) -> Pace:
    """Return the pace of an origin, which all threads and event loops of this process share.

    ``now``: the clock that it goes by. A test's has a pace of its own.
    """
    return _PACES.of(origin, (rate, now))


_OF_THREADS = Bulkheads()


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


def _bulkheads_of(origin: str) -> list[Bulkhead]:
    loops = [ref() for ref in _OF_LOOPS.keyrefs()]
    every = (_OF_THREADS, *(_OF_LOOPS.get(loop) for loop in loops))
    return [bulkhead for known in every if known for bulkhead in known.those_of(origin)]


def _queued(origin: str) -> int | None:
    known = [bulkhead.waiting for bulkhead in _bulkheads_of(origin)]
    known += [pace.waiting for pace in _PACES.those_of(origin)]
    return sum(known) if known else None


def _taken(origin: str) -> int | None:
    known = _bulkheads_of(origin)
    return sum(bulkhead.taken for bulkhead in known) if known else None


def _places(origin: str) -> int | None:
    known = _bulkheads_of(origin)
    return sum(bulkhead.places for bulkhead in known) if known else None


GAUGES["calls_queued"] = "Calls that wait for a place or for their turn under the rate.", _queued
GAUGES["bulkhead_taken"] = "Places of the bulkhead that are taken.", _taken
GAUGES["bulkhead_places"] = "Places that the bulkhead has.", _places


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


def exhausted(call: Call, why: str, error: Callable[[str], Exception]) -> Failed[Any]:
    """Return the attempt that was not admitted."""
    failure = Failure(
        kind="client.pool_exhausted",
        phase="pool",
        delivered="no",
        message=why,
        target=call.target,
        evidence=(why,),
    )
    return Failed(failure, Repeatable(idempotent=True), error(why))
