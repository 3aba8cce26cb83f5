"""Checks rolled up over five minutes, an hour and a day."""

# Theory of operation
#
# Five minutes are counted in memory, from the checks that were kept, and written when they are
# over. An hour is made of the rows of its five minutes, a day of those of its hours:
#
#     check --add--> memory --write--> rollup_5m_... --merge--> rollup_1h_... --merge--> rollup_1d
#          \--late--> those of the three that are written for its time already
#
# A span is over ROLLUP_GRACE after its end. How far a rollup is written is its mark, a row of
# `progress`: (at, endpoint) means every span before `at`, and of the span at `at` the endpoints up
# to and with this number. The mark is written in the transaction that writes the rows, so a crash
# leaves both or neither.
#
# Each check is counted once in each rollup. `keep` runs under the store's lock, as every piece of
# `write` and `merge` does; between its transaction and its counting no mark moves. So there are two
# cases, told apart by the mark of the five minutes alone:
#
#   not written   The check is counted in memory (`add`), after its transaction was committed. It
#                 comes to the hour and the day through the rows that are merged.
#   written       It is added to the row, in the transaction that keeps the check itself (`late`),
#                 and likewise to those of the hour and the day that are written; to one that is
#                 not, it comes through the merge of the row below.
#
# What a crash leaves:
#
#   before the check's commit           neither check nor count: `keep` has not returned
#   after it, before its span is        the check is in a table of raw results: the next process
#   written                             counts every one from the mark on (`SQLiteStore._recall`),
#                                       and passes over the endpoints that the mark covers
#   in the middle of a span             the mark names the last endpoint that is written
#   before an hour or a day is merged   the rows below are there: no table is dropped before it is
#                                       merged, however short its retention
#
# A transaction that fails is the same without the restart: memory and marks in memory change only
# after the commit, so the piece is simply tried again.
#
# A reader sees one moment though it reads memory and file. It takes the marks and the counts in
# memory first (`_view`), and its first query, with which SQLite begins the transaction, comes after
# that. A span that is written in between is then in the view's memory and, by the view's marks, not
# in the file: it is read once. The other way round it would be in neither.

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, Table, insert, select, update

