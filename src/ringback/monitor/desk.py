"""Where checks become incidents and are kept: the one place that writes what the monitor knows.

A failure, a change of state and everything that follows from it is kept at once and in one
transaction, with the notices it causes. Successes are gathered for a second: a kill may cost one
check of an endpoint, and no counter, no incident and no notice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from ringback.monitor.store import Batch
from ringback.monitor.view import Told

if TYPE_CHECKING:
    from ringback.incident.engine import Engine
    from ringback.incident.model import Change, Check, Notice
    from ringback.monitor.store import Store

GATHER = 1.0
"""Seconds for which successes are gathered."""

MOST = 500
"""Checks that are gathered at most."""

SNAPSHOT = 60.0
"""Seconds within which what is known of every healthy endpoint is kept once."""


class Router(Protocol):
    """Says whom a change is for."""

    def notices_for(self, change: Change) -> list[Notice]:
        """Return one notice for each channel that is to tell it."""


class Desk:
    """Takes checks; to be used by one thread.

    Args:
        engine: Makes incidents of them.
        store: Keeps them.
        router: Says who is told.
        tell: Is told of everything that changes, for those who look on.
        clock: Seconds since 1970 UTC.

    Attributes:
        kept: How many checks were kept.
    """

    def __init__(
        self,
        engine: Engine,
        store: Store,
        router: Router,
        *,
        tell: Callable[[Told], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.engine = engine
        self.kept = 0
        self._store = store
        self._router = router
        self._tell = tell
        self._clock = clock
        self._checks: list[Check] = []
        self._since = clock()
        self._snapshots: list[str] = []
        self._states: dict[str, Any] = {}

    def load(self, endpoints: Iterable[str]) -> None:
        """Go on from where the last process was.

        Args:
            endpoints: Ids of those that are watched.
        """
        for id_ in endpoints:
            kept = self._store.state(f"case:{id_}")
            if kept is not None:
                self.engine.load_case(id_, kept)
        incidents = self._store.state("incidents")
        if incidents is not None:
            self.engine.load_incidents(incidents)

    def take(self, checks: Iterable[Check]) -> None:
        """Take checks, in the order they ended.

        Args:
            checks: Of any endpoints.
        """
        for check in checks:
            before = self.engine.state_of(check.endpoint)
            changes = self.engine.see(check)
            self._checks.append(check)
            self._tell(Told(what="check", endpoint=check.endpoint))
            if self.engine.state_of(check.endpoint) != before:
                self._tell(Told(what="state", endpoint=check.endpoint))
            if changes or not check.up or before != "ok":
                self.flush(changes, endpoints=(check.endpoint,))
        if len(self._checks) >= MOST:
            self.flush()

    def tick(self) -> None:
        """Let time pass; to be called about once a second."""
        now = self._clock()
        changes = self.engine.tick(now)
        if changes or (self._checks and now - self._since >= GATHER):
            self.flush(changes)

    def apply(self, changes: list[Change]) -> None:
        """Keep and tell what somebody changed: an acknowledgement, a diagnosis, a reload.

        Args:
            changes: As the engine gave them.
        """
        self.flush(changes, incidents=True)

    def keep_state(self, name: str, value: Any) -> None:
        """Keep something else with what is kept next.

        Args:
            name: What it is called.
            value: As JSON has it.
        """
        self._states[name] = value

    def flush(
        self,
        changes: Iterable[Change] = (),
        *,
        endpoints: Iterable[str] = (),
        incidents: bool = False,
    ) -> None:
        """Keep everything that was gathered, in one transaction.

        Args:
            changes: What changed with it.
            endpoints: Those of which what is known is kept with it.
            incidents: Whether what is known of incidents is kept although none changed.
        """
        changes = list(changes)
        states: dict[str, Any] = {f"case:{id_}": self.engine.dump_case(id_) for id_ in endpoints}
        states |= self._due_snapshots() | self._states
        if changes or incidents:
            states["incidents"] = self.engine.dump_incidents()
        newest = {change.incident.id: change.incident for change in changes}
        batch = Batch(
            checks=tuple(self._checks),
            transitions=tuple(self.engine.transitions()),
            incidents=tuple(newest.values()),
            notices=tuple(
                notice
                for change in changes
                if change.told
                for notice in self._router.notices_for(change)
            ),
            states=states,
        )
        self._store.keep(batch)
        self.kept += len(self._checks)
        self._checks.clear()
        self._states.clear()
        self._since = self._clock()
        for change in changes:
            self._tell(Told(what="incident", incident=change.incident.id, endpoint=change.endpoint))

    def _due_snapshots(self) -> dict[str, Any]:
        """Return some of the endpoints each time, so that all are kept within the interval."""
        if not self._snapshots:
            self._snapshots = self.engine.watched()
        size = max(1, round(len(self._snapshots) * GATHER / SNAPSHOT))
        due, self._snapshots = self._snapshots[:size], self._snapshots[size:]
        return {f"case:{id_}": self.engine.dump_case(id_) for id_ in due}
