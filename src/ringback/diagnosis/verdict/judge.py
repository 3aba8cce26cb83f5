"""From readings to a verdict, also where a redirect leads to another host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.facts import (
    ElsewhereFacts,
    HttpConnectionFacts,
    RedirectFacts,
    RequestFacts,
)
from ringback.diagnosis.model import HEALTHY, Alternative, Reading, Verdict
from ringback.diagnosis.sorts import ReadingOf, readings_of
from ringback.diagnosis.verdict.advice import advice_for, placeholders, told_step
from ringback.diagnosis.verdict.evidence import Evidence
from ringback.diagnosis.verdict.rules import HARMLESS, LESSER, RULES
from ringback.diagnosis.verdict.rules.connect import CONNECT, UNREACHABLE
from ringback.diagnosis.verdict.rules.lesser import by_chance
from ringback.diagnosis.verdict.rules.name import listed_only
from ringback.diagnosis.verdict.rules.response import RESPONSE
from ringback.diagnosis.verdict.rules.silence import SILENCE
from ringback.diagnosis.verdict.rules.status import STATUS
from ringback.failure.kinds import KINDS

if TYPE_CHECKING:
    from ringback.diagnosis.context import DiagnosisContext
    from ringback.diagnosis.verdict.rule import Finding, VerdictRule


_MAX_BESIDE = 5

MAX_SHARED_CONFIDENCE = 0.8
"""Confidence of a verdict beside which another cause fits the readings as well."""

_BY_ADDRESS = (*CONNECT, *UNREACHABLE, *SILENCE)
_BY_ANSWER = (*RESPONSE, *STATUS)
_DECISIVE = frozenset({"tcp", "tls", "http", "service"})


def judge(readings: Sequence[Reading], *, interrupted: bool = False) -> Verdict:
    """Return the verdict on readings: the same readings always give the same.

    ``interrupted``: by Ctrl-C, which is why they may not show what is wrong.

    The first rule of the table that holds decides; the table is in the order of a call, so that
    the cause is named and not what follows from it. Rules that hold beside it, by other readings,
    are reported as lesser faults.
    """
    evidence = Evidence(readings)
    return _of_redirect(evidence, _judged(evidence, interrupted=interrupted))


def _judged(evidence: Evidence, *, interrupted: bool) -> Verdict:
    held = [(rule, found) for rule in RULES if (found := rule.finding(evidence)) is not None]
    further = onward(evidence) if not held or held[0][0] in LESSER else None
    there = None if further is None else judge(further.evidence.readings)
    if further and there and further.complete and not (there.healthy or further.answered):
        return _behind(evidence, further, there, tuple(found.summary for _, found in held))
    if held:
        rule, found = held[0]
        if rule in _BY_ADDRESS:
            found = replace(found, alternatives=(*found.alternatives, *listed_only(evidence)))
        if rule in _BY_ANSWER:
            found = replace(found, alternatives=(*found.alternatives, *by_chance(evidence)))
        if found.rival and (rival := _rival(evidence, held)):
            found = replace(found, alternatives=(*found.alternatives, rival[0]))
            return _verdict(evidence, rule, found, _beside(held, rival[1]))
        return _verdict(evidence, rule, found, _beside(held))
    lesser = [found for rule in HARMLESS if (found := rule.finding(evidence)) is not None]
    if _all_worked(evidence, lesser):
        return _healthy(evidence, lesser, _there(there))
    return _unknown(evidence, interrupted=interrupted)


_OF_THE_URL = frozenset(
    {"tls_on_plain_port", "other_protocol", "not_tls", "plain_on_tls_port", "not_http"}
)
_CORRECT_IT = (
    "Correct the address that the service redirects to, or tell its owner.",
    "Behind a load balancer, let the application trust `X-Forwarded-Proto` and `X-Forwarded-Port`.",
    "Until then do not follow it (`allow_redirects=False`).",
)


def _of_redirect(evidence: Evidence, verdict: Verdict) -> Verdict:
    """A scheme or port that does not fit is the fault of who wrote the URL: here, a redirect's."""
    led = evidence.all(RedirectFacts)
    if not led or verdict.cause not in _OF_THE_URL or verdict.where != "this program":
        return verdict
    known, begins = placeholders(evidence, led), f"{evidence.place} redirects to "
    summary = verdict.summary
    if not summary.startswith(begins):
        summary = f"{begins}{led[-1].facts['location']}. {summary}"
    return replace(
        verdict,
        where="their application",
        summary=summary,
        advice=advice_for(_CORRECT_IT, known),
    )


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
    if found.alternatives:
        confidence = min(confidence, MAX_SHARED_CONFIDENCE)
    where = rule.where if found.where is None else found.where
    known_here = placeholders(evidence, found.readings, where)
    return Verdict(
        kind=kind,
        cause=rule.cause,
        layer=layer,
        where=where,
        confidence=round(confidence, 2),
        summary=found.summary,
        advice=found.advice or advice_for(rule.advice, known_here),
        evidence=_indices(evidence, found.readings),
        alternatives=tuple(
            replace(alternative, check=told_step(alternative.check, known_here) or "")
            for alternative in found.alternatives
        ),
        beside=beside,
    )


