"""The loop of attempts, in tasks; and the places that limit how many are in flight."""

from collections.abc import Callable

from ringback.client.bulkhead import async_bulkheads, async_wait, exhausted, overdue
from ringback.client.call import (
    AsyncAttemptMaker,
    AsyncClock,
    Call,
    CallReporter,
    Ended,
    Failed,
    T,
    report_success,
    started,
)
from ringback.client.deadline import enter_deadline, leave_deadline, within_deadline
from ringback.client.diagnose_on_giveup import adiagnosed
from ringback.client.routes import Route, RoutedCall
from ringback.event import Listeners
from ringback.retry import OriginState, Policy, Retry, Timeout


def bounded(
    attempt: AsyncAttemptMaker[T],
    call: Call,
    origin: str,
    places: int | None,
    error: Callable[[str], Exception],
) -> AsyncAttemptMaker[T]:
    """Return the attempt, made once there is a place for it; without a limit, as it is.

    The places are those of the event loop; who comes first is served first. A place is held until
    the attempt is over: where the body is left to the caller, until the headers are there.
    """
    if not places:
        return attempt

    async def in_place(limits: Timeout) -> T | Failed[T]:
        bulkhead, seconds = async_bulkheads().of(origin, places), within_deadline(limits.pool)
        if not await async_wait(bulkhead, seconds):
            return exhausted(call, origin, places, seconds, error)
        try:
            if overdue():
                return exhausted(call, origin, places, seconds, error)
            return await attempt(limits)
        finally:
            bulkhead.leave()

    return in_place


async def by_routes(
    attempt: AsyncAttemptMaker[T], call: RoutedCall, limits: Timeout
) -> T | Failed[T]:
    """Make one attempt by its route, and at once by each way around what fails."""
    route: Route | None = call.routes.begin(call, call.candidates)
    while route is not None:
        call.take(route)
        outcome = await attempt(limits)
        route = call.routes.after(call, outcome)
    return outcome


async def drive(  # noqa: PLR0913, PLR0917 - the parts of a call
    attempt: AsyncAttemptMaker[T],
    call: Call,
    policy: Policy,
    guard: OriginState | None,
    listeners: Listeners,
    clock: AsyncClock,
    began: float | None = None,
) -> T | Ended[T]:
    """Make attempts until one succeeds or the policy says stop; return its result or the end."""
    run, began, deadline = started(policy, guard, clock, began)
    reporter: CallReporter[T] | None = None  # most calls need none
    token = enter_deadline(deadline)
    try:
        while run.begin(began):
            try:
                outcome = await attempt(run.timeout(began))
            except BaseException:
                run.abandon()
                raise
            ended = clock.monotonic()
            if not isinstance(outcome, Failed):
                report_success(reporter, call, run, listeners, clock, began, ended)
                return outcome
            reporter = reporter or CallReporter(call, run, listeners, clock)
            decision = reporter.failed(outcome, ended, ended - began)
            if not isinstance(decision, Retry):
                return await adiagnosed(reporter.ended(decision), run.policy)
            if outcome.release:
                await outcome.release()
            if decision.delay:
                await clock.sleep(decision.delay)
            began = clock.monotonic()
        return (reporter or CallReporter(call, run, listeners, clock)).refused()
    finally:
        leave_deadline(token)
