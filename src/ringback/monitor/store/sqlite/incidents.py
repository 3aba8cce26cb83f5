"""Transitions of endpoints, incidents and named states: few, and kept for ever."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from ringback.incident.model import Incident, IncidentState, Transition
from ringback.monitor.store.document import incident_of, incident_text
from ringback.monitor.store.sqlite import schema
from ringback.monitor.store.sqlite.schema import incident, member, microseconds, transition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def keep_transitions(connection: Connection, transitions: Sequence[Transition]) -> None:
    """Append transitions.

    Args:
        connection: In a transaction.
        transitions: In the order in which they happened.
    """
    rows = [
        {
            "endpoint": one.endpoint,
            "at": microseconds(one.at),
            "before": one.before,
            "after": one.after,
            "kind": one.kind,
        }
        for one in transitions
    ]
    if rows:
        connection.execute(insert(transition), rows)


def transitions_of(
    connection: Connection, endpoint: str, since: float, until: float
) -> list[Transition]:
    """Return the transitions of an endpoint from ``since`` to before ``until``, oldest first.

    Args:
        connection: That reads.
        endpoint: Its id.
        since: Seconds since 1970 UTC.
        until: Seconds since 1970 UTC.
    """
    query = (
        select(transition)
        .where(
            transition.c.endpoint == endpoint,
            transition.c.at >= microseconds(since),
            transition.c.at < microseconds(until),
        )
        .order_by(transition.c.at, transition.c.number)
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
    """Keep incidents as they are now; of one that comes twice, the last.

    Args:
        connection: In a transaction.
        incidents: Those that changed.
    """
    if not incidents:
        return
    rows = [
        {
            "id": one.id,
            "opened_at": microseconds(one.opened_at),
            "state": one.state,
            "body": incident_text(one),
        }
        for one in incidents
    ]
    connection.execute(insert(incident).prefix_with("OR REPLACE"), rows)
    pairs = [{"endpoint": id_, "incident": one.id} for one in incidents for id_ in one.members]
    if pairs:
        connection.execute(insert(member).prefix_with("OR IGNORE"), pairs)


def incidents_in(
    connection: Connection,
    states: Iterable[IncidentState],
    endpoint: str | None,
    before: float | None,
    most: int,
) -> list[Incident]:
    """Return incidents, newest first.

    Args:
        connection: That reads.
        states: Those that are wanted; none: all.
        endpoint: Only those that it is or was a member of.
        before: Only those opened before, in seconds since 1970 UTC.
        most: How many.
    """
    query = select(incident.c.body)
    if wanted := list(states):
        query = query.where(incident.c.state.in_(wanted))
    if endpoint is not None:
        query = query.join(member, member.c.incident == incident.c.id)
        query = query.where(member.c.endpoint == endpoint)
    if before is not None:
        query = query.where(incident.c.opened_at < microseconds(before))
    newest = query.order_by(incident.c.opened_at.desc(), incident.c.id.desc()).limit(most)
    return [incident_of(body) for body in connection.scalars(newest)]


def incident_by(connection: Connection, id_: str) -> Incident | None:
    """Return an incident.

    Args:
        connection: That reads.
        id_: Its id.
    """
    body = connection.scalar(select(incident.c.body).where(incident.c.id == id_))
    return None if body is None else incident_of(body)


def keep_states(connection: Connection, states: Mapping[str, Any]) -> None:
    """Keep named states.

    Args:
        connection: In a transaction.
        states: Name to a JSON value.
    """
    rows = [
        {"name": name, "value": json.dumps(value, separators=(",", ":"))}
        for name, value in states.items()
    ]
    if rows:
        statement = upsert(schema.state)
        newest = {"value": statement.excluded.value}
        connection.execute(statement.on_conflict_do_update(["name"], set_=newest), rows)


def state_of(connection: Connection, name: str) -> Any:
    """Return a state; ``None``: there is none.

    Args:
        connection: That reads.
        name: Its name.
    """
    value = connection.scalar(select(schema.state.c.value).where(schema.state.c.name == name))
    return None if value is None else json.loads(value)


def states_of(connection: Connection, prefix: str) -> dict[str, Any]:
    """Return the states whose names begin so, by name.

    Args:
        connection: That reads.
        prefix: How the names begin.
    """
    name = schema.state.c.name
    # In the order of the key: from the prefix on, up to the first name that begins otherwise.
    query = select(name, schema.state.c.value).where(name >= prefix).order_by(name)
    found: dict[str, Any] = {}
    for row in connection.execute(query):
        if not row.name.startswith(prefix):
            break
        found[row.name] = json.loads(row.value)
    return found
