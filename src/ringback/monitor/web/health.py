"""``/healthz``: whether the monitor itself is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request


async def healthz(request: Request) -> JSONResponse:
    """Return 200 while the monitor works, also while nothing can be kept; it says which.

    Args:
        request: The request; everybody may ask.
    """
    degraded = site_of(request).service.status().get("store", {}).get("degraded")
    return JSONResponse({"status": "degraded" if degraded else "ok"})
