"""What an agent has found and the hub has not acknowledged: a bounded queue on disk.

Theory of operation
-------------------

Results come into ``_new``, in memory, and are written together within a moment (``write``). Their
numbers begin anew with each process, in a block of their own that is reserved on disk before any of
it is used: no number comes twice, not even one that was never written. The hub knows by them what
it has.

A spool that is full lets the oldest *successes* go, for a failure says more; they are counted. What
cannot be written because the disk is full stays in memory, bounded in the same way, and is sent
from there. A file that is damaged is set aside, with its name, and a new one begun, whose id is
another one: numbers of a spool that is lost must not be taken for those of the new one.

What touches the disk belongs to one thread, for a disk may hang; results are added by another, that
of the checks, which meets it in memory only: ``_lock`` is held for no longer than that.
"""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
import sqlite3
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ringback.monitor.fleet.protocol import result_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringback.incident.model import Check

MAX_SPOOLED: Final = 500_000  # Results on disk, about 100 MB
MAX_HELD: Final = 20_000  # Results in memory, while nothing can be written
BLOCK: Final = 2**32  # Numbers of one process
_MANY: Final = 1_000  # Results that make room at once

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS result (n INTEGER PRIMARY KEY, up INTEGER, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS success ON result (n) WHERE up = 1;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

log = logging.getLogger("ringback")


class Row(NamedTuple):
    """One result that waits."""

    n: int
    up: int | None
    body: str  # As it is sent


class Spool:
    """The results of one agent that wait to be sent."""

    def __init__(self, path: Path, *, limit: int = MAX_SPOOLED, held: int = MAX_HELD) -> None:
        self.path, self._limit, self._max_held = path, limit, held
        self.dropped = 0  # Results that are lost because there was no room
        self.set_aside = 0  # Files that were damaged
        self.problem = ""  # Why nothing can be written now; `""`: it can
        self._new: dict[int, Row] = {}  # Not written yet, by number
        self._lock = threading.Lock()
        self.next = 0  # The number of the next result
        self._database = self._opened()

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            if not _is_damaged(error):  # full, or not ours to read: what is in it may be good
                raise
            self._set_aside(error)
            return self._open()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(_SCHEMA)
            known = dict(database.execute("SELECT name, value FROM meta"))
            (newest,) = database.execute("SELECT coalesce(max(n), 0) FROM result").fetchone()
            (self._count,) = database.execute("SELECT count(*) FROM result").fetchone()
            began = max(int(known.get("block", -1)), int(newest) // BLOCK) + 1
            self.id = known.get("id") or secrets.token_hex(16)
            self.dropped = max(self.dropped, int(known.get("dropped", 0)))
            self.began = began * BLOCK  # Numbers of this process are greater
            with self._lock:
                self.next = max(self.next, self.began + 1)
            meta = {"id": self.id, "block": str(began)}
            database.executemany("REPLACE INTO meta VALUES (?, ?)", list(meta.items()))
        except BaseException:
            database.close()
            raise
        return database

    def _set_aside(self, error: Exception) -> None:
        self.set_aside += 1
        aside = self.path.with_name(f"{self.path.name}.damaged-{time.time():.0f}")
        log.error("ringback: the spool is damaged (%s): it is set aside as %s", error, aside)
        for suffix in ("-wal", "-shm"):
            with contextlib.suppress(OSError):
                self.path.with_name(self.path.name + suffix).unlink()
        with contextlib.suppress(FileNotFoundError):
            self.path.rename(aside)

    def begin_anew(self) -> None:
        """Take another id: somebody else has used the numbers of this one."""
        self.id = secrets.token_hex(16)
        change = "UPDATE meta SET value = ? WHERE name = 'id'"
        self._write(lambda: self._database.execute(change, (self.id,)))

    @property
    def waiting(self) -> int:
        """How many results wait."""
        return int(self._count) + len(self._new)

    def add(self, check: Check) -> None:
        """Take a result; it is on disk after the next ``write``."""
        with self._lock:
            number, self.next = self.next, self.next + 1
        body = json.dumps(result_record(check, number), separators=(",", ":"))
        up = None if check.up is None else int(check.up)
        with self._lock:
            self._new[number] = Row(number, up, body)
            if len(self._new) > self._max_held:
                self._drop_held()

    def _drop_held(self) -> None:
        oldest = next((n for n, row in self._new.items() if row.up), next(iter(self._new)))
        del self._new[oldest]
        self.dropped += 1

    def write(self) -> None:
        """Write what came since; what cannot be written now is tried again with the next."""
        rows = self._held()
        if not rows:
            return

        def insert() -> None:
            database = self._database
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO result VALUES (?, ?, ?)", rows)
            dropped = self._make_room(len(rows))
            total = (str(self.dropped + dropped),)
            database.execute("REPLACE INTO meta VALUES ('dropped', ?)", total)
            database.execute("COMMIT")
            with self._lock:
                self._count += len(rows) - dropped
                self.dropped += dropped
                for row in rows:
                    self._new.pop(row.n, None)

        self._write(insert)

    def _held(self) -> list[Row]:
        with self._lock:
            return list(self._new.values())

    def _make_room(self, coming: int) -> int:
        """Let the oldest successes go, and then the oldest; return how many went."""
        surplus = self._count + coming - self._limit
        if surplus <= 0:
            return 0
        wanted = min(max(surplus, min(_MANY, self._limit // 10)), self._count + coming)
        gone = self._database.execute(
            "DELETE FROM result WHERE n IN (SELECT n FROM result WHERE up = 1 ORDER BY n LIMIT ?)",
            (wanted,),
        ).rowcount
        if gone < surplus:
            gone += self._database.execute(
                "DELETE FROM result WHERE n IN (SELECT n FROM result ORDER BY n LIMIT ?)",
                (surplus - gone,),
            ).rowcount
        return gone

    def _write(self, change: Any) -> bool:
        try:
            change()
        except sqlite3.DatabaseError as error:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            self._cannot(error)
            return False
        if self.problem:
            log.warning("ringback: the spool can be written again")
            self.problem = ""
        return True

    def _cannot(self, error: sqlite3.DatabaseError) -> None:
        if not self.problem:
            log.error(
                "ringback: results are held in memory, the spool cannot be written: %s", error
            )
        self.problem = str(error)
        if _is_damaged(error):
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
            lost = self._count
            self._set_aside(error)
            with contextlib.suppress(sqlite3.Error):
                self._database = self._open()
                with self._lock:
                    self.dropped += lost

    def batch(self, first: int, before: int, limit: int) -> list[Row]:
        """Return the oldest that wait with numbers from ``first`` to below ``before``."""
        try:
            found = self._database.execute(
                "SELECT n, up, body FROM result WHERE n >= ? AND n < ? ORDER BY n LIMIT ?",
                (first, before, limit),
            ).fetchall()
        except sqlite3.DatabaseError as error:
            self._cannot(error)
            return []  # what is in memory is newer: it must not be sent as all that there is
        rows = [Row(*row) for row in found]
        rows += [row for row in self._held() if first <= row.n < before]
        return rows[:limit]

    def acknowledged(self, first: int, last: int, rows: Iterable[Row]) -> None:
        """Forget what the hub has."""
        with self._lock:
            for row in rows:
                self._new.pop(row.n, None)

        def delete() -> None:
            self._count -= self._database.execute(
                "DELETE FROM result WHERE n BETWEEN ? AND ?", (first, last)
            ).rowcount

        self._write(delete)

    def close(self) -> None:
        self.write()
        self._database.close()


def _is_damaged(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
