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
``check``    ``scene``; ``kept``: it went as promised; ``promised`` and ``seen``: the steps
``end``      ``kept`` scenes of ``scenes``; ``seconds`` in all
===========  =====================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringback.retry import GiveUp, Retry

if TYPE_CHECKING:
    from ringback.event import Event
    from ringback.sink import Alert, Recovery


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


def _word(decision: object) -> str:
    return {Retry: "retry", GiveUp: "give_up"}.get(type(decision), "done")
