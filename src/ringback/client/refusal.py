"""The failure of a call that the circuit breaker refuses."""

from ringback.failure import Failure, Target
from ringback.retry import GuardState


def refusal(target: Target, state: GuardState | None, now: float) -> Failure:
    """Return what went wrong: nothing was sent, and why.

    Args:
        target: Whom the call was for.
        state: What is known of the origin.
        now: Seconds, on the clock of the guard.
    """
    opened_by = state.opened_by if state else None
    why = (
        "its calls were too slow" if opened_by is None else f"the last failed with {opened_by.kind}"
    )
    left = max(0.0, state.until - now) if state else 0.0
    when = f"for another {left:.1f} s" if left else "but for a probe under way"
    return Failure(
        "client.circuit_open",
        "config",
        "no",
        f"circuit open {when}: {why}",
        target,
        via=opened_by.kind if opened_by else None,
        evidence=(opened_by.message,) if opened_by and opened_by.message else (),
    )
