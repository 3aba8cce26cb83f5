"""What waits for one channel, by incident, and when it is sent: rules without a clock or a store.

People read messages, so what belongs together is put together, whatever incident it is of:

- An **alarm** after a time of quiet goes at once: when the diagnosis is there, which is waited for
  ten seconds at most. Alarms that follow are gathered for a minute.
- An **end** waits two minutes, or five where the endpoint is checked that rarely: perhaps it is
  none. If its incident is reopened meanwhile, neither is said.
- **Growth** of an incident is an alarm when its members have doubled since they were last told, or
  were never told. Otherwise it waits until the last message is five minutes old, but nobody who
  joined for longer than two: an outage that is over by then would be named by its end alone.
- What is said for a person who waits for it goes at once: that somebody acknowledged an incident,
  and an escalation.

Once anything goes, all goes that waits for the channel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringback.monitor.notify.notification import Told, is_escalation

if TYPE_CHECKING:
    from ringback.incident.model import Incident, Notice
    from ringback.monitor.store import Queued


@dataclass(frozen=True, slots=True)
class NoticeGroup:
    """The notices of one incident for one channel."""

    entries: tuple[Queued, ...]  # Oldest first; at least one

    @property
    def notices(self) -> tuple[Notice, ...]:
        return tuple(entry.notice for entry in self.entries)

    @property
    def incident(self) -> Incident:
        """The incident as the newest change has it; an escalation comes long after its change."""
        return max(reversed(self.notices), key=lambda notice: notice.change.at).change.incident

    @property
    def live(self) -> list[Notice]:
        """What is left to say: an end that was not sent and its reopening cancel each other."""
        left: list[Queued] = []
        for entry in self.entries:
            end = next((known for known in reversed(left) if _ends(known)), None)
            # One that was tried may have arrived: then the reopening is news.
            if entry.notice.change.what == "reopened" and end is not None and not end.attempts:
                left.remove(end)
            else:
                left.append(entry)
        return [entry.notice for entry in left]


def _ends(entry: Queued) -> bool:
    return entry.notice.change.what == "closed"


def notice_groups(queued: Iterable[Queued]) -> list[NoticeGroup]:
    """Return what waits, by incident: the one that waits longest comes first."""
    found: dict[str, list[Queued]] = {}
    for entry in sorted(queued, key=lambda entry: (entry.notice.at, entry.notice.change.at)):
        found.setdefault(entry.notice.change.incident.id, []).append(entry)
    return [NoticeGroup(tuple(entries)) for entries in found.values()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """What is known of the receiver of a channel."""

    sent_at: float | None  # When it was last sent a message; `None`: never
    told: Callable[[str], Told | None]  # Incident's id to what was told of it; `None`: nothing
    # Endpoint's id to the seconds between two checks of it
    every: Callable[[str], float] = lambda _: 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Collation:
    """How long to wait for what belongs together, in seconds."""

    quiet: float = 300.0  # Without a message, until an alarm is the first one again
    settle: float = 1.0  # That a first alarm waits for what begins at the same moment
    diagnosis: float = 10.0  # That it waits for its diagnosis, at most
    gather: float = 60.0  # That further alarms are gathered
    growth: float = 300.0  # From a message until growth is told that is less than a doubling
    joined: float = 120.0  # That who joined waits, at most
    end: float = 120.0  # That an end waits
    rare_end: float = 300.0  # That it waits where the endpoint is checked so rarely or more so

    def due_at(self, groups: Sequence[NoticeGroup], receiver: Receiver) -> float:
        """Return when a channel's next message is to be sent; infinity: nothing is to be said."""
        first: list[tuple[float, NoticeGroup]] = []
        due = math.inf
        for group in groups:
            since, urgent = self._alarm(group, receiver)
            if since is None:
                due = min(due, self._waits_until(group, receiver))
            elif urgent:
                due = min(due, since)
            elif receiver.sent_at is None or since - receiver.sent_at >= self.quiet:
                first.append((since, group))
            else:
                due = min(due, since + self.gather)
        if first:
            wait = self.diagnosis if any(_awaited(group) for _, group in first) else self.settle
            due = min(due, min(since for since, _ in first) + wait)
        return due

    def _alarm(self, group: NoticeGroup, receiver: Receiver) -> tuple[float | None, bool]:
        """Return since when there is an alarm (``None``: there is none), and if it is urgent."""
        told = receiver.told(group.incident.id)
        if group.incident.state == "closed" and told is not None:
            return None, False
        alarms = [notice for notice in group.live if _is_alarm(notice, told)]
        urgent = [notice.at for notice in alarms if _is_urgent(notice)]
        return min((notice.at for notice in alarms), default=None), bool(urgent)

    def _waits_until(self, group: NoticeGroup, receiver: Receiver) -> float:
        """Return when a group without an alarm is due: an end, or growth."""
        if not group.live:
            return math.inf
        if group.incident.state == "closed":
            every = max(map(receiver.every, group.incident.members), default=0.0)
            return group.live[-1].at + (self.rare_end if every >= self.rare_end else self.end)
        due = max(group.live[0].at, (receiver.sent_at or 0.0) + self.growth)
        joined = (notice.at for notice in group.live if notice.change.what == "joined")
        return min([due, *(at + self.joined for at in joined)])


COLLATION = Collation()


def _is_alarm(notice: Notice, told: Told | None) -> bool:
    if notice.change.what == "closed":
        return False
    incident = notice.change.incident
    if notice.change.what == "joined":
        return told is None or len(incident.members) >= 2 * len(told.members)
    return notice.change.what != "renamed" or told is None or not told.names(incident)


def _is_urgent(notice: Notice) -> bool:
    return notice.change.what == "acknowledged" or is_escalation(notice)


_NEVER_DIAGNOSED = frozenset(
    {"latency", "error_budget", "heartbeat_missed", "prober_sick", "vantage_silent"}
)


def _awaited(group: NoticeGroup) -> bool:
    """Return whether a group is the beginning of an incident whose diagnosis is still made."""
    incident = group.incident
    begins = any(notice.change.what == "opened" for notice in group.live)
    open_ = incident.state == "open" and incident.diagnosis is None
    return begins and open_ and incident.pattern not in _NEVER_DIAGNOSED
