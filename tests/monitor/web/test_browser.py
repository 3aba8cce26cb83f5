import re
from dataclasses import replace

import pytest
from monitor.web.asking import TOKENS
from monitor.web.browsing import Served, browser, opened
from monitor.web.service import MemoryService, check, endpoint, incident, refused
from requires import requires

from ringback.monitor.model import EndpointView, UiEvent
from ringback.monitor.web.settings import WebSettings

PAGES = [
    "/",
    "/endpoints/web",
    "/endpoints/web?window=90d",
    "/endpoints/api",
    "/endpoints/job",
    "/incidents",
    "/incidents/inc-1",
    "/incidents/inc-0",
    "/discovered",
    "/kinds/tcp.refused",
]
PHONE = {"viewport": {"width": 360, "height": 740}}


@pytest.fixture(scope="module")
def chromium():
    requires("chromium", "playwright")
    with browser() as one:
        yield one


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


@pytest.mark.full
def test_every_page_opens_without_a_complaint_and_fits_a_phone(chromium, served):
    for path in PAGES:
        with opened(chromium, served.url + path, **PHONE) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_state_is_seen_and_spoken_as_it_changes(chromium, served):
    with opened(chromium, served.url) as page:
        live(page, served)
        card = page.locator('[data-id="web"]')
        assert card.get_attribute("data-state") == "ok"

        seen = served.do(lambda service: service.view("web"))
        down = replace(seen, state="down", kind="tcp.refused", last=refused("web"))
        served.do(lambda service: service.put(down))

        page.wait_for_selector('[data-id="web"][data-state="down"]')
        assert "tcp.refused" in card.inner_text()
        assert "down" in card.get_attribute("class")
        assert page.locator("#said").inner_text() == "Web shop is down, tcp.refused."
        assert page.title() == "2 down · ringback"
        assert page.locator('#counts [data-state="down"] strong').inner_text() == "2"


@pytest.mark.full
def test_a_new_incident_appears_on_the_overview(chromium, served):
    with opened(chromium, served.url) as page:
        live(page, served)
        other = incident("inc-2", ("db",), summary="db does not answer")
        served.do(lambda service: service.open.append(other))
        served.do(lambda service: service.tell(UiEvent(what="incident", incident="inc-2")))

        page.locator("#open-count", has_text="2").wait_for()
        page.get_by_role("link", name="db does not answer").click()
        page.wait_for_url("**/incidents/inc-2")
        assert page.locator("h1").inner_text() == "db does not answer"


@pytest.mark.full
def test_an_incident_is_acknowledged(chromium, served):
    with opened(chromium, f"{served.url}/incidents/inc-1") as page:
        page.get_by_label("Your name").first.fill("Ada")
        press(page, "Acknowledge")

        assert page.locator(".badge", has_text="acknowledged").is_visible()
        assert page.get_by_text("acknowledged by Ada").is_visible()
        assert page.get_by_role("button", name="Acknowledge").count() == 0
    assert served.do(lambda service: service.open[0].acknowledged_by) == "Ada"


@pytest.mark.full
def test_an_open_incident_page_follows_what_others_do(chromium, served):
    with opened(chromium, f"{served.url}/incidents/inc-1") as page:
        live(page, served)
        served.do(lambda service: service.acknowledge("inc-1", "Grace"))

        taken = page.get_by_text("acknowledged by Grace")
        taken.wait_for()
        assert taken.count() == 1


@pytest.mark.full
def test_an_open_endpoint_page_follows_its_state(chromium, served):
    with opened(chromium, f"{served.url}/endpoints/api") as page:
        live(page, served)
        seen = served.do(lambda service: service.view("api"))
        served.do(lambda service: service.put(replace(seen, state="ok", kind=None)))

        page.locator("h1 .state.ok").wait_for()
        assert page.locator("h1 .state").inner_text() == "✓ ok"


