"""Ways to tell somebody: a new one is a file here and a line in ``CHANNELS``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ringback.monitor.notify.channel.alertmanager import Alertmanager
from ringback.monitor.notify.channel.apprise import AppriseChannel
from ringback.monitor.notify.channel.channel import Channel, NotifierInvalid, NotSent
from ringback.monitor.notify.channel.command import Command
from ringback.monitor.notify.channel.webhook import Webhook

if TYPE_CHECKING:
    from ringback.monitor.notify.settings import NotifierSettings

__all__ = ["CHANNELS", "Channel", "NotSent", "NotifierInvalid", "channel_of"]

CHANNELS: Mapping[str, Callable[[NotifierSettings], Channel]] = {
    "apprise": AppriseChannel,
    "webhook": Webhook,
    "alertmanager": Alertmanager,
    "command": Command,
}
"""Type of a notifier to what makes its channel."""


def channel_of(settings: NotifierSettings) -> Channel:
    """Return the channel of a notifier."""
    if settings.type not in CHANNELS:
        raise NotifierInvalid(f"notifier {settings.name}: there is no type {settings.type}")
    return CHANNELS[settings.type](settings)
