import importlib

import pytest

from ringback.diagnosis.context import DiagnosisContext, Options
from ringback.diagnosis.host_facts import ProxyVariablesFacts
from ringback.diagnosis.layer import proxy
from ringback.diagnosis.model import Asked
from ringback.testing.lab import Lab
from ringback.testing.lab import proxy as proxies
from ringback.testing.lab.message import answering, response, serve


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    module = importlib.import_module("ringback.diagnosis.layer.proxy")
    monkeypatch.setattr(module, "CANDIDATE_TIMEOUT", 60.0)


@pytest.fixture
def lab():
    with Lab() as running:
        yield running


def tried(port, *others, scheme="https"):
    tls = scheme == "https"
    context = DiagnosisContext(
        Asked(text="", scheme=scheme, host="127.0.0.1", port=port, tls=tls), Options()
    )
    context.record(ProxyVariablesFacts, facts={"other": list(others)})
    proxy.try_candidates(context)
    return {
        reading.subject: reading.facts
        for reading in context.readings()
        if reading.what == "candidate"
    }


def test_one_leads_there_and_one_asks_who_calls(lab, unused_port):
    target = lab.listen(serve)
    good = f"http://127.0.0.1:{lab.listen(proxies.proxy).port}"
    asking = f"http://127.0.0.1:{lab.listen(proxies.proxy_with_users).port}"
    gone = f"http://127.0.0.1:{unused_port}"
    found = tried(
        target.port,
        {"url": good, "source": "HTTP_PROXY (for http)"},
        {"url": asking, "source": "/etc/environment"},
        {"url": gone, "source": "/etc/apt/apt.conf"},
        {"url": "http://127.0.0.1:1", "source": "one too many"},
    )
    assert set(found) == {good, asking, gone}
    assert found[good]["works"] is True
    assert found[good]["source"] == "HTTP_PROXY (for http)"
    assert (found[asking]["works"], found[asking]["status"]) == (False, 407)
    assert (found[gone]["works"], found[gone]["outcome"]) == (False, "refused")


def test_none_is_named(lab):
    assert tried(443) == {}
    assert tried(443, {"url": "http://", "source": "nonsense"}) == {}


def no_tunnels(connection):
    forbidden = connection.read_request().method == "CONNECT"
    connection.send(response(403 if forbidden else 200, b"", "Connection: close"))


@pytest.mark.parametrize(
    ("handler", "works", "status"),
    [
        (no_tunnels, True, 200),
        (answering(response(404, b"", "Connection: close")), True, 404),
        (answering(response(502, b"", "Connection: close")), False, 502),
        (answering(response(407, b"", "Connection: close")), False, 407),
    ],
)
def test_a_plain_request_is_passed_on_without_a_tunnel(lab, handler, works, status):
    url = f"http://127.0.0.1:{lab.listen(handler).port}"
    found = tried(80, {"url": url, "source": "/etc/environment"}, scheme="http")
    assert (found[url]["works"], found[url]["status"]) == (works, status)
