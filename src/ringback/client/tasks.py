"""Waiting and time limits for tasks, in whichever event loop they run: asyncio or trio."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from importlib import import_module
from time import monotonic
from typing import Any, TypeVar

T = TypeVar("T")


async def sleep(seconds: float) -> None:
    """Wait, and let other tasks run.

    Args:
        seconds: How long.
    """
    if _in_asyncio():
        await asyncio.sleep(seconds)
    else:
        await _trio().sleep(seconds)


async def until(at: float, work: Awaitable[T]) -> T:
    """Return what the work returns, or cancel it when its time is over.

    Args:
        at: Seconds on ``time.monotonic()``.
        work: What to await.

    Raises:
        TimeoutError: If the time was over first.
    """
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


def loop() -> Hashable:
    """Return what stands for the event loop that runs."""
    if _in_asyncio():
        return asyncio.get_running_loop()
    token: Hashable = _trio().lowlevel.current_trio_token()
    return token


def event() -> Any:
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
