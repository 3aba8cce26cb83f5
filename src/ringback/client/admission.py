"""What an attempt waits for before it begins: a place in the bulkhead, its turn under the rate."""

from collections.abc import Callable
from time import monotonic
from typing import Any

from ringback.client.bulkhead import (
    Bulkhead,
    Places,
    async_bulkheads,
    async_wait,
    bulkheads,
    overdue,
    pace_of,
    wait,
)
from ringback.client.call import AsyncClock, Clock, Failed, T
from ringback.client.deadline import within_deadline
from ringback.client.http import quotas_in
from ringback.client.waiting import AsyncWaker, Waker
from ringback.retry import Policy, Rate
from ringback.retry.rate import Pace

OVERLOAD_STATUSES = frozenset({429, 503, 504})
"""Statuses that say that a service has too much to do (RFC 6585, RFC 9110)."""


class Admission:
    """The place and the turn of one attempt at an origin."""

    __slots__ = ("_began", "_bulkhead", "_clock", "_origin", "_pace", "_places")

    def __init__(
        self, origin: str, policy: Policy, bulkhead: Callable[..., Bulkhead], clock: Any
    ) -> None:
        self._origin = origin
        self._clock = clock
        self._places: Any = policy.bulkhead
        self._bulkhead = bulkhead(origin, self._places) if self._places else None
        rate, now = policy.rate, clock.monotonic
        self._pace = pace_of(origin, rate, now) if isinstance(rate, Rate) else None
        self._began = 0.0

    def enter(self, limit: float | None) -> str:
        """Wait in a thread, no longer than the limit and the deadline; return why in vain."""
        seconds = within_deadline(limit)
        until = None if seconds is None else monotonic() + seconds
        if self._bulkhead and not wait(self._bulkhead, seconds):
            return self._no_place(seconds)
        try:
            late = _pass(self._pace, _left(until), self._clock) if self._pace else None
        except BaseException:
            self.leave()
            raise
        return self._entered(late, seconds)

    async def async_enter(self, limit: float | None) -> str:
        """Wait in a task, no longer than the limit and the deadline; return why in vain."""
        seconds = within_deadline(limit)
        until = None if seconds is None else monotonic() + seconds
        if self._bulkhead and not await async_wait(self._bulkhead, seconds):
            return self._no_place(seconds)
        try:
            left, clock = _left(until), self._clock
            late = await _async_pass(self._pace, left, clock) if self._pace else None
        except BaseException:
            self.leave()
            raise
        return self._entered(late, seconds)

    def _entered(self, late: float | None, seconds: float | None) -> str:
        why = ""
        if late is not None:
            why = (
                f"the rate limit of {self._origin} lets this call go in {late:.3g} s, and it may"
                f" wait {seconds or 0:.3g} s"
            )
        elif overdue():  # the wait has taken all the time that the call had
            why = self._no_place(seconds)
        if why:
            self.leave()
        self._began = monotonic()
        return why

    def _no_place(self, seconds: float | None) -> str:
        took = f"{seconds or 0:.3g} s"
        if self._bulkhead is None:
            return f"the rate limit of {self._origin} took the {took} that this call had"
        in_flight = f"{self._bulkhead.places} calls to {self._origin} are in flight"
        return f"{in_flight}, and none ended in {took}"

    def noted(self, outcome: T) -> T:
        """Note how the attempt ended, with a result or as a ``Failed``, and return that."""
        failed = outcome if isinstance(outcome, Failed) else None
        status = int(failed.failure.code or 0) if failed and failed.failure.layer == "status" else 0
        if failed is None or _is_late(failed.failure.kind) or status in OVERLOAD_STATUSES:
            self._note(overloaded=failed is not None)
        self._heed(failed.result if failed else outcome, status)
        return outcome

    def note_response(self, response: Any, status: int) -> None:
        """Note the response that the attempt got."""
        if status < 500 or status in OVERLOAD_STATUSES:
            self._note(overloaded=status in OVERLOAD_STATUSES)
        self._heed(response, status)

    def note_timeout(self) -> None:
        """Note that the attempt got none in time."""
        self._note(overloaded=True)

    def leave(self) -> None:
        """Give the place back."""
        if self._bulkhead:
            self._bulkhead.leave()

    def _note(self, *, overloaded: bool) -> None:
        if self._bulkhead:
            self._bulkhead.note(self._began, monotonic(), overloaded=overloaded)

    def _heed(self, response: Any, status: int) -> None:
        pace = self._pace
        headers: Any = getattr(response, "headers", None)
        if pace and pace.rate.headers and hasattr(headers, "get"):
            pace.heed(quotas_in(headers, status, self._clock.monotonic(), self._clock.time()))


def _is_late(kind: str) -> bool:
    return kind.endswith(".timed_out") or kind == "client.deadline_exceeded"


def admission(origin: str, policy: Policy, clock: Clock) -> Admission:
    """Return what a thread's attempt waits for; for its turn, on the clock."""
    return Admission(origin, policy, bulkheads().of, clock)


def async_admission(origin: str, policy: Policy, clock: AsyncClock) -> Admission:
    """Return what a task's attempt waits for; for its turn, on the clock."""
    return Admission(origin, policy, _of_loop, clock)


def _of_loop(origin: str, places: Places) -> Bulkhead:
    return async_bulkheads().of(origin, places)


def _left(until: float | None) -> float:
    return float("inf") if until is None else max(0.0, until - monotonic())


def _pass(pace: Pace, seconds: float, clock: Clock) -> float | None:
    """Wait for the turn, in a thread; return the seconds that were too many."""
    waker = Waker(Clock() if clock.monotonic is monotonic else clock)
    queued = pace.enter(lambda: waker.wake, clock.monotonic(), seconds)
    if queued is None or isinstance(queued, float):
        return queued
    try:
        while isinstance(turn := pace.turn(queued, clock.monotonic()), float):
            waker.wait(turn)
    except BaseException:  # a signal
        pace.withdraw(queued)
        raise
    return seconds if turn == "late" else None


async def _async_pass(pace: Pace, seconds: float, clock: AsyncClock) -> float | None:
    """Wait for the turn, in a task; return the seconds that were too many."""
    from ringback.client import tasks  # noqa: PLC0415 - threads need no asyncio

    real = clock.monotonic is monotonic
    waker = AsyncWaker(AsyncClock(tasks.sleep) if real else clock)
    queued = pace.enter(lambda: waker.wake, clock.monotonic(), seconds)
    if queued is None or isinstance(queued, float):
        return queued
    try:
        while isinstance(turn := pace.turn(queued, clock.monotonic()), float):
            await waker.wait(turn)
    except BaseException:  # cancelled
        pace.withdraw(queued)
        raise
    return seconds if turn == "late" else None
