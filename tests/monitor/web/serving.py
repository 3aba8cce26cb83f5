"""A served page within the event loop of a test."""

import asyncio
import contextlib
import functools

from monitor.web.service import sample

from ringback.monitor.web.server import PageServer
from ringback.monitor.web.settings import WebSettings


def in_a_loop(test):
    """Run a test in an event loop, at whose end all that it left open is closed."""

    @functools.wraps(test)
    def run(**given):
        asyncio.run(asyncio.wait_for(test(**given), 60))

    return run


def page_of(settings, **more):
    monitor = sample()
    return PageServer(monitor, monitor, settings, **more)


@contextlib.asynccontextmanager
async def serving(page=None):
    """The address of a page that is served."""
    page = page or page_of(WebSettings(port=0))
    ready = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(page.run(ready.set_result))
    try:
        yield await ready
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
