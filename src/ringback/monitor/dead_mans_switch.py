"""The call by which another service knows that this monitor watches: none comes, it raises alarm.

A process that has ended says so to nobody, and neither does one that sees or keeps nothing: then no
call is made. On a store that several processes share, only the one that leads calls.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING

from ringback.monitor.model import Endpoint, Expectations

if TYPE_CHECKING:
    from ringback.incident.model import Check
    from ringback.monitor.config.settings import DeadMansSwitch

log = logging.getLogger("ringback")

MAX_CALL_SECONDS = 10.0
_LOOK_INTERVAL = 1.0  # Seconds after which another setting is noticed
_TAKEN = Expectations(status=((200, 299),))


async def keep_calling(
    settings: Callable[[], DeadMansSwitch | None],
    probe: Callable[[Endpoint], Awaitable[Check]],
    is_well: Callable[[], bool],
) -> None:
    """Call the URL of the settings, which may change, every so often while all is well."""
    called, failed = float("-inf"), False
    while True:
        switch = settings()
        if switch is not None and monotonic() >= called + switch.every and is_well():
            called = monotonic()
            check = await probe(_endpoint(switch))
            if check.up is False and not failed:
                status = f", status {check.status}" if check.status else ""
                log.warning("ringback: no call of the dead man's switch: %s%s", check.kind, status)
            elif check.up and failed:
                log.info("ringback: the dead man's switch is called again")
            failed = check.up is False
        await asyncio.sleep(min(switch.every if switch else _LOOK_INTERVAL, _LOOK_INTERVAL))


def _endpoint(switch: DeadMansSwitch) -> Endpoint:
    return Endpoint(
        id="dead_mans_switch",
        name="dead man's switch",
        url=switch.url,
        type="http",
        timeout=min(switch.every, MAX_CALL_SECONDS),
        expectations=_TAKEN,
    )
