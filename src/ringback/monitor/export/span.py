"""Spans of time as people name them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_AGO = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_MONTH = re.compile(r"(\d{4})-(\d{2})")


class Span(NamedTuple):
    """From ``since`` to before ``until``, in seconds since 1970 UTC."""

    since: float
    until: float


def month_named(text: str) -> Span:
    """Return a calendar month in UTC.

    Args:
        text: ``2026-11``.

    Raises:
        ValueError: It is no month.
    """
    match = _MONTH.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no month; one is like 2026-11")
    begin = datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC)
    return Span(begin.timestamp(), _next(begin).timestamp())


def month_of(at: float) -> str:
    """Return the name of the month that holds a time, as ``2026-11``.

    Args:
        at: Seconds since 1970 UTC.
    """
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")


def months_until(at: float, count: int) -> list[str]:
    """Return the names of so many months, the last of which holds a time; the oldest first.

    Args:
        at: Seconds since 1970 UTC.
        count: How many.
    """
    found: list[str] = []
    begin = datetime.fromtimestamp(at, UTC)
    for _ in range(count):
        begin = begin.replace(day=1)
        found.append(begin.strftime("%Y-%m"))
        begin -= timedelta(days=1)
    return found[::-1]


def time_named(text: str, now: float) -> float:
    """Return a time in seconds since 1970 UTC.

    Args:
        text: RFC 3339 or a date, in UTC where it names no zone; or how long ago: ``90m``, ``7d``.
        now: Seconds since 1970 UTC.

    Raises:
        ValueError: It is none of these.
    """
    match = _AGO.fullmatch(text.strip())
    if match is not None:
        return now - int(match[1]) * _UNITS[match[2]]
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no time; one is like 2026-11-21T12:00Z, or 7d") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _next(begin: datetime) -> datetime:
    return (begin + timedelta(days=31)).replace(day=1)
