"""Whether the monitor itself is well enough for its results to mean anything.

Three things of this machine can make a check wrong: clocks that jump, an event loop that is late,
and a process that runs out of file descriptors.
"""

import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from ringback.failure.names import KindName
from ringback.incident.model import Check
from ringback.incident.prober import MAX_LAG, ProberTick

if sys.platform != "win32":
    import resource

RESERVED_DESCRIPTORS = 128  # Descriptors that are left to the store, the web page and the notifiers
_MAX_DESCRIPTORS = 1_048_576
_WINDOWS_DESCRIPTORS = 500


def free_descriptors() -> int | None:
    """Return how many descriptors this process may still open; ``None``: it is not known."""
    if sys.platform == "win32":
        return None
    try:
        used = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a Path for each would cost more
    except FileNotFoundError:
        return None
    except OSError:
        return 0
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] - used


def affordable_descriptors(most: int) -> int:
    """Raise the limit of this process as far as possible; return how many are for probes."""
    if sys.platform == "win32":
        return min(most, _WINDOWS_DESCRIPTORS)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MAX_DESCRIPTORS)
    if soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (ValueError, OSError):
            pass  # what there is must do
    return max(min(most, soft - RESERVED_DESCRIPTORS), 1)


INSPECTION_INTERVAL = 0.1  # Seconds between two inspections
MAX_CLOCK_STEP = 1.0
"""Seconds that the wall clock may move against the monotonic one between two inspections."""
RESUME_SECONDS = 5.0  # Seconds after a suspend in which the network may not be there yet
MIN_DESCRIPTORS = 16  # Descriptors that must be free
_DESCRIPTORS_INTERVAL = 5.0
_MAX_PERIODS = 256

_OWN_KINDS: dict[KindName, tuple[str, str]] = {
    "client.resources_exhausted": ("descriptors", "out of descriptors or memory"),
    "client.local_address": ("ports", "out of local ports"),
}


def boottime() -> float:
    """Return seconds since the start of the system, those of its suspends included."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The clocks that are compared."""

    monotonic: Callable[[], float] = time.monotonic  # Never set, stands still in a suspend
    wall: Callable[[], float] = time.time  # Seconds since 1970 UTC, may be set
    boottime: Callable[[], float] = boottime  # Goes on in a suspend


class UnhealthyPeriod(NamedTuple):
    """A time in which results meant nothing, on the monotonic clock."""

    since: float
    until: float
    cause: str  # What is counted
    why: str


