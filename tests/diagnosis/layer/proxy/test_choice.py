import os

import pytest

from ringback.client.proxies import Proxies
from ringback.diagnosis.context import DiagnosisContext, Options
from ringback.diagnosis.layer.proxy_tunnel import chosen_proxy
from ringback.diagnosis.model import Asked


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in os.environ:
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def of(scheme="https", host="service.test", port=443, protocol="http", **options):
    tls = scheme in {"https", "tls"}
    asked = Asked(text="", scheme=scheme, host=host, port=port, protocol=protocol, tls=tls)
    return chosen_proxy(DiagnosisContext(asked, Options(**options)))


def test_the_environment(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://user:word@gate.test:3128")
    monkeypatch.setenv("http_proxy", "http://other.test:3128")
    monkeypatch.setenv("NO_PROXY", "inside.test")
    assert of() == "http://user:word@gate.test:3128"
    assert of("http", port=80) == "http://other.test:3128"
    assert of(host="a.inside.test") is None
    assert of(host="2001:db8::1") == "http://user:word@gate.test:3128"


def test_what_is_given_is_for_everything(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://gate.test:3128")
    given = Proxies("socks5h://given.test")
    assert of(proxies=given) == "socks5h://given.test"
    assert of("tcp", port=22, protocol="none", proxies=given) == "socks5h://given.test"
