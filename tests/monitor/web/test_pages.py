import re
import time
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from monitor.web.asking import Asking
from monitor.web.service import NOW, MemoryService, check, endpoint, incident, refused, sample

from ringback.failure import KINDS
from ringback.monitor.model import EndpointView, ObserverView
from ringback.monitor.store.interface import StoreUnavailable

PAGES = {
    "/": "Web shop",
    "/endpoints/web": "Certificate",
    "/endpoints/web?window=1h": "11:50",
    "/endpoints/web?window=7d": "Time per phase",
    "/endpoints/api": "refused (ECONNREFUSED)",
    "/endpoints/job": "unknown",
    "/incidents": "api refused connections",
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


def test_the_overview_is_filtered_where_no_script_runs():
    asking = Asking()

    assert "Web shop" not in asking.get("/?state=down").text
    assert "Web shop" in asking.get("/?q=WEB").text
    assert "No endpoint matches" in asking.get("/?q=nothing").text


def test_of_very_many_endpoints_a_part_is_shown_those_first_that_are_not_well():
    known = [EndpointView(endpoint=endpoint(f"e{n}"), state="ok") for n in range(2500)]
    known[2400] = EndpointView(endpoint=endpoint("e2400"), state="down", kind="tcp.refused")
    asking = Asking(MemoryService(*known))

    def shown(path):
        text = asking.get(path).text
        return re.findall('data-id="e([0-9]+)"', text), re.findall(r'<p id="more">(\d+) more', text)

    first, more = shown("/")
    assert (len(first), first[:2], more) == (1000, ["2400", "0"], ["1500"])
    last, more = shown("/?from=2000")
    assert (len(last), last[-1], more) == (500, "2499", [])
    assert shown("/?q=e240") == ([str(n) for n in (240, *range(2400, 2410))], [])
    assert shown("/?state=down") == (["2400"], [])
    assert 'href="?state=ok&amp;from=1000"' in asking.get("/?state=ok").text
    assert asking.get("/?from=-1").status_code == asking.get("/?from=9e9").status_code == 200


def test_nothing_watched_says_what_to_do():
    assert "No endpoints are monitored yet" in Asking(MemoryService()).get("/").text


def test_a_thousand_endpoints_are_rendered_in_a_second():
    views = [
        EndpointView(
            endpoint=endpoint(f"e{n}", group=f"g{n % 20}"), state="ok", last=check(f"e{n}")
        )
        for n in range(1000)
    ]
    asking = Asking(MemoryService(*views))
    asking.get("/")
    started = time.process_time()  # others may have the processor meanwhile
    response = asking.get("/")

    assert response.text.count('class="card') == 1000
    assert time.process_time() - started < 1.0


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
        assert "the monitor itself" in asking.get(path).text
    assert asking.get("/api/v1/incidents").json()[0]["members"] == []


def test_an_incident_is_taken_by_a_form():
    asking = Asking()
    response = asking.post("/incidents/inc-1/acknowledge", data={"by": " Ada "})

    assert response.status_code == 303
    assert response.headers["location"] == "/incidents/inc-1"
    assert asking.service.open[0].acknowledged_by == "Ada"
    assert "Acknowledge</button>" not in asking.get("/incidents/inc-1").text


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

    assert "89 since" in text
    assert text.count("192.0.2.7:443") == 1


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

    rows = [row for row in text.split("<tr>") if row.startswith("<td>probe ")]
    assert [("75.00%" in row, "200 ms" in row) for row in rows] == [(True, True), (False, False)]
    assert "100%" in rows[1]
    assert "50 ms" in rows[1]
    assert "Well, last hour" not in Asking().get("/endpoints/api").text  # seen from one place
