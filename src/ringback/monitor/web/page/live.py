"""The stream by which open pages are told what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

from ringback.monitor.web.access import demand
from ringback.monitor.web.problem import Problem
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request


async def live(request: Request) -> StreamingResponse:
    """Return the stream.

    Args:
        request: The request.

    Raises:
        Problem: It is refused, or too many pages are open.
    """
    demand(request, "read")
    stream = site_of(request).live
    if stream.full:
        raise Problem(503, "too many pages are open", headers={"Retry-After": "30"})
    return StreamingResponse(stream.follow(), media_type="text/event-stream")
