"""A comparison in one sentence, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ringback.diagnosis.compare.report import Report, joined

if TYPE_CHECKING:
    from ringback.diagnosis.compare.model import Explanation, Outcome

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


def outcome_of(reports: Sequence[Report], explanations: Sequence[Explanation]) -> Outcome:
    """Return how a comparison came out."""
    if all(report.healthy for report in reports):
        return "healthy"
    if any(report.healthy for report in reports):
        known = all(one.difference is not None for one in explanations)
        return "explained" if known else "unexplained"
    if all(report.diagnosis.verdict.kind == "unknown" for report in reports):
        return "unknown"
    alike = len({(report.cause, report.diagnosis.verdict.kind) for report in reports}) == 1
    return "same_failure" if alike else "different_failures"


def summary_of(
    outcome: Outcome, reports: Sequence[Report], explanations: Sequence[Explanation]
) -> str:
    """Return a comparison in one sentence or two."""
    number = len(reports)
    every = "both machines" if number == 2 else f"all {number} machines"
    if outcome == "healthy":
        return f"It works on {every}."
    if outcome == "unknown":
        return "It works on none of the machines, and no report tells why."
    if outcome in {"explained", "unexplained"}:
        works = joined([one.name for one in reports if one.healthy])
        fails = joined([one.name for one in reports if not one.healthy])
        why = f" {explanations[0].summary}" if len(explanations) == 1 else ""
        return f"It works on {works} and not on {fails}.{why}"
    first = reports[0].diagnosis.verdict
    if outcome == "same_failure":
        own = "each machine has the same fault of its own"
        place = _ASKED if first.kind.startswith("url.") else _ALIKE.get(first.where, own)
        return f"It fails on {every} alike: {place}. {first.summary}"
    causes = joined([f"{one.name}: {one.cause}" for one in reports], most=number)
    return f"It fails on {every}, and not alike: {causes}."


def advice_of(
    outcome: Outcome, reports: Sequence[Report], explanations: Sequence[Explanation]
) -> tuple[str, ...]:
    """Return what to do, in order."""
    if outcome == "healthy":
        return ()
    if outcome == "unexplained":
        return (_SAME_TIME, _ASK)
    if outcome == "explained":
        failing = [reports[one.report] for one in explanations]
        if len(failing) == 1:
            return failing[0].diagnosis.verdict.advice
        known = [one for one in failing if one.diagnosis.verdict.advice]
        return tuple(f"On {one.name}: {one.diagnosis.verdict.advice[0]}" for one in known)
    failed = [one for one in reports if one.diagnosis.verdict.kind != "unknown"]
    return (*failed[0].diagnosis.verdict.advice,) if failed else (_SAME_TIME,)
