"""``POST /api/v2/alerts``: alerts of Prometheus and Alertmanager, as the word of an observer.

Alertmanager has looked as often as its rules say before it speaks: what fires is down at once, and
what is resolved is up at once.

An alert that is neither resolved nor sent again ends by itself: at its ``endsAt`` where that is
given, as Prometheus does, else ``MAX_ALERT_SECONDS`` after it was last sent. The webhook of
Alertmanager gives none of what fires, and repeats it each ``repeat_interval``.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
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
from ringback.monitor.web.reporting import take_reports
from ringback.monitor.web.request import HTTPProblem
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from ringback.failure.names import KindName

OWN_ALERT = "RingbackIncident"
"""Name of the alerts that ringback itself sends: taken back they would go round for ever."""

OBSERVER: Final = "alertmanager"  # Who says it, in checks

MAX_ALERT_SECONDS: Final = 2 * 4 * 3600.0 + 600.0
"""Seconds that an alert counts without being sent again: two of Alertmanager's ``repeat_interval``,
4 h by default, so that one may be lost, and what it waits for its group."""

RESOLVED_SECONDS: Final = 60.0  # Seconds that the word counts that all is well

MAX_ALERTS = 10_000  # Alerts that are taken of one request, and places that are remembered
MAX_FIRING = 100  # Alerts of one place that are remembered
_MAX_PLACE = 2000  # Characters of a place, at most


class AlertsInvalid(ValueError):  # noqa: N818 - as EventsInvalid
    """Raised for what is no list of alerts."""


class FiringAlerts:
    """Reads alerts, and remembers which fire: a place is down until the last of its alerts is over.

    What fired before a restart is known again when it is sent again: by Prometheus within minutes,
    by Alertmanager after its ``repeat_interval``.
    """

    def __init__(self) -> None:
        # Origin to its alerts, each with when it ends by itself; the ones heard of last are last
        self._ends: OrderedDict[str, dict[int, float]] = OrderedDict()

    def take(self, payload: Any, now: float) -> list[PassiveCheck]:
        """Return a check for each alert that says where it is about.

        That is its label ``instance``, or ``target``: a URL, or ``host:port``. What fires is a
        failed check; what is resolved a successful one, and none while another alert fires there.
        Alerts of ringback itself are passed over.
        """
        given = payload.get("alerts") if isinstance(payload, Mapping) else payload
        if not isinstance(given, list) or not all(isinstance(alert, Mapping) for alert in given):
            raise AlertsInvalid("expected a list of alerts, or an object with one as 'alerts'")
        read = (_alert_from(alert, now) for alert in given[:MAX_ALERTS])
        alerts = [alert for alert in read if alert is not None]
        for alert in alerts:
            self._note(alert, now)
        return [alert.report for alert in alerts if not (alert.is_over and self._fires(alert, now))]

    def _note(self, alert: _Alert, now: float) -> None:
        known = self._ends.pop(alert.report.origin, {})
        known = {key: ends for key, ends in known.items() if ends > now and key != alert.key}
        if not alert.is_over:
            known[alert.key] = alert.ends
        if known:
            self._ends[alert.report.origin] = dict(list(known.items())[-MAX_FIRING:])
        if len(self._ends) > MAX_ALERTS:
            self._ends.popitem(last=False)

    def _fires(self, alert: _Alert, now: float) -> bool:
        return any(ends > now for ends in self._ends.get(alert.report.origin, {}).values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alert:
    """One alert that says where it is about."""

    key: int  # Its labels, which are what it is known by
    ends: float  # When it ends unless it is sent again, in seconds since 1970 UTC
    report: PassiveCheck

    @property
    def is_over(self) -> bool:
        return self.report.check.up is True


def _alert_from(alert: Mapping[str, Any], now: float) -> _Alert | None:
    labels, notes = _texts(alert.get("labels")), _texts(alert.get("annotations"))
    origin = _origin(labels.get("instance") or labels.get("target") or "")
    if not origin or labels.get("alertname") == OWN_ALERT:
        return None
    ends = _end_of(alert, now)
    up = ends <= now
    said = notes.get("summary") or notes.get("description") or labels.get("alertname", "")
    known = KINDS.get(labels.get("kind", ""))
    kind: KindName = known.name if known else "unknown"
    check = Check(
        at=now,
        endpoint="",
        up=up,
        kind=None if up else kind,
        origin="report",
        vantage=OBSERVER,
        until=now + RESOLVED_SECONDS if up else ends,
        detail="" if up else safe_line(said),
    )
    report = PassiveCheck(origin=origin, check=check, program=OBSERVER)
    return _Alert(key=hash(frozenset(labels.items())), ends=ends, report=report)


def _end_of(alert: Mapping[str, Any], now: float) -> float:
    """Return when an alert ends by itself; Alertmanager's webhook says by a word whether it did."""
    status, latest = alert.get("status"), now + MAX_ALERT_SECONDS
    if status == "resolved":
        return 0.0
    try:
        ends = datetime.fromisoformat(str(alert.get("endsAt"))).timestamp()
    except (ValueError, OverflowError):
        return latest
    if ends <= 0 or (status == "firing" and ends <= now):  # the year 1 stands for no end
        return latest
    return min(ends, latest)


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
    grant, site = require(request, "push"), site_of(request)

    def read(body: bytes) -> list[PassiveCheck]:
        try:
            return site.alerts.take(json.loads(body), site.clock())
        except (ValueError, RecursionError) as error:
            said = str(error) if isinstance(error, AlertsInvalid) else "the body is not JSON"
            raise HTTPProblem(400, said) from None

    await take_reports(request, grant, MAX_BODY, read)
    return JSONResponse({})
