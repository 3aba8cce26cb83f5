"""Every check, in a table for each hour: copied in as they come, indexed when the hour is over."""

# An hour takes checks in the order of time, by COPY. Readers ask for an endpoint, but an index by
# endpoint would cost as much as the rows while they come. So it is made when the hour is over, at
# once and small: equal keys share an entry, six bytes for each check. Until then failed checks have
# an index, for those are what pages ask for, and the rest of an hour is read as a whole.
#
# Closing and dropping an hour take long and hinder nobody: they run on a connection of their own,
# beside what is kept. Checks that come late for an hour that is over go to the next one (`raw.py`).

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, text, update

from ringback.monitor.store.aggregate import PHASES
from ringback.monitor.store.postgres import schema
from ringback.monitor.store.raw import ANY_TIME, MAX_FAILED_PER_HOUR, SEALED, RawResults
from ringback.monitor.store.tables import (
    CHECK_COLUMNS,
    SECOND,
    failed_name,
    of_shard,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Executable, Table

    from ringback.incident.model import Check
    from ringback.monitor.store.postgres.database import PostgresDatabase
    from ringback.monitor.store.rows import CheckRow

_COLUMNS = ", ".join(f'"{name}"' for name in CHECK_COLUMNS)
_PHASE_PLACES = slice(5, 10)
_MAX_INTEGER = (1 << 31) - 1  # Microseconds of a phase; a longer one goes to `more`
_TABLES_AT_ONCE = 48  # Tables that one query goes through


class PostgresResults(RawResults):
    """The tables of hours."""

    def _put(self, connection: Connection, at: int, group: Sequence[CheckRow]) -> None:
        schema.copy_rows(connection, schema.open_table(at), CHECK_COLUMNS, map(fitted, group))

    def checks(
        self,
        connection: Connection,
        endpoint: int,
        since: int,
        until: int,
        failed: bool,
        limit: int,
    ) -> list[Check]:
        """Return checks of an endpoint, newest first; of ``failed`` ones also those kept longer."""
        names = [table.name for _, table in self.tables(connection, since, until, failed=failed)]
        values = {"endpoint": endpoint, "since": since, "until": until, "limit": limit}
        found: list[Any] = []
        for first in range(0, len(names), _TABLES_AT_ONCE):
            query = _union(names[first : first + _TABLES_AT_ONCE], failed=failed)
            rows = connection.exec_driver_sql(query, values).all()
            found += [row[: len(CHECK_COLUMNS)] for row in rows]
            if len(found) >= limit and not failed:
                break
        newest = sorted(found, key=lambda row: -row[1])
        return [self._rows.check(row, connection) for row in newest[:limit]]

    def _newest_of(self, table: Table) -> Executable:
        return text(_newest(table))

    def newest_since(self, connection: Connection, since: int) -> Iterator[Check]:
        """Yield the newest check of each endpoint that has one from then on, and perhaps older."""
        for _, table in self.tables(connection, since, ANY_TIME, failed=False):
            for row in connection.exec_driver_sql(_newest(table, f"AND at >= {since}")):
                yield self._rows.check(row, connection)


def _newest(table: Table, more: str = "") -> str:
    return (
        f"SELECT DISTINCT ON (endpoint) {_COLUMNS} FROM {table.name}"  # noqa: S608 - as below
        f" WHERE shard = 0 {more} ORDER BY endpoint, at DESC"
    )


def fitted(row: CheckRow) -> CheckRow:
    """Return a row as the table takes it: a phase too long for its column goes to ``more``."""
    if all(value is None or value <= _MAX_INTEGER for value in row[_PHASE_PLACES]):
        return row
    long = {
        name: value
        for name, value in zip(PHASES, row[_PHASE_PLACES], strict=True)
        if value is not None and value > _MAX_INTEGER
    }
    more = json.loads(row[-1] or "{}") | {name: value / 1e6 for name, value in long.items()}
    named = dict(zip(CHECK_COLUMNS, row, strict=True)) | dict.fromkeys(long)
    return (*list(named.values())[:-1], json.dumps(more))


def _union(names: Sequence[str], *, failed: bool) -> str:
    bad = " AND up IS FALSE" if failed else ""
    # Of two at the same time the one that came later stands behind, in place and so in `ctid`.
    each = " UNION ALL ".join(
        f"(SELECT {_COLUMNS}, ctid AS place FROM {name}"  # noqa: S608 - names of ringback's tables
        " WHERE shard = 0 AND endpoint = %(endpoint)s"
        f" AND at >= %(since)s AND at < %(until)s{bad})"
        for name in names
    )
    return f"{each} ORDER BY at DESC, place DESC LIMIT %(limit)s"


CLOSE_GRACE = 60 * SECOND  # How long an hour stays open for checks that come late


class HourKeeper:
    """Closes hours that are over, and drops those that are old."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database

    def close(self, at: int) -> None:
        """Close an hour: it has an index by endpoint then, and takes no more."""
        table, hour = schema.open_table(at), schema.hour
        with self._database.aside() as connection:
            connection.exec_driver_sql(
                f"CREATE INDEX {table.name}_endpoint ON {table.name} (endpoint)"
                " WITH (fillfactor = 100)"
            )
            self._keep_latest(connection, table)
            change = update(hour).where(*of_shard(hour), hour.c.at == at)
            connection.execute(change.values(sealed=SEALED))

    @staticmethod
    def _keep_latest(connection: Connection, table: Table) -> None:
        changed = ", ".join(f'"{name}" = excluded."{name}"' for name in CHECK_COLUMNS)
        connection.exec_driver_sql(
            f"INSERT INTO latest ({_COLUMNS}) {_newest(table)}"
            f" ON CONFLICT (shard, endpoint) DO UPDATE SET {changed}"
            " WHERE excluded.at >= latest.at"
        )

    def drop(self, at: int) -> None:
        """Drop an hour; its failed checks are kept longer, a bounded number of each endpoint."""
        table, hour = schema.open_table(at), schema.hour
        failed = schema.failed_table(failed_name(at))
        place = func.row_number().over(partition_by=table.c.endpoint, order_by=table.c.at)
        bad = select(table, place.label("place")).where(table.c.up.is_(False)).subquery()
        rows = select(*(bad.c[name] for name in CHECK_COLUMNS))
        rows = rows.where(bad.c.place <= MAX_FAILED_PER_HOUR)
        with self._database.aside() as connection:
            failed.create(connection, checkfirst=True)
            connection.execute(insert(failed).from_select(list(CHECK_COLUMNS), rows))
            connection.exec_driver_sql(f"DROP TABLE {table.name}")
            connection.execute(delete(hour).where(*of_shard(hour), hour.c.at == at))
