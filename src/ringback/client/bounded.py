"""An attempt that waits for its place where only so many may be in flight."""

from collections.abc import Callable
from time import monotonic
from typing import Any

from ringback.client.bulkhead import bulkheads, wait
from ringback.client.call import Call, Failed, T
from ringback.client.deadline import current, patience
from ringback.failure import Failure
from ringback.retry import Repeatable, Timeout

Attempt = Callable[[Timeout], T | Failed[T]]


def bounded(
    attempt: Attempt[T],
    call: Call,
    origin: str,
    places: int,
    error: Callable[[str], Exception],
) -> Attempt[T]:
    """Return the attempt, made once there is a place for it.

    The places are those of the process; who comes first is served first. A place is held until the
    attempt is over: where the body is left to the caller, until the headers are there.

    Args:
        attempt: Makes one attempt.
        call: What is said of it.
        origin: ``scheme://host:port``.
        places: How many may be in flight to it.
        error: Makes the client library's exception for a wait in vain, from its text.
    """

    def in_place(limits: Timeout) -> T | Failed[T]:
        bulkhead, seconds = bulkheads().of(origin, places), patience(limits.pool)
        if not wait(bulkhead, seconds):
            return exhausted(call, origin, places, seconds, error)
        try:
            if overdue():
                return exhausted(call, origin, places, seconds, error)
            return attempt(limits)
        finally:
            bulkhead.leave()

    return in_place


def overdue() -> bool:
    """Whether the wait has taken all the time that the call had: no attempt begins then."""
    at = current()
    return at is not None and monotonic() >= at


def exhausted(
    call: Call, origin: str, places: int, seconds: float | None, error: Callable[[str], Exception]
) -> Failed[Any]:
    """Return the attempt that got no place.

    Args:
        call: What is said of it.
        origin: ``scheme://host:port``.
        places: How many may be in flight to it.
        seconds: How long it waited.
        error: Makes the client library's exception, from its text.
    """
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
