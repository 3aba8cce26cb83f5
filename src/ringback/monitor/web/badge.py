"""Badges of endpoints, for other pages: a label and a value side by side, as SVG."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, Literal

from starlette.responses import Response

from ringback.diagnosis.wording import duration
from ringback.monitor.web.access import require
from ringback.monitor.web.history import query_store
from ringback.monitor.web.request import HTTPProblem
from ringback.monitor.web.site import site_of
from ringback.monitor.web.words import STATES, percentage

if TYPE_CHECKING:
    from starlette.requests import Request

    from ringback.incident.model import EndpointState
    from ringback.monitor.model import EndpointView
    from ringback.monitor.store.interface import Step
    from ringback.monitor.web.site import Site

Tone = Literal["good", "unsure", "bad", "none"]

COLOURS: Final[dict[Tone, str]] = {
    "good": "#1a7f37",
    "unsure": "#8a5a00",
    "bad": "#c21f2e",
    "none": "#57606a",
}
"""Each with a contrast of at least 4.5 to white."""

_MAX_TEXT = 60


def badge_svg(label: str, value: str, tone: Tone) -> str:
    label, value = label[:_MAX_TEXT], value[:_MAX_TEXT]
    left, right = _width(label), _width(value)
    said = escape(f"{label}: {value}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{said}"><title>{said}</title>'
        f'<clipPath id="r"><rect width="{left + right}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#24292f"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{COLOURS[tone]}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{_text(label, 0, left)}{_text(value, left, right)}</g></svg>"
    )


def _width(text: str) -> int:
    """About 7 units a letter of Verdana 11, and a margin; textLength makes it fit exactly."""
    return round(6.6 * len(text)) + 12


def _text(text: str, at: int, width: int) -> str:
    return f'<text x="{at + 6}" y="14" textLength="{width - 12}">{escape(text)}</text>'


_TONES: Final[dict[EndpointState, Tone]] = {
    "ok": "good",
    "suspect": "unsure",
    "recovering": "unsure",
    "partial": "unsure",
    "down": "bad",
    "unknown": "none",
    "paused": "none",
}
_UPTIME: Final[dict[str, tuple[Step, float]]] = {
    "uptime-7d": ("1h", 7 * 86400.0),
    "uptime-30d": ("1d", 30 * 86400.0),
}
_GOOD, _FAIR = 0.999, 0.99


async def show_badge(request: Request) -> Response:
    """Return a badge; those of public endpoints are for everybody."""
    site = site_of(request)
    view = site.queries.view(request.path_params["id"])
    if view is None or not (view.endpoint.public and site.settings.status_page):
        require(request, "read")
    if view is None:
        raise HTTPProblem(404, "there is no such endpoint")
    label, value, tone = await _badge_parts(site, view, request.path_params["what"])
    return Response(
        badge_svg(label, value, tone),
        media_type="image/svg+xml",
        headers={"cache-control": "public, max-age=60"},
    )


async def _badge_parts(site: Site, view: EndpointView, what: str) -> tuple[str, str, Tone]:
    name = view.endpoint.name
    if what == "status":
        return name, STATES[view.state], _TONES[view.state]
    if what == "latency":
        return await _latency(site, view)
    if what not in _UPTIME:
        raise HTTPProblem(404, "there are the badges status, uptime-7d, uptime-30d and latency")
    step, seconds = _UPTIME[what]
    label = f"{name} uptime {what.removeprefix('uptime-')}"
    up = await _uptime(site, view.endpoint.id, step, seconds)
    if up is None:
        return label, "not known", "none"
    return label, percentage(up), "good" if up >= _GOOD else "unsure" if up >= _FAIR else "bad"


async def _uptime(site: Site, id_: str, step: Step, seconds: float) -> float | None:
    now = site.clock()
    buckets = await query_store(site.queries.store.buckets, id_, step, now - seconds, now + 1)
    count = sum(bucket.count for bucket in buckets)
    return 1 - sum(bucket.bad for bucket in buckets) / count if count else None


async def _latency(site: Site, view: EndpointView) -> tuple[str, str, Tone]:
    now = site.clock()
    buckets = await query_store(
        site.queries.store.buckets, view.endpoint.id, "1h", now - 86400.0, now + 1
    )
    medians = sorted(bucket.p50 for bucket in buckets if bucket.p50 is not None)
    label = f"{view.endpoint.name} latency 24h"
    if not medians:
        return label, "not known", "none"
    return label, duration(medians[len(medians) // 2]), "good"
