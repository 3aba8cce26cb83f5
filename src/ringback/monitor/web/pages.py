"""The pages for people beside overview, endpoint and status: incidents, kinds, discovered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, RedirectResponse

from ringback import __version__
from ringback.diagnosis.model import STAGES
from ringback.diagnosis.record import RecordError, diagnosis_of
from ringback.diagnosis.wording import MARKS, TITLES, label, stage_state, standing
from ringback.failure import KINDS
from ringback.failure.advice import filled, known_of
from ringback.failure.page import DELIVERED, LAYERS, RETRY
from ringback.failure.target import target_of_url
from ringback.incident.advice import operators_advice
from ringback.monitor.store.interface import IncidentFilter
from ringback.monitor.web.access import grant_of, require
from ringback.monitor.web.beside import computed
from ringback.monitor.web.history import find_incident, find_incidents, query_store
from ringback.monitor.web.request import HTTPProblem
from ringback.monitor.web.site import site_of
from ringback.monitor.web.words import shown_url, worst_first

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ringback.diagnosis.model import Diagnosis, Reading, State
    from ringback.incident.model import Incident
    from ringback.monitor.model import EndpointView
    from ringback.monitor.queries import MonitorQueries
    from ringback.monitor.store.interface import RollupBucket, Step
    from ringback.monitor.web.chart import ChartWindow


async def render_page(
    request: Request, template: str, *, status: int = 200, **context: Any
) -> Response:
    site, grant = site_of(request), grant_of(request)
    readable = "read" in grant.scopes
    shared = {
        "path": request.url.path,
        "now": site.clock(),
        "version": __version__,
        "who": grant.name,
        "logged_in": grant.by == "token",
        "may_read": readable,
        "may_write": "write" in grant.scopes,
        "may_administer": "admin" in grant.scopes,
        "monitor": site.queries.status() if readable else {},
        "open_count": len(site.queries.incidents()) if readable else 0,
        "discovered_count": len(site.queries.discovered()) if readable else 0,
    }
    text = await computed(site.renderer.render, template, {**shared, **context})
    return HTMLResponse(text, status)


def for_readers(page: Callable[[Request], Awaitable[Response]]) -> Callable[..., Any]:
    """Send whoever may not see a page, and could, to the login first."""

    @wraps(page)
    async def guarded(request: Request) -> Response:
        if site_of(request).settings.tokens and not grant_of(request).scopes:
            return RedirectResponse(f"/login?next={request.url.path}", 303)
        require(request, "read")
        return await page(request)

    return guarded


async def buckets_of(
    queries: MonitorQueries, id_: str, window: ChartWindow, now: float
) -> list[RollupBucket]:
    return await query_store(queries.store.buckets, *window_query(id_, window, now))


def window_query(id_: str, window: ChartWindow, now: float) -> tuple[str, Step, float, float]:
    since = (now // window.cell - window.cells + 1) * window.cell
    return id_, window.step, since, now + 1


_PAGE_SIZE, _MAX_OPEN = 50, 200


@for_readers
async def incidents_page(request: Request) -> Response:
    queries = site_of(request).queries
    before = _time(request.query_params.get("before"))
    over = IncidentFilter(states=("closed",), before=before)
    found = await find_incidents(queries, over, _PAGE_SIZE)
    return await render_page(
        request,
        "incidents.html",
        first=before is None,
        incidents=worst_first(queries.incidents())[:_MAX_OPEN],
        resolved=found,
        older=found[-1].opened_at if len(found) == _PAGE_SIZE else None,
        names=queries.names,
        silences=queries.silences(),
    )


@for_readers
async def incident_page(request: Request) -> Response:
    queries = site_of(request).queries
    found = await find_incident(queries, request.path_params["id"])
    diagnosis = _diagnosis(found)
    members = [(id_, queries.view(id_)) for id_ in found.members]
    known = _known_of(next((view for _, view in members if view is not None), None))
    now = site_of(request).clock()
    return await render_page(
        request,
        "incident.html",
        incident=found,
        members=members,
        names={id_: view.endpoint.name for id_, view in members if view is not None},
        notified=await query_store(queries.store.notified, (found.id,)),
        silences=[
            silence
            for silence in queries.silences()
            if any(silence.covers(id_, now) for id_ in found.members)
        ],
        diagnosis=diagnosis,
        advice=[filled(step, known) for step in operators_advice(found)],
        standing=standing(diagnosis.verdict) if diagnosis else "",
        stages=_stages(diagnosis) if diagnosis else [],
    )


def _known_of(view: EndpointView | None) -> dict[str, object]:
    """Return what stands for the placeholders of advice about an endpoint."""
    if view is None:
        return {}
    target = target_of_url(shown_url(view.endpoint.url))
    return known_of(replace(target, address=view.last.address if view.last else None))


def _time(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise HTTPProblem(400, "before is no time as RFC 3339 has it") from None


def _diagnosis(incident: Incident) -> Diagnosis | None:
    if incident.diagnosis is None:
        return None
    try:
        return diagnosis_of(incident.diagnosis)
    except RecordError:
        return None  # kept by another version


_Read = tuple["Reading", str, bool]  # A reading, its label, and whether it decided


def _stages(diagnosis: Diagnosis) -> list[tuple[str, str, State, list[_Read]]]:
    """Each stage that was read: its title, mark, state and readings."""
    decided = diagnosis.verdict.evidence
    numbered = [
        (reading, label(reading), number in decided)
        for number, reading in enumerate(diagnosis.readings)
    ]
    stages = []
    for stage in STAGES:
        found = [
            numbered_reading for numbered_reading in numbered if numbered_reading[0].layer == stage
        ]
        if found:
            state = stage_state(reading for reading, _, _ in found)
            stages.append((TITLES[stage], MARKS[state], state, found))
    return stages


@for_readers
async def kind_page(request: Request) -> Response:
    found = KINDS.get(request.path_params["name"])
    if found is None:
        raise HTTPProblem(404, "there is no such kind of failure")
    return await render_page(
        request,
        "kind.html",
        kind=found,
        layer=LAYERS[found.layer],
        delivered=DELIVERED[found.delivered],
        retry=RETRY[found.retry],
    )


@for_readers
async def discovered_page(request: Request) -> Response:
    found = site_of(request).queries.discovered()
    newest_first = sorted(found, key=lambda item: item.last_seen, reverse=True)
    return await render_page(request, "discovered.html", found=newest_first)
