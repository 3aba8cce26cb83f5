"""``POST /api/v2/alerts``: alerts of Prometheus and Alertmanager, taken for checks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse

from ringback.monitor.notify.incoming import AlertsInvalid, from_alertmanager
from ringback.monitor.web.access import demand
from ringback.monitor.web.body import body_of
from ringback.monitor.web.problem import Problem
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request

MOST: Final = 4 * 1024 * 1024
"""Bytes of alerts at most."""


async def take_alerts(request: Request) -> JSONResponse:
    """Take in alerts, as Prometheus or Alertmanager's webhook posts them.

    Args:
        request: The request.

    Raises:
        Problem: It is refused, or it cannot be read.
    """
    demand(request, "push")
    body = await body_of(request, MOST)
    site = site_of(request)
    try:
        checks = from_alertmanager(json.loads(body), site.clock())
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, AlertsInvalid) else "the body is not JSON"
        raise Problem(400, said) from None
    site.service.ingest(checks)
    return JSONResponse({})
