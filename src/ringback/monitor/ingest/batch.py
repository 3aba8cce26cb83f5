"""Batches of events that programs send, as checks (version 1 of the format); each taken once."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from ringback.client.origin import origin_of
from ringback.failure.kinds import KINDS
from ringback.failure.target import target_of_url, without_secrets
from ringback.incident.model import Check
from ringback.monitor.model import PassiveCheck

MAX_BYTES = 1_048_576  # Bytes of a batch

_MAX_NUMBER = 1e12


class EventsInvalid(ValueError):  # noqa: N818 - named for what was found out
    """What was reported cannot be read; the text says why, in one line."""


def document_of(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BYTES:
        raise EventsInvalid(f"the body is larger than {MAX_BYTES} bytes")
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise EventsInvalid("the body is not JSON in UTF-8") from None
    if not isinstance(document, dict):
        raise EventsInvalid("the body is not a JSON object")
    return document


def text_member(holder: dict[str, Any], name: str, where: str, limit: int) -> str:
    """Return a member that is text, in one line and without control characters."""
    value = holder.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise EventsInvalid(f"{where}{name} is not a string")
    value = value[:limit]
    return value if value.isprintable() else "".join(c if c.isprintable() else " " for c in value)


def number_member(holder: dict[str, Any], name: str, where: str) -> float | None:
    """Return a member that is a number; ``None``: it is missing."""
    value = holder.get(name)
    return None if value is None else checked_number(value, f"{where}{name}")


def checked_number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EventsInvalid(f"{where} is not a number")
    if not 0 <= value <= _MAX_NUMBER or not isfinite(value):
        raise EventsInvalid(f"{where} is out of range")
    return float(value)


def integer_member(holder: dict[str, Any], name: str, where: str) -> int | None:
    """Return a member that is a whole number; ``None``: it is missing."""
    value = number_member(holder, name, where)
    if value is not None and value != int(value):
        raise EventsInvalid(f"{where}{name} is not a whole number")
    return None if value is None else int(value)


def _refuse(name: str) -> None:
    raise ValueError(name)


VERSION = 1

MAX_EVENTS = 1000  # Events of a batch
MAX_EVENT_AGE = 3600.0  # Seconds: what happened before says nothing of now

_CLOCK_TOLERANCE = 1.0
"""Seconds by which an event may be later than its batch: its clock was read a moment after."""

_MAX_BOUNDS = 200
_MAX_ORIGIN_LENGTH = 300
_PROGRAM_LAYERS = frozenset({"config", "client"})  # Layers whose failures are the program's own


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBatch:
    """A batch."""

    id: str  # The sender's name for it; `""`: none
    program: str  # What the program calls itself
    dropped: int  # Calls that it could not report
    checks: tuple[PassiveCheck, ...]  # In the order in which the calls ended
    clamped: int = 0  # Events that are told to have happened after they were sent: taken for now
    stale: int = 0  # Events that happened too long ago, which are left out


def read_batch(body: bytes, *, now: float, limit: int = MAX_EVENTS) -> EventBatch:
    """Return a batch that a program sent.

    Its times are put right by as much as its clock, at ``sent_at``, differs from ours. Members
    that are not known are left alone, and an unknown kind of failure is ``unknown``: a later
    version may have them.
    """
    document = document_of(body)
    if document.get("version") != VERSION or isinstance(document["version"], bool):
        raise EventsInvalid(f"version is not {VERSION}")
    sent_at = number_member(document, "sent_at", "")
    if sent_at is None:
        raise EventsInvalid("sent_at is missing")
    events = document.get("events")
    if not isinstance(events, list):
        raise EventsInvalid("events is not a list")
    if len(events) > limit:
        raise EventsInvalid(f"there are more than {limit} events")
    source = _Source(
        program=text_member(document, "program", "", 100),
        host=text_member(document, "host", "", 255),
        shift=now - sent_at,
        now=now,
    )
    read = list(_checks(events, source))
    checks = tuple(passive for passive in read if passive.check.at >= now - MAX_EVENT_AGE)
    return EventBatch(
        id=text_member(document, "id", "", 64),
        program=source.program,
        dropped=integer_member(document, "dropped", "") or 0,
        checks=checks,
        clamped=sum(event["at"] > sent_at + _CLOCK_TOLERANCE for event in events),
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
        yield _passive_check(event, f"{where}.", source, newest)


def _passive_check(
    event: dict[str, Any], where: str, source: _Source, newest: dict[str, float]
) -> PassiveCheck:
    origin = _origin(event, where)
    at = number_member(event, "at", where)
    if at is None:
        raise EventsInvalid(f"{where}at is missing")
    # What follows did not happen before, even if the program's clock was set back meanwhile.
    at = newest[origin] = max(min(at + source.shift, source.now), newest.get(origin, 0.0))
    failed = event.get("kind") is not None
    calls = 1 if failed else integer_member(event, "calls", where)
    if not calls:
        raise EventsInvalid(f"{where} has neither kind nor calls")
    return PassiveCheck(
        origin=origin,
        check=_failed_check(event, where, at, source)
        if failed
        else _good_check(event, where, at, source),
        program=source.program,
        calls=calls,
    )


def _good_check(event: dict[str, Any], where: str, at: float, source: _Source) -> Check:
    seconds = _median(event.get("seconds"), f"{where}seconds")
    return Check(at=at, endpoint="", up=True, seconds=seconds, origin="call", vantage=source.host)


def _failed_check(event: dict[str, Any], where: str, at: float, source: _Source) -> Check:
    kind = text_member(event, "kind", where, 100)
    known = KINDS.get(kind) or KINDS["unknown"]
    status = integer_member(event, "status", where)
    return Check(
        at=at,
        endpoint="",
        up=None if known.layer in _PROGRAM_LAYERS else False,
        kind=known.name,
        seconds=number_member(event, "seconds", where),
        origin="call",
        vantage=source.host,
        status=status if status is not None and 100 <= status <= 999 else None,
        address=text_member(event, "address", where, 200) or None,
        detail=without_secrets(text_member(event, "message", where, 200)),
    )


def _origin(event: dict[str, Any], where: str) -> str:
    given = event.get("origin")
    if not isinstance(given, str) or len(given) > _MAX_ORIGIN_LENGTH or not given.isprintable():
        raise EventsInvalid(f"{where}origin is not an origin")
    target = target_of_url(given)
    if not (target.scheme and target.host and target.port):
        raise EventsInvalid(f"{where}origin is not scheme://host:port")
    return origin_of(given)


def _median(bounds: Any, where: str) -> float | None:
    """The bound that half of the calls took at most."""
    if bounds is None:
        return None
    if not isinstance(bounds, list) or len(bounds) > _MAX_BOUNDS:
        raise EventsInvalid(f"{where} is not a list of [seconds, calls]")
    pairs = sorted(_pair(bound, where) for bound in bounds)
    half, so_far = sum(count for _, count in pairs) / 2, 0.0
    for seconds, count in pairs:
        so_far += count
        if count and so_far >= half:
            return seconds
    return None


def _pair(bound: Any, where: str) -> tuple[float, float]:
    if not isinstance(bound, list) or len(bound) != 2:
        raise EventsInvalid(f"{where} is not a list of [seconds, calls]")
    return checked_number(bound[0], where), checked_number(bound[1], where)


MAX_REMEMBERED_IDS = 10_000  # Batches whose ids are known; a sender repeats one within seconds


class Inbox:
    """Reads what programs send. One that did not hear the answer sends its batch again."""

    def __init__(self) -> None:
        self.batches = 0  # How many were taken
        self.repeated = 0  # How many of them had been taken before
        self.dropped = 0  # Calls that programs could not report
        # Events from the future, taken for now: the clock of whoever sent them is wrong
        self.clamped = 0
        self.stale = 0  # Events of long ago, left out
        self._ids: OrderedDict[str, None] = OrderedDict()

    def take(self, body: bytes, *, now: float, limit: int = MAX_EVENTS) -> list[PassiveCheck]:
        """Return what a batch says that is new."""
        batch = read_batch(body, now=now, limit=limit)
        self.batches += 1
        if batch.id:
            if batch.id in self._ids:
                self.repeated += 1
                return []
            self._ids[batch.id] = None
            if len(self._ids) > MAX_REMEMBERED_IDS:
                self._ids.popitem(last=False)
        self.dropped += batch.dropped
        self.clamped += batch.clamped
        self.stale += batch.stale
        return list(batch.checks)
