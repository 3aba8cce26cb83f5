"""Every check, in a table for each hour: first as they come, then sealed in order of endpoints."""

# Theory of operation
#
# Checks come in the order of time and are read in the order of endpoints ("the last day of this
# one"). An index by endpoint would write a page of the file for nearly each check. So an hour is
# written twice, each time in order: once row by row, as the checks come, and once as a whole, when
# it is over. That is the idea of a log-structured merge tree with two levels.
#
# An hour is a row of the table `hour`, and goes through these states:
#
#     (none) --append--> OPEN --first piece--> SEALING --the end--> SEALED --retention--> (none)
#
#   OPEN     `check_YYYYMMDDHH` takes checks, and is read, until SEAL_GRACE after the hour's end.
#   SEALING  It takes no more. Its rows are copied to `sealed_YYYYMMDDHH`, in the order of
#            (endpoint, time), up to and with (`upto_endpoint`, `upto_at`). Readers still read
#            `check_...`, which is whole, and not what is copied.
#   SEALED   `check_...` is gone, `sealed_...` is read, and is never written again.
#
# Every arrow is one transaction, which moves the rows (or creates or drops the table: SQLite does
# that in transactions too) together with the row of `hour` that says so. Hence
#
# * a crash leaves the state before the arrow or the one behind it, never one in between, and the
#   next process goes on at `upto`: there is nothing to repair;
# * a power failure takes back the last commits in their order (WAL, synchronous=NORMAL), so the
#   file is then as it was a moment before, and the same holds;
# * nothing is lost: `check_...` is dropped in the transaction that makes its copy the one to read,
#   and only when no key behind `upto` is left;
# * nothing is counted twice: a reader finds out in one transaction in which state an hour is and
#   reads the one table that goes with it. A reader that goes from hour to hour (`SQLiteReader`)
#   looks again when a table is missing.
#
# Why no check is added behind the copy's back: keeping and sealing take turns under the store's
# lock, and `append` gives a check only to an OPEN hour. One of an hour that is not open any more
# goes to the oldest open hour behind it, whose `earliest` is set back, so that readers who ask for
# the older time find that table as well. This is also why the counts of an hour, by which it is
# divided, can be taken once: it does not change after the first piece.
#
# What outlives the hour is copied with each piece, and the same piece copied again changes nothing:
# `latest` keeps the newer of two checks, `failed_YYYYMM` ignores a row that it has. So the endpoint
# that is divided between two pieces may be gone through twice.
#
# Pieces are bounded (SEAL_ROWS), as whoever keeps a batch waits for the piece that is under way.

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Select, Table, func, insert, select, tuple_, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert as upsert

from ringback.monitor.store.sqlite import schema
from ringback.monitor.store.sqlite.schema import CHECK_COLUMNS, HOUR, SECOND, hour

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringback.incident.model import Check
    from ringback.monitor.store.sqlite.database import Database
    from ringback.monitor.store.sqlite.rows import CheckRow, RowCodec

OPEN, SEALING, SEALED = 0, 1, 2  # The states of an hour: takes checks, is being copied, is copied

_ANY_TIME = 1 << 62


@dataclass(slots=True)
class _Hour:
    earliest: int
    sealed: int


