import re
from dataclasses import replace
from importlib import import_module

import pytest
from monitor.web.asking import TOKENS
from monitor.web.browsing import BROWSERS, Served, browser, opened
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
ONLY_CHROMIUM = pytest.mark.parametrize("browsing", ["chromium"], indirect=True)
"""What WebDriver BiDi cannot be told: to run no script, and which theme the system has."""
PHONE = {"viewport": {"width": 360, "height": 740}}


@pytest.fixture(
    scope="module", params=["chromium", pytest.param("firefox", marks=pytest.mark.nightly)]
)
def browsing(request):
    requires(BROWSERS[request.param][1]["executable_path"], "playwright")
    with browser(request.param) as launched:
        yield launched


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


@pytest.mark.nightly
def test_every_page_opens_without_a_complaint_and_fits_a_phone(browsing, served):
    for path in PAGES:
        with opened(browsing, served.url + path, **PHONE) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.nightly
@ONLY_CHROMIUM
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_anybody_out(browsing, theme):
    requires("axe_playwright_python")
    axe = import_module("axe_playwright_python.sync_playwright").Axe()
    found, seen = {}, 0
    with Served(settings=WebSettings(port=0, status_page=True)) as served:
        for path in (*PAGES, "/status", "/login"):
            with opened(browsing, served.url + path, color_scheme=theme) as page:
                said = axe.run(page).response
            seen += len(said["passes"])
            for rule in said["violations"]:
                found[path, rule["id"]] = [node["html"] for node in rule["nodes"]]
    assert found == {}
    assert seen > 100


def test_a_state_is_seen_and_spoken_as_it_changes(browsing, served):
    with opened(browsing, served.url) as page:
        live(page, served)
        card = page.locator('[data-id="web"]')
        assert card.get_attribute("data-state") == "ok"

        seen = served.do(lambda service: service.view("web"))
        down = replace(seen, state="down", kind="tcp.refused", last=refused("web"))
        served.do(lambda service: service.put(down))

        page.wait_for_selector('[data-id="web"][data-state="down"]')
        assert "connection refused" in card.inner_text()
        assert "down" in card.get_attribute("class")
        assert page.locator("#said").inner_text() == "Web shop is down, tcp.refused."
        assert page.title() == "2 down · ringback"
        assert page.locator('#counts [data-state="down"] strong').inner_text() == "2"


@pytest.mark.nightly
def test_a_new_incident_appears_on_the_overview(browsing, served):
    with opened(browsing, served.url) as page:
        live(page, served)
        other = incident("inc-2", ("db",), summary="db does not answer")
        served.do(lambda service: service.open.append(other))
        served.do(lambda service: service.tell(UiEvent(what="incident", incident="inc-2")))

        page.locator("#open-count", has_text="2").wait_for()
        page.get_by_role("link", name="db: connection refused").click()
        page.wait_for_url("**/incidents/inc-2")
        assert page.locator("h1").inner_text() == "db: connection refused"


@pytest.mark.nightly
def test_an_incident_is_acknowledged(browsing, served):
    with opened(browsing, f"{served.url}/incidents/inc-1") as page:
        page.get_by_label("Your name").first.fill("Ada")
        press(page, "Acknowledge")

        assert page.locator(".badge", has_text="acknowledged").is_visible()
        assert page.get_by_text("acknowledged by Ada").is_visible()
        assert page.get_by_role("button", name="Acknowledge", exact=True).count() == 0
    assert served.do(lambda service: service.open[0].acknowledged_by) == "Ada"


@pytest.mark.nightly
def test_an_acknowledgement_is_undone_and_a_note_written(browsing, served):
    served.do(lambda service: service.acknowledge("inc-1", "Ada"))
    with opened(browsing, f"{served.url}/incidents/inc-1") as page:
        press(page, "Undo acknowledgement")
        assert page.get_by_role("button", name="Acknowledge", exact=True).is_visible()
        page.locator("summary", has_text="Write a note").click()
        page.get_by_label("Note").fill("it is the deploy")
        press(page, "Add note")
        assert page.get_by_text("web page: it is the deploy").is_visible()


@pytest.mark.nightly
def test_an_open_incident_page_follows_what_others_do(browsing, served):
    with opened(browsing, f"{served.url}/incidents/inc-1") as page:
        live(page, served)
        served.do(lambda service: service.acknowledge("inc-1", "Grace"))

        taken = page.get_by_text("acknowledged by Grace")
        taken.wait_for()
        assert taken.count() == 1


