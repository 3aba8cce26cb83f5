"""Calls that block, each in a thread of its own that keeps nobody from ending."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Thread


def apart(call: Callable[[], object], name: str) -> asyncio.Future[None]:
    """Begin a call in a thread; return what is done when it has returned.

    Args:
        call: Blocks; what it returns is dropped.
        name: Of the thread.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            call()
        except BaseException as raised:  # noqa: BLE001 - it is raised where it is awaited
            error = raised
        try:
            loop.call_soon_threadsafe(settle, error)
        except RuntimeError:
            return  # the loop has ended meanwhile

    Thread(target=run, name=name, daemon=True).start()
    return done
