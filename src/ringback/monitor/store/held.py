"""What could not be kept: in memory, bounded, until it can be."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringback.monitor.store.interface import Batch, Queued

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ringback.incident.model import Check, Incident, IncidentState, Transition

MOST_CHECKS = 50_000
"""Checks that are held; then the oldest are dropped and counted."""

MOST_OTHERS = 10_000
"""Transitions, incidents and notices that are held, of each."""

NEVER = 253_402_300_799.0
"""The end of the year 9999, in seconds since 1970 UTC."""


class Held:
    """What is new since nothing can be kept; to be used by one thread at a time.

    Attributes:
        checks: In the order they ended.
        transitions: In the order they happened.
        incidents: By id, as they are now.
        states: By name, the newest.
        queued: Notices by id: new ones, and those of the store that something was noted of.
        notes: Notice's id to what the store is to be told of it.
        dropped: Checks that were dropped because too many were held.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self.forget()

    def forget(self) -> None:
        """Hold nothing any more; what was dropped stays counted."""
        self.checks: deque[Check] = deque(maxlen=MOST_CHECKS)
        self.transitions: deque[Transition] = deque(maxlen=MOST_OTHERS)
        self.incidents: dict[str, Incident] = {}
        self.states: dict[str, Any] = {}
        self.queued: dict[str, Queued] = {}
        self.notes: dict[str, Callable[[], None]] = {}

    def hold(self, batch: Batch) -> None:
        """Hold a batch; the oldest of what is too much is dropped.

        Args:
            batch: What could not be kept.
        """
        self.dropped += max(0, len(self.checks) + len(batch.checks) - MOST_CHECKS)
        self.checks.extend(batch.checks)
        self.transitions.extend(batch.transitions)
        self.states.update(batch.states)
        for incident in batch.incidents:
            self.incidents.pop(incident.id, None)
            self.incidents[incident.id] = incident
        for one in batch.notices:
            self.queued.setdefault(one.id, Queued(notice=one, attempts=0, due=one.at))
        for held in (self.incidents, self.queued, self.notes):
            _shorten(held)

    def batch(self) -> Batch:
        """Return all that is held, but what was noted of notices."""
        return Batch(
            checks=list(self.checks),
            transitions=list(self.transitions),
            incidents=list(self.incidents.values()),
            notices=[one.notice for one in self.queued.values()],
            states={**self.states, "dropped": self.dropped},
            durable=True,  # some of it may have to be
        )

    def note(self, id_: str, write: Callable[[], None], changed: Queued | None) -> None:
        """Hold what is to be noted of a notice.

        Args:
            id_: The notice's.
            write: Notes it in the store.
            changed: The notice as it is with that; ``None``: nobody knows it.
        """
        if changed is not None:
            self.queued[id_] = changed
        self.notes[id_] = write

    def checks_of(self, endpoint: str, since: float, until: float, *, failed: bool) -> list[Check]:
        """Return checks of an endpoint, oldest first.

        Args:
            endpoint: Its id.
            since: Seconds since 1970 UTC.
            until: Seconds since 1970 UTC.
            failed: Whether only those that failed are wanted.
        """
        return [
            one
            for one in self.checks
            if one.endpoint == endpoint
            and since <= one.at < until
            and (not failed or one.up is False)
        ]

    def incidents_in(
        self, states: Iterable[IncidentState], endpoint: str | None, before: float | None
    ) -> list[Incident]:
        """Return incidents, in the order they changed.

        Args:
            states: Those that are wanted; none: all.
            endpoint: Only those that it is or was a member of.
            before: Only those opened before, in seconds since 1970 UTC.
        """
        wanted = tuple(states)
        return [
            one
            for one in self.incidents.values()
            if (not wanted or one.state in wanted)
            and (endpoint is None or endpoint in one.members)
            and (before is None or one.opened_at < before)
        ]


def ended(queued: Queued, error: str | None = None) -> Queued:
    """Return a notice that is not tried again.

    Args:
        queued: As it was.
        error: Why it is given up; ``None``: it was sent.
    """
    return replace(queued, due=NEVER, error=queued.error if error is None else error)


def _shorten(held: dict[str, Any]) -> None:
    while len(held) > MOST_OTHERS:
        del held[next(iter(held))]
