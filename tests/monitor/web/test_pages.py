import asyncio
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import httpx
import pytest
from monitor.web.asking import Asking
from monitor.web.service import NOW, MemoryService, check, endpoint, incident, refused, sample

from ringback.failure import KINDS
from ringback.incident.model import TimelineEntry
from ringback.incident.slo import ErrorBudget
from ringback.monitor.model import EndpointView, ObserverView
from ringback.monitor.store.interface import StoreUnavailable
from ringback.monitor.web.words import FAILURES

PAGES = {
    "/": "Web shop",
    "/endpoints/web": "Certificate",
    "/endpoints/web?window=1h": "11:49:00: ",
    "/endpoints/web?window=7d": "Time per phase",
    "/endpoints/api": "refused (ECONNREFUSED)",
    "/endpoints/job": "unknown",
    "/incidents": "<strong>api</strong>: connection refused",
    "/incidents/inc-1": "Nothing listens on api.example:8443",
    "/incidents/inc-0": "Resolved",
    "/discovered": "payments.example",
    "/kinds/tcp.refused": "What to do",
    "/login": "Token",
}


class Tags(HTMLParser):
    """The start tags of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize(("path", "text"), PAGES.items())
def test_every_page_opens_and_shows_what_it_is_for(path, text):
    response = Asking().get(path)

    assert response.status_code == 200
    assert text in response.text


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_secret_or_something_that_its_policy_forbids(path):
    text = Asking().get(path).text
    tags = Tags(text).tags

    assert "secret" not in text
    assert "hidden#" not in text
    assert "key=" not in text
    assert all("src" in attrs for tag, attrs in tags if tag == "script")
    assert not any("style" in attrs for _, attrs in tags)
    assert not any(name.startswith("on") for _, attrs in tags for name in attrs)
    assert not any("//" in attrs.get(name, "") for _, attrs in tags for name in ("src", "href"))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_can_be_used_without_eyes_and_without_a_mouse(path):
    tags = Tags(Asking().get(path).text).tags
    names = [tag for tag, _ in tags]
    fields = [attrs for tag, attrs in tags if tag in ("input", "select") and "hidden" not in attrs]
    levels = [int(tag[1]) for tag in names if re.fullmatch("h[1-6]", tag)]

    assert [attrs["lang"] for tag, attrs in tags if tag == "html"] == ["en"]
    assert names.count("main") == 1
    assert names.count("h1") == 1
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert names.count("label") == sum(field.get("type") != "hidden" for field in fields)
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_text_of_others_is_shown_as_text():
    evil = "<img src=x onerror=alert(1)>"
    view = EndpointView(
        endpoint=endpoint("x", name=evil, group=evil, labels={"a": evil}, url=f"https://{evil}"),
        state="down",
        kind=evil,
        last=refused("x", detail=evil, kind=evil),
        incident="i",
    )
    service = MemoryService(view)
    service.open = [incident("i", ("x",), summary=evil, evidence=(evil,), kind=evil)]
    service.store.kept["x"].append(view.last)
    asking = Asking(service)

    for path in ("/", "/endpoints/x", "/incidents", "/incidents/i", f"/?q={evil}"):
        assert "<img" not in asking.get(path).text


def test_an_endpoint_is_checked_paused_and_resumed_by_forms():
    asking = Asking()

    assert asking.post("/endpoints/web/check").status_code == 303
    assert asking.service.checked == ["web"]
    again = asking.post("/endpoints/web/check")
    assert (again.status_code, again.headers["retry-after"]) == (429, "5")
    assert asking.post("/endpoints/job/check").status_code == 409
    assert asking.post("/endpoints/web/pause", data={"by": "Ada"}).status_code == 303
    text = asking.get("/endpoints/web").text
    assert "Paused by</dt><dd>Ada" in text
    assert "Check now" not in text
    assert "paused" in asking.get("/?state=paused").text
    assert asking.post("/endpoints/web/resume").status_code == 303
    assert "Check now" in asking.get("/endpoints/web").text


@pytest.mark.parametrize(("left", "said"), [(0.42, "42 % left"), (-0.3, "used up")])
def test_what_is_left_of_an_error_budget_is_shown(left, said):
    budget = ErrorBudget(target=0.999, left=left, burn={})
    asking = Asking(
        MemoryService(EndpointView(endpoint=endpoint("web"), state="ok", budget=budget))
    )

    text = asking.get("/endpoints/web").text
    assert "Error budget" in text
    assert said in text
    assert "target 99.9 % of 30 days" in text


def test_only_so_many_checks_are_asked_for_at_a_time():
    service = MemoryService(
        *(EndpointView(endpoint=endpoint(f"e{n}"), state="ok") for n in range(30))
    )
    begun, release = [], asyncio.Event()

    async def check(id_):
        begun.append(id_)
        await release.wait()

    service.check = check
    asking = Asking(service)

    async def ask():
        transport = httpx.ASGITransport(asking.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            tasks = [
                asyncio.create_task(client.post(f"/api/v1/endpoints/e{n}/check")) for n in range(30)
            ]
            refused, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            while len(refused) < 10:
                refused, _ = await asyncio.wait(tasks, timeout=0.01)
            release.set()
            return [answer.status_code for answer in await asyncio.gather(*tasks)]

    assert sorted(asyncio.run(ask())) == [200] * 20 + [429] * 10
    assert len(begun) == 20


def shown_cards(text):
    return [
        attrs["data-id"]
        for _, attrs in Tags(text).tags
        if "data-id" in attrs and "hidden" not in attrs
    ]


def test_the_overview_is_filtered_where_no_script_runs():
    asking = Asking()
    web = asking.service.known["web"]
    asking.service.put(replace(web, endpoint=replace(web.endpoint, labels={"team": "a b"})))

    def shown(path):
        return shown_cards(asking.get(path).text)

    assert shown("/?state=down") == ["api"]
    assert shown("/?q=WEB") == shown("/?label=team%3Da+b") == shown("/?q=team=a") == ["web"]
    assert shown("/?q=&state=&group=shop&label=") == ["web", "api", "db"]
    assert shown("/?group=shop&state=ok&q=web") == ["web"]
    assert 'value="shop" selected' in asking.get("/?group=shop").text
    assert shown("/?label=team%3Da") == shown("/?q=nothing") == []
    assert '<p id="none">No endpoint matches' in asking.get("/?q=nothing").text


def test_of_very_many_endpoints_those_are_shown_that_are_not_well_and_all_groups():
    known = [EndpointView(endpoint=endpoint(f"e{n}"), state="ok") for n in range(2500)]
    known[2400] = EndpointView(
        endpoint=endpoint("e2400", group="A & B"), state="down", kind="tcp.refused"
    )
    asking = Asking(MemoryService(*known))

    def shown(path):
        text = asking.get(path).text
        return shown_cards(text), re.findall(r'<p id="more">(\d+) more', text)

    assert shown("/") == (["e2400"], [])
    first, more = shown("/?state=ok")
    assert (len(first), first[0], more) == (100, "e0", ["2399"])
    last, more = shown("/?state=ok&from=2400")
    assert (len(last), last[-1], more) == (99, "e2499", [])
    assert shown("/?q=e240") == ([f"e{n}" for n in (2400, 240, *range(2401, 2410))], [])
    assert shown("/?state=down") == shown("/?group=A+%26+B") == (["e2400"], [])
    assert len(shown("/?group=-")[0]) == 100
    assert 'href="?state=ok&amp;from=100"' in asking.get("/?state=ok").text
    assert asking.get("/?from=-1").status_code == asking.get("/?from=9e9").status_code == 200
    text = asking.get("/").text
    one = Asking(MemoryService(*known[:300])).get("/").text
    assert shown_cards(one) == []
    assert "All endpoints" in one
    assert text.index("?group=A+%26+B") < text.index("2499 ok") < text.index('viewBox="0 0 2499 1"')


def test_incidents_are_called_by_the_service_and_what_is_wrong():
    service = sample()
    service.open = [
        incident("a", ("web",), summary="Nothing listens on 127.0.1.25:5432."),
        incident("b", ("web", "api"), well=("web",), kind="dns.timed_out", partial=True),
        incident("c", ("web", "db"), pattern="latency", detector="latency", severity="warn",
                 summary="Web shop: 0.9 s where 0.1 s is usual."),
        incident("d", ("web",), pattern="flapping", summary="Web shop comes and goes: 3 times."),
        incident("e", (), pattern="vantage_silent", observer="Rome", kind=None, summary="No word."),
        incident("f", ("web",), kind=None, summary="Web shop is down: it fails"),
        incident("g", ("web",), kind="http.error", summary="It answers with an error.",
                 timeline=(TimelineEntry(at=NOW, what="opened", text="Web is down: status 404"),)),
    ]  # fmt: skip
    text = Asking(service).get("/incidents").text
    said = re.findall(r'/incidents/(.)"><strong>(.*?)</strong>: (.*?)</a>', text)

    assert {name: f"{who}: {what}" for name, who, what in said} == {
        "a": "Web shop: connection refused",
        "b": "api: down for some, DNS lookup timed out",
        "c": "Web shop and 1 more: 0.9 s where 0.1 s is usual",
        "d": "Web shop: comes and goes: 3 times",
        "e": "Agent at Rome: No word",
        "f": "Web shop: down: it fails",
        "g": "Web shop: status 404",
    }
    assert set(FAILURES) == set(KINDS)


def test_the_overview_shows_the_worst_incidents_and_how_many_there_are():
    service = sample()
    service.open = [
        incident(f"i{n}", ("api",), opened_at=NOW - n, severity="page" if n == 8 else "warn")
        for n in range(9)
    ]
    service.open[8] = incident("i8", ("api", "db"), opened_at=NOW - 900)
    text = Asking(service).get("/").text

    assert re.findall('href="/incidents/(i.)"', text) == ["i8", "i0", "i1", "i2", "i3", "i4"]
    assert "9 open incidents" in text
    assert ">3 more</a>" in text


def test_a_card_says_why_and_that_it_flaps_also_while_it_is_up():
    views = (
        EndpointView(endpoint=endpoint("a"), state="ok", pattern="flapping"),
        EndpointView(endpoint=endpoint("b"), state="down", kind="tcp.refused", silenced=True),
        EndpointView(endpoint=endpoint("c"), state="suspect", kind="tcp.refused"),
        EndpointView(
            endpoint=endpoint("d"), state="down", kind="http.error", last=check("d", status=500)
        ),
        EndpointView(endpoint=endpoint("e"), state="ok"),
    )
    text = Asking(MemoryService(*views)).get("/").text

    assert re.findall('class="cause".*?>(.*?)</span>', text) == [
        "flapping",
        "connection refused, silenced",
        "suspect, connection refused",
        "status 500",
    ]
    assert "card ok flapping" in text


def test_nothing_watched_says_what_to_do():
    assert "No endpoints are monitored yet" in Asking(MemoryService()).get("/").text


@pytest.mark.parametrize(("count", "cards"), [(200, 200), (10_000, 100)])
def test_however_many_endpoints_there_are_the_overview_is_small(count, cards):
    views = [
        EndpointView(
            endpoint=endpoint(f"e{n}", group=f"g{n % 200}"),
            state="down" if n % 20 == 0 else "ok",
            since=NOW - 99,
            kind="tcp.refused",
            last=check(f"e{n}"),
        )
        for n in range(count)
    ]
    text = Asking(MemoryService(*views)).get("/").text

    assert text.count("data-id") == cards
    assert len(text) < 150_000


def test_every_kind_is_explained():
    asking = Asking()

    for name, kind in KINDS.items():
        response = asking.get(f"/kinds/{name}")
        assert response.status_code == 200
        assert kind.meaning.split("`")[0] in response.text.replace("&#39;", "'").replace(
            "&#34;", '"'
        ).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@pytest.mark.parametrize(
    "path", ["/nothing", "/endpoints/nobody", "/incidents/nobody", "/kinds/no.kind"]
)
def test_what_is_not_there_is_a_page_for_people(path):
    response = Asking().get(path, headers={"accept": "text/html"})

    assert response.status_code == 404
    assert "<h1>Not Found</h1>" in response.text


def test_the_page_of_an_endpoint_has_the_percentiles_of_each_phase():
    text = Asking().get("/endpoints/web").text
    table = text.partition('<th scope="col">Phase</th>')[2].partition("</table>")[0]
    assert [heading in table for heading in ("p50 (median)", "p95", "p99")] == [True] * 3
    assert table.count('<th scope="row">') == 5


def test_an_incident_without_a_diagnosis_says_what_to_do_all_the_same():
    service = sample()
    service.open = [incident("i", advice=("Renew it <soon>.",))]
    text = Asking(service).get("/incidents/i").text
    assert "What to do" in text
    assert "Renew it &lt;soon&gt;." in text


def test_an_incident_of_the_monitor_itself_has_no_endpoint_to_silence():
    service = MemoryService()
    service.open = [incident("i", (), pattern="prober_sick", summary="The monitor is not well.")]
    asking = Asking(service)
    text = asking.get("/incidents/i").text

    assert "Monitor unhealthy" in text
    assert "None: it is about the monitor itself." in text
    assert "Silence its endpoints" not in text
    for path in ("/", "/incidents"):
        assert "<strong>The monitor</strong>: not well" in asking.get(path).text
    assert asking.get("/api/v1/incidents").json()[0]["members"] == []


def test_an_incident_is_taken_by_a_form():
    asking = Asking()
    response = asking.post("/incidents/inc-1/acknowledge", data={"by": " Ada "})

    assert response.status_code == 303
    assert response.headers["location"] == "/incidents/inc-1"
    assert asking.service.open[0].acknowledged_by == "Ada"
    assert "Acknowledge</button>" not in asking.get("/incidents/inc-1").text


def test_an_acknowledgement_is_undone_and_a_note_is_written_by_forms():
    asking = Asking()
    path = "/incidents/inc-1"
    assert asking.post(f"{path}/unacknowledge", data={"by": "Ada"}).status_code == 404
    asking.post(f"{path}/acknowledge", data={"by": "Ada"})
    assert "Undo acknowledgement" in asking.get(path).text
    assert asking.post(f"{path}/unacknowledge", data={"by": "Ada"}).status_code == 303
    assert asking.service.open[0].state == "open"

    assert (
        asking.post(f"{path}/note", data={"by": "Ada", "text": " the\ndeploy "}).status_code == 303
    )
    assert "Ada: the deploy" in asking.get(path).text
    assert asking.post(f"{path}/note", data={"text": " "}).status_code == 400
    assert asking.post("/incidents/inc-0/note", data={"text": "late"}).status_code == 404


def test_who_was_notified_of_an_incident_is_shown_with_what_came_of_it():
    asking = Asking()
    text = asking.get("/incidents/inc-1").text.partition('id="notified"')[2].partition("</table")[0]
    rows = [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in text.split("<tr>")[2:]]
    assert rows == [
        "2026-11-21 11:50:00 chat opened waits: HTTP 503",
        "2026-11-21 11:50:01 team opened ✓ sent",
    ]
    assert "notified: team" in asking.get("/endpoints/api").text
    assert "Nobody." in asking.get("/incidents/inc-0").text


def test_a_silence_is_seen_on_the_incident_and_ended_there():
    asking = Asking()
    asking.service.silence(("a*",), 3600, "Grace", "move")
    text = asking.get("/incidents/inc-1").text
    assert "Silenced" in text
    assert "by Grace: move" in text
    form = {"back": "/incidents/inc-1"}
    assert asking.post("/silences/s1/end", data=form).headers["location"] == "/incidents/inc-1"
    assert "Silenced" not in asking.get("/incidents/inc-1").text


def test_advice_of_an_incident_names_the_host_and_the_port():
    service = sample()
    service.open = [incident("inc-1", kind="tcp.refused")]
    text = re.sub("<[^>]+>", "", Asking(service).get("/incidents/inc-1").text)
    advice = text.partition("What to do")[2].partition("Acknowledge")[0]

    assert "sport = :8443" in advice
    assert "PORT" not in advice
    assert "secret" not in advice


def test_endpoints_are_silenced_by_a_form_and_notified_again():
    asking = Asking()
    form = {"endpoint": ["api", "db"], "seconds": "3600", "reason": "move", "back": "/incidents"}
    response = asking.post("/silences", data=form)
    silence = asking.service.silences()[0]

    assert response.headers["location"] == "/incidents"
    assert silence.endpoints == ("api", "db")
    assert "move" in asking.get("/incidents").text
    asking.post(f"/silences/{silence.id}/end", data={"x": "y"})
    assert asking.service.silences() == []


@pytest.mark.parametrize(
    "form",
    [
        {"seconds": "60"},
        {"endpoint": "api"},
        {"endpoint": "api", "seconds": "nan"},
        {"endpoint": "api", "seconds": "1e99"},
        {"endpoint": "api", "seconds": "-1"},
    ],
)
def test_a_silence_without_sense_is_refused(form):
    asking = Asking()

    assert asking.post("/silences", data=form).status_code == 400
    assert asking.service.silences() == []


def test_a_silence_leads_back_to_this_page_only():
    form = {"endpoint": "api", "seconds": "60", "back": "//evil.example"}

    assert Asking().post("/silences", data=form).headers["location"] == "/"


def test_a_discovered_endpoint_is_adopted_by_a_form():
    asking = Asking()
    asking.post("/discovered/payments/adopt", data={"x": "y"})

    assert asking.service.adopted == [("payments", "web page")]


def test_what_is_wrong_with_the_monitor_itself_is_on_every_page():
    asking = Asking()
    asking.service.degraded = "disk full"
    asking.service.error = "line 3: no such key"
    text = asking.get("/incidents").text

    assert "disk full" in text
    assert "line 3: no such key" in text


def test_a_store_that_cannot_be_read_is_said_and_the_overview_still_opens():
    service = sample()

    def unavailable(*_, **__):
        raise StoreUnavailable("the database cannot be read: I/O error; check the disk")

    service.store.buckets = service.store.incidents = unavailable
    asking = Asking(service)

    assert asking.get("/").status_code == 200
    assert asking.get("/incidents/inc-1").status_code == 200
    response = asking.get("/endpoints/api", headers={"accept": "text/html"})
    assert response.status_code == 503
    assert "check the disk" in response.text


def test_failures_that_say_the_same_are_one_line():
    service = sample()
    service.store.kept["web"] = [refused("web", NOW - 60 * number) for number in range(1, 90)]
    text = Asking(service).get("/endpoints/web").text

    failures = text.partition('id="failures"')[2]
    assert "89 since" in failures
    assert failures.count("192.0.2.7:443") == 1


def test_who_sees_an_endpoint_is_shown_where_several_do():
    asking = Asking(sample())
    page = asking.get("/endpoints/api", headers={"accept": "text/html"}).text
    assert "Who sees it" in page
    assert "programs on web1" in page
    assert "Who sees it" not in asking.get("/endpoints/web", headers={"accept": "text/html"}).text


def test_a_failure_says_which_monitor_reported_it():
    service = sample()
    reported = refused("web", NOW - 60, origin="report", vantage="alertmanager")
    service.store.kept["web"] = [reported]

    assert "(reported by alertmanager)" in Asking(service).get("/endpoints/web").text


@pytest.mark.parametrize("path", ["/incidents", "/api/v1/incidents"])
def test_what_is_read_of_the_engine_is_kept_before_it_is_shown(path):
    class Service(MemoryService):
        """The engine opens an incident just before it is read."""

        unkept, waited = False, []

        async def kept(self, seconds=None):
            self.waited.append(seconds)
            self.unkept = False

        def incidents(self):
            self.unkept = True
            return [incident()]

    service = Service()

    assert "inc-1" in Asking(service).get(path).text
    assert not service.unkept
    assert None not in service.waited  # a page is shown even if the store is slow


def test_failures_of_several_places_are_a_run_each_with_the_place():
    service = sample()
    service.store.kept["api"] = [
        refused("api", NOW - 30 * n, vantage=name) for n in range(1, 9) for name in ("oslo", "lima")
    ]
    text = Asking(service).get("/endpoints/api").text

    assert text.count('<span class="soft">8 since ') == 2
    assert "(from oslo)" in text
    assert "(from lima)" in text


def history_of(checks):
    service = MemoryService(EndpointView(endpoint=endpoint("a"), state="ok", last=check("a")))
    service.store.kept["a"] = list(checks)
    return Asking(service).get("/endpoints/a").text


def test_after_a_minute_the_page_says_since_when_and_claims_nothing():
    text = history_of(check("a", NOW - 54 + 10 * n) for n in range(6))

    assert "Since 54 s" in text
    assert "6 of 6 checks succeeded" in text
    assert "100%" not in text
    assert "24 hours" not in text
    assert 'aria-label="Range"' not in text
    assert text.count('class="at"') == 6


def test_a_failure_is_marked_where_the_time_per_check_is_drawn():
    checks = [check("a", NOW - 10 * n, timings={"connect": 0.01}) for n in range(2, 6)]
    text = history_of([*checks, refused("a", NOW - 10)])

    assert text.count('class="failed"') == 1
    assert text.count('class="at"') == 5 + 4


def test_windows_are_those_that_the_history_fills():
    text = history_of(check("a", NOW - 600 * n) for n in range(1, 3 * 144))

    assert re.findall(r'href="\?window=(\w+)', text) == ["1h", "6h", "24h", "7d"]
    assert "24 hours" in text
    assert "Since 3 d" in text
    assert "90 days" not in text


def test_successful_checks_are_shown_too_with_what_they_saw():
    text = history_of(
        check("a", NOW - 10 * n, status=204, address="192.0.2.9") for n in range(1, 30)
    )
    rows = text.partition('id="checks"')[2].partition("</table>")[0]

    assert rows.count("<tr><td>") == 12
    assert rows.count("HTTP 204") == rows.count("192.0.2.9") == 12


def test_what_an_endpoint_hangs_on_and_what_hangs_on_it_is_named():
    web, db = endpoint("web", name="Web"), endpoint("db", name="Database")
    web = replace(web, watched=replace(web.watched, parents=("db",)))
    asking = Asking(
        MemoryService(
            EndpointView(endpoint=web, state="ok"), EndpointView(endpoint=db, state="down")
        )
    )
    parent = asking.get("/endpoints/web").text.partition("Reached through")[2]
    child = asking.get("/endpoints/db").text.partition("Needed by")[2]

    assert '<a href="/endpoints/db">Database</a> <span class="state down">' in parent
    assert '<a href="/endpoints/web">Web</a> <span class="state ok">' in child


def test_what_each_place_saw_in_the_last_hour_is_beside_its_state():
    places = [
        ObserverView(
            id=f"probe:{name}", kind="probe", domain=name, state="ok", since=None,
            kind_of_failure=None, at=NOW - 10,
        )
        for name in ("oslo", "lima")
    ]  # fmt: skip
    seen = EndpointView(endpoint=endpoint("a"), state="ok", observers=tuple(places))
    service = MemoryService(seen)
    service.store.kept["a"] = [
        *(check("a", NOW - n, seconds=0.2, vantage="oslo") for n in range(1, 4)),
        refused("a", NOW - 4, vantage="oslo"),
        *(check("a", NOW - n, seconds=0.05, vantage="lima") for n in range(1, 5)),
        *(refused("a", NOW - 4000 - n, vantage="lima") for n in range(9)),  # before that hour
    ]
    text = Asking(service).get("/endpoints/a").text

    rows = [row.partition("</tr>")[0] for row in text.split("<tr>") if row[4:].startswith("probe ")]
    assert [("75.00%" in row, "200 ms" in row) for row in rows] == [(True, True), (False, False)]
    assert "100%" in rows[1]
    assert "50 ms" in rows[1]
    assert "Well, last hour" not in Asking().get("/endpoints/api").text  # seen from one place
