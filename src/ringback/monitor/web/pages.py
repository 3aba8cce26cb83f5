"""The pages for people: overview, endpoint, incidents, kinds, discovered, public status page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse

from ringback import __version__
from ringback.diagnosis.model import STAGES
from ringback.diagnosis.record import RecordError, diagnosis_of
from ringback.diagnosis.wording import MARKS, TITLES, label, stage_state, standing
from ringback.failure import KINDS
from ringback.failure.page import DELIVERED, LAYERS, RETRY
from ringback.incident.advice import operators_advice
from ringback.monitor.store.interface import IncidentFilter
from ringback.monitor.web.access import grant_of, require
from ringback.monitor.web.chart import (
    CHARTS,
    WINDOWS,
    latency_chart,
    phase_chart,
    phase_shares,
    status_bar,
)
from ringback.monitor.web.history import find_incident, find_incidents, query_store
from ringback.monitor.web.request import HTTPProblem
from ringback.monitor.web.site import site_of
from ringback.monitor.web.words import status_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from ringback.diagnosis.model import Diagnosis, Reading, State
    from ringback.incident.model import Check, Incident
    from ringback.monitor.fleet.agents import Agent, AgentState
    from ringback.monitor.fleet.hub import Fleet
    from ringback.monitor.model import Endpoint, EndpointView
    from ringback.monitor.queries import MonitorQueries
    from ringback.monitor.store.interface import RollupBucket, Step
    from ringback.monitor.web.chart import ChartWindow
    from ringback.monitor.web.site import Site


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
        "tokens": bool(site.settings.tokens),
        "may_read": readable,
        "may_write": "write" in grant.scopes,
        "monitor": site.queries.status() if readable else {},
        "open_count": len(site.queries.incidents()) if readable else 0,
        "discovered_count": len(site.queries.discovered()) if readable else 0,
    }
    text = await run_in_threadpool(site.renderer.render, template, {**shared, **context})
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


@for_readers
async def overview_page(request: Request) -> Response:
    site = site_of(request)
    queries = site.queries
    text, state = request.query_params.get("q", "")[:200], request.query_params.get("state", "")
    known = queries.endpoints()
    wanted = [endpoint.id for endpoint in known if _is_wanted(endpoint, text.lower())]
    if state:
        wanted = [id_ for id_ in wanted if queries.state(id_) == state]
    if len(wanted) > MAX_CARDS:
        wanted.sort(key=lambda id_: queries.state(id_) == "ok")
    first = _whole_number(request.query_params.get("from"))
    end = first + MAX_CARDS
    asked = {"q": text, "state": state, "from": str(end)}
    return await render_page(
        request,
        "overview.html",
        groups=_groups(await queries.views_of(wanted[first:end])),
        total=len(known),
        shown=len(wanted),
        more=max(0, len(wanted) - end),
        next=urlencode({name: value for name, value in asked.items() if value}),
        counts=queries.states(),
        incidents=queries.incidents(),
        names=_names(queries),
        agents=[] if site.fleet is None else _places(site.fleet),
        q=text,
        state=state,
    )


MAX_CARDS = 1000
"""Endpoints on one page, those first that are not well: a browser takes a second for 5,000."""


def _whole_number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else 0


def _places(fleet: Fleet) -> list[tuple[Agent, AgentState]]:
    return [(agent, fleet.state_of(agent)) for agent in fleet.registry.shown()]


def _is_wanted(endpoint: Endpoint, text: str) -> bool:
    return not text or text in f"{endpoint.name} {endpoint.url} {endpoint.watched.group}".lower()


def _groups(views: Iterable[EndpointView]) -> dict[str, list[EndpointView]]:
    groups: dict[str, list[EndpointView]] = {}
    for view in views:
        groups.setdefault(view.endpoint.watched.group, []).append(view)
    return groups


_MAX_FAILURES, _MAX_INCIDENTS = 500, 10
_MAX_RUNS = 20


@for_readers
async def endpoint_page(request: Request) -> Response:
    site = site_of(request)
    id_, now = request.path_params["id"], site.clock()
    view = site.queries.view(id_)
    if view is None:
        raise HTTPProblem(404, "there is no such endpoint")
    window = CHARTS.get(request.query_params.get("window", ""), WINDOWS["24h"])
    buckets = {
        name: await buckets_of(site.queries, id_, shown, now) for name, shown in WINDOWS.items()
    }
    hour = _window_query(id_, CHARTS["1h"], now)
    buckets["1h"] = [bucket for bucket in buckets["24h"] if bucket.at >= hour[2]]
    longest = now - WINDOWS["90d"].seconds
    return await render_page(
        request,
        "endpoint.html",
        view=view,
        places=await _places_of(site.queries, view, now),
        bars=[
            status_bar(buckets[name], chart_window, now) for name, chart_window in WINDOWS.items()
        ],
        window=window,
        windows=list(CHARTS),
        latency=latency_chart(buckets[window.name], window.bucket, now - window.seconds, now),
        phases=phase_shares(buckets[window.name]),
        percentiles=await query_store(
            site.queries.store.phases,
            id_,
            window.coarse,
            *_window_query(id_, window, now)[2:],
        ),
        areas=phase_chart(buckets[window.name], window.bucket, now - window.seconds, now),
        failures=runs_of(
            await query_store(
                site.queries.store.checks, id_, longest, now + 1, failed=True, limit=_MAX_FAILURES
            )
        )[:_MAX_RUNS],
        incidents=await find_incidents(site.queries, IncidentFilter(endpoint=id_), _MAX_INCIDENTS),
    )


_PLACES_SECONDS, _MAX_COMPARED = 3600.0, 1000


@dataclass(frozen=True, slots=True)
class PlaceSpread:
    """What one place saw of an endpoint lately."""

    uptime: float | None  # The share of its checks that succeeded
    median: float | None  # Seconds that those took


async def _places_of(
    queries: MonitorQueries, view: EndpointView, now: float
) -> dict[str, PlaceSpread]:
    """Return what each place saw in the last hour, of the newest checks; not of one alone."""
    if sum(observer.kind == "probe" for observer in view.observers) < 2:
        return {}
    id_, since = view.endpoint.id, now - _PLACES_SECONDS
    checks = await query_store(queries.store.checks, id_, since, now + 1, limit=_MAX_COMPARED)
    return spread_by_place(checks)


def spread_by_place(checks: Iterable[Check]) -> dict[str, PlaceSpread]:
    """Return what each place saw."""
    counts: Counter[str] = Counter()
    took: dict[str, list[float]] = {}
    for check in checks:
        if check.origin == "probe" and check.up is not None:
            counts[check.vantage] += 1
            good = took.setdefault(check.vantage, [])
            if check.up:
                good.append(check.seconds or 0.0)
    return {
        name: PlaceSpread(len(good) / counts[name], median(good) if good else None)
        for name, good in took.items()
    }


def runs_of(failures: Sequence[Check]) -> list[tuple[Check, Check, int]]:
    """Return failures that say the same as one: the newest, the oldest, and how many they are.

    Those of several observers come in turns; each has runs of its own.
    """
    runs: list[list[Check]] = []
    current: dict[tuple[str, str], list[Check]] = {}
    for check in failures:
        observer = (check.origin, check.vantage)
        run = current.get(observer)
        if run is None or (run[0].kind, run[0].detail) != (check.kind, check.detail):
            run = current[observer] = []
            runs.append(run)
        run.append(check)
    return [(found[0], found[-1], len(found)) for found in runs]


async def buckets_of(
    queries: MonitorQueries, id_: str, window: ChartWindow, now: float
) -> list[RollupBucket]:
    return await query_store(queries.store.buckets, *_window_query(id_, window, now))


def _window_query(id_: str, window: ChartWindow, now: float) -> tuple[str, Step, float, float]:
    since = (now // window.cell - window.cells + 1) * window.cell
    return id_, window.step, since, now + 1


_PAGE_SIZE = 50


@for_readers
async def incidents_page(request: Request) -> Response:
    queries = site_of(request).queries
    before = _time(request.query_params.get("before"))
    found = await find_incidents(queries, IncidentFilter(before=before), _PAGE_SIZE)
    return await render_page(
        request,
        "incidents.html",
        incidents=found,
        older=found[-1].opened_at if len(found) == _PAGE_SIZE else None,
        names=_names(queries),
        silences=queries.silences(),
    )


@for_readers
async def incident_page(request: Request) -> Response:
    queries = site_of(request).queries
    found = await find_incident(queries, request.path_params["id"])
    diagnosis = _diagnosis(found)
    return await render_page(
        request,
        "incident.html",
        incident=found,
        members=[(id_, queries.view(id_)) for id_ in found.members],
        diagnosis=diagnosis,
        advice=operators_advice(found),
        standing=standing(diagnosis.verdict) if diagnosis else "",
        stages=_stages(diagnosis) if diagnosis else [],
    )


def _names(queries: MonitorQueries) -> dict[str, str]:
    return {endpoint.id: endpoint.name for endpoint in queries.endpoints()}


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


STATUS_PAGE_SECONDS = 15.0
"""Seconds for which the page is kept: everybody may ask for it, as often as they like."""


async def status_page(request: Request) -> Response:
    site = site_of(request)
    if not site.settings.status_page:
        raise HTTPProblem(404, "there is no such page")
    text = await site.status_page.get(lambda: _status_page(site))
    return HTMLResponse(
        text, headers={"cache-control": f"public, max-age={STATUS_PAGE_SECONDS:.0f}"}
    )


async def _status_page(site: Site) -> str:
    now, window = site.clock(), WINDOWS["90d"]
    public = [endpoint.id for endpoint in site.queries.endpoints() if endpoint.public]
    views = await site.queries.views_of(public)
    rows = [
        (
            view,
            status_bar(await buckets_of(site.queries, view.endpoint.id, window, now), window, now),
        )
        for view in views
    ]
    groups: dict[str, list[object]] = {}
    for row in rows:
        groups.setdefault(row[0].endpoint.watched.group, []).append(row)
    context = {
        "title": site.settings.title,
        "groups": groups,
        "broken": sum(view.state in ("down", "recovering") for view in views),
        "verdict": status_sentence([view.state for view in views]),
        "well": all(view.state == "ok" for view in views),
        "now": now,
    }
    return await run_in_threadpool(site.renderer.render, "status.html", context)
