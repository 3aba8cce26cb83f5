"""A served monitor in memory, and a real browser that looks at it."""

import asyncio
import threading
import time
from contextlib import contextmanager, suppress
from importlib import import_module

from monitor.web.service import sample

from ringback.monitor.web.server import PageServer
from ringback.monitor.web.settings import WebSettings

BROWSERS = {
    "chromium": ("chromium", {"executable_path": "/usr/bin/chromium", "args": ["--no-sandbox"]}),
    # Debian's own, by WebDriver BiDi; playwright from 1.63 on wants a newer one.
    "firefox": ("firefox", {"executable_path": "/usr/bin/firefox-esr", "channel": "moz-firefox"}),
}
WAIT_TIMEOUT = 120_000.0
"""Milliseconds."""


class Served:
    """A page that is served by a thread of its own; ``service`` is touched only by ``do``."""

    def __init__(self, service=None, settings=None):
        self.service = service or sample(now=time.time())
        self._settings = settings or WebSettings(port=0)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self):
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        with suppress(asyncio.CancelledError):
            await PageServer(self.service, self.service, self._settings).run(self._is_ready)

    def _is_ready(self, url):
        self.url = url
        self._ready.set()

    def do(self, what):
        """Call something in the server's thread, and wait for it."""

        async def done():
            return what(self.service)

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(60)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(60)
        assert not self._thread.is_alive()


@contextmanager
def browser(name="chromium"):
    """A headless one."""
    sort, options = BROWSERS[name]
    with import_module("playwright.sync_api").sync_playwright() as play:
        launched = getattr(play, sort).launch(**options, timeout=WAIT_TIMEOUT)
        yield launched
        launched.close()


@contextmanager
def opened(chromium, url, **more):
    """A page of its own; what it complains of is a failure."""
    context = chromium.new_context(**more)
    context.set_default_timeout(WAIT_TIMEOUT)
    page = context.new_page()
    complaints = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    yield page
    context.close()
    assert complaints == []
