"""A notification as JSON, for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.record import jsonable, moment
from ringback.failure.target import without_secrets
from ringback.monitor.notify.text import incident_link, plain_text, subject_line

if TYPE_CHECKING:
    from ringback.incident.model import Incident
    from ringback.monitor.notify.notification import (
        IncidentUpdate,
        Notification,
        NotificationContext,
    )

FORMAT = 1
"""Number of the format. Further keys may be added to it; what there is keeps its meaning."""

_LEFT_OUT = ("readings", "host")


def document(notification: Notification) -> dict[str, Any]:
    """Return a notification as JSON has it, after ``schema()``."""
    return {
        "format": FORMAT,
        "id": notification.id,
        "at": moment(notification.at),
        "notifier": notification.channel,
        "vantage": notification.context.vantage,
        "test": notification.test,
        "subject": subject_line(notification),
        "text": plain_text(notification),
        "incidents": [
            _incident_document(update, notification.context) for update in notification.updates
        ],
    }


def body(notification: Notification) -> bytes:
    return json.dumps(document(notification), ensure_ascii=False).encode("utf-8", "replace")


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what ``document`` returns."""
    text = files("ringback.monitor.notify").joinpath("schema/message.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _incident_document(update: IncidentUpdate, context: NotificationContext) -> dict[str, Any]:
    incident = update.incident
    return {
        "what": update.headline,
        "notices": [
            {"id": notice.id, "what": notice.change.what, "at": moment(notice.change.at)}
            for notice in update.notices
        ],
        "link": incident_link(context.base_url, incident.id) or None,
        **_incident(incident),
        "names": {id_: context.names.get(id_, id_) for id_ in incident.members},
        "labels": {id_: dict(context.labels.get(id_, {})) for id_ in incident.members},
    }


def _incident(incident: Incident) -> dict[str, Any]:
    closed = incident.closed_at
    return {
        "id": incident.id,
        "pattern": incident.pattern,
        "state": incident.state,
        "kind": incident.kind,
        "summary": without_secrets(incident.summary),
        "members": list(incident.members),
        "opened_at": moment(incident.opened_at),
        "closed_at": None if closed is None else moment(closed),
        "confidence": incident.confidence,
        "evidence": [without_secrets(line) for line in incident.evidence],
        "advice": [without_secrets(line) for line in incident.advice],
        "acknowledged_by": incident.acknowledged_by,
        "diagnosis": _diagnosis(incident.diagnosis),
    }


def _diagnosis(report: Mapping[str, Any] | None) -> Any:
    if report is None:
        return None
    return jsonable({key: value for key, value in report.items() if key not in _LEFT_OUT})
