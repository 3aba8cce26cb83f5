"""A notification as JSON, for programs."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.record import jsonable, moment
from ringback.monitor.notify.text import incident_link, plain_text, subject_line
from ringback.monitor.record import incident_record

if TYPE_CHECKING:
    from ringback.monitor.notify.notification import (
        IncidentUpdate,
        Notification,
        NotificationContext,
    )

FORMAT = 1
"""Number of the format. Further keys may be added to it; what there is keeps its meaning."""


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
    record = incident_record(incident)
    return {
        "what": update.headline,
        "notices": [
            {"id": notice.id, "what": notice.change.what, "at": moment(notice.change.at)}
            for notice in update.notices
        ],
        "link": incident_link(context.base_url, incident.id) or None,
        **record,
        "diagnosis": jsonable(record["diagnosis"]),
        "names": {id_: context.names.get(id_, id_) for id_ in incident.members},
        "labels": {id_: dict(context.labels.get(id_, {})) for id_ in incident.members},
    }
