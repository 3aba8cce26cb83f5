"""An event in one line, for people and for machines."""

import json
from datetime import UTC, datetime

from ringback.event import Event, What
from ringback.failure import Failure, Target
from ringback.retry import Done, GiveUp, Reason, Retry
from ringback.sink.attributes import Value, call_attributes, decision_attributes

REASONS: dict[Reason, str] = {
    "not_retryable": "trying again cannot help",
    "not_idempotent": "the request may have been processed and must not be sent twice",
    "not_replayable": "the body cannot be sent again",
    "already_retried": "a call inside this one has tried again already",
    "attempts": "no attempt is left",
    "deadline": "the deadline leaves no time for another attempt",
    "budget": "too many of the requests to this origin are retries already",
    "circuit_open": "calls to this endpoint are refused for now",
}
"""Why no further attempt is made, in words."""

_CHANGES: dict[What, str] = {
    "circuit_opened": "circuit opened, calls fail fast",
    "circuit_closed": "circuit closed, calls go through again",
    "fallback": "going on without",
    "stacked_retries": "another library retries this call too",
}


def text_line(event: Event) -> str:
    """Return the event as a line for people: time, call, kind, attempt, decision.

    Nothing in it can forge another line or drive a terminal.

    Args:
        event: What happened.
    """
    return _plain(f"{_time(event.at)} {_call(event)}: {said(event)}")


def json_line(event: Event, level: str) -> str:
    """Return the event as a JSON object on one line; what is not known is left out.

    Args:
        event: What happened.
        level: How much it matters, as logging names it.
    """
    target, failure = event.target, event.failure
    members: dict[str, Value | None] = {
        "timestamp": _time(event.at),
        "level": level,
        "event": event.what,
        "message": said(event),
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


def said(event: Event) -> str:
    """Return what happened, in words.

    Args:
        event: What happened.
    """
    if event.what != "attempt":
        words = _CHANGES[event.what]
        return f"{words}: {event.detail}" if event.detail else words
    of = f"(attempt {event.attempt} of {event.attempts})"
    match event.decision:
        case Retry(failure=failure, delay=delay):
            return f"{_what(failure)} {of}: trying again in {delay:.2f} s"
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