class RawResults:
    """The tables of hours."""

    def __init__(self, rows: RowCodec) -> None:
        self._rows = rows
        self._hours: dict[int, _Hour] | None = None
        self._inserts: dict[int, str] = {}

    def append(self, connection: Connection, values: Sequence[CheckRow]) -> None:
        """Append rows to their hours' tables; one of a sealed hour goes to the oldest open one."""
        for begin, rows in groupby(values, key=lambda row: int(row[1]) // HOUR * HOUR):
            group = list(rows)
            connection.exec_driver_sql(self._insert(self._place(connection, begin, group)), group)

    def _place(self, connection: Connection, at: int, group: Sequence[CheckRow]) -> int:
        hours = self.known(connection)
        known = hours.get(at)
        if known is not None and known.sealed == OPEN:
            return at
        newest = max(hours, default=-HOUR)
        if at <= newest:
            opened = [
                other for other, state in hours.items() if state.sealed == OPEN and other > at
            ]
            at = min(opened, default=newest + HOUR)
        self._note(connection, at, min(row[1] for row in group))
        return at

    def _note(self, connection: Connection, at: int, earliest: int) -> None:
        hours = self.known(connection)
        if at not in hours:
            schema.open_table(at).create(connection, checkfirst=True)
            first = min(at, earliest)
            connection.execute(
                insert(hour).values(at=at, earliest=first, sealed=OPEN, upto_endpoint=0, upto_at=0)
            )
            hours[at] = _Hour(first, OPEN)
        elif earliest < hours[at].earliest:
            connection.execute(update(hour).where(hour.c.at == at).values(earliest=earliest))
            hours[at].earliest = earliest

    def known(self, connection: Connection) -> dict[int, _Hour]:
        """Return the hours that have a table."""
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
            statement = insert(schema.open_table(at)).compile(
                dialect=sqlite.dialect(paramstyle="qmark"), column_keys=list(CHECK_COLUMNS)
            )
            self._inserts = {at: str(statement)}
        return self._inserts[at]

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
        found: dict[Any, Row[Any]] = {}
        for at, table in _tables(connection, since, until, failed=failed):
            columns = [table.c[name] for name in (*CHECK_COLUMNS, "number")]
            query = select(*columns).where(
                table.c.endpoint == endpoint, table.c.at >= since, table.c.at < until
            )
            if failed:
                query = query.where(table.c.up == 0)
            for row in connection.execute(query.order_by(table.c.at.desc()).limit(limit)):
                found[row.at, row.number] = row
            if sum(row.at >= at for row in found.values()) >= limit:
                break
        newest = sorted(found.values(), key=lambda row: (-row.at, -row.number))
        return [self._rows.check(row, connection) for row in newest[:limit]]

    def since(
        self, connection: Connection, at: int
    ) -> Iterator[tuple[Sequence[CheckRow], list[Check]]]:
        """Yield every check from that time on, with its row, many at a time."""
        for _, table in _tables(connection, at, _ANY_TIME, failed=False):
            query = select(*(table.c[name] for name in CHECK_COLUMNS)).where(table.c.at >= at)
            for rows in connection.execute(query).partitions(1000):
                some = [tuple(row) for row in rows]
                yield some, [self._rows.check(row, connection) for row in some]

    def newest(self, connection: Connection) -> Iterator[Check]:
        """Yield the newest checks of endpoints; of an endpoint there may be several."""
        still_open = select(hour.c.at).where(hour.c.sealed != SEALED)
        tables = [schema.open_table(at) for at in connection.scalars(still_open).all()]
        for row in connection.execute(select(*(schema.latest.c[name] for name in CHECK_COLUMNS))):
            yield self._rows.check(row, connection)
        for table in tables:
            for row in connection.execute(newest_checks_query(table)):
                yield self._rows.check(row, connection)


def newest_checks_query(table: Table) -> Select[Any]:
    # SQLite takes the other columns from the row that has the maximum.
    columns = [func.max(table.c.at).label("at") if n == "at" else table.c[n] for n in CHECK_COLUMNS]
    return select(*columns).group_by(table.c.endpoint)


def _tables(
    connection: Connection, since: int, until: int, *, failed: bool
) -> Iterator[tuple[int, Table]]:
    """Yield tables, newest first, with a time: what is newer is in it or in those before."""
    query = select(hour).where(hour.c.earliest < until, hour.c.at + HOUR > since)
    for row in connection.execute(query.order_by(hour.c.at.desc())).all():
        sealed = row.sealed == SEALED
        yield row.at, schema.sealed_table(row.at) if sealed else schema.open_table(row.at)
    if failed:
        first = schema.failed_table(since).name
        for name in reversed(schema.table_names(connection, first, "failed_99")):
            yield _ANY_TIME, schema.failed_table_named(name)


SEAL_GRACE = 60 * SECOND  # How long an hour stays open for checks that come late
SEAL_ROWS = 5_000  # Rows that are copied at once, about

MAX_FAILED_PER_HOUR = 120
"""Failed checks of an endpoint and an hour that are kept when the hour is dropped: all of one that
is checked every half a minute."""

_Key = tuple[int, int]  # Number of an endpoint and a time: what is copied up to and with it


class Sealer:
    """Copies hours; where a process ended, the next one goes on."""

    def __init__(self, database: Database) -> None:
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
        rest = [count for count in counts if (count[0], _ANY_TIME) > after]
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
        first = after[0] if after[1] < _ANY_TIME else after[0] + 1
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
        return endpoint, end if end < at + HOUR else _ANY_TIME
    for other, count in rest[1:]:
        total += count
        if total > SEAL_ROWS:
            break
        endpoint = other
    return endpoint, _ANY_TIME


def _keep_failed(connection: Connection, at: int, first: int, last: int) -> None:
    sealed, failed = schema.sealed_table(at), schema.failed_table(at)
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
