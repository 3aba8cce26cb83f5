"""The web page of a monitor as an ASGI application."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Route, Router

from ringback.monitor.ingest import Inbox
from ringback.monitor.web.alerts import take_alerts
from ringback.monitor.web.asset import static
from ringback.monitor.web.failed import answer_http_error, answer_problem
from ringback.monitor.web.headers import Guard
from ringback.monitor.web.health import healthz
from ringback.monitor.web.kept import Kept
from ringback.monitor.web.live import Live
from ringback.monitor.web.metrics import Certificates, metrics
from ringback.monitor.web.page import action
from ringback.monitor.web.page.badge import show_badge
from ringback.monitor.web.page.discovered import discovered
from ringback.monitor.web.page.endpoint import endpoint
from ringback.monitor.web.page.incident import incident, incidents
from ringback.monitor.web.page.kind import kind
from ringback.monitor.web.page.live import live
from ringback.monitor.web.page.overview import overview
from ringback.monitor.web.page.status import KEPT, status
from ringback.monitor.web.probing import probe
from ringback.monitor.web.problem import Problem
from ringback.monitor.web.render import Renderer
from ringback.monitor.web.site import Site

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from ringback.monitor.web.service import Service
    from ringback.monitor.web.settings import WebSettings

_PAGES = (
    Route("/", overview),
    Route("/endpoints/{id}", endpoint),
    Route("/incidents", incidents),
    Route("/incidents/{id}", incident),
    Route("/incidents/{id}/acknowledge", action.acknowledge, methods=["POST"]),
    Route("/silences", action.silence, methods=["POST"]),
    Route("/silences/{id}/end", action.unsilence, methods=["POST"]),
    Route("/discovered", discovered),
    Route("/discovered/{id}/adopt", action.adopt, methods=["POST"]),
    Route("/kinds/{name}", kind),
    Route("/login", action.login, methods=["GET", "POST"]),
    Route("/logout", action.logout, methods=["POST"]),
    Route("/live", live),
    Route("/status", status),
    Route("/badge/{id}/{what}.svg", show_badge),
    Route("/metrics", metrics),
    Route("/probe", probe),
    Route("/api/v2/alerts", take_alerts, methods=["POST"]),
    Route("/healthz", healthz),
    Route("/static/{name}", static),
)


@cache
def _routed() -> Router:
    from ringback.monitor.web.api.routes import api_routes  # noqa: PLC0415 - as _api says

    return Router(api_routes())


async def _api(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer for the API: it takes pydantic, which is loaded with the first request."""
    await _routed()(scope, receive, send)


def application(
    service: Service, settings: WebSettings, *, clock: Callable[[], float] = time.time
) -> Starlette:
    """Return the web page of a monitor.

    Args:
        service: The monitor.
        settings: How the page is served.
        clock: Gives seconds since 1970 UTC.
    """
    renderer = Renderer(clock)
    app = Starlette(
        routes=[*_PAGES, Mount("/api/v1", app=_api)],
        middleware=[Middleware(Guard)],
        exception_handlers={Problem: answer_problem, HTTPException: answer_http_error},
    )
    app.state.site = Site(
        service=service,
        settings=settings,
        renderer=renderer,
        live=Live(service, renderer),
        status_page=Kept(KEPT, clock),
        certificates=Certificates(),
        inbox=Inbox(),
        clock=clock,
    )
    return app
