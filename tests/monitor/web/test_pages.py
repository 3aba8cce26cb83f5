import asyncio
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise

import httpx
import pytest
from monitor.web.asking import Asking
from monitor.web.service import NOW, MemoryService, check, incident, observer, refused, sample, view

from ringback.failure import KINDS
from ringback.incident.model import TimelineEntry
from ringback.monitor.store.interface import StoreUnavailable
from ringback.monitor.web.words import FAILURES

PAGES = {
    "/": "Web shop",
    "/endpoints/web": "Certificate",
    "/endpoints/web?window=1h": "11:49:00: 42 ms",
    "/endpoints/api?window=1h": "11:59:00: failed: tcp.refused, 1.5 s",
    "/endpoints/api": "refused (ECONNREFUSED)",
    "/endpoints/job": "unknown",
    "/incidents": "connection refused",
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


def told(text):
    """What a page says, without its tags."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", text.replace("<wbr>", "")).split()))


@pytest.mark.parametrize("path", PAGES)
def test_page_shows_its_facts_to_everybody_and_no_secret(asking, path):
    response = asking.get(path)
    tags = Tags(response.text).tags

    assert response.status_code == 200
    assert PAGES[path] in told(response.text)
    for secret in ("secret", "hidden#", "key="):
        assert secret not in response.text
    assert all("src" in attrs for tag, attrs in tags if tag == "script")
    assert not any("style" in attrs for _, attrs in tags)
    assert not any(name.startswith("on") for _, attrs in tags for name in attrs)
    assert not any("//" in attrs.get(name, "") for _, attrs in tags for name in ("src", "href"))
    # And it can be used without eyes and without a mouse.
    names = [tag for tag, _ in tags]
    fields = [attrs for tag, attrs in tags if tag in ("input", "select") and "hidden" not in attrs]
    levels = [int(tag[1]) for tag in names if re.fullmatch("h[1-6]", tag)]

    assert [attrs["lang"] for tag, attrs in tags if tag == "html"] == ["en"]
    assert names.count("main") == names.count("h1") == levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert names.count("label") == sum(field.get("type") != "hidden" for field in fields)
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_text_of_others_is_shown_as_text():
    evil = "<img src=x onerror=alert(1)>"
    of = {"name": evil, "group": evil, "labels": {"a": evil}, "url": f"https://{evil}"}
    last = refused("x", detail=evil, kind=evil)
    service = MemoryService(view("x", "down", kind=evil, last=last, incident="i", of=of))
    said = {"summary": evil, "evidence": (evil,), "kind": evil, "advice": (evil,)}
    service.open = [incident("i", ("x",), **said)]
    service.store.kept["x"].append(last)
    asking = Asking(service)

    single = "/endpoints/x?window=1h"
    for path in ("/", "/endpoints/x", single, "/incidents", "/incidents/i", f"/?q={evil}"):
        assert "<img" not in asking.get(path).text


def test_every_kind_is_explained():
    asking = Asking(MemoryService())

    for name in KINDS:
        assert KINDS[name].meaning.split("`")[0] in told(asking.get(f"/kinds/{name}").text)
    assert set(FAILURES) == set(KINDS)


def test_missing_page_is_a_page_for_people(asking):
    for path in ("/nothing", "/endpoints/nobody", "/incidents/nobody", "/kinds/no.kind"):
        response = asking.get(path, headers={"accept": "text/html"})

        assert response.status_code == 404
        assert "<h1>Not Found</h1>" in response.text


def test_trouble_of_the_monitor_is_on_its_pages_and_the_overview_still_opens():
    service = sample()
    service.degraded, service.error = "disk full", "line 3: no such key"

    def unavailable(*_, **__):
        raise StoreUnavailable("the database cannot be read: I/O error; check the disk")

    service.store.buckets = service.store.incidents = unavailable
    asking = Asking(service)
    text = asking.get("/").text

    assert "disk full" in text
    assert "line 3: no such key" in text
    assert asking.get("/incidents/inc-1").status_code == 200
    response = asking.get("/endpoints/api", headers={"accept": "text/html"})
    assert response.status_code == 503
    assert "check the disk" in response.text


def cards_of(asking, path):
    tags = [attrs for _, attrs in Tags(asking.get(path).text).tags if "hidden" not in attrs]
    return [attrs["data-id"] for attrs in tags if "data-id" in attrs]


def test_overview_is_filtered_where_no_script_runs():
    asking = Asking()
    web = asking.service.known["web"]
    asking.service.put(replace(web, endpoint=replace(web.endpoint, labels={"team": "a b"})))

    for query, ids in {
        "state=down": ["api"],
        "q=WEB": ["web"],
        "label=team%3Da+b": ["web"],
        "q=team=a": ["web"],
        "q=&state=&group=shop&label=": ["web", "api", "db"],
        "group=shop&state=ok&q=web": ["web"],
        "label=team%3Da": [],
    }.items():
        assert cards_of(asking, f"/?{query}") == ids, query


def test_of_very_many_endpoints_those_not_well_are_shown_and_the_others_by_pages():
    known = [view(f"e{n}") for n in range(300)]
    known[240] = view("e240", "down", kind="tcp.refused", of={"group": "A & B"})
    asking = Asking(MemoryService(*known))

    for query, numbers in {
        "": [240],
        "state=ok": range(100),
        "state=ok&from=200": [n for n in range(200, 300) if n != 240],
        "q=e24": [240, 24, *range(241, 250)],
        "group=A+%26+B": [240],
        "state=unknown": [],
    }.items():
        assert cards_of(asking, f"/?{query}") == [f"e{n}" for n in numbers], query
    assert asking.get("/?from=-1").status_code == asking.get("/?from=9e9").status_code == 200
    assert "?group=A+%26+B" in asking.get("/").text


def test_card_says_why_and_that_it_flaps_also_while_it_is_up():
    views = [
        view("a", pattern="flapping"),
        view("b", "down", kind="tcp.refused", silenced=True),
        view("c", "suspect", kind="tcp.refused"),
    ]
    text = Asking(MemoryService(*views)).get("/").text

    for said in ("flapping", "connection refused, silenced", "suspect, connection refused"):
        assert f">{said}<" in text


def test_incidents_are_called_by_the_service_and_what_is_wrong():
    service = sample()
    opened = TimelineEntry(at=NOW, what="opened", text="Web is down: status 404")
    service.open = [
        incident("a", ("web",), summary="Nothing listens on 127.0.1.25:5432."),
        incident("b", ("web", "api"), well=("web",), kind="dns.timed_out", partial=True),
        incident("c", ("web", "db"), pattern="flapping", summary="Web shop comes and goes."),
        incident("e", (), pattern="vantage_silent", observer="Rome", kind=None, summary="No word."),
        incident("g", ("web",), kind="http.error", timeline=(opened,)),
        incident("h", (), pattern="prober_sick", summary="The monitor is not well."),
    ]
    asking = Asking(service)
    text = asking.get("/incidents").text
    said = re.findall(r'/incidents/(.)"><strong>(.*?)</strong>(: .*?)</a>', text)

    assert {name: who + what for name, who, what in said} == {
        "a": "Web shop: connection refused",
        "b": "api: down for some, DNS lookup timed out",
        "c": "Web shop and 1 more: comes and goes",
        "e": "Agent at Rome: No word",
        "g": "Web shop: status 404",
        "h": "The monitor: not well",
    }
    own = asking.get("/incidents/h").text
    assert "Monitor unhealthy" in own
    assert "Silence its endpoints" not in own


def test_incident_without_a_diagnosis_says_what_to_do_with_its_host_and_port():
    service = sample()
    service.open = [incident("a", advice=("Renew it <soon>.",)), incident("b", kind="tcp.refused")]
    asking = Asking(service)

    assert "Renew it <soon>." in told(asking.get("/incidents/a").text)
    assert "sport = :8443" in told(asking.get("/incidents/b").text)


def test_incident_is_acknowledged_given_back_and_noted_by_forms():
    asking = Asking()
    path = "/incidents/inc-1"
    assert asking.post(f"{path}/unacknowledge", data={"by": "Ada"}).status_code == 404
    response = asking.post(f"{path}/acknowledge", data={"by": " Ada "})
    assert (response.status_code, response.headers["location"]) == (303, path)
    assert asking.service.open[0].acknowledged_by == "Ada"
    assert "Acknowledge</button>" not in asking.get(path).text
    assert asking.post(f"{path}/unacknowledge", data={"by": "Ada"}).status_code == 303
    assert asking.service.open[0].state == "open"

    noted = asking.post(f"{path}/note", data={"by": "Ada", "text": " the\ndeploy "})
    assert noted.status_code == 303
    assert "Ada: the deploy" in asking.get(path).text
    assert asking.post(f"{path}/note", data={"text": " "}).status_code == 400
    assert asking.post("/incidents/inc-0/note", data={"text": "late"}).status_code == 404


def test_notifications_of_an_incident_are_shown_with_what_came_of_them(asking):
    text = told(asking.get("/incidents/inc-1").text)

    assert "2026-11-21 11:50:00 chat opened waits: HTTP 503" in text
    assert "2026-11-21 11:50:01 team opened ✓ sent" in text
    assert "notified: team" in asking.get("/endpoints/api").text


@pytest.mark.parametrize("path", ["/incidents", "/api/v1/incidents"])
def test_what_is_read_of_the_engine_is_kept_before_it_is_shown(path):
    service, done = MemoryService(), []

    async def kept(seconds=None):
        done.append(seconds)

    service.kept = kept
    service.incidents = lambda: done.append("read") or [incident()]

    assert "inc-1" in Asking(service).get(path).text
    assert "read" in done[:-1]
    assert done[-1] != "read"
    assert None not in done  # a page is shown even if the store is slow


def test_endpoints_are_silenced_by_a_form_and_notified_again():
    asking = Asking()
    form = {"endpoint": ["api", "db"], "seconds": "3600", "reason": "move", "back": "/incidents"}
    response = asking.post("/silences", data=form)
    silence = asking.service.silences()[0]

    assert response.headers["location"] == "/incidents"
    assert silence.endpoints == ("api", "db")
    for path in ("/incidents", "/incidents/inc-1"):
        assert "move" in asking.get(path).text
    back = {"back": "/incidents/inc-1"}
    ended = asking.post(f"/silences/{silence.id}/end", data=back)
    assert ended.headers["location"] == "/incidents/inc-1"
    assert asking.service.silences() == []


def test_forms_are_checked_and_lead_back_to_this_page_only():
    asking = Asking()
    form = {"endpoint": "api", "seconds": "60", "back": "//evil.example"}
    for wrong in ({"endpoint": ""}, *({"seconds": text} for text in ("", "nan", "1e99", "-1"))):
        assert asking.post("/silences", data=form | wrong).status_code == 400, wrong
    assert asking.service.silences() == []
    assert asking.post("/silences", data=form).headers["location"] == "/"
    asking.post("/discovered/payments/adopt", data={"x": "y"})
    assert asking.service.adopted == [("payments", "web page")]


def test_endpoint_is_checked_paused_and_resumed_by_forms():
    asking = Asking()

    assert asking.post("/endpoints/web/check").status_code == 303
    assert asking.service.checked == ["web"]
    again = asking.post("/endpoints/web/check")
    assert (again.status_code, again.headers["retry-after"]) == (429, "5")
    assert asking.post("/endpoints/job/check").status_code == 409
    assert asking.post("/endpoints/web/pause", data={"by": "Ada"}).status_code == 303
    text = told(asking.get("/endpoints/web").text)
    assert "Paused by Ada" in text
    assert "Check now" not in text
    assert asking.post("/endpoints/web/resume").status_code == 303
    assert "Check now" in asking.get("/endpoints/web").text


def test_only_so_many_checks_are_asked_for_at_a_time():
    service = MemoryService(*(view(f"e{n}") for n in range(30)))
    begun, release = [], asyncio.Event()

    async def check(id_):
        begun.append(id_)
        await release.wait()

    service.check = check
    asking = Asking(service)

    async def ask():
        transport = httpx.ASGITransport(asking.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            paths = [f"/api/v1/endpoints/e{n}/check" for n in range(30)]
            tasks = [asyncio.create_task(client.post(path)) for path in paths]
            ended = asyncio.as_completed(tasks)
            refused = [(await next(ended)).status_code for _ in range(10)]
            release.set()
            return refused, [answer.status_code for answer in await asyncio.gather(*tasks)]

    refused, all_ = asyncio.run(ask())
    assert refused == [429] * 10
    assert sorted(all_) == [200] * 20 + [429] * 10
    assert len(begun) == 20


def test_charts_show_failures_gaps_and_incidents(asking):
    text = asking.get("/endpoints/api?window=24h").text

    assert re.search('class="line p50" d="([^"]*)"', text)[1].count("M") == 2
    for said in ("11:45:00: 1 of 2 failed", "00:05: 1 of 1 failed", "00:00:00: api refused"):
        assert f">2026-11-21 {said}" in text


@pytest.mark.parametrize(
    ("every", "seconds", "says", "claims_not"),
    [
        (10, 60, ["Since 54 s", "6 of 6 checks succeeded"], ["100%", "24 hours"]),
        (600, 259_200, ["24 hours", "Since 3 d", "HTTP 204", "192.0.2.9"], ["90 days"]),
    ],
)
def test_page_claims_no_more_than_its_history(every, seconds, says, claims_not):
    service = MemoryService(view("a", last=check("a")))
    saw = {"status": 204, "address": "192.0.2.9"}
    service.store.kept["a"] = [check("a", NOW - at, **saw) for at in range(4, seconds, every)]
    text = told(Asking(service).get("/endpoints/a").text)

    assert [said for said in says if said not in text] == []
    assert [said for said in claims_not if said in text] == []


def test_failures_that_say_the_same_are_one_line_of_each_place():
    service = sample()
    service.store.kept["api"] = [
        *(refused("api", NOW - 30 * n, vantage="oslo") for n in range(1, 9)),
        *(refused("api", NOW - 30 * n, vantage="lima") for n in range(1, 9)),
        refused("api", NOW - 900, origin="report", vantage="alertmanager"),
    ]
    failures = told(Asking(service).get("/endpoints/api").text.partition('id="failures"')[2])

    assert failures.count("8 since ") == 2
    for said in ("(from oslo)", "(from lima)", "(reported by alertmanager)"):
        assert said in failures


def test_parents_and_children_are_named_with_their_state():
    web = view("web")
    watched = replace(web.endpoint.watched, parents=("db",))
    web = replace(web, endpoint=replace(web.endpoint, watched=watched))
    asking = Asking(MemoryService(web, view("db", "down")))
    for path, said in (("web", r"Reached through db \S* ?down"), ("db", r"Needed by web \S* ?ok")):
        assert re.search(said, told(asking.get(f"/endpoints/{path}").text)), path


def test_what_each_place_saw_in_the_last_hour_is_beside_its_state():
    places = (observer("oslo"), observer("lima"))
    service = MemoryService(view("a", observers=places))
    service.store.kept["a"] = [
        *(check("a", NOW - n, seconds=0.2, vantage="oslo") for n in range(1, 4)),
        refused("a", NOW - 4, vantage="oslo"),
        *(check("a", NOW - n, seconds=0.05, vantage="lima") for n in range(1, 5)),
        *(refused("a", NOW - 4000 - n, vantage="lima") for n in range(9)),  # before that hour
    ]
    text = told(Asking(service).get("/endpoints/a").text)

    assert re.search(r"Who sees it.* probe oslo .{,60}75\.00%.{,20} 200 ms", text), text
    assert re.search(r"Who sees it.* probe lima .{,60}100%.{,20} 50 ms", text), text
