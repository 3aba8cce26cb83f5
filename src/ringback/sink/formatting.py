"""An event as attributes, as a line of text and as JSON, and the names of endpoints.

Attributes have the names that OpenTelemetry's semantic conventions give them
(https://opentelemetry.io/docs/specs/semconv/http/, stable since 1.23). Where there is no such
name, the name begins with ``ringback.``.
"""

import json
from datetime import UTC, datetime
from threading import Lock

from ringback.event import Event, What
from ringback.failure import Failure, Target
from ringback.retry import Done, GiveUp, Retry, Wait
from ringback.retry.run import REASONS

OTHER_ENDPOINT = "other"
"""The name of every endpoint beyond the limit."""


class EndpointNames:
    """Gives the first so many endpoints their own name, and all others one in common.

    A program that calls hosts by names it is given (a crawler, a webhook sender) would otherwise
    fill the memory of whoever counts.
    """

    def __init__(self, limit: int) -> None:
        """Know none yet."""
        if limit < 1:
            raise ValueError(f"endpoints must be at least 1, got {limit}")
        self._limit = limit
        self._names: dict[tuple[str | None, str | None, int | None], str] = {}
        self._lock = Lock()

    def name(self, target: Target) -> str:
        """Return ``scheme://host:port``, or ``other``."""
        key = (target.scheme, target.host or target.address, target.port)
        return self._names.get(key) or self._admit(key, target)

    def known(self) -> dict[tuple[str | None, str | None, int | None], str]:
        """Return those that have a name of their own, by scheme, host and port."""
        with self._lock:
            return dict(self._names)

    def _admit(self, key: tuple[str | None, str | None, int | None], target: Target) -> str:
        with self._lock:
            if len(self._names) >= self._limit:
                return self._names.get(key, OTHER_ENDPOINT)
            return self._names.setdefault(key, endpoint_of_target(target))


def endpoint_of_target(target: Target) -> str:
    """Return how failures are grouped: ``scheme://host:port``."""
    host = target.host or target.address or ""
    scheme = f"{target.scheme}://" if target.scheme else ""
    port = f":{target.port}" if target.port is not None else ""
    return f"{scheme}[{host}]{port}" if ":" in host else f"{scheme}{host}{port}"


Value = str | int | float
"""What an attribute can be."""

_METHODS = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
)


def call_attributes(event: Event) -> dict[str, Value]:
    """Return which call it was and how the attempt ended, in few enough combinations to count."""
    target = event.target
    return _known(
        {
            "http.request.method": method_of(event),
            **address_attributes(target.scheme, target.host or target.address, target.port),
            "http.response.status_code": event.status,
            "error.type": error_type(event),
        }
    )


def address_attributes(scheme: str | None, host: str | None, port: int | None) -> dict[str, Value]:
    """Return which endpoint it is."""
    return _known({"url.scheme": scheme, "server.address": host, "server.port": port})


def decision_attributes(event: Event) -> dict[str, Value]:
    """Return what was decided after an attempt."""
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
    """Return the kind of the failure, the status where only that says error, or ``None``."""
    if event.failure is not None:
        return event.failure.kind
    return str(event.status) if event.status is not None and event.status >= 400 else None


def method_of(event: Event) -> str | None:
    """Return the method; ``_OTHER`` for one that no standard names, ``None`` without one."""
    return event.method if event.method in _METHODS else "_OTHER" if event.method else None


def _known(attributes: dict[str, Value | None]) -> dict[str, Value]:
    return {name: value for name, value in attributes.items() if value is not None}


_CHANGES: dict[What, str] = {
    "circuit_opened": "circuit opened, calls fail fast",
    "circuit_closed": "circuit closed, calls go through again",
    "calls_waiting": "calls wait for the end of an outage",
    "calls_released": "the calls that waited go on",
    "calls_given_up": "the calls that waited are given up",
    "fallback": "going on without",
    "stacked_retries": "another library retries this call too",
}


def text_line(event: Event) -> str:
    """Return the event as a line for people: time, call, kind, attempt, decision.

    Nothing in it can forge another line or drive a terminal.
    """
    return f"{_time(event.at)} {message_line(event)}"


def message_line(event: Event) -> str:
    """Return the same without the time, for what has one of its own."""
    return _plain(f"{_call(event)}: {describe_event(event)}")


def json_line(event: Event, level: str) -> str:
    """Return the event as a JSON object on one line; what is not known is left out."""
    target, failure = event.target, event.failure
    members: dict[str, Value | None] = {
        "timestamp": _time(event.at),
        "level": level,
        "event": event.what,
        "message": describe_event(event),
        **call_attributes(event),
        "http.request.method": event.method or None,  # any, where nothing is counted by it
        "url.full": target.url,
        "network.peer.address": target.address,
        "error.message": failure.message if failure else None,
        **(decision_attributes(event) if event.what == "attempt" else {}),
        "ringback.duration": event.timings.get("total"),
        "ringback.detail": event.detail or None,
        "ringback.vantage": event.vantage or None,
    }
    return json.dumps({name: value for name, value in members.items() if value is not None})


def describe_event(event: Event) -> str:
    """Return what happened, in words."""
    if event.what != "attempt":
        words = _CHANGES[event.what]
        return f"{words}: {event.detail}" if event.detail else words
    of = f"(attempt {min(event.attempt, event.attempts)} of {event.attempts}"
    # More than the policy's: while it waited for the end of an outage, see ``retry.line``.
    probes = event.attempt - event.attempts
    of += f", probe {probes})" if probes > 0 else ")"
    match event.decision:
        case Retry(failure=failure, delay=delay):
            return f"{_what(failure)} {of}: trying again in {delay:.2f} s"
        case Wait(failure=failure):
            return f"{_what(failure)} {of}: waiting for the service"
        case GiveUp(failure=failure, reason=reason):
            return f"{_what(failure)} {of}: giving up, {REASONS.get(reason, reason)}"
        case Done(attempt=attempt) if attempt > 1:
            return f"recovered {of}"
    return _what(event.failure) if event.failure else "succeeded"


def _what(failure: Failure) -> str:
    return f"{failure.kind}: {failure.message}" if failure.message else failure.kind


def _call(event: Event) -> str:
    return f"{event.method} {_place(event.target)}".strip()


def _place(target: Target) -> str:
    return target.url or f"{target.host or '?'}:{target.port or '?'}"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _plain(text: str) -> str:
    """Return the text with every character escaped that could forge a line or drive a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
