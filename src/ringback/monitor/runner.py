"""Checking every endpoint when it is due, side by side in one event loop."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from ringback.incident.model import Check
from ringback.monitor.health import Health, affordable_descriptors
from ringback.monitor.model import Endpoint
from ringback.monitor.probe import Prober, Surroundings, probe, prober_of
from ringback.monitor.probe.connect import Names, Nameserver
from ringback.monitor.schedule import Schedule


class Look:
    """An endpoint and its probe.

    Args:
        endpoint: What is looked at.
        prober: What looks.
        ended: Takes this and the check when a look is over.

    Attributes:
        under_way: Whether a look is.
        waiting: Whether it waits for its turn.
        slow: Whether the endpoint took long to fail the last time.
        was_slow: Whether it counts as slow in the look under way.
        began: When that began, on ``time.monotonic()``.
    """

    __slots__ = (
        "_ended",
        "began",
        "endpoint",
        "prober",
        "slow",
        "under_way",
        "waiting",
        "was_slow",
    )

    def __init__(
        self, endpoint: Endpoint, prober: Prober, ended: Callable[["Look", Check], None]
    ) -> None:
        self.endpoint, self.prober, self._ended = endpoint, prober, ended
        self.under_way = self.waiting = self.slow = self.was_slow = False
        self.began = 0.0

    def begin(self) -> None:
        """Begin to look."""
        self.under_way, self.was_slow, self.began = True, self.slow, monotonic()
        self.prober.begin(self._done)

    def _done(self, check: Check) -> None:
        if self.under_way:
            self._ended(self, check)


log = logging.getLogger("ringback")

LIMIT = 10_000
"""Looks under way at the same time."""
_COARSE = 0.01
"""Seconds between two rounds: what is due meanwhile is begun together."""
_LONGEST = 0.5
_FAST = 0.75
"""Share of the limit that endpoints which did not answer the last time may take."""

OnCheck = Callable[[Check], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a runner looks.

    Attributes:
        vantage: What this place is called in checks.
        limit: Looks under way at the same time; by default as many as descriptors allow.
        nameservers: Whom to ask why a name has no address; by default those of the system.
    """

    vantage: str = ""
    limit: int | None = None
    nameservers: tuple[Nameserver, ...] = ()


