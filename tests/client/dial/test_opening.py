import socket

import pytest

from ringback.client.dial.address import Opening

V4 = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))
V6 = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 80, 0, 0))


def test_a_socket_that_cannot_be_bound_is_closed():
    with pytest.raises(OSError, match="Cannot assign requested address"):
        Opening(("192.0.2.1", 0), None)(V4)


@pytest.mark.parametrize(
    ("source", "reachable"),
    [
        (None, [V6, V4]),
        (("127.0.0.1", 0), [V4]),
        (("::1", 0), [V6]),
        (("", 0), [V6, V4]),
        (("localhost", 0), [V6, V4]),
    ],
)
def test_only_a_family_of_the_source_can_be_reached(source, reachable):
    assert Opening(source, None).reachable([V6, V4]) == reachable