def _rival(
    evidence: Evidence, held: Sequence[tuple[VerdictRule, Finding]]
) -> tuple[Alternative, Finding] | None:
    """Return what the next rule that holds says, as what else it could be."""
    for rule, found in held[1:]:
        if rule.cause != held[0][0].cause and rule not in LESSER:
            kind, where = found.kind or rule.kind, found.where or rule.where
            known = placeholders(evidence, found.readings, where)
            other = Alternative(
                kind=kind,
                cause=rule.cause,
                where=where,
                summary=found.summary,
                check="".join((found.advice or advice_for(rule.advice, known))[:1]),
            )
            return other, found
    return None


def _beside(held: Sequence[tuple[VerdictRule, Finding]], *named: Finding) -> tuple[str, ...]:
    """Return what other readings show beside what is named; what follows from it is left out."""
    used = {id(reading) for found in (held[0][1], *named) for reading in found.readings}
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


def _healthy(evidence: Evidence, lesser: Sequence[Finding], further: tuple[str, ...]) -> Verdict:
    last = [reading for reading in evidence.readings if reading.state == "ok"][-1:]
    return Verdict(
        kind=HEALTHY,
        cause="healthy",
        layer="none",
        where="",
        confidence=min((found.confidence or 1.0 for found in lesser), default=1.0),
        summary=f"{evidence.place} is healthy: everything that was asked worked.",
        evidence=_indices(evidence, last),
        beside=(*(found.summary for found in lesser), *further),
    )


_LONGER = "Run it again with a longer time: `ringback diagnose --timeout 30`."
_TO_ITS_END = "It was interrupted. Let it end: that takes no longer than its `--timeout`."


def _unknown(evidence: Evidence, *, interrupted: bool) -> Verdict:
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
            _TO_ITS_END if interrupted else _LONGER,
            "Run it on a second machine and compare: `ringback compare here.json there.json`.",
        ),
        evidence=_indices(evidence, failed[-1:]),
    )


# What was read of the host that a redirect leads to, as one reading of the diagnosis before it.


def record_elsewhere(
    context: DiagnosisContext, url: str, there: DiagnosisContext, since: float
) -> None:
    """Record what was read of another host, as ``http/elsewhere``."""
    readings = there.readings()
    requests = [
        reading for reading in readings if (reading.layer, reading.what) == ("http", "request")
    ]
    answered = _is_answered(readings)
    failed = [reading for reading in readings if reading.state == "failed"]
    last = requests[-1] if answered else failed[-1] if failed else None
    context.record(
        ElsewhereFacts,
        url,
        state="ok" if answered else "failed",
        result="nothing came of it" if last is None else last.result,
        kind=None if answered or last is None else last.kind,
        since=since,
        facts=ElsewhereFacts(
            answered=answered,
            complete=there.left(1.0) > 0,
            readings=[_written(reading) for reading in readings],
        ),
    )


