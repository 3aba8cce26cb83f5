"""The page of one endpoint: how it is, how it was, why it failed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from ringback.monitor.web.chart.bars import CHARTS, WINDOWS, bar_of
from ringback.monitor.web.chart.latency import latency_of
from ringback.monitor.web.chart.phases import areas_of, phases_of
from ringback.monitor.web.history import ask, incidents_of
from ringback.monitor.web.page.page import page, turned_away
from ringback.monitor.web.problem import Problem
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from ringback.incident.model import Check
    from ringback.monitor.store.interface import Bucket, Step
    from ringback.monitor.web.chart.bars import Window
    from ringback.monitor.web.service import Service

_FAILURES, _INCIDENTS = 500, 10
_RUNS = 20


async def endpoint(request: Request) -> Response:
    """Return the page of an endpoint.

    Args:
        request: The request; ``window`` chooses what the chart of its latency shows.

    Raises:
        Problem: There is none.
    """
    if (login := turned_away(request, "read")) is not None:
        return login
    site = site_of(request)
    id_, now = request.path_params["id"], site.clock()
    view = site.service.view(id_)
    if view is None:
        raise Problem(404, "there is no such endpoint")
    window = CHARTS.get(request.query_params.get("window", ""), WINDOWS["24h"])
    asked = (buckets_of(site.service, id_, one, now) for one in CHARTS.values())
    buckets = dict(zip(CHARTS, await asyncio.gather(*asked), strict=True))
    longest = now - WINDOWS["90d"].seconds
    return await page(
        request,
        "endpoint.html",
        view=view,
        bars=[bar_of(buckets[name], one, now) for name, one in WINDOWS.items()],
        window=window,
        windows=list(CHARTS),
        latency=latency_of(buckets[window.name], window.bucket, now - window.seconds, now),
        phases=phases_of(buckets[window.name]),
        percentiles=await ask(site.service.store.phases, *_asked(id_, window, now)),
        areas=areas_of(buckets[window.name], window.bucket, now - window.seconds, now),
        failures=runs_of(
            await ask(site.service.store.checks, id_, longest, now + 1, failed=True, most=_FAILURES)
        )[:_RUNS],
        incidents=await incidents_of(site.service, endpoint=id_, most=_INCIDENTS),
    )


def runs_of(failures: Sequence[Check]) -> list[tuple[Check, Check, int]]:
    """Return failures that say the same as one: the newest, the oldest, and how many they are.

    Args:
        failures: Newest first.
    """
    same = groupby(failures, key=lambda one: (one.kind, one.detail, one.origin))
    runs = [list(found) for _, found in same]
    return [(found[0], found[-1], len(found)) for found in runs]


async def buckets_of(service: Service, id_: str, window: Window, now: float) -> list[Bucket]:
    """Return the rollup of an endpoint in a window.

    Args:
        service: The monitor.
        id_: The endpoint's id.
        window: How far back.
        now: In seconds since 1970 UTC.
    """
    return await ask(service.store.buckets, *_asked(id_, window, now))


def _asked(id_: str, window: Window, now: float) -> tuple[str, Step, float, float]:
    since = (now // window.cell - window.cells + 1) * window.cell
    return id_, window.step, since, now + 1
