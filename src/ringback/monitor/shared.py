"""One of several processes on one store: it leads, or stands by and follows the one that does.

Standing by it has the whole monitor built and shows it, but nothing of it runs: what the lead packs
is read and taken over each FOLLOW_INTERVAL, so that the first decision comes at once when the lead
is taken. Then what is built anew around the engine that has followed runs, as on one machine. Who
loses the lead forgets everything and begins by reading: what it held is not what is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringback.monitor.config import ConfigInvalid
from ringback.monitor.config.watch import watch_files
from ringback.monitor.program import Program
from ringback.monitor.store.interface import StoreProblem
from ringback.monitor.web.server import PageServer

if TYPE_CHECKING:
    from ringback.monitor.config import MonitorConfig
    from ringback.monitor.store.degraded import DegradedStore
    from ringback.monitor.store.interface import Followed

FOLLOW_INTERVAL = 1.0  # Seconds between two readings of what the lead has kept
HEAR_INTERVAL = 1.0  # Seconds after which the thread that renews the lead hears of the event loop

log = logging.getLogger("ringback")


class SharedProgram:
    """A monitor on a store that others share; to be made and used in one event loop."""

    def __init__(
        self,
        loaded: MonitorConfig,
        store: DegradedStore,
        *,
        read: Callable[[], MonitorConfig] | None = None,
    ) -> None:
        self._began = self._loaded = loaded
        self._store, self._shared, self._read = store, store.shared, read
        self._lead = self._shared.lead
        self._page: PageServer | None = None
        self._changed = asyncio.Event()  # Who leads
        self._has_led = False
        self._program = Program(loaded, store, read=read)

    async def run(self, *, web: bool = True, ready: Callable[[str], None] = lambda _: None) -> None:
        """Watch or stand by until it is cancelled."""
        loop = asyncio.get_running_loop()
        self._lead.on_change = lambda: loop.call_soon_threadsafe(self._changed.set)
        program = self._program
        if web:
            self._page = PageServer(
                program.queries,
                program.commands,
                self._loaded.web,
                fleet=program.fleet,
                lead=self._lead,
            )
            self._lead.reached_at(self._page.url)
        async with asyncio.TaskGroup() as group:
            if self._page is not None:
                group.create_task(self._page.run(ready))
            else:
                ready("")
            epoch = self._lead.epoch
            while True:
                if not epoch:
                    epoch = await self._stand_by()
                await self._watch(epoch)
                epoch = 0

    def reload(self) -> None:
        """Read the configuration again."""
        if self._lead.epoch:
            self._program.reload()
        else:
            self._reload()

    def _show(self, epoch: int = 0) -> None:
        if self._page is not None:
            self._page.serve(self._program, epoch=epoch)

    # Leading.

    async def _watch(self, epoch: int) -> None:
        """Watch until another process leads."""
        log.info("ringback: this process leads, in epoch %d", epoch)
        self._has_led = True
        self._show(epoch)
        self._changed.clear()
        running = asyncio.ensure_future(self._program.run(web=False, page=self._page))
        try:
            while self._lead.epoch == epoch and not running.done():
                self._lead.hear()
                await self._wait(HEAR_INTERVAL, running)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
        log.warning("ringback: another process leads; this one stands by")
        self._loaded = self._program.loaded

    async def _wait(self, seconds: float, *others: asyncio.Future[Any]) -> None:
        changed = asyncio.ensure_future(self._changed.wait())
        await asyncio.wait({changed, *others}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        changed.cancel()
        self._changed.clear()

    # Standing by.

    async def _stand_by(self) -> int:
        """Follow the lead until this process has taken it; return the epoch."""
        if self._has_led:
            await self._begin_anew()
        minding = asyncio.ensure_future(self._mind_files())
        try:
            while not self._lead.epoch:
                self._lead.stand()
                await self._follow(self._shared.follow)
                await self._wait(FOLLOW_INTERVAL)
            epoch: int = self._lead.epoch
            while not await self._follow(self._shared.promote) and self._lead.epoch == epoch:
                await self._wait(HEAR_INTERVAL)
        finally:
            minding.cancel()
        self._program = Program(
            self._loaded, self._store, read=self._read, engine=self._program.engine
        )
        return epoch

    async def _begin_anew(self) -> None:
        """Forget what was known while this process led, and read what is kept."""
        while True:
            with contextlib.suppress(StoreProblem):
                await asyncio.to_thread(self._shared.demote)
                break
            await self._wait(FOLLOW_INTERVAL)
        self._store.abandon()
        self._build()

    def _build(self) -> None:
        self._program = Program(self._loaded, self._store, read=self._read)
        self._show()

    async def _follow(self, read: Callable[[], Followed]) -> bool:
        try:
            followed = await asyncio.to_thread(read)
        except StoreProblem:
            return False  # it is shown by who asks the store
        if not self._program.follow(followed):
            self._build()
        return True

    async def _mind_files(self) -> None:
        if self._read is None:
            return
        async for _ in watch_files(lambda: (self._loaded.files, self._loaded.patterns)):
            self._reload()

    def _reload(self) -> None:
        assert self._read is not None
        try:
            loaded = self._read()
        except (ConfigInvalid, ValueError) as error:
            log.warning("ringback: the old configuration is kept: %s", error)
            return
        web = replace(loaded.web, host=self._began.web.host, port=self._began.web.port)
        self._loaded = replace(loaded, web=web)
        self._build()
