"""The course that one call takes: what is told of each attempt, and what is kept for the end."""

from typing import Generic

from ringback.client.call import Call, Ended, Failed, T
from ringback.client.clock import AsyncClock, Clock
from ringback.client.foreign import new_layer
from ringback.client.refusal import refusal
from ringback.event import Event, Listeners, What
from ringback.failure import Failure
from ringback.retry import Decision, Done, GiveUp, Policy, Run

_REACHED = ("no", "maybe", "yes")


class Course(Generic[T]):
    """Everything that the two drivers do alike.

    Args:
        call: What events say of the call.
        run: Its state.
        listeners: Told after each attempt.
        clock: Time and chance.
    """

    __slots__ = ("_call", "_clock", "_failures", "_listeners", "_run", "_told")

    def __init__(
        self, call: Call, run: Run, listeners: Listeners, clock: Clock | AsyncClock
    ) -> None:
        self._call = call
        self._run = run
        self._listeners = listeners
        self._clock = clock
        self._failures: tuple[Failure, ...] = ()
        self._told: Failed[T] | None = None

    def succeeded(self, decision: Decision, seconds: float) -> None:
        """Tell of an attempt that succeeded.

        Args:
            decision: That the call is done.
            seconds: How long it took.
        """
        if decision.attempt > 1 or self._listeners.wants_success:
            self._tell(decision, None, seconds)
        if self._run.change:
            self._tell_of(self._run.change, "a probe got through")

    def failed(self, outcome: Failed[T], now: float, seconds: float) -> Decision:
        """Return what to do after an attempt that failed.

        Args:
            outcome: How.
            now: When it ended, on the monotonic clock.
            seconds: How long it took.
        """
        decision = self._run.after(
            outcome.failure,
            now,
            outcome.repeatable,
            random=self._clock.random(),
            retry_after=outcome.retry_after,
        )
        layer = None if self._failures else new_layer()
        self._failures += (outcome.failure,)
        self._told = _more_telling(self._told, outcome)
        self._tell(decision, outcome.failure, seconds)
        if self._run.change:
            self._tell_of(self._run.change, outcome.failure.kind)
        if layer:
            self._tell_of("stacked_retries", f"{layer} retries the same call: attempts multiply")
        return decision

    def refused(self) -> Ended[T]:
        """Return the end of a call that the circuit breaker refuses."""
        state = self._run.guard_state()
        opened_by, until = (state.opened_by, state.until) if state else (None, 0.0)
        failure = refusal(self._call.target, opened_by, until - self._clock.monotonic())
        decision = self._run.refused(failure)
        if self._listeners.wants_refusals:
            self._tell(decision, failure, 0.0)
        self._failures += (failure,)
        return Ended(self._told, decision, self._failures)

    def ended(self, decision: Decision) -> Ended[T]:
        """Return the end of a call that is given up.

        Args:
            decision: Why.
        """
        assert isinstance(decision, GiveUp)
        hint = decision.retry_after
        retry_at = None if hint is None else self._clock.time() + hint
        return Ended(self._told, decision, self._failures, retry_at)

    def _tell_of(self, what: What, detail: str) -> None:
        self._listeners(
            Event(
                at=self._clock.time(),
                target=self._call.target,
                method=self._call.method,
                what=what,
                detail=detail,
            )
        )

    def _tell(self, decision: Decision, failure: Failure | None, seconds: float) -> None:
        self._listeners(
            Event(
                at=self._clock.time(),
                target=self._call.target,
                timings={"total": seconds},
                method=self._call.method,
                attempt=decision.attempt,
                attempts=self._run.policy.attempts,
                failure=failure,
                decision=decision,
                status=_status(failure),
            )
        )


def succeeded_at_once(call: Call, policy: Policy, at: float, seconds: float) -> Event:
    """Return the event of a call that succeeded at the first attempt.

    Args:
        call: What events say of it.
        policy: Its limits.
        at: When it ended, in seconds since 1970 UTC.
        seconds: How long it took.
    """
    return Event(
        at=at,
        target=call.target,
        timings={"total": seconds},
        method=call.method,
        attempts=policy.attempts,
        decision=Done(1),
    )


def refused_at_once(call: Call, policy: Policy, at: float, failure: Failure) -> Event:
    """Return the event of a call that the circuit breaker refuses before anything is tried.

    Args:
        call: What events say of it.
        policy: Its limits.
        at: When, in seconds since 1970 UTC.
        failure: The refusal.
    """
    return Event(
        at=at,
        target=call.target,
        timings={"total": 0.0},
        method=call.method,
        attempts=policy.attempts,
        failure=failure,
        decision=GiveUp(1, failure, "circuit_open"),
    )


def succeeded(  # noqa: PLR0913, PLR0917 - the parts of a call, as the drivers have them
    course: Course[T] | None,
    call: Call,
    run: Run,
    listeners: Listeners,
    clock: Clock | AsyncClock,
    began: float,
    now: float,
) -> None:
    """Note that an attempt succeeded; most have nothing to tell, and no course.

    Args:
        course: Where an attempt failed before.
        call: What events say of the call.
        run: Its state.
        listeners: Told, if they want to be.
        clock: Time and chance.
        began: When the attempt began, on the monotonic clock.
        now: When it ended.
    """
    decision = run.after(None, now)
    if course is None and not run.change and not listeners.wants_success:
        return
    (course or Course(call, run, listeners, clock)).succeeded(decision, now - began)


def _more_telling(earlier: Failed[T] | None, later: Failed[T]) -> Failed[T]:
    """Return the attempt that says more of what is wrong; of equals the later one.

    What may have been processed must not be taken for unsent, and what no attempt can mend (a
    certificate) is not masked by what may pass. A response is the caller's only if it came last:
    an earlier one has been closed.
    """
    if earlier is None or earlier.error is None or later.error is None:
        return later
    return earlier if _telling(earlier.failure) > _telling(later.failure) else later


def _telling(failure: Failure) -> tuple[bool, int, bool]:
    return failure.layer != "client", _REACHED.index(failure.delivered), failure.retry == "no"


def _status(failure: Failure | None) -> int | None:
    code = failure.code if failure and failure.layer == "status" else None
    return int(code) if code and code.isdigit() else None
