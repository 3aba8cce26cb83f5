"""What programs report of their calls, taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.monitor.ingest import EventsInvalid
from ringback.monitor.ingest.batch import MAX_BYTES
from ringback.monitor.web.api import shape
from ringback.monitor.web.body import body_of
from ringback.monitor.web.problem import Problem

if TYPE_CHECKING:
    from ringback.monitor.web.api.operation import Call


async def take_events(call: Call) -> shape.Taken:
    """Take in what programs report of their calls.

    Args:
        call: The request.

    Raises:
        Problem: This monitor cannot read it.
    """
    body = await body_of(call.request, MAX_BYTES)
    try:
        checks = call.site.inbox.take(body, now=call.site.clock())
    except EventsInvalid as error:
        raise Problem(400, str(error)) from None
    return shape.Taken(accepted=call.site.service.ingest(checks))
