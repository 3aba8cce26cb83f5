"""When the controls of this vantage are checked.

Every half minute while all is well, so that it is known that they replied before. While the engine
asks for any of them, all of them at once and then every five seconds: what one says is judged
beside what the others say.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.incident.model import Check
    from ringback.monitor.probe.control import ControlProbe

CONTROL_INTERVAL = 30.0  # Seconds between two checks while nobody asks
ASKED_INTERVAL = 5.0  # Seconds between two checks while the engine asks
MIN_INTERVAL = 2.0  # Seconds between two checks of one control, however often it is asked for
CONTROL_TIMEOUT = 4.5  # Seconds for one check

log = logging.getLogger("ringback")

OnControl = Callable[["Check", float], None]
"""Takes a check, and when it began on ``time.monotonic()``."""


@dataclass(slots=True)
class _ControlSlot:
    """One control, and when it was checked."""

    control: ControlProbe
    began: float = float("-inf")  # The newest check, on `time.monotonic()`
    fresh: bool = False  # Whether the engine has begun to ask and no check has begun since
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    def is_due(self, now: float, *, asked: bool) -> bool:
        if self.task is not None:
            return False
        wait = MIN_INTERVAL if self.fresh else ASKED_INTERVAL if asked else CONTROL_INTERVAL
        return now - self.began >= wait


class Controls:
    """The controls of this vantage; to be used in one event loop."""

    def __init__(self, done: OnControl, *, vantage: str = "") -> None:
        self._done, self._vantage = done, vantage
        self._slots: dict[str, _ControlSlot] = {}
        self._asked = False  # at the last tick

    def configure(self, controls: Iterable[ControlProbe]) -> None:
        """Check these from now on; one that is there already is kept with what it knows."""
        before, self._slots = self._slots, {}
        for control in controls:
            known = control.id in before
            self._slots[control.id] = before.pop(control.id) if known else _ControlSlot(control)
        for slot in before.values():
            if slot.task is not None:
                slot.task.cancel()

    def tick(self, now: float, *, asked: bool) -> None:
        """Begin what is due, on ``time.monotonic()``; to be called about once a second."""
        began, self._asked = asked and not self._asked, asked
        for slot in self._slots.values():
            slot.fresh = asked and (slot.fresh or began)
            if slot.is_due(now, asked=asked):
                slot.began, slot.fresh = now, False
                slot.task = asyncio.get_running_loop().create_task(self._check(slot))

    async def close(self) -> None:
        """Wait for nobody: what is under way is given up."""
        tasks = [slot.task for slot in self._slots.values() if slot.task is not None]
        self._slots = {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _check(self, slot: _ControlSlot) -> None:
        try:
            async with asyncio.timeout(CONTROL_TIMEOUT):
                check = await slot.control.check(self._vantage)
            self._done(check, slot.began)
        except TimeoutError:
            log.warning("ringback: no check of %s within %g s", slot.control.id, CONTROL_TIMEOUT)
        except Exception:
            log.exception("ringback: %s cannot be checked", slot.control.id)
        finally:
            slot.task = None