class Runner:
    """Looks at endpoints until it is stopped. It belongs to one event loop.

    Args:
        endpoints: What is watched; heartbeats are left out.
        on_check: Takes each check, in the event loop.
        wants_retry: Whether an endpoint is to be looked at again soon; asked after ``on_check``.
        kept: What ``schedule.dump`` returned in an earlier run.
        settings: How it looks.

    Attributes:
        schedule: When each endpoint is looked at next.
        health: The monitor's own health.
        running: Looks under way.
        checks: How many there were.
        skipped: Looks that were due while the one before was still under way.
    """

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        on_check: OnCheck,
        *,
        wants_retry: Callable[[str], bool] = lambda _: False,
        kept: Mapping[str, float] | None = None,
        settings: Settings = Settings(),
    ) -> None:
        self._on_check, self._wants_retry, self._settings = on_check, wants_retry, settings
        self._endpoints = tuple(one for one in endpoints if one.type != "heartbeat")
        self._limit = affordable_descriptors(LIMIT) if settings.limit is None else settings.limit
        self.health = Health()
        self._offset = time.time() - monotonic()
        self.schedule = Schedule(self._endpoints, self._now(), kept)
        self.running = self.checks = self.skipped = 0
        self._looks: dict[str, Look] = {}
        self._slow = 0
        self._waiting: deque[Look] = deque()
        self._waiting_slow: deque[Look] = deque()
        self._surroundings: Surroundings | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._wake_at = 0.0

    # What others ask for.

    def start(self) -> None:
        """Begin, in the event loop that runs."""
        loop = asyncio.get_running_loop()
        self._surroundings = Surroundings(
            loop=loop,
            vantage=self._settings.vantage,
            names=Names(self._settings.nameservers),
            most_kept=self._limit // 2,
            lost=self.soon,
        )
        self.health.on_jump = self._clock_was_set
        self.health.start(loop)
        self._offset = time.time() - monotonic()
        self._take_up()
        self._round()

    async def stop(self) -> None:
        """End every look without a check, and every connection."""
        self.health.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for look in self._looks.values():
            look.prober.close()
        self._looks.clear()
        self._waiting.clear()
        self._waiting_slow.clear()
        if self._surroundings is not None:
            self._surroundings.matcher.close()
        await asyncio.sleep(0)  # those that were cancelled end now

    def configure(self, endpoints: Iterable[Endpoint]) -> None:
        """Look at these from now on; those that stay as they are keep connection and time."""
        self._endpoints = tuple(one for one in endpoints if one.type != "heartbeat")
        self.schedule.configure(self._endpoints, self._now())
        if self._surroundings is not None:
            self._take_up()
            self._arm()

    def soon(self, id_: str) -> None:
        """Look at an endpoint now, or as soon as the look under way is over."""
        self.schedule.soon(id_, self._now())
        self._arm()

    def counted(self) -> dict[str, Any]:
        """Return what did not count since the start: discarded checks by cause, and skipped."""
        return {"doubted": dict(self.health.doubted), "skipped": self.skipped}

    async def probe(self, endpoint: Endpoint) -> Check:
        """Look at an endpoint once, beside the schedule; nobody else is told."""
        if self._surroundings is None:
            raise RuntimeError("the runner is not started")
        began = monotonic()
        check = await probe(endpoint, self._surroundings)
        return self.health.gate(check, began, monotonic())

    # The rounds.

    def _now(self) -> float:
        return monotonic() + self._offset

    def _clock_was_set(self) -> None:
        self._offset = time.time() - monotonic()
        self.schedule.move(self._now())
        self._arm()

    def _take_up(self) -> None:
        assert self._surroundings is not None
        before, self._looks = self._looks, {}
        for endpoint in self._endpoints:
            look = before.pop(endpoint.id, None)
            if look is None or look.endpoint != endpoint:
                self._end(look)
                prober = prober_of(endpoint, self._surroundings)
                if prober is None:
                    continue
                look = Look(endpoint, prober, self._ended)
            self._looks[endpoint.id] = look
        for gone in before.values():
            self._end(gone)

    def _end(self, look: Look | None) -> None:
        if look is None:
            return
        look.prober.close()
        if look.under_way:
            self._over(look)
        for waiting in (self._waiting, self._waiting_slow):
            if look in waiting:
                waiting.remove(look)

    def _round(self) -> None:
        for id_ in self.schedule.due(self._now()):
            look = self._looks.get(id_)
            if look is None or look.under_way or look.waiting:
                self.skipped += look is not None
            else:
                self._begin(look)
        self._arm(again=True)

    def _arm(self, *, again: bool = False) -> None:
        due = self.schedule.next_at()
        wait = _LONGEST if due is None else min(max(due - self._now(), _COARSE), _LONGEST)
        wake_at = monotonic() + wait
        if self._timer is not None and not again:
            if self._wake_at <= wake_at:
                return
            self._timer.cancel()
        if self._surroundings is not None:
            self._timer = self._surroundings.loop.call_later(wait, self._round)
            self._wake_at = wake_at

    def _begin(self, look: Look) -> None:
        if self.running >= self._limit:
            (self._waiting_slow if look.slow else self._waiting).append(look)
            look.waiting = True
        elif look.slow and self._slow >= self._limit * _FAST:
            self._waiting_slow.append(look)
            look.waiting = True
        else:
            self.running += 1
            self._slow += look.slow
            try:
                look.begin()
            except Exception:
                self._over(look)
                log.exception("ringback: %s cannot be looked at", look.endpoint.id)

    def _over(self, look: Look) -> None:
        look.under_way = False
        self.running -= 1
        self._slow -= look.was_slow

    def _ended(self, look: Look, check: Check) -> None:
        now = monotonic()
        self._over(look)
        self.checks += 1
        check = self.health.gate(check, look.began, now)
        look.slow = not check.up and now - look.began >= look.endpoint.timeout / 2
        id_ = look.endpoint.id
        try:
            self._on_check(check)
        finally:
            if self._wants_retry(id_):
                self.schedule.retry(id_, look.began + self._offset, now + self._offset)
                self._arm()
            if self._waiting or self._waiting_slow:
                self._begin_waiting()

    def _begin_waiting(self) -> None:
        for waiting in (self._waiting, self._waiting_slow):
            if waiting and self.running < self._limit:
                look = waiting.popleft()
                look.waiting = False
                self._begin(look)
