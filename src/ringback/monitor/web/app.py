"""The web page of a monitor as an ASGI application.

Its routes, what every response says to the browser, and errors as pages for people and as problems
for programs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, Router

from ringback.failure.target import split_port
from ringback.monitor.ingest.batch import Inbox
from ringback.monitor.ingest.shares import ReportShares
from ringback.monitor.web import actions
from ringback.monitor.web.alerts import FiringAlerts, take_alerts
from ringback.monitor.web.audit import AuditMiddleware
from ringback.monitor.web.badge import show_badge
from ringback.monitor.web.beside import computed
from ringback.monitor.web.endpoint import endpoint_page
from ringback.monitor.web.live import LiveUpdates, live_stream
from ringback.monitor.web.metrics import LastCertificates, show_metrics
from ringback.monitor.web.overview import overview_page
from ringback.monitor.web.packing import PackingMiddleware
from ringback.monitor.web.pages import (
    discovered_page,
    incident_page,
    incidents_page,
    kind_page,
    render_page,
)
from ringback.monitor.web.probing import probe_target
from ringback.monitor.web.public import (
    STATUS_BARS_SECONDS,
    STATUS_PAGE_SECONDS,
    status_feed,
    status_page,
)
from ringback.monitor.web.render import Renderer, static_file
from ringback.monitor.web.request import HTTPProblem, problem_response
from ringback.monitor.web.site import Cached, Site, site_of
from ringback.monitor.web.standby import StandbyMiddleware

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ringback.monitor.commands import MonitorCommands
    from ringback.monitor.fleet.hub import Fleet
    from ringback.monitor.queries import MonitorQueries
    from ringback.monitor.store.postgres.lead import Lead
    from ringback.monitor.web.settings import WebSettings

SHOWN_TIMEOUT: Final = 1.0
"""Seconds that what is shown waits until all that it says is kept."""

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Everything comes from here, and nothing stands in the page that runs."""

_HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class SecurityHeadersMiddleware:
    """ASGI middleware: refuses names that are not the page's own, and adds the headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        site: Site = scope["app"].state.site
        host, _ = split_port(Headers(scope=scope).get("host", ""))
        app = self._app if site.settings.serves(host) else _respond_misdirected
        await app(scope, receive, _with_headers(send, private=site.settings.guarded))


class KeptMiddleware:
    """ASGI middleware: what is shown is kept before, and so is what is answered.

    A page waits for a slow store for ``SHOWN_TIMEOUT`` and is shown without it then; whoever
    reports or changes something is answered when that is kept. A page waits before it reads, so
    that the store has what the engine knows, and before it is sent: what it has read of the engine
    may be newer than that. An agent's results have been waited for where they were taken: here it
    would be for those of the next agent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in {"/healthz", "/api/v1/agent/results"}:
            await self._app(scope, receive, send)
            return
        queries = scope["app"].state.site.queries
        reads = scope["method"] in {"GET", "HEAD"}
        if reads:
            await queries.kept(SHOWN_TIMEOUT)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                await queries.kept(SHOWN_TIMEOUT if reads else None)
            await send(message)

        await self._app(scope, receive, sending)


def _with_headers(send: Send, *, private: bool) -> Send:
    # What only some may see is kept by no browser: the next who sits there could go back to it.
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store" if private else "private, no-cache")
        await send(message)

    return sending


async def _respond_misdirected(scope: Scope, receive: Receive, send: Send) -> None:
    problem = HTTPProblem(421, "unknown host name; set web.base_url to use it")
    await problem_response(problem)(scope, receive, send)


async def answer_problem(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPProblem)
    is_api = request.url.path.startswith("/api/")
    if is_api or "text/html" not in request.headers.get("accept", ""):
        return problem_response(exc)
    response = await render_page(request, "problem.html", status=exc.status, problem=exc)
    response.headers.update(exc.headers)
    return response


async def answer_http_error(request: Request, exc: Exception) -> Response:
    """Return the response to a request for which there is no route."""
    status = getattr(exc, "status_code", 500)
    said = {404: "there is no such page", 405: f"{request.method} is not possible here"}
    problem = HTTPProblem(
        status,
        said.get(status, getattr(exc, "detail", "")),
        headers=getattr(exc, "headers", None),
    )
    return await answer_problem(request, problem)


