"""What every channel is, how it reports what was not sent, and how one posts JSON."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from ringback.failure import Failure
from ringback.retry import Policy, Timeout

if TYPE_CHECKING:
    from ringback.monitor.notify.notification import Notification
    from ringback.monitor.notify.settings import NotifierSettings


class NotSent(Exception):  # noqa: N818 - it reads as what is said of the notification
    """Raised when a notification did not get through."""

    def __init__(
        self,
        reason: str,
        *,
        rejected: bool = False,
        not_delivered: bool = False,
        answered: bool = False,
        retry_after: float = 0.0,
        failure: Failure | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason  # Why, in one line without credentials
        # Whether the same notification would be rejected again: the receiver works
        self.rejected = rejected
        # Whether it is certain that nobody has seen it
        self.not_delivered = not_delivered or rejected
        # Whether the receiver itself said that it did not take it
        self.answered = answered or self.not_delivered
        self.retry_after = retry_after  # Seconds that the receiver asked to be left alone
        # What went wrong with the connection, as far as it is known
        self.failure = failure or Failure(kind="unknown", message=reason)


class NotifierInvalid(ValueError):  # noqa: N818 - as ConfigInvalid
    """Raised for a notifier that cannot work as it is configured; the message has no secrets."""


class NotifierChannel(Protocol):
    """A channel of notifications. ``send`` is called in a thread, once at a time."""

    # Seconds after which incidents that go on are sent again because the receiver would take them
    # for over; `None`: it would not
    refresh: float | None
    idempotent: bool  # Whether a receiver can know a notification again by its id

    def send(self, notification: Notification) -> None:
        """Send a notification; return when it has arrived."""


_TRANSIENT = frozenset({408, 425, 429})
"""Statuses below 500 with which the same request may get through later."""

_MAX_RETRY_AFTER = 3600.0


class JSONPoster:
    """Sends JSON to one URL."""

    def __init__(self, settings: NotifierSettings) -> None:
        parts = urlsplit(settings.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise NotifierInvalid(f"notifier {settings.name} needs a url with http:// or https://")
        self._url = settings.url.rstrip("/")
        self._place = parts.hostname + (f":{parts.port}" if parts.port else "")
        self._headers = dict(settings.headers)
        self._timeout = settings.timeout
        self._ca = str(settings.options.get("ca", ""))
        self._session: Any = None

    def json(self, body: bytes, headers: Mapping[str, str], path: str = "") -> None:
        """Send a body; return when it was taken."""
        from requests import RequestException  # noqa: PLC0415 - an extra, and 60 ms

        known = {"Content-Type": "application/json", "User-Agent": "ringback", **self._headers}
        try:
            with self._opened().post(
                self._url + path,
                data=body,
                headers={**known, **headers},
                allow_redirects=False,
                stream=True,  # what it answers beside its status is not read
            ) as response:
                self._judge(response.status_code, response.headers)
        except (RequestException, OSError) as error:
            failure = getattr(error, "failure", None)
            kind = failure.kind if failure else type(error).__name__
            not_delivered = failure is not None and failure.delivered == "no"
            raise NotSent(
                f"{kind} at {self._place}", failure=failure, not_delivered=not_delivered
            ) from None

    def _judge(self, status: int, headers: Mapping[str, str]) -> None:
        from ringback.client.http import wait_asked  # noqa: PLC0415 - with requests

        if 200 <= status < 300:
            return
        later = status >= 500 or status in _TRANSIENT
        asked = wait_asked(headers, time.time()) if later else None
        raise NotSent(
            f"{self._place} answered {status}",
            rejected=not later,
            not_delivered=True,
            retry_after=min(asked or 0.0, _MAX_RETRY_AFTER),
        )

    def _opened(self) -> Any:
        if self._session is None:
            from ringback.client.requests.session import Session  # noqa: PLC0415 - with requests

            policy = Policy(
                attempts=1,  # the outbox tries again
                timeout=Timeout(connect=self._timeout, read=self._timeout),
                deadline=self._timeout,
                budget=None,
                breaker=None,
            )
            self._session = Session(policy=policy, sinks=(), trust=self._ca or None)
        return self._session
