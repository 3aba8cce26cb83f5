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
    """Make attempts until one succeeds or the policy says stop; return how the last one ended.

    Args:
        attempt: Makes one attempt within the timeouts it is given; it does not raise for a
            failure that may be tried again.
        call: What events say of the call.
        policy: Its limits.
        listener: Told after each attempt.
        clock: Time and chance.
    """
    run = policy.start(clock.monotonic())
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
        listener(_event(call, run, decision, at=clock.time(), seconds=ended - began))
        if not isinstance(decision, Retry):
            return outcome
        outcome.release()
        clock.sleep(decision.delay)


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
