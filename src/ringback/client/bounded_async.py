"""An attempt that waits for its place where only so many may be in flight, in a task."""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from ringback.client import tasks
from ringback.client.bounded import exhausted, overdue
from ringback.client.bulkhead import Bulkhead, Bulkheads
from ringback.client.call import Call, Failed, T
from ringback.client.deadline import patience
from ringback.retry import Timeout

AsyncAttempt = Callable[[Timeout], Awaitable[T | Failed[T]]]

_OF_LOOPS: WeakKeyDictionary[Any, Bulkheads] = WeakKeyDictionary()


def bounded(
    attempt: AsyncAttempt[T],
    call: Call,
    origin: str,
    places: int,
    error: Callable[[str], Exception],
) -> AsyncAttempt[T]:
    """Return the attempt, made once there is a place for it.

    The places are those of the event loop; who comes first is served first. A place is held until
    the attempt is over: where the body is left to the caller, until the headers are there.

    Args:
        attempt: Makes one attempt.
        call: What is said of it.
        origin: ``scheme://host:port``.
        places: How many may be in flight to it.
        error: Makes the client library's exception for a wait in vain, from its text.
    """

    async def in_place(limits: Timeout) -> T | Failed[T]:
        bulkhead, seconds = _bulkheads().of(origin, places), patience(limits.pool)
        if not await _wait(bulkhead, seconds):
            return exhausted(call, origin, places, seconds, error)
        try:
            if overdue():
                return exhausted(call, origin, places, seconds, error)
            return await attempt(limits)
        finally:
            bulkhead.leave()

    return in_place


def _bulkheads() -> Bulkheads:
    """Those that the tasks of this event loop share: what wakes a task works in its loop only."""
    loop = tasks.loop()
    found = _OF_LOOPS.get(loop)
    if found is None:
        found = _OF_LOOPS[loop] = Bulkheads()
    return found


async def _wait(bulkhead: Bulkhead, seconds: float | None) -> bool:
    """Take a place; return ``False`` where none came free in time."""
    turn: Any = bulkhead.enter(tasks.event)
    if turn is None:
        return True
    try:
        if seconds is None:
            await turn.wait()
        else:
            await tasks.until(monotonic() + seconds, turn.wait())
    except TimeoutError:
        return bulkhead.withdraw(turn)
    except BaseException:  # cancelled
        if bulkhead.withdraw(turn):
            bulkhead.leave()
        raise
    return True
