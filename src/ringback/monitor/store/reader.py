"""A store read beside the process that writes to it, or without one: nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ringback.monitor.store.aggregate import Aggregate
from ringback.monitor.store.interface import IncidentFilter, SpanCounts
from ringback.monitor.store.records import Records
from ringback.monitor.store.rollup import Part, SpanTables
from ringback.monitor.store.rows import RowCodec, interned_certificates, interned_strings
from ringback.monitor.store.tables import CHECK_COLUMNS, HOUR, STEP_WIDTH, microseconds, of_shard

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from ringback.incident.model import Check, Incident, Transition
    from ringback.monitor.store.interface import Step
    from ringback.monitor.store.raw import RawResults
    from ringback.monitor.store.relational import StateTables
    from ringback.monitor.store.tables import ReadsDatabase, Schema

_ROWS_AT_ONCE = 1000
_MAX_ROWS = 1_000_000
_STATE_PREFIX = "case:"


class StoreReader:
    """What a monitor has kept, for reports and exports; for one thread.

    Times are seconds since 1970 UTC; a span goes from ``since`` to before ``until``.
    """

    def __init__(
        self,
        database: ReadsDatabase,
        schema: Schema,
        raw: Callable[[Schema, RowCodec], RawResults],
        states: StateTables | None = None,
    ) -> None:
        self._database, self._schema = database, schema
        self._records = Records(schema)
        self._states = states or self._records
        self._strings = interned_strings(database, schema)
        self._rows = RowCodec(self._strings, interned_certificates(database, schema))
        self._raw = raw(schema, self._rows)
        self._spans = SpanTables(schema)

    def close(self) -> None:
        """Let go of it."""

    def read(self) -> AbstractContextManager[Connection]:
        """Give a connection in a transaction: it sees one moment."""
        return self._database.read()

    def endpoints(self) -> list[str]:
        """Return the ids of all endpoints that anything is known of, in order."""
        table = self._schema.transition
        with self.read() as connection:
            known = select(table.c.endpoint).where(*of_shard(table)).distinct()
            found = set(connection.scalars(known))
            kept = dict(self._states.read_states(connection, _STATE_PREFIX))
            found |= {name.removeprefix(_STATE_PREFIX) for name in kept}
            for name in self._schema.table_names(connection, "rollup_1d", "rollup_1d"):
                days = self._schema.rollup_table(name)
                numbers = select(days.c.endpoint).where(*of_shard(days)).distinct()
                for number in connection.scalars(numbers).all():
                    found.add(self._strings.value(number, connection))
        return sorted(found)

    def checks(self, since: float, until: float, endpoint: str | None = None) -> Iterator[Check]:
        """Yield checks, oldest first, an hour's table at a time."""
        number = None if endpoint is None else self._strings.find(endpoint)
        if endpoint is not None and number is None:
            return
        span = microseconds(since), microseconds(until)
        with self.read() as connection:
            tables = list(self._raw.tables(connection, *span, failed=False))
        for at, table in reversed(tables):
            yield from self._of_hour(at, table, span, number)

    def _of_hour(
        self, at: int, table: Table, span: tuple[int, int], number: int | None
    ) -> Iterator[Check]:
        there = self._schema.table_names
        with self.read() as connection:
            if not there(connection, table.name, table.name):
                table = self._schema.sealed_table(at)  # the hour was sealed meanwhile
                if not there(connection, table.name, table.name):
                    return  # or dropped
            query = select(*(table.c[name] for name in CHECK_COLUMNS))
            query = query.where(*of_shard(table), table.c.at >= span[0], table.c.at < span[1])
            if number is not None:
                query = query.where(table.c.endpoint == number)
            found = connection.execution_options(stream_results=True).execute(
                query.order_by(table.c.at)
            )
            for some in found.partitions(_ROWS_AT_ONCE):
                for row in some:
                    yield self._rows.check(row, connection)

    def failures(self, endpoint: str, since: float, until: float, limit: int) -> list[Check]:
        """Return failed checks of an endpoint, newest first; they are kept longer than others."""
        number = self._strings.find(endpoint)
        if number is None:
            return []
        first, last = microseconds(since), microseconds(until)
        with self.read() as connection:
            return self._raw.checks(connection, number, first, last, True, limit)

    def transitions(self, endpoint: str, since: float, until: float) -> list[Transition]:
        with self.read() as connection:
            return self._records.read_transitions(connection, endpoint, since, until)

    def incidents(self, since: float, until: float, endpoint: str | None = None) -> list[Incident]:
        """Return incidents that were opened in a time, oldest first."""
        return list(self._incidents(since, until, endpoint))[::-1]

    def _incidents(self, since: float, until: float, endpoint: str | None) -> Iterator[Incident]:
        with self.read() as connection:
            found = self._records.read_incidents(
                connection, IncidentFilter(endpoint=endpoint, before=until), _MAX_ROWS
            )
        for incident in found:
            if incident.opened_at < since:
                return
            yield incident

    def days(
        self, endpoints: Iterable[str], since: float, until: float
    ) -> Iterator[tuple[str, list[SpanCounts]]]:
        """Yield each endpoint with what is known of its days, in order.

        A day that is not rolled up yet comes as its hours, five minutes and single checks.
        """
        span = microseconds(since), microseconds(until)
        with self.read() as connection:
            marks = self._marks(connection)
            fresh = self._fresh(connection, marks, *span)
            there = self._schema.table_names(connection, "rollup_", "rollup_9")
            for endpoint in endpoints:
                number = self._strings.find(endpoint)
                found: list[SpanCounts] = []
                if number is not None:
                    for step, begin, end in _parts(marks, *span, ("1d", "1h", "5m")):
                        rows = self._spans.counts(connection, step, number, begin, end, there)
                        found += _counts(rows, step)
                    found += fresh.get(number, ())
                    found.sort(key=lambda part: part.at)
                yield endpoint, found

    def _fresh(
        self, connection: Connection, marks: dict[Step, int], first: int, last: int
    ) -> dict[int, list[SpanCounts]]:
        """Return what is not rolled up, by the hour: of all, for no index leads to an endpoint."""
        hours: dict[tuple[int, int], Aggregate] = {}
        written = max(first, marks.get("5m", last))
        for rows, checks in self._raw.since(connection, written) if written < last else ():
            for row, check in zip(rows, checks, strict=True):
                if row[1] < last:
                    hours.setdefault((row[0], row[1] // HOUR * HOUR), Aggregate()).add(check)
        found: dict[int, list[SpanCounts]] = {}
        for (number, at), whole in sorted(hours.items()):
            counts = whole.count, whole.bad, whole.unknown, whole.encode()
            found.setdefault(number, []).append(SpanCounts(at / 1e6, HOUR / 1e6, *counts))
        return found

    def hours(self, endpoint: str, since: float, until: float) -> list[SpanCounts]:
        """Return the hours of an endpoint that are rolled up, if they are kept, oldest first."""
        number = self._strings.find(endpoint)
        if number is None:
            return []
        with self.read() as connection:
            last = min(microseconds(until), self._marks(connection).get("1h", 0))
            rows = self._spans.counts(connection, "1h", number, microseconds(since), last)
            return _counts(rows, "1h")

    def incident_times(self, endpoint: str, since: float, until: float) -> list[float]:
        """Return when the incidents opened that an endpoint was part of, in a time."""
        with self.read() as connection:
            return self._records.incident_times(connection, endpoint, since, until)

    def vantages(self, endpoint: str, since: float, until: float) -> dict[str, Aggregate]:
        """Return what each vantage knows of an endpoint in whole days, by its name.

        Where rollups do not tell them apart (``has_vantages``) it is that of the checks which are
        kept one by one.
        """
        number = self._strings.find(endpoint)
        if number is None:
            return {}
        span = microseconds(since), microseconds(until)
        found: dict[str, Aggregate] = {}
        with self.read() as connection:
            marks: dict[Step, int] = {"5m": 0}
            if self.has_vantages:
                marks = self._marks(connection)
                for _, key, part in self._written(connection, number, marks, *span):
                    vantage = self._spans.vantage_of(key)
                    name = self._strings.value(vantage, connection) if vantage else ""
                    found.setdefault(name, Aggregate()).merge(part)
            for check in self._not_written(connection, number, marks, *span):
                found.setdefault(check.vantage, Aggregate()).add(check)
        return dict(sorted(found.items()))

    @property
    def has_vantages(self) -> bool:
        """Whether rollups tell vantages apart."""
        return self._spans.by_vantage

    def _marks(self, connection: Connection) -> dict[Step, int]:
        progress = self._schema.progress
        rows = connection.execute(select(progress).where(*of_shard(progress)))
        return {row.step: row.at for row in rows}

    def _written(
        self, connection: Connection, number: int, marks: dict[Step, int], first: int, last: int
    ) -> Iterator[Part]:
        for step, begin, end in _parts(marks, first, last, ("1d", "1h", "5m")):
            yield from self._spans.aggregates(connection, step, number, begin, end)

    def _not_written(
        self, connection: Connection, number: int, marks: dict[Step, int], first: int, last: int
    ) -> list[Check]:
        written = max(first, marks.get("5m", last))
        return self._raw.checks(connection, number, written, last, False, _MAX_ROWS)

    def fives(self, endpoint: str, since: float, until: float) -> set[float]:
        """Return the beginnings of the five minutes in which an endpoint was checked, if kept."""
        number = self._strings.find(endpoint)
        if number is None:
            return set()
        span = microseconds(since), microseconds(until)
        with self.read() as connection:
            found = list(self._spans.counts(connection, "5m", number, *span))
        return {row[0] / 1e6 for row in found if row[1]}


def _counts(rows: Iterable[Sequence[Any]], step: Step) -> list[SpanCounts]:
    width = STEP_WIDTH[step] / 1e6
    return [
        SpanCounts(at / 1e6, width, known, bad, unknown, histograms)
        for at, known, bad, unknown, histograms in rows
    ]


def _parts(
    marks: dict[Step, int], first: int, last: int, steps: Iterable[Step]
) -> Iterator[tuple[Step, int, int]]:
    """Yield what is written of the widest step; behind it what is of the next."""
    begin = first
    for step in steps:
        end = max(begin, min(last, marks.get(step, begin)))
        yield step, begin, end
        begin = end
