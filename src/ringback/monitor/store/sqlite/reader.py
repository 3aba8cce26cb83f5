"""A database read beside the process that writes to it, or without one: nothing is changed."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from ringback.monitor.closing import closed_on_error
from ringback.monitor.store.aggregate import Aggregate
from ringback.monitor.store.interface import IncidentFilter, StoreTooNew
from ringback.monitor.store.sqlite import incidents, rollup, schema
from ringback.monitor.store.sqlite.database import foreign_database, no_database, problem_of
from ringback.monitor.store.sqlite.raw import SEALED, RawResults
from ringback.monitor.store.sqlite.rows import RowCodec, interned_certificates, interned_strings
from ringback.monitor.store.sqlite.schema import (
    CHECK_COLUMNS,
    HOUR,
    SCHEMA_REVISION,
    STEP_WIDTH,
    microseconds,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from ringback.incident.model import Check, Incident, Transition
    from ringback.monitor.store.interface import Step
    from ringback.monitor.store.sqlite.database import Database

_ROWS_AT_ONCE = 1000
_MAX_ROWS = 1_000_000
_STATE_PREFIX = "case:"
_LOCK_TIMEOUT = 5.0


class SQLiteReader:
    """What a monitor has kept in a file, for reports and exports; for one thread.

    Times are seconds since 1970 UTC; a span goes from ``since`` to before ``until``.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).absolute()
        if not self.path.is_file():
            raise no_database(Path(path))
        self._engine = _engine(self.path)
        with closed_on_error(self.close):
            self._check()
            database = cast("Database", self)  # of which these need no more than read()
            self._strings = interned_strings(database)
            self._rows = RowCodec(self._strings, interned_certificates(database))
            self._raw = RawResults(self._rows)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection in a transaction: it sees one moment."""
        try:
            with self._engine.connect() as connection, connection.begin():
                yield connection
        except (DBAPIError, sqlite3.Error) as error:
            raise problem_of(error, self.path) from error

    def close(self) -> None:
        self._engine.dispose()

    def endpoints(self) -> list[str]:
        """Return the ids of all endpoints that anything is known of, in order."""
        case = schema.state.c.name
        named = schema.table_names
        with self.read() as connection:
            found = set(connection.scalars(select(schema.transition.c.endpoint).distinct()))
            kept = connection.scalars(select(case).where(case.startswith(_STATE_PREFIX)))
            found |= {name.removeprefix(_STATE_PREFIX) for name in kept}
            for name in named(connection, "rollup_1d", "rollup_1d"):
                numbers = select(schema.rollup_table_named(name).c.endpoint).distinct()
                for number in connection.scalars(numbers).all():
                    found.add(self._strings.value(number, connection))
        return sorted(found)

    def checks(self, since: float, until: float, endpoint: str | None = None) -> Iterator[Check]:
        """Yield checks, oldest first, an hour's table at a time."""
        number = None if endpoint is None else self._strings.find(endpoint)
        if endpoint is not None and number is None:
            return
        first, last = microseconds(since), microseconds(until)
        hour = schema.hour
        with self.read() as connection:
            overlap = (hour.c.earliest < last, hour.c.at + HOUR > first)
            query = select(hour.c.at, hour.c.sealed).where(*overlap).order_by(hour.c.at)
            tables = connection.execute(query).all()
        for at, sealed in tables:
            table = schema.sealed_table(at) if sealed == SEALED else schema.open_table(at)
            yield from self._of_hour(at, table, (first, last), number)

    def _of_hour(
        self, at: int, table: Table, span: tuple[int, int], number: int | None
    ) -> Iterator[Check]:
        with self.read() as connection:
            if not schema.table_names(connection, table.name, table.name):
                table = schema.sealed_table(at)  # the hour was sealed meanwhile
                if not schema.table_names(connection, table.name, table.name):
                    return  # or dropped
            query = select(*(table.c[name] for name in CHECK_COLUMNS))
            query = query.where(table.c.at >= span[0], table.c.at < span[1])
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
            return incidents.read_transitions(connection, endpoint, since, until)

    def incidents(self, since: float, until: float, endpoint: str | None = None) -> list[Incident]:
        """Return incidents that were opened in a time, oldest first."""
        return list(self._incidents(since, until, endpoint))[::-1]

    def _incidents(self, since: float, until: float, endpoint: str | None) -> Iterator[Incident]:
        with self.read() as connection:
            found = incidents.read_incidents(
                connection, IncidentFilter(endpoint=endpoint, before=until), _MAX_ROWS
            )
        for incident in found:
            if incident.opened_at < since:
                return
            yield incident

    def hours(self, endpoint: str, since: float, until: float) -> dict[float, Aggregate]:
        """Return what is known of an endpoint's hours, by their beginnings."""
        number = self._strings.find(endpoint)
        if number is None:
            return {}
        first, last = microseconds(since), microseconds(until)
        found: dict[int, Aggregate] = {}
        with self.read() as connection:
            marks = {row.step: row.at for row in connection.execute(select(schema.progress))}
            for step, begin, end in _parts(marks, first, last):
                for at, aggregate in rollup.read_aggregates(connection, step, number, begin, end):
                    found.setdefault(at // HOUR * HOUR, Aggregate()).merge(aggregate)
            written = max(first, marks.get("5m", last))
            for check in self._raw.checks(connection, number, written, last, False, _MAX_ROWS):
                at = microseconds(check.at) // HOUR * HOUR
                found.setdefault(at, Aggregate()).add(check)
        return {at / 1e6: found[at] for at in sorted(found)}

    def fives(self, endpoint: str, since: float, until: float) -> set[float]:
        """Return the beginnings of the five minutes in which an endpoint was checked, if kept."""
        number = self._strings.find(endpoint)
        if number is None:
            return set()
        span = microseconds(since), microseconds(until)
        with self.read() as connection:
            found = rollup.read_buckets(connection, "5m", number, *span)
        return {bucket.at for bucket in found if bucket.count}

    def _check(self) -> None:
        with self.read() as connection:
            if not schema.table_names(connection, "alembic_version", "alembic_version"):
                raise foreign_database(self.path)
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        if found != SCHEMA_REVISION:
            raise StoreTooNew(
                f"{self.path}: it was written by another version of ringback (schema {found}, this "
                f"one has {SCHEMA_REVISION}); use that version, or let `ringback up` of this one "
                "open it first"
            )


def _parts(marks: dict[Step, int], first: int, last: int) -> Iterator[tuple[Step, int, int]]:
    """The hours that are written; behind them the five minutes that are."""
    hours = marks.get("1h", first)
    yield "1h", first, min(last, hours)
    begin = max(first, hours // STEP_WIDTH["5m"] * STEP_WIDTH["5m"])
    yield "5m", begin, min(last, marks.get("5m", begin))


def _engine(path: Path) -> Engine:
    def connect() -> sqlite3.Connection:
        name = f"file:{quote(str(path))}?mode=ro"
        try:
            return _opened(name)
        except sqlite3.OperationalError:
            # A log that cannot be made, on a disk that is read-only: nobody writes there.
            return _opened(f"{name}&immutable=1")

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _opened(name: str) -> sqlite3.Connection:
    driver = sqlite3.connect(
        name, uri=True, timeout=_LOCK_TIMEOUT, isolation_level=None, check_same_thread=False
    )
    with closed_on_error(driver.close):
        driver.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
    return driver
