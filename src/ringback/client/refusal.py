"""The failure of a call that the circuit breaker refuses."""

from functools import lru_cache

from ringback.failure import Failure, Target


def refusal(target: Target, opened_by: Failure | None, left: float) -> Failure:
    """Return what went wrong: nothing was sent, and why.

    Calls that are refused come in great numbers: those to one target share the record for a
    tenth of a second, the precision of its message.

    Args:
        target: Whom the call was for.
        opened_by: The failure that opened the circuit; ``None``: its calls were too slow.
        left: For how many seconds more it refuses; 0: but for a probe under way.
    """
    tenths = max(1, round(left * 10)) if left > 0 else 0
    if opened_by is None:
        return _refusal(target, None, "", tenths)
    return _refusal(target, opened_by.kind, opened_by.message, tenths)


@lru_cache(maxsize=256)
def _refusal(target: Target, kind: str | None, message: str, tenths: int) -> Failure:
    why = "its calls were too slow" if kind is None else f"the last failed with {kind}"
    when = f"for another {tenths / 10:.1f} s" if tenths else "but for a probe under way"
    return Failure(
        "client.circuit_open",
        "config",
        "no",
        f"circuit open {when}: {why}",
        target,
        via=kind,
        evidence=(message,) if message else (),
    )
