"""The status page for everybody: names and states of public endpoints, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse

from ringback.monitor.web.chart.bars import WINDOWS, bar_of
from ringback.monitor.web.page.endpoint import buckets_of
from ringback.monitor.web.problem import Problem
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ringback.monitor.web.site import Site

KEPT = 15.0
"""Seconds for which the page is kept: everybody may ask for it, as often as they like."""


async def status(request: Request) -> Response:
    """Return the page.

    Args:
        request: The request.

    Raises:
        Problem: It is not switched on.
    """
    site = site_of(request)
    if not site.settings.status_page:
        raise Problem(404, "there is no such page")
    text = await site.status_page.get(lambda: _made(site))
    return HTMLResponse(text, headers={"cache-control": f"public, max-age={KEPT:.0f}"})


async def _made(site: Site) -> str:
    now, window = site.clock(), WINDOWS["90d"]
    views = [one for one in site.service.views() if one.endpoint.public]
    rows = [
        (one, bar_of(await buckets_of(site.service, one.endpoint.id, window, now), window, now))
        for one in views
    ]
    groups: dict[str, list[object]] = {}
    for row in rows:
        groups.setdefault(row[0].endpoint.watched.group, []).append(row)
    context = {
        "title": site.settings.title,
        "groups": groups,
        "broken": sum(one.state in ("down", "recovering") for one in views),
        "total": len(views),
        "now": now,
    }
    return await run_in_threadpool(site.renderer.render, "status.html", context)
