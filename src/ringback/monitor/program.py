"""One monitor, from its configuration to its end: everything started, reloaded and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ringback.monitor.config import ConfigInvalid, of_urls
from ringback.monitor.config.watch import watch
from ringback.monitor.notify.dispatcher import Dispatcher
from ringback.monitor.notify.routing import remind_every
from ringback.monitor.runner import Runner, Settings
from ringback.monitor.service import Service
from ringback.monitor.store.degraded import DegradedStore
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.monitor.store.sqlite.retention import Retention
from ringback.monitor.web.server import listen, serve

if TYPE_CHECKING:
    from ringback.monitor.config import Loaded
    from ringback.monitor.endpoint import Endpoint
    from ringback.monitor.store import Store

log = logging.getLogger("ringback")

WINDOWS_EVERY = 60.0
"""Seconds between two looks at which maintenance windows are near."""


class Program:
    """A monitor; to be made and used in one event loop.

    Args:
        loaded: The configuration.
        read: Reads it again; ``None``: it comes from no file.
        store: Where it keeps what it knows.

    Attributes:
        service: What it shows of itself.
    """

    def __init__(
        self, loaded: Loaded, store: Store, *, read: Callable[[], Loaded] | None = None
    ) -> None:
        self._loaded = loaded
        self._read = read
        self._store = store
        self._adopted: list[str] = list(store.state("adopted") or ())
        endpoints = self._endpoints()
        self._dispatcher = Dispatcher(
            store,
            loaded.notifiers,
            loaded.routes,
            base_url=loaded.web.url,
            vantage=loaded.vantage,
            endpoints=endpoints,
        )
        self.service = Service(
            endpoints,
            store,
            self._dispatcher,
            vantage=loaded.vantage,
            remind_every=remind_every(loaded.routes),
        )
        self._runner = Runner(
            endpoints,
            self.service.take,
            wants_retry=self.service.engine.wants_retry,
            kept=store.state("schedule"),
            settings=Settings(vantage=loaded.vantage),
        )
        self.service.look = self._runner.probe
        self.service.adopted = self._adopt
        self.service.lag = lambda: self._runner.health.lag
        self._note_loaded()

    async def run(self, *, web: bool = True, ready: Callable[[str], None] = lambda _: None) -> None:
        """Watch until it is cancelled; then everything that is known is kept.

        Args:
            web: Whether the page is served.
            ready: Called with the page's address once it answers, or with ``""``.

        Raises:
            WebError: The page must not, or cannot, be served as configured.
        """
        listener = listen(self._loaded.web) if web else None
        self._runner.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.service.run())
                group.create_task(self._dispatcher.run())
                group.create_task(self._mind_windows())
                if self._read is not None:
                    group.create_task(self._mind_files())
                if listener is not None:
                    group.create_task(
                        serve(self.service, self._loaded.web, listener=listener, ready=ready)
                    )
                else:
                    ready("")
        finally:
            await self._runner.stop()
            self.service.desk.keep_state("schedule", self._runner.schedule.dump())
            self.service.desk.flush(incidents=True)

    def reload(self) -> None:
        """Read the configuration again; one with a problem changes nothing, and that is told."""
        assert self._read is not None
        try:
            loaded = self._read()
            self._dispatcher.configure(loaded.notifiers, loaded.routes, self._endpoints(loaded))
        except (ConfigInvalid, ValueError) as error:
            self.service.configuration["error"] = str(error)
            log.warning("ringback: the old configuration is kept: %s", error)
            return
        self._loaded = loaded
        self._apply()
        self._note_loaded()
        log.info("ringback: a new configuration is in use: %d endpoints", len(loaded.endpoints))

    def _endpoints(self, loaded: Loaded | None = None) -> tuple[Endpoint, ...]:
        """Return what is configured, and what was adopted beside it."""
        configured = (loaded or self._loaded).endpoints
        known = {one.id for one in configured} | {one.url for one in configured}
        adopted = [
            one
            for url in self._adopted
            for one in _of_url(url)
            if one.id not in known and one.url not in known
        ]
        return (*configured, *adopted)

    def _apply(self) -> None:
        endpoints = self._endpoints()
        self.service.configure(endpoints)
        self._runner.configure(endpoints)

    def _adopt(self, url: str) -> bool:
        if not _of_url(url):
            return False
        if url not in self._adopted:
            self._adopted.append(url)
            self.service.desk.keep_state("adopted", list(self._adopted))
        self._dispatcher.configure(self._loaded.notifiers, self._loaded.routes, self._endpoints())
        self._apply()
        return True

    def _note_loaded(self) -> None:
        self.service.configuration = {
            "files": [str(one) for one in self._loaded.files],
            "loaded_at": time.time(),
            "error": None,
        }

    async def _mind_files(self) -> None:
        async for _ in watch(self._loaded.files, self._loaded.patterns):
            self.reload()

    async def _mind_windows(self) -> None:
        while True:
            for window in self._loaded.maintenance:
                silence = window.silence(time.time())
                if silence is not None:
                    self.service.engine.silence(silence)
            await asyncio.sleep(WINDOWS_EVERY)


def _of_url(url: str) -> tuple[Endpoint, ...]:
    with contextlib.suppress(ConfigInvalid):
        return tuple(replace(one) for one in of_urls([url]).endpoints)
    return ()


def open_store(loaded: Loaded) -> DegradedStore:
    """Return the store of a configuration; a disk that is full later on does not end the watch.

    Args:
        loaded: The configuration.

    Raises:
        StoreProblem: It cannot be used; the message says why, and what to do.
    """
    kept = loaded.retention
    retention = Retention(checks=kept.checks, five_minutes=kept.five_minutes, hours=kept.hours)
    return DegradedStore(SQLiteStore(loaded.store, retention=retention))
