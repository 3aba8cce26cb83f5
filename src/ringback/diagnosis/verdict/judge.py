"""From readings to a verdict."""

from collections.abc import Sequence
from dataclasses import replace

from ringback.diagnosis.facts import RedirectFacts
from ringback.diagnosis.model import HEALTHY, Reading, Verdict
from ringback.diagnosis.verdict.advice import advice_for, filled, placeholders
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.diagnosis.verdict.onward import Onward, onward
from ringback.diagnosis.verdict.rule import Finding, VerdictRule
from ringback.diagnosis.verdict.rules import HARMLESS, LESSER, RULES
from ringback.failure.kinds import KINDS

_MAX_BESIDE = 5
_DECISIVE = frozenset({"tcp", "tls", "http", "service"})


def judge(readings: Sequence[Reading]) -> Verdict:
    """Return the verdict on readings: the same readings always give the same.

    The first rule of the table that holds decides; the table is in the order of a call, so that
    the cause is named and not what follows from it. Rules that hold beside it, by other readings,
    are reported as lesser faults.
    """
    evidence = Evidence(readings)
    held = [(rule, found) for rule in RULES if (found := rule.finding(evidence)) is not None]
    further = onward(evidence) if not held or held[0][0] in LESSER else None
    there = None if further is None else judge(further.evidence.readings)
    if further and there and further.complete and not (there.healthy or further.answered):
        return _behind(evidence, further, there, tuple(found.summary for _, found in held))
    if held:
        rule, found = held[0]
        return _verdict(evidence, rule, found, _beside(held))
    lesser = [found for rule in HARMLESS if (found := rule.finding(evidence)) is not None]
    if _all_worked(evidence, lesser):
        return _healthy(evidence, (*(finding.summary for finding in lesser), *_there(there)))
    return _unknown(evidence)


def _there(there: Verdict | None) -> tuple[str, ...]:
    """What is odd about the host that a redirect leads to, which answers."""
    return () if there is None or there.healthy else (f"Where it redirects to: {there.summary}",)


def _behind(
    evidence: Evidence, further: Onward, there: Verdict, beside: tuple[str, ...]
) -> Verdict:
    """Return the verdict on where a redirect leads as that on what was asked."""
    return replace(
        there,
        summary=f"{evidence.place} redirects to {further.place}. {there.summary}",
        evidence=_indices(evidence, (further.reading, *evidence.all(RedirectFacts))),
        beside=(*beside, *there.beside)[:_MAX_BESIDE],
    )


def _verdict(
    evidence: Evidence, rule: VerdictRule, found: Finding, beside: tuple[str, ...]
) -> Verdict:
    kind = found.kind or rule.kind
    known = KINDS.get(kind)
    layer = rule.layer or (known.layer if known else "none")
    confidence = rule.confidence if found.confidence is None else found.confidence
    steps = found.advice or rule.advice or (known.do if known else ())
    known_here = placeholders(evidence, found.readings)
    return Verdict(
        kind=kind,
        cause=rule.cause,
        layer=layer,
        where=rule.where if found.where is None else found.where,
        confidence=round(confidence, 2),
        summary=found.summary,
        advice=advice_for(steps, evidence, known_here),
        evidence=_indices(evidence, found.readings),
        alternatives=tuple(
            replace(alternative, check=filled(alternative.check, known_here))
            for alternative in found.alternatives
        ),
        beside=beside,
    )


def _beside(held: Sequence[tuple[VerdictRule, Finding]]) -> tuple[str, ...]:
    """Return what other readings show beside the cause; what follows from it is left out."""
    used = {id(reading) for reading in held[0][1].readings}
    summaries: list[str] = []
    for _, found in held[1:]:
        own = {id(reading) for reading in found.readings}
        if own and not own & used:
            summaries.append(found.summary)
            used |= own
    return tuple(summaries[:_MAX_BESIDE])


def _indices(evidence: Evidence, deciding: Sequence[Reading]) -> tuple[int, ...]:
    place = {id(reading): index for index, reading in enumerate(evidence.readings)}
    return tuple(dict.fromkeys(place[id(reading)] for reading in deciding if id(reading) in place))


def _all_worked(evidence: Evidence, harmless: Sequence[Finding]) -> bool:
    """Return whether the last step worked, and what failed before it is known to be harmless."""
    known = {id(reading) for found in harmless for reading in found.readings}
    return evidence.served and not any(
        reading.state == "failed" and reading.layer in _DECISIVE and id(reading) not in known
        for reading in evidence.readings
    )


def _healthy(evidence: Evidence, beside: tuple[str, ...]) -> Verdict:
    last = [reading for reading in evidence.readings if reading.state == "ok"][-1:]
    return Verdict(
        kind=HEALTHY,
        cause="healthy",
        layer="none",
        where="",
        confidence=1.0,
        summary=f"{evidence.place} is healthy: everything that was asked worked.",
        evidence=_indices(evidence, last),
        beside=beside,
    )


def _unknown(evidence: Evidence) -> Verdict:
    failed = [reading for reading in evidence.readings if reading.state == "failed"]
    seen = f" What failed: {failed[-1].result.rstrip('.')}." if failed else ""
    return Verdict(
        kind="unknown",
        cause="unknown",
        layer="none",
        where="",
        confidence=0.0,
        summary=f"The readings do not show what is wrong with {evidence.place}.{seen}",
        advice=(
            "Run it again with a longer time: `ringback diagnose --timeout 30`.",
            "Run it on a second machine and compare: `ringback compare here.json there.json`.",
        ),
        evidence=_indices(evidence, failed[-1:]),
    )
