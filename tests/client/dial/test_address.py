import socket

import pytest

from ringback.client.dial.address import is_literal, written


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "::1", "2001:db8::1", "fe80::1%eth0", "::ffff:192.0.2.1"]
)
def test_an_address_needs_no_resolver(host):
    assert is_literal(host)


@pytest.mark.parametrize(
    "host",
    ["", "localhost", "x1", "127.1", "1.2.3.4.5", "host:80", "300.1.1.1", "a\x00", "\ud8001", "१"],
)
def test_everything_else_may(host):
    assert not is_literal(host)


def test_an_address_is_written_with_its_port():
    assert written((socket.AF_INET, 1, 6, "", ("192.0.2.1", 80))) == "192.0.2.1:80"
    assert written((socket.AF_INET6, 1, 6, "", ("2001:db8::1", 80, 0, 0))) == "[2001:db8::1]:80"
