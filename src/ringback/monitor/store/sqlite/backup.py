"""A copy of a database, made while a process writes to it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from ringback.monitor.store.problem import StoreProblem, StoreUnavailable
from ringback.monitor.store.sqlite.trouble import no_database, not_ours, problem_of

if TYPE_CHECKING:
    from pathlib import Path

_OURS = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"


def copy_database(source: Path, target: Path) -> None:
    """Write a copy that is whole, as of one moment; writers go on meanwhile.

    An earlier copy of that name is replaced when the new one is complete.

    Args:
        source: The database.
        target: The copy.

    Raises:
        StoreProblem: It cannot be read, or the copy cannot be written.
    """
    if not source.is_file():
        raise no_database(source)
    if target.exists() and target.samefile(source):
        raise StoreProblem(f"{target}: this is the database itself; name another file")
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        _copy(source, partial, target)
        _flush(partial)
        partial.replace(target)
        _flush(target.parent)
    except OSError as error:
        raise StoreUnavailable(
            f"{target}: {error.strerror}; name a place that can be written to"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _copy(source: Path, partial: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as reading:
            if not reading.execute(_OURS).fetchone():
                raise not_ours(source)
            _fill(reading, partial, target)
    except sqlite3.Error as error:
        raise problem_of(error, source) from error


def _fill(reading: sqlite3.Connection, partial: Path, target: Path) -> None:
    try:
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
