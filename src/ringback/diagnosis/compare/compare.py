"""Reports in, a comparison out: what differs, which difference explains the failure, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.diagnosis.compare.connection import CONNECTION, HTTP, TLS
from ringback.diagnosis.compare.machine import HOST, NAME, PROXY
from ringback.diagnosis.compare.model import (
    Comparison,
    Difference,
    DifferenceExplanation,
    Facet,
    FacetCase,
    NotComparable,
    Report,
    comparable,
    join_words,
)
from ringback.diagnosis.redact import is_placeholder
from ringback.diagnosis.verdict.evidence import is_loopback
from ringback.diagnosis.wording import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringback.diagnosis.compare.model import Outcome
    from ringback.diagnosis.model import Diagnosis


__all__ = ["FACETS"]


FACETS: tuple[Facet, ...] = (*HOST, *NAME, *PROXY, *CONNECTION, *TLS, *HTTP)
"""The table: a new comparison is one line in one of these."""


_HERE = frozenset({"this program", "this host", "this network", "DNS", "proxy", "path"})
"""Places of a fault that are the machine's own, or on its own way to the target."""


_OWN = frozenset({"this program", "this host"})
"""Places of a fault of which the verdict itself says most."""

_MIN_CONFIDENCE = 0.8
"""Confidence of the facets that may explain what no report could."""


def explanations_of(reports: Sequence[Report]) -> Iterator[DifferenceExplanation]:
    """Yield an explanation for each report in which it fails, where it works in another."""
    healthy = [report for report in reports if report.healthy]
    for number, report in enumerate(reports):
        if healthy and not report.healthy:
            yield _explanation(number, report, healthy)


def _explanation(number: int, broken: Report, healthy: Sequence[Report]) -> DifferenceExplanation:
    """Return what a facet made for the cause says, or one that may; else what the verdict says."""
    made_for = [facet for facet in FACETS if broken.cause in facet.causes]
    may = [facet for facet in FACETS if _may_explain(facet, broken)]
    own = broken.diagnosis.verdict.where in _OWN
    for facet in made_for if own else (*made_for, *may):
        said = _said(facet, broken, healthy)
        if said is not None:
            return DifferenceExplanation(
                report=number, difference=facet.name, confidence=facet.confidence, summary=said
            )
    return _by_verdict(number, broken, healthy)


def _may_explain(facet: Facet, broken: Report) -> bool:
    if broken.stage is None:  # the verdict is unknown: only what would explain much
        return bool(facet.stages) and facet.confidence >= _MIN_CONFIDENCE
    return broken.stage in facet.stages


def _said(facet: Facet, broken: Report, healthy: Sequence[Report]) -> str | None:
    mine = comparable(facet.read(broken))
    theirs = {report.name: comparable(facet.read(report)) for report in healthy}
    known = [report for report in healthy if theirs[report.name] is not None]
    values = [value for value in theirs.values() if value is not None]
    if mine is None or not known or mine in values:
        return None
    return facet.sentence(FacetCase(broken, known, mine, values))


def _by_verdict(number: int, broken: Report, healthy: Sequence[Report]) -> DifferenceExplanation:
    verdict = broken.diagnosis.verdict
    there = join_words([report.name for report in healthy])
    if verdict.where in _HERE:
        return DifferenceExplanation(
            report=number,
            difference="verdict",
            confidence=round(verdict.confidence * 0.8, 2),
            summary=f"The fault is on {broken.name}'s side: {verdict.summary}",
        )
    return DifferenceExplanation(
        report=number,
        difference=None,
        confidence=0.0,
        summary=f"Nothing that was read explains why it works on {there} and not on "
        f"{broken.name}, where: {verdict.summary}",
    )


_ALIKE = {
    "their host": "the fault is at the target",
    "their service": "the fault is at the target",
    "their certificate": "the fault is at the target",
    "their application": "the fault is at the target",
    "path": "the fault is near the target, or on a way that all of them take",
    "DNS": "the fault is in the name's zone, or in a resolver that all of them ask",
    "proxy": "the fault is at the proxy that they share, or each has the same",
}
_ASKED = "what is asked is at fault, wherever it is asked"
_SAME_TIME = "Take the reports again at the same time, and more than once: it may come and go."
_ASK = "Ask whoever runs the target whom it lets in: address, region, client certificate."


def comparison_outcome(
    reports: Sequence[Report], explanations: Sequence[DifferenceExplanation]
) -> Outcome:
    """Return how a comparison came out."""
    if all(report.healthy for report in reports):
        return "healthy"
    if any(report.healthy for report in reports):
        known = all(explanation.difference is not None for explanation in explanations)
        return "explained" if known else "unexplained"
    if all(report.diagnosis.verdict.kind == "unknown" for report in reports):
        return "unknown"
    alike = len({(report.cause, report.diagnosis.verdict.kind) for report in reports}) == 1
    return "same_failure" if alike else "different_failures"


