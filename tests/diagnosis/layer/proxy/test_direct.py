import importlib
import threading

import pytest

from ringback.diagnosis.layer import proxy
from ringback.diagnosis.model import Asked
from ringback.diagnosis.scene import DiagnosisContext, Options
from ringback.testing.lab import Lab
from ringback.testing.lab.message import serve


@pytest.fixture
def lab():
    with Lab() as running:
        yield running


@pytest.fixture
def scene(lab):
    met = lab.listen(serve)
    asked = Asked(text="", scheme="http", host="127.0.0.1", port=met.port, tls=False)
    return DiagnosisContext(asked, Options())


def direct(scene):
    return [one for one in scene.readings() if one.what == "direct"]


def test_a_proxy_that_works_is_not_passed_by(scene):
    scene.record("proxy", "connect", state="ok")
    proxy.try_direct(scene, ("127.0.0.1",))
    assert direct(scene) == []


def test_tls_waits_for_the_tunnel(scene, monkeypatch):
    module = importlib.import_module("ringback.diagnosis.layer.proxy")
    monkeypatch.setattr(module, "DIRECT_SILENCE", 60.0)
    scene.asked = Asked(text="", scheme="https", host="127.0.0.1", port=scene.asked.port, tls=True)
    scene.record("proxy", "connect", state="ok")
    later = threading.Timer(0.1, scene.record, ("proxy", "tunnel"), {"state": "ok"})
    later.start()
    proxy.try_direct(scene, ("127.0.0.1",))
    later.join()
    assert direct(scene) == []


def test_the_direct_way_opens(scene):
    scene.record("proxy", "connect", state="failed")
    proxy.try_direct(scene, ("127.0.0.1",))
    [told] = direct(scene)
    assert told.subject == f"127.0.0.1:{scene.asked.port}"
    assert told.facts["works"] is True
    assert told.facts["outcome"] == "open"
    assert told.facts["speaks"] == "http"


def test_it_is_refused_too(unused_port):
    scene = DiagnosisContext(Asked(text="", host="127.0.0.1", port=unused_port), Options())
    scene.record("proxy", "tunnel", state="failed")
    proxy.try_direct(scene, ("127.0.0.1",))
    [told] = direct(scene)
    assert told.facts["works"] is False
    assert told.facts["outcome"] == "refused"


def test_without_an_address_nothing_is_known(scene):
    proxy.try_direct(scene, (), wait=False)
    [told] = direct(scene)
    assert told.facts["works"] is None
    assert told.facts["outcome"] == "unresolved"
