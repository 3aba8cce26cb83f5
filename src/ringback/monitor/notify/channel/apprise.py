"""People, by whatever apprise knows: Slack, Teams, Telegram, e-mail, PagerDuty, ntfy and more."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ringback.monitor.notify.channel.channel import NotifierInvalid, NotSent
from ringback.monitor.notify.text import (
    html_text,
    markdown_text,
    plain_text,
    safe_line,
    subject_line,
)

if TYPE_CHECKING:
    from ringback.monitor.notify.notification import IncidentUpdate, Notification
    from ringback.monitor.notify.settings import NotifierSettings

_FORMATS: dict[str, Callable[[Notification], str]] = {
    "text": plain_text,
    "markdown": markdown_text,
    "html": html_text,
}

_TYPES = dict.fromkeys(("opened", "reopened", "grown", "escalated", "reminded"), "failure")
_TYPES |= {"renamed": "warning", "diagnosed": "warning", "acknowledged": "info"}
_TYPES |= {"closed": "success", "brief": "success"}

_ADDRESS = re.compile(r"[a-z][a-z0-9+.\-]*://\S*|/\S+|\b[\w\-]{20,}\b", re.IGNORECASE)
"""What may hold a token: these services have them in paths."""


class AppriseChannel:
    """Sends by one URL of apprise, or several."""

    refresh: float | None = None
    idempotent = False

    def __init__(self, settings: NotifierSettings) -> None:
        self._format = str(settings.options.get("format", "text"))
        if self._format not in _FORMATS:
            raise NotifierInvalid(f"notifier {settings.name}: format must be one of {[*_FORMATS]}")
        self._timeout = settings.timeout
        self._apprise = _opened(settings)

    def send(self, notification: Notification) -> None:
        result = self._apprise.notify(
            body=_FORMATS[self._format](notification),
            title=subject_line(notification),
            notify_type=_type(notification),
            body_format=self._format,
            timeout=self._timeout,
        )
        if not result:
            raise NotSent(_reason(result))


def _type(notification: Notification) -> str:
    types = {_type_of(update) for update in notification.updates}
    order = ("failure", "warning", "info", "success")
    return "info" if notification.test else next(name for name in order if name in types)


def _type_of(update: IncidentUpdate) -> str:
    found = _TYPES[update.headline]
    return "warning" if found == "failure" and update.incident.severity == "warn" else found


def _opened(settings: NotifierSettings) -> Any:
    urls = [url for url in (settings.url, *settings.options.get("urls", ())) if url]
    if not urls:
        raise NotifierInvalid(f"notifier {settings.name} needs a url")
    with warnings.catch_warnings():
        # It loads every service that it has, and some of those what Python has deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise  # noqa: PLC0415 - an extra, and a second

        asset = apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY)
        asset.app_id, asset.app_desc, asset.app_url = "ringback", "ringback", ""
        known = apprise.Apprise(asset=asset)
        for url in urls:
            _add(known, url, settings.name)
    return known


def _add(known: Any, url: str, name: str) -> None:
    # What it does not understand it logs, with the URL; what is wrong is said here.
    heard = logging.getLogger("apprise")
    was, heard.disabled = heard.disabled, True
    try:
        if not known.add(url):
            scheme = url.partition("://")[0][:40] if "://" in url else "…"
            raise NotifierInvalid(f"notifier {name}: apprise does not know this {scheme}:// URL")
    finally:
        heard.disabled = was


def _reason(result: Any) -> str:
    """Return what apprise said, without anything that could be a token."""
    entries = result.logs() if hasattr(result, "logs") else ()
    messages = [str(getattr(entry, "message", entry)) for entry in entries]
    line = next(
        (line for line in reversed(messages) if line.strip()), "the service did not take it"
    )
    return safe_line(_ADDRESS.sub("…", line))
