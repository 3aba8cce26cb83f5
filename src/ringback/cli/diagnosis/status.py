"""The exit status that diagnoses come to."""

from collections.abc import Iterable

from ringback.diagnosis.model import Verdict

HEALTHY, BROKEN, UNKNOWN = 0, 1, 3
"""Exit statuses; 2 is that of a wrong call."""


def status_of(verdicts: Iterable[Verdict]) -> int:
    """Return the worst: broken, then unknown, then healthy; unknown where there is none.

    Args:
        verdicts: What was found.
    """
    found = {
        HEALTHY if verdict.healthy else UNKNOWN if verdict.kind == "unknown" else BROKEN
        for verdict in verdicts
    }
    return next((status for status in (BROKEN, UNKNOWN, HEALTHY) if status in found), UNKNOWN)
