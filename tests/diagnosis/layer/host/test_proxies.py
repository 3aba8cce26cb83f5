import os

import pytest

from ringback.client.proxies import Proxies
from ringback.diagnosis.context import DiagnosisContext, Options
from ringback.diagnosis.layer import host
from ringback.diagnosis.layer.proxy_tunnel import chosen_proxy
from ringback.diagnosis.layer.url import parse_target


@pytest.fixture
def environment(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("REQUEST_METHOD", raising=False)
    monkeypatch.setattr(host, "proxies_elsewhere", list)

    def put(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


def told(text, **options):
    context = DiagnosisContext(parse_target(text), Options(**options))
    host.read_proxies(context)
    (reading,) = context.readings()
    return reading


def test_without_variables_there_is_nothing_to_note(environment):
    reading = told("https://example.com")

    assert reading.state == "ok"
    assert reading.facts["variables"] == {}
    assert (reading.facts["applies"], reading.facts["other"]) == (None, [])


def test_the_proxy_that_applies_is_recorded_without_credentials(environment):
    environment(HTTPS_PROXY="http://user:pa%2Fss@proxy.example:3128/")

    reading = told("https://example.com")

    assert reading.facts["applies"] == "http://proxy.example:3128"
    assert reading.facts["variables"] == {"HTTPS_PROXY": "http://proxy.example:3128"}
    assert "user" not in repr(reading)


def test_a_proxy_for_another_scheme_does_not_apply(environment):
    environment(http_proxy="http://proxy.example:3128")

    facts = told("https://example.com").facts

    assert facts["applies"] is None
    assert facts["other"] == [
        {"source": "http_proxy (for http)", "url": "http://proxy.example:3128"}
    ]


@pytest.mark.parametrize(
    ("no_proxy", "entry"),
    [("example.com", "example.com"), ("localhost, .com", ".com"), ("*", "*")],
)
def test_what_excludes_the_target_is_named(environment, no_proxy, entry):
    environment(https_proxy="http://proxy.example:3128", NO_PROXY=no_proxy)

    facts = told("https://www.example.com").facts

    assert (facts["applies"], facts["excluded_by"]) == (None, entry)
    assert "NO_PROXY" in facts["other"][0]["source"]


def test_a_network_excludes_its_addresses(environment):
    environment(https_proxy="http://proxy.example:3128", NO_PROXY="10.0.0.0/8")

    assert told("https://10.1.2.3").facts["excluded_by"] == "10.0.0.0/8"
    assert told("https://11.1.2.3").facts["excluded_by"] is None


@pytest.mark.parametrize("value", ["htp://proxy.example", "http://", "http://proxy:port"])
def test_a_value_that_is_no_proxy_is_invalid(environment, value):
    environment(HTTPS_PROXY=value)

    reading = told("https://example.com")

    assert (reading.state, reading.kind) == ("failed", "config.proxy_invalid")
    assert reading.facts["invalid"] == ["HTTPS_PROXY"]


def test_an_invalid_value_for_another_scheme_does_not_matter(environment):
    environment(HTTP_PROXY="http://")

    reading = told("https://example.com")

    assert (reading.kind, reading.facts["invalid"]) == (None, [])


def test_the_programs_own_proxies_go_before_the_environment(environment):
    environment(HTTPS_PROXY="http://proxy.example:3128")

    own = Proxies("http://own.example:1")
    facts = told("https://example.com", proxies=own).facts

    assert (facts["applies"], facts["given"]) == ("http://own.example:1", True)
    assert facts["other"][0]["url"] == "http://proxy.example:3128"
    assert told("tcp://example.com:22", proxies=own).facts["applies"] == "http://own.example:1"


def test_what_a_proxy_needs_to_log_in_is_kept_for_it(environment):
    environment(HTTPS_PROXY="http://user:word@gate.test:3128")
    context = DiagnosisContext(parse_target("https://[2001:db8::1]/"), Options())

    assert chosen_proxy(context) == "http://user:word@gate.test:3128"


def test_other_protocols_use_none(environment):
    environment(ALL_PROXY="socks5://proxy.example")

    assert told("tcp://example.com:22").facts["applies"] is None
    assert told("wss://example.com").facts["applies"] == "socks5://proxy.example:1080"
