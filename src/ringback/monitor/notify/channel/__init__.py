"""Channels of notifications: a new one is a file here and a line in ``CHANNELS``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ringback.monitor.notify.channel.alertmanager import AlertmanagerChannel
from ringback.monitor.notify.channel.apprise import AppriseChannel
from ringback.monitor.notify.channel.channel import NotifierChannel, NotifierInvalid, NotSent
from ringback.monitor.notify.channel.command import CommandChannel
from ringback.monitor.notify.channel.webhook import WebhookChannel

if TYPE_CHECKING:
    from ringback.monitor.notify.settings import NotifierSettings

__all__ = ["CHANNELS", "NotSent", "NotifierChannel", "NotifierInvalid", "channel_of"]

CHANNELS: Mapping[str, Callable[[NotifierSettings], NotifierChannel]] = {
    "apprise": AppriseChannel,
    "webhook": WebhookChannel,
    "alertmanager": AlertmanagerChannel,
    "command": CommandChannel,
}
"""Type of a notifier to what makes its channel."""


def channel_of(settings: NotifierSettings) -> NotifierChannel:
    if settings.type not in CHANNELS:
        raise NotifierInvalid(f"notifier {settings.name}: there is no type {settings.type}")
    return CHANNELS[settings.type](settings)
