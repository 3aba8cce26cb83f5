"""Incidents and silences in the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringback.monitor.web.api import shape
from ringback.monitor.web.api.endpoints import next_page
from ringback.monitor.web.api.operation import Answer
from ringback.monitor.web.api.shaping import incident_shape, silence_shape
from ringback.monitor.web.history import incident_of, incidents_of
from ringback.monitor.web.problem import Problem

if TYPE_CHECKING:
    from ringback.monitor.web.api.operation import Call


async def list_incidents(call: Call) -> Answer:
    """Return incidents, newest first.

    Args:
        call: The request.
    """
    query = call.query
    found = await incidents_of(
        call.site.service,
        states=(query.state,) if query.state else (),
        endpoint=query.endpoint,
        before=query.before.timestamp() if query.before else None,
        most=query.limit,
    )
    more = len(found) == query.limit
    # Exactly: in milliseconds, what was opened within the last one would be passed over.
    opened = datetime.fromtimestamp(found[-1].opened_at, UTC) if more else None
    headers = next_page(call, before=opened.isoformat()) if opened else {}
    return Answer(value=[incident_shape(one, whole=False) for one in found], headers=headers)


async def show_incident(call: Call) -> shape.Incident:
    """Return one incident, with all that its diagnosis read.

    Args:
        call: The request.

    Raises:
        Problem: There is none.
    """
    return incident_shape(await incident_of(call.site.service, call.path["id"]), whole=True)


async def acknowledge(call: Call) -> shape.Incident:
    """Note who takes an incident, and return it.

    Args:
        call: The request.

    Raises:
        Problem: There is no such incident that is open.
    """
    id_ = call.path["id"]
    if not call.site.service.acknowledge(id_, call.grant.name or call.body.by or "api"):
        raise Problem(404, "there is no such incident that is open")
    return incident_shape(await incident_of(call.site.service, id_), whole=True)


async def list_silences(call: Call) -> list[shape.Silence]:
    """Return the silences that are not over.

    Args:
        call: The request.
    """
    return [silence_shape(one) for one in call.site.service.silences()]


async def add_silence(call: Call) -> shape.Done:
    """Tell nobody of some endpoints for a while.

    Args:
        call: The request.
    """
    asked: shape.SilenceAsked = call.body
    who = call.grant.name or asked.by or "api"
    service = call.site.service
    return shape.Done(id=service.silence(tuple(asked.endpoints), asked.seconds, who, asked.reason))


async def end_silence(call: Call) -> None:
    """End a silence.

    Args:
        call: The request.

    Raises:
        Problem: There is none.
    """
    if not call.site.service.unsilence(call.path["id"]):
        raise Problem(404, "there is no such silence")
