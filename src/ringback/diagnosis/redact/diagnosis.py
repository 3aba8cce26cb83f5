"""Whole diagnoses with placeholders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ringback.diagnosis.redact.facts import clean, known_in, strangers_in
from ringback.diagnosis.redact.placeholders import Placeholders
from ringback.diagnosis.redact.text import Cleaner

if TYPE_CHECKING:
    from ringback.diagnosis.model import Diagnosis, Reading, Verdict
    from ringback.diagnosis.redact.text import Known


def redacted(diagnoses: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
    """Return diagnoses without names and addresses; in all of them the same stands for the same.

    Hosts, addresses, users, paths and what certificates and services say of themselves become
    ``host-1``, ``address-1-v4-private``, ``user-1``, ``path-1``, ``hidden-1``. Ports, families,
    schemes, times and codes stay, as do loopback addresses and usual interface names.

    Args:
        diagnoses: What was found.
    """
    hide = Placeholders()
    known: Known = {}
    strangers: list[str] = []
    for diagnosis in diagnoses:
        known = known_in(diagnosis.target, {}, hide) | known
        for reading in diagnosis.readings:
            named = {"name": reading.subject} if reading.layer == "name" else {}
            known = known_in(reading.subject, {**named, **reading.facts}, hide) | known
            strangers += strangers_in(reading.facts)
    text = Cleaner(hide, known, strangers)
    return tuple(_diagnosis(one, hide, text) for one in diagnoses)


def _diagnosis(diagnosis: Diagnosis, hide: Placeholders, text: Cleaner) -> Diagnosis:
    return replace(
        diagnosis,
        target=text(diagnosis.target),
        readings=tuple(_reading(one, hide, text) for one in diagnosis.readings),
        verdict=_verdict(diagnosis.verdict, text),
    )


def _reading(reading: Reading, hide: Placeholders, text: Cleaner) -> Reading:
    return replace(
        reading,
        subject=text(reading.subject),
        result=text(reading.result),
        facts=clean("", reading.facts, hide, text),
    )


def _verdict(verdict: Verdict, text: Cleaner) -> Verdict:
    return replace(
        verdict,
        summary=text(verdict.summary),
        advice=tuple(text(one) for one in verdict.advice),
        beside=tuple(text(one) for one in verdict.beside),
        alternatives=tuple(
            replace(one, summary=text(one.summary), check=text(one.check))
            for one in verdict.alternatives
        ),
    )
