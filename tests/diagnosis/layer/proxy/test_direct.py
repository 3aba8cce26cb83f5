import importlib
import threading

import pytest

from ringback.diagnosis.context import DiagnosisContext, Options
from ringback.diagnosis.facts import ProxyConnectFacts, ProxyTunnelFacts
from ringback.diagnosis.layer import proxy
from ringback.diagnosis.model import Asked
from ringback.testing.lab import Lab
from ringback.testing.lab.message import serve


@pytest.fixture
def lab():
    with Lab() as running:
        yield running


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


def test_tls_waits_for_the_tunnel(context, monkeypatch):
    module = importlib.import_module("ringback.diagnosis.layer.proxy")
    monkeypatch.setattr(module, "DIRECT_SILENCE", 60.0)
    context.asked = Asked(
        text="", scheme="https", host="127.0.0.1", port=context.asked.port, tls=True
    )
    context.record(ProxyConnectFacts, state="ok")
    later = threading.Timer(0.1, context.record, (ProxyTunnelFacts,), {"state": "ok"})
    later.start()
    proxy.try_direct(context, ("127.0.0.1",))
    later.join()
    assert direct(context) == []


def test_the_direct_way_opens(context):
    context.record(ProxyConnectFacts, state="failed")
    proxy.try_direct(context, ("127.0.0.1",))
    [told] = direct(context)
    assert told.subject == f"127.0.0.1:{context.asked.port}"
    assert told.facts["works"] is True
    assert told.facts["outcome"] == "open"
    assert told.facts["speaks"] == "http"


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
