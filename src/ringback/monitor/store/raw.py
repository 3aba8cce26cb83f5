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

from sqlalchemy import Connection, Executable, Row, Select, Table, func, insert, select, update

from ringback.monitor.store.tables import CHECK_COLUMNS, HOUR, failed_name, of_shard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringback.incident.model import Check
    from ringback.monitor.store.rows import CheckRow, RowCodec
    from ringback.monitor.store.tables import Schema

OPEN, SEALING, SEALED = 0, 1, 2  # The states of an hour: takes checks, is being copied, is copied

ANY_TIME = 1 << 62


@dataclass(slots=True)
class _Hour:
    earliest: int
    sealed: int


class RawResults:
    """The tables of hours."""

    def __init__(self, schema: Schema, rows: RowCodec) -> None:
        self._schema, self._rows = schema, rows
        self._hours: dict[int, _Hour] | None = None
        self._inserts: dict[int, str] = {}

    def append(self, connection: Connection, values: Sequence[CheckRow]) -> None:
        """Append rows to their hours' tables; one of a sealed hour goes to the oldest open one."""
        for begin, rows in groupby(values, key=lambda row: int(row[1]) // HOUR * HOUR):
            group = list(rows)
            self._put(connection, self._place(connection, begin, group), group)

    def _put(self, connection: Connection, at: int, group: Sequence[CheckRow]) -> None:
        if at not in self._inserts:
            statement = insert(self._schema.open_table(at)).compile(
                dialect=connection.dialect, column_keys=list(CHECK_COLUMNS)
            )
            self._inserts = {at: str(statement)}
        connection.exec_driver_sql(self._inserts[at], list(group))

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
        hours, hour = self.known(connection), self._schema.hour
        if at not in hours:
            self._schema.open_table(at).create(connection, checkfirst=True)
            first = min(at, earliest)
            connection.execute(insert(hour).values(at=at, earliest=first, sealed=OPEN))
            hours[at] = _Hour(first, OPEN)
        elif earliest < hours[at].earliest:
            change = update(hour).where(*of_shard(hour), hour.c.at == at)
            connection.execute(change.values(earliest=earliest))
            hours[at].earliest = earliest

    def known(self, connection: Connection) -> dict[int, _Hour]:
        """Return the hours that have a table."""
        if self._hours is None:
            hour = self._schema.hour
            found = connection.execute(select(hour).where(*of_shard(hour)))
            self._hours = {row.at: _Hour(row.earliest, row.sealed) for row in found}
        return self._hours

    @property
    def remembered(self) -> dict[int, _Hour] | None:
        """The same, where it need not be read; ``None``: it must be."""
        return self._hours

    def forget(self) -> None:
        """Read anew what hours there are: a transaction that made one may not have been kept."""
        self._hours = None

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
        wanted = endpoint, since, until, limit
        # What failed in an hour that is sealed stands in the table of the month as well: of 90 days
        # that is 4 tables instead of 2,160.
        for at, table in self.tables(connection, since, until, failed=failed, sealed=not failed):
            for row in self._rows_of(connection, table, wanted, failed):
                found[row.at, row.number] = row
            if sum(row.at >= at for row in found.values()) >= limit:
                break
        if failed and found:
            oldest = sorted((row.at for row in found.values()), reverse=True)[:limit][-1]
            for table in self._overfull(connection, endpoint, max(since, oldest), until):
                for row in self._rows_of(connection, table, wanted, failed):
                    found[row.at, row.number] = row
        newest = sorted(found.values(), key=lambda row: (-row.at, -row.number))
        return [self._rows.check(row, connection) for row in newest[:limit]]

    def _overfull(
        self, connection: Connection, endpoint: int, since: int, until: int
    ) -> Iterator[Table]:
        """Yield sealed hours of which the months' tables may have not every failed check."""
        schema, hour = self._schema, self._schema.hour
        many: list[int] = []
        for name in schema.table_names(connection, failed_name(since), "failed_99"):
            own = connection.exec_driver_sql(
                f"SELECT at / {HOUR} * {HOUR} FROM {name}"  # noqa: S608 - ringback's own table
                " WHERE endpoint = ? AND at >= ? AND at < ? GROUP BY 1 HAVING count(*) >= ?",
                (endpoint, since // HOUR * HOUR, until, MAX_FAILED_PER_HOUR // 2),
            )
            many += own.scalars()
        kept = select(hour.c.at).where(hour.c.at.in_(many), hour.c.sealed == SEALED)
        for at in connection.scalars(kept).all() if many else ():
            yield schema.sealed_table(at)

    @staticmethod
    def _rows_of(
        connection: Connection, table: Table, wanted: tuple[int, int, int, int], failed: bool
    ) -> Sequence[Row[Any]]:
        """Return rows of an endpoint, from a time to before another, so many, newest first."""
        # As text: each hour has a table, and to compile a statement takes longer than to run it.
        return connection.exec_driver_sql(
            f"SELECT {', '.join(CHECK_COLUMNS)}, number FROM {table.name}"  # noqa: S608 - as above
            f" WHERE endpoint = ? AND at >= ? AND at < ?{' AND up = 0' if failed else ''}"
            " ORDER BY at DESC LIMIT ?",
            wanted,
        ).all()

    def since(
        self, connection: Connection, at: int
    ) -> Iterator[tuple[Sequence[CheckRow], list[Check]]]:
        """Yield every check from that time on, with its row, many at a time."""
        for _, table in self.tables(connection, at, ANY_TIME, failed=False):
            query = select(*(table.c[name] for name in CHECK_COLUMNS))
            query = query.where(*of_shard(table), table.c.at >= at)
            for rows in connection.execute(query).partitions(1000):
                some = [tuple(row) for row in rows]
                yield some, [self._rows.check(row, connection) for row in some]

    def newest(self, connection: Connection) -> Iterator[Check]:
        """Yield the newest checks of endpoints; of an endpoint there may be several."""
        hour, latest = self._schema.hour, self._schema.latest
        still_open = select(hour.c.at).where(*of_shard(hour), hour.c.sealed != SEALED)
        tables = [self._schema.open_table(at) for at in connection.scalars(still_open).all()]
        columns = [latest.c[name] for name in CHECK_COLUMNS]
        for row in connection.execute(select(*columns).where(*of_shard(latest))):
            yield self._rows.check(row, connection)
        for table in tables:
            for row in connection.execute(self._newest_of(table)):
                yield self._rows.check(row, connection)

    def _newest_of(self, table: Table) -> Executable:
        return newest_checks_query(table)

    def tables(
        self, connection: Connection, since: int, until: int, *, failed: bool, sealed: bool = True
    ) -> Iterator[tuple[int, Table]]:
        """Yield tables, newest first, with a time: what is newer is in it or in those before."""
        schema, hour = self._schema, self._schema.hour
        query = select(hour.c.at, hour.c.sealed).where(
            *of_shard(hour), hour.c.earliest < until, hour.c.at + HOUR > since
        )
        if not sealed:
            query = query.where(hour.c.sealed != SEALED)
        for row in connection.execute(query.order_by(hour.c.at.desc())).all():
            is_sealed = row.sealed == SEALED
            yield row.at, schema.sealed_table(row.at) if is_sealed else schema.open_table(row.at)
        if failed:
            for name in reversed(schema.table_names(connection, failed_name(since), "failed_99")):
                yield ANY_TIME, schema.failed_table(name)


def newest_checks_query(table: Table) -> Select[Any]:
    # SQLite takes the other columns from the row that has the maximum.
    columns = [func.max(table.c.at).label("at") if n == "at" else table.c[n] for n in CHECK_COLUMNS]
    return select(*columns).group_by(table.c.endpoint)


MAX_FAILED_PER_HOUR = 120
"""Failed checks of an endpoint and an hour that are kept when the hour is dropped: all of one that
is checked every half a minute."""
