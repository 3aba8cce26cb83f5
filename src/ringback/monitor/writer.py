"""Writing to the store beside the event loop: one thread, in order, in batches that grow with need.

Theory of operation
===================

    put ──→ waiting ──┐ one at a time ┌──→ the thread: store.keep ──→ kept: what follows is done
     put ──→ waiting ─┘ (all together)┘

What the event loop has to keep is put here, and taken by a thread when the one before is kept. What
comes meanwhile waits and becomes one batch, so that a store that is slow is given fewer, larger
ones: nothing queues up but what is new. What follows from a batch, publishing it or answering who
sent it, is done in the loop and only once it is kept.

It is bounded: while ``MAX_WAITING_CHECKS`` checks wait, whoever sends checks from elsewhere is
refused (``is_full``), and of those made here no more are added; they are counted.

Until ``start``, and after ``close``, what is put is kept at once, in the caller's thread: at the
beginning, at the end, and where there is no event loop. So it is for one who calls ``put`` from
outside of a loop.

A store that raises has kept nothing of a batch: it waits on, is tried again with the next, and
``verify`` raises what the store raised.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from ringback.monitor.store.interface import StoreBatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.incident.model import Check, Incident, Notice, Transition
    from ringback.monitor.store.interface import NoticeStore

MAX_WAITING_CHECKS: Final = 100_000


class _Waiting:
    """What is to be kept together."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.transitions: list[Transition] = []
        self.incidents: dict[str, Incident] = {}
        self.notices: list[Notice] = []
        self.states: dict[str, Any] = {}
        self.durable = False
        self.follows: list[Callable[[], None]] = []

    def add(self, batch: StoreBatch, follows: Callable[[], None]) -> None:
        self.checks += batch.checks
        self.transitions += batch.transitions
        self.incidents |= {incident.id: incident for incident in batch.incidents}
        self.notices += batch.notices
        self.states |= batch.states
        self.durable |= batch.durable
        self.follows.append(follows)

    def batch(self) -> StoreBatch:
        return StoreBatch(
            checks=self.checks,
            transitions=self.transitions,
            incidents=tuple(self.incidents.values()),
            notices=self.notices,
            states=self.states,
            durable=self.durable,
        )


class StoreWriter:
    """Has batches kept; to be used by one event loop, or by one thread without one."""

    def __init__(self, store: NoticeStore) -> None:
        self._store = store
        self._waiting: list[tuple[StoreBatch, Callable[[], None]]] = []
        self._count = 0  # Checks that wait, those that are being written among them
        self._thread: ThreadPoolExecutor | None = None
        self._writing: asyncio.Task[None] | None = None
        self._problem: BaseException | None = None
        self._began: float | None = None  # When the batch that is being written was begun
        self._slowest = 0.0

    def slowest(self) -> float:
        """Return how many seconds a batch took since the last call, the one under way included."""
        began = self._began
        under_way = 0.0 if began is None else monotonic() - began
        slowest, self._slowest = max(self._slowest, under_way), 0.0
        return slowest

    @property
    def is_full(self) -> bool:
        """Whether so much waits that nothing more may be taken for kept."""
        return self._count >= MAX_WAITING_CHECKS

    def start(self) -> None:
        """Write in a thread from now on."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ringback-store")

    def put(self, batch: StoreBatch, follows: Callable[[], None] = lambda: None) -> None:
        """Have a batch kept, and then have done what follows from it."""
        if self._thread is None:
            self._store.keep(batch)
            follows()
            return
        self._waiting.append((batch, follows))
        self._count += len(batch.checks)
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    def verify(self) -> None:
        """Raise what the store raised when it was last given something."""
        if self._problem is not None:
            raise self._problem

    async def written(self) -> None:
        """Return when all that was put so far is kept."""
        if self._writing is None:
            self.verify()
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle() -> None:
            if not done.done():
                done.set_result(None)

        self._waiting.append((StoreBatch(), settle))
        await asyncio.wait((done, self._writing), return_when=asyncio.FIRST_COMPLETED)
        self.verify()

    async def close(self) -> None:
        """Write what waits; from now on what is put is kept at once."""
        thread = self._thread
        if thread is None:
            return
        while self._writing is not None:
            await asyncio.wait((self._writing,))
        self._thread = None
        thread.shutdown()
        left, self._waiting = self._waiting, []
        for batch, follows in left:
            self.put(batch, follows)

    def _keep(self, batch: StoreBatch) -> None:
        """Keep a batch, in the thread: what it takes is the store's, and not the event loop's."""
        self._began = began = monotonic()
        try:
            self._store.keep(batch)
        finally:
            self._slowest = max(self._slowest, monotonic() - began)
            self._began = None

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                taken = len(self._waiting)
                together = _Waiting()
                for batch, follows in self._waiting:
                    together.add(batch, follows)
                await loop.run_in_executor(self._thread, self._keep, together.batch())
                del self._waiting[:taken]
                self._count -= len(together.checks)
                self._problem = None
                for follows in together.follows:
                    follows()
        except Exception as error:  # noqa: BLE001 - raised where the next batch is put
            self._problem = error
        finally:
            self._writing = None
