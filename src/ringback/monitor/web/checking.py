"""Checking an endpoint at once because somebody asks, by the page or by the API."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from ringback.monitor.web.request import HTTPProblem

if TYPE_CHECKING:
    from ringback.monitor.web.site import Site


async def check_now(site: Site, id_: str) -> None:
    """Return when an endpoint was checked; a place that does not answer is waited for a little."""
    view = site.queries.view(id_)
    if view is None:
        raise HTTPProblem(404, "there is no such endpoint")
    if view.paused is not None:
        raise HTTPProblem(409, "it is paused: resume it first")
    if view.endpoint.type == "heartbeat":
        raise HTTPProblem(409, "a heartbeat reports by itself: it cannot be checked")
    now = site.clock()
    if wait := site.asked.wait(id_, now):
        seconds = str(ceil(wait))
        raise HTTPProblem(
            429, f"checked a moment ago: wait {seconds} s", headers={"Retry-After": seconds}
        )
    with site.asked.asking(id_, now):
        await site.commands.check(id_)
