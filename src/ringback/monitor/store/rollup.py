"""Checks rolled up over five minutes, an hour and a day."""

# Theory of operation
#
# Five minutes are counted in memory, from the checks that were kept, and written when they are
# over. An hour is made of the rows of its five minutes, a day of those of its hours:
#
#     check --add--> memory --write--> rollup_5m_... --merge--> rollup_1h_... --merge--> rollup_1d
#          \--late--> those of the three that are written for its time already
#
# A span is counted for each *key*: an endpoint's number or, where the tables have a column for it,
# an endpoint and the vantage that it was seen from; what is read is merged over the vantages. A
# span is over ROLLUP_GRACE after its end. How far a rollup is written is its mark, a row of
# `progress`: (at, key) means every span before `at`, and of the span at `at` the keys up to and
# with this one. The mark is written in the transaction that writes the rows, so a crash
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
#                                       and passes over the keys that the mark covers
#   in the middle of a span             the mark names the last key that is written
#   before an hour or a day is merged   the rows below are there: no table is dropped before it is
#                                       merged, however short its retention
#
# A transaction that fails is the same without the restart: memory and marks in memory change only
# after the commit, so the piece is simply tried again.
#
# A reader sees one moment though it reads memory and tables. It takes the marks and the counts in
# memory first (`_view`), and its first query, with which the transaction's view begins, comes after
# that. A span that is written in between is then in the view's memory and, by the view's marks, not
# in the tables: it is read once. The other way round it would be in neither.

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Table,
    case,
    func,
    insert,
    null,
    select,
    tuple_,
    update,
)

from ringback.monitor.store.aggregate import PHASES, Aggregate
from ringback.monitor.store.interface import RollupBucket, Step
from ringback.monitor.store.tables import (
    CHECK_COLUMNS,
    SECOND,
    STEP_WIDTH,
    day_of_table,
    of_shard,
    replacing,
    rollup_name,
)
from ringback.monitor.store.view import CHILD, Mark, RollupView, day_counts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ringback.incident.model import Check
    from ringback.monitor.store.rows import CheckRow
    from ringback.monitor.store.tables import Database, Schema

_BUCKET_COLUMNS = ("at", "count", "bad", "unknown", "kinds", "p50", "p95", "p99", *PHASES)
_AGGREGATE_COLUMNS = ("count", "bad", "unknown", "kinds", "histograms")

Key = int
"""An endpoint's number; where vantages are told apart, with that of the vantage in its low bits."""

_VANTAGE_BITS = 32
_NO_VANTAGE = (1 << _VANTAGE_BITS) - 1
_VANTAGE_PLACE = CHECK_COLUMNS.index("vantage")


def last_key(endpoint: int) -> Key:
    """Return the highest key of an endpoint, where vantages are told apart."""
    return endpoint << _VANTAGE_BITS | _NO_VANTAGE if endpoint else 0


Counted = tuple[int, Key, int, int]  # The same with how many checks there were, and failed
Part = tuple[int, Key, Aggregate]  # The beginning of a span, whose it is, and what is known of it