@pytest.mark.nightly
def test_an_open_endpoint_page_follows_its_state(browsing, served):
    with opened(browsing, f"{served.url}/endpoints/api") as page:
        live(page, served)
        seen = served.do(lambda service: service.view("api"))
        served.do(lambda service: service.put(replace(seen, state="ok", kind=None)))

        page.locator("h1 .state.ok").wait_for()
        assert page.locator("h1 .state").inner_text() == "✓ ok"


@pytest.mark.nightly
def test_a_new_check_comes_on_top_of_the_others(browsing, served):
    with opened(browsing, f"{served.url}/endpoints/web") as page:
        live(page, served)
        rows = page.locator("[data-rows] tr")
        assert rows.count() == 12
        seen = served.do(lambda service: service.view("web"))
        newest = replace(seen, last=check("web", seen.last.at + 5, status=204))
        served.do(lambda service: service.put(newest))
        served.do(lambda service: service.tell(UiEvent(what="check", endpoint="web")))

        rows.first.get_by_text("HTTP 204").wait_for()
        assert rows.count() == 12
        assert page.locator(".strip i").count() == 60


@pytest.mark.nightly
def test_a_chart_says_what_is_at_the_pointer_and_where_the_keys_lead(browsing, served):
    with opened(browsing, f"{served.url}/endpoints/api") as page:
        chart, readout = page.locator(".plot svg").first, page.locator(".readout").first
        # Where a column stands moves with the time of day; between two of them nothing is said.
        known = chart.locator(".at").filter(has_text="p50 42 ms")
        known.nth(known.count() // 2).hover()
        readout.get_by_text(re.compile(r"^\S+ \S+: p50 42 ms, p95 42 ms, p99 42 ms$")).wait_for()
        chart.focus()
        page.keyboard.press("End")
        assert "1 of 1 failed · " in readout.inner_text()
        assert readout.inner_text().endswith("api refuses connections")
        page.keyboard.press("Home")
        before = readout.inner_text()
        page.keyboard.press("ArrowRight")
        assert readout.inner_text() > before


@pytest.mark.nightly
def test_an_endpoint_is_checked_paused_and_resumed(browsing, served):
    with opened(browsing, f"{served.url}/endpoints/api") as page:
        press(page, "Check now")
        assert served.do(lambda service: service.checked) == ["api"]
        page.locator("summary", has_text="Pause").click()
        page.get_by_label("Your name").first.fill("Ada")
        press(page, "Pause")
        assert page.locator("h1 .state").inner_text() == "‖ paused"
        press(page, "Resume")
        assert page.get_by_role("button", name="Check now").is_visible()


@pytest.mark.nightly
def test_an_endpoint_is_silenced_and_notified_again(browsing, served):
    with opened(browsing, f"{served.url}/endpoints/api") as page:
        page.locator("summary", has_text="Silence").click()
        page.get_by_label("For").select_option("14400")
        page.get_by_label("Reason").fill("move")
        page.get_by_label("Your name").last.fill("Ada")
        press(page, "Silence")
        page.goto(f"{served.url}/incidents")
        assert "move" in page.locator(".silences").inner_text()
        press(page, "End the silence of api")
    assert served.do(lambda service: service.silences()) == []


@pytest.mark.nightly
def test_a_discovered_endpoint_is_adopted(browsing, served):
    with opened(browsing, f"{served.url}/discovered") as page:
        page.get_by_role("button", name="Adopt https://payments.example").click()
        page.get_by_text("None yet. Programs report").wait_for()
    assert served.do(lambda service: service.adopted) == [("payments", "web page")]


@pytest.mark.nightly
def test_endpoints_are_filtered_by_what_is_typed_and_by_state_and_the_address_says_so(
    browsing, served
):
    with opened(browsing, served.url) as page:
        page.keyboard.press("/")
        page.keyboard.type("SHOP")
        assert page.locator(".card:visible").count() == 3
        assert page.locator("#shown span").inner_text() == "3 of 5 endpoints"

        page.get_by_role("link", name=re.compile("1 down")).click()
        assert page.locator(".card:visible").count() == 1
        assert page.url == f"{served.url}/?q=SHOP&state=down"
        page.reload()
        assert page.locator(".card:visible").count() == 1
        assert page.get_by_role("searchbox").input_value() == "SHOP"

        page.get_by_label("Group", exact=True).select_option("Other")
        page.get_by_text("No endpoint matches.").wait_for()
        page.get_by_role("link", name="all").click()
        assert page.locator(".card:visible").count() == 5
        assert page.url.rstrip("/") == served.url


def test_a_bookmarked_filter_shows_what_falls_later_and_not_what_is_well_again(browsing, served):
    with opened(browsing, f"{served.url}/?state=down") as page:
        live(page, served)
        assert page.locator(".card:visible .name").all_inner_texts() == ["api"]

        seen = {
            id_: served.do(lambda service, id_=id_: service.view(id_)) for id_ in ("web", "api")
        }
        served.do(lambda service: service.put(replace(seen["web"], state="down")))
        page.wait_for_selector('[data-id="web"]:visible')
        served.do(lambda service: service.put(replace(seen["api"], state="ok")))
        page.wait_for_selector('[data-id="api"]', state="hidden")
        assert page.locator("#shown span").inner_text() == "1 of 5 endpoints"


@ONLY_CHROMIUM
@pytest.mark.nightly
def test_without_a_script_the_filter_is_a_form(browsing, served):
    with opened(browsing, served.url, java_script_enabled=False) as page:
        page.get_by_role("searchbox").fill("web")
        page.get_by_label("Group", exact=True).select_option("shop")
        press(page, "Filter")
        assert page.locator(".card:visible .name").all_inner_texts() == ["Web shop"]


@pytest.mark.nightly
def test_everything_can_be_reached_with_the_keyboard(browsing, served):
    with opened(browsing, served.url) as page:
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


@ONLY_CHROMIUM
@pytest.mark.nightly
def test_the_theme_is_that_of_the_system_until_another_is_chosen(browsing, served):
    paper = "getComputedStyle(document.body).backgroundColor"
    with opened(browsing, served.url, color_scheme="dark") as page:
        assert page.evaluate(paper) == "rgb(15, 20, 25)"
        page.get_by_role("button", name="Light").click()
        assert page.evaluate(paper) == "rgb(255, 255, 255)"
        page.reload()
        assert page.evaluate(paper) == "rgb(255, 255, 255)"


@pytest.mark.nightly
def test_somebody_with_a_token_logs_in_acts_and_logs_out(browsing):
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
    view = EndpointView(endpoint=endpoint("x", name=evil), state="ok", last=check("x"))
    with Served(MemoryService(view)) as one, opened(browsing, one.url) as page:
        live(page, one)
        one.do(lambda service: service.put(replace(view, state="down", kind=evil)))
        page.wait_for_selector('[data-state="down"].card')

        assert page.locator(".card .name").inner_text() == evil
        assert page.title() != "1"


@pytest.mark.nightly
def test_of_a_thousand_endpoints_those_are_shown_that_are_not_well_or_that_are_looked_for(browsing):
    views = [
        EndpointView(
            endpoint=endpoint(f"e{n}", group=f"g{n % 20}"), state="ok", last=check(f"e{n}")
        )
        for n in range(1000)
    ]
    cards = ".card[data-id]:visible"
    with Served(MemoryService(*views)) as one, opened(browsing, one.url) as page:
        live(page, one)
        assert page.locator(cards).count() == 0
        one.do(lambda service: service.put(replace(views[7], state="down")))
        page.wait_for_selector('.group h2:text("Not well")')
        assert page.locator(cards).count() == 1
        assert "49 ok" in page.locator(".card", has_text="g7").last.inner_text()
        one.do(lambda service: service.put(views[7]))
        page.wait_for_selector('[data-id="e7"]', state="detached")

        page.get_by_role("searchbox").fill("e99")
        page.wait_for_selector('[data-id="e999"]')
        assert page.locator(cards).count() == 11
        assert page.locator("#shown span").inner_text() == "11 of 1000 endpoints"
        one.do(lambda service: service.put(replace(views[990], state="down")))
        page.wait_for_selector('[data-id="e990"][data-state="down"]')

        page.get_by_role("link", name="all").click()
        page.get_by_role("link", name=re.compile("^g3")).click()
        page.wait_for_selector('[data-id="e3"]')
        assert page.locator(cards).count() == 50
        assert page.url == f"{one.url}/?group=g3"
