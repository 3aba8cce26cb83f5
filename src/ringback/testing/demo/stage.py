"""Where a scene is played: the lab, the program's session, and what happens as records."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import requests

from ringback import Backoff, Policy, Session, Timeout
from ringback.failure import Failure, classify, explain
from ringback.failure.target import target_of_url
from ringback.retry import GiveUp, Retry, Wait
from ringback.sink import CallbackSink

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.event import Event
    from ringback.sink import Alert, Recovery
    from ringback.testing.demo.monitor import Document
    from ringback.testing.lab import Lab


def attempt_record(event: Event) -> dict[str, Any]:
    """Return the record of an attempt."""
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
    """Return the record of an alert."""
    return {
        "event": "alert",
        "endpoint": alert.endpoint,
        "count": alert.count,
        "kinds": dict(alert.kinds),
        "since": alert.since,
        "at": alert.at,
    }


def recovery_record(recovery: Recovery) -> dict[str, Any]:
    """Return the record of a recovery."""
    return {
        "event": "recovery",
        "endpoint": recovery.alert.endpoint,
        "at": recovery.at,
        "seconds": recovery.at - recovery.alert.since,
    }


def incident_event(incident: Document, endpoint: Document, seconds: float) -> dict[str, Any]:
    """Return the record of an incident."""
    diagnosis = incident["diagnosis"] or {}
    verdict = diagnosis.get("verdict") or {}
    advice = verdict.get("advice") or incident.get("advice")
    if not advice and (kind := incident["kind"]):
        advice = Failure(kind=kind, target=target_of_url(endpoint["url"])).advice
    return {
        "event": "incident",
        "endpoint": endpoint["id"],
        "id": incident["id"],
        "pattern": incident["pattern"],
        "kind": incident["kind"],
        "summary": incident["summary"],
        "evidence": [*incident["evidence"], *_readings(diagnosis, verdict)],
        "difference": difference(incident),
        "diagnosed": bool(diagnosis),
        "where": verdict.get("where"),
        "confidence": incident["confidence"],
        "advice": advice[0] if advice else "",
        "seconds": seconds,
    }


def difference(incident: Document) -> str:
    """Return what differs between a place that fails and one that does not; ``""``: not known."""
    found = (entry["text"] for entry in incident["timeline"] if entry["what"] == "diagnosed")
    return next((text for text in found if text in incident["evidence"]), "")


def _readings(diagnosis: Document, verdict: Document) -> list[str]:
    """What decided a diagnosis."""
    decided = [diagnosis["readings"][index] for index in verdict.get("evidence") or ()]
    return [f"{reading['subject']}: {reading['result']}".removeprefix(": ") for reading in decided]


def closed_record(incident: Document, endpoint: str) -> dict[str, Any]:
    """Return the record of an incident that is over."""
    began, ended = (datetime.fromisoformat(incident[field]) for field in ("opened_at", "closed_at"))
    return {
        "event": "closed",
        "endpoint": endpoint,
        "id": incident["id"],
        "summary": incident["timeline"][-1]["text"],
        "seconds": (ended - began).total_seconds(),
    }


def _word(decision: object) -> str:
    return {Retry: "retry", Wait: "wait", GiveUp: "give_up"}.get(type(decision), "done")


Record = dict[str, Any]

_LIMITS: dict[str, Any] = {
    "backoff": Backoff(base=0.3, cap=0.8),
    "timeout": Timeout(connect=3.0, read=5.0),  # no scene waits for them
    "deadline": 10.0,
    "patience": 0.0,  # what is shown are attempts
}


_KNOWN = frozenset({"requests", "socket", "ssl", "builtins"})


@dataclass(slots=True)
class Stage:
    """One scene as it is played."""

    lab: Lab  # Makes the failures
    tell: Callable[[Record], None]  # Gets a record of everything as it happens
    # What has happened, in short: the kind and the decision of each attempt, the exceptions,
    # `alert`, `recovery`; of the monitor the names of incidents, `closed`
    steps: list[str] = field(default_factory=list)
    # Called after each attempt with how many there were; a scene moves on by it
    on_attempt: Callable[[int], None] = lambda _: None
    _attempts: int = 0

    def session(self, attempts: int = 3) -> Session:
        """Return the session of the example program."""
        session = Session(
            policy=Policy(attempts, **_LIMITS),
            sinks=[CallbackSink(self._heard, inline=True)],
            on_alert=lambda alert: self.happened("alert", alert_record(alert)),
            on_recovery=lambda recovery: self.happened("recovery", recovery_record(recovery)),
        )
        session.trust_env = False  # the environment's proxy cannot reach the lab
        return session

    def call(self, session: Session, method: str, url: str, **options: Any) -> None:
        """Make one call of the example program; an exception is recorded and goes no further."""
        try:
            session.request(method, url, **options)
        except requests.RequestException as error:
            self._raised(error)

    def _heard(self, event: Event) -> None:
        record = attempt_record(event)
        self.happened(f"{record['kind'] or 'ok'} {record['decision']}", record)
        self._attempts += 1
        self.on_attempt(self._attempts)

    def _raised(self, error: requests.RequestException) -> None:
        explained = explain("".join(traceback.format_exception(error)))
        record = {
            "event": "raised",
            "exception": type(error).__name__,
            "also": _also(type(error)),
            "explained": explained.kind,
            "advice": next(iter(classify(error).advice), ""),
        }
        self.happened(f"raised, explained as {explained.kind}", record)

    def happened(self, step: str, record: Record) -> None:
        """Note that something has happened, and pass it on."""
        self.steps.append(step)
        self.tell(record)


def _also(kind: type) -> list[str]:
    """Return the most particular classes of requests and of Python that a class is as well."""
    known = [base for base in kind.__mro__ if base.__module__.partition(".")[0] in _KNOWN]
    return [
        f"{base.__module__}.{base.__qualname__}".removeprefix("builtins.")
        for base in known
        if not any(other is not base and issubclass(other, base) for other in known)
    ]
