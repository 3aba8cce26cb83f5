import contextlib
import gc
import socket
import ssl
import time
import weakref

import pytest

from ringback.client.deadline import within
from ringback.client.urllib3.connection import SocketReader
from ringback.client.wire import Wire


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        yield ours, theirs


@pytest.fixture
def reading():
    """Makes readers that are closed in the end."""
    with contextlib.ExitStack() as stack:
        yield lambda sock: stack.enter_context(SocketReader(sock, Wire()))


def test_the_descriptor_stays_open_as_long_as_the_reader(pair, reading):
    ours, theirs = pair
    theirs.sendall(b"x")
    reader = reading(ours)
    ours.close()
    assert reader.read(1) == b"x"
    assert reader.fileno() >= 0
    reader.close()
    assert theirs.recv(1) == b""
    with pytest.raises(ValueError, match="closed file"):
        reader.readinto(bytearray(1))


def test_a_timeout_is_the_sockets_own_without_a_deadline(pair, reading):
    ours, _ = pair
    ours.settimeout(0.02)
    reader = reading(ours)
    with pytest.raises(TimeoutError):
        reader.read(1)
    with pytest.raises(OSError, match="cannot read from timed out object"):
        reader.read(1)


def test_a_far_deadline_leaves_the_socket_alone(pair, reading):
    ours, theirs = pair
    reader = reading(ours)
    theirs.sendall(b"x")
    with within(time.monotonic() + 60):
        reader.read(1)
    assert ours.gettimeout() == 5


@pytest.mark.parametrize("timeout", [5, None])
def test_a_body_that_is_read_later_has_the_sockets_timeout_again(pair, reading, timeout):
    ours, theirs = pair
    ours.settimeout(timeout)
    reader = reading(ours)
    theirs.sendall(b"xyz")
    with within(time.monotonic() + 4):
        reader.read(1)
    assert ours.gettimeout() < 4
    reader.read(1)
    assert ours.gettimeout() == timeout
    with within(time.monotonic() + 60):
        reader.read(1)
    assert ours.gettimeout() == (timeout or pytest.approx(60, abs=5))


class Failing:
    """A socket that gives an error instead of bytes."""

    _io_refs = 0

    def __init__(self, error):
        self.error = error

    def gettimeout(self):
        return 5

    def recv_into(self, buffer):
        raise self.error

    def _decref_socketios(self):
        pass


@pytest.mark.parametrize("error", [ConnectionResetError(104, "reset"), ssl.SSLError(1, "bad mac")])
def test_any_other_error_comes_through(reading, error):
    reader = reading(Failing(error))
    with pytest.raises(type(error)) as caught:
        reader.read(1)
    assert caught.value is error
    assert not reader.ended


def test_an_end_below_tls_is_an_end_and_noted(reading):
    reader = reading(Failing(ssl.SSLEOFError(8, "EOF occurred in violation of protocol")))
    assert reader.read(1) == b""
    assert reader.ended
    assert isinstance(reader.cut, ssl.SSLEOFError)
    assert reader.cut.__traceback__ is None


def test_a_closed_reader_keeps_nothing_alive(pair):
    gc.disable()
    try:
        ours, theirs = socket.socketpair()
        ours.settimeout(0.01)
        reader = SocketReader(ours, Wire())
        with pytest.raises(TimeoutError):
            reader.read(1)
        gone = weakref.ref(ours)
        reader.close()
        ours.close()
        theirs.close()
        del ours, reader
        assert gone() is None
    finally:
        gc.enable()


def test_one_that_an_interrupt_kept_from_its_socket_can_be_closed():
    reader = SocketReader.__new__(SocketReader)  # Ctrl-C came before the first line of `__init__`
    reader.close()
    assert reader.closed
