import socket
import ssl
import time

import pytest

from ringback.client.deadline import within
from ringback.client.urllib3.connection import write_bytes
from ringback.client.wire import Wire

LARGE = bytes(8 << 20)


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(600)
        yield ours, theirs


def test_of_an_upload_that_is_not_read_what_fits_is_counted(pair):
    ours, _ = pair
    ours.settimeout(0.05)
    wire = Wire()
    with pytest.raises(TimeoutError):
        write_bytes(ours, LARGE, wire, 0.05)
    assert 0 < wire.sent < len(LARGE)
    assert wire.broken


def test_the_deadline_ends_an_upload_that_is_read_slowly(pair):
    """Each write succeeds, so that no timeout of a socket would ever end it."""
    ours, theirs = pair

    class Slow:
        gettimeout, settimeout = ours.gettimeout, ours.settimeout

        def send(self, data):
            sent = ours.send(data[:1000])
            theirs.recv(sent)
            return sent

    wire = Wire()
    with within(time.monotonic() + 0.1), pytest.raises(TimeoutError):
        write_bytes(Slow(), bytes(1 << 30), wire, 30)
    assert wire.sends > 1


def test_after_the_deadline_nothing_is_sent(pair):
    ours, theirs = pair
    wire = Wire()
    with within(time.monotonic() - 1), pytest.raises(TimeoutError):
        write_bytes(ours, b"x", wire, 5)
    assert (wire.sent, wire.broken) == (0, True)
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)


def test_the_first_write_is_under_the_sockets_timeout_and_further_ones_under_the_limit(pair):
    ours, _ = pair
    wire = Wire()
    write_bytes(ours, b"head", wire, 30)
    assert ours.gettimeout() == 600
    write_bytes(ours, b"body", wire, 30)
    assert ours.gettimeout() == 30
    write_bytes(ours, b"body", wire, None)
    assert ours.gettimeout() is None


def test_a_broken_connection_takes_nothing(pair):
    ours, theirs = pair
    theirs.close()
    wire = Wire()
    with pytest.raises(BrokenPipeError):
        write_bytes(ours, b"x", wire, 5)
    assert (wire.sent, wire.broken) == (0, True)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), TimeoutError("alarm"), RuntimeError()])
def test_a_signals_handler_leaves_it_open_whether_anything_was_taken(pair, error):
    class Interrupted:
        def send(self, data):
            pair[0].send(data)
            raise error

    wire = Wire()
    with pytest.raises(type(error)):
        write_bytes(Interrupted(), b"x", wire, 5)
    assert wire.sent


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError("timed out"),
        TimeoutError("The write operation timed out"),
        ConnectionResetError(104, "Connection reset by peer"),
        ssl.SSLEOFError(8, "EOF occurred in violation of protocol"),
    ],
)
def test_a_write_that_fails_has_taken_nothing(error):
    class Failing:
        def send(self, data):
            raise error

    wire = Wire()
    with pytest.raises(type(error)):
        write_bytes(Failing(), b"x", wire, 5)
    assert not wire.sent
