"""The running monitor: what is wired to what, and what pages and commands may ask of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringback import __version__
from ringback.incident.engine import Engine, EngineSettings
from ringback.incident.model import Check
from ringback.incident.silences import Silence
from ringback.monitor.diagnosing import Diagnoser
from ringback.monitor.ingest.intake import Intake
from ringback.monitor.model import Discovered, EndpointView, PassiveCheck, UiEvent
from ringback.monitor.moved import RelocationWatcher
from ringback.monitor.processor import CheckProcessor, NoticeRouter, Subscribers

if TYPE_CHECKING:
    from ringback.incident.model import Incident
    from ringback.monitor.model import Endpoint
    from ringback.monitor.store import Store

log = logging.getLogger("ringback")

TICK_INTERVAL = 1.0
"""Seconds between two looks at what time changes."""

GATHER_SECONDS = 0.02
"""Seconds for which failures are gathered, so that an outage of many is not a transaction each."""

_FINGERPRINT_STATE = "identity:"


class Service:
    """Everything that one monitor knows and does; to be used in one event loop.

    Args:
        endpoints: What is watched.
        store: Keeps what is known.
        router: Says who is told.
        clock: Seconds since 1970 UTC.
        vantage: What the operator calls this place.
        remind_every: Seconds until what nobody has taken is told again; 0: never.

    Attributes:
        store: Keeps what is known.
        started_at: In seconds since 1970 UTC.
        subscribers: Those who follow what changes.
        desk: Where checks become incidents and are kept.
        moves: Knows services again that answer at another port.
        intake: Where calls that programs report are sorted.
        configuration: Its files, when they were read, and why newer ones were not taken.
        lag: Returns by how many seconds the event loop is late.
        counted: Returns what was counted of the looks: ``doubted`` by cause, and ``skipped``.
        look: Looks at an endpoint once, beside the schedule; ``None``: nothing here can.
        adopted: Begins to watch a URL that was discovered; returns whether it can be.
    """

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        store: Store,
        router: NoticeRouter,
        *,
        clock: Callable[[], float] = time.time,
        vantage: str = "",
        remind_every: float = 0.0,
    ) -> None:
        self.store = store
        self.started_at = clock()
        self.subscribers = Subscribers()
        self._clock = clock
        self._vantage = vantage
        self._endpoints = {endpoint.id: endpoint for endpoint in endpoints}
        self._last: dict[str, Check] = store.last_checks()
        engine = Engine(
            [endpoint.watched for endpoint in self._endpoints.values()],
            settings=EngineSettings(remind_every=remind_every),
        )
        self.desk = CheckProcessor(
            engine, store, router, publish=self.subscribers.publish, clock=clock
        )
        self.desk.load()
        self._soon: asyncio.TimerHandle | None = None
        self._diagnoser = Diagnoser(self._diagnosed, self._moved)
        self._silenced = 0
        self.moves = RelocationWatcher(clock=clock, keep=self._keep_identity)
        for name, kept in store.states(_FINGERPRINT_STATE).items():
            if (id_ := name.removeprefix(_FINGERPRINT_STATE)) in self._endpoints:
                self.moves.memory.load(id_, kept)
        self.intake = Intake(self._endpoints.values(), self.take, self._newest)
        self.intake.discoveries.load(store.state("discoveries") or ())
        self.configuration: dict[str, Any] = {"files": [], "loaded_at": None, "error": None}
        self.lag: Callable[[], float] = lambda: 0.0
        self.counted: Callable[[], dict[str, Any]] = lambda: {"doubted": {}, "skipped": 0}
        self.look: Callable[[Endpoint], Awaitable[Check]] | None = None
        self.adopted: Callable[[str], bool] = lambda _: False

    @property
    def engine(self) -> Engine:
        """What makes incidents of checks."""
        return self.desk.engine

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """What is watched, in the order of the configuration."""
        return tuple(self._endpoints.values())

    def configure(self, endpoints: Iterable[Endpoint], *, remind_every: float) -> None:
        """Watch these from now on; what is known of those that stay is kept."""
        self._endpoints = {endpoint.id: endpoint for endpoint in endpoints}
        watched = [endpoint.watched for endpoint in self._endpoints.values()]
        settings = EngineSettings(remind_every=remind_every)
        self.desk.apply(self.engine.configure(watched, self._clock(), settings=settings))
        self.intake.configure(self._endpoints.values())
        self.moves.memory.keep(self._endpoints)
        self.subscribers.publish(UiEvent(what="config"))

    def take(self, check: Check) -> None:
        """Take a check that was made, or a call that was reported."""
        if check.endpoint not in self._endpoints:
            return
        if self._vantage and not check.vantage:
            check = replace(check, vantage=self._vantage)
        self._last[check.endpoint] = check
        self.moves.saw(self._endpoints[check.endpoint], check)
        self.desk.take((check,))
        if self.desk.urgent and self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._keep)
        self._diagnose_new()

    def _keep(self) -> None:
        """Keep what waits; also before anybody is told of it, or has an answer to rely on."""
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        if self.desk.urgent:
            self.desk.flush()

    async def run(self) -> None:
        """Let time pass, until it is cancelled; then what was gathered is kept."""
        try:
            while True:
                await asyncio.sleep(TICK_INTERVAL)
                self.desk.tick()
                self._diagnose_new()
                await asyncio.to_thread(self.store.maintain, self._clock())
        finally:
            await self._diagnoser.close()
            await self.moves.close()
            self.desk.keep_state("discoveries", self.intake.discoveries.dump())
            self.desk.flush()

    def views(self) -> list[EndpointView]:
        """Return every endpoint as it is now, in the order of the configuration."""
        self._keep()
        return [self._view(endpoint) for endpoint in self._endpoints.values()]

    def view(self, id: str) -> EndpointView | None:  # noqa: A002 - as it is called everywhere
        """Return one endpoint as it is now; ``None``: there is none."""
        self._keep()
        endpoint = self._endpoints.get(id)
        return None if endpoint is None else self._view(endpoint)

    def incidents(self) -> list[Incident]:
        """Return the incidents that are not over, oldest first."""
        self._keep()
        return self.engine.incidents()

    def acknowledge(self, incident_id: str, who: str) -> bool:
        """Note that somebody takes an incident; return whether it is open."""
        known = any(incident.id == incident_id for incident in self.engine.incidents())
        changes = self.engine.acknowledge(incident_id, who, self._clock())
        if changes:
            self.desk.apply(changes)
        return known

    def silence(self, endpoints: tuple[str, ...], seconds: float, who: str, reason: str) -> str:
        """Tell nobody of what begins on these endpoints for a while; return the silence's id."""
        now = self._clock()
        self._silenced += 1
        id_ = f"s{int(now)}-{self._silenced}"
        self.engine.silence(
            Silence(
                id=id_, endpoints=endpoints, begins=now, ends=now + seconds, by=who, reason=reason
            )
        )
        self.desk.apply([])
        return id_

    def unsilence(self, silence_id: str) -> bool:
        """End a silence; return whether there was one."""
        ended = self.engine.silences.remove(silence_id)
        self.desk.apply([])
        return ended

    def silences(self) -> list[Silence]:
        """Return the silences that are not over."""
        return self.engine.silences.all(self._clock())

    def beat(self, endpoint_id: str, *, up: bool, detail: str) -> bool:
        """Take the report of a job; return whether it is one that is watched."""
        endpoint = self._endpoints.get(endpoint_id)
        if endpoint is None or endpoint.type != "heartbeat":
            return False
        self.take(
            Check(
                at=self._clock(),
                endpoint=endpoint_id,
                up=up,
                kind=None if up else "service.rejected",
                origin="heartbeat",
                detail=detail[:200],
            )
        )
        self._keep()
        return True

    def discovered(self) -> list[Discovered]:
        """Return what programs call and nobody configured."""
        return self.intake.discoveries.all()

    def adopt(self, discovered_id: str, who: str) -> bool:
        """Watch a discovered endpoint from now on; return whether there is one that can be."""
        found = self.intake.discoveries.get(discovered_id)
        if found is None or not self.adopted(found.url):
            return False
        log.info("ringback: %s watches %s from now on", who or "somebody", found.url)
        return True

    def ingest(self, checks: Iterable[PassiveCheck]) -> int:
        """Take calls that a program reported; return how many."""
        taken = self.intake.take(checks)
        self._keep()
        return taken

    async def probe(self, module: str, target: str) -> Check:
        """Return what a check of a target sees now; modules are named as in blackbox_exporter.

        Raises ``LookupError`` for an unknown module, ``ValueError`` for an unusable target.
        """
        kind = module.partition("_")[0]
        if self.look is None or kind not in {"http", "https", "tcp", "tls", "dns", "icmp"}:
            raise LookupError(module)
        url = target if "://" in target else f"{kind}://{target}"
        # The configuration's readers take pydantic: loaded with the first probe that is asked for.
        from ringback.monitor.config import ConfigInvalid  # noqa: PLC0415 - see above
        from ringback.monitor.config.load import config_of_urls  # noqa: PLC0415 - see above

        try:
            (endpoint,) = config_of_urls([url]).endpoints
        except ConfigInvalid as error:
            raise ValueError(str(error)) from error
        return await self.look(endpoint)

    def subscribe(self) -> AsyncIterator[UiEvent]:
        """Yield what changes, from now on."""
        return self.subscribers.subscribe()

    def status(self) -> dict[str, Any]:
        """Return how the monitor itself is."""
        return {
            "version": __version__,
            "vantage": self._vantage,
            "uptime": self._clock() - self.started_at,
            "endpoints": len(self._endpoints),
            "checks": self.desk.kept,
            "dropped": self.subscribers.dropped,
            "lag": self.lag(),
            "late": self.intake.late,
            **self.counted(),
            "config": dict(self.configuration),
            "store": {
                "degraded": getattr(self.store, "degraded", None),
                "dropped": getattr(self.store, "dropped", 0),
            },
        }

    def _view(self, endpoint: Endpoint) -> EndpointView:
        id_, now = endpoint.id, self._clock()
        incident = self.engine.incident_of(id_)
        return EndpointView(
            endpoint=endpoint,
            state=self.engine.state_of(id_),
            since=self.engine.since(id_),
            kind=self.engine.kind_of(id_),
            last=self._last.get(id_),
            incident=None if incident is None else incident.id,
            silenced=self.engine.silences.covers((id_,), now),
        )

    def _newest(self, endpoint: str) -> float | None:
        check = self._last.get(endpoint)
        return None if check is None else check.at

    def _diagnose_new(self) -> None:
        for incident, endpoint in self.engine.needs_diagnosis():
            if endpoint in self._endpoints:
                self._diagnoser.want(incident, self._endpoints[endpoint])

    def _keep_identity(self, endpoint: str, kept: dict[str, Any]) -> None:
        self.desk.keep_state(f"{_FINGERPRINT_STATE}{endpoint}", kept)

    async def _moved(self, endpoint: Endpoint, report: dict[str, Any]) -> dict[str, Any]:
        found = await self.moves.search(endpoint, self.engine.kind_of(endpoint.id))
        return report if found is None else found.into(report)

    def _diagnosed(self, incident: str, report: dict[str, Any]) -> None:
        self.desk.apply(self.engine.diagnosed(incident, report, self._clock()))
