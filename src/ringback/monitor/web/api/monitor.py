"""The rest of the API: what programs report, what was discovered, how the monitor is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.monitor.web.api import shape
from ringback.monitor.web.api.shaping import discovered_shape, status_shape
from ringback.monitor.web.problem import Problem

if TYPE_CHECKING:
    from ringback.monitor.web.api.operation import Call


async def list_discovered(call: Call) -> list[shape.Discovered]:
    """Return what programs call and nobody configured.

    Args:
        call: The request.
    """
    return [discovered_shape(one) for one in call.site.service.discovered()]


async def adopt(call: Call) -> shape.Done:
    """Watch a discovered endpoint from now on.

    Args:
        call: The request.

    Raises:
        Problem: There is none.
    """
    id_ = call.path["id"]
    if not call.site.service.adopt(id_, call.grant.name or "api"):
        raise Problem(404, "no such endpoint was discovered")
    return shape.Done(id=id_)


async def beat(call: Call) -> None:
    """Take in what a job reports of itself.

    Args:
        call: The request.

    Raises:
        Problem: There is no such heartbeat.
    """
    said: shape.Beat = call.body
    if not call.site.service.beat(call.path["id"], up=said.up, detail=said.detail):
        raise Problem(404, "there is no such heartbeat")


async def show_status(call: Call) -> shape.Status:
    """Return how the monitor itself is.

    Args:
        call: The request.
    """
    return status_shape(call.site.service)
