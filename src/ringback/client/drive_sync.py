# Written by scripts/unasync.py from drive_async.py: change that one and run it.
"""The loop of attempts, in threads; and the places that limit how many are in flight."""

from collections.abc import Callable

from ringback.client.bulkhead import bulkheads, exhausted, overdue, wait
from ringback.client.call import (
    AttemptMaker,
    Call,
    CallReporter,
    Clock,
    Ended,
    Failed,
    T,
    report_success,
    started,
)
from ringback.client.deadline import enter_deadline, leave_deadline, within_deadline
from ringback.client.diagnose_on_giveup import diagnosed
from ringback.client.routes import Route, RoutedCall
from ringback.event import Listeners
from ringback.retry import OriginState, Policy, Retry, Timeout


def bounded(
    attempt: AttemptMaker[T],
    call: Call,
    origin: str,
    places: int | None,
    error: Callable[[str], Exception],
) -> AttemptMaker[T]:
    """Return the attempt, made once there is a place for it; without a limit, as it is.

    The places are those of the process; who comes first is served first. A place is held until
    the attempt is over: where the body is left to the caller, until the headers are there.
    """
    if not places:
        return attempt

    def in_place(limits: Timeout) -> T | Failed[T]:
        bulkhead, seconds = bulkheads().of(origin, places), within_deadline(limits.pool)
        if not wait(bulkhead, seconds):
            return exhausted(call, origin, places, seconds, error)
        try:
            if overdue():
                return exhausted(call, origin, places, seconds, error)
            return attempt(limits)
        finally:
            bulkhead.leave()

    return in_place


def by_routes(attempt: AttemptMaker[T], call: RoutedCall, limits: Timeout) -> T | Failed[T]:
    """Make one attempt by its route, and at once by each way around what fails."""
    route: Route | None = call.routes.begin(call, call.candidates)
    while route is not None:
        call.take(route)
        outcome = attempt(limits)
        route = call.routes.after(call, outcome)
    return outcome


def drive(  # noqa: PLR0913, PLR0917 - the parts of a call
    attempt: AttemptMaker[T],
    call: Call,
    policy: Policy,
    guard: OriginState | None,
    listeners: Listeners,
    clock: Clock,
    began: float | None = None,
) -> T | Ended[T]:
    """Make attempts until one succeeds or the policy says stop; return its result or the end."""
    run, began, deadline = started(policy, guard, clock, began)
    reporter: CallReporter[T] | None = None  # most calls need none
    token = enter_deadline(deadline)
    try:
        while run.begin(began):
            try:
                outcome = attempt(run.timeout(began))
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
                return diagnosed(reporter.ended(decision), run.policy)
            if outcome.release:
                outcome.release()
            if decision.delay:
                clock.sleep(decision.delay)
            began = clock.monotonic()
        return (reporter or CallReporter(call, run, listeners, clock)).refused()
    finally:
        leave_deadline(token)