class MonitorHealth:
    """The monitor's own health, inspected ten times a second while it runs."""

    def __init__(
        self,
        *,
        clocks: Clocks = Clocks(),
        free: Callable[[], int | None] = free_descriptors,
        on_jump: Callable[[], None] = lambda: None,
        busiest: Callable[[], str] = lambda: "",
    ) -> None:
        self._on_jump, self._busiest = on_jump, busiest  # The latter says what used the time
        self.doubted: dict[str, int] = {}  # Checks whose result was discarded, by why
        self._clocks, self._free = clocks, free
        self._unhealthy: deque[UnhealthyPeriod] = deque(maxlen=_MAX_PERIODS)
        self._lags: deque[float] = deque(maxlen=600)
        self._timer: asyncio.TimerHandle | None = None
        self._expected: float | None = None
        self._descriptors_inspected_at = float("-inf")
        self._offset, self._asleep = self._compared()
        self._gated = 0  # Checks since the last tick
        self._discarded: dict[str, int] = {}  # Of them, those whose result was, by cause
        self._lag, self._busy = 0.0, ""  # Since the last tick, and what used the time

    @property
    def lag(self) -> float:
        return max(self._lags, default=0.0)

    def tick(self) -> ProberTick:
        """Return what came of the checks that ended since the last call."""
        ended = ProberTick(
            at=self._clocks.wall(),
            checks=self._gated,
            discarded=self._discarded,
            lag=self._lag,
            busy=self._busy,
        )
        self._gated, self._discarded, self._lag, self._busy = 0, {}, 0.0, ""
        return ended

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._offset, self._asleep = self._compared()

        def tick() -> None:
            self.inspect()
            self._timer = loop.call_later(INSPECTION_INTERVAL, tick)

        self._expected = self._clocks.monotonic() + INSPECTION_INTERVAL
        self._timer = loop.call_later(INSPECTION_INTERVAL, tick)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._expected = None

    def inspect(self) -> None:
        """Inspect once, and remember what was found."""
        now = self._clocks.monotonic()
        if self._expected is not None:
            late = now - self._expected
            self._lags.append(max(late, 0.0))
            self._lag = max(self._lag, late)
            if late > MAX_LAG:
                busy = self._busiest()
                if late == self._lag:
                    self._busy = busy
                why = f"the event loop was {late:.1f} s late{busy}"
                self._note(self._expected, now, "lag", why)
        self._inspect_clocks(now)
        if now - self._descriptors_inspected_at >= _DESCRIPTORS_INTERVAL:
            self._inspect_descriptors(now)
        self._expected = now + INSPECTION_INTERVAL

    def unhealthy(self, began: float, ended: float) -> tuple[str, str] | None:
        """Return cause and reason why a check in this time means nothing; ``None``: it does."""
        if self._expected is not None and ended - self._expected > MAX_LAG:
            return "lag", f"the event loop is {ended - self._expected:.1f} s late"
        for period in reversed(self._unhealthy):
            if period.until < began - RESUME_SECONDS:
                break
            if period.since <= ended and began <= period.until:
                return period.cause, period.why
        return None

    def gate(self, check: Check, began: float, ended: float) -> Check:
        """Return a check as far as it can be believed.

        A failure seen while this machine was not well says nothing of the endpoint: it becomes
        unknown. A success remains one, only the time it took is not known.
        """
        self._gated += 1
        own = _OWN_KINDS.get(check.kind) if check.kind else None
        doubt = own or self.unhealthy(began, ended)
        if doubt is None:
            return check
        if check.up:
            return replace(check, seconds=None, timings={})
        cause, why = doubt
        self.doubted[cause] = self.doubted.get(cause, 0) + 1
        self._discarded[cause] = self._discarded.get(cause, 0) + 1
        return replace(check, up=None, detail=f"not counted, {why}: {check.detail}"[:200])

    def recent(self) -> Iterator[UnhealthyPeriod]:
        """Give the times in which results meant nothing, newest first."""
        return reversed(self._unhealthy)

    def _inspect_clocks(self, now: float) -> None:
        offset, asleep = self._compared()
        moved, slept = offset - self._offset, asleep - self._asleep
        self._offset, self._asleep = offset, asleep
        if slept > MAX_CLOCK_STEP:
            why = f"the system was suspended for {slept:.0f} s"
            self._note(now - INSPECTION_INTERVAL, now + RESUME_SECONDS, "suspend", why)
        elif abs(moved) > MAX_CLOCK_STEP:
            why = f"the clock was set by {moved:+.1f} s"
            self._note(now - INSPECTION_INTERVAL, now, "clock", why)
        if slept > MAX_CLOCK_STEP or abs(moved) > MAX_CLOCK_STEP:
            self._on_jump()

    def _inspect_descriptors(self, now: float) -> None:
        self._descriptors_inspected_at = now
        free = self._free()
        if free is not None and free < MIN_DESCRIPTORS:
            why = f"only {max(free, 0)} descriptors were free"
            self._note(now, now + _DESCRIPTORS_INTERVAL, "descriptors", why)

    def _compared(self) -> tuple[float, float]:
        now = self._clocks.monotonic()
        return self._clocks.wall() - now, self._clocks.boottime() - now

    def _note(self, since: float, until: float, cause: str, why: str) -> None:
        self._unhealthy.append(UnhealthyPeriod(since, until, cause, why))
