import socket
import time

import pytest

from ringback.diagnosis.layer.proxy_tunnel import TunnelClosed, TunnelStream, printable_line


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_not_a_byte_too_many(ends):
    ours, theirs = ends
    theirs.sendall(b"one\r\ntwo")
    stream = TunnelStream(ours, time.monotonic() + 3)
    assert stream.until(b"\n", 100) == b"one\r\n"
    assert ours.recv(10) == b"two"
    assert bytes(stream.received) == b"one\r\n"


def test_no_more_than_asked_for(ends):
    ours, theirs = ends
    theirs.sendall(b"x" * 10)
    stream = TunnelStream(ours, time.monotonic() + 3)
    assert stream.until(b"\n", 4) == b"xxxx"
    assert stream.take(2) == b"xx"
    assert stream.rest(100, 0.05) == b"xxxx"


def test_the_end_before_the_end(ends):
    ours, theirs = ends
    theirs.sendall(b"x")
    theirs.close()
    with pytest.raises(TunnelClosed):
        TunnelStream(ours, time.monotonic() + 3).take(2)


def test_the_time_is_for_all_of_it(ends):
    ours, theirs = ends
    theirs.sendall(b"x")
    stream = TunnelStream(ours, time.monotonic() + 0.05)
    with pytest.raises(TimeoutError):
        stream.take(2)
    with pytest.raises(TimeoutError):
        stream.send(b"late")


def test_printable():
    assert printable_line(b"a\r\n\t\x1b[31m\xff\\") == "a\\r\\n\\t\\x1b[31m\\xff\\"
    assert len(printable_line(b"\0" * 300)) == 200
