"""The host that a redirect leads to: diagnosed like any other, and kept as one reading."""

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
from ringback.diagnosis.model import Reading
from ringback.diagnosis.sorts import ReadingOf, readings_of
from ringback.diagnosis.verdict.evidence import Evidence

if TYPE_CHECKING:
    from ringback.diagnosis.context import DiagnosisContext


# What was read of the host that a redirect leads to, as one reading of the diagnosis before it.


def tell_elsewhere(
    context: DiagnosisContext, url: str, there: DiagnosisContext, since: float
) -> None:
    """Tell what was read of another host, as ``http/elsewhere``."""
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

    A failure of the service is none, wherever it stands.
    """
    asked = there.all(RequestFacts)
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
