from dataclasses import replace

import pytest
from monitor.web.asking import Asking
from monitor.web.service import MemoryService, check, incident, refused, sample, view


def test_endpoint_is_shown_with_its_state_and_without_secrets(asking):
    found = asking.get("/api/v1/endpoints").json()

    assert [endpoint["id"] for endpoint in found] == ["web", "api", "db", "mail", "job"]
    api = found[1]
    assert (api["state"], api["kind"]) == ("down", "tcp.refused")
    assert api["url"] == "https://api.example:8443/v1"
    assert api["since"] == "2026-11-21T11:50:00.000Z"
    assert api["last"] == "2026-11-21T11:59:50.000Z"
    assert api["check"]["detail"] == "refused (ECONNREFUSED) by 192.0.2.7:443"
    assert found[4]["last"] is None
    states = {"ok": 1, "down": 1, "suspect": 1, "recovering": 1, "unknown": 1}
    assert asking.get("/api/v1/status").json()["states"] == states


def ids(response):
    return [found["id"] for found in response.json()]


def test_endpoints_are_chosen_by_state_and_group_and_come_in_pages(asking):
    assert ids(asking.get("/api/v1/endpoints?state=down")) == ["api"]
    assert ids(asking.get("/api/v1/endpoints?group=shop")) == ["web", "api", "db"]
    first = asking.get("/api/v1/endpoints?limit=3")
    second = asking.get(first.links["next"]["url"])
    assert ids(first) + ids(second) == ["web", "api", "db", "mail", "job"]
    assert first.headers["x-total-count"] == "5"
    assert "next" not in second.links


def test_checks_come_newest_first_and_in_pages(asking):
    first = asking.get("/api/v1/endpoints/api/checks?limit=1&failed=true")
    second = asking.get(first.links["next"]["url"])
    times = [entry["at"] for entry in first.json() + second.json()]

    assert all(entry["up"] is False for entry in first.json())
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == len(times)


def test_buckets_cover_the_time_that_is_asked_for_and_phases_have_percentiles(asking):
    path = "/api/v1/endpoints/api/buckets?step=1h&since=2026-11-21T00:00:00Z"
    buckets = asking.get(path).json()
    phases = asking.get("/api/v1/endpoints/web/phases?step=5m").json()

    assert buckets[0]["at"] == "2026-11-21T00:00:00.000Z"
    assert buckets[-1]["kinds"] == {"tcp.refused": 1}
    assert list(phases) == ["dns", "connect", "tls", "first_byte", "transfer"]
    assert all(0 < phase["p50"] <= phase["p95"] <= phase["p99"] for phase in phases.values())


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("?limit=0", "limit"),
        ("?limit=999999", "limit"),
        ("?statee=down", "statee"),
        ("/api/checks?since=yesterday", "since"),
        ("/api/buckets?step=5m&since=2020-01-01T00:00:00Z", "intervals"),
        ("/api/phases?since=2020-01-01T00:00:00Z", "intervals"),
    ],
)
def test_what_cannot_be_asked_for_is_said(asking, path, says):
    response = asking.get(f"/api/v1/endpoints{path}")

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert says in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/endpoints/nobody"),
        ("GET", "/endpoints/nobody/checks"),
        ("GET", "/incidents/nobody"),
        ("POST", "/incidents/nobody/acknowledge"),
        ("DELETE", "/silences/nobody"),
        ("POST", "/discovered/nobody/adopt"),
        ("POST", "/heartbeat/nobody"),
        ("GET", "/nothing"),
    ],
)
def test_what_is_not_there_is_a_problem(asking, method, path):
    response = asking(method, f"/api/v1{path}")

    assert (response.status_code, response.json()["status"]) == (404, 404)


def test_another_method_or_too_large_a_body_is_refused(asking):
    response = asking("PUT", "/api/v1/silences")

    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert asking.post("/api/v1/silences", content=b" " * 100_000).status_code == 413


def test_incidents_come_newest_first_and_one_with_all_that_was_read(asking):
    newest, over = asking.get("/api/v1/incidents").json()
    assert (newest["id"], newest["state"]) == ("inc-1", "open")
    assert (over["id"], over["state"]) == ("inc-0", "closed")
    assert (newest["members"], newest["closed_at"]) == (["api"], None)
    assert newest["opened_at"] == "2026-11-21T11:50:00.000Z"
    assert newest["diagnosis"]["verdict"]["cause"] == "service_down"
    assert "readings" not in newest["diagnosis"]
    whole = asking.get("/api/v1/incidents/inc-1").json()["diagnosis"]
    assert [reading["layer"] for reading in whole["readings"]] == ["url", "name", "tcp"]


def test_incidents_are_chosen_by_state_endpoint_and_time(asking):
    for query, chosen in {
        "state=closed": ["inc-0"],
        "endpoint=web": [],
        "before=2026-11-21T11:00:00Z": ["inc-0"],
        "limit=1": ["inc-1"],
    }.items():
        assert ids(asking.get(f"/api/v1/incidents?{query}")) == chosen, query


def test_open_incidents_are_shown_as_they_are_now_and_each_on_one_page():
    service = sample()
    service.store.past = [incident("at-900", summary="old")]
    newest = incident(summary="new", advice=("Renew the certificate.",))
    # Both were opened in the same millisecond.
    service.open = [
        replace(newest, id=f"at-{us}", opened_at=newest.opened_at + us / 1e6) for us in (300, 900)
    ]
    asking = Asking(service)
    first = asking.get("/api/v1/incidents?limit=1&state=open")
    second = asking.get(first.links["next"]["url"])
    assert ids(first) + ids(second) == ["at-900", "at-300"]
    (found,) = first.json()
    assert (found["summary"], found["advice"]) == ("new", ["Renew the certificate."])


def test_silence_is_made_listed_and_ended_but_not_without_sense():
    asking = Asking()
    for wrong in (
        b"",
        b"no json",
        b"[]",
        b'{"endpoints": [], "seconds": 5}',
        b'{"endpoints": ["a"]}',
    ):
        assert asking.post("/api/v1/silences", content=wrong).status_code == 400
    said = {"endpoints": ["shop-*"], "by": "Ada", "reason": "move"}
    made = asking.post("/api/v1/silences", json={**said, "seconds": 3600})
    (listed,) = asking.get("/api/v1/silences").json()
    times = {"begins": "2026-11-21T12:00:00.000Z", "ends": "2026-11-21T13:00:00.000Z"}

    assert made.status_code == 201
    assert listed == {"id": made.json()["id"], **said, **times}
    assert asking("DELETE", f"/api/v1/silences/{listed['id']}").status_code == 204
    assert asking.get("/api/v1/silences").json() == []


def test_a_job_reports_in():
    asking = Asking()
    asking.post("/api/v1/heartbeat/job")
    asking.post("/api/v1/heartbeat/job", json={"up": False, "detail": "disk full"})

    assert asking.service.beats == [("job", True, ""), ("job", False, "disk full")]


def test_check_is_shown_without_credentials_and_its_state_where_it_is_known():
    seen = refused("a", detail="GET https://user:pw@a.example/?token=x failed")
    silent = check("b", up=None, seconds=None)
    down = view("a", "down", kind="tcp.refused", last=seen)
    asking = Asking(MemoryService(down, view("b", "unknown", last=silent)))

    text = asking.get("/api/v1/endpoints/a").text
    assert "pw@" not in text
    assert "token=x" not in text
    assert asking.get("/api/v1/endpoints/b").json()["check"]["up"] is None
