"""One of several processes on one store: it leads, or stands by and follows the one that does.

Standing by it has the whole monitor built and shows it, but nothing of it runs: what the lead packs
is read and taken over each FOLLOW_INTERVAL, so that the first decision comes at once when the lead
is taken. Then what is built anew around the engine that has followed runs, as on one machine. Who
loses the lead forgets everything and begins by reading: what it held is not what is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringback.monitor.config import ConfigInvalid
from ringback.monitor.config.watch import watch_files
from ringback.monitor.program import Program
from ringback.monitor.store.interface import StoreProblem
from ringback.monitor.web.server import PageServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.incident.engine import Engine
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
        self._is_outdated = False  # Whether there is more to know than what was kept since
        self._program = self._made()

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
        self._lead.shown_epoch = epoch
        if self._page is not None:
            self._page.serve(self._program)

    # Leading.

    async def _watch(self, epoch: int) -> None:
        """Watch until another process leads."""
        log.info("ringback: this process leads, in epoch %d", epoch)
        self._has_led = True
        self._show(epoch)
        self._changed.clear()
        running = asyncio.ensure_future(self._program.run(web=False, page=self._page))
        catching_up = asyncio.ensure_future(self._know_newest())
        try:
            while self._lead.epoch == epoch and not running.done():
                self._lead.hear()
                await self._wait(HEAR_INTERVAL, running)
        finally:
            for task in (catching_up, running):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        log.warning("ringback: another process leads; this one stands by")
        self._loaded = self._program.loaded

    async def _know_newest(self) -> None:
        """Show the newest checks of the lead before, where there was one."""
        with contextlib.suppress(StoreProblem):  # the next checks are shown
            checks = await asyncio.to_thread(self._shared.newest)
            self._program.show(checks)

    async def _wait(self, seconds: float, *others: asyncio.Future[Any]) -> None:
        changed = asyncio.ensure_future(self._changed.wait())
        await asyncio.wait({changed, *others}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        changed.cancel()
        self._changed.clear()

    # Standing by.

    async def _stand_by(self) -> int:
        """Follow the lead until this process has taken it; return the epoch."""
        if self._has_led:
            await self._forget()
        minding = asyncio.ensure_future(self._mind_files())
        try:
            while not self._lead.epoch:
                self._lead.stand()
                await self._follow()
                await self._wait(FOLLOW_INTERVAL)
            epoch: int = self._lead.epoch
            await self._take_over(epoch)
        finally:
            minding.cancel()
        return epoch

    async def _forget(self) -> None:
        """Forget what was known while this process led: what is kept is to be read."""
        self._is_outdated = True
        self._show()  # what is asked to be changed is sent on from now on
        while True:
            with contextlib.suppress(StoreProblem):
                await asyncio.to_thread(self._shared.demote)
                break
            await self._wait(FOLLOW_INTERVAL)
        self._store.abandon()

    async def _follow(self) -> None:
        try:
            await self._know(await asyncio.to_thread(self._shared.follow))
        except StoreProblem:  # it is shown by who asks the store
            self._is_outdated = True  # a part of what is new may have been read, and is lost

    async def _take_over(self, epoch: int) -> None:
        """Have ready what runs in this epoch, also if the store can be read later only."""
        followed: Followed | None = None
        while self._lead.epoch == epoch:
            try:
                if followed is None:
                    followed = await asyncio.to_thread(self._shared.promote)
                assert followed is not None
                await self._know(followed)
                if not self._is_outdated:
                    self._program = self._made(self._program.engine)
                    break
            except StoreProblem:
                self._is_outdated = True
            await self._wait(HEAR_INTERVAL)

    async def _know(self, followed: Followed) -> None:
        """Know what was kept since the last time, or all where a part of it was lost.

        The store is read beside the event loop: a server that hangs is to be shown, and to read
        all takes half a minute where there is much.
        """
        if not self._is_outdated:
            beside = await asyncio.to_thread(self._program.read_shared, followed)
            if self._program.follow(followed, *beside):
                return
        self._is_outdated = False
        try:
            self._program = await asyncio.to_thread(self._made)
        except BaseException:
            self._is_outdated = True
            raise
        self._show()
        if not self._lead.epoch:  # who leads has no seconds to spare for it
            gc.collect()  # what was known before, which is large; Python looks for it once a day

    def _made(self, engine: Engine | None = None) -> Program:
        return Program(self._loaded, self._store, read=self._read, engine=engine)

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
        self._is_outdated = True
