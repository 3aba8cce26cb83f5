"""The connections to one SQLite file: one that writes, and others that read beside it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from ringback.monitor.store.problem import StoreUnavailable
from ringback.monitor.store.sqlite.trouble import problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE = 5.0
"""Seconds that SQLite waits for a lock."""

_LOG_LIMIT = 64 << 20
"""Bytes that the write-ahead log keeps on disk when it was larger for a while."""

READERS = 8
"""Connections that read at once; a further one waits."""


class Database:
    """A file in WAL mode: readers see the last commit, and wait for nobody.

    A commit survives the death of the process. Only a ``durable`` one is also on the disk when it
    returns, and so survives the loss of power.

    Args:
        path: The file; it is made where there is none.

    Raises:
        StoreProblem: It cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists() and not os.access(path, os.W_OK):
            # SQLite would open it for reading, and say so only when something is written.
            raise StoreUnavailable(
                f"{path}: the file is read-only; make it and its directory writable for this user"
            )
        self._writer = _engine(path, _as_writer, "BEGIN IMMEDIATE", poolclass=StaticPool)
        self._readers = _engine(
            path, _as_reader, "BEGIN", poolclass=QueuePool, pool_size=READERS, max_overflow=0
        )
        with self._translated():
            self._connection = self._writer.connect()
        self._durable = False
        self._in_wal()

    def _in_wal(self) -> None:
        with self._translated():
            mode = self._connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            self._connection.rollback()
        if mode != "wal":
            self._writer.dispose()
            raise StoreUnavailable(
                f"{self.path}: this file system cannot hold a write-ahead log; use a local disk"
            )

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """Give the connection that writes, in a transaction: all of it is kept, or nothing.

        Args:
            durable: Whether it must survive the loss of power.

        Raises:
            StoreProblem: It could not be kept.
        """
        with self._translated():
            if durable is not self._durable:
                driver = self._driver(self._connection)
                driver.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            with self._connection.begin():
                yield self._connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that reads, in a transaction: it sees one moment.

        Raises:
            StoreProblem: It could not be read.
        """
        with self._translated(), self._readers.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close every connection; the log is taken into the file."""
        self._connection.close()
        self._readers.dispose()
        self._writer.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            raise problem_of(error, self.path) from error

    @staticmethod
    def _driver(connection: Connection) -> sqlite3.Connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        return driver


def _engine(path: Path, prepare: Any, begin: str, **options: Any) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"check_same_thread": False, "timeout": _PATIENCE, "isolation_level": None},
        **options,
    )

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begun)
    return engine


def _as_writer(driver: sqlite3.Connection, _record: Any) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "cache_size=-8000",
        f"journal_size_limit={_LOG_LIMIT}",
        "foreign_keys=OFF",
    ):
        driver.execute(f"PRAGMA {pragma}")


def _as_reader(driver: sqlite3.Connection, _record: Any) -> None:
    driver.execute("PRAGMA query_only=ON")
