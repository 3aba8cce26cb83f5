import socket
import struct
from urllib.parse import urlsplit

import pytest

from ringback.testing.lab.proxy import USER
from ringback.testing.lab.socks import REPLIES, Socks
from tests.testing.lab.wire import (
    GET_CLOSE,
    Exchange,
    connect,
    exchange,
    read_to_end,
)

REPLIED = {f"{REPLIES[code][0]}:socks5_{code}": code for code in REPLIES}
VERSION_4 = {"proxy.upstream_failed:socks4": 0x5B, "proxy.auth_required:socks4": 0x5D}
HELLO = b"\x05\x01\x00"


def target(met):
    url = urlsplit(met.url)
    return url.hostname, url.port


def request_5(host, port):
    """A SOCKS5 request by IPv4 address."""
    return b"\x05\x01\x00\x01" + socket.inet_aton(host) + struct.pack("!H", port)


def request_4(host, port, name=b""):
    address = b"\0\0\0\1" if name else socket.inet_aton(host)
    tail = name + b"\0" if name else b""
    return b"\x04\x01" + struct.pack("!H", port) + address + b"someone\0" + tail


def ask(connected, sent, size):
    connected.sendall(sent)
    return read_to_end(connected, until=rb".{%d}" % size).received


@pytest.mark.parametrize(("name", "code"), REPLIED.items())
def test_a_request_gets_its_reply(lab, name, code):
    met = lab.start(name)
    with connect(met) as connected:
        assert ask(connected, HELLO, 2) == b"\x05\x00"
        reply = ask(connected, request_5(*target(met)), 10)
        assert reply == bytes((5, code, 0, 1, 0, 0, 0, 0, 0, 0))
        assert read_to_end(connected) == Exchange(b"", "fin")


@pytest.mark.parametrize(("name", "code"), VERSION_4.items())
def test_socks4_is_rejected(lab, name, code):
    met = lab.start(name)
    sent = request_4(*target(met))
    assert exchange(met, sent) == Exchange(bytes((0, code, *bytes(6))), "fin")


def test_a_wrong_password_is_rejected(lab):
    met = lab.start("proxy.auth_required:socks5_rejected")
    assert "lab:wrong@" in met.proxies["http"]
    with connect(met) as connected:
        assert ask(connected, b"\x05\x02\x00\x02", 2) == b"\x05\x02"
        assert ask(connected, b"\x01\x03lab\x05wrong", 2) == b"\x01\x01"
        assert read_to_end(connected) == Exchange(b"", "fin")


def test_the_right_password_is_accepted(lab):
    met = lab.start("ok:socks5_user")
    user, password = (part.encode() for part in USER.split(":"))
    credentials = bytes((1, len(user))) + user + bytes((len(password),)) + password
    with connect(met) as connected:
        assert ask(connected, b"\x05\x01\x02", 2) == b"\x05\x02"
        assert ask(connected, credentials, 2) == b"\x01\x00"
        assert ask(connected, request_5(*target(met)), 10)[1] == 0
        connected.sendall(GET_CLOSE)
        assert read_to_end(connected).received.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "address",
    [b"\x01" + socket.inet_aton("127.0.0.1"), b"\x03\x09localhost"],
    ids=["address", "name"],
)
def test_socks5_reaches_the_target(lab, address):
    met = lab.start("ok:socks5")
    port = struct.pack("!H", target(met)[1])
    with connect(met) as connected:
        # All at once: a proxy reads by length, not by packet.
        assert ask(connected, HELLO + b"\x05\x01\x00" + address + port, 12)[:4] == b"\x05\0\x05\0"
        connected.sendall(GET_CLOSE)
        assert read_to_end(connected).received.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("name", [b"", b"localhost"], ids=["4", "4a"])
def test_socks4_reaches_the_target(lab, name):
    met = lab.start("ok:socks4")
    with connect(met) as connected:
        assert ask(connected, request_4(*target(met), name), 8) == b"\0\x5a" + bytes(6)
        connected.sendall(GET_CLOSE)
        assert read_to_end(connected).received.startswith(b"HTTP/1.1 200 ")


def test_nothing_leaves_the_machine(lab):
    met = lab.listen(Socks())
    with connect(met) as connected:
        ask(connected, HELLO, 2)
        assert ask(connected, request_5("192.0.2.1", 80), 10)[1] == 2
