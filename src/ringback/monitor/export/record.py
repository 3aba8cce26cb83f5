"""Checks and incidents as flat records, the same in every format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.record import moment
from ringback.monitor.store.tally import PHASES

if TYPE_CHECKING:
    from ringback.incident.model import Check, Incident

Record = dict[str, Any]

CHECK: Mapping[str, type] = {
    "at": str,
    "endpoint": str,
    "up": bool,
    "kind": str,
    "seconds": float,
    **dict.fromkeys(PHASES, float),
    "origin": str,
    "vantage": str,
    "status": int,
    "address": str,
    "certificate_not_after": str,
    "certificate_issuer": str,
    "certificate_key": str,
    "detail": str,
}
"""The columns of a check, with the type of each; what is not known is ``None``."""

INCIDENT: Mapping[str, type] = {
    "id": str,
    "pattern": str,
    "state": str,
    "kind": str,
    "summary": str,
    "members": str,
    "opened_at": str,
    "closed_at": str,
    "seconds": float,
    "confidence": float,
    "cause": str,
    "where": str,
    "acknowledged_by": str,
}
"""The columns of an incident; ``members`` are separated by blanks."""


def of_check(check: Check) -> Record:
    """Return a check as a record.

    Args:
        check: The check.
    """
    seen = check.certificate
    return {
        "at": moment(check.at),
        "endpoint": check.endpoint,
        "up": check.up,
        "kind": check.kind,
        "seconds": check.seconds,
        **{phase: check.timings.get(phase) for phase in PHASES},
        "origin": check.origin,
        "vantage": check.vantage or None,
        "status": check.status,
        "address": check.address,
        "certificate_not_after": moment(seen.not_after) if seen else None,
        "certificate_issuer": seen.issuer if seen else None,
        "certificate_key": seen.key if seen else None,
        "detail": check.detail or None,
    }


def of_incident(incident: Incident) -> Record:
    """Return an incident as a record.

    Args:
        incident: The incident.
    """
    verdict = (incident.diagnosis or {}).get("verdict") or {}
    closed = incident.closed_at
    return {
        "id": incident.id,
        "pattern": incident.pattern,
        "state": incident.state,
        "kind": incident.kind,
        "summary": incident.summary,
        "members": " ".join(incident.members),
        "opened_at": moment(incident.opened_at),
        "closed_at": None if closed is None else moment(closed),
        "seconds": None if closed is None else round(closed - incident.opened_at, 3),
        "confidence": incident.confidence,
        "cause": verdict.get("cause"),
        "where": verdict.get("where"),
        "acknowledged_by": incident.acknowledged_by or None,
    }
