"""Programs, by an HTTP request that is signed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ringback.monitor.notify.channel.channel import JSONPoster
from ringback.monitor.notify.document import body
from ringback.monitor.notify.signature import SIGNATURE_HEADER, sign

if TYPE_CHECKING:
    from ringback.monitor.notify.notification import Notification
    from ringback.monitor.notify.settings import NotifierSettings


class WebhookChannel:
    """Posts each notification as JSON, with its idempotency key and a signature if so set."""

    refresh: float | None = None
    idempotent = True

    def __init__(self, settings: NotifierSettings) -> None:
        self._post = JSONPoster(settings)
        self._secret = settings.secret

    def send(self, notification: Notification) -> None:
        content = body(notification)
        headers = {"Idempotency-Key": notification.id}
        if self._secret:
            headers[SIGNATURE_HEADER] = sign(self._secret, time.time(), content)
        self._post.json(content, headers)
