"""What an event says, under the names that OpenTelemetry's semantic conventions give it.

Source: https://opentelemetry.io/docs/specs/semconv/http/ (stable since 1.23). Where there is no
such name, the name begins with ``ringback.``.
"""

from ringback.event import Event
from ringback.retry import GiveUp, Retry

Value = str | int | float
"""What an attribute can be."""

_METHODS = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
)


def call_attributes(event: Event) -> dict[str, Value]:
    """Return which call it was and how the attempt ended, in few enough combinations to count.

    Args:
        event: What happened.
    """
    target = event.target
    return _known(
        {
            "http.request.method": method_of(event),
            "url.scheme": target.scheme,
            "server.address": target.host or target.address,
            "server.port": target.port,
            "http.response.status_code": event.status,
            "error.type": error_type(event),
        }
    )


def decision_attributes(event: Event) -> dict[str, Value]:
    """Return what was decided after an attempt.

    Args:
        event: What happened.
    """
    decision, failure = event.decision, event.failure
    return _known(
        {
            "http.request.resend_count": event.resend_count,
            "ringback.attempts": event.attempts,
            "ringback.outcome": event.outcome,
            "ringback.retry.delay": decision.delay if isinstance(decision, Retry) else None,
            "ringback.give_up.reason": decision.reason if isinstance(decision, GiveUp) else None,
            "ringback.delivered": failure.delivered if failure else None,
            "ringback.phase": failure.phase if failure else None,
        }
    )


def error_type(event: Event) -> str | None:
    """Return the kind of the failure, the status where only that says error, or ``None``.

    Args:
        event: What happened.
    """
    if event.failure is not None:
        return event.failure.kind
    return str(event.status) if event.status is not None and event.status >= 400 else None


def method_of(event: Event) -> str | None:
    """Return the method; ``_OTHER`` for one that no standard names, ``None`` where there is none.

    Args:
        event: What happened.
    """
    return event.method if event.method in _METHODS else "_OTHER" if event.method else None


def _known(attributes: dict[str, Value | None]) -> dict[str, Value]:
    return {name: value for name, value in attributes.items() if value is not None}
