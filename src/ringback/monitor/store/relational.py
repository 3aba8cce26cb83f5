"""What every store in a relational database does alike; an engine adds its tables and its care."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import select

from ringback.monitor.store.interface import EVERY_INCIDENT, DayCount
from ringback.monitor.store.records import Records
from ringback.monitor.store.rollup import Rollup
from ringback.monitor.store.rows import RowCodec, interned_certificates, interned_strings
from ringback.monitor.store.tables import failed_name, microseconds, of_shard, rollup_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ringback.incident.model import Check, Incident, Transition
    from ringback.monitor.store.interface import (
        IncidentFilter,
        Notified,
        Percentiles,
        Queued,
        RollupBucket,
        Step,
        StoreBatch,
        StoreRetention,
    )
    from ringback.monitor.store.raw import RawResults
    from ringback.monitor.store.tables import Database, Schema

MAINTAIN_SECONDS = 0.05  # Seconds after which `maintain` begins no further piece
YIELD_SECONDS = 0.001  # Seconds between two pieces, for whoever waits to keep something
PURGED_AT_ONCE = 500  # Notices that are deleted at once
_MAX_TIME = 253_402_300_799.0  # The end of the year 9999, in seconds since 1970 UTC


class StateTables(Protocol):
    """Where named states are kept."""

    def keep_states(self, connection: Connection, states: Mapping[str, Any]) -> None:
        """Keep states; each is the newest of its name."""

    def read_state(self, connection: Connection, name: str) -> Any:
        """Return what was kept last of a name; ``None``: nothing."""

    def read_states(self, connection: Connection, prefix: str) -> Iterator[tuple[str, Any]]:
        """Yield every name that begins so with what was kept of it, what was kept last behind."""


class RelationalStore:
    """A store on a database; to be completed by an engine."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._records = Records(schema)
        self._states: StateTables = self._records
        self._lock = threading.RLock()
        self._last: dict[str, Check] = {}

    def _use(self, database: Database, raw: Callable[[Schema, RowCodec], RawResults]) -> None:
        self._database = database
        self._strings = interned_strings(database, self._schema)
        self._certificates = interned_certificates(database, self._schema)
        self._rows = RowCodec(self._strings, self._certificates)
        self._raw = raw(self._schema, self._rows)
        self._rollup = Rollup(database, self._schema)
        self._last = {}
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
                    self._records.keep_transitions(connection, batch.transitions)
                    self._records.keep_incidents(connection, batch.incidents)
                    self._records.queue_notices(connection, batch.notices)
                    self._states.keep_states(connection, batch.states)
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
            return self._states.read_state(connection, name)

    def states(self, prefix: str) -> dict[str, Any]:
        return dict(self.each_state(prefix))

    def each_state(self, prefix: str) -> Iterator[tuple[str, Any]]:
        with self._database.read() as connection:
            yield from self._states.read_states(connection, prefix)

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

    def day_counts(
        self, endpoints: Sequence[str], since: float, until: float
    ) -> dict[str, list[DayCount]]:
        """Return of each endpoint the days with checks, oldest first."""
        numbers = {n: id_ for id_ in endpoints if (n := self._strings.find(id_)) is not None}
        with self._database.read() as connection:
            found = self._rollup.day_counts(connection, numbers, *_span(since, until))
        return {
            numbers[number]: [
                DayCount(at=at / 1e6, count=count, bad=bad)
                for at, (count, bad) in sorted(days.items())
            ]
            for number, days in found.items()
        }

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
            return self._records.read_transitions(connection, endpoint, since, until)

    def incidents(
        self, wanted: IncidentFilter = EVERY_INCIDENT, limit: int = 100
    ) -> list[Incident]:
        with self._database.read() as connection:
            return self._records.read_incidents(connection, wanted, limit)

    def incident(self, id_: str) -> Incident | None:
        with self._database.read() as connection:
            return self._records.read_incident(connection, id_)

    def notified(self, incidents: Sequence[str], limit: int = 100) -> list[Notified]:
        with self._database.read() as connection:
            return self._records.read_notified(connection, incidents, limit)

    def due(self, now: float, limit: int = 100) -> list[Queued]:
        with self._database.read() as connection:
            return self._records.due_notices(connection, now, limit)

    def sent(self, id_: str, now: float) -> None:
        with self._writing(durable=True) as connection:
            self._records.end_notice(connection, id_, now, "")

    def postpone(self, id_: str, due: float, error: str) -> None:
        with self._writing(durable=False) as connection:
            self._records.postpone_notice(connection, id_, due, error)

    def defer(self, ids: Sequence[str], due: float) -> None:
        with self._writing(durable=False) as connection:
            self._records.defer_notices(connection, ids, due)

    def give_up(self, id_: str, now: float, error: str) -> None:
        with self._writing(durable=True) as connection:
            self._records.end_notice(connection, id_, now, error)

    def _maintain(self, tasks: Iterable[Callable[[], bool]], seconds: float | None = None) -> None:
        ends = time.perf_counter() + (MAINTAIN_SECONDS if seconds is None else seconds)
        for task in tasks:
            while time.perf_counter() < ends and self._piece(task):
                time.sleep(YIELD_SECONDS)

    def _piece(self, task: Callable[[], bool]) -> bool:
        with self._lock:
            return task()

    def _tables_changed(self, changed: bool) -> bool:
        if changed:
            self._raw.forget()
        return changed


def _span(since: float, until: float) -> tuple[int, int]:
    return microseconds(max(since, 0.0)), microseconds(min(until, _MAX_TIME))


def old_table(
    schema: Schema, connection: Connection, retention: StoreRetention, now: float
) -> str | None:
    """Return a table of rollups or failed checks that is to be dropped; ``None``: there is none."""
    # Never what is still to be merged into the next rollup, however short the retention.
    progress = schema.progress
    rows = connection.execute(select(progress).where(*of_shard(progress)))
    merged = {row.step: row.at for row in rows}
    fives = min(microseconds(now - retention.five_minutes), merged.get("1h", 0))
    hours = min(microseconds(now - retention.hours), merged.get("1d", 0))
    for first, kept in (
        (rollup_name("5m", fives), "rollup_5m_"),
        (rollup_name("1h", hours), "rollup_1h_"),
        (failed_name(microseconds(now - retention.failed)), "failed_"),
    ):
        old = [name for name in schema.table_names(connection, kept, first) if name < first]
        if old:
            return old[0]
    return None
