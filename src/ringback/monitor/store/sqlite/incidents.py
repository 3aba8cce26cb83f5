"""What is few and lasts: transitions, incidents, named states, and the outbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from ringback.incident.model import (
    Change,
    Incident,
    Notice,
    TimelineEntry,
    Transition,
)
from ringback.monitor.store.interface import Queued
from ringback.monitor.store.sqlite import schema
from ringback.monitor.store.sqlite.schema import microseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringback.monitor.store.interface import IncidentFilter


def incident_json(incident: Incident) -> str:
    return _text(asdict(incident))


def incident_from_json(text: str) -> Incident:
    return _incident(json.loads(text))


def notice_json(notice: Notice) -> str:
    return _text(asdict(notice))


def notice_from_json(text: str) -> Notice:
    kept = json.loads(text)
    change = {**kept["change"], "incident": _incident(kept["change"]["incident"])}
    return Notice(**{**kept, "change": Change(**change)})


def _incident(kept: Mapping[str, Any]) -> Incident:
    own = {
        **kept,
        "members": tuple(kept["members"]),
        "well": tuple(kept["well"]),
        "evidence": tuple(kept["evidence"]),
        "advice": tuple(kept.get("advice", ())),  # an earlier version gave none
        "timeline": tuple(TimelineEntry(**entry) for entry in kept["timeline"]),
    }
    return Incident(**own)


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def keep_transitions(connection: Connection, transitions: Sequence[Transition]) -> None:
    rows = [{**asdict(change), "at": microseconds(change.at)} for change in transitions]
    if rows:
        connection.execute(insert(schema.transition), rows)


def read_transitions(
    connection: Connection, endpoint: str, since: float, until: float
) -> list[Transition]:
    """Return the transitions of an endpoint from ``since`` to before ``until``, oldest first."""
    query = (
        select(schema.transition)
        .where(
            schema.transition.c.endpoint == endpoint,
            schema.transition.c.at >= microseconds(since),
            schema.transition.c.at < microseconds(until),
        )
        .order_by(schema.transition.c.at, schema.transition.c.number)
    )
    return [
        Transition(
            at=row.at / 1e6,
            endpoint=row.endpoint,
            before=row.before,
            after=row.after,
            kind=row.kind,
        )
        for row in connection.execute(query)
    ]


def keep_incidents(connection: Connection, incidents: Sequence[Incident]) -> None:
    """Keep incidents as they are now; of one that comes twice, the last."""
    if not incidents:
        return
    rows = [
        {
            "id": incident.id,
            "opened_at": microseconds(incident.opened_at),
            "state": incident.state,
            "body": incident_json(incident),
        }
        for incident in incidents
    ]
    connection.execute(insert(schema.incident).prefix_with("OR REPLACE"), rows)
    pairs = [
        {"endpoint": id_, "incident": incident.id}
        for incident in incidents
        for id_ in incident.members
    ]
    if pairs:
        connection.execute(insert(schema.member).prefix_with("OR IGNORE"), pairs)


def read_incidents(connection: Connection, wanted: IncidentFilter, limit: int) -> list[Incident]:
    """Return incidents, newest first."""
    incident = schema.incident.c
    query = select(incident.body)
    if wanted.states:
        query = query.where(incident.state.in_(wanted.states))
    if wanted.endpoint is not None:
        query = query.join(schema.member, schema.member.c.incident == incident.id)
        query = query.where(schema.member.c.endpoint == wanted.endpoint)
    if wanted.before is not None:
        query = query.where(incident.opened_at < microseconds(wanted.before))
    newest = query.order_by(incident.opened_at.desc(), incident.id.desc()).limit(limit)
    return [incident_from_json(body) for body in connection.scalars(newest)]


def read_incident(connection: Connection, id_: str) -> Incident | None:
    body = connection.scalar(select(schema.incident.c.body).where(schema.incident.c.id == id_))
    return None if body is None else incident_from_json(body)


def keep_states(connection: Connection, states: Mapping[str, Any]) -> None:
    rows = [
        {"name": name, "value": json.dumps(value, separators=(",", ":"))}
        for name, value in states.items()
    ]
    if rows:
        statement = upsert(schema.state)
        newest = {"value": statement.excluded.value}
        connection.execute(statement.on_conflict_do_update(["name"], set_=newest), rows)


def read_state(connection: Connection, name: str) -> Any:
    value = connection.scalar(select(schema.state.c.value).where(schema.state.c.name == name))
    return None if value is None else json.loads(value)


def read_states(connection: Connection, prefix: str) -> dict[str, Any]:
    """Return the states whose names begin so, by name."""
    name = schema.state.c.name
    # In the order of the key: from the prefix on, up to the first name that begins otherwise.
    query = select(name, schema.state.c.value).where(name >= prefix).order_by(name)
    found: dict[str, Any] = {}
    for row in connection.execute(query):
        if not row.name.startswith(prefix):
            break
        found[row.name] = json.loads(row.value)
    return found


def queue_notices(connection: Connection, notices: Sequence[Notice]) -> None:
    """Queue notices; one whose id is there already is left as it is."""
    rows = [
        {
            "id": notice.id,
            "at": microseconds(notice.at),
            "due": microseconds(notice.at),
            "attempts": 0,
            "error": "",
            "body": notice_json(notice),
        }
        for notice in notices
    ]
    if rows:
        connection.execute(insert(schema.notice).prefix_with("OR IGNORE"), rows)


def due_notices(connection: Connection, now: float, limit: int) -> list[Queued]:
    """Return notices that are to be sent by now, oldest first."""
    query = (
        select(schema.notice)
        .where(schema.notice.c.due <= microseconds(now))
        .order_by(schema.notice.c.due, schema.notice.c.at, schema.notice.c.id)
        .limit(limit)
    )
    return [
        Queued(
            notice=notice_from_json(row.body),
            attempts=row.attempts,
            due=row.due / 1e6,
            error=row.error,
        )
        for row in connection.execute(query)
    ]


def end_notice(connection: Connection, id_: str, now: float, error: str) -> None:
    """Note that a notice is not tried again: it was sent, or given up."""
    _change(connection, id_, {"due": None, "ended": microseconds(now), "error": error})


def postpone_notice(connection: Connection, id_: str, due_at: float, error: str) -> None:
    _change(connection, id_, {"due": microseconds(due_at), "error": error})


def defer_notices(connection: Connection, ids: Sequence[str], due_at: float) -> None:
    """Note until when notices wait; those that were sent or given up stay so."""
    waiting = schema.notice.c.id.in_(ids), schema.notice.c.due.is_not(None)
    connection.execute(update(schema.notice).where(*waiting).values(due=microseconds(due_at)))


def _change(connection: Connection, id_: str, values: dict[str, Any]) -> None:
    waiting = schema.notice.c.id == id_, schema.notice.c.due.is_not(None)
    attempts = schema.notice.c.attempts + 1
    connection.execute(update(schema.notice).where(*waiting).values(attempts=attempts, **values))


def has_ended_notices(connection: Connection, before: int) -> bool:
    return (
        connection.scalar(select(schema.notice.c.id).where(schema.notice.c.ended < before).limit(1))
        is not None
    )


def purge_notices(connection: Connection, before: int, limit: int) -> None:
    old = select(schema.notice.c.id).where(schema.notice.c.ended < before).limit(limit)
    connection.execute(delete(schema.notice).where(schema.notice.c.id.in_(old)))
