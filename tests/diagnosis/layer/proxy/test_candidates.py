import importlib

import pytest

from ringback.diagnosis.context import DiagnosisContext, Options
from ringback.diagnosis.facts import ProxyConnectFacts, ProxyTunnelFacts
from ringback.diagnosis.host_facts import ProxyVariablesFacts
from ringback.diagnosis.layer import proxy
from ringback.diagnosis.model import Asked
from ringback.testing.lab import proxy as proxies
from ringback.testing.lab.message import answering, response, serve


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    module = importlib.import_module("ringback.diagnosis.layer.proxy")
    monkeypatch.setattr(module, "CANDIDATE_TIMEOUT", 60.0)


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


@pytest.fixture
def context(lab):
    met = lab.listen(serve)
    asked = Asked(text="", scheme="http", host="127.0.0.1", port=met.port, tls=False)
    return DiagnosisContext(asked, Options())


def direct(context):
    return [reading for reading in context.readings() if reading.what == "direct"]


def test_a_proxy_that_works_is_not_passed_by(context):
    context.record(ProxyConnectFacts, state="ok")
    proxy.try_direct(context, ("127.0.0.1",))
    assert direct(context) == []


def test_it_is_refused_too(unused_port):
    context = DiagnosisContext(Asked(text="", host="127.0.0.1", port=unused_port), Options())
    context.record(ProxyTunnelFacts, state="failed")
    proxy.try_direct(context, ("127.0.0.1",))
    [told] = direct(context)
    assert told.facts["works"] is False
    assert told.facts["outcome"] == "refused"


def test_without_an_address_nothing_is_known(context):
    proxy.try_direct(context, (), wait=False)
    [told] = direct(context)
    assert told.facts["works"] is None
    assert told.facts["outcome"] == "unresolved"
