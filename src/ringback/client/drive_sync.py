"""The loop of attempts; the only code that waits."""

from collections.abc import Callable

from ringback.client.call import Call, Outcome, T
from ringback.client.clock import Clock
from ringback.event import Event, Sink
from ringback.retry import Decision, Policy, Retry, Run, Timeout


def drive(
    attempt: Callable[[Timeout], Outcome[T]],
    call: Call,
    policy: Policy,
    listener: Sink,
    clock: Clock,
) -> Outcome[T]:
    """Make attempts until one succeeds or the policy says stop; return how the call ended.

    That is how the last attempt ended, unless it raised for never having reached the peer when
    an earlier one did: the caller must not take for unsent what may have been processed.

    Args:
        attempt: Makes one attempt within the timeouts it is given; it does not raise for a
            failure that may be tried again.
        call: What events say of the call.
        policy: Its limits.
        listener: Told after each attempt.
        clock: Time and chance.
    """
    run = policy.start(clock.monotonic())
    ended_as: Outcome[T] | None = None
    while True:
        began = clock.monotonic()
        outcome = attempt(run.timeout(began))
        ended = clock.monotonic()
        decision = run.after(
            outcome.failure,
            ended,
            outcome.repeatable,
            random=clock.random(),
            retry_after=outcome.retry_after,
        )
        ended_as = _more_telling(ended_as, outcome)
        listener(_event(call, run, decision, at=clock.time(), seconds=ended - began))
        if not isinstance(decision, Retry):
            return ended_as
        outcome.release()
        clock.sleep(decision.delay)


def _more_telling(earlier: Outcome[T] | None, later: Outcome[T]) -> Outcome[T]:
    if earlier is None or earlier.error is None or later.error is None:
        return later
    return earlier if _reached(earlier) > _reached(later) else later


def _reached(outcome: Outcome[T]) -> int:
    return ("no", "maybe", "yes").index(outcome.failure.delivered) if outcome.failure else 0


def _event(call: Call, run: Run, decision: Decision, *, at: float, seconds: float) -> Event:
    return Event(
        at=at,
        target=call.target,
        timings={"total": seconds},
        method=call.method,
        attempt=decision.attempt,
        attempts=run.policy.attempts,
        failure=getattr(decision, "failure", None),
        decision=decision,
    )
