"""The store of many machines, put together.

A process that stands by reads the same tables, and follows what the lead packs: ``follow`` gives
what is new. ``promote`` begins to write, after the lead was taken; ``demote`` ends it. What was not
rolled up yet is then counted beside what is kept, from a view of the moment of the promotion: an
hour of a large monitor takes minutes to read.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ringback.monitor.closing import closed_on_error
from ringback.monitor.store.interface import Followed, StoreBatch, StoreProblem, StoreRetention
from ringback.monitor.store.postgres import schema
from ringback.monitor.store.postgres.database import PostgresDatabase, TableGoneError
from ringback.monitor.store.postgres.results import CLOSE_GRACE, HourKeeper, PostgresResults
from ringback.monitor.store.postgres.states import PackedStates
from ringback.monitor.store.raw import SEALED
from ringback.monitor.store.relational import PURGED_AT_ONCE, RelationalStore, old_table
from ringback.monitor.store.rollup import Rollup
from ringback.monitor.store.rows import RowCodec, interned_certificates, interned_strings
from ringback.monitor.store.tables import HOUR, microseconds

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from ringback.incident.model import Check
    from ringback.monitor.store.interface import DayCount, Percentiles, RollupBucket, Step

T = TypeVar("T")

_FOLLOWED_AGAIN = 10_000_000  # Microseconds: a check comes to the tables after it was made
_NEWEST_SHARE = 0.05  # Of the time, in which the newest checks are read: they are for people only
_VERSIONS = "SELECT name, xmin::text FROM state WHERE shard = 0"  # another with each change
MAINTAIN_SECONDS = 0.3  # Seconds of each in which to write rollups: there may be 300,000 keys
_LOOK_INTERVAL = 60.0  # Seconds for which it is not looked again for what is to be dropped


class PostgresStore(RelationalStore):
    """Keeps what a monitor knows on a server; one process at a time writes to it.

    What ``keep`` was given is as safe as the server keeps what it committed. A batch that fails
    because the connection broke may be given again, alone or as a part of a larger one: its checks
    and changes are not kept twice. Spans of time are from ``since`` to before ``until``.
    """

    def __init__(
        self,
        url: str,
        *,
        retention: StoreRetention | None = None,
        beside: Path | None = None,
        standby: bool = False,
    ) -> None:
        super().__init__(schema)
        self._retention = retention or StoreRetention()
        self._server = PostgresDatabase(url, prepare=schema.migrate, standby=standby)
        self.lead = self._server.lead
        self._packs = PackedStates(self._records)
        self._states = self._packs
        self._versions: dict[str, str] = {}  # States that there is one of, as they were followed
        self._followed_to = 0
        self._newest_due = 0.0  # When the newest checks may be read again
        self._recalling: threading.Thread | None = None  # Counts what was kept by another process
        self._hours = HourKeeper(self._server)
        self._doubtful: StoreBatch | None = None  # being kept when the connection broke
        self._kept: StoreBatch | None = None  # what was kept, though nobody was told so
        self._looked_at = -_LOOK_INTERVAL  # when nothing was found that is to be dropped
        self._is_stale = False  # whether memory is not what the tables hold
        with closed_on_error(self._server.close):
            if not self.lead.epoch:
                with self._server.read() as connection:
                    schema.refuse_other(connection, self._server.label)
            if beside is not None:
                self._refuse_empty(beside)
            self._session = self._server.session
            self._use(self._server, PostgresResults)

    def _refuse_empty(self, beside: Path) -> None:
        from ringback.monitor.store.copying import why_not_begin  # noqa: PLC0415 - takes SQLite as well

        with self._server.read() as connection:
            problem = why_not_begin(connection, self._server.label, beside)
        if problem is not None:
            raise problem

    def _recall(self) -> None:
        if self.lead.epoch:
            super()._recall()
        with self._server.read() as connection:
            if not self.lead.epoch:
                self._note(self._raw.newest(connection))
            self._packs.recall(connection, follows=not self.lead.epoch)

    def follow(self) -> Followed:
        """Return what the lead has kept since the last call."""
        with self._lock, self._server.read() as connection:
            states = self._packs.follow(connection)
            versions = {row.name: row.xmin for row in connection.exec_driver_sql(_VERSIONS)}
            changed = {name for name, at in versions.items() if self._versions.get(name) != at}
            newest: list[Check] = []
            if not self.lead.epoch and (begun := time.monotonic()) >= self._newest_due:
                newest = self._newest_since(connection)
                self._note(newest)
                self._newest_due = begun + (time.monotonic() - begun) / _NEWEST_SHARE
            self._versions = versions
            self._rollup.forget()
            self._raw.forget()
        return Followed(states=states, changed=changed, checks=newest)

    def newest(self) -> list[Check]:
        """Return the newest checks that the lead has kept since the last time.

        They are to be shown: nothing is decided by them, and who takes the lead reads them after
        that. Of 100,000 endpoints they take a second.
        """
        with self._server.read() as connection:
            found = self._newest_since(connection)
        with self._lock:
            self._note(found)
        return found

    def _newest_since(self, connection: Connection) -> list[Check]:
        since = max(self._followed_to - _FOLLOWED_AGAIN, 0) or max(
            (microseconds(check.at) for check in self.last_checks().values()), default=0
        )
        raw = PostgresResults(schema, self._rows)
        found = list(raw.newest_since(connection, since))
        self._followed_to = max((microseconds(check.at) for check in found), default=since)
        return found

    def promote(self) -> Followed:
        """Begin to write, after this process has taken the lead; return what was new."""
        with self._lock:
            followed, last = self.follow(), self._last
            self._doubtful = self._kept = None
            self._session, self._is_stale = self._server.session, False
            self._strings = interned_strings(self._server, schema)
            self._certificates = interned_certificates(self._server, schema)
            self._rows = RowCodec(self._strings, self._certificates)
            self._raw = PostgresResults(schema, self._rows)
            self._rollup = Rollup(self._server, schema)
            self._last = last
            self._recall_beside(self._rollup)
        return followed

    def _recall_beside(self, rollup: Rollup) -> None:
        if rollup.written is None:
            return
        written, raw, view = rollup.written, self._raw, ExitStack()
        connection = view.enter_context(self._server.read())
        connection.exec_driver_sql("SELECT 1")  # with this its view begins

        def recall() -> None:
            try:
                with view:
                    for rows, checks in raw.since(connection, written):
                        with self._lock:
                            rollup.add(rows, checks)
            except StoreProblem:
                self._is_stale = True
            finally:
                self._recalling = None

        self._recalling = threading.Thread(target=recall, name="ringback-recall", daemon=True)
        self._recalling.start()

    def demote(self) -> None:
        """Write no more, and forget what was not kept: another process leads."""
        with self._lock:
            self._doubtful = self._kept = None
            self._session, self._is_stale = self._server.session, False
            self._versions, self._followed_to, self._newest_due = {}, 0, 0.0
            self._use(self._server, PostgresResults)

    def keep(self, batch: StoreBatch) -> None:
        with self._lock:
            self._resume()
            losses = self._server.losses
            try:
                super().keep(_without(batch, self._kept))
            except StoreProblem:
                if self._server.losses != losses:
                    self._doubtful = batch
                raise
            self._kept = None

    @contextmanager
    def _settled(self) -> Iterator[None]:
        kept = False
        try:
            with super()._settled():
                yield
                kept = True
        finally:
            self._packs.settle(kept=kept)

    def _resume(self) -> None:
        """Go on with a new connection: find out what of memory still holds."""
        session = self._server.session
        if session != self._session:
            agrees, kept = self._server.resume()
            if kept:
                self._kept = self._doubtful or self._kept
            self._doubtful, self._session = None, session
            self._is_stale |= not agrees
        if self._is_stale:
            self._use(self._server, PostgresResults)
            self._is_stale = False

    @contextmanager
    def _writing(self, *, durable: bool) -> Iterator[Connection]:
        with self._lock:
            self._resume()
            with super()._writing(durable=durable) as connection:
                yield connection

    def _piece(self, task: Callable[[], bool]) -> bool:
        with self._lock:
            self._resume()
            return task()

    def checks(
        self, endpoint: str, since: float, until: float, *, failed: bool = False, limit: int = 1000
    ) -> list[Check]:
        ask = super().checks
        return _twice(lambda: ask(endpoint, since, until, failed=failed, limit=limit))

    def buckets(self, endpoint: str, step: Step, since: float, until: float) -> list[RollupBucket]:
        """Return the rollup of an endpoint, oldest first; the last bucket may be open still."""
        ask = super().buckets
        return _twice(lambda: ask(endpoint, step, since, until))

    def day_counts(
        self, endpoints: Sequence[str], since: float, until: float
    ) -> dict[str, list[DayCount]]:
        """Return of each endpoint the days with checks, oldest first."""
        ask = super().day_counts
        return _twice(lambda: ask(endpoints, since, until))

    def phases(
        self, endpoint: str, step: Step, since: float, until: float
    ) -> dict[str, Percentiles]:
        ask = super().phases
        return _twice(lambda: ask(endpoint, step, since, until))

    def maintain(self, now: float) -> None:
        """Roll up, close hours and drop what is old; does a bounded piece of work.

        To be called beside the thread that keeps: that one waits for a piece at most, and not for
        an hour that is closed or dropped.
        """
        at = microseconds(now)
        self._maintain(
            (
                lambda: self._recalling is None and self._rollup.write(at),
                lambda: self._rollup.merge("1h"),
                lambda: self._rollup.merge("1d"),
                self._compact,
                lambda: self._drop_old(now),
            ),
            MAINTAIN_SECONDS,
        )
        if self._close_or_drop_hour(at, microseconds(now - self._retention.checks)):
            with self._lock:
                self._raw.forget()

    def _compact(self) -> bool:
        if not self._packs.is_large():
            return False
        with self._settled(), self._server.write() as connection:
            self._packs.compact(connection)
        return True

    def _close_or_drop_hour(self, now: int, before: int) -> bool:
        """Close an hour that is over, or drop one that is old; return whether there was one."""
        with self._lock:
            hours = self._raw.remembered
            if hours is None:
                with self._server.read() as connection:
                    hours = self._raw.known(connection)
            known = sorted(hours.items())
        ends = now - HOUR - CLOSE_GRACE
        over = (at for at, hour in known if hour.sealed != SEALED and at <= ends)
        old = (at for at, hour in known if hour.sealed == SEALED and at + HOUR <= before)
        if (at := next(over, None)) is not None:
            self._hours.close(at)
        elif (at := next(old, None)) is not None:
            self._hours.drop(at)
        return at is not None

    def _drop_old(self, now: float) -> bool:
        """Drop one old table, or delete some old notices; return whether there was something."""
        if 0 <= now - self._looked_at < _LOOK_INTERVAL:
            return False
        records, before = self._records, microseconds(now - self._retention.notices)
        with self._server.read() as connection:
            name = old_table(schema, connection, self._retention, now)
            if name is None and not records.has_ended_notices(connection, before):
                self._looked_at = now
                return False
        with self._server.write() as connection:
            if name is not None:
                connection.exec_driver_sql(f"DROP TABLE {name}")
            else:
                records.purge_notices(connection, before, PURGED_AT_ONCE)
        return True

    def backup(self, path: Path) -> None:
        raise no_backup(path)

    def close(self) -> None:
        with self._lock:
            self._server.close()


def no_backup(path: Path) -> StoreProblem:
    return StoreProblem(
        f"{path}: a store in PostgreSQL is not copied to a file by ringback; use"
        " `pg_dump --format=custom` with the store's URL, or the server's own backups"
    )


def _twice(ask: Callable[[], T]) -> T:
    """Ask, and once more where a table was dropped meanwhile."""
    try:
        return ask()
    except TableGoneError:
        return ask()


def _without(batch: StoreBatch, kept: StoreBatch | None) -> StoreBatch:
    """Return a batch without the checks and transitions of one that was kept already."""
    if kept is None:
        return batch
    from dataclasses import replace  # noqa: PLC0415 - never, but after a broken connection

    return replace(
        batch,
        checks=_others(batch.checks, kept.checks),
        transitions=_others(batch.transitions, kept.transitions),
    )


def _others(given: Sequence[Any], kept: Sequence[Any]) -> list[Any]:
    known = {id(value) for value in kept}  # the same objects: two checks may well be equal
    return [value for value in given if id(value) not in known]