async def answer_nobody(_request: Request, _exc: Exception) -> Response:
    """Answer one who ended the connection before all of the request was sent: it is no fault."""
    return Response(status_code=400)


async def healthz(request: Request) -> JSONResponse:
    """Return 200 while the monitor works, also while nothing can be kept; it says which."""
    status = site_of(request).queries.status()
    degraded = status.get("store", {}).get("degraded")
    lead = status.get("lead")
    role = {"role": lead["role"]} if lead else {}
    return JSONResponse({"status": "degraded" if degraded else "ok", **role})


_PAGES = (
    Route("/", overview_page),
    Route("/endpoints/{id}", endpoint_page),
    Route("/endpoints/{id}/check", actions.check_form, methods=["POST"]),
    Route("/endpoints/{id}/pause", actions.pause_form, methods=["POST"]),
    Route("/endpoints/{id}/resume", actions.resume_form, methods=["POST"]),
    Route("/incidents", incidents_page),
    Route("/incidents/{id}", incident_page),
    Route("/incidents/{id}/acknowledge", actions.acknowledge_form, methods=["POST"]),
    Route("/incidents/{id}/unacknowledge", actions.unacknowledge_form, methods=["POST"]),
    Route("/incidents/{id}/note", actions.note_form, methods=["POST"]),
    Route("/silences", actions.silence_form, methods=["POST"]),
    Route("/silences/{id}/end", actions.unsilence_form, methods=["POST"]),
    Route("/discovered", discovered_page),
    Route("/discovered/{id}/adopt", actions.adopt_form, methods=["POST"]),
    Route("/kinds/{name}", kind_page),
    Route("/login", actions.login_form, methods=["GET", "POST"]),
    Route("/logout", actions.logout_form, methods=["POST"]),
    Route("/live", live_stream),
    Route("/status", status_page),
    Route("/status/feed.atom", status_feed),
    Route("/status/{name}", status_page),
    Route("/status/{name}/feed.atom", status_feed),
    Route("/badge/{id}/{what}.svg", show_badge),
    Route("/metrics", show_metrics),
    Route("/probe", probe_target),
    Route("/api/v2/alerts", take_alerts, methods=["POST"]),
    Route("/healthz", healthz),
    Route("/static/{name}", static_file),
)


@cache
def _api_router() -> Router:
    from ringback.monitor.web.api.routes import api_routes  # noqa: PLC0415 - as _api says

    return Router(api_routes())


async def _api(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer for the API: it takes pydantic, which is loaded with the first request."""
    router = await computed(_api_router)  # some 0.1 s the first time
    await router(scope, receive, send)


def application(
    queries: MonitorQueries,
    commands: MonitorCommands,
    settings: WebSettings,
    *,
    fleet: Fleet | None = None,
    lead: Lead | None = None,
    clock: Callable[[], float] = time.time,
) -> Starlette:
    renderer = Renderer(clock)
    app = Starlette(
        routes=[*_PAGES, Mount("/api/v1", app=_api)],
        middleware=[
            Middleware(SecurityHeadersMiddleware),
            Middleware(AuditMiddleware),
            Middleware(StandbyMiddleware),
            Middleware(KeptMiddleware),
            Middleware(PackingMiddleware),
        ],
        exception_handlers={
            HTTPProblem: answer_problem,
            HTTPException: answer_http_error,
            ClientDisconnect: answer_nobody,
        },
    )
    app.state.site = Site(
        queries=queries,
        commands=commands,
        settings=settings,
        renderer=renderer,
        live=LiveUpdates(queries, renderer, clock=clock),
        status_page=Cached(STATUS_PAGE_SECONDS, clock),
        status_bars=Cached(STATUS_BARS_SECONDS, clock),
        certificates=LastCertificates(),
        inbox=Inbox(),
        shares=ReportShares(),
        alerts=FiringAlerts(),
        lead=lead,
        fleet=fleet,
        clock=clock,
    )
    return app