from ringback.monitor.store.aggregate import PHASES, Aggregate
from ringback.monitor.store.interface import RollupBucket, Step
from ringback.monitor.store.sqlite import schema
from ringback.monitor.store.sqlite.schema import (
    SECOND,
    STEP_WIDTH,
    progress,
    rollup_table,
    rollup_table_named,
    table_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ringback.incident.model import Check
    from ringback.monitor.store.sqlite.database import Database
    from ringback.monitor.store.sqlite.rows import CheckRow

_BUCKET_COLUMNS = ("at", "count", "bad", "unknown", "kinds", "p50", "p95", "p99", *PHASES)
_AGGREGATE_COLUMNS = ("count", "bad", "unknown", "kinds", "histograms")


def write_spans(
    connection: Connection, step: Step, at: int, aggregates: Mapping[int, Aggregate]
) -> None:
    """Write what is known of one span, in place of what stands there."""
    if not aggregates:
        return
    table = rollup_table(step, at)
    table.create(connection, checkfirst=True)
    rows = [_row(at, endpoint, aggregate) for endpoint, aggregate in sorted(aggregates.items())]
    connection.execute(insert(table).prefix_with("OR REPLACE"), rows)


def add_to_spans(
    connection: Connection, step: Step, at: int, aggregates: Mapping[int, Aggregate]
) -> None:
    """Add to what stands there of one span."""
    if not aggregates:
        return
    table = rollup_table(step, at)
    table.create(connection, checkfirst=True)
    columns = [table.c[name] for name in ("endpoint", *_AGGREGATE_COLUMNS)]
    there = select(*columns).where(table.c.at == at, table.c.endpoint.in_(aggregates))
    for row in connection.execute(there):
        aggregates[row[0]].merge(Aggregate.decode(*row[1:]))
    write_spans(connection, step, at, aggregates)


def read_buckets(
    connection: Connection, step: Step, endpoint: int, since: int, until: int
) -> list[RollupBucket]:
    """Return the spans of an endpoint that begin from ``since`` to before ``until``."""
    return [
        _bucket(row)
        for query in _queries(connection, step, endpoint, since, until, _BUCKET_COLUMNS)
        for row in connection.execute(query).all()
    ]


def read_aggregates(
    connection: Connection, step: Step, endpoint: int, since: int, until: int
) -> Iterator[tuple[int, Aggregate]]:
    """Yield the same spans, each with its beginning, so that they can be merged."""
    for query in _queries(connection, step, endpoint, since, until, ("at", *_AGGREGATE_COLUMNS)):
        for row in connection.execute(query):
            yield row[0], Aggregate.decode(*row[1:])


def read_piece(
    connection: Connection, step: Step, since: int, until: int, after: int, limit: int
) -> list[tuple[int, Aggregate]]:
    """Return the spans of many endpoints, in the order of their numbers."""
    table = rollup_table(step, since)
    if not table_names(connection, table.name, table.name):
        return []
    columns = [table.c[name] for name in ("endpoint", *_AGGREGATE_COLUMNS)]
    query = select(*columns).where(
        table.c.at >= since, table.c.at < until, table.c.endpoint > after
    )
    found = connection.execute(query.order_by(table.c.endpoint).limit(limit))
    return [(row[0], Aggregate.decode(*row[1:])) for row in found]


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
    ends = rollup_table(step, since).name, rollup_table(step, until - 1).name
    for name in table_names(connection, *ends):
        table = rollup_table_named(name)
        columns = [table.c[name] for name in wanted]
        query = select(*columns).where(table.c.endpoint == endpoint)
        yield query.where(*_span(table, step, since, until)).order_by(table.c.at)


def _span(table: Table, step: Step, since: int, until: int) -> list[Any]:
    if step != "5m":
        return [table.c.at >= since, table.c.at < until]
    # The table is in the order of time: each span is looked up, instead of reading all endpoints'.
    width, day = STEP_WIDTH[step], STEP_WIDTH["1d"]
    begin = schema.day_of_table(table.name)
    spans = range(max(since, begin), min(until, begin + day), width)
    return [table.c.at.in_(spans)]


def _row(at: int, endpoint: int, aggregate: Aggregate) -> dict[str, Any]:
    bucket = aggregate.bucket(at)
    return {
        "endpoint": endpoint,
        "at": at,
        "count": aggregate.count,
        "bad": aggregate.bad,
        "unknown": aggregate.unknown,
        "p50": _whole(bucket.p50),
        "p95": _whole(bucket.p95),
        "p99": _whole(bucket.p99),
        **{phase: _whole(bucket.timings.get(phase)) for phase in PHASES},
        "kinds": json.dumps(aggregate.kinds) if aggregate.kinds else None,
        "histograms": aggregate.encode(),
    }


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e6)