@pytest.mark.full
def test_an_endpoint_is_silenced_and_notified_again(chromium, served):
    with opened(chromium, f"{served.url}/endpoints/api") as page:
        page.get_by_label("For").select_option("14400")
        page.get_by_label("Reason").fill("move")
        page.get_by_label("Your name").fill("Ada")
        press(page, "Silence")
        page.goto(f"{served.url}/incidents")
        assert "move" in page.locator(".silences").inner_text()
        press(page, "End the silence of api")
    assert served.do(lambda service: service.silences()) == []


@pytest.mark.full
def test_a_discovered_endpoint_is_adopted(chromium, served):
    with opened(chromium, f"{served.url}/discovered") as page:
        page.get_by_role("button", name="Adopt https://payments.example").click()
        page.get_by_text("None yet. Programs report").wait_for()
    assert served.do(lambda service: service.adopted) == [("payments", "web page")]


@pytest.mark.full
def test_endpoints_are_filtered_by_what_is_typed_and_by_state(chromium, served):
    with opened(chromium, served.url) as page:
        page.keyboard.press("/")
        page.keyboard.type("SHOP")
        assert page.locator(".card:visible").count() == 3
        assert page.locator("#shown").inner_text() == "3 of 5 endpoints"

        page.get_by_role("link", name=re.compile("1 down")).click()
        assert page.locator(".card:visible").count() == 1
        assert page.url.rstrip("/") == served.url


@pytest.mark.full
def test_everything_can_be_reached_with_the_keyboard(chromium, served):
    with opened(chromium, served.url) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to content"
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.closest('[data-id=api]') !== null"):
                break
        width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert width == "3px"
        page.keyboard.press("Enter")
        page.wait_for_url("**/endpoints/api")


@pytest.mark.full
def test_the_theme_is_that_of_the_system_until_another_is_chosen(chromium, served):
    paper = "getComputedStyle(document.body).backgroundColor"
    with opened(chromium, served.url, color_scheme="dark") as page:
        assert page.evaluate(paper) == "rgb(15, 20, 25)"
        page.get_by_role("button", name="Light").click()
        assert page.evaluate(paper) == "rgb(255, 255, 255)"
        page.reload()
        assert page.evaluate(paper) == "rgb(255, 255, 255)"


@pytest.mark.full
def test_somebody_with_a_token_logs_in_acts_and_logs_out(chromium):
    settings = WebSettings(port=0, tokens=TOKENS)
    with Served(settings=settings) as one, opened(chromium, f"{one.url}/incidents/inc-1") as page:
        page.get_by_label("Token").fill("operator-secret")
        press(page, "Log in")
        press(page, "Acknowledge")
        page.get_by_text("acknowledged by operator").wait_for()
        press(page, "Log out")
        page.goto(one.url)

        assert page.url.startswith(f"{one.url}/login")


def test_text_of_others_does_not_run(chromium):
    evil = "<img src=x onerror='document.title=1'><script>document.title=1</script>"
    view = EndpointView(endpoint=endpoint("x", name=evil), state="ok", last=check("x"))
    with Served(MemoryService(view)) as one, opened(chromium, one.url) as page:
        live(page, one)
        one.do(lambda service: service.put(replace(view, state="down", kind=evil)))
        page.wait_for_selector('[data-state="down"].card')

        assert page.locator(".card .name").inner_text() == evil
        assert page.title() != "1"


@pytest.mark.full
def test_a_thousand_endpoints_are_shown_and_filtered(chromium):
    views = [
        EndpointView(
            endpoint=endpoint(f"e{n}", group=f"g{n % 20}"), state="ok", last=check(f"e{n}")
        )
        for n in range(1000)
    ]
    with Served(MemoryService(*views)) as one, opened(chromium, one.url) as page:
        assert page.locator(".card:visible").count() == 1000
        page.get_by_role("searchbox").fill("e99")
        assert page.locator(".card:visible").count() == 11
