"""What a comparison finds."""

from dataclasses import dataclass
from typing import Literal

from ringback.diagnosis.model import Stage, Verdict

Outcome = Literal[
    "healthy", "explained", "unexplained", "same_failure", "different_failures", "unknown"
]
"""``healthy``: everywhere. ``explained``: it works somewhere, and a difference explains where not.
``unexplained``: it works somewhere, and nothing that was read explains where not.
``same_failure``: it fails everywhere, and alike. ``different_failures``: it fails everywhere, in
several ways. ``unknown``: it works nowhere, and no report says why."""


class NotComparable(ValueError):  # noqa: N818 - it says what the reports are
    """Raised for reports that say nothing about each other; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing in which reports differ.

    Attributes:
        name: Stable: ``proxy``, ``addresses`` …
        layer: The stage it belongs to.
        title: For people.
        values: Of each report, in their order; ``None``: not known there.
    """

    name: str
    layer: Stage
    title: str
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why it fails on one machine and works on others.

    Attributes:
        report: Number of the report in which it fails.
        difference: Name of the difference that explains it; ``None``: none that was read does.
        confidence: 0 to 1.
        summary: One sentence.
    """

    report: int
    difference: str | None
    confidence: float
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What reports of one target have and have not in common.

    Attributes:
        target: What was asked everywhere.
        names: Of the reports, as they were handed in.
        verdicts: Of the reports, in their order.
        outcome: How it came out.
        summary: One sentence.
        advice: What to do, in order.
        explanations: One for each report in which it fails, where it works in another.
        differences: In the order of the layers.
        notes: What was not compared, and why.
    """

    target: str
    names: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    outcome: Outcome
    summary: str
    advice: tuple[str, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