def comparison_summary(
    outcome: Outcome, reports: Sequence[Report], explanations: Sequence[DifferenceExplanation]
) -> str:
    """Return a comparison in one sentence or two."""
    number = len(reports)
    every = "both machines" if number == 2 else f"all {number} machines"
    if outcome == "healthy":
        return f"It works on {every}."
    if outcome == "unknown":
        return "It works on none of the machines, and no report tells why."
    if outcome in {"explained", "unexplained"}:
        works = join_words([report.name for report in reports if report.healthy])
        fails = join_words([report.name for report in reports if not report.healthy])
        why = f" {explanations[0].summary}" if len(explanations) == 1 else ""
        return f"It works on {works} and not on {fails}.{why}"
    first = reports[0].diagnosis.verdict
    if outcome == "same_failure":
        own = "each machine has the same fault of its own"
        place = _ASKED if first.kind.startswith("url.") else _ALIKE.get(first.where, own)
        return f"It fails on {every} alike: {place}. {first.summary}"
    causes = join_words([f"{report.name}: {report.cause}" for report in reports], most=number)
    return f"It fails on {every}, and not alike: {causes}."


def comparison_advice(
    outcome: Outcome, reports: Sequence[Report], explanations: Sequence[DifferenceExplanation]
) -> tuple[str, ...]:
    """Return what to do, in order."""
    if outcome == "healthy":
        return ()
    if outcome == "unexplained":
        return (_SAME_TIME, _ASK)
    if outcome == "explained":
        failing = [reports[explanation.report] for explanation in explanations]
        if len(failing) == 1:
            return failing[0].diagnosis.verdict.advice
        known = [report for report in failing if report.diagnosis.verdict.advice]
        return tuple(f"On {report.name}: {report.diagnosis.verdict.advice[0]}" for report in known)
    failed = [report for report in reports if report.diagnosis.verdict.kind != "unknown"]
    return (*failed[0].diagnosis.verdict.advice,) if failed else (_SAME_TIME,)


MIN_REPORTS, MAX_REPORTS = 2, 20
"""How many reports can be compared."""

_MIN_INTERVAL = 3600.0
"""Seconds between reports from which on it is said that time has passed."""


def compare(reports: Sequence[Diagnosis], names: Sequence[str]) -> Comparison:
    """Return what differs between reports of one target, and what explains the failure."""
    if not MIN_REPORTS <= len(reports) <= MAX_REPORTS:
        raise NotComparable(
            f"{MIN_REPORTS} to {MAX_REPORTS} reports can be compared, not {len(reports)}"
        )
    if len(names) != len(reports) or len(set(names)) != len(names):
        raise NotComparable("each report needs a name of its own")
    _check_targets(reports, names)
    seen = [Report(f"“{name}”", diagnosis) for name, diagnosis in zip(names, reports, strict=True)]
    differences = tuple(
        difference for facet in FACETS if (difference := _difference(facet, seen)) is not None
    )
    explanations = tuple(explanations_of(seen))
    outcome = comparison_outcome(seen, explanations)
    return Comparison(
        target=reports[0].target,
        names=tuple(names),
        verdicts=tuple(diagnosis.verdict for diagnosis in reports),
        outcome=outcome,
        summary=comparison_summary(outcome, seen, explanations),
        advice=comparison_advice(outcome, seen, explanations),
        explanations=explanations,
        differences=differences,
        notes=tuple(_notes(seen)),
    )


def _check_targets(reports: Sequence[Diagnosis], names: Sequence[str]) -> None:
    first = reports[0]
    for name, diagnosis in zip(names, reports, strict=True):
        if _same_form(diagnosis.target) != _same_form(first.target):
            hidden = is_placeholder(diagnosis.target) != is_placeholder(first.target)
            hint = "; one of them hides its names (--redact)" if hidden else ""
            raise NotComparable(
                f"the reports are of different targets: {names[0]} of {first.target}, "
                f"{name} of {diagnosis.target}{hint}"
            )


def _same_form(target: str) -> str:
    """Return a target so that ``HTTP://A.example`` is ``http://a.example/``."""
    scheme, separator, rest = target.partition("://")
    authority, slash, path = rest.partition("/") if separator else (scheme, "", "")
    return f"{scheme.lower() if separator else ''}://{authority.lower()}/{path if slash else ''}"


def _difference(facet: Facet, reports: Sequence[Report]) -> Difference | None:
    values = tuple(facet.read(report) for report in reports)
    known = {value for value in map(comparable, values) if value is not None}
    if len(known) < 2:
        return None
    return Difference(name=facet.name, layer=facet.layer, title=facet.title, values=values)


def _notes(reports: Sequence[Report]) -> list[str]:
    hidden = [report.name for report in reports if is_placeholder(report.diagnosis.target)]
    cut = [report.name for report in reports if not report.diagnosis.complete]
    times = [report.diagnosis.at for report in reports if report.diagnosis.at]
    notes = []
    if is_loopback(reports[0].evidence.host) or reports[0].evidence.host == "localhost":
        notes.append("The target is each machine itself, so that each asked another.")
    if hidden:
        notes.append(f"Names and addresses are hidden in {', '.join(hidden)}, and not compared.")
    if cut:
        notes.append(f"Cut short, so that things may be missing: {', '.join(cut)}.")
    if times and max(times) - min(times) >= _MIN_INTERVAL:
        apart = duration(max(times) - min(times))
        notes.append(f"The reports are {apart} apart: things may have changed between them.")
    return notes
