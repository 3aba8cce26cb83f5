"""Reports of the same target from several machines: what differs, and which difference explains.

A pure function of the reports.
"""

from ringback.diagnosis.compare.compare import MAX_REPORTS, compare
from ringback.diagnosis.compare.model import (
    Comparison,
    Difference,
    DifferenceExplanation,
    NotComparable,
    Outcome,
)

__all__ = [
    "MAX_REPORTS",
    "Comparison",
    "Difference",
    "DifferenceExplanation",
    "NotComparable",
    "Outcome",
    "compare",
]
