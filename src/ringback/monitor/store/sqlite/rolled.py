"""The tables of the rollups: written, added to, and read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, Table, insert, select

from ringback.monitor.store.interface import Bucket, Step
from ringback.monitor.store.sqlite import schema
from ringback.monitor.store.sqlite.schema import (
    WIDTH,
    names,
    rollup_named,
    rollup_of,
)
from ringback.monitor.store.tally import PHASES, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SHOWN = ("at", "count", "bad", "unknown", "kinds", "p50", "p95", "p99", *PHASES)
_MERGED = ("count", "bad", "unknown", "kinds", "histograms")


def write(connection: Connection, step: Step, at: int, tallies: Mapping[int, Tally]) -> None:
    """Write what is known of one span, in place of what stands there.

    Args:
        connection: In a transaction.
        step: Which rollup.
        at: The beginning of the span.
        tallies: Number of an endpoint to what is known of it.
    """
    if not tallies:
        return
    table = rollup_of(step, at)
    table.create(connection, checkfirst=True)
    rows = [_row(at, endpoint, tally) for endpoint, tally in sorted(tallies.items())]
    connection.execute(insert(table).prefix_with("OR REPLACE"), rows)


def add(connection: Connection, step: Step, at: int, tallies: Mapping[int, Tally]) -> None:
    """Add to what stands there of one span.

    Args:
        connection: In a transaction.
        step: Which rollup.
        at: The beginning of the span.
        tallies: Number of an endpoint to what is to be added.
    """
    if not tallies:
        return
    table = rollup_of(step, at)
    table.create(connection, checkfirst=True)
    columns = [table.c[name] for name in ("endpoint", *_MERGED)]
    there = select(*columns).where(table.c.at == at, table.c.endpoint.in_(tallies))
    for row in connection.execute(there):
        tallies[row[0]].merge(Tally.decode(*row[1:]))
    write(connection, step, at, tallies)


def buckets(
    connection: Connection, step: Step, endpoint: int, since: int, until: int
) -> list[Bucket]:
    """Return the spans of an endpoint that begin from ``since`` to before ``until``.

    Args:
        connection: That reads.
        step: Which rollup.
        endpoint: Its number.
        since: Microseconds, the beginning of a span.
        until: Microseconds.
    """
    return [
        _bucket(row)
        for query in _queries(connection, step, endpoint, since, until, _SHOWN)
        for row in connection.execute(query).all()
    ]


def tallies(
    connection: Connection, step: Step, endpoint: int, since: int, until: int
) -> Iterator[tuple[int, Tally]]:
    """Yield the same spans, each with its beginning, so that they can be merged.

    Args:
        connection: That reads.
        step: Which rollup.
        endpoint: Its number.
        since: Microseconds, the beginning of a span.
        until: Microseconds.
    """
    for query in _queries(connection, step, endpoint, since, until, ("at", *_MERGED)):
        for row in connection.execute(query):
            yield row[0], Tally.decode(*row[1:])


def piece(
    connection: Connection, step: Step, since: int, until: int, after: int, most: int
) -> list[tuple[int, Tally]]:
    """Return the spans of many endpoints, in the order of their numbers.

    Args:
        connection: That reads.
        step: Which rollup.
        since: Microseconds; the time until ``until`` lies in one table.
        until: Microseconds.
        after: Only endpoints with greater numbers.
        most: How many.
    """
    table = rollup_of(step, since)
    if not names(connection, table.name, table.name):
        return []
    columns = [table.c[name] for name in ("endpoint", *_MERGED)]
    query = select(*columns).where(
        table.c.at >= since, table.c.at < until, table.c.endpoint > after
    )
    found = connection.execute(query.order_by(table.c.endpoint).limit(most))
    return [(row[0], Tally.decode(*row[1:])) for row in found]


def _queries(
    connection: Connection,
    step: Step,
    endpoint: int,
    since: int,
    until: int,
    wanted: tuple[str, ...],
) -> Iterator[Select[Any]]:
    if until <= since:
        return
    ends = rollup_of(step, since).name, rollup_of(step, until - 1).name
    for name in names(connection, *ends):
        table = rollup_named(name)
        columns = [table.c[one] for one in wanted]
        query = select(*columns).where(table.c.endpoint == endpoint)
        yield query.where(*_span(table, step, since, until)).order_by(table.c.at)


def _span(table: Table, step: Step, since: int, until: int) -> list[Any]:
    if step != "5m":
        return [table.c.at >= since, table.c.at < until]
    # The table is in the order of time: each span is looked up, instead of reading all endpoints'.
    width, day = WIDTH[step], WIDTH["1d"]
    begin = schema.day_of(table.name)
    spans = range(max(since, begin), min(until, begin + day), width)
    return [table.c.at.in_(spans)]


def _row(at: int, endpoint: int, tally: Tally) -> dict[str, Any]:
    bucket = tally.bucket(at)
    return {
        "endpoint": endpoint,
        "at": at,
        "count": tally.count,
        "bad": tally.bad,
        "unknown": tally.unknown,
        "p50": _whole(bucket.p50),
        "p95": _whole(bucket.p95),
        "p99": _whole(bucket.p99),
        **{phase: _whole(bucket.timings.get(phase)) for phase in PHASES},
        "kinds": json.dumps(tally.kinds) if tally.kinds else None,
        "histograms": tally.encode(),
    }


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e6)


def _bucket(row: Sequence[Any]) -> Bucket:
    at, count, bad, unknown, kinds, p50, p95, p99 = row[:8]
    return Bucket(
        at=at / 1e6,
        count=count,
        bad=bad,
        unknown=unknown,
        p50=None if p50 is None else p50 / 1e6,
        p95=None if p95 is None else p95 / 1e6,
        p99=None if p99 is None else p99 / 1e6,
        timings={
            phase: value / 1e6
            for phase, value in zip(PHASES, row[8:], strict=True)
            if value is not None
        },
        kinds=json.loads(kinds) if kinds else {},
    )
