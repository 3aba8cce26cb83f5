"""``POST /api/v2/alerts``: alerts of Prometheus and Alertmanager, taken for checks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse

from ringback.client.origin import origin_of
from ringback.failure.kinds import KINDS
from ringback.failure.target import target_of_url
from ringback.incident.model import Check
from ringback.monitor.model import PassiveCheck
from ringback.monitor.notify.text import safe_line
from ringback.monitor.web.access import require
from ringback.monitor.web.request import HTTPProblem, read_body
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from ringback.failure.names import KindName

OWN_ALERT = "RingbackIncident"
"""Name of the alerts that ringback itself sends: taken back they would go round for ever."""

MAX_ALERTS = 10_000  # Alerts that are taken of one request
_MAX_PLACE = 2000  # Characters of a place, at most


class AlertsInvalid(ValueError):  # noqa: N818 - as EventsInvalid
    """Raised for what is no list of alerts."""


def from_alertmanager(payload: Any, now: float) -> list[PassiveCheck]:
    """Return a check for each alert that says where it is about.

    That is its label ``instance``, or ``target``: a URL, or ``host:port``. What fires is a failed
    check, what is resolved a successful one. Alerts of ringback itself are passed over.
    """
    alerts = payload.get("alerts") if isinstance(payload, Mapping) else payload
    if not isinstance(alerts, list) or not all(isinstance(alert, Mapping) for alert in alerts):
        raise AlertsInvalid("expected a list of alerts, or an object with one as 'alerts'")
    found = (_check_of(alert, now) for alert in alerts[:MAX_ALERTS])
    return [check for check in found if check is not None]


def _check_of(alert: Mapping[str, Any], now: float) -> PassiveCheck | None:
    labels, notes = _texts(alert.get("labels")), _texts(alert.get("annotations"))
    origin = _origin(labels.get("instance") or labels.get("target") or "")
    if not origin or labels.get("alertname") == OWN_ALERT:
        return None
    up = _is_over(alert, now)
    said = notes.get("summary") or notes.get("description") or labels.get("alertname", "")
    known = KINDS.get(labels.get("kind", ""))
    kind: KindName = known.name if known else "unknown"
    check = Check(
        at=now,
        endpoint="",
        up=up,
        kind=None if up else kind,
        origin="call",
        detail="" if up else safe_line(said),
    )
    return PassiveCheck(origin=origin, check=check, program="alertmanager")


def _is_over(alert: Mapping[str, Any], now: float) -> bool:
    if alert.get("status") in {"firing", "resolved"}:
        return bool(alert["status"] == "resolved")
    try:
        ends = datetime.fromisoformat(str(alert.get("endsAt")))
        return 0 < ends.timestamp() <= now  # the year 1 stands for no end
    except (ValueError, OverflowError):
        return False


def _origin(place: str) -> str:
    url = place if "://" in place else f"tcp://{place}"
    target = target_of_url(url)
    if not place.isprintable() or len(place) > _MAX_PLACE or not (target.host and target.port):
        return ""
    return origin_of(url)


def _texts(value: Any) -> dict[str, str]:
    """Return the texts of an object; what is no text is passed over."""
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {name: text for name, text in pairs if isinstance(name, str) and isinstance(text, str)}


MAX_BODY: Final = 4 * 1024 * 1024  # Bytes of alerts at most


async def take_alerts(request: Request) -> JSONResponse:
    """Take in alerts, as Prometheus or Alertmanager's webhook posts them."""
    require(request, "push")
    body = await read_body(request, MAX_BODY)
    site = site_of(request)
    try:
        checks = from_alertmanager(json.loads(body), site.clock())
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, AlertsInvalid) else "the body is not JSON"
        raise HTTPProblem(400, said) from None
    site.commands.ingest(checks)
    return JSONResponse({})
