"""Reports in, a comparison out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ringback.diagnosis.compare.explain import explain
from ringback.diagnosis.compare.model import Comparison, Difference, NotComparable
from ringback.diagnosis.compare.report import Report, comparable
from ringback.diagnosis.compare.summary import advice_of, outcome_of, summary_of
from ringback.diagnosis.compare.traits import TRAITS
from ringback.diagnosis.redact import is_placeholder
from ringback.diagnosis.verdict.evidence import is_loopback
from ringback.diagnosis.wording import duration

if TYPE_CHECKING:
    from ringback.diagnosis.compare.trait import Trait
    from ringback.diagnosis.model import Diagnosis

LEAST, MOST = 2, 20
"""How many reports can be compared."""

_APART = 3600.0
"""Seconds between reports from which on it is said that time has passed."""


def compare(reports: Sequence[Diagnosis], names: Sequence[str]) -> Comparison:
    """Return what differs between reports of one target, and which difference explains the failure.

    Args:
        reports: One per machine, 2 to 20.
        names: Of the machines, as many.

    Raises:
        NotComparable: They are too few, too many, or of different targets.
    """
    if not LEAST <= len(reports) <= MOST:
        raise NotComparable(f"{LEAST} to {MOST} reports can be compared, not {len(reports)}")
    if len(names) != len(reports) or len(set(names)) != len(names):
        raise NotComparable("each report needs a name of its own")
    _check_targets(reports, names)
    seen = [Report(f"“{name}”", one) for name, one in zip(names, reports, strict=True)]
    differences = tuple(one for trait in TRAITS if (one := _difference(trait, seen)) is not None)
    explanations = tuple(explain(seen))
    outcome = outcome_of(seen, explanations)
    return Comparison(
        target=reports[0].target,
        names=tuple(names),
        verdicts=tuple(one.verdict for one in reports),
        outcome=outcome,
        summary=summary_of(outcome, seen, explanations),
        advice=advice_of(outcome, seen, explanations),
        explanations=explanations,
        differences=differences,
        notes=tuple(_notes(seen)),
    )


def _check_targets(reports: Sequence[Diagnosis], names: Sequence[str]) -> None:
    first = reports[0]
    for name, one in zip(names, reports, strict=True):
        if _same_form(one.target) != _same_form(first.target):
            hidden = is_placeholder(one.target) != is_placeholder(first.target)
            hint = "; one of them hides its names (--redact)" if hidden else ""
            raise NotComparable(
                f"the reports are of different targets: {names[0]} of {first.target}, "
                f"{name} of {one.target}{hint}"
            )


def _same_form(target: str) -> str:
    """Return a target so that ``HTTP://A.example`` is ``http://a.example/``."""
    scheme, separator, rest = target.partition("://")
    authority, slash, path = rest.partition("/") if separator else (scheme, "", "")
    return f"{scheme.lower() if separator else ''}://{authority.lower()}/{path if slash else ''}"


def _difference(trait: Trait, reports: Sequence[Report]) -> Difference | None:
    values = tuple(trait.read(report) for report in reports)
    known = {value for value in map(comparable, values) if value is not None}
    if len(known) < 2:
        return None
    return Difference(name=trait.name, layer=trait.layer, title=trait.title, values=values)


def _notes(reports: Sequence[Report]) -> list[str]:
    hidden = [one.name for one in reports if is_placeholder(one.diagnosis.target)]
    cut = [one.name for one in reports if not one.diagnosis.complete]
    times = [one.diagnosis.at for one in reports if one.diagnosis.at]
    notes = []
    if is_loopback(reports[0].evidence.host) or reports[0].evidence.host == "localhost":
        notes.append("The target is each machine itself, so that each asked another.")
    if hidden:
        notes.append(f"Names and addresses are hidden in {', '.join(hidden)}, and not compared.")
    if cut:
        notes.append(f"Cut short, so that things may be missing: {', '.join(cut)}.")
    if times and max(times) - min(times) >= _APART:
        apart = duration(max(times) - min(times))
        notes.append(f"The reports are {apart} apart: things may have changed between them.")
    return notes
