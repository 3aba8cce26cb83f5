import select
import socket

import pytest

from ringback.diagnosis.layer.kernel import hear_icmp, icmp_messages, sockaddr_of
from tests.diagnosis.layer.worlds import World
from tests.requires import requires


@pytest.fixture(scope="module")
def world():
    requires("root", "netns", "ip", "iptables")
    with World() as hosts:
        yield hosts


def answered(sock, target):
    """Write to a port that nobody listens on, and return the ICMP messages."""
    assert hear_icmp(sock)
    sock.setblocking(False)
    sock.connect(sockaddr_of(target, 9)[1])
    sock.send(b"?")
    waiting = select.poll()
    waiting.register(sock, 0)  # errors are told always
    assert waiting.poll(3000)
    return icmp_messages(sock, target)


@pytest.mark.netns
@pytest.mark.parametrize(
    ("family", "target", "sender", "type_", "code"),
    [
        (socket.AF_INET, "203.0.113.200", "192.0.2.1", 3, 0),
        (socket.AF_INET6, "2001:db8:2::2", "2001:db8:2::2", 1, 4),
    ],
)
def test_whoever_answers_is_recorded(world, family, target, sender, type_, code):
    with world.inside("client"), socket.socket(family, socket.SOCK_DGRAM) as sock:
        [told] = answered(sock, target)
    assert (told.type, told.code, told.sender) == (type_, code, sender)
    assert told.own is False
    assert told.is_target is (sender == target)


@pytest.mark.netns
def test_a_neighbour_that_is_gone_is_recorded_by_this_host(world):
    with world.inside("client"), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        [told] = answered(sock, f"fe80::77%{socket.if_nametoindex('lab0')}")
    assert (told.type, told.code, told.own, told.is_target) == (1, 3, True, False)
    assert "%" not in told.sender


def test_a_socket_of_another_family_has_no_such_queue():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not hear_icmp(ours)
        assert icmp_messages(ours, "") == []
