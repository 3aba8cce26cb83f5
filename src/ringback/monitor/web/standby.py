"""What a process answers that stands by: who leads is asked instead, where that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.responses import Response

from ringback.monitor.web.request import HTTPProblem, problem_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ringback.monitor.web.site import Site

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN: Final = frozenset({"/login", "/logout"})  # Who is logged in is known here only
_AGENTS: Final = "/api/v1/agent/"  # Of agents also what reads: the plan comes with commands
_RETRY: Final = {"Retry-After": "1"}


class StandbyMiddleware:
    """ASGI middleware: sends what changes something to the process that leads.

    While this one leads and cannot keep what it is given, that is refused: with several processes
    another may lead next, and would not know of it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        site: Site | None = scope["app"].state.site if scope["type"] == "http" else None
        if site is None or site.lead is None or not _changes(scope):
            await self._app(scope, receive, send)
        elif site.stands_by:
            await _elsewhere(scope, site)(scope, receive, send)
        elif _is_holding(site):
            await _unkept()(scope, receive, send)
        else:
            await self._app(scope, receive, _kept(site, scope, receive, send))


def _changes(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.startswith(_AGENTS) or (scope["method"] not in _READS and path not in _OWN)


def _elsewhere(scope: Scope, site: Site) -> Response:
    if site.lead is not None and site.lead.epoch:  # what is known of others is over
        return problem_response(HTTPProblem(503, "this process takes over", headers=_RETRY))
    row = site.lead.row if site.lead is not None else None
    url = "" if row is None or row.page == site.settings.url else row.page
    if not url:
        problem = HTTPProblem(503, "another process leads, and where is not known", headers=_RETRY)
        return problem_response(problem)
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1")  # as it was sent
    if _is_form(scope):
        # A form may not leave its site, and the other one would not take it.
        return problem_response(
            HTTPProblem(503, f"this monitor stands by; do it at the one that leads: {url}")
        )
    return Response(
        status_code=307, headers={"Location": f"{url}{path}{'?' if query else ''}{query}"}
    )


def _is_form(scope: Scope) -> bool:
    kind = Headers(scope=scope).get("content-type", "")
    return not scope["path"].startswith("/api/") and kind.startswith("application/x-www-form")


def _is_holding(site: Site) -> bool:
    return bool(getattr(site.queries.store, "is_holding", False))


def _unkept() -> Response:
    return problem_response(HTTPProblem(503, "the store cannot keep anything now", headers=_RETRY))


def _kept(site: Site, scope: Scope, receive: Receive, send: Send) -> Send:
    """Return what answers 503 in place of an answer to what was not kept."""
    refused = False

    async def sending(message: Message) -> None:
        nonlocal refused
        if message["type"] == "http.response.start":
            refused = message["status"] < 400 and (site.stands_by or _is_holding(site))
            if refused:
                await _unkept()(scope, receive, send)
        if not refused:
            await send(message)

    return sending
