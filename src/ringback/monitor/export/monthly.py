"""The availability of endpoints by the month, from a store's file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ringback.monitor.export.sla import Availability, Record, availability
from ringback.monitor.export.span import Span, month_named

if TYPE_CHECKING:
    from ringback.monitor.store.sqlite.reader import SQLiteReader

COLUMNS = (
    "month",
    "endpoint",
    "availability",
    "down",
    "outages",
    "incidents",
    "repair",
    "known",
    "unknown",
    "checks",
    "failed",
    "p50",
    "p95",
)
"""Of a row; times in seconds, the availability in percent."""


def rows(
    reader: SQLiteReader, months: Iterable[str], endpoints: Iterable[str], now: float
) -> Iterator[dict[str, Any]]:
    """Yield a row for each month and each endpoint that was watched in it.

    Args:
        reader: The store.
        months: Such as ``2026-11``.
        endpoints: Their ids.
        now: Seconds since 1970 UTC.

    Raises:
        ValueError: A month is none.
    """
    wanted = list(endpoints)
    for month in months:
        span = month_named(month)
        for endpoint in wanted:
            found = of_endpoint(reader, endpoint, span, now)
            if found is not None:
                yield _row(month, found)


def of_endpoint(reader: SQLiteReader, endpoint: str, span: Span, now: float) -> Availability | None:
    """Return how an endpoint was in a time; ``None``: it was not watched then.

    Args:
        reader: The store.
        endpoint: Its id.
        span: The time; it begins with an hour.
        now: Seconds since 1970 UTC.
    """
    record = Record(
        endpoint=endpoint,
        transitions=reader.transitions(endpoint, 0.0, span.until),
        hours=reader.hours(endpoint, span.since, min(span.until, now)),
        fives=lambda at: reader.fives(endpoint, at, at + 3600.0),
        incidents=len(reader.incidents(span.since, span.until, endpoint)),
    )
    return availability(record, span, now)


def _row(month: str, found: Availability) -> dict[str, Any]:
    known = {"month": month, "availability": found.available, **asdict(found)}
    return {name: known[name] for name in COLUMNS}
