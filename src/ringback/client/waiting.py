"""How a call waits in the line of its origin: until it is woken, or for so many seconds."""

import time
from threading import Event
from typing import Any

from ringback.client.call import AsyncClock, Clock


class Waker:
    """Wakes a thread that waits; from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event = Event()
        self.wake = self._event.set

    def wait(self, seconds: float) -> None:
        """Wait until woken, or so long."""
        if self._clock.sleep is not time.sleep:  # a test's clock: nothing but sleeping moves it
            self._clock.sleep(seconds)
        elif self._event.wait(seconds):
            self._event.clear()


class AsyncWaker:
    """Wakes a task that waits; from any thread and event loop."""

    def __init__(self, clock: AsyncClock) -> None:
        from ringback.client import tasks  # noqa: PLC0415 - threads need no asyncio

        self._tasks: Any = tasks
        self._clock = clock
        self._event = tasks.new_event()
        self._soon = tasks.from_threads()

    def wake(self) -> None:
        """Wake it."""
        self._soon(self._set)

    def _set(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Wait until woken, or so long."""
        if self._clock.sleep is not self._tasks.sleep:
            await self._clock.sleep(seconds)
            return
        try:
            await self._tasks.run_until(time.monotonic() + seconds, self._event.wait())
        except TimeoutError:
            return
        self._event = self._tasks.new_event()
