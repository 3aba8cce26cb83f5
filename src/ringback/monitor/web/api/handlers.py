"""The operations of the API, each with what answers it: a new one is routed and documented."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ringback.diagnosis.record import moment
from ringback.monitor.ingest.batch import MAX_BYTES, EventsInvalid
from ringback.monitor.store.interface import IncidentFilter, Percentiles
from ringback.monitor.web.api import shape
from ringback.monitor.web.api.operation import APIAnswer, APICall, operation
from ringback.monitor.web.api.shaping import (
    bucket_shape,
    check_shape,
    discovered_shape,
    endpoint_shape,
    incident_shape,
    notified_shape,
    silence_shape,
    status_shape,
)
from ringback.monitor.web.audit import audit
from ringback.monitor.web.beside import computed
from ringback.monitor.web.checking import check_now
from ringback.monitor.web.history import find_incident, find_incidents, query_store
from ringback.monitor.web.reporting import take_reports
from ringback.monitor.web.request import HTTPProblem

if TYPE_CHECKING:
    from ringback.monitor.model import EndpointView, PassiveCheck
    from ringback.monitor.store.interface import Step

STEP_SECONDS: dict[Step, float] = {"5m": 300.0, "1h": 3600.0, "1d": 86400.0}  # Seconds of a span

_DAY = 86400.0
_DEFAULT_SPANS, _MAX_SPANS = 288, 2400


@operation(
    "GET /endpoints",
    "read",
    "Endpoints as they are now, in the order of the configuration",
    query=shape.EndpointsQuery,
    answer=list[shape.Endpoint],
)
async def list_endpoints(call: APICall) -> APIAnswer:
    query = call.query
    queries = call.site.queries
    found = [
        endpoint.id
        async for endpoint in queries.each_endpoint()
        if query.group in (None, endpoint.watched.group)
        and (query.state is None or query.state == queries.state(endpoint.id))
    ]
    end = query.offset + query.limit
    views = await queries.views_of(found[query.offset : end])
    shown = await computed(lambda: [endpoint_shape(view) for view in views])
    headers = next_page(call, offset=end) if end < len(found) else {}
    return APIAnswer(value=shown, headers={"X-Total-Count": str(len(found)), **headers})


@operation("GET /endpoints/{id}", "read", "One endpoint as it is now", answer=shape.Endpoint)
async def show_endpoint(call: APICall) -> shape.Endpoint:
    return endpoint_shape(view_of(call))


@operation(
    "GET /endpoints/{id}/checks",
    "read",
    "Checks of an endpoint, newest first",
    query=shape.ChecksQuery,
    answer=list[shape.Check],
)
async def list_checks(call: APICall) -> APIAnswer:
    id_, query = view_of(call).endpoint.id, call.query
    until = timestamp_or(query.until, call.site.clock())
    since = timestamp_or(query.since, until - _DAY)
    found = await query_store(
        call.site.queries.store.checks, id_, since, until, failed=query.failed, limit=query.limit
    )
    more = len(found) == query.limit
    headers = next_page(call, until=moment(found[-1].at)) if more else {}
    return APIAnswer(value=[check_shape(item) for item in found], headers=headers)


@operation(
    "GET /endpoints/{id}/buckets",
    "read",
    "Checks of an endpoint, summed up per interval, oldest first",
    query=shape.BucketsQuery,
    answer=list[shape.RollupBucket],
)
async def list_buckets(call: APICall) -> list[shape.RollupBucket]:
    found = await query_store(call.site.queries.store.buckets, *_spans(call))
    return [bucket_shape(item) for item in found]


@operation(
    "GET /endpoints/{id}/phases",
    "read",
    "Latency of each phase of an endpoint's successful checks, over a period",
    query=shape.BucketsQuery,
    answer=dict[str, Percentiles],
)
async def list_phases(call: APICall) -> dict[str, Percentiles]:
    return await query_store(call.site.queries.store.phases, *_spans(call))


def _spans(call: APICall) -> tuple[str, Step, float, float]:
    id_, query = view_of(call).endpoint.id, call.query
    width = STEP_SECONDS[query.step]
    until = timestamp_or(query.until, call.site.clock())
    since = timestamp_or(query.since, until - _DEFAULT_SPANS * width)
    if (until - since) / width > _MAX_SPANS:
        raise HTTPProblem(400, f"more than {_MAX_SPANS} intervals; ask for a wider step")
    return id_, query.step, since, until


def view_of(call: APICall) -> EndpointView:
    found = call.site.queries.view(call.path["id"])
    if found is None:
        raise HTTPProblem(404, "there is no such endpoint")
    return found


def timestamp_or(time: datetime | None, default: float) -> float:
    """Return a time that was given, in seconds since 1970 UTC."""
    return default if time is None else time.timestamp()


def next_page(call: APICall, **changes: object) -> dict[str, str]:
    """Return the header that names the next page of a list (RFC 8288)."""
    query = {**call.request.query_params, **{key: str(value) for key, value in changes.items()}}
    return {"Link": f'<{call.request.url.path}?{urlencode(query)}>; rel="next"'}


@operation(
    "POST /endpoints/{id}/check",
    "write",
    "Check an endpoint at once; answered when it was, or when that takes too long",
    answer=shape.Endpoint,
)
async def check_endpoint(call: APICall) -> shape.Endpoint:
    await check_now(call.site, call.path["id"])
    return endpoint_shape(view_of(call))


@operation(
    "POST /endpoints/{id}/pause",
    "write",
    "Check an endpoint no more, and notify nobody of it, until it is resumed",
    body=shape.PauseAsked,
    answer=shape.Endpoint,
)
async def pause_endpoint(call: APICall) -> shape.Endpoint:
    id_ = view_of(call).endpoint.id
    call.site.commands.pause(id_, call.grant.name or call.body.by or "api")
    return endpoint_shape(view_of(call))


@operation(
    "POST /endpoints/{id}/resume",
    "write",
    "Check a paused endpoint again",
    answer=shape.Endpoint,
)
async def resume_endpoint(call: APICall) -> shape.Endpoint:
    call.site.commands.resume(view_of(call).endpoint.id)
    return endpoint_shape(view_of(call))


@operation(
    "GET /incidents",
    "read",
    "Incidents, newest first",
    query=shape.IncidentsQuery,
    answer=list[shape.Incident],
)
async def list_incidents(call: APICall) -> APIAnswer:
    query = call.query
    wanted = IncidentFilter(
        states=(query.state,) if query.state else (),
        endpoint=query.endpoint or None,
        before=query.before.timestamp() if query.before else None,
    )
    found = await find_incidents(call.site.queries, wanted, query.limit)
    more = len(found) == query.limit
    # Exactly: in milliseconds, what was opened within the last one would be passed over.
    opened = datetime.fromtimestamp(found[-1].opened_at, UTC) if more else None
    headers = next_page(call, before=opened.isoformat()) if opened else {}
    return APIAnswer(value=[incident_shape(item, whole=False) for item in found], headers=headers)


@operation(
    "GET /incidents/{id}",
    "read",
    "One incident, with all readings of its diagnosis",
    answer=shape.Incident,
)
async def show_incident(call: APICall) -> shape.Incident:
    return await _incident(call)


async def _incident(call: APICall) -> shape.Incident:
    return incident_shape(await find_incident(call.site.queries, call.path["id"]), whole=True)


@operation(
    "POST /incidents/{id}/acknowledge",
    "write",
    "Acknowledge an open incident",
    body=shape.Acknowledgement,
    answer=shape.Incident,
)
async def acknowledge_incident(call: APICall) -> shape.Incident:
    id_ = call.path["id"]
    if not call.site.commands.acknowledge(id_, call.grant.name or call.body.by or "api"):
        raise HTTPProblem(404, "there is no such incident that is open")
    return incident_shape(await find_incident(call.site.queries, id_), whole=True)


@operation(
    "POST /incidents/{id}/unacknowledge",
    "write",
    "Give an incident back that was acknowledged: people are reminded of it again",
    body=shape.Acknowledgement,
    answer=shape.Incident,
)
async def unacknowledge_incident(call: APICall) -> shape.Incident:
    id_ = call.path["id"]
    if not call.site.commands.unacknowledge(id_, call.grant.name or call.body.by or "api"):
        raise HTTPProblem(404, "there is no such incident that somebody has acknowledged")
    return await _incident(call)


@operation(
    "POST /incidents/{id}/notes",
    "write",
    "Write a note into the timeline of an open incident",
    body=shape.NoteAsked,
    body_needed=True,
    answer=shape.Incident,
)
async def add_note(call: APICall) -> shape.Incident:
    note: shape.NoteAsked = call.body
    text = " ".join(note.text.split())
    if not call.site.commands.note(call.path["id"], call.grant.name or note.by or "api", text):
        raise HTTPProblem(404, "there is no such incident that is open")
    return await _incident(call)


@operation(
    "GET /incidents/{id}/notified",
    "read",
    "Who was notified of an incident, of what and with which outcome, newest first",
    answer=list[shape.NoticeShown],
)
async def list_notified(call: APICall) -> list[shape.NoticeShown]:
    id_ = (await find_incident(call.site.queries, call.path["id"])).id
    found = await query_store(call.site.queries.store.notified, (id_,))
    return [notified_shape(notified) for notified in found]


@operation("GET /silences", "read", "Active silences", answer=list[shape.Silence])
async def list_silences(call: APICall) -> list[shape.Silence]:
    return [silence_shape(silence) for silence in call.site.queries.silences()]


@operation(
    "POST /silences",
    "write",
    "Mute notifications of new incidents for a while",
    body=shape.SilenceAsked,
    body_needed=True,
    answer=shape.Completed,
    status=201,
)
async def add_silence(call: APICall) -> shape.Completed:
    silence: shape.SilenceAsked = call.body
    who = call.grant.name or silence.by or "api"
    commands = call.site.commands
    audit(
        call.request,
        f"{', '.join(silence.endpoints)} for {silence.seconds:.0f} s: {silence.reason}",
    )
    return {"id": commands.silence(tuple(silence.endpoints), silence.seconds, who, silence.reason)}


@operation("DELETE /silences/{id}", "write", "End a silence", answer=None)
async def end_silence(call: APICall) -> None:
    if not call.site.commands.unsilence(call.path["id"]):
        raise HTTPProblem(404, "there is no such silence")


@operation(
    "GET /discovered",
    "read",
    "Endpoints that programs call and that are not configured",
    answer=list[shape.Discovered],
)
async def list_discovered(call: APICall) -> list[shape.Discovered]:
    return [discovered_shape(found_endpoint) for found_endpoint in call.site.queries.discovered()]


@operation(
    "POST /discovered/{id}/adopt", "admin", "Monitor a discovered endpoint", answer=shape.Completed
)
async def adopt_discovered(call: APICall) -> shape.Completed:
    id_ = call.path["id"]
    if not call.site.commands.adopt(id_, call.grant.name or "api"):
        raise HTTPProblem(404, "no such endpoint was discovered")
    return {"id": id_}


@operation("POST /heartbeat/{id}", "push", "Report a heartbeat", body=shape.Beat, answer=None)
async def beat(call: APICall) -> None:
    heartbeat: shape.Beat = call.body
    if not call.site.commands.beat(call.path["id"], up=heartbeat.up, detail=heartbeat.detail):
        raise HTTPProblem(404, "there is no such heartbeat")


@operation("GET /status", "read", "Status of the monitor itself", answer=shape.Status)
async def show_status(call: APICall) -> shape.Status:
    return status_shape(call.site.queries)


@operation(
    "POST /events",
    "push",
    "Report the calls of a program",
    reads=shape.Events,
    body_needed=True,
    answer=shape.Taken,
    status=202,
)
async def take_events(call: APICall) -> shape.Taken:
    def read(body: bytes) -> list[PassiveCheck]:
        try:
            return call.site.inbox.take(body, now=call.site.clock())
        except EventsInvalid as error:
            raise HTTPProblem(400, str(error)) from None

    return {"accepted": await take_reports(call.request, call.grant, MAX_BYTES, read)}


OPERATIONS = (
    list_endpoints,
    show_endpoint,
    list_checks,
    list_buckets,
    list_phases,
    check_endpoint,
    pause_endpoint,
    resume_endpoint,
    list_incidents,
    show_incident,
    acknowledge_incident,
    unacknowledge_incident,
    add_note,
    list_notified,
    list_silences,
    add_silence,
    end_silence,
    list_discovered,
    adopt_discovered,
    beat,
    take_events,
    show_status,
)
"""Every operation, in the order of the document."""
