import socket
import struct

import pytest
from requires import requires

from ringback.monitor.probe import icmp
from ringback.monitor.probe.outcome import ProbeError


@pytest.mark.parametrize(("host", "needs"), [("127.0.0.1", []), ("[::1]", ["ipv6"])])
def test_echo_is_answered(looking, host, needs):
    requires("root", *needs)

    check = looking.at(f"icmp://{host}", "icmp")

    assert check.up is True
    assert set(check.timings) == {"dns", "first_byte"}
    assert check.address == host.strip("[]")


def test_where_nothing_is_permitted_nobody_is_blamed(looking, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(icmp.socket, "socket", refuse)
    with pytest.raises(ProbeError, match="not permitted here") as refused:
        icmp.echo_socket(socket.AF_INET)
    monkeypatch.undo()

    assert refused.value.failure.of_target is False


def test_only_the_reply_to_the_request_counts():
    token = b"0123456789abcdef"
    reply = struct.pack("!BBHHH", 0, 0, 0, 1, 1) + token
    with_header = bytes([0x45]) + bytes(19) + reply

    assert icmp.is_echo_reply(reply, 0, token)
    assert icmp.is_echo_reply(with_header, 0, token)
    assert not icmp.is_echo_reply(icmp.echo_request(8, 1, token), 0, token)
    assert not icmp.is_echo_reply(reply, 0, token[::-1])
    assert not icmp.is_echo_reply(b"", 0, token)


def test_host_that_does_not_answer(looking):
    requires("root")

    check = looking.at("icmp://240.0.0.1", "icmp", timeout=0.3)

    assert check.up is False, check
    assert check.kind.startswith("tcp.")
