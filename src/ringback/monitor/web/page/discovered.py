"""The page of endpoints that programs call and nobody configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.monitor.web.page.page import page, turned_away
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def discovered(request: Request) -> Response:
    """Return the page.

    Args:
        request: The request.
    """
    if (login := turned_away(request, "read")) is not None:
        return login
    found = site_of(request).service.discovered()
    newest_first = sorted(found, key=lambda one: one.last_seen, reverse=True)
    return await page(request, "discovered.html", found=newest_first)
