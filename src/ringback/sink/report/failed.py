"""A call that failed, as it is sent."""

from functools import lru_cache
from typing import Any

from ringback.event import Event
from ringback.failure import Failure, Target
from ringback.failure.target import without_secrets
from ringback.sink.endpoints import endpoint_of

_LONGEST = 200
_LONGEST_ORIGIN = 300

_OURS = frozenset({"config", "client"})
"""Layers whose failures say nothing about whom the call was for."""


def says_something(event: Event) -> bool:
    """Return whether the event is the end of a call that says something about its target.

    An attempt that another follows is not the end; a call that an open circuit refuses, and one
    that fails for a reason of the program's own, says nothing new.

    Args:
        event: What happened.
    """
    if event.what != "attempt" or event.origin != "call" or event.outcome == "retry":
        return False
    return event.failure is None or event.failure.layer not in _OURS


@lru_cache(maxsize=1024)
def origin_of(scheme: str | None, host: str | None, port: int | None) -> str | None:
    """Return ``scheme://host:port`` in lower case; ``None`` where a part is not known.

    Args:
        scheme: Of the call's target.
        host: Of the call's target.
        port: Of the call's target.
    """
    if not (scheme and host and port):
        return None
    origin = endpoint_of(Target(scheme=scheme, host=host, port=port)).lower()
    return origin if len(origin) <= _LONGEST_ORIGIN else None


def entry(event: Event, failure: Failure, origin: str) -> dict[str, Any]:
    """Return a failed call as it is sent: no password, no query, nothing that is long.

    Args:
        event: Its end.
        failure: Why.
        origin: ``scheme://host:port``.
    """
    url = event.target.url
    members = {
        "at": event.at,
        "origin": origin,
        "kind": failure.kind,
        "message": without_secrets(failure.message)[:_LONGEST] or None,
        "method": event.method[:20] or None,
        "url": url.partition("#")[0].partition("?")[0][:_LONGEST_ORIGIN] if url else None,
        "address": failure.target.address or event.target.address,
        "status": event.status,
        "attempts": event.attempt,
        "seconds": event.timings.get("total"),
    }
    return {name: value for name, value in members.items() if value is not None}
