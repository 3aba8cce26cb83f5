"""What agents ask over HTTP: who they are, what is refused, and how each answer is described."""

import gzip
import json

import pytest
from monitor.fleet.hubs import SPOOL, Clock, T, opened, result
from monitor.web.api.test_document import agree, described
from monitor.web.asking import TOKENS, Asking, bearer

from ringback.monitor.fleet.protocol import MAX_CONTENT_BYTES, MAX_SENT_BYTES
from ringback.monitor.fleet.signature import new_key, public_text, signed_fields
from ringback.monitor.web.api.agents import AGENT_OPERATIONS
from ringback.monitor.web.settings import WebSettings

API = "/api/v1"


class Place:
    """An agent of a monitor, by hand."""

    def __init__(self, asking, name="tokyo", prefix=""):
        self.asking, self.key, self.prefix = asking, new_key(), prefix
        awaited = asking.post(f"{API}/agents", json={"name": name, "domain": f"net/{name}"})
        self.body = {"token": awaited.json()["token"], "key": public_text(self.key)}
        self.enrolled = asking.post(f"{API}/agent/enrol", json=self.body)
        self.id = self.enrolled.json()["id"]

    def signed(self, method, path, content=b"", *, now=None, key=None):
        now = self.asking.clock() if now is None else now
        path = f"{self.prefix}{API}{path}"
        return signed_fields(method, path, content, key=key or self.key, key_id=self.id, now=now)

    def __call__(self, method, path, content=b"", *, now=None, key=None, **more):
        headers = {**self.signed(method, path, content, now=now, key=key), **more}
        return self.asking(method, f"{API}{path}", content=content, headers=headers)

    def report(self, *results, **more):
        document = {"agent": self.id, "spool": SPOOL, "sent_at": self.asking.clock(), "from": 0}
        document |= {"to": max((result["n"] for result in results), default=0)}
        content = json.dumps({**document, "results": results}).encode()
        return self("POST", "/agent/results", content, **more)


def asking_of(monitor, settings=None):
    asking = Asking(settings=settings, fleet=monitor.fleet, clock=monitor.clock)
    asking.clock, asking.monitor = monitor.clock, monitor
    return asking


@pytest.fixture
def monitor(tmp_path):
    with opened(tmp_path / "a.db", Clock()) as made:
        yield made


@pytest.fixture
def place(monitor):
    return Place(asking_of(monitor))


