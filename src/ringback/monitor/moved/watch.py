"""Keeps what services are known by, and searches for those that refuse."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from zlib import crc32

from ringback.monitor.moved.look import twice
from ringback.monitor.moved.memory import Memory
from ringback.monitor.moved.place import place_of
from ringback.monitor.moved.search import moved
from ringback.monitor.probe.names import Names

if TYPE_CHECKING:
    from ringback.incident.model import Check
    from ringback.monitor.model import Endpoint
    from ringback.monitor.moved.finding import Moved

AT_ONCE = 4
"""Looks at services that are well, at the same time."""

WAITING = 200
"""Looks that wait for their turn; a further one comes with a later check."""

FIRST = 600.0
"""Seconds within which all were looked at."""


class Watch:
    """Looks at endpoints beside their checks; to be used in one event loop.

    A service that is well is looked at once an hour: those with ports where they may go at once,
    the others for the first time within ten minutes, so that a start is no burst.

    Args:
        names: The resolver.
        clock: Seconds since 1970 UTC.
        keep: Keeps what an endpoint is known by, as JSON, for ``memory.load`` of a later process.

    Attributes:
        memory: What they were known by.
    """

    def __init__(
        self,
        names: Names | None = None,
        clock: Callable[[], float] = time.time,
        keep: Callable[[str, dict[str, Any]], None] = lambda _, __: None,
    ) -> None:
        self.memory = Memory()
        self._keep = keep
        self._began = clock()
        self._names = names or Names()
        self._clock = clock
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._looking: dict[str, asyncio.Task[None]] = {}

    def saw(self, endpoint: Endpoint, check: Check) -> None:
        """Take note of a check; a service that is well is looked at once an hour.

        Args:
            endpoint: The endpoint.
            check: Of it.
        """
        id_ = endpoint.id
        if not check.up or id_ in self._looking or len(self._looking) >= WAITING:
            return
        now = self._clock()
        if not (endpoint.mine or endpoint.ports) and now < self._began + _wait(id_):
            return
        if self.memory.is_due(id_, now) and place_of(endpoint) is not None:
            task = asyncio.get_running_loop().create_task(self._remember(endpoint))
            self._looking[id_] = task
            task.add_done_callback(lambda _: self._looking.pop(id_, None))

    async def search(self, endpoint: Endpoint, kind: str | None) -> Moved | None:
        """Return where an endpoint has moved to; ``None``: that cannot be said.

        Args:
            endpoint: The endpoint.
            kind: Kind of its failure.
        """
        known = self.memory.get(endpoint.id)
        if kind != "tcp.refused" or known is None:
            return None
        return await moved(endpoint, known.identity, known.elsewhere, names=self._names)

    async def settle(self) -> None:
        """Wait until no look is under way."""
        await asyncio.gather(*self._looking.values(), return_exceptions=True)

    async def close(self) -> None:
        """End what is under way."""
        tasks = list(self._looking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _remember(self, endpoint: Endpoint) -> None:
        place = place_of(endpoint)
        assert place is not None
        async with self._gate:
            with contextlib.suppress(OSError, ValueError, EOFError):  # the next check says why
                seen = await twice(endpoint, place, self._names)
                self.memory.note(endpoint.id, self._clock(), seen)
                self._keep(endpoint.id, self.memory.dump(endpoint.id))


def _wait(endpoint: str) -> float:
    """Seconds until an endpoint is looked at for the first time."""
    return crc32(endpoint.encode()) / 2**32 * FIRST
