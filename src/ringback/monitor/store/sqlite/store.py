"""The store of one machine, put together."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringback.monitor.store.sqlite import incidents as lasting
from ringback.monitor.store.sqlite import outbox
from ringback.monitor.store.sqlite.backup import copy_database
from ringback.monitor.store.sqlite.database import Database
from ringback.monitor.store.sqlite.lock import Lock
from ringback.monitor.store.sqlite.migration import migrate
from ringback.monitor.store.sqlite.number import certificates, words
from ringback.monitor.store.sqlite.raw import Raw
from ringback.monitor.store.sqlite.retention import Retention, drop
from ringback.monitor.store.sqlite.rollup import Rollup
from ringback.monitor.store.sqlite.row import Rows
from ringback.monitor.store.sqlite.schema import microseconds
from ringback.monitor.store.sqlite.seal import Seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Connection

    from ringback.incident.model import Check, Incident, IncidentState, Transition
    from ringback.monitor.store.interface import Batch, Bucket, Percentiles, Queued, Step


_WORK = 0.05
"""Seconds after which ``maintain`` begins no further piece."""

_GIVE_WAY = 0.001
"""Seconds between two pieces, for whoever waits to keep something."""

_LAST = 253_402_300_799.0
"""The end of the year 9999, in seconds since 1970 UTC."""


class SQLiteStore:
    """Keeps what a monitor knows in one SQLite file; one process at a time writes to it.

    What ``keep`` was given survives the death of the process. Transitions, incidents and notices
    also survive the loss of power; of checks alone the last few seconds may then be gone. Spans of
    time are from ``since`` to before ``until``.

    Args:
        path: The file; it is made where there is none.
        retention: How long what is kept; ``None``: as its class says.

    Raises:
        StoreInUse: Another process writes to it.
        StoreTooNew: A later version of ringback wrote it.
        StoreCorrupt: It is damaged, or not ringback's.
        StoreProblem: It cannot be opened or written.
    """

    def __init__(self, path: Path | str, *, retention: Retention | None = None) -> None:
        self.path = Path(path).absolute()
        self._retention = retention or Retention()
        self._lock = threading.RLock()
        self._held = Lock(self.path)
        try:
            self._open()
        except BaseException:
            self._held.release()
            raise

    def _open(self) -> None:
        self._database = Database(self.path)
        try:
            migrate(self._database)
            self._words = words(self._database)
            self._certificates = certificates(self._database)
            self._rows = Rows(self._words, self._certificates)
            self._raw = Raw(self._rows)
            self._rollup = Rollup(self._database)
            self._seal = Seal(self._database)
            self._last: dict[str, Check] = {}
            self._recall()
        except BaseException:
            self._database.close()
            raise

    def _recall(self) -> None:
        with self._database.read() as connection:
            self._note(self._raw.newest(connection))
            if self._rollup.written is not None:
                for rows, checks in self._raw.since(connection, self._rollup.written):
                    self._rollup.add(rows, checks)

    def keep(self, batch: Batch) -> None:
        """Keep a batch, all or nothing.

        Args:
            batch: The checks among it should be of about now.

        Raises:
            StoreProblem: Nothing of it was kept.
        """
        told = batch.transitions or batch.incidents or batch.notices
        durable = batch.durable or bool(told)
        with self._lock:
            with self._settled():
                rows = self._rows.of(batch.checks)
                with self._database.write(durable=durable) as connection:
                    self._words.write(connection)
                    self._certificates.write(connection)
                    self._raw.append(connection, rows)
                    self._rollup.late(connection, rows, batch.checks)
                    lasting.keep_transitions(connection, batch.transitions)
                    lasting.keep_incidents(connection, batch.incidents)
                    outbox.put(connection, batch.notices)
                    lasting.keep_states(connection, batch.states)
            self._rollup.add(rows, batch.checks)
            self._note(batch.checks)

    @contextmanager
    def _settled(self) -> Iterator[None]:
        kept = False
        try:
            yield
            kept = True
        finally:
            self._words.settle(kept=kept)
            self._certificates.settle(kept=kept)
            if not kept:
                self._raw.forget()
                self._rollup.forget()

    def _note(self, checks: Iterable[Check]) -> None:
        last = self._last
        for check in checks:
            before = last.get(check.endpoint)
            if before is None or check.at >= before.at:
                last[check.endpoint] = check

    @contextmanager
    def _writing(self, *, durable: bool) -> Iterator[Connection]:
        with self._lock, self._database.write(durable=durable) as connection:
            yield connection

    def state(self, name: str) -> Any:
        """Return what was kept last as this state; ``None``: nothing."""
        with self._database.read() as connection:
            return lasting.state_of(connection, name)

    def states(self, prefix: str) -> dict[str, Any]:
        """Return what was kept last as every state whose name begins so, by name."""
        with self._database.read() as connection:
            return lasting.states_of(connection, prefix)

    def last_checks(self) -> dict[str, Check]:
        """Return the newest check of each endpoint."""
        with self._lock:
            return dict(self._last)

    def checks(
        self, endpoint: str, since: float, until: float, *, failed: bool = False, most: int = 1000
    ) -> list[Check]:
        """Return checks of an endpoint, newest first; ``failed``: only those."""
        number = self._words.find(endpoint)
        if number is None:
            return []
        span = _span(since, until)
        with self._database.read() as connection:
            return self._raw.checks(connection, number, *span, failed, most)

    def buckets(self, endpoint: str, step: Step, since: float, until: float) -> list[Bucket]:
        """Return the rollup of an endpoint, oldest first; the last bucket may be open still."""
        number = self._words.find(endpoint)
        if number is None:
            return []
        span = _span(since, until)
        with self._database.read() as connection:
            return self._rollup.buckets(connection, number, step, *span)

    def phases(
        self, endpoint: str, step: Step, since: float, until: float
    ) -> dict[str, Percentiles]:
        """Return what each phase of the good checks in these spans took, all taken together."""
        number = self._words.find(endpoint)
        if number is None:
            return {}
        span = _span(since, until)
        with self._database.read() as connection:
            return self._rollup.whole(connection, number, step, *span).percentiles()

    def transitions(self, endpoint: str, since: float, until: float) -> list[Transition]:
        """Return the changes of an endpoint's state, oldest first."""
        with self._database.read() as connection:
            return lasting.transitions_of(connection, endpoint, since, until)

    def incidents(
        self,
        *,
        states: Iterable[IncidentState] = (),
        endpoint: str | None = None,
        before: float | None = None,
        most: int = 100,
    ) -> list[Incident]:
        """Return incidents, newest first."""
        with self._database.read() as connection:
            return lasting.incidents_in(connection, states, endpoint, before, most)

    def incident(self, id_: str) -> Incident | None:
        """Return one incident."""
        with self._database.read() as connection:
            return lasting.incident_by(connection, id_)

    def due(self, now: float, most: int = 100) -> list[Queued]:
        """Return notices that are to be sent by now, oldest first."""
        with self._database.read() as connection:
            return outbox.due(connection, now, most)

    def sent(self, id_: str, now: float) -> None:
        """Note that a notice was sent."""
        with self._writing(durable=True) as connection:
            outbox.end(connection, id_, now, "")

    def postpone(self, id_: str, due: float, error: str) -> None:
        """Note that a notice could not be sent, and when it is to be tried again."""
        with self._writing(durable=False) as connection:
            outbox.postpone(connection, id_, due, error)

    def give_up(self, id_: str, now: float, error: str) -> None:
        """Note that a notice will not be tried again."""
        with self._writing(durable=True) as connection:
            outbox.end(connection, id_, now, error)

    def maintain(self, now: float) -> None:
        """Seal, roll up and drop what is old; does a bounded piece of work.

        To be called beside the thread that keeps: that one waits for a piece at most.
        """
        ends = time.perf_counter() + _WORK
        at = microseconds(now)
        for task in (
            lambda: self._rollup.write(at),
            lambda: self._rollup.merge("1h"),
            lambda: self._rollup.merge("1d"),
            lambda: self._tables_changed(self._seal.piece(at)),
            lambda: self._tables_changed(drop(self._database, self._retention, now)),
        ):
            while time.perf_counter() < ends and self._piece(task):
                time.sleep(_GIVE_WAY)

    def _piece(self, task: Callable[[], bool]) -> bool:
        with self._lock:
            return task()

    def _tables_changed(self, changed: bool) -> bool:
        if changed:
            self._raw.forget()
        return changed

    def backup(self, path: Path) -> None:
        """Write a copy that is whole, while others write."""
        copy_database(self.path, Path(path))

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            self._database.close()
            self._held.release()


def _span(since: float, until: float) -> tuple[int, int]:
    return microseconds(max(since, 0.0)), microseconds(min(until, _LAST))
