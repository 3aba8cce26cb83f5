"""What one channel is given to send: each incident once, however much of it waited."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from ringback.incident.model import Incident

if TYPE_CHECKING:
    from ringback.incident.model import Notice
    from ringback.monitor.notify.settings import NotifierSettings

Headline = Literal[
    "opened",
    "reopened",
    "grown",
    "escalated",
    "reminded",
    "renamed",
    "diagnosed",
    "acknowledged",
    "closed",
    "brief",
]
"""``grown``: it has more members. ``renamed``: it has another pattern or severity. ``escalated``:
nobody acknowledged it. ``brief``: it ended before anybody was notified."""

_NEWS = frozenset({"opened", "raised", "joined", "reminded", "renamed", "diagnosed"})
"""Changes from which somebody who knows nothing of an incident learns that there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationContext:
    """What a notification says beside its incidents."""

    base_url: str = ""  # Where the monitor's page is, without a slash at its end; `""`: nowhere
    vantage: str = ""  # What the operator calls this place; `""`: nothing
    names: Mapping[str, str] = field(default_factory=dict)  # Endpoint's id to what people call it
    # Endpoint's id to its labels
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # Of an endpoint's id, what stands for the placeholders of advice
    place: Callable[[str], Mapping[str, object]] = field(default=lambda _: {}, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one receiver was last told of an incident."""

    # Ids of those it had; none: it is not certain that anything arrived
    members: tuple[str, ...] = ()
    pattern: str = ""
    severity: str = ""
    kind: str = ""  # `""`: none

    @classmethod
    def of(cls, incident: Incident) -> Told:
        return cls(
            members=incident.members,
            pattern=incident.pattern,
            severity=incident.severity,
            kind=incident.kind or "",
        )

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> Told:
        """Return what was kept as JSON; a version that counted the members did not keep whom."""
        members = kept["members"]
        return cls(**{**kept, "members": () if isinstance(members, int) else tuple(members)})

    def names(self, incident: Incident) -> bool:
        """Return whether it was told as what it is now."""
        return (self.pattern, self.severity) == (incident.pattern, incident.severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentUpdate:
    """What there is to say of one incident."""

    headline: Headline  # What has happened
    incident: Incident  # As it is now
    notices: tuple[Notice, ...] = ()  # Those that are done with this, oldest first
    before: Told | None = None  # What the receiver knows of it; `None`: nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What is sent at once."""

    id: str  # Idempotency key: the notice's own where it is one, else made of all of theirs
    channel: str  # Name of the notifier
    at: float  # When it was made, in seconds since 1970 UTC
    updates: tuple[IncidentUpdate, ...]  # One for each incident
    context: NotificationContext = field(default_factory=NotificationContext)  # What else it says
    test: bool = False  # Whether it is only to see that it arrives

    @property
    def notices(self) -> list[Notice]:
        return [notice for update in self.updates for notice in update.notices]


def update_of(
    notices: Sequence[Notice], incident: Incident, *, told: Told | None, live: Sequence[Notice]
) -> IncidentUpdate | None:
    """Return what the notices of one incident come to; ``None``: there is nothing to say.

    ``live`` are those of them that no later one has cancelled.
    """
    headline = _headline(live, incident, told)
    if headline is None:
        return None
    return IncidentUpdate(headline=headline, incident=incident, notices=tuple(notices), before=told)


def _headline(live: Sequence[Notice], incident: Incident, told: Told | None) -> Headline | None:
    whats = {notice.change.what for notice in live if not is_escalation(notice)}
    if told is None and incident.part_of and incident.pattern == "own_network_down":
        return None  # what was taken for an outage, and told nobody
    if incident.state == "closed":
        ended: Headline = "brief" if told is None else "closed"
        return ended if whats else None
    whats -= {"closed"}  # it was reopened, and nobody was to be notified of that
    if not whats:
        escalates = any(is_escalation(notice) for notice in live)
        return "escalated" if escalates and incident.state == "open" else None
    if "reopened" in whats:
        return "reopened"
    if told is None and whats & _NEWS:
        return "opened"  # what began in a silence is news to them
    return _headline_of_news(whats, incident, told or Told())


def _headline_of_news(whats: Set[str], incident: Incident, told: Told) -> Headline | None:
    """Return what is new to somebody who knows the incident."""
    new: tuple[tuple[Headline, bool], ...] = (
        ("opened", not whats.isdisjoint({"opened", "raised"})),
        ("reminded", not whats.isdisjoint({"reminded", "unacknowledged"})),
        ("acknowledged", "acknowledged" in whats),
        ("renamed", "renamed" in whats and not told.names(incident)),
        ("diagnosed", "diagnosed" in whats),
        ("grown", "joined" in whats and _is_worse(incident, told)),
    )
    return next((headline for headline, is_new in new if is_new), None)


def _is_worse(incident: Incident, told: Told) -> bool:
    """Return whether a member that was not told is not well."""
    return not {*incident.members}.issubset({*incident.well, *told.members})


def is_escalation(notice: Notice) -> bool:
    """Return whether a notice is an escalation: for when nobody acknowledges in time."""
    return notice.at > notice.change.at


def idempotency_key(ids: Iterable[str]) -> str:
    known = list(ids)
    return known[0] if len(known) == 1 else sha256("\n".join(known).encode()).hexdigest()[:32]


def trial_notification(notifier: NotifierSettings, at: float, vantage: str = "") -> Notification:
    """Return a notification that says clearly that nothing is wrong."""
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    incident = Incident(
        id=f"test-{stamp}",
        pattern="service_outage",
        state="open",
        kind=None,
        summary=f"This is a test of ringback's notifier {notifier.name}. Nothing is wrong.",
        members=("ringback-test",),
        opened_at=at,
        evidence=("somebody ran `ringback notify-test`",),
    )
    return Notification(
        id=incident.id,
        channel=notifier.name,
        at=at,
        updates=(IncidentUpdate(headline="opened", incident=incident),),
        context=NotificationContext(vantage=vantage),
        test=True,
    )
