"""The passing of time, as the drivers see it."""

import random as _random
import time as _time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance; a test hands in its own.

    Attributes:
        monotonic: Seconds on a clock that never goes back.
        time: Seconds since 1970 UTC.
        sleep: Waits so many seconds.
        random: A number, at least 0 and below 1.
    """

    monotonic: Callable[[], float] = _time.monotonic
    time: Callable[[], float] = _time.time
    sleep: Callable[[float], None] = _time.sleep
    random: Callable[[], float] = _random.random


@dataclass(frozen=True, slots=True)
class AsyncClock:
    """Time and chance for tasks.

    Attributes:
        sleep: Waits so many seconds; ``asyncio.sleep``, ``trio.sleep`` or the like.
        monotonic: Seconds on a clock that never goes back.
        time: Seconds since 1970 UTC.
        random: A number, at least 0 and below 1.
    """

    sleep: Callable[[float], Awaitable[None]]
    monotonic: Callable[[], float] = _time.monotonic
    time: Callable[[], float] = _time.time
    random: Callable[[], float] = _random.random
