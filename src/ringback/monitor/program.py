"""One monitor, from its configuration to its end: everything started, reloaded and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringback.incident.silences import MAINTENANCE_PREFIX
from ringback.monitor.commands import MonitorCommands
from ringback.monitor.config import ConfigInvalid
from ringback.monitor.config.watch import watch_files
from ringback.monitor.core import MonitorCore, engine_of
from ringback.monitor.dead_mans_switch import keep_calling
from ringback.monitor.fleet.hub import Fleet
from ringback.monitor.model import PausedBy, UiEvent
from ringback.monitor.notify.dispatcher import Dispatcher
from ringback.monitor.notify.routing import remind_every, takes_warnings
from ringback.monitor.queries import ConfigurationStatus, MonitorQueries
from ringback.monitor.runner import Runner, RunnerSettings
from ringback.monitor.store.degraded import DegradedStore
from ringback.monitor.store.interface import StoreRetention
from ringback.monitor.store.opening import store_at
from ringback.monitor.web.server import PageServer
from ringback.monitor.web.settings import WebError

if TYPE_CHECKING:
    from ringback.incident.engine import Engine
    from ringback.incident.model import Check
    from ringback.monitor.config import MonitorConfig
    from ringback.monitor.model import Endpoint
    from ringback.monitor.processor import Shared
    from ringback.monitor.store import Store
    from ringback.monitor.store.interface import Followed

log = logging.getLogger("ringback")

MAX_NAMED = 5  # Targets that are named in a line of the log
WINDOWS_INTERVAL = 60.0  # Seconds between two inspections of the maintenance windows


class Program:
    """A monitor; to be made and used in one event loop."""

    _lacking = ""  # what to compare a failure with

    def __init__(
        self,
        loaded: MonitorConfig,
        store: Store,
        *,
        read: Callable[[], MonitorConfig] | None = None,
        engine: Engine | None = None,  # One that has followed the process before
    ) -> None:
        self._began = self._loaded = loaded
        self._read = read
        self._page: PageServer | None = None
        self._wrong: set[Path] = set()
        self._store = store
        self._adopted: list[str] = list(store.state("adopted") or ())
        self._paused = _pauses(store.state("paused"))
        vantage = loaded.vantage or socket.gethostname()
        endpoints = self._endpoints()
        followed = engine is not None
        self.engine = engine = engine or engine_of(
            self._not_paused(endpoints), remind_every=remind_every(loaded.routes)
        )
        self._dispatcher = self._made_dispatcher(engine, endpoints, vantage)
        self._core = MonitorCore(
            engine,
            endpoints,
            store,
            self._dispatcher,
            vantage=vantage,
            look_now=self._look_now,
            followed=followed,
            paused=self._paused,
        )
        checked, controls = self._checked_here(endpoints)
        self._runner = Runner(
            checked,
            self._take,
            on_control=self._core.take,
            on_tick=self._core.mind_prober,
            kept=store.state("runner"),
            settings=RunnerSettings(vantage=vantage),
            targets=controls,
        )
        self.fleet = self._fleet = Fleet(self._core, look_here=self._runner.look_now)
        self._fleet.configure(
            self._not_paused(endpoints), loaded.controls, checked_here=not loaded.agents_only
        )
        self._configuration = ConfigurationStatus()
        self.queries = MonitorQueries(self._core, self._configuration, counters=self._counters)
        self.commands = MonitorCommands(
            self._core,
            probe=self._runner.probe,
            adopt=self._adopt,
            modules=lambda: self._loaded.probe_modules,
            pause=self._pause,
        )
        self._note_loaded()

    def _made_dispatcher(
        self, engine: Engine, endpoints: Iterable[Endpoint], vantage: str
    ) -> Dispatcher:
        return Dispatcher(
            self._store,
            self._loaded.notifiers,
            self._loaded.routes,
            base_url=self._loaded.web.url,
            vantage=vantage,
            endpoints=endpoints,
            is_silenced=lambda incident: engine.silences.covers(incident.members, time.time()),
        )

    @property
    def loaded(self) -> MonitorConfig:
        """The configuration in use."""
        return self._loaded

    def read_shared(self, followed: Followed) -> tuple[Shared | None, bool]:
        """Read what ``follow`` takes beside what was followed; in any thread."""
        new, read = followed.changed, self._store.state
        same = "adopted" not in new or self._adopted == list(read("adopted") or ())
        same = same and ("paused" not in new or self._paused == _pauses(read("paused")))
        return self._core.processor.read_shared() if "quiet" in new else None, same

    def follow(self, followed: Followed, shared: Shared | None, same: bool) -> bool:
        """Know what another process has kept; return whether that could be taken as it is.

        ``same``: whether people have added and paused nothing else than is known here.
        """
        self._core.follow(followed, shared)
        self._fleet.follow(followed.states)
        return same

    def show(self, checks: Iterable[Check]) -> None:
        """Show checks that another process has kept."""
        self._core.show(checks)

    async def run(
        self,
        *,
        web: bool = True,
        ready: Callable[[str], None] = lambda _: None,
        page: PageServer | None = None,
    ) -> None:
        """Watch until it is cancelled; then everything that is known is kept.

        ``page`` is one that another serves.
        """
        self._page = page
        if web:
            self._page = PageServer(
                self.queries, self.commands, self._loaded.web, fleet=self._fleet
            )
        self._runner.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._core.run())
                group.create_task(self._dispatcher.run())
                group.create_task(self._mind_windows())
                group.create_task(self._fleet.run())
                group.create_task(
                    keep_calling(
                        lambda: self._loaded.dead_mans_switch,
                        self._runner.probe,
                        lambda: self._core.is_well,
                    )
                )
                if self._read is not None:
                    group.create_task(self._mind_files())
                if self._page is not None and page is None:
                    group.create_task(self._page.run(ready))
                else:
                    ready("")
        finally:
            await self._runner.stop()
            self._core.processor.keep_state("runner", self._runner.dump())
            self._core.processor.flush()

    def _look_now(self, ids: Iterable[str]) -> None:
        asked = list(ids)
        self._runner.look_now(asked)
        self._fleet.look_now(asked)

    def _take(self, check: Check) -> None:
        self._core.take(check)
        self._fleet.suspects(check)

    def reload(self) -> None:
        """Read the configuration again; one with a problem changes nothing, and is reported."""
        assert self._read is not None
        self._reload(self._read)

    def _reload(self, read: Callable[[], MonitorConfig]) -> None:
        try:
            self._use(read())
        except (ConfigInvalid, WebError, ValueError) as error:
            self._kept_old(error)

    def _use(self, loaded: MonitorConfig) -> None:
        """Take a configuration over; first what raises: ``ValueError``, ``WebError``."""
        web = replace(loaded.web, host=self._began.web.host, port=self._began.web.port)
        web.verify()
        endpoints = self._endpoints(loaded)
        self._dispatcher.configure(loaded.notifiers, loaded.routes, endpoints, base_url=web.url)
        ids = {endpoint.id for endpoint in endpoints}
        paused = self._loaded.discovered - ids
        self._configuration.paused = sorted({*self._configuration.paused, *paused} - ids)
        self._loaded = loaded
        ids = {endpoint.id for endpoint in endpoints}
        self._paused = {id_: pause for id_, pause in self._paused.items() if id_ in ids}
        if self._page is not None:
            self._page.configure(web)
        self._look_at_windows()
        self._note_loaded()
        self._apply()
        log.info("ringback: a new configuration is in use: %d endpoints", len(loaded.endpoints))
        if paused:
            log.warning("ringback: targets that are gone are paused: %s", _listed(paused))
        if restart := self._configuration.restart:
            log.warning("ringback: %s: taken at the next start", ", ".join(restart))

    def _kept_old(self, error: Exception) -> None:
        self._wrong = {problem.file for problem in getattr(error, "problems", ())}
        if self._configuration.error != str(error):
            self._configuration.error = str(error)
            log.warning("ringback: the old configuration is kept: %s", error)
            self._core.subscribers.publish(UiEvent(what="config"))

    def _counters(self) -> dict[str, Any]:
        return {
            "lag": self._runner.health.lag,
            **self._runner.counted(),
            "notifiers": self._dispatcher.counted(),
            "agents": self._fleet.counted(),
        }

    def _endpoints(self, loaded: MonitorConfig | None = None) -> tuple[Endpoint, ...]:
        """Return what is configured, and what was adopted beside it."""
        configured = (loaded or self._loaded).endpoints
        known = {endpoint.id for endpoint in configured} | {endpoint.url for endpoint in configured}
        adopted = [
            endpoint
            for url in self._adopted
            for endpoint in _of_url(url)
            if endpoint.id not in known and endpoint.url not in known
        ]
        return (*configured, *adopted)

    def _checked_here(
        self, endpoints: tuple[Endpoint, ...]
    ) -> tuple[tuple[Endpoint, ...], tuple[Endpoint, ...]]:
        """Return the endpoints and controls that this process checks itself."""
        if self._loaded.agents_only:
            return (), ()
        return self._not_paused(endpoints), self._loaded.controls

    def _not_paused(self, endpoints: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
        return tuple(endpoint for endpoint in endpoints if endpoint.id not in self._paused)

    def _apply(self) -> None:
        endpoints = self._endpoints()
        repeat = remind_every(self._loaded.routes)
        self._core.configure(endpoints, remind_every=repeat, paused=self._paused)
        self._runner.configure(*self._checked_here(endpoints))
        here, controls = not self._loaded.agents_only, self._loaded.controls
        self._fleet.configure(self._not_paused(endpoints), controls, checked_here=here)

    def _pause(self, id_: str, pause: PausedBy | None) -> None:
        """Check an endpoint no more, or again."""
        if (id_ in self._paused) == (pause is not None):
            return
        if pause is None:
            del self._paused[id_]
        else:
            self._paused[id_] = pause
        self._core.processor.keep_state("paused", {n: asdict(p) for n, p in self._paused.items()})
        self._core.pause(id_, pause)
        endpoint = self._core.endpoints[id_]
        checking: tuple[Runner | Fleet, ...] = (self._runner, self._fleet)
        for checker in checking[self._loaded.agents_only :]:
            checker.pause(endpoint) if pause else checker.resume(endpoint)

    def _adopt(self, url: str) -> bool:
        if not _of_url(url):
            return False
        if url not in self._adopted:
            self._adopted.append(url)
            self._core.processor.keep_state("adopted", list(self._adopted))
        self._dispatcher.configure(self._loaded.notifiers, self._loaded.routes, self._endpoints())
        self._apply()
        return True

    def _note_loaded(self) -> None:
        self._wrong = set()
        status = self._configuration
        status.files = [str(file) for file in self._loaded.files]
        status.loaded_at, status.error = time.time(), None
        status.restart = needs_restart(self._began, self._loaded)
        if self._loaded.routes and not takes_warnings(self._loaded.routes):
            log.info("ringback: no route takes warnings: they are shown, and nobody is notified")
        if self._loaded.agents_only and not self._fleet.registry.enrolled():
            log.warning("ringback: agents_only, and no agent has come: nothing is checked")
        lacking = self._loaded.lack_of_controls
        if lacking != self._lacking:
            self._lacking = lacking
            log.info("ringback: %s", lacking or "there is enough to compare a failure with")

    async def _mind_files(self) -> None:
        assert self._read is not None
        async for _ in watch_files(self._named):
            reading = asyncio.ensure_future(asyncio.to_thread(self._read))
            await asyncio.wait([reading])  # meanwhile endpoints are checked
            self._reload(reading.result)

    def _named(self) -> tuple[Iterable[Path], Iterable[str]]:
        """What to watch: also a file that is new and wrong, for it may be made right."""
        return {*self._loaded.files, *self._wrong}, self._loaded.patterns

    async def _mind_windows(self) -> None:
        while True:
            self._look_at_windows()
            await asyncio.sleep(WINDOWS_INTERVAL)

    def _look_at_windows(self) -> None:
        """Silence what is in a maintenance window soon, and no more what is in none."""
        now, engine = time.time(), self._core.engine
        wanted = [
            silence for w in self._loaded.maintenance if (silence := w.silence(now)) is not None
        ]
        for silence in wanted:
            engine.silences.add(silence)
        ids = {silence.id for silence in wanted}
        for known in self.queries.silences():
            if known.id.startswith(MAINTENANCE_PREFIX) and known.id not in ids:
                engine.silences.remove(known.id)


def _listed(ids: Iterable[str]) -> str:
    known = sorted(ids)
    more = len(known) - MAX_NAMED
    return ", ".join(known[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def needs_restart(began: MonitorConfig, loaded: MonitorConfig) -> list[str]:
    """Return the keys that say something else than at the start and are read only there."""
    return [key for key, of in _AT_START.items() if of(began) != of(loaded)]


_AT_START: dict[str, Callable[[MonitorConfig], object]] = {
    "vantage": lambda loaded: loaded.vantage,
    "web.host": lambda loaded: loaded.web.host,
    "web.port": lambda loaded: loaded.web.port,
    "web.certificate": lambda loaded: (loaded.web.certificate, loaded.web.key),
    "store.path": lambda loaded: loaded.store,
    "store.url": lambda loaded: loaded.store_url,
    "retention": lambda loaded: loaded.retention,
}
"""Key to what is read only at the start."""


def _pauses(kept: Any) -> dict[str, PausedBy]:
    return {id_: PausedBy(**pause) for id_, pause in (kept or {}).items()}


def _of_url(url: str) -> tuple[Endpoint, ...]:
    from ringback.monitor.config.load import config_of_urls  # noqa: PLC0415 - takes pydantic

    with contextlib.suppress(ConfigInvalid):
        return config_of_urls([url]).endpoints
    return ()


def open_store(loaded: MonitorConfig) -> DegradedStore:
    """Return the store of a configuration; a disk that is full later on does not end the watch."""
    kept = loaded.retention
    retention = StoreRetention(checks=kept.checks, five_minutes=kept.five_minutes, hours=kept.hours)
    place = loaded.store_url or loaded.store
    return DegradedStore(store_at(place, retention=retention, beside=loaded.store, standby=True))
