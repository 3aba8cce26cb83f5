"""The three applications, each served by its own server, and what their callers get."""

from __future__ import annotations

import pytest
import requests
from recipes.backend import reset, silent, status
from until import until

pytestmark = pytest.mark.nightly

SERVERS = {
    "Django": ("shop.py", "runserver", "--noreload", "127.0.0.1:{port}"),
    "FastAPI": ("-m", "uvicorn", "shop:app", "--port", "{port}"),
    "Flask": ("-m", "flask", "--app", "shop", "run", "--port", "{port}"),
}


@pytest.fixture(params=SERVERS)
def shop(request, served, backend):
    section = request.param
    environment = {"STOCK_URL": backend.url, "SECRET_KEY": "of this test"}
    return served("web-frameworks", section, "shop.py", *SERVERS[section], **environment)


def kind_of(answer):
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.json()["kind"]


def test_an_application_passes_on_what_happens_behind_it(shop, backend):
    url, log = shop

    backend.will(reset, reset, then=status(200, name="bolt"))
    found = requests.get(f"{url}/items/7")
    assert (found.status_code, found.json()) == (200, {"name": "bolt"})
    assert [request.target for request in backend.requests] == ["/items/7"] * 3

    backend.will(then=reset)
    lost = requests.post(f"{url}/orders", json={"item": 7})
    assert lost.status_code == 502
    assert kind_of(lost) in {"tcp.reset", "tcp.closed.stale"}  # of a connection used before
    assert lost.json()["delivered"] == "maybe"
    assert len(backend.requests) == 1

    backend.will(then=status(503, "Retry-After: 30"))
    later = requests.get(f"{url}/items/7")
    assert (later.status_code, kind_of(later)) == (503, "http.error.unavailable")
    assert int(later.headers["Retry-After"]) in range(1, 31)

    backend.will(then=silent)
    late = requests.get(f"{url}/items/7", headers={"X-Request-Timeout": "2"})
    assert (late.status_code, kind_of(late)) == (504, "http.response.timed_out")

    assert "http.error.unavailable" in log.read_text("utf-8")


def test_all_requests_of_a_process_share_the_circuit(shop, backend):
    url, _ = shop
    backend.will(then=reset)

    answers = []

    def refused():
        answers.append(requests.post(f"{url}/orders", json={"item": 7}))
        return kind_of(answers[-1]) == "client.circuit_open"

    until(refused)
    assert (answers[-1].status_code, answers[-1].headers["Retry-After"]) == (503, "5")
    assert answers[-1].json()["delivered"] == "no"