def _bucket(row: Sequence[Any]) -> RollupBucket:
    at, count, bad, unknown, kinds, p50, p95, p99 = row[:8]
    return RollupBucket(
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


ROLLUP_GRACE = 30 * SECOND  # How long a span stays open for checks that come late

WRITE_ENDPOINTS = 100
"""Endpoints whose five minutes are written at once: some milliseconds, in which nothing is kept."""

MERGE_ROWS = 200  # Rows that are merged at once

_CHILD: dict[Step, Step] = {"1h": "5m", "1d": "1h"}

Spans = dict[int, dict[int, Aggregate]]
"""Beginning of a span to number of an endpoint to what is known."""

Marks = dict["Step", "_Mark"]


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a rollup is written, as in ``schema.progress``."""

    at: int
    endpoint: int = 0

    def covers(self, at: int, endpoint: int) -> bool:
        return at < self.at or (at == self.at and endpoint <= self.endpoint)

    def end(self, step: Step, endpoint: int) -> int:
        """Up to when the spans of an endpoint are written; numbers of endpoints begin at 1."""
        return self.at + STEP_WIDTH[step] if endpoint <= self.endpoint else self.at


class Rollup:
    """The three rollups, and what is not written of them yet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._open: Spans = {}
        self._marks = self._read_marks()

    def _read_marks(self) -> Marks:
        with self._database.read() as connection:
            rows = connection.execute(select(progress))
            return {row.step: _Mark(row.at, row.endpoint) for row in rows}

    @property
    def written(self) -> int | None:
        """Up to when the spans of five minutes are written; ``None``: no check was ever kept."""
        return self._marks["5m"].at if self._marks else None

    def late(
        self, connection: Connection, rows: Sequence[CheckRow], checks: Sequence[Check]
    ) -> None:
        """Add checks to those of their spans that are written already."""
        self._start(connection, rows)
        if self._are_fresh(rows):
            return
        late = [pair for pair in zip(rows, checks, strict=True) if self._is_written(pair[0])]
        for step, width in STEP_WIDTH.items():
            spans: Spans = {}
            _count_checks(spans, late, width)
            for at, aggregates in spans.items():
                written = {
                    n: aggregate
                    for n, aggregate in aggregates.items()
                    if self._marks[step].covers(at, n)
                }
                add_to_spans(connection, step, at, written)

    def _start(self, connection: Connection, rows: Sequence[CheckRow]) -> None:
        if rows and not self._marks:
            newest = max(row[1] for row in rows)
            for step, width in STEP_WIDTH.items():
                mark = _Mark(newest // width * width)
                connection.execute(insert(progress).values(step=step, at=mark.at, endpoint=0))
                self._marks[step] = mark

    def _are_fresh(self, rows: Sequence[CheckRow]) -> bool:
        """Whether the five minutes of none of these are written, as is usual."""
        if not rows:
            return True
        mark = self._marks["5m"]
        edge = mark.at + STEP_WIDTH["5m"] if mark.endpoint else mark.at
        return all(row[1] >= edge for row in rows)

    def _is_written(self, row: CheckRow) -> bool:
        """Whether the five minutes of a check are written."""
        endpoint: int = row[0]
        at: int = row[1]
        return at < self._marks["5m"].end("5m", endpoint)

    def forget(self) -> None:
        """Read the marks anew: a transaction that made them may not have been kept."""
        if not self._open:
            self._marks = self._read_marks()

    def add(self, rows: Sequence[CheckRow], checks: Sequence[Check]) -> None:
        """Count checks that were kept; those that ``late`` added are passed over."""
        pairs: Iterable[tuple[CheckRow, Check]] = zip(rows, checks, strict=True)
        if not self._are_fresh(rows):
            pairs = [pair for pair in pairs if not self._is_written(pair[0])]
        with self._lock:
            _count_checks(self._open, pairs, STEP_WIDTH["5m"])

    def write(self, now: int) -> bool:
        """Write a piece of five minutes that are over; return whether there was one."""
        width = STEP_WIDTH["5m"]
        over = (now - ROLLUP_GRACE) // width * width
        if not self._marks or self._marks["5m"].at >= over:
            return False
        at = min((begin for begin in self._open if begin < over), default=None)
        if at is None:
            self._write(over - width, {}, _Mark(over))
            return True
        due = sorted(self._open[at])
        piece = {endpoint: self._open[at][endpoint] for endpoint in due[:WRITE_ENDPOINTS]}
        whole = len(piece) == len(due)
        self._write(at, piece, _Mark(at + width) if whole else _Mark(at, max(piece)))
        return True

    def _write(self, at: int, piece: Mapping[int, Aggregate], mark: _Mark) -> None:
        with self._database.write() as connection:
            write_spans(connection, "5m", at, piece)
            self._reach(connection, "5m", mark)
        with self._lock:
            self._marks["5m"] = mark
            for endpoint in piece:
                del self._open[at][endpoint]
            if piece and not self._open[at]:
                del self._open[at]

    def merge(self, step: Step) -> bool:
        """Write a piece of an hour or of a day that is over; return whether there was one."""
        mark = self._marks.get(step)
        if mark is None:
            return False
        child, upto = _CHILD[step], mark.at + STEP_WIDTH[step]
        if self._marks[child].at < upto:
            return False
        with self._database.read() as connection:
            found = read_piece(connection, child, mark.at, upto, mark.endpoint, MERGE_ROWS)
        whole = len(found) < MERGE_ROWS
        last = found[-1][0] if found else 0
        aggregates = _merged(pair for pair in found if whole or pair[0] != last)
        reached = _Mark(upto) if whole else _Mark(mark.at, max(aggregates))
        with self._database.write() as connection:
            write_spans(connection, step, mark.at, aggregates)
            self._reach(connection, step, reached)
        with self._lock:
            self._marks[step] = reached
        return True

    @staticmethod
    def _reach(connection: Connection, step: Step, mark: _Mark) -> None:
        change = update(progress).where(progress.c.step == step)
        connection.execute(change.values(at=mark.at, endpoint=mark.endpoint))

    def buckets(
        self, connection: Connection, endpoint: int, step: Step, since: int, until: int
    ) -> list[RollupBucket]:
        """Return the spans of an endpoint, oldest first, with those that are not over.

        The transaction of ``connection`` must not have begun before this is called: a span that is
        written in between would be neither in what it sees nor in memory any more.
        """
        view = self._view(connection, endpoint)
        if view is None:
            return []
        since = since // STEP_WIDTH[step] * STEP_WIDTH[step]
        written = view.marks[step].end(step, endpoint)
        stored = read_buckets(connection, step, endpoint, since, min(until, written))
        live = view.spans(step, max(since, written), until)
        return stored + [live[at].bucket(at / 1e6) for at in sorted(live)]

    def whole(
        self, connection: Connection, endpoint: int, step: Step, since: int, until: int
    ) -> Aggregate:
        """Return the same spans taken together; of ``connection`` the same holds."""
        whole = Aggregate()
        view = self._view(connection, endpoint)
        if view is None:
            return whole
        since = since // STEP_WIDTH[step] * STEP_WIDTH[step]
        written = view.marks[step].end(step, endpoint)
        for _, part in read_aggregates(connection, step, endpoint, since, min(until, written)):
            whole.merge(part)
        for part in view.spans(step, max(since, written), until).values():
            whole.merge(part)
        return whole

    def _view(self, connection: Connection, endpoint: int) -> _View | None:
        with self._lock:
            marks = dict(self._marks)
            memory = {at: _copied(of[endpoint]) for at, of in self._open.items() if endpoint in of}
        return _View(connection, endpoint, marks, memory) if marks else None


@dataclass(frozen=True, slots=True)
class _View:
    """One endpoint at one moment: what is written, what of it, and what is in memory."""

    connection: Connection
    endpoint: int
    marks: Mapping[Step, _Mark]
    memory: Mapping[int, Aggregate]

    def spans(self, step: Step, since: int, until: int) -> dict[int, Aggregate]:
        """Return the spans that are not written, which begin from ``since`` to before ``until``."""
        if step == "5m":
            return {at: aggregate for at, aggregate in self.memory.items() if since <= at < until}
        found: dict[int, Aggregate] = {}
        child, width = _CHILD[step], STEP_WIDTH[step]
        end = -(-until // width) * width
        written = self.marks[child].end(child, self.endpoint)
        ends = since, min(end, written)
        parts = list(read_aggregates(self.connection, child, self.endpoint, *ends))
        parts += self.spans(child, max(since, written), end).items()
        for at, part in parts:
            found.setdefault(at // width * width, Aggregate()).merge(part)
        return found


def _count_checks(into: Spans, pairs: Iterable[tuple[CheckRow, Check]], width: int) -> None:
    begin = end = 0
    aggregates: dict[int, Aggregate] = {}
    for row, check in pairs:
        endpoint, at = row[0], row[1]
        if not begin <= at < end:
            begin = at // width * width
            end = begin + width
            aggregates = into.setdefault(begin, {})
        aggregate = aggregates.get(endpoint)
        if aggregate is None:
            aggregate = aggregates[endpoint] = Aggregate()
        aggregate.add(check)


def _merged(parts: Iterable[tuple[int, Aggregate]]) -> dict[int, Aggregate]:
    found: dict[int, Aggregate] = {}
    for endpoint, part in parts:
        if endpoint in found:
            found[endpoint].merge(part)
        else:
            found[endpoint] = part
    return found


def _copied(aggregate: Aggregate) -> Aggregate:
    copy = Aggregate()
    copy.merge(aggregate)
    return copy
