"""A log of checks, read line by line; of one that has a line per change, the checks in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from ringback.failure.kind import kind_from
from ringback.incident.model import Check

if TYPE_CHECKING:
    from ringback.failure.names import KindName

_YEAR_10000 = 253_402_300_800  # Seconds since 1970 of the first moment that RFC 3339 cannot write

_MAX_REPEATED_SHARE = 0.1
"""Share of lines that say what the endpoint's line before said, up to which each is a change."""

_MIN_PAIRS = 50  # Lines with an earlier one of their endpoint that show what sort a log is

INTERVALS_AT_END = 5
"""Intervals, of the longest, for which states are held after the last line of a log of changes."""


class LineInvalid(ValueError):  # noqa: N818 - named after what happened, as in ringback.errors
    """A line cannot be read; the message says which and why."""


def checks_of(lines: Iterable[str]) -> Iterator[Check]:
    """Yield the checks of a log, a JSON object a line."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _check(number, line)


def first_of(checks: Iterator[Check]) -> list[Check]:
    """Take as many checks of a log as show what sort it is."""
    taken: list[Check] = []
    seen: set[str] = set()
    while len(taken) - len(seen) < _MIN_PAIRS and (check := next(checks, None)) is not None:
        taken.append(check)
        seen.add(check.endpoint)
    return taken


def is_log_of_changes(checks: Iterable[Check], every_of: Callable[[str], float]) -> bool:
    """Return whether these are changes of state, and not every check that was made.

    An endpoint's lines then differ from one to the next, and some are further apart than checks.
    """
    last: dict[str, Check] = {}
    pairs, repeated, apart = 0, 0, False
    for check in checks:
        before = last.get(check.endpoint)
        if before is not None:
            pairs += 1
            repeated += before.up == check.up and before.kind == check.kind
            apart = apart or check.at - before.at > 2 * every_of(check.endpoint)
        last[check.endpoint] = check
    return apart and repeated <= _MAX_REPEATED_SHARE * pairs


def held_between(checks: Iterable[Check], every_of: Callable[[str], float]) -> Iterator[Check]:
    """Yield changes of state, and between them checks that find the state as it was left."""
    held: dict[str, Check] = {}
    due: list[tuple[float, str]] = []
    now = 0.0
    for check in checks:
        now = max(now, check.at)
        yield from _held_until(now, held, due, every_of)
        held[check.endpoint] = check
        heappush(due, (check.at + every_of(check.endpoint), check.endpoint))
        yield check
    longest = max(map(every_of, held), default=0.0)
    yield from _held_until(now + INTERVALS_AT_END * longest, held, due, every_of)


def _held_until(
    until: float,
    held: dict[str, Check],
    due: list[tuple[float, str]],
    every_of: Callable[[str], float],
) -> Iterator[Check]:
    while due and due[0][0] < until:
        at, endpoint = heappop(due)
        every = every_of(endpoint)
        if at == held[endpoint].at + every:  # else its state has changed since, and was looked at
            held[endpoint] = replace(held[endpoint], at=at)
            heappush(due, (at + every, endpoint))
            yield held[endpoint]


def _check(number: int, line: str) -> Check:
    try:
        entry = json_object(line)
        check = Check(
            at=seconds_from(entry["at"]),
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


def json_object(line: str) -> Mapping[str, Any]:
    """Return the JSON object that a line is."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(entry, dict):
        raise TypeError("it is not a JSON object")
    return entry


def seconds_from(value: Any) -> float:
    """Return a time as a log has it, in seconds since 1970 UTC."""
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
