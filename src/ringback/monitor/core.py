"""What one running monitor knows, and the one way in which it changes.

Every check and every reported call comes to ``MonitorCore.take``; commands of people come by
``commands.py``, and what is shown is read by ``queries.py``. All of it happens in one event loop,
so that nothing here needs a lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringback.incident.engine import Engine
from ringback.incident.model import CONTROL_PREFIX
from ringback.incident.prober import ProberTick, ProberWatch
from ringback.monitor.diagnosing import Diagnoser
from ringback.monitor.ingest.intake import Intake
from ringback.monitor.model import MAX_RECENT, OUTCOMES, UiEvent
from ringback.monitor.notify.text import incident_line, safe_line
from ringback.monitor.processor import CheckProcessor, NoticeRouter, Shared, Subscribers
from ringback.monitor.relocation.watcher import RelocationWatcher

if TYPE_CHECKING:
    from ringback.incident.model import Change, Check
    from ringback.monitor.model import Endpoint, PausedBy
    from ringback.monitor.notify.notification import Headline
    from ringback.monitor.store import Store
    from ringback.monitor.store.interface import Followed

log = logging.getLogger("ringback")

_HEADLINES: dict[str, Headline] = {"opened": "opened", "reopened": "reopened", "closed": "closed"}

TICK_INTERVAL = 1.0  # Seconds between two ticks

GATHER_SECONDS = 0.02
"""Seconds for which failures are gathered, so that an outage of many is not a transaction each."""

_FINGERPRINT_STATE = "identity:"
_RECENT_STATE = "recent"


def engine_of(endpoints: Iterable[Endpoint], *, remind_every: float = 0.0) -> Engine:
    """Return what makes incidents of the checks of these endpoints."""
    watched = [endpoint.watched for endpoint in endpoints]
    return Engine(watched, remind_every=remind_every)


class MonitorCore:
    """Takes checks, keeps what follows from them, and has new incidents diagnosed."""

    def __init__(  # noqa: PLR0913 - all but the first four are given by name
        self,
        engine: Engine,
        endpoints: Iterable[Endpoint],
        store: Store,
        router: NoticeRouter,
        *,
        clock: Callable[[], float] = time.time,
        vantage: str = "",
        look_now: Callable[[Iterable[str]], None] = lambda _: None,
        followed: bool = False,  # Whether the engine has followed the process before
        paused: Mapping[str, PausedBy] | None = None,
    ) -> None:
        self.engine, self.store, self.clock, self.vantage = engine, store, clock, vantage
        self.look_now = look_now  # Asks whoever checks
        self.paused: dict[str, PausedBy] = {}  # Endpoint's id to who has it not checked
        self._awaited: dict[str, asyncio.Event] = {}  # By endpoint: set with its next probe
        self.started_at = clock()
        self.subscribers = Subscribers()
        # Id to what is watched, in the order of the configuration
        self.endpoints: Mapping[str, Endpoint] = {endpoint.id: endpoint for endpoint in endpoints}
        self._pause_known(paused)
        self.last: dict[str, Check] = store.last_checks()  # Endpoint's id to its newest check
        self.recent: dict[str, bytes] = {  # Endpoint's id to the outcomes of its last checks
            id_: outcomes.encode()
            for id_, outcomes in (store.state(_RECENT_STATE) or {}).items()
            if id_ in self.endpoints
        }
        self.processor = CheckProcessor(
            engine,
            store,
            router,
            publish=self.subscribers.publish,
            announce=self._announce,
            clock=clock,
        )
        self.processor.load(followed=followed)
        self._flush_timer: asyncio.TimerHandle | None = None
        self._prober = ProberWatch()
        self._diagnoser = Diagnoser(self._diagnosed, self._with_relocation)
        self.relocations = RelocationWatcher(clock=clock, keep=self._keep_fingerprint)
        for name, kept in store.states(_FINGERPRINT_STATE).items():
            if (id_ := name.removeprefix(_FINGERPRINT_STATE)) in self.endpoints:
                self.relocations.memory.load(id_, kept)
        self.intake = Intake(self.endpoints.values(), self.take, self._newest)
        self.intake.discoveries.load(store.state("discoveries") or ())

    def configure(
        self,
        endpoints: Iterable[Endpoint],
        *,
        remind_every: float,
        paused: Mapping[str, PausedBy] | None = None,
    ) -> None:
        """Watch these from now on, but for those paused; what is known of those that stay is kept.

        What is paused is shown, with what is kept of it, and the engine knows nothing of it.
        """
        self.endpoints = {endpoint.id: endpoint for endpoint in endpoints}
        self._pause_known(paused)
        watched = [end.watched for end in self.endpoints.values() if end.id not in self.paused]
        reasons = {id_: f"paused by {pause.by}" for id_, pause in self.paused.items()}
        self.processor.apply(
            self.engine.configure(watched, self.clock(), remind_every=remind_every, reasons=reasons)
        )
        self.intake.configure(self.endpoints.values())
        self.recent = {id_: known for id_, known in self.recent.items() if id_ in self.endpoints}
        self.relocations.memory.keep(self.endpoints)
        self.subscribers.publish(UiEvent(what="config"))

    def _pause_known(self, paused: Mapping[str, PausedBy] | None) -> None:
        known = (paused or {}).items()
        self.paused = {id_: pause for id_, pause in known if id_ in self.endpoints}

    def pause(self, id_: str, pause: PausedBy | None) -> None:
        """Know an endpoint as paused, or watch it again; there is nothing to do for the others."""
        if pause is None:
            del self.paused[id_]
            self.engine.watch(self.endpoints[id_].watched)
            changes: list[Change] = []
        else:
            self.paused[id_] = pause
            changes = self.engine.forget(id_, self.clock(), f"paused by {pause.by}")
        self.processor.apply(changes)
        self.subscribers.publish(UiEvent(what="config"))

    def follow(self, followed: Followed, shared: Shared | None) -> None:
        """Know what another process has kept; ``None``: nothing is new beside endpoints."""
        self.show(followed.checks)
        self.processor.follow(followed.states, shared)

    def show(self, checks: Iterable[Check]) -> None:
        """Show checks that another process has kept, where no newer one is known."""
        for check in checks:
            newest = self._newest(check.endpoint)
            if check.endpoint in self.endpoints and (newest is None or check.at > newest):
                self.last[check.endpoint] = check
                self._remember(check)
                self.subscribers.publish(UiEvent(what="check", endpoint=check.endpoint))

    def take(self, check: Check) -> None:
        """Take a check that was made, a call that was reported, or the check of a control."""
        if self.vantage and not check.vantage:
            check = replace(check, vantage=self.vantage)
        if check.endpoint in self.endpoints:
            self._take(check)
        elif check.endpoint.startswith(CONTROL_PREFIX):
            self.processor.take_control(check)
        if self.processor.urgent and self._flush_timer is None:
            loop = asyncio.get_running_loop()
            self._flush_timer = loop.call_later(GATHER_SECONDS, self.flush_urgent)
        self._diagnose_new()

    def _take(self, check: Check) -> None:
        if log.isEnabledFor(logging.DEBUG):
            self._log_check(check)
        newest = self._newest(check.endpoint)
        if newest is None or check.at >= newest:
            self.last[check.endpoint] = check
        self._remember(check)
        if not check.domain:  # seen from here: what is asked to know a service is asked here
            self.relocations.saw(self.endpoints[check.endpoint], check)
        self.processor.take((check,))
        if check.origin == "probe" and (awaited := self._awaited.pop(check.endpoint, None)):
            awaited.set()

    async def next_probe(self, id_: str, seconds: float) -> None:
        """Have an endpoint checked at once; return when it was, or after so long."""
        awaited = self._awaited.setdefault(id_, asyncio.Event())
        self.look_now((id_,))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await awaited.wait()

    def _remember(self, check: Check) -> None:
        if check.origin != "call":  # of which there may be thousands between two checks
            known = self.recent.get(check.endpoint, b"") + OUTCOMES[check.up]
            self.recent[check.endpoint] = known[-MAX_RECENT:]

    def mind_prober(self, tick: ProberTick) -> None:
        """Take what came of the checks of one tick: whether this monitor itself is well."""
        tick = replace(
            tick,
            storage=self.processor.writer.slowest(),
            storage_problem=getattr(self.store, "degraded", None) or "",
        )
        match self._prober.see(tick):
            case "sick":
                found = self._prober
                changes = self.engine.sick(tick.at, found.evidence, found.advice, blind=found.blind)
            case "well":
                changes = self.engine.well_again(tick.at)
            case _:
                return
        if changes:
            self.processor.apply(changes)

    @property
    def is_well(self) -> bool:
        """Whether this monitor sees, and keeps what it sees."""
        for found in self.engine.incidents():
            if found.pattern == "prober_sick" and not found.observer:
                return False
        return not getattr(self.store, "degraded", None)

    def flush_urgent(self) -> None:
        """Have kept what waits: before it is shown to anybody, or answered to who reported it."""
        if self.processor.urgent:
            self.flush()

    def flush(self) -> None:
        """Have all kept that was gathered."""
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        self.processor.flush()

    async def kept(self) -> None:
        """Return when all is kept that had to be at once, or was asked to be, until now."""
        self.flush_urgent()
        await self.processor.writer.written()

    async def run(self) -> None:
        """Let time pass, until it is cancelled; then what was gathered is kept."""
        self.processor.writer.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tick())
                group.create_task(self._maintain())
        finally:
            await self._diagnoser.close()
            await self.relocations.close()
            self.processor.keep_state("discoveries", self.intake.discoveries.dump())
            recent = {id_: known.decode() for id_, known in self.recent.items()}
            self.processor.keep_state(_RECENT_STATE, recent)
            self.processor.flush()
            await self.processor.writer.close()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_INTERVAL)
            self.processor.tick()
            self.look_now(self.engine.asks(self.clock()))
            self._diagnose_new()

    async def _maintain(self) -> None:
        while True:
            await asyncio.sleep(TICK_INTERVAL)
            await asyncio.to_thread(self.store.maintain, self.clock())

    def _announce(self, change: Change) -> None:
        """Say in the log, and so in the terminal, what opens and ends."""
        if (headline := _HEADLINES.get(change.what)) is None:
            return
        members = (self.endpoints.get(id_) for id_ in change.incident.members)
        names = {endpoint.id: endpoint.name for endpoint in members if endpoint is not None}
        level = logging.INFO if headline == "closed" else logging.WARNING
        line = incident_line(change.incident, headline, names)
        told = "" if change.told else " (nobody is notified)"
        fields = {
            "event": headline,
            "incident": change.incident.id,
            "pattern": change.incident.pattern,
            "kind": change.incident.kind,
            "endpoints": list(change.incident.members),
        }
        log.log(level, "ringback: %s%s", line, told, extra={"fields": fields})

    def _log_check(self, check: Check) -> None:
        """Say of a check that it failed, or is the first that succeeds after one that did."""
        before = self.last.get(check.endpoint)
        if check.up and (before is None or before.up):
            return
        state = {True: "recovered", False: "failed", None: "not counted"}[check.up]
        words = safe_line(check.detail or check.kind or "", 120)
        name = safe_line(self.endpoints[check.endpoint].name, 80)
        log.debug(
            "ringback: check of %s %s%s",
            name,
            state,
            f": {words}" if words else "",
            extra={
                "fields": {
                    "check": state,
                    "endpoint": check.endpoint,
                    "kind": check.kind,
                    "seconds": check.seconds,
                    "vantage": check.vantage,
                }
            },
        )

    def _newest(self, endpoint: str) -> float | None:
        check = self.last.get(endpoint)
        return None if check is None else check.at

    def _diagnose_new(self) -> None:
        for incident, endpoint in self.engine.needs_diagnosis():
            if endpoint in self.endpoints:
                kind = self.engine.kind_of(endpoint)
                self._diagnoser.want(incident, self.endpoints[endpoint], kind)

    def _keep_fingerprint(self, endpoint: str, kept: dict[str, Any]) -> None:
        self.processor.keep_state(f"{_FINGERPRINT_STATE}{endpoint}", kept)

    async def _with_relocation(self, endpoint: Endpoint, report: dict[str, Any]) -> dict[str, Any]:
        found = await self.relocations.search(endpoint, self.engine.kind_of(endpoint.id))
        return report if found is None else found.into(report)

    def _diagnosed(self, incident: str, report: dict[str, Any]) -> None:
        seen = {**report, "vantage": self.vantage}  # who made it, and so whose vote it is
        self.processor.apply(self.engine.diagnosed(incident, seen, self.clock()))
