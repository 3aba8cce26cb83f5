"""A text that is made for everybody, and not more often than needed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Kept:
    """The newest of a text, for so long.

    Args:
        seconds: How old it may become.
        clock: Gives seconds since 1970 UTC.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._made = (float("-inf"), "")
        self._making = asyncio.Lock()

    async def get(self, make: Callable[[], Awaitable[str]]) -> str:
        """Return the text; only one caller makes it while the others wait.

        Args:
            make: Makes it anew.
        """
        async with self._making:
            at, text = self._made
            if not 0 <= self._clock() - at < self._seconds:
                text = await make()
                self._made = (self._clock(), text)
            return text

    def forget(self) -> None:
        """Make it anew for the next who asks."""
        self._made = (float("-inf"), "")
