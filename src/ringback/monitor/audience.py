"""Those who look on: each gets what changes, and one that is slow misses some and hurts nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.monitor.view import Told

MOST = 1_000
"""What is kept for one who is slow; the oldest goes first."""


class Audience:
    """Tells everybody who looks on; to be used in one event loop."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Told]] = set()
        self.dropped = 0

    def tell(self, told: Told) -> None:
        """Tell everybody.

        Args:
            told: What changed.
        """
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
                self.dropped += 1
            queue.put_nowait(told)

    async def listen(self) -> AsyncIterator[Told]:
        """Yield what changes, from now on, until it is closed."""
        queue: asyncio.Queue[Told] = asyncio.Queue(MOST)
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)
