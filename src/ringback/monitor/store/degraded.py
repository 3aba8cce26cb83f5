"""A store that goes on when nothing can be written: it holds what is new in memory, and retries."""

# Theory of operation
#
# A monitor must go on watching when the disk is full; that is when it is needed. Two states:
#
#                 keep or a note fails
#     writing  ------------------------->  degraded --+  every RETRY_INTERVAL, with a batch or
#              <-------------------------           <-+  in `maintain`: write what is held
#              all that is held is written
#
#   writing    Everything goes to the store; nothing is held.
#   degraded   Nothing goes to the store. Batches are held in the `Spill`: the newest
#              MAX_HELD_CHECKS checks and MAX_HELD_RECORDS of everything else; the oldest checks are
#              dropped first, and counted (`dropped`, kept as a state as well). `degraded` says why,
#              for the page, the API and the metrics.
#
# Why nothing is lost or written twice, as long as the process lives:
#
# * The store keeps a batch whole or not at all, so the batch that failed is held whole.
# * What is held is written as one batch. Then checks and transitions, which would be appended a
#   second time, are forgotten at once. The notes about notifications follow one by one, each
#   forgotten when it is written. Should one fail, the state is still degraded, and what is written
#   again with the next try replaces itself: incidents and states by their key, and a notification
#   whose id is queued already is left as it is.
# * All of this happens under one lock, so no batch gets between. Whoever only reads does not wait
#   for it: the store may take seconds to write.
#
# What is read is what the store would say if everything had been written: the spill's entry stands
# for the store's of the same id. This matters most for the outbox. A notification that was sent
# while the store could not note it is still due there; the spill knows its id, and `due` leaves it
# out. Only the rollups come without what is held.
#
# If the process ends while degraded, what is held is lost, and what was sent then is sent once more
# by the next process: a notification is delivered at least once. `close` tries to write it first.
#
# An error of `maintain` alone (sealing, rolling up, dropping), a mistake of ours included, is
# counted and reported in the same place, and does not stop the writing of batches.

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ringback.monitor.store.interface import (
    EVERY_INCIDENT,
    IncidentFilter,
    Queued,
    StoreBatch,
    StoreProblem,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ringback.incident.model import Check, Incident, Transition
    from ringback.monitor.store.interface import (
        DayCount,
        Notified,
        Percentiles,
        RollupBucket,
        Step,
        Store,
    )

MAX_HELD_CHECKS = 50_000  # Checks that are held; then the oldest are dropped and counted
MAX_HELD_RECORDS = 10_000  # Transitions, incidents and notices that are held, of each
NEVER = 253_402_300_799.0  # The end of the year 9999, in seconds since 1970 UTC


class Spill:
    """What is new since nothing can be kept: one thread at a time changes it, any thread reads."""

    def __init__(self) -> None:
        self.dropped = 0  # Checks that were dropped because too many were held
        self._reading = threading.Lock()  # Held for moments only, and never while the store writes
        self.forget()

    def forget(self) -> None:
        """Hold nothing any more; what was dropped stays counted."""
        with self._reading:
            self._begin_anew()

    def _begin_anew(self) -> None:
        self.checks: deque[Check] = deque(maxlen=MAX_HELD_CHECKS)  # In the order they ended
        # In the order they happened
        self.transitions: deque[Transition] = deque(maxlen=MAX_HELD_RECORDS)
        self.incidents: dict[str, Incident] = {}  # By id, as they are now
        self.states: dict[str, Any] = {}  # By name, the newest
        # Notices by id: new ones, and those of the store that something was noted of
        self.queued: dict[str, Queued] = {}
        # Notice's id to the call that records its outcome in the store
        self.notes: dict[str, Callable[[], None]] = {}

    def hold(self, batch: StoreBatch) -> None:
        """Hold a batch; the oldest of what is too much is dropped."""
        with self._reading:
            self._hold(batch)

    def _hold(self, batch: StoreBatch) -> None:
        self.dropped += max(0, len(self.checks) + len(batch.checks) - MAX_HELD_CHECKS)
        self.checks.extend(batch.checks)
        self.transitions.extend(batch.transitions)
        self.states.update(batch.states)
        for incident in batch.incidents:
            self.incidents.pop(incident.id, None)
            self.incidents[incident.id] = incident
        for notice in batch.notices:
            self.queued.setdefault(notice.id, Queued(notice=notice, attempts=0, due=notice.at))
        for held in (self.incidents, self.queued, self.notes):
            _drop_oldest(held)

    def batch(self) -> StoreBatch:
        """Return all that is held, but what was noted of notices."""
        return StoreBatch(
            checks=list(self.checks),
            transitions=list(self.transitions),
            incidents=list(self.incidents.values()),
            notices=[queued.notice for queued in self.queued.values()],
            states={**self.states, "dropped": self.dropped},
            durable=True,  # some of it may have to be
        )

    def note(self, id_: str, write: Callable[[], None], changed: Queued | None) -> None:
        if changed is not None:
            self.queued[id_] = changed
        self.notes[id_] = write

    def forget_history(self) -> None:
        """Hold the checks and transitions no more, for they are kept."""
        with self._reading:
            self.checks.clear()
            self.transitions.clear()

    def incidents_now(self) -> dict[str, Incident]:
        with self._reading:
            return dict(self.incidents)

    def states_of(self, prefix: str) -> list[tuple[str, Any]]:
        with self._reading:
            return [item for item in self.states.items() if item[0].startswith(prefix)]

    def all_checks(self) -> list[Check]:
        with self._reading:
            return list(self.checks)

    def transitions_of(self, endpoint: str, since: float, until: float) -> list[Transition]:
        with self._reading:
            held = list(self.transitions)
        return [
            transition
            for transition in held
            if transition.endpoint == endpoint and since <= transition.at < until
        ]

    def checks_of(self, endpoint: str, since: float, until: float, *, failed: bool) -> list[Check]:
        return [
            check
            for check in self.all_checks()
            if check.endpoint == endpoint
            and since <= check.at < until
            and (not failed or check.up is False)
        ]


def ended_notice(queued: Queued, error: str | None = None) -> Queued:
    return replace(queued, due=NEVER, error=queued.error if error is None else error)


def _drop_oldest(held: dict[str, Any]) -> None:
    while len(held) > MAX_HELD_RECORDS:
        del held[next(iter(held))]


T = TypeVar("T")

RETRY_INTERVAL = 5.0  # Seconds until it is tried again to write

_log = logging.getLogger("ringback")


class DegradedStore:
    """Passes everything on, and holds what the store cannot take until it can.

    What is held would be lost if the process ended; ``degraded`` reports it. It counts in what is
    read, but not in ``buckets`` until it is written.
    """

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._spill = Spill()
        self._clock = clock
        self._lock = threading.RLock()
        self._unkept: str | None = None
        self._unmaintained: str | None = None
        self.maintenance_failures = 0  # How often sealing, rolling up or dropping has failed
        self._again = 0.0

    @property
    def shared(self) -> Any:
        """The store that several processes share; ``None``: it is of this process alone."""
        return self._store if hasattr(self._store, "lead") else None

    @property
    def may_notify(self) -> bool:
        """Whether no other process can be notifying of the same."""
        return self.shared is None or self.shared.lead.is_current

    def abandon(self) -> None:
        """Hold nothing any more: another process leads, and what this one has not kept is void."""
        with self._lock:
            if count := len(self._spill.checks):
                _log.warning("another process leads: %d checks could not be kept", count)
            self._spill.forget()
            self._unkept = self._unmaintained = None

    @property
    def dropped(self) -> int:
        """Checks that were dropped because too many were held."""
        return self._spill.dropped

    @property
    def degraded(self) -> str | None:
        """Why nothing can be written, in one line; ``None``: everything is."""
        away = self.shared.lead.problem if self.shared else None
        return self._unkept or self._unmaintained or (str(away) if away else None)

    @property
    def is_holding(self) -> bool:
        """Whether what is new is held in memory, and so would be lost with the process."""
        return self._unkept is not None

    def keep(self, batch: StoreBatch) -> None:
        """Keep a batch, or hold it until it can be kept."""
        with self._lock:
            if self._unkept is None:
                try:
                    self._store.keep(batch)
                except StoreProblem as problem:
                    self._fail(problem)
                    self._spill.hold(batch)
                return
            self._spill.hold(batch)
            self._retry()

    def _fail(self, problem: StoreProblem) -> None:
        if self._unkept is None:
            _log.error("cannot write to the store, new data is held in memory: %s", problem)
        self._unkept = str(problem)
        self._again = self._clock() + RETRY_INTERVAL

    def _retry(self) -> None:
        if self._unkept is None or self._clock() < self._again:
            return
        try:
            self._write()
        except StoreProblem as problem:
            self._fail(problem)
            return
        _log.warning(
            "the store can be written to again; checks dropped meanwhile: %d", self.dropped
        )
        self._unkept = None
        self._spill.forget()

    def _write(self) -> None:
        spill = self._spill
        self._store.keep(spill.batch())
        spill.forget_history()
        for id_, note in list(spill.notes.items()):
            note()
            del spill.notes[id_]

    def _one(self, reading: Callable[[], T]) -> T | None:
        try:
            return reading()
        except StoreProblem:
            if self._unkept is None:
                raise
            return None

    def _all(self, reading: Callable[[], list[T]]) -> list[T]:
        return self._one(reading) or []

    def state(self, name: str) -> Any:
        held = self._spill.states
        return held[name] if name in held else self._one(lambda: self._store.state(name))

    def states(self, prefix: str) -> dict[str, Any]:
        return dict(self.each_state(prefix))

    def each_state(self, prefix: str) -> Iterator[tuple[str, Any]]:
        held = self._spill.states_of(prefix)
        try:
            yield from self._store.each_state(prefix)
        except StoreProblem:
            if self._unkept is None:
                raise
        yield from held

    def last_checks(self) -> dict[str, Check]:
        found = dict(self._store.last_checks())
        for check in self._spill.all_checks():
            if check.endpoint not in found or check.at >= found[check.endpoint].at:
                found[check.endpoint] = check
        return found

    def checks(
        self, endpoint: str, since: float, until: float, *, failed: bool = False, limit: int = 1000
    ) -> list[Check]:
        kept = self._all(
            lambda: self._store.checks(endpoint, since, until, failed=failed, limit=limit)
        )
        kept += self._spill.checks_of(endpoint, since, until, failed=failed)
        return sorted(kept, key=lambda check: -check.at)[:limit]

    def buckets(self, endpoint: str, step: Step, since: float, until: float) -> list[RollupBucket]:
        """Return the rollup of an endpoint, oldest first, without what is held."""
        return self._all(lambda: self._store.buckets(endpoint, step, since, until))

    def day_counts(
        self, endpoints: Sequence[str], since: float, until: float
    ) -> dict[str, list[DayCount]]:
        """Return of each endpoint the days with checks, oldest first, without what is held."""
        return self._one(lambda: self._store.day_counts(endpoints, since, until)) or {}

    def phases(
        self, endpoint: str, step: Step, since: float, until: float
    ) -> dict[str, Percentiles]:
        """Return what each phase of the good checks in these spans took, without what is held."""
        return self._one(lambda: self._store.phases(endpoint, step, since, until)) or {}

    def transitions(self, endpoint: str, since: float, until: float) -> list[Transition]:
        kept = self._all(lambda: self._store.transitions(endpoint, since, until))
        return kept + self._spill.transitions_of(endpoint, since, until)

    def incidents(
        self, wanted: IncidentFilter = EVERY_INCIDENT, limit: int = 100
    ) -> list[Incident]:
        held = self._spill.incidents_now()
        # Those that are held may stand in the store as they were: so many more are asked for.
        kept = self._all(lambda: self._store.incidents(wanted, limit + len(held)))
        found = [incident for incident in kept if incident.id not in held]
        found += filter(wanted.takes, held.values())
        return sorted(found, key=lambda incident: (-incident.opened_at, incident.id))[:limit]

    def incident(self, id_: str) -> Incident | None:
        return self._spill.incidents.get(id_) or self._one(lambda: self._store.incident(id_))

    def notified(self, incidents: Sequence[str], limit: int = 100) -> list[Notified]:
        """Return what the store says: of what is held, nobody knows yet whether it arrived."""
        return self._all(lambda: self._store.notified(incidents, limit))

    def due(self, now: float, limit: int = 100) -> list[Queued]:
        with self._lock:
            known = self._spill.notes.keys() | self._spill.queued.keys()
            kept = self._all(lambda: self._store.due(now, limit + len(known)))
            found = [queued for queued in kept if queued.notice.id not in known]
            found += [queued for queued in self._spill.queued.values() if queued.due <= now]
            return sorted(found, key=lambda queued: (queued.due, queued.notice.at))[:limit]

    def sent(self, id_: str, now: float) -> None:
        self._note(id_, lambda: self._store.sent(id_, now), ended_notice)

    def postpone(self, id_: str, due: float, error: str) -> None:
        self._note(
            id_,
            lambda: self._store.postpone(id_, due, error),
            lambda queued: replace(queued, attempts=queued.attempts + 1, due=due, error=error),
        )

    def defer(self, ids: Sequence[str], due: float) -> None:
        with self._lock:
            if self._unkept is None:
                try:
                    self._store.defer(ids, due)
                except StoreProblem as problem:
                    self._fail(problem)
                else:
                    return
            for id_ in ids:
                self._note(
                    id_,
                    partial(self._store.defer, (id_,), due),
                    lambda queued: replace(queued, due=due),
                )

    def give_up(self, id_: str, now: float, error: str) -> None:
        self._note(
            id_,
            lambda: self._store.give_up(id_, now, error),
            lambda queued: ended_notice(queued, error),
        )

    def _note(
        self, id_: str, write: Callable[[], None], change: Callable[[Queued], Queued]
    ) -> None:
        with self._lock:
            if self._unkept is None:
                try:
                    write()
                except StoreProblem as problem:
                    self._fail(problem)
                else:
                    return
            known = self._spill.queued.get(id_)
            if known is None:
                waiting = self._all(lambda: self._store.due(NEVER, MAX_HELD_RECORDS))
                known = next((queued for queued in waiting if queued.notice.id == id_), None)
            self._spill.note(id_, write, None if known is None else change(known))

    def maintain(self, now: float) -> None:
        """Retry to write what is held; else seal, roll up and drop what is old.

        What fails of the latter, whatever it is, is tried again with the next call.
        """
        with self._lock:
            self._retry()
            if self._unkept is not None:
                return
        try:  # without the lock: whoever keeps something does not wait for all of it
            self._store.maintain(now)
        except Exception as error:  # noqa: BLE001 - what is kept goes on being kept meanwhile
            self.maintenance_failures += 1
            known, self._unmaintained = self._unmaintained, str(error) or repr(error)
            if known != self._unmaintained:
                trace = None if isinstance(error, StoreProblem) else error
                _log.error("the store's maintenance failed: %s", self._unmaintained, exc_info=trace)
        else:
            if self._unmaintained is not None:
                _log.warning("the store's maintenance works again")
            self._unmaintained = None

    def backup(self, path: Path) -> None:
        self._store.backup(path)

    def close(self) -> None:
        """Write what is held, if that can be done now, and let go of the files."""
        with self._lock:
            self._again = 0.0
            self._retry()
            self._store.close()
