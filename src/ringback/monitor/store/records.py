"""What is few and lasts: transitions, incidents, named states, and the outbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from ringback.incident.model import (
    Change,
    Incident,
    Notice,
    TimelineEntry,
    Transition,
)
from ringback.monitor.store.interface import Notified, Queued
from ringback.monitor.store.tables import microseconds, of_shard, replacing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringback.monitor.store.interface import IncidentFilter
    from ringback.monitor.store.tables import Schema


def incident_json(incident: Incident) -> str:
    return compact_json(asdict(incident))


def incident_from_json(text: str) -> Incident:
    return _incident(json.loads(text))


def notice_json(notice: Notice) -> str:
    return compact_json(asdict(notice))


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


def compact_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


class Records:
    """The tables of what is few and lasts; each method takes a connection in a transaction."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def keep_transitions(self, connection: Connection, transitions: Sequence[Transition]) -> None:
        rows = [{**asdict(change), "at": microseconds(change.at)} for change in transitions]
        if rows:
            connection.execute(insert(self._schema.transition), rows)

    def read_transitions(
        self, connection: Connection, endpoint: str, since: float, until: float
    ) -> list[Transition]:
        """Return transitions of an endpoint from ``since`` to before ``until``, oldest first."""
        table = self._schema.transition
        query = (
            select(table)
            .where(
                *of_shard(table),
                table.c.endpoint == endpoint,
                table.c.at >= microseconds(since),
                table.c.at < microseconds(until),
            )
            .order_by(table.c.at, table.c.number)
        )
        return [
            Transition(
                at=row.at / 1e6,
                endpoint=row.endpoint,
                before=row.before,
                after=row.after,
                kind=row.kind,
            )
            for row in connection.execute(query).all()
        ]

    def keep_incidents(self, connection: Connection, incidents: Sequence[Incident]) -> None:
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
        connection.execute(replacing(self._schema, self._schema.incident), rows)
        pairs = [
            {"endpoint": id_, "incident": incident.id}
            for incident in incidents
            for id_ in incident.members
        ]
        if pairs:
            connection.execute(
                self._schema.insert(self._schema.member).on_conflict_do_nothing(), pairs
            )

    def read_incidents(
        self, connection: Connection, wanted: IncidentFilter, limit: int
    ) -> list[Incident]:
        """Return incidents, newest first."""
        table, member = self._schema.incident, self._schema.member
        incident = table.c
        query = select(incident.body).where(*of_shard(table))
        if wanted.states:
            query = query.where(incident.state.in_(wanted.states))
        if wanted.endpoint is not None:
            query = query.join(member, member.c.incident == incident.id)
            query = query.where(*of_shard(member), member.c.endpoint == wanted.endpoint)
        if wanted.before is not None:
            query = query.where(incident.opened_at < microseconds(wanted.before))
        newest = query.order_by(incident.opened_at.desc(), incident.id.desc()).limit(limit)
        return [incident_from_json(body) for body in connection.scalars(newest)]

    def incident_times(
        self, connection: Connection, endpoint: str, since: float, until: float
    ) -> list[float]:
        """Return when the incidents opened that an endpoint was part of, in a time."""
        table, member = self._schema.incident, self._schema.member
        query = select(table.c.opened_at).join(member, member.c.incident == table.c.id)
        query = query.where(*of_shard(table), *of_shard(member), member.c.endpoint == endpoint)
        # With the time among the conditions SQLite goes through all incidents of that time.
        found = (at / 1e6 for at in connection.scalars(query).all())
        return [at for at in found if since <= at < until]

    def read_incident(self, connection: Connection, id_: str) -> Incident | None:
        table = self._schema.incident
        body = connection.scalar(select(table.c.body).where(*of_shard(table), table.c.id == id_))
        return None if body is None else incident_from_json(body)

    def keep_states(self, connection: Connection, states: Mapping[str, Any]) -> None:
        rows = [{"name": name, "value": compact_json(value)} for name, value in states.items()]
        if rows:
            connection.execute(replacing(self._schema, self._schema.state), rows)

    def read_state(self, connection: Connection, name: str) -> Any:
        table = self._schema.state
        query = select(table.c.value).where(*of_shard(table), table.c.name == name)
        value = connection.scalar(query)
        return None if value is None else json.loads(value)

    def read_states(self, connection: Connection, prefix: str) -> Iterator[tuple[str, Any]]:
        """Yield the name and value of each state whose name begins so."""
        table = self._schema.state
        name = table.c.name
        # In the order of the key: from the prefix on, up to the first name that begins otherwise.
        query = select(name, table.c.value).where(*of_shard(table), name >= prefix).order_by(name)
        for row in connection.execute(query):
            if not row.name.startswith(prefix):
                break
            yield row.name, json.loads(row.value)

    def queue_notices(self, connection: Connection, notices: Sequence[Notice]) -> None:
        """Queue notices; one whose id is there already is left as it is."""
        rows = [
            {
                "id": notice.id,
                "at": microseconds(notice.at),
                "due": microseconds(notice.at),
                "attempts": 0,
                "error": "",
                "body": notice_json(notice),
                "incident": notice.change.incident.id,
                "channel": notice.channel,
                "what": notice.change.what,
            }
            for notice in notices
        ]
        if rows:
            connection.execute(
                self._schema.insert(self._schema.notice).on_conflict_do_nothing(), rows
            )

    def due_notices(self, connection: Connection, now: float, limit: int) -> list[Queued]:
        """Return notices that are to be sent by now, oldest first."""
        table = self._schema.notice
        query = (
            select(table)
            .where(*of_shard(table), table.c.due <= microseconds(now))
            .order_by(table.c.due, table.c.at, table.c.id)
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

    def read_notified(
        self, connection: Connection, incidents: Sequence[str], limit: int
    ) -> list[Notified]:
        """Return the notices of incidents, newest first, without their content."""
        table = self._schema.notice
        query = (
            select(*(column for column in table.c if column.name != "body"))
            .where(*of_shard(table), table.c.incident.in_(incidents))
            .order_by(table.c.at.desc(), table.c.id)
            .limit(limit)
        )
        return [
            Notified(
                id=row.id,
                incident=row.incident,
                channel=row.channel,
                what=row.what,
                at=row.at / 1e6,
                ended=None if row.ended is None else row.ended / 1e6,
                attempts=row.attempts,
                error=row.error,
            )
            for row in connection.execute(query)
        ]

    def end_notice(self, connection: Connection, id_: str, now: float, error: str) -> None:
        """Note that a notice is not tried again: it was sent, or given up."""
        self._change(connection, id_, {"due": None, "ended": microseconds(now), "error": error})

    def postpone_notice(self, connection: Connection, id_: str, due_at: float, error: str) -> None:
        self._change(connection, id_, {"due": microseconds(due_at), "error": error})

    def defer_notices(self, connection: Connection, ids: Sequence[str], due_at: float) -> None:
        """Note until when notices wait; those that were sent or given up stay so."""
        table = self._schema.notice
        waiting = *of_shard(table), table.c.id.in_(ids), table.c.due.is_not(None)
        connection.execute(update(table).where(*waiting).values(due=microseconds(due_at)))

    def _change(self, connection: Connection, id_: str, values: dict[str, Any]) -> None:
        table = self._schema.notice
        waiting = *of_shard(table), table.c.id == id_, table.c.due.is_not(None)
        attempts = table.c.attempts + 1
        connection.execute(update(table).where(*waiting).values(attempts=attempts, **values))

    def has_ended_notices(self, connection: Connection, before: int) -> bool:
        table = self._schema.notice
        old = select(table.c.id).where(*of_shard(table), table.c.ended < before)
        return connection.scalar(old.limit(1)) is not None

    def purge_notices(self, connection: Connection, before: int, limit: int) -> None:
        table = self._schema.notice
        old = select(table.c.id).where(*of_shard(table), table.c.ended < before).limit(limit)
        connection.execute(delete(table).where(*of_shard(table), table.c.id.in_(old)))
