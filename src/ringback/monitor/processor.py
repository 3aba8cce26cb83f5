"""Where checks become incidents and are kept: the one place that writes what the monitor knows.

A failure, a change of state and everything that follows from it is kept in one transaction, with
the notices it causes, and that within a moment: what ends together, as in an outage of many
endpoints, is kept together. Successes are gathered until the next tick. Nothing is published that
is not kept, so that a kill costs one check of an endpoint, and no counter, incident or notice.

What is known changes here, in the event loop; what is to be kept of it is written by a thread
(``writer.py``), and only then published.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ringback.incident.lifecycle import REOPEN_SECONDS
from ringback.monitor.model import UiEvent
from ringback.monitor.store.interface import IncidentFilter, StoreBatch
from ringback.monitor.writer import StoreWriter

if TYPE_CHECKING:
    from ringback.incident.engine import Engine
    from ringback.incident.model import Change, Check, Incident, Notice
    from ringback.monitor.store import Store

MAX_WAITING_EVENTS = 1_000  # What is kept for one who is slow; the oldest goes first


class Subscribers:
    """Publishes to everybody who follows; to be used in one event loop."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[UiEvent]] = set()
        self.dropped = 0

    def publish(self, event: UiEvent) -> None:
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
                self.dropped += 1
            queue.put_nowait(event)

    async def subscribe(self) -> AsyncIterator[UiEvent]:
        """Yield what changes, from now on, until it is closed."""
        queue: asyncio.Queue[UiEvent] = asyncio.Queue(MAX_WAITING_EVENTS)
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)


MAX_GATHERED_CHECKS = 500  # Checks that are gathered at most

SNAPSHOT_INTERVAL = 60.0
"""Seconds within which it is kept once of every healthy endpoint when it was seen, or all of it."""

WHOLE_TURNS = 10
"""Turns of an endpoint of which one keeps all that is known, where nothing has changed but when it
was seen: what its detectors learnt is large, and loses little by being minutes old."""

SEEN_TOGETHER = 1_000  # Endpoints of which one state says when they were seen

MAX_CATCH_UP_SECONDS = 3.0
"""Seconds whose share of them is kept at once: after a suspend all would be, in one long turn."""

_STATE_PREFIX = "case:"
_SEEN_PREFIX = "seen:"
_CLOSED = IncidentFilter(states=("closed",))
_NOT_CLOSED = IncidentFilter(states=("open", "acknowledged"))
_MAX_INCIDENTS = 1_000_000
Shared = tuple[list["Incident"], Any]  # Incidents, and what `Engine.dump_shared` has returned
_MAX_ENDED = 1_000  # Incidents that are looked through for those that may reopen
_MAX_DETAIL = 200


class NoticeRouter(Protocol):
    """Says whom a change is for."""

    def notices_for(self, change: Change) -> list[Notice]:
        """Return one notice for each channel that is to be notified."""

    def wake(self) -> None:
        """Know that there are notices, by now."""


def batch_of(changes: Iterable[Change], router: NoticeRouter) -> StoreBatch:
    """Return what is to be kept of changes: the incidents as they are now, and the notices."""
    changes = list(changes)
    return StoreBatch(
        incidents=tuple({change.incident.id: change.incident for change in changes}.values()),
        notices=tuple(
            notice for change in changes if change.told for notice in router.notices_for(change)
        ),
    )


