import socket

import pytest

from ringback.diagnosis.layer.connect import (
    ConnectResult,
    _ended,
    attempt_connect,
    describe_attempt,
    kind_of,
    of_errno,
    of_icmp,
)
from ringback.diagnosis.layer.kernel import Icmp, TcpInfo
from ringback.testing.lab import network
from ringback.testing.lab.namespace import inside
from tests.requires import requires

REJECTED = {
    "icmp_port_unreachable": ("refused", 3, 3),
    "icmp_admin_prohibited": ("prohibited", 3, 13),
    "icmp6_adm_prohibited": ("prohibited", 1, 1),
    "router_without_route": ("network_unreachable", 3, 0),
}
FAULTS = {fault.when: fault for fault in network.FAULTS}


@pytest.fixture
def met(lab):
    requires(*network.NEEDS)

    def connect(when, seconds=3.4):
        endpoint = FAULTS[when].start(lab)
        with inside(endpoint.namespace):
            made = attempt_connect(endpoint.host, endpoint.port, seconds)
        made.close()
        return made

    return connect


def test_open():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = attempt_connect(*listener.getsockname(), 30)
        facts = made.facts()
        with made.sock:
            assert made.sock.getpeername() == listener.getsockname()
    assert made.outcome == "open"
    assert made.kind is None
    assert facts["source"] == "127.0.0.1"
    assert facts["rtt"] > 0
    assert facts["repeats"] == 0
    assert describe_attempt(made).startswith("open, ")


def test_refused_by_nobody_but_the_target(unused_port):
    made = attempt_connect("127.0.0.1", unused_port, 30)
    assert (made.outcome, made.errno, made.icmp) == ("refused", "ECONNREFUSED", None)
    assert made.kind == "tcp.refused"
    assert made.sock is None


def test_a_connection_with_itself_is_none():
    blank = ConnectResult(address="127.0.0.1", port=1, family=4, outcome="timeout")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.connect(sock.getsockname())
        made = _ended(sock, blank, 0.0)
    assert (made.outcome, made.errno, made.sock) == ("refused", "ECONNREFUSED", None)


@pytest.mark.parametrize("address", ["nowhere", "fe80::1%nothing0", "300.1.1.1", ""])
def test_no_address(address):
    assert attempt_connect(address, 80, 1).outcome in {"error", "invalid"}


def test_a_full_backlog_is_silence():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        first = [attempt_connect(*listener.getsockname(), 0.1) for _ in range(3)]
        made = attempt_connect(*listener.getsockname(), 0.1)
        for sock in first:
            sock.close()
    assert made.outcome == "timeout"
    assert made.kind == "tcp.timed_out"
    assert made.seconds >= 0.1
    assert made.withheld is (False if made.repeats else None)


@pytest.mark.netns
@pytest.mark.parametrize("when", REJECTED)
def test_a_rejection_names_its_sender(met, when):
    made = met(when)
    outcome, type_, code = REJECTED[when]
    assert made.outcome == outcome
    assert (made.icmp.type, made.icmp.code) == (type_, code)
    assert made.icmp.sender in {"192.0.2.1", "2001:db8:1::1"}
    assert not made.icmp.own
    assert not made.icmp.is_target
    assert "which is on the way" in describe_attempt(made)


def icmp(family, type_, code):
    return Icmp(
        family=family, type=type_, code=code, sender="192.0.2.1", own=False, is_target=False
    )


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ((4, 3, 0), "network_unreachable"),
        ((4, 3, 1), "host_unreachable"),
        ((4, 3, 2), "prohibited"),
        ((4, 3, 3), "refused"),
        ((4, 3, 4), None),  # too big: TCP sends less
        ((4, 3, 9), "prohibited"),
        ((4, 3, 10), "prohibited"),
        ((4, 3, 13), "prohibited"),
        ((4, 11, 0), "host_unreachable"),
        ((4, 12, 0), "error"),
        ((4, 3, 99), None),
        ((4, 8, 0), None),
        ((6, 1, 0), "network_unreachable"),
        ((6, 1, 1), "prohibited"),
        ((6, 1, 3), "host_unreachable"),
        ((6, 1, 4), "refused"),
        ((6, 1, 5), "prohibited"),
        ((6, 1, 6), "prohibited"),
        ((6, 2, 0), None),
        ((6, 3, 0), "host_unreachable"),
    ],
)
def test_icmp(message, outcome):
    assert of_icmp(icmp(*message)) == outcome


@pytest.mark.parametrize(
    ("name", "outcome", "kind"),
    [
        ("ECONNREFUSED", "refused", "tcp.refused"),
        ("ENETUNREACH", "network_unreachable", "tcp.address_unreachable.network"),
        ("EAFNOSUPPORT", "network_unreachable", "tcp.address_unreachable.network"),
        ("EHOSTUNREACH", "host_unreachable", "tcp.address_unreachable.host"),
        ("EACCES", "prohibited", "tcp.address_unreachable.prohibited"),
        ("EPERM", "prohibited", "tcp.address_unreachable.prohibited"),
        ("EINVAL", "invalid", "tcp.address_invalid"),
        ("EADDRNOTAVAIL", "invalid", "client.local_address"),
        ("EMFILE", "error", "client.resources_exhausted"),
        ("EIO", "error", "tcp.failed"),
        (None, "error", "tcp.failed"),
    ],
)
def test_errno(name, outcome, kind):
    assert of_errno(name) == outcome
    assert kind_of(outcome, name) == kind
    assert of_errno("EADDRNOTAVAIL", 6) == "network_unreachable"


@pytest.mark.parametrize(
    ("state", "retransmits", "total", "in_flight", "withheld"),
    [
        (2, 0, 0, 0, False),  # sent once, so far
        (2, 1, 1, 1, False),  # sent again: it is under way
        (2, 1, 1, 0, True),  # sent again: it has not left
        (2, 2, 1, 0, False),  # the second could not be tried: the neighbour is asked for
        (1, 1, 1, 0, False),  # it stands
    ],
)
def test_withheld(state, retransmits, total, in_flight, withheld):
    told = TcpInfo(
        state=state,
        retransmits=retransmits,
        in_flight=in_flight,
        total_retransmits=total,
        rtt=0.0,
    )
    assert told.withheld is withheld
