"""A message that only shows that it arrives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringback.incident.model import Incident
from ringback.monitor.notify.message import Context, Message, Story

if TYPE_CHECKING:
    from ringback.monitor.notify.settings import NotifierSettings


def trial(notifier: NotifierSettings, at: float, vantage: str = "") -> Message:
    """Return a message that says clearly that nothing is wrong.

    Args:
        notifier: The one that is tried.
        at: Seconds since 1970 UTC.
        vantage: What the operator calls this place.
    """
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
    return Message(
        id=incident.id,
        channel=notifier.name,
        at=at,
        stories=(Story(headline="opened", incident=incident),),
        context=Context(vantage=vantage),
        test=True,
    )
