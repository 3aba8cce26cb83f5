"""The page of one endpoint: its checks, its history as far as it goes, and what it hangs on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from ringback.monitor.store.interface import IncidentFilter, RollupBucket
from ringback.monitor.web.chart import (
    WINDOWS,
    check_chart,
    fitting_bars,
    fitting_windows,
    incident_bands,
    latency_chart,
    phase_chart,
    phase_shares,
    status_bar,
)
from ringback.monitor.web.history import find_incidents, query_store
from ringback.monitor.web.pages import buckets_of, for_readers, render_page, window_query
from ringback.monitor.web.request import HTTPProblem
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from ringback.incident.model import Check
    from ringback.monitor.model import EndpointView
    from ringback.monitor.queries import MonitorQueries
    from ringback.monitor.store.interface import Notified, Step
    from ringback.monitor.web.chart import ChartWindow, StatusBar

_DAY = 86400.0
_MAX_FAILURES, _MAX_INCIDENTS = 500, 10
_MAX_RUNS = 20
_MAX_DRAWN = 300  # Checks that are drawn one by one; of more the five minutes are
_MAX_STRIP, _MAX_ROWS = 60, 12  # Of the newest checks
_MIN_DRAWN_SECONDS = 60.0  # Of a chart, however short the history is
_MAX_CHILDREN = 50  # Endpoints that need this one and are named


@for_readers
async def endpoint_page(request: Request) -> Response:
    site = site_of(request)
    id_, now, queries = request.path_params["id"], site.clock(), site.queries
    view = queries.view(id_)
    if view is None:
        raise HTTPProblem(404, "there is no such endpoint")
    history = await _history_of(queries, id_, now)
    windows = {window.name: window for window in fitting_windows(now - history.since)}
    usual = windows.get("24h", list(windows.values())[-1])
    window = windows.get(request.query_params.get("window", ""), usual)
    incidents = await find_incidents(queries, IncidentFilter(endpoint=id_), _MAX_INCIDENTS)
    since = max(now - window.seconds, min(history.since, now - _MIN_DRAWN_SECONDS))
    return await render_page(
        request,
        "endpoint.html",
        view=view,
        history=history,
        places=await _places_of(queries, view, now),
        bars=_bars(history),
        window=window,
        windows=list(windows),
        **_charts(history, window, since, view.endpoint.every),
        bands=incident_bands(incidents, since, now),
        percentiles=await query_store(
            queries.store.phases, id_, window.coarse, *window_query(id_, window, now)[2:]
        ),
        strip=history.checks[:_MAX_STRIP][::-1],
        checks=history.checks[:_MAX_ROWS],
        failures=runs_of(
            await query_store(
                queries.store.checks,
                id_,
                now - WINDOWS["90d"].seconds,
                now + 1,
                failed=True,
                limit=_MAX_FAILURES,
            )
        )[:_MAX_RUNS],
        incidents=incidents,
        notified=_by_incident(
            await query_store(queries.store.notified, [incident.id for incident in incidents])
        ),
        **_relations(queries, view),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownHistory:
    """What is kept of an endpoint."""

    since: float  # When its oldest check was, as precisely as that is known; now: there is none
    checks: Sequence[Check]  # The newest first: those of the last hour, as far as they are drawn
    spans: Mapping[Step, Sequence[RollupBucket]]  # By their width, oldest first
    now: float

    def buckets(self, window: ChartWindow) -> list[RollupBucket]:
        _, step, since, _ = window_query("", window, self.now)
        return [bucket for bucket in self.spans[step] if bucket.at >= since]


async def _history_of(queries: MonitorQueries, id_: str, now: float) -> ShownHistory:
    checks = await query_store(queries.store.checks, id_, now - _DAY, now + 1, limit=_MAX_DRAWN + 1)
    spans: dict[Step, Sequence[RollupBucket]] = {
        window.step: await buckets_of(queries, id_, window, now)
        for window in (WINDOWS["24h"], WINDOWS["7d"], WINDOWS["1y"])
    }
    since = now
    # The widest first: what a narrower one knows counts where it goes back as far.
    steps: tuple[tuple[Step, ChartWindow | None], ...] = (
        ("1d", WINDOWS["7d"]),
        ("1h", WINDOWS["24h"]),
        ("5m", None),
    )
    for step, window in steps:
        oldest = min((span.at for span in spans[step]), default=now)
        since = min(since, oldest) if step == "1d" else max(since, oldest)
        if window is not None and now - since > window.seconds:
            break
    else:
        if 0 < len(checks) <= _MAX_DRAWN:
            since = max(since, checks[-1].at)
    return ShownHistory(since=since, checks=checks, spans=spans, now=now)


def _bars(history: ShownHistory) -> list[StatusBar]:
    """Return the availability in windows that the history fills; in none where the strip does."""
    seconds = history.now - history.since
    if seconds < WINDOWS["1h"].seconds and len(history.checks) <= _MAX_STRIP:
        return []
    return [
        status_bar(history.buckets(window), window, history.now) for window in fitting_bars(seconds)
    ]


def _charts(
    history: ShownHistory, window: ChartWindow, since: float, every: float
) -> dict[str, Any]:
    """Return the charts of a window: of single checks, where they are few enough to be told."""
    now = history.now
    drawn = [check for check in history.checks if check.at >= since]
    single = window.name == "1h" and len(drawn) <= _MAX_DRAWN
    buckets, width = history.buckets(window), window.bucket
    if single:  # each check stands for the time since the one before
        width = every
        buckets = [
            RollupBucket(at=check.at - every, count=1, bad=0, timings=check.timings)
            for check in reversed(drawn)
            if check.up
        ]
    chart = check_chart(drawn, since, now) if single else latency_chart(buckets, width, since, now)
    return {
        "single": single,
        "latency": chart,
        "areas": phase_chart(buckets, width, since, now),
        "phases": phase_shares(buckets),
        "span": now - since,
    }


def _by_incident(notified: Iterable[Notified]) -> dict[str, dict[str, Notified]]:
    """Return what became last of the notices of each incident, by notifier."""
    found: dict[str, dict[str, Notified]] = {}
    for notice in notified:
        if notice.outcome == "sent":
            found.setdefault(notice.incident, {}).setdefault(notice.channel, notice)
    return found


def _relations(queries: MonitorQueries, view: EndpointView) -> dict[str, Any]:
    """Return the endpoints without which one cannot be reached, and those that need it."""
    id_, parents = view.endpoint.id, view.endpoint.watched.parents
    children = [other.id for other in queries.endpoints() if id_ in other.watched.parents]
    return {
        name: [found for other in ids if (found := queries.view(other)) is not None]
        for name, ids in (("parents", parents), ("children", children[:_MAX_CHILDREN]))
    }


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
