"""The store of one machine, put together, and how long it keeps what."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from ringback.monitor.closing import closed_on_error
from ringback.monitor.store.interface import EVERY_INCIDENT
from ringback.monitor.store.sqlite import incidents, schema
from ringback.monitor.store.sqlite.database import Database, WriterLock, copy_database
from ringback.monitor.store.sqlite.raw import SEALED, RawResults, Sealer
from ringback.monitor.store.sqlite.rollup import Rollup
from ringback.monitor.store.sqlite.rows import RowCodec, interned_certificates, interned_strings
from ringback.monitor.store.sqlite.schema import HOUR, hour, microseconds, migrate, table_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from ringback.incident.model import Check, Incident, Transition
    from ringback.monitor.store.interface import (
        IncidentFilter,
        Percentiles,
        Queued,
        RollupBucket,
        Step,
        StoreBatch,
    )

_HOUR = 3600.0
_DAY = 24 * _HOUR
_PURGED_AT_ONCE = 500  # Notices that are deleted at once


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRetention:
    """How long what is kept, in seconds; incidents, transitions and the days' rollup for ever."""

    checks: float = 48 * _HOUR  # Every check
    # Failed checks with their details, a bounded number of each endpoint and hour
    failed: float = 400 * _DAY
    five_minutes: float = 7 * _DAY  # The rollup of five minutes
    hours: float = 400 * _DAY  # The rollup of hours
    notices: float = 90 * _DAY  # Notices that were sent or given up, so that none is sent twice


def drop_old(database: Database, retention: StoreRetention, now: float) -> bool:
    """Drop one old table, or delete some old notices; return whether there was something."""
    with database.read() as connection:
        at = _old_hour(connection, microseconds(now - retention.checks))
        name = _old_table(connection, retention, now)
        before = microseconds(now - retention.notices)
        if at is None and name is None and not incidents.has_ended_notices(connection, before):
            return False
    with database.write() as connection:
        if at is not None:
            schema.sealed_table(at).drop(connection)
            connection.execute(delete(hour).where(hour.c.at == at))
        elif name is not None:
            connection.exec_driver_sql(f"DROP TABLE {name}")
        else:
            incidents.purge_notices(connection, before, _PURGED_AT_ONCE)
    return True


def _old_hour(connection: Connection, before: int) -> int | None:
    old = select(hour.c.at).where(hour.c.sealed == SEALED, hour.c.at + HOUR <= before)
    return connection.scalar(old.order_by(hour.c.at).limit(1))


def _old_table(connection: Connection, retention: StoreRetention, now: float) -> str | None:
    # Never what is still to be merged into the next rollup, however short the retention.
    merged = {row.step: row.at for row in connection.execute(select(schema.progress))}
    fives = min(microseconds(now - retention.five_minutes), merged.get("1h", 0))
    hours = min(microseconds(now - retention.hours), merged.get("1d", 0))
    for first, kept in (
        (schema.rollup_table("5m", fives).name, "rollup_5m_"),
        (schema.rollup_table("1h", hours).name, "rollup_1h_"),
        (schema.failed_table(microseconds(now - retention.failed)).name, "failed_"),
    ):
        old = [name for name in table_names(connection, kept, first) if name < first]
        if old:
            return old[0]
    return None


_MAINTAIN_SECONDS = 0.05  # Seconds after which `maintain` begins no further piece
_YIELD_SECONDS = 0.001  # Seconds between two pieces, for whoever waits to keep something
_MAX_TIME = 253_402_300_799.0  # The end of the year 9999, in seconds since 1970 UTC


