"""The pages that explain kinds of failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.failure import KINDS
from ringback.failure.page import DELIVERED, LAYERS, RETRY
from ringback.monitor.web.page.page import page, turned_away
from ringback.monitor.web.problem import Problem

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def kind(request: Request) -> Response:
    """Return the page that explains a kind of failure.

    Args:
        request: The request.

    Raises:
        Problem: There is no such kind.
    """
    if (login := turned_away(request, "read")) is not None:
        return login
    found = KINDS.get(request.path_params["name"])
    if found is None:
        raise Problem(404, "there is no such kind of failure")
    return await page(
        request,
        "kind.html",
        kind=found,
        layer=LAYERS[found.layer],
        delivered=DELIVERED[found.delivered],
        retry=RETRY[found.retry],
    )
