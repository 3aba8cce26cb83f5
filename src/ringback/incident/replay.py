"""A log of checks, gone through again: the same lines give the same incidents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ringback.failure.kind import kind_from
from ringback.incident.engine import REMINDER_INTERVAL, Engine
from ringback.incident.model import Change, Check, WatchedEndpoint

if TYPE_CHECKING:
    from ringback.failure.names import KindName

TICK_INTERVAL = 1.0  # Seconds between two ticks of the clock that goes along

_MAX_TICKS_PER_GAP = 3600
"""Ticks made in a gap between two lines; a longer gap is walked in longer steps."""

_YEAR_10000 = 253_402_300_800  # Seconds since 1970 of the first moment that RFC 3339 cannot write


class LineInvalid(ValueError):  # noqa: N818 - named after what happened, as in ringback.errors
    """A line of the log cannot be read; the message says which and why."""


def replay(
    lines: Iterable[str],
    watched: Iterable[WatchedEndpoint] = (),
    *,
    every: float = 30.0,
    remind_every: float = REMINDER_INTERVAL,
) -> Iterator[Change]:
    """Yield what would have changed, had these checks been made."""
    known = {endpoint.id: endpoint for endpoint in watched}
    engine = Engine(known.values(), remind_every=remind_every)
    now: float | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        check = _check(number, line)
        if check.endpoint not in known:
            known[check.endpoint] = WatchedEndpoint(
                id=check.endpoint, name=check.endpoint, every=every
            )
            yield from engine.configure(known.values(), check.at)
        if now is not None:
            yield from _ticked(engine, now, check.at)
        now = check.at
        yield from engine.see(check)
    if now is not None:
        yield from _ticked(engine, now, now + 2 * every)


def _ticked(engine: Engine, begins: float, ends: float) -> Iterator[Change]:
    step = max(TICK_INTERVAL, (ends - begins) / _MAX_TICKS_PER_GAP)
    ticks = int((ends - begins) / step)
    for number in range(1, ticks + 1):
        yield from engine.tick(begins + number * step)


def _check(number: int, line: str) -> Check:
    try:
        entry = _object(line)
        check = Check(
            at=_time(entry["at"]),
            endpoint=str(entry["endpoint"]),
            up=None if entry["up"] is None else bool(entry["up"]),
            kind=_kind(entry),
            seconds=None if entry.get("seconds") is None else float(entry["seconds"]),
            detail=str(entry.get("code") or "")[:200],
        )
    except KeyError as error:
        raise LineInvalid(f"line {number} is no check: it has no {error.args[0]!r}") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise LineInvalid(f"line {number} is no check: {error}") from None
    return replace(check, kind=None, detail="") if check.up else check


def _object(line: str) -> Mapping[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(entry, dict):
        raise TypeError("it is not a JSON object")
    return entry


def _time(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 <= value < _YEAR_10000:  # nor NaN, which compares as neither
            raise ValueError(f"'at' is {value!r}, not seconds since 1970")
        return float(value)
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return moment.timestamp()


def _kind(entry: Mapping[str, Any]) -> KindName | None:
    if entry["up"]:
        return None
    code = str(entry.get("kind") or entry.get("code") or "")
    if code.isascii() and code.isdigit():
        return _STATUS.get(int(code), "http.error")
    return kind_from(code) if code else None


_STATUS: dict[int, KindName] = {
    401: "http.error.auth",
    403: "http.error.auth",
    429: "http.error.rate_limited",
    502: "http.error.gateway",
    503: "http.error.unavailable",
    504: "http.error.gateway",
}
