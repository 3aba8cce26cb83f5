"""Alertmanager, by its API v2: an alert for each incident, sent again while it goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.record import moment
from ringback.monitor.notify.channel.channel import JSONPoster
from ringback.monitor.notify.text import incident_link, plain_text, subject_line

if TYPE_CHECKING:
    from ringback.monitor.notify.notification import (
        IncidentUpdate,
        Notification,
        NotificationContext,
    )
    from ringback.monitor.notify.settings import NotifierSettings

REFRESH_INTERVAL = 60.0
"""Seconds until an incident that goes on is sent again, unless configured otherwise."""

LIFETIME_REFRESHES = 5  # So many times that long an alert lasts when nothing more is heard of it

_NO_LABEL = re.compile(r"[^a-zA-Z0-9_]")


class AlertmanagerChannel:
    """Posts alerts. Their labels never change while an incident lasts: they are its identity."""

    idempotent = (
        False  # it knows an alert by its labels, and that an older state comes late it does not
    )

    def __init__(self, settings: NotifierSettings) -> None:
        self._post = JSONPoster(settings)
        self._labels: Mapping[str, Any] = settings.options.get("labels") or {}
        self.refresh: float | None = float(settings.options.get("refresh", REFRESH_INTERVAL))

    def send(self, notification: Notification) -> None:
        alerts = [self._alert(update, notification) for update in notification.updates]
        self._post.json(json.dumps(alerts).encode(), {}, "/api/v2/alerts")

    def _alert(self, update: IncidentUpdate, notification: Notification) -> dict[str, Any]:
        incident, context = update.incident, notification.context
        lasts = notification.at + (1 if notification.test else LIFETIME_REFRESHES) * (
            self.refresh or REFRESH_INTERVAL
        )
        ends = lasts if incident.closed_at is None else incident.closed_at
        return {
            "labels": self._labelled(update, context, test=notification.test),
            "annotations": _annotated(update, notification),
            "startsAt": moment(incident.opened_at),
            "endsAt": moment(ends),
            "generatorURL": incident_link(context.base_url, incident.id),
        }

    def _labelled(
        self, update: IncidentUpdate, context: NotificationContext, *, test: bool
    ) -> dict[str, str]:
        first = update.incident.members[0]
        given = {**context.labels.get(first, {}), **self._labels}
        own = {"alertname": "RingbackIncident", "incident": update.incident.id, "endpoint": first}
        if context.vantage:
            own["vantage"] = context.vantage
        if test:
            own["test"] = "true"
        return {**{_label(name): str(value) for name, value in given.items()}, **own}


def _annotated(update: IncidentUpdate, notification: Notification) -> dict[str, str]:
    alone = replace(notification, updates=(update,))
    incident = update.incident
    known = {
        "summary": subject_line(alone),
        "description": plain_text(alone),
        "pattern": incident.pattern,
        "kind": incident.kind or "",
        "members": ", ".join(incident.members),
        "acknowledged_by": incident.acknowledged_by,
    }
    return {name: value for name, value in known.items() if value}


def _label(name: str) -> str:
    """Return a label's name as the Prometheus data model has it."""
    known = _NO_LABEL.sub("_", name) or "_"
    return f"_{known}" if known[0].isdigit() else known
