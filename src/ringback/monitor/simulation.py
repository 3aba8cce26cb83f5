"""A monitor in simulated time: its engine, its routes and its dispatcher; no probe, page or disk.

Checks come from a log or a scenario. What follows from them goes the way that it goes in a running
monitor: changes become notices in an outbox, and the dispatcher puts together what belongs together
and sends it, here to a receiver that only remembers. Nothing waits and nothing depends on chance,
so the same checks give the same notifications, each at the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from ringback.incident.engine import Engine
from ringback.incident.expectation import ScenarioOutcome, Sent
from ringback.incident.model import Check, WatchedEndpoint
from ringback.monitor.model import Endpoint
from ringback.monitor.notify.delivery import Surroundings
from ringback.monitor.notify.dispatcher import Dispatcher
from ringback.monitor.notify.routing import remind_every
from ringback.monitor.notify.settings import NotifierSettings
from ringback.monitor.notify.text import subject_line
from ringback.monitor.processor import batch_of
from ringback.monitor.store.memory import MemoryNoticeStore

if TYPE_CHECKING:
    from types import TracebackType

    from ringback.incident.model import Change, EndpointState, Incident
    from ringback.incident.scenario import FaultFound, Scenario
    from ringback.monitor.config.settings import MonitorConfig
    from ringback.monitor.notify.notification import Notification

TICK_INTERVAL = 1.0  # Seconds between two ticks of the engine, as in a running monitor

MAX_TICKS_PER_GAP = 3600
"""Ticks made in a gap between two checks; a longer gap is walked in longer steps."""

MAX_WAIT_AT_END = 600.0
"""Simulated seconds that notifications which wait at the end of a log may take to be sent."""

WINDOWS_INTERVAL = 60.0  # Seconds between two inspections of the maintenance windows

_CONFIDENCE = 0.9  # Of a diagnosis in a scenario: enough to be heeded

_SOMEBODY = NotifierSettings(name="somebody", type="webhook")


def scenario_outcome(scenario: Scenario, config: MonitorConfig) -> ScenarioOutcome:
    """Return what comes of a scenario, with the routes and thresholds of a configuration."""
    known = {endpoint.id: endpoint for endpoint in config.endpoints}
    endpoints = tuple(_endpoint(watched, known.get(watched.id)) for watched in scenario.watched)
    changes: list[Change] = []
    with Simulation(replace(config, endpoints=endpoints), scenario.start) as simulation:
        for event in scenario.events:
            changes += simulation.play(event)
        changes += simulation.advance(scenario.until)
    states: dict[str, list[tuple[float, EndpointState]]] = {
        watched.id: [(scenario.start, "unknown")] for watched in scenario.watched
    }
    for transition in simulation.engine.transitions():
        states[transition.endpoint].append((transition.at, transition.after))
    return ScenarioOutcome(
        start=scenario.start,
        incidents=tuple({change.incident.id: change.incident for change in changes}.values()),
        patterns=frozenset(change.incident.pattern for change in changes),
        states={endpoint: tuple(seen) for endpoint, seen in states.items()},
        sent=tuple(map(_sent, simulation.notifications)),
    )


def _endpoint(watched: WatchedEndpoint, known: Endpoint | None = None) -> Endpoint:
    if known is not None:
        return replace(known, watched=watched)
    return Endpoint(id=watched.id, name=watched.name, url="", type="http", watched=watched)


def _sent(notification: Notification) -> Sent:
    return Sent(
        at=notification.at,
        notifier=notification.channel,
        subject=subject_line(notification),
        incidents=tuple(update.incident.id for update in notification.updates),
    )


class _Memory:
    """A receiver that remembers what it is sent."""

    refresh: float | None = None
    idempotent = False

    def __init__(self, sent: list[Notification]) -> None:
        self._sent = sent

    def send(self, notification: Notification) -> None:
        self._sent.append(notification)


class Simulation:
    """A monitor in simulated time; to be used as a context, outside of an event loop.

    The configuration's notifiers stand for their receivers, and nothing is really sent; where it
    has none, one receiver is notified of everything.
    """

    def __init__(self, config: MonitorConfig, now: float) -> None:
        self.now = now
        self.notifications: list[Notification] = []
        self.engine = Engine(
            (endpoint.watched for endpoint in config.endpoints),
            remind_every=remind_every(config.routes),
        )
        self._config = replace(config, notifiers=config.notifiers or (_SOMEBODY,))
        self._outbox = MemoryNoticeStore()
        self._loop = asyncio.new_event_loop()
        self._dispatcher = Dispatcher(
            self._outbox,
            self._config.notifiers,
            self._config.routes,
            surroundings=Surroundings(
                clock=lambda: self.now,
                monotonic=lambda: self.now,
                random=lambda: 0.5,
                call=self._called,
                channel_of=lambda _: _Memory(self.notifications),
            ),
            base_url=config.web.url,
            vantage=config.vantage,
            endpoints=config.endpoints,
            is_silenced=self._is_silenced,
        )
        self._ticked = self._windows_at = now
        self._round_at: float | None = None  # `None`: nothing waits to be sent

    def __enter__(self) -> Simulation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.close()

    def watch(self, endpoints: Iterable[Endpoint]) -> list[Change]:
        """Watch these from now on; what is known of those that stay is kept."""
        endpoints = tuple(endpoints)
        watched = (endpoint.watched for endpoint in endpoints)
        self._dispatcher.configure(self._config.notifiers, self._config.routes, endpoints)
        return self._kept(self.engine.configure(watched, self.now))

    def take(self, check: Check) -> list[Change]:
        """Take a check that ends now, and return what changes."""
        return self._kept(self.engine.see(check))

    def advance(self, until: float, *, step: float = TICK_INTERVAL) -> list[Change]:
        """Let time pass, with a tick after each step, and return what changes."""
        changes: list[Change] = []
        step = max(step, (until - self.now) / MAX_TICKS_PER_GAP)
        for number in count(1):
            at = self._ticked + number * step
            if at > until:
                self._ticked += (number - 1) * step
                break
            self._send(at)
            self.now = at
            self._look_at_windows()
            changes += self._kept(self.engine.tick(at))
        self._send(until)
        self.now = max(self.now, until)
        return changes

    def replay(
        self, checks: Iterable[Check], *, every: float, step: float = TICK_INTERVAL
    ) -> Iterator[Change]:
        """Yield what changes by a log of checks, and in the two intervals after it.

        What is checked and is not configured is watched from its first check on, at ``every``.
        """
        endpoints = {endpoint.id: endpoint for endpoint in self._config.endpoints}
        for check in checks:
            yield from self.advance(check.at, step=step)
            if check.endpoint not in endpoints:
                watched = WatchedEndpoint(id=check.endpoint, name=check.endpoint, every=every)
                endpoints[check.endpoint] = _endpoint(watched)
                yield from self.watch(endpoints.values())
            yield from self.take(check)
        yield from self.advance(self.now + 2 * every)
        self.send_what_waits()

    def play(self, event: Check | FaultFound) -> list[Change]:
        """Let time pass until an event of a scenario, and take it."""
        changes = self.advance(event.at)
        if isinstance(event, Check):
            return changes + self.take(event)
        incident = self.engine.incident_of(event.endpoint)
        return changes if incident is None else changes + self._found(incident, event)

    def _found(self, incident: Incident, found: FaultFound) -> list[Change]:
        verdict = {
            "kind": incident.kind,
            "where": found.where,
            "confidence": _CONFIDENCE,
            "summary": f"{found.endpoint}: the fault lies at: {found.where}",
        }
        return self._kept(self.engine.diagnosed(incident.id, {"verdict": verdict}, self.now))

    def send_what_waits(self) -> None:
        """Let notifications that wait for others or for a diagnosis be sent; no tick is made."""
        self._send(self.now + MAX_WAIT_AT_END)

    def _kept(self, changes: list[Change]) -> list[Change]:
        if changes:
            self._outbox.keep(batch_of(changes, self._dispatcher))
            self._round()
        return changes

    def _look_at_windows(self) -> None:
        if self.now < self._windows_at:
            return
        self._windows_at = self.now + WINDOWS_INTERVAL
        for window in self._config.maintenance:
            if (silence := window.silence(self.now)) is not None:
                self.engine.silences.add(silence)

    def _send(self, until: float) -> None:
        """Do the dispatcher's rounds until then."""
        while self._round_at is not None and self._round_at <= until:
            self.now = max(self.now, self._round_at)
            self._round()

    def _round(self) -> None:
        wait = self._loop.run_until_complete(self._dispatcher.settle())
        due = self._outbox.next_due()
        self._round_at = None if due is None else max(self.now + wait, due)

    def _called(self, call: Callable[[], object], _: str) -> asyncio.Future[None]:
        done: asyncio.Future[None] = self._loop.create_future()
        call()
        done.set_result(None)
        return done

    def _is_silenced(self, incident: Incident) -> bool:
        return self.engine.silences.covers(incident.members, self.now)
