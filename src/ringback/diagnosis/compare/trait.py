"""One line of the table of traits: what may differ between machines, and what that explains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.diagnosis.compare.report import Case, Report
    from ringback.diagnosis.model import Stage


_SENSELESS = (TypeError, AttributeError, ValueError, LookupError)
"""What comes of facts that are not what their key says; a report may be from anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """What may differ between machines.

    Attributes:
        name: Stable.
        layer: The stage it belongs to.
        title: For people.
        value: What it is in a report; ``None``: not known.
        says: Why a difference in it explains a failure, one sentence with ``{name}`` (where it
            fails), ``{there}`` (where it works), ``{mine}`` and ``{other}`` (its values); or a
            function that returns the sentence, or ``None`` where it explains nothing.
        causes: Of verdicts that it explains before any other trait.
        stages: At which a failure may follow from it.
        confidence: 0 to 1, that it is the explanation.
    """

    name: str
    layer: Stage
    title: str
    value: Callable[[Report], str | None]
    says: str | Callable[[Case], str | None] = ""
    causes: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    confidence: float = 0.9

    def read(self, report: Report) -> str | None:
        """Return what it is in a report; ``None`` also where the report's facts make no sense."""
        try:
            return self.value(report)
        except _SENSELESS:
            return None

    def sentence(self, case: Case) -> str | None:
        """Return why it fails in one report and not in others; ``None``: not because of this."""
        if isinstance(self.says, str):
            words = {"name": case.broken.name, "there": case.there}
            return self.says.format(**words, mine=case.mine, other=case.other) or None
        try:
            return self.says(case)
        except _SENSELESS:
            return None
