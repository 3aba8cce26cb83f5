"""A log of checks, gone through again: the same lines give the same incidents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ringback.incident.engine import Engine, Settings
from ringback.incident.model import Change, Check, Watched

TICK = 1.0
"""Seconds between two ticks of the clock that goes along."""

_LONGEST_WALK = 3600
"""Ticks made in a gap between two lines; a longer gap is walked in longer steps."""

_YEAR_10000 = 253_402_300_800
"""Seconds since 1970 of the first moment that RFC 3339 cannot write."""


class LineInvalid(ValueError):  # noqa: N818 - named after what happened, as in ringback.errors
    """A line of the log cannot be read; the message says which and why."""


def replay(
    lines: Iterable[str],
    watched: Iterable[Watched] = (),
    *,
    every: float = 30.0,
    settings: Settings | None = None,
) -> Iterator[Change]:
    """Yield what would have changed, had these checks been made."""
    known = {one.id: one for one in watched}
    engine = Engine(known.values(), settings=settings or Settings())
    now: float | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        check = _check(number, line)
        if check.endpoint not in known:
            known[check.endpoint] = Watched(id=check.endpoint, name=check.endpoint, every=every)
            yield from engine.configure(known.values(), check.at)
        if now is not None:
            yield from _walked(engine, now, check.at)
        now = check.at
        yield from engine.see(check)
    if now is not None:
        yield from _walked(engine, now, now + 2 * every)


def _walked(engine: Engine, begins: float, ends: float) -> Iterator[Change]:
    step = max(TICK, (ends - begins) / _LONGEST_WALK)
    ticks = int((ends - begins) / step)
    for number in range(1, ticks + 1):
        yield from engine.tick(begins + number * step)


def _check(number: int, line: str) -> Check:
    try:
        one = _object(line)
        check = Check(
            at=_time(one["at"]),
            endpoint=str(one["endpoint"]),
            up=None if one["up"] is None else bool(one["up"]),
            kind=_kind(one),
            seconds=None if one.get("seconds") is None else float(one["seconds"]),
            detail=str(one.get("code") or "")[:200],
        )
    except KeyError as error:
        raise LineInvalid(f"line {number} is no check: it has no {error.args[0]!r}") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise LineInvalid(f"line {number} is no check: {error}") from None
    return replace(check, kind=None, detail="") if check.up else check


def _object(line: str) -> Mapping[str, Any]:
    try:
        one = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(one, dict):
        raise TypeError("it is not a JSON object")
    return one


def _time(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 <= value < _YEAR_10000:  # nor NaN, which compares as neither
            raise ValueError(f"'at' is {value!r}, not seconds since 1970")
        return float(value)
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return moment.timestamp()


def _kind(one: Mapping[str, Any]) -> str | None:
    if one["up"]:
        return None
    code = str(one.get("kind") or one.get("code") or "")
    if code.isascii() and code.isdigit():
        return _STATUS.get(int(code), "http.error")
    return code or None


_STATUS = {
    401: "http.error.auth",
    403: "http.error.auth",
    429: "http.error.rate_limited",
    502: "http.error.gateway",
    503: "http.error.unavailable",
    504: "http.error.gateway",
}
