"""The store of one machine, put together, and what of it is dropped when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from ringback.monitor.closing import closed_on_error
from ringback.monitor.store.interface import StoreRetention
from ringback.monitor.store.raw import SEALED, RawResults
from ringback.monitor.store.relational import PURGED_AT_ONCE, RelationalStore, old_table
from ringback.monitor.store.sqlite import schema
from ringback.monitor.store.sqlite.database import SQLiteDatabase, WriterLock, copy_database
from ringback.monitor.store.sqlite.schema import hour, migrate
from ringback.monitor.store.sqlite.seal import Sealer
from ringback.monitor.store.tables import HOUR, microseconds

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SQLiteStore(RelationalStore):
    """Keeps what a monitor knows in one SQLite file; one process at a time writes to it.

    What ``keep`` was given survives the death of the process. Transitions, incidents and notices
    also survive the loss of power; of checks alone the last few seconds may then be gone. Spans of
    time are from ``since`` to before ``until``.
    """

    def __init__(self, path: Path | str, *, retention: StoreRetention | None = None) -> None:
        super().__init__(schema)
        self.path = Path(path).absolute()
        self._retention = retention or StoreRetention()
        self._writer_lock = WriterLock(self.path)
        with closed_on_error(self._writer_lock.release):
            self._file = SQLiteDatabase(self.path)
            with closed_on_error(self._file.close):
                migrate(self._file)
                self._seal = Sealer(self._file)
                self._use(self._file, RawResults)

    def maintain(self, now: float) -> None:
        """Seal, roll up and drop what is old; does a bounded piece of work.

        To be called beside the thread that keeps: that one waits for a piece at most.
        """
        at = microseconds(now)
        self._maintain(
            (
                lambda: self._rollup.write(at),
                lambda: self._rollup.merge("1h"),
                lambda: self._rollup.merge("1d"),
                lambda: self._tables_changed(self._seal.piece(at)),
                lambda: self._tables_changed(self._drop_old(now)),
            )
        )

    def _drop_old(self, now: float) -> bool:
        """Drop one old table, or delete some old notices; return whether there was something."""
        retention, records = self._retention, self._records
        with self._file.read() as connection:
            at = _old_hour(connection, microseconds(now - retention.checks))
            name = old_table(schema, connection, retention, now)
            before = microseconds(now - retention.notices)
            if at is None and name is None and not records.has_ended_notices(connection, before):
                return False
        with self._file.write() as connection:
            if at is not None:
                schema.sealed_table(at).drop(connection)
                connection.execute(delete(hour).where(hour.c.at == at))
            elif name is not None:
                connection.exec_driver_sql(f"DROP TABLE {name}")
            else:
                records.purge_notices(connection, before, PURGED_AT_ONCE)
        return True

    def backup(self, path: Path) -> None:
        copy_database(self.path, Path(path))

    def close(self) -> None:
        with self._lock:
            self._file.close()
            self._writer_lock.release()


def _old_hour(connection: Connection, before: int) -> int | None:
    old = select(hour.c.at).where(hour.c.sealed == SEALED, hour.c.at + HOUR <= before)
    return connection.scalar(old.order_by(hour.c.at).limit(1))
