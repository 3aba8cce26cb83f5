"""What every page has: who looks, the way to the others, how the monitor is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse

from ringback import __version__
from ringback.monitor.web.access import demand, grant_of
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ringback.monitor.web.settings import Scope


async def page(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """Return a page.

    Args:
        request: The request.
        template: File name of its template.
        status: HTTP status.
        context: What it shows.
    """
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
        "monitor": site.service.status() if readable else {},
        "open_count": len(site.service.incidents()) if readable else 0,
        "discovered_count": len(site.service.discovered()) if readable else 0,
    }
    text = await run_in_threadpool(site.renderer.render, template, {**shared, **context})
    return HTMLResponse(text, status)


def turned_away(request: Request, scope: Scope) -> Response | None:
    """Return the way to the login, for somebody who may not see a page and could.

    Args:
        request: The request.
        scope: What is asked for.

    Raises:
        Problem: It is refused, and a login would not help.
    """
    grant = grant_of(request)
    if site_of(request).settings.tokens and not grant.scopes:
        return RedirectResponse(f"/login?next={request.url.path}", 303)
    demand(request, scope)
    return None
