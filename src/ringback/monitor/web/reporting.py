"""Takes what programs and Alertmanager report: each sender its share, and by turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from math import ceil
from typing import TYPE_CHECKING, Final

from ringback.monitor.ingest.shares import ReportRefused
from ringback.monitor.web.request import HTTPProblem, read_body
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from ringback.monitor.model import PassiveCheck
    from ringback.monitor.web.access import Grant

_TURN_CHECKS: Final = 50  # Checks that are taken before everybody else has a turn


async def take_reports(
    request: Request, grant: Grant, most: int, read: Callable[[bytes], Sequence[PassiveCheck]]
) -> int:
    """Take what a body of at most so many bytes reports; return how many calls that were."""
    site = site_of(request)
    sender = f"{grant.name} {request.client.host if request.client else ''}"
    shares, taken = site.shares, 0
    try:
        with shares.turn(sender):
            body = await read_body(request, most)
            with shares.charged(sender):
                checks = read(body)
            for begin in range(0, len(checks), _TURN_CHECKS):
                with shares.charged(sender):
                    taken += site.commands.ingest(checks[begin : begin + _TURN_CHECKS])
                await asyncio.sleep(0)
    except ReportRefused as refused:
        headers = {"Retry-After": str(ceil(refused.wait))}
        raise HTTPProblem(429, "more is reported than can be taken", headers=headers) from None
    return taken