class CheckProcessor:
    """Takes checks; to be used by one thread."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        router: NoticeRouter,
        *,
        publish: Callable[[UiEvent], None] = lambda _: None,
        announce: Callable[[Change], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.engine = engine
        self.kept = 0  # How many checks were kept
        self.dropped = 0  # Checks that were taken, but not into the history: too many waited
        self.writer = StoreWriter(store)
        # Whether something waits that is to be kept at once, with all that ended meanwhile: to be
        # answered with `flush`
        self.urgent = False
        self._store, self._router, self._publish, self._clock = store, router, publish, clock
        self._announce = announce  # Says a change to who runs it, once it is kept
        self._checks: list[Check] = []
        self._changes: list[Change] = []
        self._dirty: dict[str, None] = {}  # endpoints of which what is known is kept next
        self._states: dict[str, Any] = {}
        self._ticked = clock()
        self._round: deque[str] = deque()
        self._rounds = self._place = 0  # Rounds so far, and endpoints in this one
        self._seen: dict[str, dict[str, float]] = {}
        self._owed = 0.0

    def load(self, *, followed: bool = False) -> None:
        """Go on from where the last process was; what changes by that is kept with the next tick.

        ``followed``: what it kept of endpoints is known already.
        """
        if not followed:
            for prefix in (_STATE_PREFIX, _SEEN_PREFIX):
                self._follow(self._store.each_state(prefix))
        self._load(self.read_shared())

    def _load(self, shared: Shared) -> None:
        self._changes = self.engine.load({}, *shared, self._clock())

    def read_shared(self) -> Shared:
        """Return what is kept beside endpoints; in any thread."""
        return self._incidents(), self._store.state("quiet")

    def follow(self, states: Mapping[str, Any], shared: Shared | None) -> None:
        """Know what another process keeps; ``None``: incidents and silences are as they were."""
        cases = {
            name.removeprefix(_STATE_PREFIX): kept
            for name, kept in states.items()
            if name.startswith(_STATE_PREFIX)
        }
        before = {id_: self.engine.state_of(id_) for id_ in cases if id_ in self.engine.watched()}
        # What is known of endpoints first: a later row may say when one was seen since
        self._follow(sorted(states.items(), key=lambda item: item[0].startswith(_SEEN_PREFIX)))
        if shared is not None:
            self._load(shared)
        for id_, state in before.items():
            if self.engine.state_of(id_) != state:
                self._publish(UiEvent(what="state", endpoint=id_))

    def _follow(self, states: Iterable[tuple[str, Any]]) -> None:
        for name, kept in states:
            if name.startswith(_STATE_PREFIX):
                self.engine.follow({name.removeprefix(_STATE_PREFIX): kept})
            elif name.startswith(_SEEN_PREFIX):
                for id_, seen in kept.items():
                    self.engine.saw(id_, seen)

    def _incidents(self) -> list[Incident]:
        """Return the incidents that go on, and those that may reopen, oldest first."""
        since = self._clock() - REOPEN_SECONDS
        ended = (
            incident
            for incident in self._store.incidents(_CLOSED, _MAX_ENDED)
            if (incident.closed_at or 0.0) >= since
        )
        found = (*ended, *self._store.incidents(_NOT_CLOSED, _MAX_INCIDENTS))
        return sorted(found, key=lambda incident: (incident.opened_at, incident.id))

    def take(self, checks: Iterable[Check]) -> None:
        """Take checks, in the order they ended."""
        for check in checks:
            before = self.engine.state_of(check.endpoint)
            changes = self.engine.see(check)
            after = self.engine.state_of(check.endpoint)
            if self.writer.is_full:
                self.dropped += 1
            else:
                self._checks.append(self._believed(check))
            self._publish(UiEvent(what="check", endpoint=check.endpoint))
            if after != before:
                self._publish(UiEvent(what="state", endpoint=check.endpoint))
            if changes or not check.up or before != "ok":
                self._changes += changes
                self._dirty[check.endpoint] = None
                self.urgent = True
        if len(self._checks) >= MAX_GATHERED_CHECKS:
            self.flush()

    def take_late(self, checks: Iterable[Check]) -> None:
        """Take checks of what was, which say nothing of what is: they are kept, and that is all."""
        self._checks += checks

    def take_control(self, check: Check) -> None:
        """Take the check of a control: what follows from it is kept, the check itself is not."""
        changes = self.engine.see(check)
        if changes:
            self._changes += changes
            self._dirty |= {id_: None for change in changes for id_ in change.incident.members}
            self.urgent = True

    def _believed(self, check: Check) -> Check:
        """Return a check as it counts: what fails because this host has no network is not known."""
        if check.up is not False or self.engine.believes(check):
            return check
        detail = f"not counted, this host has no network: {check.detail}"[:_MAX_DETAIL]
        return replace(check, up=None, detail=detail)

    def tick(self) -> None:
        """Let time pass, and keep what was gathered; to be called about once a second."""
        self.writer.verify()
        now = self._clock()
        changes = self.engine.tick(now)
        self._changes += changes
        # What a detector remembers is kept with what it saw: the next process sees it but once.
        self._dirty |= {id_: None for change in changes for id_ in change.incident.members}
        self._take_turns(now)
        if self._checks or self._changes or self._dirty or self._states:
            self.flush()

    def apply(self, changes: list[Change]) -> None:
        """Have kept and published what somebody changed: an acknowledgement, a diagnosis …"""
        self._changes += changes
        self._states["quiet"] = self.engine.dump_shared()
        self.flush()

    def keep_state(self, name: str, value: Any) -> None:
        """Keep something else with what is kept next."""
        self._states[name] = value

    def flush(self) -> None:
        """Have everything kept that was gathered, in one transaction."""
        changes = self._changes
        known = ((id_, self.engine.dump_endpoint(id_)) for id_ in self._dirty)
        states = {f"{_STATE_PREFIX}{id_}": case for id_, case in known if case is not None}
        if changes:
            self._states["quiet"] = self.engine.dump_shared()
        batch = replace(
            batch_of(changes, self._router),
            checks=tuple(self._checks),
            transitions=tuple(self.engine.transitions()),
            states=states | self._states,
        )
        self.writer.put(batch, partial(self._tell, batch, changes))
        self._checks, self._changes, self._dirty, self._states = [], [], {}, {}
        self.urgent = False

    def _tell(self, kept: StoreBatch, changes: list[Change]) -> None:
        self.kept += len(kept.checks)
        if kept.notices:
            self._router.wake()
        for change in changes:
            self._announce(change)
            self._publish(
                UiEvent(what="incident", incident=change.incident.id, endpoint=change.endpoint)
            )

    def _take_turns(self, now: float) -> None:
        """Have some endpoints kept each time, so that all are within the interval."""
        elapsed, self._ticked = min(max(now - self._ticked, 0.0), MAX_CATCH_UP_SECONDS), now
        self._owed += len(self.engine.watched()) * elapsed / SNAPSHOT_INTERVAL
        while self._owed >= 1:
            self._owed -= 1
            if not self._round:
                self._round.extend(self.engine.watched())
                self._rounds, self._place = self._rounds + 1, 0
            self._take_turn(self._round.popleft())

    def _take_turn(self, id_: str) -> None:
        seen = self.engine.settled(id_)
        if seen is None or (self._place + self._rounds) % WHOLE_TURNS == 0:
            self._dirty[id_] = None
        else:
            self._seen[id_] = {name: round(at, 3) for name, at in seen.items()}
        ends = self._place % SEEN_TOGETHER == SEEN_TOGETHER - 1 or not self._round
        if self._seen and ends:
            self.keep_state(f"{_SEEN_PREFIX}{self._place // SEEN_TOGETHER}", self._seen)
            self._seen = {}
        self._place += 1
