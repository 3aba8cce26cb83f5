import contextlib
import socket

import dns.message
import dns.name
import dns.rcode
import pytest

from ringback.client.proxies import Proxies
from ringback.diagnosis.context import DiagnosisContext, Options
from ringback.diagnosis.layer import name, nameserver
from ringback.diagnosis.layer.dns_query import Server
from ringback.diagnosis.layer.host_resolver import ResolverConfig
from ringback.diagnosis.layer.name import record_origin
from ringback.diagnosis.layer.url import parse_target
from ringback.testing.lab.dns import ANSWERS, DNSAnswer, Nameserver, bind
from ringback.testing.lab.resolver import resolving


@pytest.fixture(scope="module")
def server():
    with Nameserver(ANSWERS, bind("127.0.0.1")) as running:
        yield running


@pytest.fixture(autouse=True)
def _asks_nobody_else(monkeypatch):
    monkeypatch.setattr(name, "configured_resolver", ResolverConfig)


def look_up(text, server):
    context = DiagnosisContext(parse_target(text), Options(nameservers=(server.address,)))
    with resolving(server.address, timeout=20.0):
        addresses = name.read_name(context)
    return addresses, context.readings()


def only(readings, what):
    return [reading for reading in readings if reading.what == what]


def test_a_name_is_looked_up_and_asked_for(server):
    addresses, readings = look_up("http://ok.lab.test/", server)

    assert addresses == ("127.0.0.1",)
    (system,) = only(readings, "getaddrinfo")
    assert (system.state, system.facts["families"]) == ("ok", [4])
    told = only(readings, "nameserver")
    assert sorted(reading.facts["type"] for reading in told) == ["A", "AAAA"]
    assert {reading.facts["configured"] for reading in told} == {False}
    assert only(readings, "control") == only(readings, "hijack") == []


def test_nobody_is_asked_for_localhost(server):
    addresses, readings = look_up("http://localhost/", server)

    assert "127.0.0.1" in addresses
    assert [reading.what for reading in readings] == ["getaddrinfo"]
    assert not [question for question in server.asked if "localhost" in question.name]


class Anything(dict):
    """Answers that are the same for every label."""

    def get(self, label, default=None):
        return super().get(label, DNSAnswer(addresses=("192.0.2.66",)))


def test_names_that_all_resolve_in_one_domain_are_no_hijack():
    with Nameserver(Anything(), bind("127.0.0.1")) as server:
        _, readings = look_up("http://www.lab.test/", server)

    (hijack,) = only(readings, "hijack")
    assert (hijack.facts["hijacked"], hijack.facts["wildcard"]) == (False, True)
    assert hijack.facts["answers"] == ["192.0.2.66"]


def test_an_address_that_is_not_from_dns_is_recorded():
    context = DiagnosisContext(parse_target("http://nxdomain.lab.test/"), Options())

    record_origin(context, ("192.0.2.99",), [])

    (origin,) = context.readings()
    assert origin.facts["not_from_dns"] == ["192.0.2.99"]
    assert origin.facts["source"] == "name service"


@pytest.fixture
def silent():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder


def asked_for(host, silent):
    """How many of the questions that came were for a name."""
    silent.setblocking(False)
    names = []
    with contextlib.suppress(BlockingIOError):
        while wire := silent.recv(4096):
            names.append(dns.message.from_wire(wire).question[0].name.to_text())
    return names.count(host)


class Beside(Nameserver):
    """Has an address for every name but those below ``.invalid``."""

    def _find(self, name):
        if name.labels[-2] == b"invalid":
            return DNSAnswer(rcode=dns.rcode.NXDOMAIN)
        return DNSAnswer(addresses=("192.0.2.66",))


def test_a_hijacker_that_knows_of_invalid_is_found_by_its_other_lies():
    with Beside({}, bind("127.0.0.1")) as server:
        context = DiagnosisContext(
            parse_target("http://shop.example.org/"), Options(nameservers=(server.address,))
        )
        own = dns.name.from_text("shop.example.org")
        nameserver.hijack(context, Server(*server.address), nameserver.random_sibling(own))

    (hijack,) = context.readings()
    assert hijack.facts["hijacked"] is True
    assert hijack.subject.endswith(".org")


def test_a_name_that_the_proxy_resolves_is_not_waited_for(server, silent, monkeypatch):
    monkeypatch.setattr(name, "SECONDS_UNUSED", 0.1)
    monkeypatch.setattr(name, "_SHORT_TIMEOUTS", (0.05, 0.05))
    context = DiagnosisContext(
        parse_target("http://silent.lab.test/"),
        Options(nameservers=(silent.getsockname(),), proxies=Proxies("http://127.0.0.1:1")),
    )

    with resolving(server.address, timeout=5.0):
        assert name.read_name(context) == ()

    (system,) = only(context.readings(), "getaddrinfo")
    assert system.facts["timed_out"] is True
    assert only(context.readings(), "control") == []


def test_a_silent_server_is_asked_twice_when_another_answers(server, silent):
    context = DiagnosisContext(
        parse_target("http://ok.lab.test/"),
        Options(nameservers=(silent.getsockname(), server.address)),
    )

    with resolving(server.address, timeout=20.0):
        assert name.read_name(context) == ("127.0.0.1",)

    dead = [
        reading for reading in only(context.readings(), "nameserver") if reading.facts["timed_out"]
    ]
    assert len(dead) == 2
    assert asked_for("ok.lab.test.", silent) == 4  # each of both questions twice
    assert only(context.readings(), "control") == []


def test_it_ends_with_the_diagnosis(server):
    context = DiagnosisContext(
        parse_target("http://silent.lab.test/"),
        Options(timeout=0.3, nameservers=(server.address,)),
    )

    with resolving(server.address, timeout=0.5):
        assert name.read_name(context) == ()

    (system,) = only(context.readings(), "getaddrinfo")
    assert system.facts["timed_out"] is True