def readings_elsewhere(elsewhere: ReadingOf[ElsewhereFacts]) -> tuple[Reading, ...]:
    """Return what was read of another host."""
    return tuple(
        _read(reading)
        for reading in elsewhere.facts["readings"] or ()
        if isinstance(reading, Mapping)
    )


def _is_answered(readings: Sequence[Reading]) -> bool:
    """Whether an answer came in the end: a redirect is none that leads nowhere, or further away."""
    steps = [reading for reading in readings if reading.layer == "http"]
    if any(
        reading.what in {"redirect", "elsewhere"} and reading.state == "failed" for reading in steps
    ):
        return False
    return any(
        reading.facts["outcome"] == "answered" for reading in readings_of(steps, RequestFacts)
    )


def _written(reading: Reading) -> dict[str, Any]:
    """Return a reading as a fact, in which ``subject`` would mean something else (``redact``)."""
    found = {field.name: getattr(reading, field.name) for field in fields(reading)}
    return {"about": found.pop("subject"), **found}


def _read(written: Mapping[str, Any]) -> Reading:
    named = {key: value for key, value in written.items() if key != "about"}
    return Reading(subject=written["about"], **named)


# The readings of what a redirect leads to, as those of a target of its own.

_HOST = frozenset({"environment", "interfaces", "route", "resolver_config", "descriptors"})
"""What is read of this host, and is the same for every target."""

_TOO_MANY, _FAILED = 429, 500
"""HTTP statuses of one who may not now, and from which on the service itself has failed."""


@dataclass(frozen=True, slots=True)
class Onward:
    """Where a redirect leads."""

    place: str  # Its URL, or its address and port
    reading: Reading  # The one that holds it
    evidence: Evidence  # What was read there
    answered: bool  # Whether an answer came from there that is for the program to judge
    complete: bool = True  # Whether there was time to wait for one


def onward(evidence: Evidence) -> Onward | None:
    """Return where the last redirect leads; ``None``: to nowhere that was looked at apart."""
    elsewhere = evidence.first(ElsewhereFacts)
    if elsewhere is not None:
        here = [
            reading
            for reading in evidence.readings
            if reading.layer == "host" and reading.what in _HOST
        ]
        there = Evidence((*here, *readings_elsewhere(elsewhere)))
        facts = elsewhere.facts
        answered = bool(facts["answered"]) and _is_theirs(evidence, there)
        return Onward(elsewhere.subject, elsewhere, there, answered, facts["complete"] is not False)
    failed = next(
        (reading for reading in evidence.all(HttpConnectionFacts) if _is_connect(reading)), None
    )
    if failed is None or not evidence.all(RedirectFacts):
        return None
    return Onward(failed.subject, failed, Evidence(_as_asked(evidence, failed)), answered=False)


def _is_theirs(evidence: Evidence, there: Evidence) -> bool:
    """Whether an answer is for the program to judge: another site may rightly want a login first.

    A failure of the service is none, wherever it stands, nor is a word that TLS was expected.
    """
    asked = there.all(RequestFacts)
    if asked and asked[-1].facts["plain_to_tls"]:
        return False
    status = int(asked[-1].facts["status"] or 0) if asked else 0
    return _site(evidence) != _site(there) and status != _TOO_MANY and status < _FAILED


def _site(evidence: Evidence) -> str:
    """The host, with or without the ``www`` that most sites are known by as well."""
    return evidence.host.lower().rstrip(".").removeprefix("www.")


def _is_connect(reading: ReadingOf[HttpConnectionFacts]) -> bool:
    return reading.kind is not None and bool(reading.facts["outcome"])


def _as_asked(evidence: Evidence, failed: Reading) -> list[Reading]:
    """The same host at another port: the first is a neighbour of the second, which is open."""
    kept = [reading for reading in evidence.readings if reading.layer in {"url", "host", "name"}]
    beside = [
        replace(reading, layer="neighbours", facts={**reading.facts, "role": "partner"})
        for reading in evidence.opened
    ]
    return [*kept, replace(failed, layer="tcp", what="connect"), *beside]
