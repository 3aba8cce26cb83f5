"""Which difference explains that it fails on one machine and works on others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ringback.diagnosis.compare.model import Explanation
from ringback.diagnosis.compare.report import Case, Report, comparable, joined
from ringback.diagnosis.compare.traits import TRAITS

if TYPE_CHECKING:
    from ringback.diagnosis.compare.trait import Trait

_HERE = frozenset({"this program", "this host", "this network", "DNS", "proxy", "path"})
"""Places of a fault that are the machine's own, or on its own way to the target."""


_OWN = frozenset({"this program", "this host"})
"""Places of a fault of which the verdict itself says most."""

_MUCH = 0.8
"""Confidence of the traits that may explain what no report could."""


def explain(reports: Sequence[Report]) -> Iterator[Explanation]:
    """Yield an explanation for each report in which it fails, where it works in another."""
    healthy = [report for report in reports if report.healthy]
    for number, report in enumerate(reports):
        if healthy and not report.healthy:
            yield _explanation(number, report, healthy)


def _explanation(number: int, broken: Report, healthy: Sequence[Report]) -> Explanation:
    """Return what a trait made for the cause says, or one that may; else what the verdict says."""
    made_for = [trait for trait in TRAITS if broken.cause in trait.causes]
    may = [trait for trait in TRAITS if _may_explain(trait, broken)]
    own = broken.diagnosis.verdict.where in _OWN
    for trait in made_for if own else (*made_for, *may):
        said = _said(trait, broken, healthy)
        if said is not None:
            return Explanation(
                report=number, difference=trait.name, confidence=trait.confidence, summary=said
            )
    return _by_verdict(number, broken, healthy)


def _may_explain(trait: Trait, broken: Report) -> bool:
    if broken.stage is None:  # the verdict is unknown: only what would explain much
        return bool(trait.stages) and trait.confidence >= _MUCH
    return broken.stage in trait.stages


def _said(trait: Trait, broken: Report, healthy: Sequence[Report]) -> str | None:
    mine = comparable(trait.read(broken))
    theirs = {one.name: comparable(trait.read(one)) for one in healthy}
    known = [one for one in healthy if theirs[one.name] is not None]
    values = [value for value in theirs.values() if value is not None]
    if mine is None or not known or mine in values:
        return None
    return trait.sentence(Case(broken, known, mine, values))


def _by_verdict(number: int, broken: Report, healthy: Sequence[Report]) -> Explanation:
    verdict = broken.diagnosis.verdict
    there = joined([one.name for one in healthy])
    if verdict.where in _HERE:
        return Explanation(
            report=number,
            difference="verdict",
            confidence=round(verdict.confidence * 0.8, 2),
            summary=f"The fault is on {broken.name}'s side: {verdict.summary}",
        )
    return Explanation(
        report=number,
        difference=None,
        confidence=0.0,
        summary=f"Nothing that was read explains why it works on {there} and not on "
        f"{broken.name}, where: {verdict.summary}",
    )
