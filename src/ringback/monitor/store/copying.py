"""A store in a SQLite file copied to an empty PostgreSQL, table by table."""

# Each table is copied in one transaction, together with the note that it is (`_STATE`). A copy that
# was killed goes on with the first table that is not noted. Numbers of words and certificates stay
# as they are, so rows are copied as they stand. Two things stand otherwise on the server: rollups
# have a vantage (here: none), and failed checks that are kept longer are there only for hours that
# were dropped. What was written is read back, and compared by count and by a sum over all rows.

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringback.monitor.store.interface import StoreProblem
from ringback.monitor.store.postgres import schema
from ringback.monitor.store.postgres.database import PostgresDatabase, storable
from ringback.monitor.store.postgres.results import HourKeeper, fitted
from ringback.monitor.store.postgres.states import PackedStates
from ringback.monitor.store.raw import SEALED
from ringback.monitor.store.records import Records
from ringback.monitor.store.rollup import last_key
from ringback.monitor.store.sqlite.database import WriterLock, no_database, problem_of
from ringback.monitor.store.sqlite.schema import SCHEMA_REVISION
from ringback.monitor.store.tables import CHECK_COLUMNS, span_stamp

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from ringback.monitor.store.rows import CheckRow

_STATE = "copy"
_PLAIN = (
    "word", "certificate", "latest", "transition", "incident", "member", "notice",
)  # fmt: skip
_ADDED = {"shard", "vantage"}  # Columns that only the server's tables have
_STATES_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """A table that was copied, and compared."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class _Step:
    """A table of the file, and what of it is written where."""

    name: str
    table: Table
    columns: Sequence[str]
    rows: Callable[[], Iterable[Sequence[Any]]]


def copy_store(
    source: Path, target: str, *, progress: Callable[[str, int, int], None] = lambda *_: None
) -> list[CopiedTable]:
    """Copy a store to an empty PostgreSQL, or go on with it; return what was copied now.

    ``progress`` is called with a table's name, the tables done, and their number. The monitor that
    writes the file must not run.
    """
    if not source.is_file():
        raise no_database(source)
    lock = WriterLock(source.absolute())
    try:
        server = PostgresDatabase(target, prepare=schema.migrate)
        try:
            with closing(
                sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
            ) as file:
                return _Copy(file, server, source).run(progress)
        except sqlite3.Error as error:
            raise problem_of(error, source) from error
        finally:
            server.close()
    finally:
        lock.release()


class _Copy:
    def __init__(self, file: sqlite3.Connection, server: PostgresDatabase, path: Path) -> None:
        self._file, self._server, self._path = file, server, path
        self._records = Records(schema)
        revision = [row[0] for row in self._query("SELECT version_num FROM alembic_version")]
        if revision != [SCHEMA_REVISION]:
            raise StoreProblem(
                f"{path}: it was written by another version of ringback; let `ringback up` of this "
                "one open it first"
            )

    def _query(self, statement: str, *values: Any) -> Iterator[Any]:
        return iter(self._file.execute(statement, values))

    def run(self, progress: Callable[[str, int, int], None]) -> list[CopiedTable]:
        done = self._begun()
        steps = list(self._steps())
        copied = []
        for number, step in enumerate(steps):
            progress(step.name, number, len(steps))
            if step.name not in done["tables"]:
                rows = self._copied(step, done)
                copied.append(CopiedTable(step.name, rows))
        self._close_hours()
        done["complete"] = True
        with self._server.aside() as connection:
            self._records.keep_states(connection, {_STATE: done})
        return copied

    def _begun(self) -> dict[str, Any]:
        """Return what was copied before; raises where that is of another file, or no copy."""
        counts = {name: self._count(name) for name in self._names("")}
        signature = _digest([sorted(counts.items())])
        with self._server.read() as connection:
            done = self._records.read_state(connection, _STATE)
            empty = is_empty(connection)
        if done is None and not empty:
            raise StoreProblem(
                f"{self._server.label}: it holds data already; give an empty database"
            )
        if done is not None and done["complete"]:
            raise StoreProblem(f"{self._server.label}: everything was copied there already")
        if done is not None and done["signature"] != signature:
            raise StoreProblem(
                f"{self._path}: it has changed since the copy began; copy to an empty database"
            )
        return done or {"signature": signature, "tables": [], "complete": False}

    def _count(self, name: str) -> int:
        return int(next(self._query(f"SELECT count(*) FROM {name}"))[0])  # noqa: S608 - a table

    def _names(self, prefix: str) -> list[str]:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name >= ? ORDER BY name"
        names = (row[0] for row in self._query(query, prefix))
        return [name for name in names if name.startswith(prefix) and "sqlite_" not in name]

    def _steps(self) -> Iterator[_Step]:
        for name in _PLAIN:
            table = schema.metadata.tables[name]
            columns = [row[1] for row in self._query(f"PRAGMA table_info({name})")]
            yield self._step(name, table, columns)
        for name, at in self._hour_tables():
            yield self._step(name, schema.open_table(at), CHECK_COLUMNS)
        for name in self._names("failed_"):
            table = schema.failed_table(name)
            yield _Step(name, table, CHECK_COLUMNS, partial(self._only_failed, name))
        for name in self._names("rollup_"):
            table = schema.rollup_table(name)
            columns = [column.name for column in table.c if column.name not in _ADDED]
            rows = self._step(name, table, columns).rows
            yield _Step(name, table, [*columns, "vantage"], partial(_of_no_vantage, rows))
        yield _Step("hour", schema.hour, ("at", "earliest", "sealed"), self._hours)
        yield _Step("progress", schema.progress, ("step", "at", "endpoint"), self._marks)
        yield _Step("state", schema.state, ("name", "value"), self._states)

    def _step(self, name: str, table: Table, columns: Sequence[str]) -> _Step:
        names = ", ".join(f'"{column}"' for column in columns)
        statement = f"SELECT {names} FROM {name}"  # noqa: S608 - a table of ringback's
        return _Step(name, table, columns, lambda: self._query(statement))

    def _hour_tables(self) -> Iterator[tuple[str, int]]:
        """Yield the table of each hour; of one that is being sealed the one that is whole."""
        for at, sealed in self._query("SELECT at, sealed FROM hour ORDER BY at"):
            kind = "sealed" if sealed == SEALED else "check"
            yield f"{kind}_{span_stamp('%Y%m%d%H', at)}", at

    def _only_failed(self, name: str) -> Iterator[CheckRow]:
        """Yield the failed checks of hours that were dropped."""
        there = {
            row
            for hour, _ in self._hour_tables()
            for row in self._query(f"SELECT endpoint, at, number FROM {hour} WHERE up = 0")  # noqa: S608 - as above
        }
        names = ", ".join(f'"{column}"' for column in CHECK_COLUMNS)
        for *row, number in self._query(f"SELECT {names}, number FROM {name}"):  # noqa: S608 - as above
            if (row[0], row[1], number) not in there:
                yield tuple(row)

    def _hours(self) -> Iterator[Sequence[Any]]:
        # All are open on the server: they are closed there at the end, with an index.
        return ((at, earliest, 0) for at, earliest in self._query("SELECT at, earliest FROM hour"))

    def _marks(self) -> Iterator[Sequence[Any]]:
        for step, at, endpoint in self._query("SELECT step, at, endpoint FROM progress"):
            yield step, at, last_key(endpoint)

    def _states(self) -> Iterator[Sequence[Any]]:
        return self._query("SELECT name, value FROM state WHERE name <> ?", _STATE)

    def _copied(self, step: _Step, done: dict[str, Any]) -> int:
        """Copy one table and note it; return how many rows."""
        noted = {**done, "tables": [*done["tables"], step.name]}
        with self._server.aside() as connection:
            if step.name == "state":
                given = self._copy_states(connection, dict(step.rows()))  # type: ignore[arg-type]  # pairs
            else:
                given = self._copy_rows(connection, step)
            self._records.keep_states(connection, {_STATE: noted})
        done["tables"] = noted["tables"]
        return given

    def _copy_rows(self, connection: Connection, step: _Step) -> int:
        step.table.create(connection, checkfirst=True)
        names = ", ".join(f'"{name}"' for name in step.columns)
        query = f"SELECT {names} FROM {step.table.name}"  # noqa: S608 - as above
        given = _Sum()
        schema.copy_rows(connection, step.table, step.columns, given.passing(_typed(step)))
        found = _summed(map(tuple, connection.exec_driver_sql(query)))
        self._compare(step.name, given.sum, found)
        if step.name == "transition":
            connection.exec_driver_sql(
                "SELECT setval(pg_get_serial_sequence('transition', 'number'), max(number))"
                " FROM transition HAVING max(number) IS NOT NULL"
            )
        return given.sum[0]

    def _copy_states(self, connection: Connection, texts: Mapping[str, str]) -> int:
        packs = PackedStates(self._records)
        values = {name: json.loads(text) for name, text in texts.items()}
        names = list(values)
        for first in range(0, len(names), _STATES_AT_ONCE):
            some = {name: values[name] for name in names[first : first + _STATES_AT_ONCE]}
            packs.keep_states(connection, some)
            packs.settle(kept=True)
        found = dict(packs.read_states(connection, ""))
        found.pop(_STATE, None)
        self._compare("state", _summed(values.items()), _summed(found.items()))
        return len(values)

    def _compare(self, name: str, given: tuple[int, int], found: tuple[int, int]) -> None:
        if given != found:
            raise StoreProblem(
                f"{self._server.label}: {name}: {found[0]} rows are not the {given[0]} of the file;"
                " nothing of this table was kept, copy again"
            )

    def _close_hours(self) -> None:
        query = "SELECT at FROM hour WHERE sealed = 0 ORDER BY at"
        with self._server.read() as connection:
            hours = connection.exec_driver_sql(query).scalars().all()
        for at in hours[:-1]:  # the newest one stays open: the monitor goes on in it
            HourKeeper(self._server).close(at)


def _typed(step: _Step) -> Iterator[tuple[Any, ...]]:
    """Yield the rows as the server has them."""
    for row in step.rows():
        values = dict(zip(step.columns, map(storable, row), strict=True))
        if "up" in values:
            values["up"] = None if values["up"] is None else bool(values["up"])
            whole = fitted(tuple(values[name] for name in CHECK_COLUMNS))
            values |= zip(CHECK_COLUMNS, whole, strict=True)
        yield tuple(values.values())


def _of_no_vantage(rows: Callable[[], Iterable[Sequence[Any]]]) -> Iterator[Sequence[Any]]:
    return ((*row, 0) for row in rows())


class _Sum:
    """A count and a sum over rows, whatever their order."""

    def __init__(self) -> None:
        self.sum = 0, 0

    def passing(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            self.sum = self.sum[0] + 1, (self.sum[1] + _digest(row)) % _WHOLE
            yield row


_WHOLE = 1 << 64


def _summed(rows: Iterable[tuple[Any, ...]]) -> tuple[int, int]:
    total = _Sum()
    for _ in total.passing(rows):
        pass
    return total.sum


def _digest(row: Sequence[Any]) -> int:
    values = [bytes(value) if isinstance(value, memoryview) else value for value in row]
    return int.from_bytes(blake2b(repr(values).encode("utf-8", "replace"), digest_size=8).digest())


def is_empty(connection: Connection) -> bool:
    """Whether nothing was ever kept in the tables."""
    asked = " UNION ALL ".join(
        f"(SELECT 1 FROM {name} LIMIT 1)"  # noqa: S608 - tables of ringback's
        for name in ("hour", "incident", "state", "pack", "word")
    )
    return connection.exec_driver_sql(asked).first() is None


def why_not_begin(connection: Connection, label: str, file: Path) -> StoreProblem | None:
    """Return why a monitor may not begin with this database; ``None``: it may."""
    done = Records(schema).read_state(connection, _STATE)
    command = f"`ringback store copy {file}` with the store's URL"
    if done is not None and not done["complete"]:
        return StoreProblem(f"{label}: the copy to it is not complete; go on with {command}")
    if done is None and file.exists() and is_empty(connection):
        return StoreProblem(
            f"{label}: it is empty, and {file} holds what was kept until now; copy that with "
            f"{command}, or move the file away"
        )
    return None
