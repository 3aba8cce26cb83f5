"""What waits of one incident for one channel, and how long for what belongs to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.incident.model import Incident, Notice
    from ringback.monitor.store import Queued


@dataclass(frozen=True, slots=True)
class Pile:
    """The notices of one incident for one channel.

    Attributes:
        notices: Oldest first; at least one.
    """

    notices: tuple[Notice, ...]

    @property
    def incident(self) -> Incident:
        """The incident as the newest change has it; an escalation comes long after its change."""
        return max(reversed(self.notices), key=lambda one: one.change.at).change.incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to wait for what belongs together.

    Attributes:
        gather: Seconds from a change until it is told, so that what follows from one cause is
            told at once.
        cause: Seconds that the beginning of an incident waits for its diagnosis, at most.
    """

    gather: float = 1.0
    cause: float = 5.0

    def ready(self, pile: Pile) -> float:
        """Return when a pile is to be told, in seconds since 1970 UTC.

        Args:
            pile: What waits.
        """
        first = pile.notices[0]
        begins = first.change.what == "opened" and pile.incident.state == "open"
        awaited = begins and pile.incident.diagnosis is None and _is_diagnosed(pile)
        return first.change.at + max(self.cause if awaited else 0.0, self.gather)


PACE = Pace()


def piles_of(queued: Iterable[Queued]) -> list[Pile]:
    """Return what waits, by incident: the one that waits longest comes first.

    Args:
        queued: For one channel.
    """
    found: dict[str, list[Notice]] = {}
    for one in sorted(queued, key=lambda one: (one.notice.at, one.notice.change.at)):
        found.setdefault(one.notice.change.incident.id, []).append(one.notice)
    return [Pile(tuple(notices)) for notices in found.values()]


def _is_diagnosed(pile: Pile) -> bool:
    """Return whether such an incident is diagnosed at all."""
    return pile.incident.pattern not in {"latency", "heartbeat_missed", "prober_sick"}
