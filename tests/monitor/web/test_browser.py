"""What only a real browser shows: scripts, live updates, themes and accessibility."""

import asyncio
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module

import pytest
from monitor.web.asking import TOKENS
from monitor.web.service import MemoryService, check, incident, refused, sample, view
from monitor.web.serving import serving
from monitor.web.test_pages import PAGES
from requires import requires

from ringback.monitor.model import UiEvent
from ringback.monitor.web.server import PageServer
from ringback.monitor.web.settings import WebSettings

pytestmark = pytest.mark.nightly

PHONE = {"viewport": {"width": 360, "height": 740}}


BROWSERS = {
    "chromium": ("chromium", {"executable_path": "/usr/bin/chromium", "args": ["--no-sandbox"]}),
    # Debian's own, by WebDriver BiDi; playwright from 1.63 on wants a newer one.
    "firefox": ("firefox", {"executable_path": "/usr/bin/firefox-esr", "channel": "moz-firefox"}),
}
WAIT_TIMEOUT = 120_000.0
"""Milliseconds."""


class Served:
    """A page that is served by a thread of its own; the service is touched only by ``do``."""

    def __init__(self, service=None, settings=None):
        self._service = service or sample(now=time.time())
        self._page = PageServer(self._service, self._service, settings or WebSettings(port=0))
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self):
        self._loop = asyncio.get_running_loop()
        async with serving(self._page) as self.url:
            self._ready.set()
            await self._end.wait()

    def do(self, what):
        async def done():
            return what(self._service)

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(60)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture(scope="module", params=BROWSERS)
def browsing(request):
    sort, options = BROWSERS[request.param]
    requires(options["executable_path"], "playwright")
    with import_module("playwright.sync_api").sync_playwright() as play:
        launched = getattr(play, sort).launch(**options, timeout=WAIT_TIMEOUT)
        yield launched
        launched.close()


@contextmanager
def opened(browsing, url, **more):
    """A page of its own; what it complains of is a failure."""
    context = browsing.new_context(**more)
    context.set_default_timeout(WAIT_TIMEOUT)
    page = context.new_page()
    complaints = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def served():
    with Served() as one:
        yield one


def live(page, served):
    """Wait until the page is told what changes."""
    page.wait_for_selector('body[data-live="on"]')
    while not served.do(lambda service: service.listeners):
        page.wait_for_timeout(10)


def press(page, name):
    """Send a form, and wait for the page that it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def test_every_page_opens_without_a_complaint_and_fits_a_phone(browsing, served):
    for path in PAGES:
        with opened(browsing, served.url + path, **PHONE) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("browsing", ["chromium"], indirect=True)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_barrier(browsing, theme):
    requires("axe_playwright_python")
    axe = import_module("axe_playwright_python.sync_playwright").Axe()
    found, seen = {}, 0
    with Served(settings=WebSettings(port=0, status_page=True)) as served:
        for path in (*PAGES, "/endpoints/web?window=90d", "/status"):
            with opened(browsing, served.url + path, color_scheme=theme) as page:
                said = axe.run(page).response
            seen += len(said["passes"])
            for rule in said["violations"]:
                found[path, rule["id"]] = [node["html"] for node in rule["nodes"]]
    assert found == {}
    assert seen > 100


def test_overview_follows_states_and_incidents(browsing, served):
    with opened(browsing, served.url) as page:
        live(page, served)
        seen = served.do(lambda service: service.view("web"))
        down = replace(seen, state="down", kind="tcp.refused", last=refused("web"))
        served.do(lambda service: service.put(down))
        page.wait_for_selector('[data-id="web"][data-state="down"]')
        assert "connection refused" in page.locator('[data-id="web"]').inner_text()
        assert page.locator("#said").inner_text() == "Web shop is down, tcp.refused."
        assert page.title().startswith("2 down")

        other = incident("inc-2", ("db",), summary="db does not answer")
        served.do(lambda service: service.open.append(other))
        served.do(lambda service: service.tell(UiEvent(what="incident", incident="inc-2")))
        page.get_by_role("link", name="db: connection refused").click()
        page.wait_for_url("**/incidents/inc-2")


def test_endpoint_page_follows_its_state_and_checks(browsing, served):
    with opened(browsing, f"{served.url}/endpoints/web") as page:
        live(page, served)
        seen = served.do(lambda service: service.view("web"))
        newest = replace(seen, last=check("web", seen.last.at + 5, status=204))
        served.do(lambda service: service.put(newest))
        served.do(lambda service: service.tell(UiEvent(what="check", endpoint="web")))
        page.locator("[data-rows] tr").first.get_by_text("HTTP 204").wait_for()

        served.do(lambda service: service.put(replace(newest, state="down")))
        page.locator("h1 .state.down").wait_for()


def test_log_in_act_and_log_out(browsing):
    settings = WebSettings(port=0, tokens=TOKENS)
    with Served(settings=settings) as one, opened(browsing, f"{one.url}/incidents/inc-1") as page:
        page.get_by_label("Token").fill("operator-secret")
        press(page, "Log in")
        press(page, "Acknowledge")
        page.get_by_text("acknowledged by operator").wait_for()
        press(page, "Log out")
        page.goto(one.url)

        assert page.url.startswith(f"{one.url}/login")


def test_text_of_others_does_not_run(browsing):
    evil = "<img src=x onerror='document.title=1'><script>document.title=1</script>"
    seen = view("x", last=check("x"), of={"name": evil})
    with Served(MemoryService(seen)) as one, opened(browsing, one.url) as page:
        live(page, one)
        one.do(lambda service: service.put(replace(seen, state="down", kind=evil)))
        page.wait_for_selector('[data-state="down"].card')

        assert page.locator(".card .name").inner_text() == evil
        assert page.title() != "1"