def reason(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["reason"]


def test_every_operation_answers_as_the_document_says(place):
    place.asking.clock.now = T + 1
    answers = {
        "listAgents": place.asking.get(f"{API}/agents"),
        "addAgent": place.asking.post(f"{API}/agents", json={"name": "oslo", "domain": None}),
        "enrolAgent": place.enrolled,
        "takeResults": place.report(result(1)),
        "showPlan": place("GET", "/agent/plan?since=&wait=0"),
        "removeAgent": place.asking("DELETE", f"{API}/agents/oslo"),
    }

    assert answers.keys() == {operation.name for operation in AGENT_OPERATIONS}
    for operation in AGENT_OPERATIONS:
        answer = answers[operation.name]
        assert answer.status_code == operation.status, answer.text
        agree(operation, answer)
        signed = operation.scope is None
        assert described(operation)["security"] == [{"signature": []} if signed else {"token": []}]


def test_people_with_a_token_add_and_remove(monitor):
    asking = asking_of(monitor, WebSettings(tokens=TOKENS))
    body = {"name": "tokyo", "domain": "d"}

    assert asking.post(f"{API}/agents", json=body).status_code == 401
    assert asking.post(f"{API}/agents", json=body, headers=bearer("reader")).status_code == 403
    done = asking.post(f"{API}/agents", json=body, headers=bearer("chief"))
    assert done.status_code == 201
    (listed,) = asking.get(f"{API}/agents", headers=bearer("reader")).json()
    assert (listed["name"], listed["state"]) == ("tokyo", "awaited")
    assert done.json()["token"] not in json.dumps(listed)
    gone = asking("DELETE", f"{API}/agents/tokyo", headers=bearer("chief"))
    assert gone.status_code == 204


def test_names_are_plain_and_free(place):
    for body, status in (
        ({"name": "a b"}, 400),
        ({"name": "a", "domain": "\n"}, 400),
        ({"name": ""}, 400),
        ({}, 400),
        ({"name": "hub"}, 409),  # the place of the hub itself
    ):
        done = place.asking.post(f"{API}/agents", json={"domain": None, **body})
        assert done.status_code == status, body


def test_first_form_of_the_protocol_is_served_and_a_plan_not_sent_twice(place):
    """No health, no controls, no diagnoses, no compression, and a plan without a revision."""
    place.asking.clock.now = T + 5
    done = place.report(result(1), result(2))
    assert (done.status_code, done.json()["ack"], done.json()["repeated"]) == (200, 2, 0)
    assert len(place.asking.monitor.history()) == 2
    plan = place("GET", "/agent/plan").json()["plan"]
    first = {"vantage", "domain", "turn", "endpoints", "controls", "files", "omitted"}
    assert plan.keys() >= first
    assert [item["endpoint"]["id"] for item in plan["endpoints"]] == ["shop", "blog"]
    assert place.asking.monitor.fleet.registry.enrolled()[0].seen == T + 5

    revision = place("GET", "/agent/plan?since=&wait=0").json()["revision"]
    again = place("GET", f"/agent/plan?since={revision}&wait=0").json()
    assert (again["plan"], again["revision"]) == (None, revision)
    assert Asking().get(f"{API}/agents").status_code == 404  # a monitor without agents


def test_agent_is_known_by_its_key_and_clock_once_or_refused(place):
    for more, why in (
        ({"now": T + 3600}, "clock"),
        ({"now": T - 3600}, "clock"),
        ({"key": new_key()}, "signature"),
        ({"Signature": "agent=::"}, "signature"),
        ({"Signature-Input": "a" * 8000}, "signature"),
        ({"Content-Digest": "sha-256=:AA==:"}, "signature"),
    ):
        assert reason(place.report(result(1), **more)) == (401, why), more
    signed = place.signed("GET", "/agent/plan")
    first, again = (place.asking.get(f"{API}/agent/plan", headers=signed) for _ in range(2))
    assert first.status_code == 200
    assert reason(again) == (409, "replayed")
    assert place.asking.monitor.fleet.refused == {"clock": 2, "signature": 4, "replayed": 1}
    assert place.asking.monitor.history() == []


def test_one_agent_has_no_more_rights_than_its_own(place):
    other = Place(place.asking, "oslo")
    document = {"agent": place.id, "spool": SPOOL, "sent_at": T, "from": 0, "to": 0, "results": []}

    refused = other("POST", "/agent/results", json.dumps(document).encode())
    assert reason(refused) == (403, "foreign")
    monitor, tokens = place.asking.monitor, WebSettings(tokens=TOKENS)
    other.asking = asking_of(monitor, tokens)
    assert other("GET", "/agent/plan").status_code == 200  # without a token of people
    for path in ("/endpoints", "/agents", "/status"):
        assert other("GET", path).status_code == 401


def test_what_cannot_be_read_is_a_problem(place):
    for content, encoding, status in (
        (b"{}", "gzip", 400),
        (b"{}", "br", 415),
        (b"x" * (MAX_SENT_BYTES + 1), "identity", 413),
        (gzip.compress(b" " * (MAX_CONTENT_BYTES + 1)), "gzip", 413),
        (b"[" * 100_000, "identity", 400),
        (b"\xff\xfe", "identity", 400),
        (b"nul", "identity", 400),
    ):
        done = place("POST", "/agent/results", content, **{"content-encoding": encoding})
        assert done.status_code == status, content[:20]
        assert len(done.content) < 1000


def test_removed_agent_is_told_so_and_its_token_is_used_up(place):
    body = {**place.body, "key": public_text(new_key())}
    assert reason(place.asking.post(f"{API}/agent/enrol", json=body)) == (401, "token")
    place.asking("DELETE", f"{API}/agents/tokyo")
    assert reason(place("GET", "/agent/plan")) == (403, "removed")


def test_behind_a_proxy_that_takes_the_path_off_the_signature_holds(monitor):
    settings = WebSettings(base_url="https://example.com/ringback/")
    place = Place(asking_of(monitor, settings), prefix="/ringback")

    assert place("GET", "/agent/plan?since=x").status_code == 200
    place.prefix = ""
    assert place("GET", "/agent/plan").status_code == 401


def test_page_and_metrics_show_the_agents_and_what_was_refused(place):
    place.asking.clock.now = T + 1
    place.asking.post(f"{API}/agents", json={"name": "oslo", "domain": None})
    place.report(result(1), key=new_key())
    assert place.report(result(1)).status_code == 200
    service, fleet = place.asking.service, place.asking.monitor.fleet
    status = service.status
    service.status = lambda: {**status(), "agents": fleet.counted()}
    up = 'ringback_agent_up{agent="tokyo",domain="net/tokyo"}'
    metrics, page = (place.asking.get(path).text for path in ("/metrics", "/"))

    assert f"{up} 1\n" in metrics
    assert 'agent="oslo"' not in metrics  # it is awaited
    assert 'ringback_agent_requests_refused_total{reason="signature"} 1\n' in metrics
    assert place.asking.get(f"{API}/status").json()["agents"]["refused"] == {"signature": 1}
    assert "net/tokyo" in page
    assert "awaited" in page
    place.asking.clock.now = T + 1000
    assert f"{up} 0\n" in place.asking.get("/metrics").text
    assert "silent" in place.asking.get("/").text
