"""Checking every endpoint when it is due, side by side in one event loop.

Theory of operation
===================

``Schedule`` says what is due; each endpoint has one ``ScheduledProbe``, which is in one of these
states:

    idle ──due──→ waiting ──slot free──→ under way ──ended──→ idle
      └───────────slot free────────────────↑

A round takes what is due and begins it, if fewer than ``limit`` checks are under way; that many are
as many as the descriptors of this process allow. The others wait in the order in which they were
due. What is due while its last check still waits or runs is skipped and counted: a check is never
doubled.

Endpoints that hang must not keep those that answer from their turn. One that took half of its
timeout or more to fail counts as slow; slow ones take three quarters of the slots at most, and have
a queue of their own, which comes second.

A check that ended goes through ``MonitorHealth.gate``: what was seen while this machine itself was
not well is unknown, and blames nobody. Only then it is handed on. Whether the endpoint is suspect
and to be checked again soon is decided here, by the checks of this place (``Streaks``): whoever
judges may be on another machine.

Whoever judges says by ``look_now`` what is to be known at once: endpoints are checked, though none
more than once in ``MIN_INTERVAL``, and so are the controls of this vantage (``Controls``), whose
results go the same way. Once a second there is a tick, in which it is said what came of the checks
since the tick before, so that a monitor that must discard what it sees is known to be sick.

Time is the monotonic clock plus an offset. When ``MonitorHealth`` sees that the wall clock was set,
or that the system was suspended, the offset is taken anew and the schedule moved; in between no
timer jumps. There is one timer, for the next round: what is due within ``_MIN_WAIT`` is begun
together.

Why it is safe: all of this runs in one event loop, and a probe that was closed reports to nobody,
because its ``ScheduledProbe`` is no longer under way.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from ringback.client.dial.address import is_literal
from ringback.incident.model import CONTROL_PREFIX, Check
from ringback.incident.prober import ProberTick
from ringback.monitor.controls import MIN_INTERVAL, Controls
from ringback.monitor.health import MonitorHealth, affordable_descriptors
from ringback.monitor.model import Endpoint
from ringback.monitor.probe import ProbeContext, Prober, probe, prober_of
from ringback.monitor.probe.connect import Nameserver, ProbeResolver
from ringback.monitor.probe.control import (
    ControlProbe,
    GatewayControl,
    ResolverControl,
    TargetControl,
)
from ringback.monitor.schedule import Schedule, Streaks
from ringback.monitor.web.settings import is_loopback_host


class ScheduledProbe:
    """An endpoint and its probe."""

    __slots__ = (
        "_ended", "address", "began", "endpoint", "prober", "slow", "under_way", "waiting",
        "was_slow",
    )  # fmt: skip

    def __init__(
        self, endpoint: Endpoint, prober: Prober, ended: Callable[["ScheduledProbe", Check], None]
    ) -> None:
        self.endpoint, self.prober, self._ended = endpoint, prober, ended
        # `slow`: whether the endpoint took long to fail the last time
        # `was_slow`: whether it counts as slow in the check under way
        self.under_way = self.waiting = self.slow = self.was_slow = False
        self.began = float("-inf")  # When that began, on `time.monotonic()`
        # The address that it has, as far as that is known
        host = endpoint.watched.host
        self.address: str | None = host if is_literal(host) else None

    def begin(self) -> None:
        self.under_way, self.was_slow, self.began = True, self.slow, monotonic()
        self.prober.begin(self._done)

    def _done(self, check: Check) -> None:
        if self.under_way:
            self._ended(self, check)


log = logging.getLogger("ringback")

MAX_RUNNING = 10_000  # Checks under way at the same time
_MIN_WAIT = 0.01  # Seconds between two rounds: what is due meanwhile is begun together
_MAX_WAIT = 0.5
TICK_INTERVAL = 1.0  # Seconds between two ticks
_NAMED_SECONDS = 0.05  # CPU for the answers of one endpoint from which it is named
_MAX_SLOW_SHARE = 0.75
"""Share of the limit that endpoints which did not answer the last time may take."""


def _checked(endpoints: Iterable[Endpoint]) -> dict[str, Endpoint]:
    """Return by their ids those that are checked: a job reports by itself."""
    return {endpoint.id: endpoint for endpoint in endpoints if endpoint.type != "heartbeat"}


OnCheck = Callable[[Check], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerSettings:
    """How a runner checks."""

    vantage: str = ""  # What this place is called in checks
    # Checks under way at the same time; by default as many as descriptors allow
    limit: int | None = None
    # Whom to ask why a name has no address, and as a control; by default those of the system
    nameservers: tuple[Nameserver, ...] = ()


class Runner:
    """Checks endpoints until it is stopped; it belongs to one event loop."""

    def __init__(  # noqa: PLR0913 - all but the first two are given by name
        self,
        endpoints: Iterable[Endpoint],
        on_check: OnCheck,
        *,
        on_control: OnCheck | None = None,
        on_tick: Callable[[ProberTick], None] = lambda _: None,
        kept: Mapping[str, Any] | None = None,
        settings: RunnerSettings = RunnerSettings(),
        targets: Iterable[Endpoint] = (),
    ) -> None:
        self._on_check, self._on_tick, self._settings = on_check, on_tick, settings
        self._on_control, self._targets = on_control, tuple(targets)
        self._endpoints = _checked(endpoints)
        self._limit = (
            affordable_descriptors(MAX_RUNNING) if settings.limit is None else settings.limit
        )
        self.health = MonitorHealth(on_jump=self._clock_was_set, busiest=self._busiest)
        self._offset = time.time() - monotonic()
        kept = kept or {}
        self.schedule = Schedule(self._endpoints.values(), self._now(), kept.get("due"))
        self.streaks = Streaks(kept.get("streaks"))
        # `skipped`: checks that were due while the one before was still under way
        self.running = self.checks = self.skipped = 0
        self._scheduled: dict[str, ScheduledProbe] = {}
        self._slow = 0
        self._waiting: deque[ScheduledProbe] = deque()
        self._waiting_slow: deque[ScheduledProbe] = deque()
        self._context: ProbeContext | None = None
        # Asked for so soon after a check that they are checked later
        self._owed: dict[str, None] = {}
        # Of how many endpoints each is
        self._remote_hosts: Counter[str] = Counter()
        # One for all: each probe would have a bound method of its own
        self._end_of_check = self._ended
        self._controls = Controls(self._saw_control, vantage=settings.vantage)
        self._timer: asyncio.TimerHandle | None = None
        self._ticker: asyncio.TimerHandle | None = None
        self._wake_at = 0.0

    # What others ask for.

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._context = ProbeContext(
            loop=loop,
            vantage=self._settings.vantage,
            resolver=ProbeResolver(self._settings.nameservers),
            max_kept=self._limit // 2,
            on_lost=self.soon,
        )
        self.health.start(loop)
        self._offset = time.time() - monotonic()
        self._adopt_endpoints()
        self._adopt_controls()
        self._begin_due()
        self._tick()

    async def stop(self) -> None:
        self.health.stop()
        for timer in (self._timer, self._ticker):
            if timer is not None:
                timer.cancel()
        self._timer = self._ticker = None
        await self._controls.close()
        for scheduled in self._scheduled.values():
            scheduled.prober.close()
        self._scheduled.clear()
        self._waiting.clear()
        self._waiting_slow.clear()
        if self._context is not None:
            self._context.close()
        await asyncio.sleep(0)  # those that were cancelled end now

    def configure(
        self,
        endpoints: Iterable[Endpoint],
        targets: Iterable[Endpoint] | None = None,
        *,
        turn: float = 0.0,
    ) -> None:
        """Check these from now on; those that stay as they are keep connection and time."""
        self._targets = self._targets if targets is None else tuple(targets)
        self._endpoints = _checked(endpoints)
        self.schedule.configure(self._endpoints.values(), self._now(), turn=turn)
        self.streaks.keep(self._endpoints)
        if self._context is not None:
            self._adopt_endpoints()
            self._adopt_controls()
            self._arm()

    def resume(self, endpoint: Endpoint) -> None:
        """Check one endpoint more; nothing is done for each of the others."""
        if endpoint.id in self._endpoints or not (added := _checked((endpoint,))):
            return
        self._endpoints |= added
        self.schedule.add(endpoint, self._now())
        if self._context is not None:
            self._adopt(endpoint)
            self._count_host(endpoint, 1)
            self._configure_controls()
            self._arm()

    def pause(self, endpoint: Endpoint) -> None:
        """Check one no more."""
        if self._endpoints.pop(endpoint.id, None) is None:
            return
        self.schedule.remove(endpoint.id)
        self.streaks.forget(endpoint.id)
        self._end(self._scheduled.pop(endpoint.id, None))
        if self._context is not None:
            self._count_host(endpoint, -1)
            self._configure_controls()

    def soon(self, id_: str) -> None:
        """Check an endpoint now, or as soon as the check under way is over."""
        self.schedule.soon(id_, self._now())
        self._arm()

    def look_now(self, ids: Iterable[str]) -> None:
        """Check these at once: endpoints, and controls by their prefix."""
        ids = set(ids)
        for id_ in ids:
            self._look(id_)
        if any(id_.startswith(CONTROL_PREFIX) for id_ in ids):
            self._controls.tick(monotonic(), asked=True)

    def dump(self) -> dict[str, Any]:
        """Return when what is due and what is suspect, for the next runner of these endpoints."""
        return {"due": self.schedule.dump(), "streaks": self.streaks.dump()}

    def counted(self) -> dict[str, Any]:
        """Return what did not count since the start: discarded checks by cause, and skipped."""
        return {"doubted": dict(self.health.doubted), "skipped": self.skipped}

    async def probe(self, endpoint: Endpoint) -> Check:
        """Check an endpoint once, beside the schedule; nobody else learns the result."""
        if self._context is None:
            raise RuntimeError("the runner is not started")
        began = monotonic()
        check = await probe(endpoint, self._context)
        return self.health.gate(check, began, monotonic())

    # The rounds.

    def _now(self) -> float:
        return monotonic() + self._offset

    def _clock_was_set(self) -> None:
        self._offset = time.time() - monotonic()
        self.schedule.move(self._now())
        self._arm()

    def _busiest(self) -> str:
        """Name the endpoint whose answers took most time in the last second, for its lag."""
        spent = self._context.spent if self._context else {}
        id_ = max(spent, key=spent.__getitem__, default="")
        if not id_ or spent[id_] < _NAMED_SECONDS:
            return ""
        return f", {spent[id_]:.2f} s of CPU for what {id_} answered"

    def _adopt_endpoints(self) -> None:
        assert self._context is not None
        before, self._scheduled = self._scheduled, {}
        for endpoint in self._endpoints.values():
            scheduled = before.pop(endpoint.id, None)
            if scheduled is not None and scheduled.endpoint == endpoint:
                self._scheduled[endpoint.id] = scheduled
            else:
                self._end(scheduled)
                self._adopt(endpoint)
        for gone in before.values():
            self._end(gone)

    def _adopt(self, endpoint: Endpoint) -> None:
        assert self._context is not None
        if (prober := prober_of(endpoint, self._context)) is not None:
            self._scheduled[endpoint.id] = ScheduledProbe(endpoint, prober, self._end_of_check)

    def _end(self, scheduled: ScheduledProbe | None) -> None:
        if scheduled is None:
            return
        scheduled.prober.close()
        if scheduled.under_way:
            self._release(scheduled)
        for waiting in (self._waiting, self._waiting_slow):
            if scheduled in waiting:
                waiting.remove(scheduled)

    def _begin_due(self) -> None:
        for id_ in self.schedule.due(self._now()):
            scheduled = self._scheduled.get(id_)
            if scheduled is None or scheduled.under_way or scheduled.waiting:
                self.skipped += scheduled is not None
            else:
                self._begin(scheduled)
        self._arm(again=True)

    def _arm(self, *, again: bool = False) -> None:
        due = self.schedule.next_at()
        wait = _MAX_WAIT if due is None else min(max(due - self._now(), _MIN_WAIT), _MAX_WAIT)
        wake_at = monotonic() + wait
        if self._timer is not None and not again:
            if self._wake_at <= wake_at:
                return
            self._timer.cancel()
        if self._context is not None:
            self._timer = self._context.loop.call_later(wait, self._begin_due)
            self._wake_at = wake_at

    def _begin(self, scheduled: ScheduledProbe) -> None:
        if self.running >= self._limit:
            (self._waiting_slow if scheduled.slow else self._waiting).append(scheduled)
            scheduled.waiting = True
        elif scheduled.slow and self._slow >= self._limit * _MAX_SLOW_SHARE:
            self._waiting_slow.append(scheduled)
            scheduled.waiting = True
        else:
            self.running += 1
            self._slow += scheduled.slow
            try:
                scheduled.begin()
            except Exception:
                self._release(scheduled)
                log.exception("ringback: %s cannot be checked", scheduled.endpoint.id)

    def _release(self, scheduled: ScheduledProbe) -> None:
        scheduled.under_way = False
        self.running -= 1
        self._slow -= scheduled.was_slow

    def _ended(self, scheduled: ScheduledProbe, check: Check) -> None:
        now = monotonic()
        self._release(scheduled)
        self.checks += 1
        check = self.health.gate(check, scheduled.began, now)
        scheduled.address = check.address or scheduled.address
        scheduled.slow = not check.up and now - scheduled.began >= scheduled.endpoint.timeout / 2
        id_ = scheduled.endpoint.id
        self.streaks.see(check, scheduled.endpoint.watched)
        try:
            self._on_check(check)
        finally:
            if self.streaks.is_unsettled(id_):
                self.schedule.retry(id_, scheduled.began + self._offset, now + self._offset)
                self._arm()
            if self._waiting or self._waiting_slow:
                self._begin_waiting()

    def _begin_waiting(self) -> None:
        for waiting in (self._waiting, self._waiting_slow):
            if waiting and self.running < self._limit:
                scheduled = waiting.popleft()
                scheduled.waiting = False
                self._begin(scheduled)

    # What is asked for, and the controls.

    def _tick(self) -> None:
        assert self._context is not None
        self._ticker = self._context.loop.call_later(TICK_INTERVAL, self._tick)
        self._on_tick(self.health.tick())
        self._context.spent.clear()
        owed, self._owed = self._owed, {}
        for id_ in owed:
            self._look(id_)
        self._controls.tick(monotonic(), asked=False)

    def _look(self, id_: str) -> None:
        scheduled = self._scheduled.get(id_)
        if scheduled is None or scheduled.under_way or scheduled.waiting:
            return
        if monotonic() - scheduled.began >= MIN_INTERVAL:
            self.soon(id_)
        else:
            self._owed[id_] = None

    def _adopt_controls(self) -> None:
        self._remote_hosts.clear()
        for endpoint in self._endpoints.values():
            self._count_host(endpoint, 1)
        self._configure_controls()

    def _count_host(self, endpoint: Endpoint, step: int) -> None:
        host = endpoint.watched.host
        if not host or is_loopback_host(host):
            return
        self._remote_hosts[host] += step
        if not self._remote_hosts[host]:
            del self._remote_hosts[host]

    def _configure_controls(self) -> None:
        """Look at controls where somebody takes them, and something is beyond this host."""
        assert self._context is not None
        context, controls = self._context, list[ControlProbe]()
        if self._on_control is not None and (self._targets or self._hosts()):
            controls.append(GatewayControl(self._addresses))
            controls.append(ResolverControl(self._hosts, self._settings.nameservers))
            controls += (TargetControl(target, context) for target in self._targets)
        self._controls.configure(controls)

    def _addresses(self) -> list[str]:
        known = (scheduled.address for scheduled in self._scheduled.values())
        return [address for address in known if address is not None]

    def _hosts(self) -> list[str]:
        return list(self._remote_hosts)

    def _saw_control(self, check: Check, began: float) -> None:
        if self._on_control is not None:
            self._on_control(self.health.gate(check, began, monotonic()))
