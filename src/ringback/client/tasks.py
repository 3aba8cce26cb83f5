"""Waiting and time limits for tasks, in whichever event loop they run: asyncio or trio."""

import asyncio
from asyncio import current_task
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    suppress,
)
from importlib import import_module
from math import inf
from time import monotonic
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")


async def sleep(seconds: float) -> None:
    """Wait, and let other tasks run."""
    if _in_asyncio():
        await asyncio.sleep(seconds)
    else:
        await _trio().sleep(seconds)


async def run_until(at: float, work: Awaitable[T]) -> T:
    """Return what the work returns, or cancel it when its time is over."""
    left = max(0.0, at - monotonic())
    if _in_asyncio():
        limit: AbstractAsyncContextManager[Any] = asyncio.timeout(left)
        async with limit:
            return await work
    trio = _trio()
    scope: AbstractContextManager[Any] = trio.fail_after(left)
    try:
        with scope:
            return await work
    except trio.TooSlowError as error:
        raise TimeoutError from error


@asynccontextmanager
async def group() -> AsyncIterator[Callable[[Callable[[], Coroutine[Any, Any, None]]], object]]:
    """Yield what begins a task; those that are left at the end of the block are cancelled.

    The block ends when all have. They must raise nothing.
    """
    if not _in_asyncio():
        async with _trio().open_nursery() as nursery:
            yield nursery.start_soon
            nursery.cancel_scope.cancel()
        return
    begun: list[asyncio.Task[None]] = []
    try:
        yield lambda work: begun.append(asyncio.create_task(work()))
    finally:
        for task in begun:
            task.cancel()
        if left := [task for task in begun if not task.done()]:
            await asyncio.wait(left)


def from_threads() -> Callable[[Callable[[], object]], None]:
    """Return what makes this event loop call a function, whichever thread asks for it.

    Once the loop has ended nothing is called.
    """
    if _in_asyncio():
        soon: Callable[..., object] = asyncio.get_running_loop().call_soon_threadsafe
    else:
        soon = _trio().lowlevel.current_trio_token().run_sync_soon

    def call(function: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop has ended; trio's error is one as well
            soon(function)

    return call


def running_loop() -> Hashable:
    """Return what stands for the event loop that runs."""
    if _in_asyncio():
        return asyncio.get_running_loop()
    token: Hashable = _trio().lowlevel.current_trio_token()
    return token


def new_event() -> Any:
    """Return what tasks of this event loop wait for, with ``set()`` and ``await wait()``."""
    return asyncio.Event() if _in_asyncio() else _trio().Event()


def _in_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _trio() -> Any:
    return import_module("trio")


class TaskTimeout:
    """Cancels what runs inside when its time is over, and raises ``TimeoutError`` instead.

    As ``asyncio.timeout``, at a tenth of its price: all alarms of an event loop share one timer,
    which is set again only when it goes off or when an alarm is due before it.
    """

    __slots__ = ("_cancelling", "_loop", "_rang", "_task", "_timer_of_loop", "at")

    def __init__(self, at: float, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.at = at
        self._loop = loop
        self._rang = False

    def __enter__(self) -> None:
        loop = self._loop or asyncio.get_running_loop()
        task = current_task(loop)
        if task is None:  # what was taken for the running loop is another one
            loop = asyncio.get_running_loop()
            task = current_task(loop)
        if task is None:
            raise RuntimeError("a time limit needs a running task")
        self._task = task
        self._cancelling = task.cancelling()
        self._timer_of_loop = watch = getattr(loop, _TIMER_ATTRIBUTE, None) or _new_loop_timer(loop)
        watch.alarms[self] = None
        if self.at < watch.next:
            watch.set(self.at)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._timer_of_loop.alarms.pop(self, None)
        # Somebody else may have cancelled as well: that is not ours to swallow.
        if (
            self._rang
            and self._task.uncancel() <= self._cancelling
            and kind is asyncio.CancelledError
        ):
            raise TimeoutError from error

    def ring(self) -> None:
        """Cancel what runs inside."""
        self._rang = True
        self._task.cancel()


class _LoopTimer:
    """The alarms of one event loop, and its one timer."""

    __slots__ = ("_loop", "_timer", "alarms", "next")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self.alarms: dict[TaskTimeout, None] = {}
        self.next = inf

    def set(self, at: float) -> None:
        if self._timer:
            self._timer.cancel()
        self.next = at
        self._timer = self._loop.call_at(at, self._check)

    def _check(self) -> None:
        self._timer, self.next = None, inf
        # The loop itself rounds: what is due within its resolution is due.
        now = self._loop.time() + 0.002
        for alarm in [alarm for alarm in self.alarms if alarm.at <= now]:
            del self.alarms[alarm]
            alarm.ring()
        if self.alarms:
            self.set(min(alarm.at for alarm in self.alarms))


_TIMER_ATTRIBUTE = "_ringback_alarms"


def _new_loop_timer(loop: asyncio.AbstractEventLoop) -> _LoopTimer:
    # On the loop itself, so that it goes when the loop goes; a dictionary would have to be weak.
    watch = _LoopTimer(loop)
    with suppress(AttributeError):  # uvloop's loops take no attributes
        setattr(loop, _TIMER_ATTRIBUTE, watch)
    return watch
