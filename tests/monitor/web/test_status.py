import re
from dataclasses import replace
from xml.etree import ElementTree as ET

from monitor.web.asking import TOKENS, Asking
from monitor.web.service import NOW, MemoryService, endpoint, incident
from monitor.web.test_pages import told

from ringback.incident.silences import Silence
from ringback.monitor.model import EndpointView
from ringback.monitor.web.settings import StatusPage, WebSettings
from ringback.monitor.web.words import status_sentence

PUBLIC = WebSettings(tokens=TOKENS, status_page=True, title="Example status")


def test_only_names_and_states_of_public_endpoints_are_shown_where_it_is_wanted():
    text = Asking(settings=PUBLIC).get("/status").text

    assert "Example status" in text
    assert "1 of 2 services is down." in text
    assert "Web shop" in text
    for secret in ("api.example", "web.example", "mail", "tcp.refused", "db.example", "refused"):
        assert secret not in text
    assert Asking().get("/status").status_code == 404


def test_all_is_well_is_said_only_where_that_is_known():
    for states, said in {
        "": "No public endpoints yet.",
        "ok ok": "All services are operational.",
        "ok unknown": "1 of 2 services is not known just now.",
        "ok partial suspect": "1 of 3 services is down for some, 1 is being checked again.",
        "down recovering partial": "2 of 3 services are down, 1 is down for some.",
    }.items():
        assert status_sentence(states.split()) == said


def test_page_is_made_once_for_many_and_its_bars_more_rarely():
    now, asked = [NOW], []
    asking = Asking(settings=PUBLIC, clock=lambda: now[0])
    buckets = asking.service.store.buckets
    asking.service.store.buckets = lambda *given: asked.append(given) or buckets(*given)
    for _ in range(2):
        asking.get("/status")
    assert len(asked) == 2  # once for each of the two public endpoints
    now[0] += 20
    web = asking.service.known["web"]
    asking.service.put(replace(web, state="down"))
    assert "2 of 2 services are down." in asking.get("/status").text
    assert len(asked) == 2
    asking.service.put(view("new"))
    now[0] += 20
    assert ">new<" in asking.get("/status").text


ATOM = "{http://www.w3.org/2005/Atom}"
HOUR, DAY = 3600.0, 86_400.0


def view(id_, state="ok", *, public=True, **more):
    return EndpointView(endpoint=endpoint(id_, public=public, **more), state=state)


def many():
    """Of incidents only three are of a public endpoint, and to be told."""
    service = MemoryService(
        *(view(id_, name=id_.title()) for id_ in ("shop", "login", "mail")),
        view("ledger", public=False),
    )
    taken = {"state": "acknowledged", "acknowledged_by": "Ada", "opened_at": NOW - 600}
    closed = {"state": "closed", "opened_at": NOW - DAY, "closed_at": NOW - DAY + 1200}
    service.open = [
        incident("a", ("ledger", "shop", "login"), **taken),
        incident("b", ("ledger",)),
        incident("c", (), pattern="prober_sick"),
        incident("d", ("mail",), pattern="certificate", severity="warn", detector="certificate"),
        incident("e", ("mail",), pattern="latency", severity="warn", opened_at=NOW - HOUR),
    ]
    service.store.past = [
        incident("20261120-ledger-1", ("mail", "ledger"), partial=True, **closed),
        incident("g", ("mail",), **closed | {"opened_at": NOW - 20 * DAY}),
        incident("h", ("mail",), part_of="x", **closed),
    ]
    return service


def test_incidents_are_told_in_words_and_nothing_of_what_is_not_public():
    text = told(Asking(many(), PUBLIC).get("/status").text)

    assert "Shop and Login are down. Since 2026-11-21 11:50:00 UTC (10 min)." in text
    assert "Somebody is working on it." in text
    assert "Mail is slow. Since 2026-11-21 11:00:00 UTC" in text
    assert "Last 14 days 2026-11-20 Mail was down for some for 20 min. From 12:00 UTC." in text
    assert text.count("Mail was") == 1
    for secret in ("ledger", "Ada", "tcp", "refuse", "monitor", "ertificate"):
        assert secret not in text


def test_maintenance_is_announced_and_hides_what_is_down_in_it():
    service = many()
    service.open = [incident("a", ("shop",))]
    service.put(view("shop", "down", name="Shop"))
    for name, endpoints, begins in (
        ("maintenance:now", ("shop", "ledger"), NOW - HOUR),
        ("maintenance:soon", ("*",), NOW + DAY),
        ("maintenance:later", ("*",), NOW + 30 * DAY),
        ("s1", ("mail",), NOW - HOUR),
    ):
        ends = begins + 2 * HOUR
        service.quiet.add(Silence(id=name, endpoints=endpoints, begins=begins, ends=ends, by="Ada"))
    text = told(Asking(service, PUBLIC).get("/status").text)

    assert "1 of 3 services is in maintenance." in text
    assert "Now: Shop 2026-11-21 11:00:00 until 2026-11-21 13:00:00 UTC" in text
    assert "Planned: all services 2026-11-22 12:00:00 until" in text
    assert text.count("Planned") == 1
    assert "Shop is down" not in text
    assert "Ada" not in text


def test_there_may_be_several_pages_of_some_groups_each():
    pages = (StatusPage(name="eu", title="Europe", groups=("b", "a")),)
    settings = WebSettings(tokens=TOKENS, status_pages=pages)
    service = MemoryService(
        view("one", group="a"),
        view("two", group="b"),
        view("three", "down", group="c"),
        view("four", group="a", public=False),
    )
    asking = Asking(service, settings)
    text = asking.get("/status/eu").text

    assert "<h1>Europe</h1>" in text
    assert 'href="/status/eu/feed.atom"' in text
    assert "All services are operational." in text
    assert text.index(">two<") < text.index(">one<")
    assert not {"three", "four"} & set(re.findall(r"\w+", text))
    for path in ("/status", "/status/us", "/status/feed.atom", "/status/us/feed.atom"):
        assert asking.get(path).status_code == 404


def test_the_feed_tells_what_happens():
    settings = replace(PUBLIC, base_url="https://m.example/")
    response = Asking(many(), settings).get("/status/feed.atom")
    feed = ET.fromstring(response.text)
    entries = feed.findall(f"{ATOM}entry")

    assert response.headers["content-type"] == "application/atom+xml"
    assert feed.findtext(f"{ATOM}title") == "Example status"
    assert feed.findtext(f"{ATOM}updated") == "2026-11-21T11:50:00.000Z"
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [
        "Shop and Login are down.",
        "Mail is slow.",
        "Mail was down for some for 20 min.",
    ]
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert all(id_.startswith("https://m.example/status#") for id_ in ids)
    assert len(set(ids)) == 3
    assert "ledger" not in response.text
