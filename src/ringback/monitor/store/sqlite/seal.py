"""An hour that is over, copied in pieces into the order in which it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, insert, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert as upsert

from ringback.monitor.store.sqlite import schema
from ringback.monitor.store.sqlite.raw import OPEN, SEALED, SEALING, newest_of
from ringback.monitor.store.sqlite.schema import HOUR, LOOK, SECOND, hour

if TYPE_CHECKING:
    from sqlalchemy import Row

    from ringback.monitor.store.sqlite.database import Database

GRACE = 60 * SECOND
"""How long an hour stays open for checks that come late."""

PIECE = 5_000
"""Rows that are copied at once, about."""

MOST_FAILED = 120
"""Failed checks of an endpoint and an hour that are kept when the hour is dropped: all of one that
is checked every half a minute."""

_EVER = 1 << 62

_Key = tuple[int, int]
"""Number of an endpoint and a time: what is copied up to and with it."""


class Seal:
    """Copies hours; where a process ended, the next one goes on.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counted: tuple[int, list[tuple[int, int]]] = (-1, [])

    def piece(self, now: int) -> bool:
        """Copy a piece of an hour that is over; return whether there was one.

        Args:
            now: Microseconds.
        """
        with self._database.read() as connection:
            over = hour.c.sealed != SEALED, hour.c.at + HOUR + GRACE <= now
            found = connection.execute(select(hour).where(*over).order_by(hour.c.at)).first()
            if found is None:
                return False
            counts = self._counts(connection, found.at)
        after = (found.upto_endpoint, found.upto_at)
        rest = [one for one in counts if (one[0], _EVER) > after]
        with self._database.write() as connection:
            if rest:
                self._copy(connection, found, after, _upto(rest, found.at, after))
            else:
                schema.checks_of(found.at).drop(connection)
                self._reach(connection, found.at, sealed=SEALED)
        return True

    def _counts(self, connection: Connection, at: int) -> list[tuple[int, int]]:
        if self._counted[0] != at:
            table = schema.checks_of(at)
            number = select(table.c.endpoint, func.count()).group_by(table.c.endpoint)
            found = connection.execute(number.order_by(table.c.endpoint))
            self._counted = (at, [(endpoint, count) for endpoint, count in found])
        return self._counted[1]

    def _copy(self, connection: Connection, of: Row[Any], after: _Key, upto: _Key) -> None:
        raw, sealed = schema.checks_of(of.at), schema.sealed_of(of.at)
        if of.sealed == OPEN:
            sealed.create(connection)
        names = [*LOOK, "number"]
        key = tuple_(raw.c.endpoint, raw.c.at)
        rows = (
            select(*(raw.c[name] for name in names))
            .where(key > tuple_(*after), key <= tuple_(*upto))
            .order_by(raw.c.endpoint, raw.c.at, raw.c.number)
        )
        connection.execute(insert(sealed).from_select(names, rows))
        first = after[0] if after[1] < _EVER else after[0] + 1
        _keep_failed(connection, of.at, first, upto[0])
        _keep_latest(connection, of.at, first, upto[0])
        reached = {"upto_endpoint": upto[0], "upto_at": upto[1]}
        self._reach(connection, of.at, sealed=SEALING, **reached)

    @staticmethod
    def _reach(connection: Connection, at: int, **values: int) -> None:
        connection.execute(update(hour).where(hour.c.at == at).values(**values))


def _upto(rest: list[tuple[int, int]], at: int, after: _Key) -> _Key:
    """Return where the next piece ends; an endpoint with too many checks is divided by time."""
    endpoint, total = rest[0]
    if total > PIECE:
        begin = after[1] if after[0] == endpoint else at
        end = begin + HOUR * PIECE // total
        return endpoint, end if end < at + HOUR else _EVER
    for other, count in rest[1:]:
        total += count
        if total > PIECE:
            break
        endpoint = other
    return endpoint, _EVER


def _keep_failed(connection: Connection, at: int, first: int, last: int) -> None:
    sealed, failed = schema.sealed_of(at), schema.failed_of(at)
    place = func.row_number().over(partition_by=sealed.c.endpoint, order_by=sealed.c.at)
    bad = (
        select(sealed, place.label("place"))
        .where(sealed.c.endpoint.between(first, last), sealed.c.up == 0)
        .subquery()
    )
    failed.create(connection, checkfirst=True)
    names = [*LOOK, "number"]
    rows = select(*(bad.c[name] for name in names)).where(bad.c.place <= MOST_FAILED)
    connection.execute(insert(failed).prefix_with("OR IGNORE").from_select(names, rows))


def _keep_latest(connection: Connection, at: int, first: int, last: int) -> None:
    sealed = schema.sealed_of(at)
    rows = newest_of(sealed).where(sealed.c.endpoint.between(first, last))
    statement = upsert(schema.latest).from_select(list(LOOK), rows)
    newer = statement.excluded.at >= schema.latest.c.at
    values = {name: statement.excluded[name] for name in LOOK}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["endpoint"], set_=values, where=newer)
    )
