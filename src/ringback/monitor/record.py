"""What the monitor knows as data: how the API, exports and notifications have it in JSON."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.record import moment
from ringback.failure.target import without_secrets

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from ringback.incident.model import Check, Incident

_UNLISTED = ("readings", "host")
"""What a diagnosis is left out of where many are listed, or where it is sent to others."""


def members_of(value: DataclassInstance) -> dict[str, Any]:
    """Return the fields of a value by name, as they are."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def moment_or_none(at: float | None) -> str | None:
    return None if at is None else moment(at)


def check_record(check: Check) -> dict[str, Any]:
    seen, members = check.certificate, members_of(check)
    del members["other_certificate"]  # it is not kept
    return {
        **members,
        "at": moment(check.at),
        "timings": dict(check.timings),
        "certificate": seen
        and {
            "not_after": moment(seen.not_after),
            "issuer": seen.issuer,
            "key": seen.key,
        },
        "detail": without_secrets(check.detail),
    }


def incident_record(incident: Incident, *, whole: bool = False) -> dict[str, Any]:
    """Return an incident as data; ``whole``: with the readings of its diagnosis, and its host."""
    report = incident.diagnosis
    if report is not None and not whole:
        report = {key: value for key, value in report.items() if key not in _UNLISTED}
    return {
        "id": incident.id,
        "pattern": incident.pattern,
        "state": incident.state,
        "severity": incident.severity,
        "kind": incident.kind,
        "summary": without_secrets(incident.summary),
        "members": list(incident.members),
        "opened_at": moment(incident.opened_at),
        "closed_at": moment_or_none(incident.closed_at),
        "confidence": incident.confidence,
        "evidence": [without_secrets(line) for line in incident.evidence],
        "advice": [without_secrets(line) for line in incident.advice],
        "acknowledged_by": incident.acknowledged_by,
        "diagnosis": report,
    }
