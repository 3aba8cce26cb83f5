"""A second attempt beside the first, in tasks: the first answer wins, and the other is cancelled.

``retry.hedge`` says when and how many, ``Run.hedge`` whether the origin and the budget allow it.
"""

from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any, Generic, cast

from ringback.client import tasks
from ringback.client.bulkhead import PerOrigin
from ringback.client.call import AsyncAttemptMaker, AsyncClock, Failed, T, both_failed
from ringback.client.http import HttpExchange
from ringback.retry import Policy, Run, Timeout
from ringback.retry.hedge import Hedges

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""RFC 9110, section 9.2.1. Two idempotent requests at once may disturb each other: of two DELETEs
one is answered with 404, and that answer might win."""


class _HedgesOfOrigins(PerOrigin[float, Hedges]):
    _make = Hedges


hedges = _HedgesOfOrigins()
"""The second attempts of this process."""


@dataclass(slots=True, eq=False)
class AttemptEnd(Generic[T]):
    """How one of the two ended."""

    attempt: AsyncAttemptMaker[T]  # Which
    outcome: T | Failed[T] | None
    error: Exception | None  # What is no failed attempt, and is raised
    seconds: float

    @property
    def decides(self) -> bool:
        """Whether the call waits no longer."""
        return self.error is not None or not isinstance(self.outcome, Failed)


class AsyncHedge(Generic[T]):
    """Makes an attempt of a call, and another beside it once that is due."""

    def __init__(
        self,
        call: HttpExchange,
        known: Hedges,
        attempt_of: Callable[[Any], AsyncAttemptMaker[T]],
        clock: AsyncClock,
    ) -> None:
        self._call = call
        self._known = known
        self._attempt_of = attempt_of  # Makes attempts of an exchange
        self._clock = clock
        self._ends: list[AttemptEnd[T]] = []
        self._ended: Any = None  # An event
        self._first: AsyncAttemptMaker[T] | None = None
        self._second: HttpExchange | None = None

    async def __call__(
        self, attempt: AsyncAttemptMaker[T], run: Run, limits: Timeout
    ) -> T | Failed[T]:
        """Return how the attempt ended, or the other one where that decides."""
        due, start = self._known.begin() if run.attempt == 1 else None, monotonic()
        if due is None:
            outcome = await attempt(limits)
            if not isinstance(outcome, Failed):
                self._known.note(monotonic() - start)
            return outcome
        try:
            await self._race(attempt, limits, run, due)
        except BaseException:  # cancelled
            await self._release(self._ends)
            raise
        return await self._decided()

    async def _race(
        self, attempt: AsyncAttemptMaker[T], limits: Timeout, run: Run, due: float
    ) -> None:
        """Let them run until one decides or both have failed; whichever is left is cancelled."""
        async with tasks.group() as start:
            self._first, self._ended = attempt, tasks.new_event()
            start(self._making(attempt, limits))
            second = await self._when_due(due)
            now = self._clock.monotonic()
            if second and self._known.spend() and run.hedge(now):
                self._second = second
                start(self._making(self._attempt_of(second), run.timeout(now)))
            running = 2 if self._second else 1
            while len(self._ends) < running and not any(end.decides for end in self._ends):
                self._ended = tasks.new_event()
                await self._ended.wait()

    async def _when_due(self, due: float) -> HttpExchange | None:
        """Wait until a second attempt is due; return what makes it, ``None``: there is an end.

        While the first connects, which has a rule of its own (RFC 8305), none is.
        """
        second, at = None, monotonic()
        while second is None and not self._ends:
            at, due = at + due, 2 * due
            with suppress(TimeoutError):
                await tasks.run_until(at, self._ended.wait())
            second = None if self._ends else self._call.another()
        return second

    def _making(
        self, attempt: AsyncAttemptMaker[T], limits: Timeout
    ) -> Callable[[], Coroutine[Any, Any, None]]:
        async def make() -> None:
            start, outcome, raised = monotonic(), None, None
            try:
                outcome = await attempt(limits)
            except Exception as error:  # noqa: BLE001 - raised where the call is waited for
                raised = error
            self._ends.append(AttemptEnd(attempt, outcome, raised, monotonic() - start))
            self._ended.set()

        return make

    async def _decided(self) -> T | Failed[T]:
        ends, self._ends = self._ends, []  # what failed holds the frames that hold this
        winner = next((end for end in ends if end.decides), None)
        if winner is None:
            decisive = both_failed([end.outcome for end in ends])
            await self._release(end for end in ends if end.outcome is not decisive)
            return decisive
        await self._release(end for end in ends if end is not winner)
        if winner.error:
            raise winner.error
        first = winner.attempt is self._first
        self._known.note(winner.seconds if first else inf)
        if self._second and first:
            self._second.outpaced()
        return cast("T", winner.outcome)

    async def _release(self, ends: Iterable[AttemptEnd[T]]) -> None:
        """Free what attempts hold whose end nobody gets."""
        for end in ends:
            if end.error:
                continue
            if not isinstance(end.outcome, Failed):
                await _close(end.outcome)
            elif end.outcome.release:
                await end.outcome.release()


async def _close(response: Any) -> None:
    waits = getattr(response, "aclose", response.close)()  # aiohttp's does not wait
    if waits is not None:
        await waits


def hedge_of(
    call: HttpExchange,
    policy: Policy,
    circuit: str,
    attempt_of: Callable[[Any], AsyncAttemptMaker[T]],
    clock: AsyncClock,
) -> AsyncHedge[T] | None:
    """Return what hedges a call; ``None`` where that may not be."""
    if policy.hedge is None or call.method not in SAFE_METHODS:
        return None
    return AsyncHedge(call, hedges.of(circuit, policy.hedge), attempt_of, clock)