class SpanTables:
    """The rows of the rollups."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        # Whether what is rolled up is told apart by the vantage
        self.by_vantage = "vantage" in self._table("1d", 0).c
        self._identity = ("endpoint", "vantage") if self.by_vantage else ("endpoint",)

    def _table(self, step: Step, at: int) -> Table:
        return self._schema.rollup_table(rollup_name(step, at))

    def key_of(self, row: CheckRow) -> Key:
        endpoint: int = row[0]
        if not self.by_vantage:
            return endpoint
        return endpoint << _VANTAGE_BITS | (row[_VANTAGE_PLACE] or 0)

    def endpoint_of(self, key: Key) -> int:
        return key >> _VANTAGE_BITS if self.by_vantage else key

    def keys_of(self, endpoint: int, among: Mapping[Key, Any]) -> Iterator[Key]:
        """Yield the keys of an endpoint that are there."""
        if not self.by_vantage:
            yield from (endpoint,) if endpoint in among else ()
            return
        yield from (key for key in among if key >> _VANTAGE_BITS == endpoint)

    @staticmethod
    def vantage_of(key: Key) -> int:
        """Return the number of the vantage of a key, where they are told apart; 0: none."""
        return key & _NO_VANTAGE

    def _key(self, row: Row[Any]) -> Key:
        number: int = row.endpoint
        return number << _VANTAGE_BITS | row.vantage if self.by_vantage else number

    def write(
        self, connection: Connection, step: Step, at: int, aggregates: Mapping[Key, Aggregate]
    ) -> None:
        """Write what is known of one span, of which nothing stands there: no mark covers it."""
        if aggregates:
            table, rows = self._rows(connection, step, at, aggregates)
            self._schema.put_new(connection, table, rows)

    def _rows(
        self, connection: Connection, step: Step, at: int, aggregates: Mapping[Key, Aggregate]
    ) -> tuple[Table, list[dict[str, Any]]]:
        table = self._table(step, at)
        table.create(connection, checkfirst=True)
        return table, [self._row(at, key, aggregates[key]) for key in sorted(aggregates)]

    def add(
        self, connection: Connection, step: Step, at: int, aggregates: Mapping[Key, Aggregate]
    ) -> None:
        """Add to what stands there of one span."""
        if not aggregates:
            return
        table, _ = self._rows(connection, step, at, {})
        columns = [table.c[name] for name in (*self._identity, *_AGGREGATE_COLUMNS)]
        endpoints = {self.endpoint_of(key) for key in aggregates}
        there = select(*columns).where(
            *of_shard(table), table.c.at == at, table.c.endpoint.in_(endpoints)
        )
        for row in connection.execute(there):
            if (key := self._key(row)) in aggregates:
                aggregates[key].merge(_aggregate(row))
        _, rows = self._rows(connection, step, at, aggregates)
        connection.execute(replacing(self._schema, table), rows)

    def buckets(
        self,
        connection: Connection,
        step: Step,
        endpoint: int,
        since: int,
        until: int,
        mixed_from: int,
    ) -> Iterator[tuple[int, Key, RollupBucket | Aggregate]]:
        """Yield an endpoint's spans: as a bucket, or what it is merged with others from.

        From ``mixed_from`` on an endpoint's spans may be in memory in part.
        """
        for table, query in self._queries(connection, step, endpoint, since, until):
            columns = [table.c[name] for name in (*self._identity, *_BUCKET_COLUMNS)]
            merged = null().label("histograms")
            if self.by_vantage:
                others = func.count().over(partition_by=table.c.at) > 1
                merged = case(
                    (others | (table.c.at >= mixed_from), table.c.histograms), else_=None
                ).label("histograms")
            wanted: Select[Any] = query.with_only_columns(*columns, merged)
            places = slice(len(self._identity), -1)
            for row in connection.execute(wanted).all():
                merge = row.histograms is not None
                yield row.at, self._key(row), _aggregate(row) if merge else _bucket(row[places])

    def aggregates(
        self, connection: Connection, step: Step, endpoint: int, since: int, until: int
    ) -> Iterator[Part]:
        """Yield the same spans, each so that it can be merged."""
        for table, query in self._queries(connection, step, endpoint, since, until):
            columns = [table.c[name] for name in (*self._identity, "at", *_AGGREGATE_COLUMNS)]
            for row in connection.execute(query.with_only_columns(*columns)):
                yield row.at, self._key(row), _aggregate(row)

    def counts(
        self, connection: Connection, step: Step, endpoint: int, since: int, until: int,
        there: Sequence[str] | None = None,
    ) -> Iterator[Sequence[Any]]:  # fmt: skip
        """Yield beginning, counts and histograms; ``there``: the tables, where they are known."""
        for table, query in self._queries(connection, step, endpoint, since, until, there):
            columns = [table.c[name] for name in ("at", "count", "bad", "unknown", "histograms")]
            yield from connection.execute(query.with_only_columns(*columns)).all()

    def counts_of(
        self, connection: Connection, step: Step, endpoints: Sequence[int], since: int, until: int
    ) -> Iterator[Counted]:
        """Yield beginning, key, checks and failed ones of many endpoints' spans."""
        if until <= since:
            return
        ends = rollup_name(step, since), rollup_name(step, until - 1)
        for name in self._schema.table_names(connection, *ends):
            table = self._schema.rollup_table(name)
            columns = [table.c[name] for name in (*self._identity, "at", "count", "bad")]
            query = select(*columns).where(*of_shard(table), table.c.endpoint.in_(endpoints))
            rows = connection.execute(query.where(*_span(table, step, since, until))).all()
            if self.by_vantage:
                yield from ((at, n << _VANTAGE_BITS | v, *counts) for n, v, at, *counts in rows)
            else:
                yield from [(at, n, count, bad) for n, at, count, bad in rows]

    def piece(
        self, connection: Connection, step: Step, since: int, until: int, after: Key, limit: int
    ) -> list[tuple[Key, Aggregate]]:
        """Return the spans of many endpoints, in the order of their keys."""
        table = self._table(step, since)
        if not self._schema.table_names(connection, table.name, table.name):
            return []
        order = [table.c[name] for name in self._identity]
        columns = [*order, *(table.c[name] for name in _AGGREGATE_COLUMNS)]
        behind = tuple_(*order) > tuple_(*self._identity_of(after).values())
        query = select(*columns).where(
            *of_shard(table), table.c.at >= since, table.c.at < until, behind
        )
        found = connection.execute(query.order_by(*order).limit(limit))
        return [(self._key(row), _aggregate(row)) for row in found]

    def _queries(
        self, connection: Connection, step: Step, endpoint: int, since: int, until: int,
        there: Sequence[str] | None = None,
    ) -> Iterator[tuple[Table, Select[Any]]]:  # fmt: skip
        if until <= since:
            return
        first, last = rollup_name(step, since), rollup_name(step, until - 1)
        if there is None:
            there = self._schema.table_names(connection, first, last)
        for name in (name for name in there if first <= name <= last):
            table = self._schema.rollup_table(name)
            query = select(table).where(*of_shard(table), table.c.endpoint == endpoint)
            yield table, query.where(*_span(table, step, since, until)).order_by(table.c.at)

    def _identity_of(self, key: Key) -> dict[str, int]:
        if not self.by_vantage:
            return {"endpoint": key}
        return {"endpoint": key >> _VANTAGE_BITS, "vantage": key & _NO_VANTAGE}

    def _row(self, at: int, key: Key, aggregate: Aggregate) -> dict[str, Any]:
        bucket = aggregate.bucket(at)
        return {
            **self._identity_of(key),
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


def _span(table: Table, step: Step, since: int, until: int) -> list[Any]:
    if step != "5m":
        return [table.c.at >= since, table.c.at < until]
    # The table is in the order of time: each span is looked up, instead of reading all endpoints'.
    width, day = STEP_WIDTH[step], STEP_WIDTH["1d"]
    begin = day_of_table(table.name)
    spans = range(max(since, begin), min(until, begin + day), width)
    return [table.c.at.in_(spans)]


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e6)


