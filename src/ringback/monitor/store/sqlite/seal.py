"""An hour of checks is copied, when it is over, into the order of its endpoints: see `raw.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, insert, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert as upsert

from ringback.monitor.store.raw import (
    ANY_TIME,
    MAX_FAILED_PER_HOUR,
    OPEN,
    SEALED,
    SEALING,
    newest_checks_query,
)
from ringback.monitor.store.sqlite import schema
from ringback.monitor.store.sqlite.schema import hour
from ringback.monitor.store.tables import CHECK_COLUMNS, HOUR, SECOND, failed_name

if TYPE_CHECKING:
    from ringback.monitor.store.sqlite.database import SQLiteDatabase

SEAL_GRACE = 60 * SECOND  # How long an hour stays open for checks that come late
SEAL_ROWS = 5_000  # Rows that are copied at once, about

_Key = tuple[int, int]  # Number of an endpoint and a time: what is copied up to and with it


class Sealer:
    """Copies hours; where a process ended, the next one goes on."""

    def __init__(self, database: SQLiteDatabase) -> None:
        self._database = database
        self._counted: tuple[int, list[tuple[int, int]]] = (-1, [])

    def piece(self, now: int) -> bool:
        """Copy a piece of an hour that is over; return whether there was one."""
        with self._database.read() as connection:
            over = hour.c.sealed != SEALED, hour.c.at + HOUR + SEAL_GRACE <= now
            found = connection.execute(select(hour).where(*over).order_by(hour.c.at)).first()
            if found is None:
                return False
            counts = self._counts(connection, found)
        after = (found.upto_endpoint, found.upto_at)
        rest = [count for count in counts if (count[0], ANY_TIME) > after]
        with self._database.write() as connection:
            if rest:
                self._copy(connection, found, after, _next_end(rest, found.at, after))
            else:
                schema.open_table(found.at).drop(connection)
                self._reach(connection, found.at, sealed=SEALED)
        return True

    def _counts(self, connection: Connection, of: Row[Any]) -> list[tuple[int, int]]:
        # Of an open hour they are counted anew: its first piece may have failed before, and checks
        # may have come since.
        if self._counted[0] != of.at or of.sealed == OPEN:
            table = schema.open_table(of.at)
            number = select(table.c.endpoint, func.count()).group_by(table.c.endpoint)
            found = connection.execute(number.order_by(table.c.endpoint))
            self._counted = (of.at, [(endpoint, count) for endpoint, count in found])
        return self._counted[1]

    def _copy(self, connection: Connection, of: Row[Any], after: _Key, upto: _Key) -> None:
        raw, sealed = schema.open_table(of.at), schema.sealed_table(of.at)
        if of.sealed == OPEN:
            sealed.create(connection)
        names = [*CHECK_COLUMNS, "number"]
        key = tuple_(raw.c.endpoint, raw.c.at)
        rows = (
            select(*(raw.c[name] for name in names))
            .where(key > tuple_(*after), key <= tuple_(*upto))
            .order_by(raw.c.endpoint, raw.c.at, raw.c.number)
        )
        connection.execute(insert(sealed).from_select(names, rows))
        first = after[0] if after[1] < ANY_TIME else after[0] + 1
        _keep_failed(connection, of.at, first, upto[0])
        _keep_latest(connection, of.at, first, upto[0])
        reached = {"upto_endpoint": upto[0], "upto_at": upto[1]}
        self._reach(connection, of.at, sealed=SEALING, **reached)

    @staticmethod
    def _reach(connection: Connection, at: int, **values: int) -> None:
        connection.execute(update(hour).where(hour.c.at == at).values(**values))


def _next_end(rest: list[tuple[int, int]], at: int, after: _Key) -> _Key:
    """Return where the next piece ends; an endpoint with too many checks is divided by time."""
    endpoint, total = rest[0]
    if total > SEAL_ROWS:
        begin = after[1] if after[0] == endpoint else at
        end = begin + HOUR * SEAL_ROWS // total
        return endpoint, end if end < at + HOUR else ANY_TIME
    for other, count in rest[1:]:
        total += count
        if total > SEAL_ROWS:
            break
        endpoint = other
    return endpoint, ANY_TIME


def _keep_failed(connection: Connection, at: int, first: int, last: int) -> None:
    sealed, failed = schema.sealed_table(at), schema.failed_table(failed_name(at))
    place = func.row_number().over(partition_by=sealed.c.endpoint, order_by=sealed.c.at)
    bad = (
        select(sealed, place.label("place"))
        .where(sealed.c.endpoint.between(first, last), sealed.c.up == 0)
        .subquery()
    )
    failed.create(connection, checkfirst=True)
    names = [*CHECK_COLUMNS, "number"]
    rows = select(*(bad.c[name] for name in names)).where(bad.c.place <= MAX_FAILED_PER_HOUR)
    connection.execute(insert(failed).prefix_with("OR IGNORE").from_select(names, rows))


def _keep_latest(connection: Connection, at: int, first: int, last: int) -> None:
    sealed = schema.sealed_table(at)
    rows = newest_checks_query(sealed).where(sealed.c.endpoint.between(first, last))
    statement = upsert(schema.latest).from_select(list(CHECK_COLUMNS), rows)
    newer = statement.excluded.at >= schema.latest.c.at
    values = {name: statement.excluded[name] for name in CHECK_COLUMNS}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["endpoint"], set_=values, where=newer)
    )
