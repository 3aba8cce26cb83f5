"""The pages for everybody: services in plain words, and a feed of what happened.

Nothing is said but names, states and times of endpoints that are ``public``: no kind of failure, no
address and no endpoint beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse, Response

from ringback.incident.silences import MAINTENANCE_PREFIX
from ringback.monitor.store.interface import IncidentFilter
from ringback.monitor.web.beside import computed
from ringback.monitor.web.chart import WINDOWS, status_bar
from ringback.monitor.web.history import find_incidents, query_store
from ringback.monitor.web.pages import window_query
from ringback.monitor.web.request import HTTPProblem
from ringback.monitor.web.site import site_of
from ringback.monitor.web.words import (
    PUBLIC_PATTERNS,
    PublicState,
    rounded_span,
    services_in_words,
    status_sentence,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from starlette.requests import Request

    from ringback.incident.model import Incident
    from ringback.incident.silences import Silence
    from ringback.monitor.model import EndpointView
    from ringback.monitor.web.chart import StatusBar
    from ringback.monitor.web.settings import StatusPage
    from ringback.monitor.web.site import Site

STATUS_PAGE_SECONDS: Final = 15.0
"""Seconds for which a page is kept: everybody may ask for it, as often as they like."""

STATUS_BARS_SECONDS: Final = 300.0
"""Seconds for which its bars are kept: they are of days, and 90 of each endpoint are read."""

HISTORY_DAYS: Final = 14
MAX_HISTORY: Final = 50  # Incidents that are over, on one page
_MAX_LOOKED_THROUGH: Final = 500  # Incidents of all endpoints, for those of public ones
_AHEAD: Final = 7 * 86400.0  # Seconds before it begins that maintenance is announced


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicIncident:
    """What is said of an incident to everybody."""

    id: str  # Tells it from others, and nothing else
    text: str  # Who is, or was, how
    begins: float
    ends: float | None  # `None`: it goes on
    taken: bool  # Whether somebody works on it

    @property
    def changed(self) -> float:
        """When what is said of it last became another."""
        return self.begins if self.ends is None else self.ends

    @property
    def day(self) -> str:
        return datetime.fromtimestamp(self.begins, UTC).strftime("%Y-%m-%d")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicMaintenance:
    """A time in which services may be down as it was planned."""

    services: str
    begins: float
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicService:
    """A service as everybody sees it."""

    name: str
    state: PublicState
    bar: StatusBar


async def status_page(request: Request) -> Response:
    page = _page_asked_for(request)
    site = site_of(request)
    text = await site.status_page.get(page.name, lambda: _rendered(site, page, "status.html"))
    return HTMLResponse(text, headers=_KEPT)


async def status_feed(request: Request) -> Response:
    page = _page_asked_for(request)
    site = site_of(request)
    name = f"{page.name}/feed"
    text = await site.status_page.get(name, lambda: _rendered(site, page, "status.atom"))
    return Response(text, media_type="application/atom+xml", headers=_KEPT)


_KEPT: Final = {"cache-control": f"public, max-age={STATUS_PAGE_SECONDS:.0f}"}


def _page_asked_for(request: Request) -> StatusPage:
    page = site_of(request).settings.page(request.path_params.get("name", ""))
    if page is None:
        raise HTTPProblem(404, "there is no such page")
    return page


async def _rendered(site: Site, page: StatusPage, template: str) -> str:
    now, queries = site.clock(), site.queries
    shown = [
        endpoint
        for endpoint in queries.endpoints()
        if endpoint.public and (not page.groups or endpoint.watched.group in page.groups)
    ]
    views = await queries.views_of(endpoint.id for endpoint in shown)
    if page.groups:
        views.sort(key=lambda view: page.groups.index(view.endpoint.watched.group))
    names = {endpoint.id: endpoint.name for endpoint in shown}
    planned = [
        silence
        for silence in queries.silences()
        if silence.id.startswith(MAINTENANCE_PREFIX) and silence.begins < now + _AHEAD
    ]
    unstable = {
        id_ for found in queries.incidents() if found.pattern == "flapping" for id_ in found.members
    }
    states = [_state_of(view, unstable, planned, now) for view in views]
    groups: dict[str, list[PublicService]] = {}
    if template == "status.html":
        bars = await _bars(site, page, names, now)
        for view, state in zip(views, states, strict=True):
            service = PublicService(
                name=view.endpoint.name, state=state, bar=bars[view.endpoint.id]
            )
            groups.setdefault(view.endpoint.watched.group, []).append(service)
    context = {
        "title": page.title,
        "path": f"/status/{page.name}".rstrip("/"),
        "url": site.settings.url,
        "groups": groups,
        "verdict": status_sentence(states),
        "broken": sum(state in {"down", "recovering"} for state in states),
        "well": all(state == "ok" for state in states),
        "open": _said(queries.incidents(), _not_planned(names, planned, now)),
        "past": await _past(site, names, now),
        "maintenance": _maintenance(planned, names, now),
        "history_days": HISTORY_DAYS,
        "now": now,
    }
    return await computed(site.renderer.render, template, context)


async def _bars(
    site: Site, page: StatusPage, ids: Collection[str], now: float
) -> dict[str, StatusBar]:
    async def read() -> dict[str, StatusBar]:
        window = WINDOWS["90d"]
        _, _, since, until = window_query("", window, now)
        days = await query_store(site.queries.store.day_counts, list(ids), since, until)
        return await computed(
            lambda: {id_: status_bar(days.get(id_, ()), window, now) for id_ in ids}
        )

    bars = await site.status_bars.get(page.name, read)
    if not bars.keys() >= set(ids):  # what is public has changed since
        site.status_bars.forget()
        bars = await site.status_bars.get(page.name, read)
    return bars


def _not_planned(
    names: Mapping[str, str], planned: Iterable[Silence], now: float
) -> dict[str, str]:
    """Return those that are not in maintenance."""
    return {
        id_: name
        for id_, name in names.items()
        if not any(silence.covers(id_, now) for silence in planned)
    }


def _state_of(
    view: EndpointView, unstable: set[str], planned: Iterable[Silence], now: float
) -> PublicState:
    id_ = view.endpoint.id
    if view.state != "ok" and any(silence.covers(id_, now) for silence in planned):
        return "maintenance"
    # Between two failures it is well, and will not stay so.
    return "flapping" if id_ in unstable else view.state


def _said(incidents: Iterable[Incident], names: Mapping[str, str]) -> list[PublicIncident]:
    """Return what is said of incidents, newest first; nothing of those that are not of services."""
    said = []
    for incident in incidents:
        services = [names[id_] for id_ in incident.members if id_ in names]
        words = PUBLIC_PATTERNS.get(incident.pattern)
        is_warning = incident.severity == "warn" and incident.pattern == "certificate"
        if not services or words is None or is_warning or incident.part_of:
            continue
        if incident.partial:
            words = f"{words} for some"
        verb = "is" if len(services) == 1 else "are"
        if incident.closed_at is not None:
            verb = "was" if len(services) == 1 else "were"
            words = f"{words} for {rounded_span(incident.closed_at - incident.opened_at)}"
        said.append(
            PublicIncident(
                id=blake2b(incident.id.encode(), digest_size=8).hexdigest(),
                text=f"{services_in_words(services)} {verb} {words}.",
                begins=incident.opened_at,
                ends=incident.closed_at,
                taken=incident.state == "acknowledged",
            )
        )
    return sorted(said, key=lambda incident: incident.begins, reverse=True)


async def _past(site: Site, names: Mapping[str, str], now: float) -> list[PublicIncident]:
    """Return what happened lately and is over, newest first."""
    over = IncidentFilter(states=("closed",))
    found = await find_incidents(site.queries, over, _MAX_LOOKED_THROUGH)
    since = now - HISTORY_DAYS * 86400.0
    return _said((incident for incident in found if incident.opened_at >= since), names)[
        :MAX_HISTORY
    ]


def _maintenance(
    planned: Iterable[Silence], names: Mapping[str, str], now: float
) -> list[PublicMaintenance]:
    found = []
    for silence in sorted(planned, key=lambda silence: silence.begins):
        at = max(now, silence.begins)
        services = [name for id_, name in names.items() if silence.covers(id_, at)]
        if services:
            everything = len(services) == len(names) > 1
            found.append(
                PublicMaintenance(
                    services="all services" if everything else services_in_words(services),
                    begins=silence.begins,
                    ends=silence.ends,
                )
            )
    return found
