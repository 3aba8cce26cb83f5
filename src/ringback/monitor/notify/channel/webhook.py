"""Programs, by an HTTP request that is signed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ringback.monitor.notify.channel.channel import Post
from ringback.monitor.notify.document import body
from ringback.monitor.notify.signature import HEADER, sign

if TYPE_CHECKING:
    from ringback.monitor.notify.message import Message
    from ringback.monitor.notify.settings import NotifierSettings


class Webhook:
    """Posts each message as JSON, with its idempotency key and, given a secret, a signature.

    Args:
        settings: The notifier: ``url``, ``secret``, ``headers``, ``timeout``.

    Raises:
        NotifierInvalid: If its URL is none.
    """

    refresh: float | None = None
    keyed = True

    def __init__(self, settings: NotifierSettings) -> None:
        self._post = Post(settings)
        self._secret = settings.secret

    def send(self, message: Message) -> None:
        """Send a message; return when it was taken."""
        content = body(message)
        headers = {"Idempotency-Key": message.id}
        if self._secret:
            headers[HEADER] = sign(self._secret, time.time(), content)
        self._post.json(content, headers)
