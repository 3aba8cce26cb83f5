import socket
import time

import pytest

from ringback.diagnosis.layer.proxy_tunnel import TunnelStream


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_no_more_than_asked_for(ends):
    ours, theirs = ends
    theirs.sendall(b"x" * 10)
    stream = TunnelStream(ours, time.monotonic() + 3)
    assert stream.until(b"\n", 4) == b"xxxx"
    assert stream.take(2) == b"xx"
    assert stream.rest(100, 0.05) == b"xxxx"


def test_the_time_is_for_all_of_it(ends):
    ours, theirs = ends
    theirs.sendall(b"x")
    stream = TunnelStream(ours, time.monotonic() + 0.05)
    with pytest.raises(TimeoutError):
        stream.take(2)
    with pytest.raises(TimeoutError):
        stream.send(b"late")
