"""The SQLite file: its connections, the lock of its writer, its backup, and its errors."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from ringback.monitor.store.interface import (
    StoreCorrupt,
    StoreInUse,
    StoreProblem,
    StoreUnavailable,
)
from ringback.monitor.store.pool import closed_when_returned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCKED = "another program has locked the database; close it"

_UNAVAILABLE = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space",
    sqlite3.SQLITE_READONLY: (
        "the file or its directory is read-only; make both writable for this user"
    ),
    sqlite3.SQLITE_IOERR: "the disk reports an error; check its free space and its health",
    sqlite3.SQLITE_CANTOPEN: (
        "the file cannot be opened; make it and its directory readable and writable for this user"
    ),
    sqlite3.SQLITE_PERM: "access is denied; make the file writable",
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_NOMEM: "there is not enough memory; free some",
}
_CORRUPT = {
    sqlite3.SQLITE_CORRUPT: (
        "the database is damaged; move it away and restore a backup, or start with a new one"
    ),
    sqlite3.SQLITE_NOTADB: (
        "the file is not a SQLite database; use another file, or restore a backup"
    ),
}


def problem_of(error: DBAPIError | sqlite3.Error, path: Path) -> StoreProblem:
    origin = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(origin, "sqlite_errorcode", 0) & 0xFF
    if code in _UNAVAILABLE:
        return StoreUnavailable(f"{path}: {_UNAVAILABLE[code]}")
    if code in _CORRUPT:
        return StoreCorrupt(f"{path}: {_CORRUPT[code]}")
    return StoreProblem(f"{path}: SQLite reports: {origin}; if this persists, restore a backup")


def no_database(path: Path) -> StoreProblem:
    what = "this is a directory" if path.is_dir() else "there is no such file"
    return StoreProblem(f"{path}: {what}; give the path of the monitor's database")


def foreign_database(path: Path) -> StoreCorrupt:
    return StoreCorrupt(f"{path}: this is not a database of ringback; use another file")


_LOCK_TIMEOUT = 5.0  # Seconds that SQLite waits for a lock

_MAX_LOG_BYTES = 64 << 20
"""Bytes that the write-ahead log keeps on disk when it was larger for a while."""

MAX_READERS = 8  # Connections that read at once; a further one waits


def keep_private(path: Path) -> None:
    """Have a file that only this user may read: a new one, or one that an earlier release made.

    SQLite gives its log and its index the database's own mode.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if hasattr(os, "fchmod"):
            with suppress(PermissionError):  # it is another user's, who chose its mode
                os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o600)
    finally:
        os.close(descriptor)


class SQLiteDatabase:
    """A file in WAL mode: readers see the last commit, and wait for nobody.

    A commit survives the death of the process. Only a ``durable`` one is also on the disk when it
    returns, and so survives the loss of power.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists() and not os.access(path, os.W_OK):
            # SQLite would open it for reading, and say so only when something is written.
            raise StoreUnavailable(
                f"{path}: the file is read-only; make it and its directory writable for this user"
            )
        with suppress(OSError):  # what is wrong is said by SQLite, in the store's words
            keep_private(path)
        self._writer = _engine(path, _as_writer, "BEGIN IMMEDIATE", poolclass=StaticPool)
        self._readers = _engine(
            path, _as_reader, "BEGIN", poolclass=QueuePool, pool_size=MAX_READERS, max_overflow=0
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
        """Give the connection that writes, in a transaction: all of it is kept, or nothing."""
        with self._translated():
            if durable is not self._durable:
                driver = self._driver(self._connection)
                driver.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            with self._connection.begin():
                yield self._connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that reads, in a transaction: it sees one moment."""
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
        connect_args={
            "check_same_thread": False,
            "timeout": _LOCK_TIMEOUT,
            "isolation_level": None,
        },
        **options,
    )

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return closed_when_returned(engine)


def _as_writer(driver: sqlite3.Connection, _record: Any) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "cache_size=-2000",
        f"journal_size_limit={_MAX_LOG_BYTES}",
        "foreign_keys=OFF",
    ):
        driver.execute(f"PRAGMA {pragma}")


def _as_reader(driver: sqlite3.Connection, _record: Any) -> None:
    driver.execute("PRAGMA query_only=ON")


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class WriterLock:
    """Held from its making to ``release``; the file beside the database names the process.

    The file stays when the lock is let go: to remove it would let two processes hold two files of
    one name.
    """

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreUnavailable(
                f"{path}: {error.strerror}; the store needs a directory that it can write to"
            ) from error
        try:
            _lock(self._descriptor)
        except OSError as error:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise StoreInUse(
                f"{database}: process {holder or '?'} is using it; stop that process, or use"
                " another file"
            ) from error
        with suppress(OSError):  # the disk is full: then the lock names nobody, and holds
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let another process have it; to do so again does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


_HAS_SCHEMA = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"


def copy_database(source: Path, target: Path) -> None:
    """Write a copy as of one moment, beside writers; it takes an earlier one's place when whole."""
    if not source.is_file():
        raise no_database(source)
    if target.exists() and target.samefile(source):
        raise StoreProblem(f"{target}: this is the database itself; use another file")
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        _copy(source, partial, target)
        _flush(partial)
        partial.replace(target)
        _flush(target.parent)
    except OSError as error:
        raise StoreUnavailable(
            f"{target}: {error.strerror}; use a place that can be written to"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _copy(source: Path, partial: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as reading:
            if not reading.execute(_HAS_SCHEMA).fetchone():
                raise foreign_database(source)
            _fill(reading, partial, target)
    except sqlite3.Error as error:
        raise problem_of(error, source) from error


def _fill(reading: sqlite3.Connection, partial: Path, target: Path) -> None:
    try:
        with suppress(OSError):  # as SQLite says it
            keep_private(partial)
        with closing(sqlite3.connect(partial)) as writing:
            # In one step it is one read transaction, which in WAL mode hinders no writer. In
            # several it would begin again after each commit of another connection.
            reading.backup(writing, pages=-1)
            writing.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise problem_of(error, target) from error


def _flush(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
