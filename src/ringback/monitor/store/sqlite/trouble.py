"""SQLite's errors as problems of the store: what it is, and what to do."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ringback.monitor.store.problem import StoreCorrupt, StoreProblem, StoreUnavailable

if TYPE_CHECKING:
    from pathlib import Path

_SAID: dict[int, tuple[type[StoreProblem], str]] = {
    sqlite3.SQLITE_FULL: (StoreUnavailable, "the disk is full; make room on it"),
    sqlite3.SQLITE_READONLY: (
        StoreUnavailable,
        "the file or its directory is read-only; make both writable for this user",
    ),
    sqlite3.SQLITE_IOERR: (
        StoreUnavailable,
        "the disk reports an error; look for room on it and for its health",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        StoreUnavailable,
        "the file cannot be opened; make it and its directory readable and writable for this user",
    ),
    sqlite3.SQLITE_PERM: (StoreUnavailable, "access is denied; make the file writable"),
    sqlite3.SQLITE_BUSY: (
        StoreUnavailable,
        "another program holds the database; end what is open in it",
    ),
    sqlite3.SQLITE_LOCKED: (
        StoreUnavailable,
        "another program holds the database; end what is open in it",
    ),
    sqlite3.SQLITE_NOMEM: (StoreUnavailable, "memory is short; make some free"),
    sqlite3.SQLITE_CORRUPT: (
        StoreCorrupt,
        "the database is damaged; move it away and put a backup in its place, or start anew",
    ),
    sqlite3.SQLITE_NOTADB: (
        StoreCorrupt,
        "the file is not a SQLite database; name another file, or put a backup in its place",
    ),
}


def problem_of(error: DBAPIError | sqlite3.Error, path: Path) -> StoreProblem:
    """Return what an error means for the store.

    Args:
        error: SQLite's, or SQLAlchemy's around it.
        path: The database.
    """
    origin = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(origin, "sqlite_errorcode", 0) & 0xFF
    cls, said = _SAID.get(
        code, (StoreProblem, f"SQLite says: {origin}; if it goes on, restore a backup")
    )
    return cls(f"{path}: {said}")


def no_database(path: Path) -> StoreProblem:
    """Return what is wrong with a path at which there is no file.

    Args:
        path: As it was named.
    """
    what = "this is a directory" if path.is_dir() else "there is no such file"
    return StoreProblem(f"{path}: {what}; name the monitor's database")


def not_ours(path: Path) -> StoreCorrupt:
    """Return what is wrong with a database that no monitor has written.

    Args:
        path: The file.
    """
    return StoreCorrupt(f"{path}: the database is not one of ringback's; name another file")
