"""A database file read beside the process that writes to it, or without one: read-only."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from ringback.monitor.closing import closed_on_error
from ringback.monitor.store.interface import StoreTooNew
from ringback.monitor.store.pool import closed_when_returned
from ringback.monitor.store.raw import RawResults
from ringback.monitor.store.reader import StoreReader
from ringback.monitor.store.sqlite import schema
from ringback.monitor.store.sqlite.database import foreign_database, no_database, problem_of
from ringback.monitor.store.sqlite.schema import SCHEMA_REVISION

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK_TIMEOUT = 5.0


class SQLiteReader(StoreReader):
    """What a monitor has kept in a file."""

    def __init__(self, path: Path | str) -> None:
        if not Path(path).is_file():
            raise no_database(Path(path))
        self._file = _File(Path(path).absolute())
        with closed_on_error(self.close):
            self._file.verify()
            super().__init__(self._file, schema, RawResults)

    def close(self) -> None:
        self._file.close()


class _File:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = _engine(path)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection, connection.begin():
                yield connection
        except (DBAPIError, sqlite3.Error) as error:
            raise problem_of(error, self.path) from error

    def close(self) -> None:
        self._engine.dispose()

    def verify(self) -> None:
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


def _engine(path: Path) -> Engine:
    def connect() -> sqlite3.Connection:
        name = f"file:{quote(str(path))}?mode=ro"
        try:
            return _opened(name)
        except sqlite3.OperationalError:
            # A log that cannot be made, on a disk that is read-only: nobody writes there.
            return _opened(f"{name}&immutable=1")

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return closed_when_returned(engine)


def _opened(name: str) -> sqlite3.Connection:
    driver = sqlite3.connect(
        name, uri=True, timeout=_LOCK_TIMEOUT, isolation_level=None, check_same_thread=False
    )
    with closed_on_error(driver.close):
        driver.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
    return driver