def _aggregate(row: Row[Any]) -> Aggregate:
    values = row._mapping  # noqa: SLF001 - the public way to a column whose name is a method's
    return Aggregate.decode(*(values[name] for name in _AGGREGATE_COLUMNS))


def _bucket(values: Sequence[Any]) -> RollupBucket:
    """Return a bucket of the values of ``_BUCKET_COLUMNS``."""
    at, count, bad, unknown, kinds, p50, p95, p99 = values[:8]
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
            for phase, value in zip(PHASES, values[8:], strict=True)
            if value is not None
        },
        kinds=json.loads(kinds) if kinds else {},
    )


ROLLUP_GRACE = 30 * SECOND  # How long a span stays open for checks that come late

WRITE_ENDPOINTS = 500
"""Keys whose five minutes are written at once: some 30 ms, in which nothing is kept."""

MERGE_ROWS = 200  # Rows that are merged at once

Spans = dict[int, dict[Key, Aggregate]]
"""Beginning of a span to a key to what is known."""

Marks = dict["Step", Mark]


class Rollup:
    """The three rollups, and what is not written of them yet."""

    def __init__(self, database: Database, schema: Schema) -> None:
        self._database = database
        self._progress = schema.progress
        self._tables = SpanTables(schema)
        self._lock = threading.Lock()
        self._open: Spans = {}
        # The span that is being written, and its keys, the next one last: to sort them for each
        # piece would take longer than to write it
        self._due: tuple[int, list[Key]] = (0, [])
        self._marks = self._read_marks()

    def _read_marks(self) -> Marks:
        with self._database.read() as connection:
            rows = connection.execute(select(self._progress).where(*of_shard(self._progress)))
            return {row.step: Mark(row.at, row.endpoint) for row in rows}

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
            self._count_checks(spans, late, width)
            for at, aggregates in spans.items():
                written = {
                    key: aggregate
                    for key, aggregate in aggregates.items()
                    if self._marks[step].covers(at, key)
                }
                self._tables.add(connection, step, at, written)

    def _start(self, connection: Connection, rows: Sequence[CheckRow]) -> None:
        if rows and not self._marks:
            newest = max(row[1] for row in rows)
            for step, width in STEP_WIDTH.items():
                mark = Mark(newest // width * width)
                values = {"step": step, "at": mark.at, "endpoint": 0}
                connection.execute(insert(self._progress).values(**values))
                self._marks[step] = mark

    def _are_fresh(self, rows: Sequence[CheckRow]) -> bool:
        """Whether the five minutes of none of these are written, as is usual."""
        if not rows:
            return True
        mark = self._marks["5m"]
        edge = mark.at + STEP_WIDTH["5m"] if mark.key else mark.at
        return all(row[1] >= edge for row in rows)

    def _is_written(self, row: CheckRow) -> bool:
        """Whether the five minutes of a check are written."""
        width = STEP_WIDTH["5m"]
        return self._marks["5m"].covers(row[1] // width * width, self._tables.key_of(row))

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
            self._count_checks(self._open, pairs, STEP_WIDTH["5m"])

    def _count_checks(
        self, into: Spans, pairs: Iterable[tuple[CheckRow, Check]], width: int
    ) -> None:
        begin = end = 0
        aggregates: dict[Key, Aggregate] = {}
        key_of = self._tables.key_of
        for row, check in pairs:
            key, at = key_of(row), row[1]
            if not begin <= at < end:
                begin = at // width * width
                end = begin + width
                aggregates = into.setdefault(begin, {})
            aggregate = aggregates.get(key)
            if aggregate is None:
                aggregate = aggregates[key] = Aggregate()
            aggregate.add(check)

    def write(self, now: int) -> bool:
        """Write a piece of five minutes that are over; return whether there was one."""
        width = STEP_WIDTH["5m"]
        over = (now - ROLLUP_GRACE) // width * width
        if not self._marks or self._marks["5m"].at >= over:
            return False
        at = min((begin for begin in self._open if begin < over), default=None)
        if at is None:
            self._write(over - width, {}, Mark(over))
            return True
        begun, due = self._due
        if begun != at or len(due) != len(self._open[at]):  # a key that is new goes in its place
            due = sorted(self._open[at], reverse=True)
            self._due = at, due
        # Copies, for to write them changes how they are kept, and a reader may copy the same now
        piece = {key: _copied(self._open[at][key]) for key in due[-WRITE_ENDPOINTS:]}
        whole = len(piece) == len(due)
        self._write(at, piece, Mark(at + width) if whole else Mark(at, max(piece)))
        del due[-len(piece) :]
        return True

    def _write(self, at: int, piece: Mapping[Key, Aggregate], mark: Mark) -> None:
        with self._database.write() as connection:
            self._tables.write(connection, "5m", at, piece)
            self._reach(connection, "5m", mark)
        with self._lock:
            self._marks["5m"] = mark
            for key in piece:
                del self._open[at][key]
            if piece and not self._open[at]:
                del self._open[at]

    def merge(self, step: Step) -> bool:
        """Write a piece of an hour or of a day that is over; return whether there was one."""
        mark = self._marks.get(step)
        if mark is None:
            return False
        child, upto = CHILD[step], mark.at + STEP_WIDTH[step]
        if self._marks[child].at < upto:
            return False
        with self._database.read() as connection:
            found = self._tables.piece(connection, child, mark.at, upto, mark.key, MERGE_ROWS)
        whole = len(found) < MERGE_ROWS
        last = found[-1][0] if found else 0
        aggregates = _merged(pair for pair in found if whole or pair[0] != last)
        reached = Mark(upto) if whole else Mark(mark.at, max(aggregates))
        with self._database.write() as connection:
            self._tables.write(connection, step, mark.at, aggregates)
            self._reach(connection, step, reached)
        with self._lock:
            self._marks[step] = reached
        return True

    def _reach(self, connection: Connection, step: Step, mark: Mark) -> None:
        progress = self._progress
        change = update(progress).where(*of_shard(progress), progress.c.step == step)
        connection.execute(change.values(at=mark.at, endpoint=mark.key))

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
        found, merged = view.stored_buckets(step, since, until)
        for at, _, part in view.live(step, since, until):
            merged.setdefault(at, Aggregate()).merge(part)
        found |= {at: aggregate.bucket(at / 1e6) for at, aggregate in merged.items()}
        return [found[at] for at in sorted(found)]

    def day_counts(
        self, connection: Connection, endpoints: Collection[int], since: int, until: int
    ) -> dict[int, dict[int, list[int]]]:
        """Return of each endpoint its days, each with how many checks there were and failed.

        Of ``connection`` the same holds.
        """
        with self._lock:
            marks = dict(self._marks)
            memory = [
                (at, key, of[key].count, of[key].bad)
                for at, of in self._open.items()
                for endpoint in endpoints
                for key in self._tables.keys_of(endpoint, of)
            ]
        return day_counts(connection, self._tables, marks, memory, endpoints, (since, until))

    def whole(
        self, connection: Connection, endpoint: int, step: Step, since: int, until: int
    ) -> Aggregate:
        """Return the same spans taken together; of ``connection`` the same holds."""
        whole = Aggregate()
        view = self._view(connection, endpoint)
        if view is not None:
            since = since // STEP_WIDTH[step] * STEP_WIDTH[step]
            for _, _, part in view.parts(step, since, until):
                whole.merge(part)
        return whole

    def _view(self, connection: Connection, endpoint: int) -> RollupView | None:
        tables = self._tables
        with self._lock:
            marks = dict(self._marks)
            memory = [
                (at, key, _copied(of[key]))
                for at, of in self._open.items()
                for key in tables.keys_of(endpoint, of)
            ]
        return RollupView(connection, endpoint, marks, memory, tables) if marks else None


def _merged(parts: Iterable[tuple[Key, Aggregate]]) -> dict[Key, Aggregate]:
    found: dict[Key, Aggregate] = {}
    for key, part in parts:
        if key in found:
            found[key].merge(part)
        else:
            found[key] = part
    return found


def _copied(aggregate: Aggregate) -> Aggregate:
    copy = Aggregate()
    copy.merge(aggregate)
    return copy
