"""Every check, in a table for each hour: first as they come, then sealed in order of endpoints.

An index by endpoint would write a page of the file for each check. Instead an hour is appended as
it comes, and when it is over it is copied once, in pieces, into a table that is in the order in
which it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Select, Table, func, insert, select, update
from sqlalchemy.dialects import sqlite

from ringback.monitor.store.sqlite import schema
from ringback.monitor.store.sqlite.schema import HOUR, LOOK, hour

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringback.incident.model import Check
    from ringback.monitor.store.sqlite.row import Rows, Values

OPEN, SEALING, SEALED = 0, 1, 2
"""What has become of an hour: takes checks, is being copied, is copied."""

_EVER = 1 << 62


@dataclass(slots=True)
class _Hour:
    earliest: int
    sealed: int


class Raw:
    """The tables of hours.

    Args:
        rows: Turns checks into rows and back.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._hours: dict[int, _Hour] | None = None
        self._inserts: dict[int, str] = {}

    def append(self, connection: Connection, values: Sequence[Values]) -> None:
        """Append rows to the tables of their hours.

        A check of an hour that is sealed goes to the oldest one that is open.

        Args:
            connection: In a transaction.
            values: In any order.
        """
        for at, group in self._by_hour(connection, values):
            connection.exec_driver_sql(self._insert(at), group)

    def _by_hour(
        self, connection: Connection, values: Sequence[Values]
    ) -> Iterator[tuple[int, list[Values]]]:
        begin, end = 0, -1
        group: list[Values] = []
        for one in values:
            if not begin <= one[1] < end:
                if group:
                    yield self._place(connection, begin, group), group
                begin = one[1] // HOUR * HOUR
                end, group = begin + HOUR, []
            group.append(one)
        if group:
            yield self._place(connection, begin, group), group

    def _place(self, connection: Connection, at: int, group: Sequence[Values]) -> int:
        hours = self.known(connection)
        known = hours.get(at)
        if known is not None and known.sealed == OPEN:
            return at
        newest = max(hours, default=-HOUR)
        if at <= newest:
            opened = [other for other, one in hours.items() if one.sealed == OPEN and other > at]
            at = min(opened, default=newest + HOUR)
        self._note(connection, at, min(one[1] for one in group))
        return at

    def _note(self, connection: Connection, at: int, earliest: int) -> None:
        hours = self.known(connection)
        if at not in hours:
            schema.checks_of(at).create(connection, checkfirst=True)
            first = min(at, earliest)
            connection.execute(
                insert(hour).values(at=at, earliest=first, sealed=OPEN, upto_endpoint=0, upto_at=0)
            )
            hours[at] = _Hour(first, OPEN)
        elif earliest < hours[at].earliest:
            connection.execute(update(hour).where(hour.c.at == at).values(earliest=earliest))
            hours[at].earliest = earliest

    def known(self, connection: Connection) -> dict[int, _Hour]:
        """Return the hours that have a table.

        Args:
            connection: The one that writes.
        """
        if self._hours is None:
            self._hours = {
                row.at: _Hour(row.earliest, row.sealed) for row in connection.execute(select(hour))
            }
        return self._hours

    def forget(self) -> None:
        """Read anew what hours there are: a transaction that made one may not have been kept."""
        self._hours = None

    def _insert(self, at: int) -> str:
        if at not in self._inserts:
            statement = insert(schema.checks_of(at)).compile(
                dialect=sqlite.dialect(paramstyle="qmark"), column_keys=list(LOOK)
            )
            self._inserts = {at: str(statement)}
        return self._inserts[at]

    def checks(
        self, connection: Connection, endpoint: int, since: int, until: int, failed: bool, most: int
    ) -> list[Check]:
        """Return checks of an endpoint from ``since`` to before ``until``, newest first.

        Args:
            connection: That reads.
            endpoint: Its number.
            since: Microseconds.
            until: Microseconds.
            failed: Whether only those that failed are wanted; then those that are kept longer than
                the hours are among them.
            most: How many.
        """
        found: dict[Any, Row[Any]] = {}
        for at, table in _tables(connection, since, until, failed=failed):
            columns = [table.c[name] for name in (*LOOK, "number")]
            query = select(*columns).where(
                table.c.endpoint == endpoint, table.c.at >= since, table.c.at < until
            )
            if failed:
                query = query.where(table.c.up == 0)
            for row in connection.execute(query.order_by(table.c.at.desc()).limit(most)):
                found[row.at, row.number] = row
            if sum(row.at >= at for row in found.values()) >= most:
                break
        newest = sorted(found.values(), key=lambda row: (-row.at, -row.number))
        return [self._rows.check(row, connection) for row in newest[:most]]

    def since(
        self, connection: Connection, at: int
    ) -> Iterator[tuple[Sequence[Values], list[Check]]]:
        """Yield every check from that time on, with its row, many at a time.

        Args:
            connection: That reads.
            at: Microseconds.
        """
        for _, table in _tables(connection, at, _EVER, failed=False):
            query = select(*(table.c[name] for name in LOOK)).where(table.c.at >= at)
            for rows in connection.execute(query).partitions(1000):
                some = [tuple(row) for row in rows]
                yield some, [self._rows.check(row, connection) for row in some]

    def newest(self, connection: Connection) -> Iterator[Check]:
        """Yield the newest checks of endpoints; of an endpoint there may be several.

        Args:
            connection: That reads.
        """
        still_open = select(hour.c.at).where(hour.c.sealed != SEALED)
        tables = [schema.checks_of(at) for at in connection.scalars(still_open).all()]
        for row in connection.execute(select(*(schema.latest.c[name] for name in LOOK))):
            yield self._rows.check(row, connection)
        for table in tables:
            for row in connection.execute(newest_of(table)):
                yield self._rows.check(row, connection)


def newest_of(table: Table) -> Select[Any]:
    """Return the query for the newest check of each endpoint in a table.

    Args:
        table: With the columns of ``LOOK``.
    """
    # SQLite takes the other columns from the row that has the maximum.
    columns = [func.max(table.c.at).label("at") if n == "at" else table.c[n] for n in LOOK]
    return select(*columns).group_by(table.c.endpoint)


def _tables(
    connection: Connection, since: int, until: int, *, failed: bool
) -> Iterator[tuple[int, Table]]:
    """Yield tables, newest first, with a time: what is newer is in it or in those before."""
    query = select(hour).where(hour.c.earliest < until, hour.c.at + HOUR > since)
    for row in connection.execute(query.order_by(hour.c.at.desc())).all():
        sealed = row.sealed == SEALED
        yield row.at, schema.sealed_of(row.at) if sealed else schema.checks_of(row.at)
    if failed:
        first = schema.failed_of(since).name
        for name in reversed(schema.names(connection, first, "failed_99")):
            yield _EVER, schema.failed_named(name)
