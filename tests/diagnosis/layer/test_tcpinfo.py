import socket

import pytest

from ringback.diagnosis.layer.connect import attempt_connect
from ringback.diagnosis.layer.kernel import TcpInfo, tcp_info
from ringback.testing.lab.network import SERVER
from tests.diagnosis.layer.worlds import World
from tests.requires import requires


def test_a_connection_that_stands():
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as sock,
    ):
        told = tcp_info(sock)
    assert told.state == 1
    assert told.rtt > 0
    assert told.total_retransmits == 0
    assert not told.withheld


def test_no_tcp():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert tcp_info(ours) is None


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


@pytest.mark.netns
@pytest.mark.parametrize("version", [4, 6])
def test_a_rule_of_this_host_is_seen_by_its_silence(version):
    requires("root", "netns", "ip", "iptables", "ip6tables")
    program = {4: "iptables", 6: "ip6tables"}[version]
    rule = "OUTPUT -p tcp --dport 80 -j DROP"
    with World() as world, world.rule("client", rule, program), world.inside("client"):
        made = attempt_connect(SERVER[version], 80, 3.4)
    assert made.outcome == "timeout"
    assert made.withheld is True
