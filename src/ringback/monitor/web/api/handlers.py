"""What answers the operations of the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ringback.diagnosis.record import moment
from ringback.monitor.ingest import EventsInvalid
from ringback.monitor.ingest.batch import MAX_BYTES
from ringback.monitor.web.api import shape
from ringback.monitor.web.api.operation import Answer
from ringback.monitor.web.api.shaping import (
    bucket_shape,
    check_shape,
    discovered_shape,
    endpoint_shape,
    incident_shape,
    silence_shape,
    status_shape,
)
from ringback.monitor.web.history import ask, incident_of, incidents_of
from ringback.monitor.web.request import Problem, body_of

if TYPE_CHECKING:
    from ringback.monitor.model import View
    from ringback.monitor.store.interface import Step
    from ringback.monitor.web.api.operation import Call


WIDTHS: dict[Step, float] = {"5m": 300.0, "1h": 3600.0, "1d": 86400.0}
"""Seconds of a span."""

_DAY = 86400.0
_SPANS, _MOST_SPANS = 288, 2400


async def list_endpoints(call: Call) -> Answer:
    """Return endpoints in the order of the configuration."""
    query = call.query
    found = [
        one
        for one in call.site.service.views()
        if query.state in (None, one.state) and query.group in (None, one.endpoint.watched.group)
    ]
    end = query.offset + query.limit
    shown = [endpoint_shape(one) for one in found[query.offset : end]]
    headers = next_page(call, offset=end) if end < len(found) else {}
    return Answer(value=shown, headers={"X-Total-Count": str(len(found)), **headers})


async def show_endpoint(call: Call) -> shape.Endpoint:
    """Return one endpoint."""
    return endpoint_shape(view_of(call))


async def list_checks(call: Call) -> Answer:
    """Return checks of an endpoint, newest first."""
    id_, query = view_of(call).endpoint.id, call.query
    until = seconds_of(query.until, call.site.clock())
    since = seconds_of(query.since, until - _DAY)
    found = await ask(
        call.site.service.store.checks, id_, since, until, failed=query.failed, most=query.limit
    )
    more = len(found) == query.limit
    headers = next_page(call, until=moment(found[-1].at)) if more else {}
    return Answer(value=[check_shape(one) for one in found], headers=headers)


async def list_buckets(call: Call) -> list[shape.Bucket]:
    """Return the checks of an endpoint summed up per span, oldest first."""
    found = await ask(call.site.service.store.buckets, *_spans(call))
    return [bucket_shape(one) for one in found]


async def list_phases(call: Call) -> dict[str, shape.Percentiles]:
    """Return what each phase of an endpoint's successful checks took, all spans taken together."""
    found = await ask(call.site.service.store.phases, *_spans(call))
    return {
        phase: shape.Percentiles(p50=one.p50, p95=one.p95, p99=one.p99)
        for phase, one in found.items()
    }


def _spans(call: Call) -> tuple[str, Step, float, float]:
    id_, query = view_of(call).endpoint.id, call.query
    width = WIDTHS[query.step]
    until = seconds_of(query.until, call.site.clock())
    since = seconds_of(query.since, until - _SPANS * width)
    if (until - since) / width > _MOST_SPANS:
        raise Problem(400, f"these are more than {_MOST_SPANS} spans; ask for wider ones")
    return id_, query.step, since, until


def view_of(call: Call) -> View:
    """Return the endpoint that is named in the path."""
    found = call.site.service.view(call.path["id"])
    if found is None:
        raise Problem(404, "there is no such endpoint")
    return found


def seconds_of(time: datetime | None, default: float) -> float:
    """Return a time that was given, in seconds since 1970 UTC."""
    return default if time is None else time.timestamp()


def next_page(call: Call, **changes: object) -> dict[str, str]:
    """Return the header that names the next page of a list (RFC 8288)."""
    query = {**call.request.query_params, **{key: str(value) for key, value in changes.items()}}
    return {"Link": f'<{call.request.url.path}?{urlencode(query)}>; rel="next"'}


async def list_incidents(call: Call) -> Answer:
    """Return incidents, newest first."""
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
    """Return one incident, with all that its diagnosis read."""
    return incident_shape(await incident_of(call.site.service, call.path["id"]), whole=True)


async def acknowledge(call: Call) -> shape.Incident:
    """Note who takes an incident, and return it."""
    id_ = call.path["id"]
    if not call.site.service.acknowledge(id_, call.grant.name or call.body.by or "api"):
        raise Problem(404, "there is no such incident that is open")
    return incident_shape(await incident_of(call.site.service, id_), whole=True)


async def list_silences(call: Call) -> list[shape.Silence]:
    """Return the silences that are not over."""
    return [silence_shape(one) for one in call.site.service.silences()]


async def add_silence(call: Call) -> shape.Done:
    """Tell nobody of some endpoints for a while."""
    asked: shape.SilenceAsked = call.body
    who = call.grant.name or asked.by or "api"
    service = call.site.service
    return shape.Done(id=service.silence(tuple(asked.endpoints), asked.seconds, who, asked.reason))


async def end_silence(call: Call) -> None:
    """End a silence."""
    if not call.site.service.unsilence(call.path["id"]):
        raise Problem(404, "there is no such silence")


async def list_discovered(call: Call) -> list[shape.Discovered]:
    """Return what programs call and nobody configured."""
    return [discovered_shape(one) for one in call.site.service.discovered()]


async def adopt(call: Call) -> shape.Done:
    """Watch a discovered endpoint from now on."""
    id_ = call.path["id"]
    if not call.site.service.adopt(id_, call.grant.name or "api"):
        raise Problem(404, "no such endpoint was discovered")
    return shape.Done(id=id_)


async def beat(call: Call) -> None:
    """Take in what a job reports of itself."""
    said: shape.Beat = call.body
    if not call.site.service.beat(call.path["id"], up=said.up, detail=said.detail):
        raise Problem(404, "there is no such heartbeat")


async def show_status(call: Call) -> shape.Status:
    """Return how the monitor itself is."""
    return status_shape(call.site.service)


async def take_events(call: Call) -> shape.Taken:
    """Take in what programs report of their calls."""
    body = await body_of(call.request, MAX_BYTES)
    try:
        checks = call.site.inbox.take(body, now=call.site.clock())
    except EventsInvalid as error:
        raise Problem(400, str(error)) from None
    return shape.Taken(accepted=call.site.service.ingest(checks))
