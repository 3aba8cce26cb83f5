"""What happens in the demo, as data.

``ringback demo --json`` prints one object per line. ``event`` says which:

===========  =====================================================================================
event        further members
===========  =====================================================================================
``scene``    ``scene``: its name; ``title``: in words
``attempt``  ``at``: seconds since 1970; ``method``, ``url``; ``attempt`` of ``attempts``;
             ``seconds`` it took; ``kind`` (``null``: it succeeded), ``layer``, ``phase``,
             ``delivered``, ``message``; ``decision``: ``done``, ``retry`` or ``give_up``; ``delay``
             in seconds before the next; ``reason`` for giving up
``raised``   ``exception``: the class the program gets, of ``ringback.errors``; ``also``: the
             classes of requests and of Python that it is as well; ``explained``: the kind that
             ``ringback.explain`` names from the traceback's text; ``advice``: the first thing to do
``alert``    ``endpoint``; ``count`` of failed calls in a row; ``kinds``: kind → calls; ``since``
             and ``at``: seconds since 1970
``recovery`` ``endpoint``; ``at``: seconds since 1970; ``seconds`` it was down
``page``     ``url``: where the page of the monitor is
``change``   ``endpoint``: its id; ``what`` happens to it, in words
``incident`` ``endpoint``: its id; ``id`` of the incident; ``pattern``; ``kind`` (``null``: nothing
             failed yet); ``summary``; ``evidence``: a line each; ``diagnosed``: whether it was;
             ``where`` that says it lies (``null``: it does not); ``confidence``: 0 to 1;
             ``advice``: the first thing to do (``""``: none); ``seconds`` from the change until
             it was named
``closed``   ``endpoint``; ``id``; ``summary``: how it ended; ``seconds`` it was open
``lacking``  ``needs``: what must be installed for more scenes; ``install``: how
``check``    ``scene``; ``kept``: it went as promised; ``promised`` and ``seen``: the steps
``end``      ``kept`` scenes of ``scenes``; ``seconds`` in all
===========  =====================================================================================
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ringback.failure import KINDS
from ringback.retry import GiveUp, Retry

if TYPE_CHECKING:
    from ringback.event import Event
    from ringback.sink import Alert, Recovery
    from ringback.testing.demo.monitor import Document


def attempt_record(event: Event) -> dict[str, Any]:
    """Return what is told of an attempt.

    Args:
        event: As the sinks hear it.
    """
    failure, decision = event.failure, event.decision
    return {
        "event": "attempt",
        "at": event.at,
        "method": event.method,
        "url": event.target.url,
        "attempt": event.attempt,
        "attempts": event.attempts,
        "seconds": event.timings["total"],
        "kind": failure and failure.kind,
        "layer": failure and failure.layer,
        "phase": failure and failure.phase,
        "delivered": failure and failure.delivered,
        "message": failure and failure.message,
        "decision": _word(decision),
        "delay": decision.delay if isinstance(decision, Retry) else None,
        "reason": decision.reason if isinstance(decision, GiveUp) else None,
    }


def alert_record(alert: Alert) -> dict[str, Any]:
    """Return what is told of an alert.

    Args:
        alert: As ``on_alert`` is given it.
    """
    return {
        "event": "alert",
        "endpoint": alert.endpoint,
        "count": alert.count,
        "kinds": dict(alert.kinds),
        "since": alert.since,
        "at": alert.at,
    }


def recovery_record(recovery: Recovery) -> dict[str, Any]:
    """Return what is told of a recovery.

    Args:
        recovery: As ``on_recovery`` is given it.
    """
    return {
        "event": "recovery",
        "endpoint": recovery.alert.endpoint,
        "at": recovery.at,
        "seconds": recovery.at - recovery.alert.since,
    }


def incident_record(incident: Document, endpoint: str, seconds: float) -> dict[str, Any]:
    """Return what is told of an incident.

    Args:
        incident: As the monitor's API has it, whole.
        endpoint: Id of the endpoint.
        seconds: From what happened until it was named.
    """
    diagnosis = incident["diagnosis"] or {}
    verdict = diagnosis.get("verdict") or {}
    known = KINDS.get(incident["kind"] or "")
    advice = verdict.get("advice") or incident.get("advice") or (known.do if known else ())
    return {
        "event": "incident",
        "endpoint": endpoint,
        "id": incident["id"],
        "pattern": incident["pattern"],
        "kind": incident["kind"],
        "summary": incident["summary"],
        "evidence": [*incident["evidence"], *_readings(diagnosis, verdict)],
        "diagnosed": bool(diagnosis),
        "where": verdict.get("where"),
        "confidence": incident["confidence"],
        "advice": advice[0] if advice else "",
        "seconds": seconds,
    }


def _readings(diagnosis: Document, verdict: Document) -> list[str]:
    """What decided a diagnosis."""
    decided = [diagnosis["readings"][one] for one in verdict.get("evidence") or ()]
    return [f"{one['subject']}: {one['result']}".removeprefix(": ") for one in decided]


def closed_record(incident: Document, endpoint: str) -> dict[str, Any]:
    """Return what is told of an incident that is over.

    Args:
        incident: As the monitor's API has it.
        endpoint: Id of the endpoint.
    """
    began, ended = (datetime.fromisoformat(incident[one]) for one in ("opened_at", "closed_at"))
    return {
        "event": "closed",
        "endpoint": endpoint,
        "id": incident["id"],
        "summary": incident["timeline"][-1]["text"],
        "seconds": (ended - began).total_seconds(),
    }


def _word(decision: object) -> str:
    return {Retry: "retry", GiveUp: "give_up"}.get(type(decision), "done")
