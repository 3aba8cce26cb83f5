"""The loop of attempts, in tasks; and the places that limit how many are in flight."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ringback.client.call import (
    AsyncAttemptMaker,
    AsyncClock,
    AsyncHedging,
    Call,
    CallReporter,
    Ended,
    Failed,
    T,
    report_success,
    started,
)
from ringback.client.deadline import enter_deadline, leave_deadline
from ringback.client.diagnose_on_giveup import adiagnosed
from ringback.client.waiting import AsyncWaker
from ringback.event import Listeners
from ringback.retry import Decision, OriginState, Policy, Retry, Run, Timeout, Wait

if TYPE_CHECKING:
    from ringback.client.routes import Route, RoutedCall


def bounded(
    attempt: AsyncAttemptMaker[T],
    call: Call,
    origin: str,
    policy: Policy,
    error: Callable[[str], Exception],
    clock: AsyncClock,
) -> AsyncAttemptMaker[T]:
    """Return the attempt, made once it is admitted; without a limit, as it is.

    The places are those of the event loop, the rate is that of all; who comes first is served
    first. A place is held until the attempt is over: where the body is left to the caller, until
    the headers are there.
    """
    if not (policy.bulkhead or policy.rate):
        return attempt
    # Few policies have a limit, and each program loads this with its first session.
    from ringback.client.admission import async_admission  # noqa: PLC0415 - see above
    from ringback.client.bulkhead import exhausted  # noqa: PLC0415 - see above

    async def admitted(limits: Timeout) -> T | Failed[T]:
        entry = async_admission(origin, policy, clock)
        if why := await entry.async_enter(limits.pool):
            return exhausted(call, why, error)
        try:
            return entry.noted(await attempt(limits))
        finally:
            entry.leave()

    return admitted


async def by_routes(
    attempt: AsyncAttemptMaker[T], call: "RoutedCall", limits: Timeout
) -> T | Failed[T]:
    """Make one attempt by its route, and at once by each way around what fails."""
    route: Route | None = call.routes.begin(call, call.candidates)
    while route is not None:
        call.take(route)
        outcome = await attempt(limits)
        route = call.routes.after(call, outcome)
    try:
        return outcome
    finally:
        del outcome  # as in ``drive``


async def drive(  # noqa: PLR0913, PLR0915, PLR0917 - the parts of a call, in one hot loop
    attempt: AsyncAttemptMaker[T],
    call: Call,
    policy: Policy,
    guard: OriginState | None,
    listeners: Listeners,
    clock: AsyncClock,
    began: float | None = None,
    hedge: AsyncHedging[T] | None = None,
    made: Failed[T] | None = None,
) -> T | Ended[T]:
    """Make attempts until one succeeds or the policy says stop; return its result or the end.

    ``made``: how the first one failed that was made before, at ``began``, while the circuit was
    closed. It counts whatever became of the circuit meanwhile.
    """
    run, began, deadline = started(policy, guard, clock, began)
    reporter: CallReporter[T] | None = None  # most calls need none
    ended = began if made is None else clock.monotonic()
    token = enter_deadline(deadline)
    try:
        while True:
            failed, made = made, None
            if run.begin(began) and failed is None:
                try:
                    limits = run.timeout(began)
                    outcome = await (hedge(attempt, run, limits) if hedge else attempt(limits))
                except BaseException:
                    run.abandon()
                    raise
                ended = clock.monotonic()
                if not isinstance(outcome, Failed):
                    report_success(reporter, call, run, listeners, clock, began, ended)
                    return outcome
                failed = outcome
                del outcome
            reporter = reporter or CallReporter(call, run, listeners, clock)
            if failed is None:
                decision = reporter.refused()
            else:
                decision = reporter.failed(failed, ended, ended - began)
            end = await async_before_next(decision, failed, run, reporter, clock)
            if end is not None:
                try:
                    return end
                finally:  # the exceptions in it hold this function, which would hold them
                    del end, decision, failed, reporter
            began = clock.monotonic()
    except BaseException:
        run.leave(began)
        raise
    finally:
        leave_deadline(token)


async def async_before_next(
    decision: Decision,
    failed: Failed[T] | None,
    run: Run,
    reporter: CallReporter[T],
    clock: AsyncClock,
) -> Ended[T] | None:
    """Wait as decided before the next attempt; return the end of the call if there is none."""
    if isinstance(decision, Retry):
        if failed and failed.release:
            await failed.release()
        if decision.delay:
            await clock.sleep(decision.delay)
        return None
    if isinstance(decision, Wait):
        end = await async_in_line(run, reporter, clock)
        if end is None:
            # Only now: if it had waited in vain, the response would have been the caller's.
            if failed and failed.release:
                await failed.release()
            return None
    else:
        end = reporter.ended(decision)
    return end if failed is None else await adiagnosed(end, run.policy)


async def async_in_line(run: Run, reporter: CallReporter[T], clock: AsyncClock) -> Ended[T] | None:
    """Wait in the line of the origin; return how the call ended there, or ``None``: it goes on."""
    waker = AsyncWaker(clock)
    try:
        reporter.join(waker.wake)
        while isinstance(turn := reporter.turn(), float):
            await waker.wait(turn)
    except BaseException:
        run.leave(clock.monotonic())
        raise
    return turn
