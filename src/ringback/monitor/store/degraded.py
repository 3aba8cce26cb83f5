"""A store that goes on when nothing can be written: it holds what is new in memory, and retries."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from ringback.monitor.store.interface import Batch, Bucket, Queued, Step, Store
from ringback.monitor.store.problem import StoreProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ringback.incident.model import Check, Incident, IncidentState, Notice, Transition

T = TypeVar("T")

RETRY = 5.0
"""Seconds until it is tried again to write."""

MOST_CHECKS = 50_000
"""Checks that are held; then the oldest are dropped and counted."""

MOST_OTHERS = 10_000
"""Transitions, incidents and notices that are held, of each."""

_log = logging.getLogger("ringback")


class DegradedStore:
    """Passes everything on, and holds what the store cannot take until it can.

    What is held would be lost if the process ended; ``degraded`` says so. It counts in what is
    read, but not in ``buckets`` until it is written.

    Args:
        store: The one that keeps.
        clock: Gives seconds; tells when to try again.

    Attributes:
        dropped: Checks that were dropped because too many were held.
    """

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.dropped = 0
        self._store = store
        self._clock = clock
        self._lock = threading.RLock()
        self._unkept: str | None = None
        self._unmaintained: str | None = None
        self._again = 0.0
        self._empty()

    def _empty(self) -> None:
        self._checks: deque[Check] = deque(maxlen=MOST_CHECKS)
        self._transitions: deque[Transition] = deque(maxlen=MOST_OTHERS)
        self._incidents: dict[str, Incident] = {}
        self._states: dict[str, Any] = {}
        self._queued: dict[str, Queued] = {}
        self._notes: dict[str, Callable[[], None]] = {}

    @property
    def degraded(self) -> str | None:
        """Why nothing can be written, in one line; ``None``: everything is."""
        return self._unkept or self._unmaintained

    def keep(self, batch: Batch) -> None:
        """Keep a batch, or hold it until it can be kept."""
        with self._lock:
            if self._unkept is None:
                try:
                    self._store.keep(batch)
                except StoreProblem as problem:
                    self._fail(problem)
                    self._hold(batch)
                return
            self._hold(batch)
            self._retry()

    def _fail(self, problem: StoreProblem) -> None:
        if self._unkept is None:
            _log.error("nothing can be kept, memory holds what is new: %s", problem)
        self._unkept = str(problem)
        self._again = self._clock() + RETRY

    def _hold(self, batch: Batch) -> None:
        self.dropped += max(0, len(self._checks) + len(batch.checks) - MOST_CHECKS)
        self._checks.extend(batch.checks)
        self._transitions.extend(batch.transitions)
        self._states.update(batch.states)
        for incident in batch.incidents:
            self._incidents.pop(incident.id, None)
            self._incidents[incident.id] = incident
        for one in batch.notices:
            self._queued.setdefault(one.id, Queued(notice=one, attempts=0, due=one.at))
        for held in (self._incidents, self._queued, self._notes):
            _shorten(held)

    def _retry(self) -> None:
        if self._unkept is None or self._clock() < self._again:
            return
        try:
            self._write()
        except StoreProblem as problem:
            self._fail(problem)
            return
        _log.warning("the store keeps again; checks dropped meanwhile: %d", self.dropped)
        self._unkept = None
        self._empty()

    def _write(self) -> None:
        notices: list[Notice] = [one.notice for one in self._queued.values()]
        self._store.keep(
            Batch(
                checks=list(self._checks),
                transitions=list(self._transitions),
                incidents=list(self._incidents.values()),
                notices=notices,
                states={**self._states, "dropped": self.dropped},
            )
        )
        self._checks.clear()
        self._transitions.clear()
        for id_, note in list(self._notes.items()):
            note()
            del self._notes[id_]

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
        """Return what was kept or held last as this state; ``None``: nothing."""
        with self._lock:
            if name in self._states:
                return self._states[name]
            return self._one(lambda: self._store.state(name))

    def states(self, prefix: str) -> dict[str, Any]:
        """Return what was kept or held last as every state whose name begins so, by name."""
        with self._lock:
            kept = self._one(lambda: self._store.states(prefix)) or {}
            held = {name: one for name, one in self._states.items() if name.startswith(prefix)}
            return kept | held

    def last_checks(self) -> dict[str, Check]:
        """Return the newest check of each endpoint."""
        with self._lock:
            found = dict(self._store.last_checks())
            for one in self._checks:
                if one.endpoint not in found or one.at >= found[one.endpoint].at:
                    found[one.endpoint] = one
            return found

    def checks(
        self, endpoint: str, since: float, until: float, *, failed: bool = False, most: int = 1000
    ) -> list[Check]:
        """Return checks of an endpoint, newest first; ``failed``: only those."""
        kept = self._all(
            lambda: self._store.checks(endpoint, since, until, failed=failed, most=most)
        )
        with self._lock:
            kept += [
                one
                for one in self._checks
                if one.endpoint == endpoint
                and since <= one.at < until
                and (not failed or one.up is False)
            ]
        return sorted(kept, key=lambda one: -one.at)[:most]

    def buckets(self, endpoint: str, step: Step, since: float, until: float) -> list[Bucket]:
        """Return the rollup of an endpoint, oldest first, without what is held."""
        return self._all(lambda: self._store.buckets(endpoint, step, since, until))

    def transitions(self, endpoint: str, since: float, until: float) -> list[Transition]:
        """Return the changes of an endpoint's state, oldest first."""
        kept = self._all(lambda: self._store.transitions(endpoint, since, until))
        with self._lock:
            held = list(self._transitions)
        return kept + [one for one in held if one.endpoint == endpoint and since <= one.at < until]

    def incidents(
        self,
        *,
        states: Iterable[IncidentState] = (),
        endpoint: str | None = None,
        before: float | None = None,
        most: int = 100,
    ) -> list[Incident]:
        """Return incidents, newest first."""
        wanted = tuple(states)
        with self._lock:
            held = dict(self._incidents)
        # Those that are held may stand in the store as they were: so many more are asked for.
        kept = self._all(
            lambda: self._store.incidents(
                states=wanted, endpoint=endpoint, before=before, most=most + len(held)
            )
        )
        found = [one for one in kept if one.id not in held]
        found += [
            one
            for one in held.values()
            if (not wanted or one.state in wanted)
            and (endpoint is None or endpoint in one.members)
            and (before is None or one.opened_at < before)
        ]
        return sorted(found, key=lambda one: (-one.opened_at, one.id))[:most]

    def incident(self, id_: str) -> Incident | None:
        """Return one incident."""
        with self._lock:
            held = self._incidents.get(id_)
        return held or self._one(lambda: self._store.incident(id_))

    def due(self, now: float, most: int = 100) -> list[Queued]:
        """Return notices that are to be sent by now, oldest first."""
        with self._lock:
            known = self._notes.keys() | self._queued.keys()
            kept = self._all(lambda: self._store.due(now, most + len(known)))
            found = [one for one in kept if one.notice.id not in known]
            found += [one for one in self._queued.values() if one.due <= now]
            return sorted(found, key=lambda one: (one.due, one.notice.at))[:most]

    def sent(self, id_: str, now: float) -> None:
        """Note that a notice was sent."""
        self._note(id_, lambda: self._store.sent(id_, now), lambda one: replace(one, due=_NEVER))

    def postpone(self, id_: str, due: float, error: str) -> None:
        """Note that a notice could not be sent, and when it is to be tried again."""
        self._note(
            id_,
            lambda: self._store.postpone(id_, due, error),
            lambda one: replace(one, attempts=one.attempts + 1, due=due, error=error),
        )

    def give_up(self, id_: str, now: float, error: str) -> None:
        """Note that a notice will not be tried again."""
        self._note(
            id_,
            lambda: self._store.give_up(id_, now, error),
            lambda one: replace(one, due=_NEVER, error=error),
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
            if id_ not in self._queued:
                waiting = self._all(lambda: self._store.due(_NEVER, MOST_OTHERS))
                found = {one.notice.id: one for one in waiting}
                self._queued |= {id_: found[id_]} if id_ in found else {}
            if id_ in self._queued:
                self._queued[id_] = change(self._queued[id_])
            self._notes[id_] = write

    def maintain(self, now: float) -> None:
        """Retry to write what is held; else seal, roll up and drop what is old."""
        with self._lock:
            self._retry()
            if self._unkept is not None:
                return
        try:  # without the lock: whoever keeps something does not wait for all of it
            self._store.maintain(now)
        except StoreProblem as problem:
            if self._unmaintained is None:
                _log.error("the store cannot be tidied: %s", problem)
            self._unmaintained = str(problem)
        else:
            self._unmaintained = None

    def backup(self, path: Path) -> None:
        """Write a copy that is whole, while others write."""
        self._store.backup(path)

    def close(self) -> None:
        """Write what is held, if that can be done now, and let go of the files."""
        with self._lock:
            self._again = 0.0
            self._retry()
            self._store.close()


_NEVER = 253_402_300_799.0
"""The end of the year 9999, in seconds since 1970 UTC."""


def _shorten(held: dict[str, Any]) -> None:
    while len(held) > MOST_OTHERS:
        del held[next(iter(held))]
