"""A batch of events that a program sent, as checks (version 1 of the format)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ringback.client.origin import origin_of
from ringback.failure.kinds import KINDS
from ringback.failure.target import target_of_url, without_secrets
from ringback.incident.model import Check
from ringback.monitor.ingest.reading import (
    EventsInvalid,
    document_of,
    measure,
    number,
    text,
    whole,
)
from ringback.monitor.model import PassiveCheck

VERSION = 1

MOST = 1000
"""Events of a batch."""

OLDEST = 3600.0
"""Seconds: what happened before says nothing of now."""

_HASTE = 1.0
"""Seconds by which an event may be later than its batch: its clock was read a moment after."""

_MOST_BOUNDS = 200
_LONGEST_ORIGIN = 300
_OURS = frozenset({"config", "client"})
"""Layers whose failures are the program's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A batch.

    Attributes:
        id: The sender's name for it; ``""``: none.
        program: What the program calls itself.
        dropped: Calls that it could not report.
        checks: In the order in which the calls ended.
        clamped: Events that are told to have happened after they were sent: taken for now.
        stale: Events that happened too long ago, which are left out.
    """

    id: str
    program: str
    dropped: int
    checks: tuple[PassiveCheck, ...]
    clamped: int = 0
    stale: int = 0


def events_of(body: bytes, *, now: float, most: int = MOST) -> list[PassiveCheck]:
    """Return what a program reports of its calls, in the order in which they ended.

    Args:
        body: What it sent.
        now: Seconds since 1970 UTC.
        most: Events at most.

    Raises:
        EventsInvalid: It cannot be read.
    """
    return list(reported(body, now=now, most=most).checks)


def reported(body: bytes, *, now: float, most: int = MOST) -> Reported:
    """Return a batch that a program sent.

    Its times are put right by as much as its clock, at ``sent_at``, differs from ours. Members
    that are not known are left alone, and an unknown kind of failure is ``unknown``: a later
    version may have them.

    Args:
        body: What it sent.
        now: Seconds since 1970 UTC.
        most: Events at most.

    Raises:
        EventsInvalid: It cannot be read.
    """
    document = document_of(body)
    if document.get("version") != VERSION or isinstance(document["version"], bool):
        raise EventsInvalid(f"version is not {VERSION}")
    sent_at = number(document, "sent_at", "")
    if sent_at is None:
        raise EventsInvalid("sent_at is missing")
    events = document.get("events")
    if not isinstance(events, list):
        raise EventsInvalid("events is not a list")
    if len(events) > most:
        raise EventsInvalid(f"there are more than {most} events")
    source = _Source(
        program=text(document, "program", "", 100),
        host=text(document, "host", "", 255),
        shift=now - sent_at,
        now=now,
    )
    read = list(_checks(events, source))
    checks = tuple(one for one in read if one.check.at >= now - OLDEST)
    return Reported(
        id=text(document, "id", "", 64),
        program=source.program,
        dropped=whole(document, "dropped", "") or 0,
        checks=checks,
        clamped=sum(one["at"] > sent_at + _HASTE for one in events),
        stale=len(read) - len(checks),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    program: str
    host: str
    shift: float
    now: float


def _checks(events: list[Any], source: _Source) -> Iterator[PassiveCheck]:
    newest: dict[str, float] = {}
    for place, event in enumerate(events):
        where = f"events[{place}]"
        if not isinstance(event, dict):
            raise EventsInvalid(f"{where} is not an object")
        yield _read(event, f"{where}.", source, newest)


def _read(
    event: dict[str, Any], where: str, source: _Source, newest: dict[str, float]
) -> PassiveCheck:
    origin = _origin(event, where)
    at = number(event, "at", where)
    if at is None:
        raise EventsInvalid(f"{where}at is missing")
    # What follows did not happen before, even if the program's clock was set back meanwhile.
    at = newest[origin] = max(min(at + source.shift, source.now), newest.get(origin, 0.0))
    failed = event.get("kind") is not None
    calls = 1 if failed else whole(event, "calls", where)
    if not calls:
        raise EventsInvalid(f"{where} has neither kind nor calls")
    return PassiveCheck(
        origin=origin,
        check=_failed(event, where, at, source) if failed else _worked(event, where, at, source),
        program=source.program,
        calls=calls,
    )


def _worked(event: dict[str, Any], where: str, at: float, source: _Source) -> Check:
    seconds = _median(event.get("seconds"), f"{where}seconds")
    return Check(at=at, endpoint="", up=True, seconds=seconds, origin="call", vantage=source.host)


def _failed(event: dict[str, Any], where: str, at: float, source: _Source) -> Check:
    kind = text(event, "kind", where, 100)
    known = KINDS.get(kind) or KINDS["unknown"]
    status = whole(event, "status", where)
    return Check(
        at=at,
        endpoint="",
        up=None if known.layer in _OURS else False,
        kind=known.name,
        seconds=number(event, "seconds", where),
        origin="call",
        vantage=source.host,
        status=status if status is not None and 100 <= status <= 999 else None,
        address=text(event, "address", where, 200) or None,
        detail=without_secrets(text(event, "message", where, 200)),
    )


def _origin(event: dict[str, Any], where: str) -> str:
    given = event.get("origin")
    if not isinstance(given, str) or len(given) > _LONGEST_ORIGIN or not given.isprintable():
        raise EventsInvalid(f"{where}origin is not an origin")
    target = target_of_url(given)
    if not (target.scheme and target.host and target.port):
        raise EventsInvalid(f"{where}origin is not scheme://host:port")
    return origin_of(given)


def _median(bounds: Any, where: str) -> float | None:
    """The bound that half of the calls took at most."""
    if bounds is None:
        return None
    if not isinstance(bounds, list) or len(bounds) > _MOST_BOUNDS:
        raise EventsInvalid(f"{where} is not a list of [seconds, calls]")
    pairs = sorted(_pair(one, where) for one in bounds)
    half, so_far = sum(count for _, count in pairs) / 2, 0.0
    for seconds, count in pairs:
        so_far += count
        if count and so_far >= half:
            return seconds
    return None


def _pair(one: Any, where: str) -> tuple[float, float]:
    if not isinstance(one, list) or len(one) != 2:
        raise EventsInvalid(f"{where} is not a list of [seconds, calls]")
    return measure(one[0], where), measure(one[1], where)
