import socket

import pytest

from ringback.diagnosis.facts import NameserverFacts
from ringback.diagnosis.host_facts import ResolverConfigFacts, RouteToFacts
from ringback.diagnosis.layer import spoken
from ringback.diagnosis.layer.connect import ConnectResult
from ringback.diagnosis.layer.kernel import Icmp
from ringback.diagnosis.layer.neighbours import (
    Neighbour,
    ask_control,
    ask_neighbour,
    chosen_neighbours,
    gateway_of,
)
from ringback.diagnosis.layer.spoken import client_hello, speech
from ringback.diagnosis.model import Asked
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.message import serve
from tests.diagnosis.layer.worlds import scene_of, told

TARGET, SIX = "198.51.100.2", "2001:db8:2::2"


def ended(outcome, *, own=None, address=TARGET):
    icmp = None
    if own is not None:
        icmp = Icmp(type=3, code=1, sender="x", own=own, is_target=False, family=4)
    return ConnectResult(address=address, port=80, family=4, outcome=outcome, icmp=icmp)


def asked(made, port=80, scheme="http", context=None, **options):
    context = context or scene_of(port, scheme, **options)
    return [
        (neighbour.role, neighbour.address, neighbour.port)
        for neighbour in chosen_neighbours(context, made)
    ]


def test_a_refusal_asks_the_partner_of_the_scheme():
    assert asked({TARGET: ended("refused")}) == [("partner", TARGET, 443)]
    assert asked({TARGET: ended("refused")}, 443, "https") == [("partner", TARGET, 80)]


def test_another_port_asks_the_usual_ones():
    assert asked({TARGET: ended("refused")}, 8080) == [
        ("partner", TARGET, 80),
        ("partner", TARGET, 443),
    ]
    assert asked({TARGET: ended("refused")}, 5433, "postgres")[0] == ("partner", TARGET, 5432)


def test_silence_asks_the_way_too():
    assert asked({TARGET: None}) == [("partner", TARGET, 443), ("gateway", "192.0.2.1", 443)]
    assert asked({TARGET: None, SIX: None}) == [
        ("partner", TARGET, 443),
        ("partner", SIX, 443),
        ("gateway", "192.0.2.1", 443),
        ("gateway", "2001:db8:1::1", 443),
    ]


def test_what_this_host_knows_needs_no_port():
    assert asked({TARGET: ended("network_unreachable")}) == []
    assert asked({TARGET: ended("host_unreachable", own=True)}) == [("gateway", "192.0.2.1", 443)]
    assert asked({TARGET: ended("prohibited", own=False)}) == [("partner", TARGET, 443)]


def test_common_ports_only_where_they_are_allowed():
    found = asked({TARGET: ended("refused")}, 5433, "postgres", neighbours=True)
    assert [(role, port) for role, _, port in found] == [
        ("partner", 5432),
        ("partner", 6432),
        ("common", 22),
        ("common", 80),
        ("common", 443),
        ("common", 8080),
        ("common", 8443),
    ]


def test_a_resolver_that_has_not_answered():
    context = scene_of(80)
    context.record(ResolverConfigFacts, facts={"nameservers": ["127.0.0.53", "192.0.2.53"]})
    assert ("resolver", "192.0.2.53", 53) in asked({TARGET: None}, context=context)
    assert "resolver" not in {
        role for role, *_ in asked({TARGET: ended("refused")}, context=context)
    }
    context.record(NameserverFacts, facts={"rcode": "NXDOMAIN"})
    assert "resolver" not in {role for role, *_ in asked({TARGET: None}, context=context)}


def test_the_way_to_the_address_itself_is_what_counts():
    context = scene_of(80)
    facts = {"on_link": False, "gateway": "192.0.2.9"}
    context.record(RouteToFacts, TARGET, facts=facts)
    context.record(RouteToFacts, "192.0.2.77", facts={"on_link": True, "gateway": None})
    assert gateway_of(context, TARGET) == "192.0.2.9"
    assert gateway_of(context, "192.0.2.77") is None
    assert gateway_of(context, "198.51.100.3") == "192.0.2.1"


PARTNER = {"role": "partner", "speaks": "http", "as_asked": True, "outcome": "open"}


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    monkeypatch.setattr(spoken, "ANSWER_TIMEOUT", 20.0)


def test_a_partner_that_speaks_what_was_asked(lab):
    met = lab.listen(serve)
    context = scene_of(8080)
    ask_neighbour(context, Neighbour(address=met.host, port=met.port, role="partner"), 20)
    [facts] = told(context, "neighbours", "connect")
    assert PARTNER.items() <= facts.items()
    assert context.readings()[-1].result.endswith(", speaks http")


def test_a_gateway_is_not_spoken_to(lab):
    met = lab.listen(serve)
    context = scene_of(443, "https")
    ask_neighbour(context, Neighbour(address=met.host, port=met.port, role="gateway"), 20)
    [facts] = told(context, "neighbours", "connect")
    assert (facts["outcome"], facts["speaks"]) == ("open", None)


def test_a_control(lab, unused_port):
    met = lab.listen(serve)
    context = scene_of(80)
    ask_control(context, f"127.0.0.1:{met.port}", 20)
    ask_control(context, f"127.0.0.1:{unused_port}", 20)
    ask_control(context, "nowhere.invalid:443", 1)
    facts = told(context, "neighbours", "connect")
    assert {neighbour["role"] for neighbour in facts} == {"control"}
    assert [neighbour["outcome"] for neighbour in facts] == ["open", "refused", "unresolved"]
    assert facts[0].keys() == facts[2].keys()


HTTP = Asked(text="", scheme="http", host="service.test", port=80)
SMTP = Asked(text="", scheme="smtp", host="service.test", port=25, protocol="smtp")
REDIS = Asked(text="", scheme="redis", host="service.test", port=6379, protocol="redis")


def heard(met, port, asked):
    try:
        sock = socket.create_connection((met.host, met.port), timeout=30)
    except ConnectionResetError:  # the reset may overtake the connection
        return None
    with sock:
        return speech(sock, port, asked)


def test_tls_by_the_port(lab):
    met = secured()(lab)
    met.host = "127.0.0.1"
    assert heard(met, 443, HTTP) == "tls"
    assert heard(met, 443, SMTP) == "tls"


def test_the_words_of_the_asked_protocol(lab):
    def redis(connection):
        assert connection.read() == b"PING\r\n"
        connection.send(b"+PONG\r\n")

    assert heard(lab.listen(redis), 6379, REDIS) == "redis"


def test_http_behind_a_silent_port(lab, monkeypatch):
    monkeypatch.setattr(spoken, "LISTEN_TIMEOUT", 0.05)
    assert heard(lab.listen(serve), 2525, SMTP) == "http"


def test_the_first_words_of_tls_carry_the_name():
    assert client_hello("service.test")[:2] == b"\x16\x03"
    assert b"service.test" in client_hello("service.test")
    assert b"192.0.2.1" not in client_hello("192.0.2.1")