class SQLiteStore:
    """Keeps what a monitor knows in one SQLite file; one process at a time writes to it.

    What ``keep`` was given survives the death of the process. Transitions, incidents and notices
    also survive the loss of power; of checks alone the last few seconds may then be gone. Spans of
    time are from ``since`` to before ``until``.
    """

    def __init__(self, path: Path | str, *, retention: StoreRetention | None = None) -> None:
        self.path = Path(path).absolute()
        self._retention = retention or StoreRetention()
        self._lock = threading.RLock()
        self._writer_lock = WriterLock(self.path)
        with closed_on_error(self._writer_lock.release):
            self._open()

    def _open(self) -> None:
        self._database = Database(self.path)
        with closed_on_error(self._database.close):
            migrate(self._database)
            self._strings = interned_strings(self._database)
            self._certificates = interned_certificates(self._database)
            self._rows = RowCodec(self._strings, self._certificates)
            self._raw = RawResults(self._rows)
            self._rollup = Rollup(self._database)
            self._seal = Sealer(self._database)
            self._last: dict[str, Check] = {}
            self._recall()

    def _recall(self) -> None:
        with self._database.read() as connection:
            self._note(self._raw.newest(connection))
            if self._rollup.written is not None:
                for rows, checks in self._raw.since(connection, self._rollup.written):
                    self._rollup.add(rows, checks)

    def keep(self, batch: StoreBatch) -> None:
        lasting = batch.transitions or batch.incidents or batch.notices
        durable = batch.durable or bool(lasting)
        with self._lock:
            with self._settled():
                rows = self._rows.of(batch.checks)
                with self._database.write(durable=durable) as connection:
                    self._strings.write(connection)
                    self._certificates.write(connection)
                    self._raw.append(connection, rows)
                    self._rollup.late(connection, rows, batch.checks)
                    incidents.keep_transitions(connection, batch.transitions)
                    incidents.keep_incidents(connection, batch.incidents)
                    incidents.queue_notices(connection, batch.notices)
                    incidents.keep_states(connection, batch.states)
            self._rollup.add(rows, batch.checks)
            self._note(batch.checks)

    @contextmanager
    def _settled(self) -> Iterator[None]:
        kept = False
        try:
            yield
            kept = True
        finally:
            self._strings.settle(kept=kept)
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
        with self._database.read() as connection:
            return incidents.read_state(connection, name)

    def states(self, prefix: str) -> dict[str, Any]:
        with self._database.read() as connection:
            return incidents.read_states(connection, prefix)

    def last_checks(self) -> dict[str, Check]:
        with self._lock:
            return dict(self._last)

    def checks(
        self, endpoint: str, since: float, until: float, *, failed: bool = False, limit: int = 1000
    ) -> list[Check]:
        number = self._strings.find(endpoint)
        if number is None:
            return []
        span = _span(since, until)
        with self._database.read() as connection:
            return self._raw.checks(connection, number, *span, failed, limit)

    def buckets(self, endpoint: str, step: Step, since: float, until: float) -> list[RollupBucket]:
        """Return the rollup of an endpoint, oldest first; the last bucket may be open still."""
        number = self._strings.find(endpoint)
        if number is None:
            return []
        span = _span(since, until)
        with self._database.read() as connection:
            return self._rollup.buckets(connection, number, step, *span)

    def phases(
        self, endpoint: str, step: Step, since: float, until: float
    ) -> dict[str, Percentiles]:
        number = self._strings.find(endpoint)
        if number is None:
            return {}
        span = _span(since, until)
        with self._database.read() as connection:
            return self._rollup.whole(connection, number, step, *span).percentiles()

    def transitions(self, endpoint: str, since: float, until: float) -> list[Transition]:
        with self._database.read() as connection:
            return incidents.read_transitions(connection, endpoint, since, until)

    def incidents(
        self, wanted: IncidentFilter = EVERY_INCIDENT, limit: int = 100
    ) -> list[Incident]:
        with self._database.read() as connection:
            return incidents.read_incidents(connection, wanted, limit)

    def incident(self, id_: str) -> Incident | None:
        with self._database.read() as connection:
            return incidents.read_incident(connection, id_)

    def due(self, now: float, limit: int = 100) -> list[Queued]:
        with self._database.read() as connection:
            return incidents.due_notices(connection, now, limit)

    def sent(self, id_: str, now: float) -> None:
        with self._writing(durable=True) as connection:
            incidents.end_notice(connection, id_, now, "")

    def postpone(self, id_: str, due: float, error: str) -> None:
        with self._writing(durable=False) as connection:
            incidents.postpone_notice(connection, id_, due, error)

    def defer(self, ids: Sequence[str], due: float) -> None:
        with self._writing(durable=False) as connection:
            incidents.defer_notices(connection, ids, due)

    def give_up(self, id_: str, now: float, error: str) -> None:
        with self._writing(durable=True) as connection:
            incidents.end_notice(connection, id_, now, error)

    def maintain(self, now: float) -> None:
        """Seal, roll up and drop what is old; does a bounded piece of work.

        To be called beside the thread that keeps: that one waits for a piece at most.
        """
        ends = time.perf_counter() + _MAINTAIN_SECONDS
        at = microseconds(now)
        for task in (
            lambda: self._rollup.write(at),
            lambda: self._rollup.merge("1h"),
            lambda: self._rollup.merge("1d"),
            lambda: self._tables_changed(self._seal.piece(at)),
            lambda: self._tables_changed(drop_old(self._database, self._retention, now)),
        ):
            while time.perf_counter() < ends and self._piece(task):
                time.sleep(_YIELD_SECONDS)

    def _piece(self, task: Callable[[], bool]) -> bool:
        with self._lock:
            return task()

    def _tables_changed(self, changed: bool) -> bool:
        if changed:
            self._raw.forget()
        return changed

    def backup(self, path: Path) -> None:
        copy_database(self.path, Path(path))

    def close(self) -> None:
        with self._lock:
            self._database.close()
            self._writer_lock.release()


def _span(since: float, until: float) -> tuple[int, int]:
    return microseconds(max(since, 0.0)), microseconds(min(until, _MAX_TIME))
