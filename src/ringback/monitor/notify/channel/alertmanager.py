"""Alertmanager, by its API v2: an alert for each incident, sent again while it goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.record import moment
from ringback.monitor.notify.channel.channel import JSONPoster
from ringback.monitor.notify.notification import Told
from ringback.monitor.notify.text import incident_link, plain_text, subject_line

if TYPE_CHECKING:
    from ringback.monitor.notify.notification import (
        IncidentUpdate,
        Notification,
    )
    from ringback.monitor.notify.settings import NotifierSettings

REFRESH_INTERVAL = 60.0
"""Seconds until an incident that goes on is sent again, unless configured otherwise."""

LIFETIME_REFRESHES = 5  # So many times that long an alert lasts when nothing more is heard of it

_NO_LABEL = re.compile(r"[^a-zA-Z0-9_]")


class AlertmanagerChannel:
    """Posts alerts. Their labels are their identity: where one changes, the alert ends, and another
    one begins."""

    idempotent = (
        False  # it knows an alert by its labels, and that an older state comes late it does not
    )

    def __init__(self, settings: NotifierSettings) -> None:
        self._post = JSONPoster(settings)
        self._labels: Mapping[str, Any] = settings.options.get("labels") or {}
        self.refresh: float | None = float(settings.options.get("refresh", REFRESH_INTERVAL))

    def send(self, notification: Notification) -> None:
        alerts = [
            alert for update in notification.updates for alert in self._alerts(update, notification)
        ]
        self._post.json(json.dumps(alerts).encode(), {}, "/api/v2/alerts")

    def _alerts(self, update: IncidentUpdate, notification: Notification) -> list[dict[str, Any]]:
        """Return the alert of an incident, after the end of the one that stood for it before."""
        incident, told = update.incident, update.before
        ended = incident.closed_at
        labels = self._labelled(update, notification, Told.of(incident))
        before = self._labelled(update, notification, told) if told and told.members else labels
        if before == labels:
            return [self._alert(update, notification, labels, ended)]
        alerts = [self._alert(update, notification, before, ended or notification.at)]
        if ended is None:
            alerts.append(self._alert(update, notification, labels, None))
        return alerts

    def _alert(
        self,
        update: IncidentUpdate,
        notification: Notification,
        labels: Mapping[str, str],
        ended: float | None,
    ) -> dict[str, Any]:
        incident, refreshes = update.incident, 1 if notification.test else LIFETIME_REFRESHES
        lasts = notification.at + refreshes * (self.refresh or REFRESH_INTERVAL)
        return {
            "labels": labels,
            "annotations": _annotated(update, notification),
            "startsAt": moment(incident.opened_at),
            "endsAt": moment(lasts if ended is None else ended),
            "generatorURL": incident_link(notification.context.base_url, incident.id),
        }

    def _labelled(
        self, update: IncidentUpdate, notification: Notification, told: Told
    ) -> dict[str, str]:
        first = next(iter(told.members or update.incident.members), "")
        context = notification.context
        said = {"severity": told.severity, "pattern": told.pattern, "kind": told.kind}
        given = {**said, **context.labels.get(first, {}), **self._labels}
        own = {"alertname": "RingbackIncident", "incident": update.incident.id}
        if first:  # else it is about the monitor itself
            own["endpoint"] = first
        if context.vantage:
            own["vantage"] = context.vantage
        if notification.test:
            own["test"] = "true"
        return {**{_label(name): str(value) for name, value in given.items() if value}, **own}


def _annotated(update: IncidentUpdate, notification: Notification) -> dict[str, str]:
    alone = replace(notification, updates=(update,))
    incident = update.incident
    known = {
        "summary": subject_line(alone),
        "description": plain_text(alone),
        "members": ", ".join(incident.members),
        "acknowledged_by": incident.acknowledged_by,
    }
    return {name: value for name, value in known.items() if value}


def _label(name: str) -> str:
    """Return a label's name as the Prometheus data model has it."""
    known = _NO_LABEL.sub("_", name) or "_"
    return f"_{known}" if known[0].isdigit() else known
