"""What one channel is given to send: each incident once, however much of it waited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from ringback.incident.model import Incident

if TYPE_CHECKING:
    from ringback.incident.model import Notice
    from ringback.monitor.notify.settings import NotifierSettings

Headline = Literal[
    "opened", "escalated", "reminded", "renamed", "diagnosed", "acknowledged", "closed", "brief"
]
"""``escalated``: nobody acknowledged it. ``brief``: it ended before anybody was notified."""

_BEGINS = frozenset({"opened", "joined", "reminded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationContext:
    """What a notification says beside its incidents."""

    base_url: str = ""  # Where the monitor's page is, without a slash at its end; `""`: nowhere
    vantage: str = ""  # What the operator calls this place; `""`: nothing
    names: Mapping[str, str] = field(default_factory=dict)  # Endpoint's id to what people call it
    # Endpoint's id to its labels
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentUpdate:
    """What there is to say of one incident."""

    headline: Headline  # What has happened
    incident: Incident  # As it is now
    notices: tuple[Notice, ...] = ()  # Those that are done with this, oldest first


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
    notices: Sequence[Notice], incident: Incident, *, notified: bool
) -> IncidentUpdate | None:
    """Return what the notices of one incident come to; ``None``: there is nothing to say."""
    headline = _headline(notices, incident, notified=notified)
    if headline is None:
        return None
    return IncidentUpdate(headline=headline, incident=incident, notices=tuple(notices))


def _headline(notices: Sequence[Notice], incident: Incident, *, notified: bool) -> Headline | None:
    prompt = [notice for notice in notices if not is_escalation(notice)]
    if not prompt and (incident.state != "open"):
        return None
    whats = {notice.change.what for notice in prompt}
    if incident.state == "closed":
        return "brief" if whats & _BEGINS and not notified else "closed"
    if not prompt:
        return "escalated"
    order: tuple[Headline, ...] = ("reminded", "acknowledged", "renamed", "diagnosed")
    if whats & {"opened", "joined"} or ("reminded" in whats and not notified):
        return "opened"  # what began in a silence is news to them
    return next((headline for headline in order if headline in whats), "reminded")


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
