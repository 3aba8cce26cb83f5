import errno
import gc
import socket
import threading
import time
import weakref

import pytest
from client.dial.conftest import DELAY

from ringback import classify
from ringback.client.dial import dial, names
from ringback.client.dial.address import avoided


def test_a_socket_is_as_create_connection_makes_it(place):
    place.accepting("127.0.0.1")

    with (
        dial("127.0.0.1", place.port, timeout=5) as ours,
        socket.create_connection(("127.0.0.1", place.port), timeout=5) as theirs,
    ):
        assert type(ours) is type(theirs)
        assert ours.gettimeout() == theirs.gettimeout() == 5
        assert (ours.family, ours.type, ours.proto) == (theirs.family, theirs.type, theirs.proto)
        assert ours.getpeername() == theirs.getpeername()


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_number_that_is_no_port_is_the_callers_mistake(port):
    with pytest.raises(OverflowError) as caught:
        dial("127.0.0.1", port, timeout=5)

    assert classify(caught.value).kind == "url.invalid"


def test_a_refused_connection_is_what_it_was(place):
    place.refusing("127.0.0.1")

    with pytest.raises(ConnectionRefusedError) as caught:
        dial("127.0.0.1", place.port, timeout=5)

    failure = classify(caught.value)
    assert str(caught.value) == "[Errno 111] Connection refused"
    assert (failure.kind, failure.phase, failure.delivered) == ("tcp.refused", "connect", "no")
    assert failure.target.host == "127.0.0.1"
    assert failure.target.port == place.port
    assert failure.target.address == "127.0.0.1"


def test_a_dead_address_costs_one_delay_once(place, replaced, monkeypatch):
    tried = []

    class Watched(socket.socket):
        __module__ = "socket"

        def connect(self, address):
            tried.append(address[0])
            super().connect(address)

    place.accepting("127.0.0.1")
    place.silent("::1")
    replaced.answers["api.test"] = ["::1", "127.0.0.1"]
    monkeypatch.setattr(socket, "socket", Watched)

    began = time.monotonic()
    for _ in range(3):
        with dial("api.test", place.port, timeout=30) as sock:
            assert sock.getpeername()[0] == "127.0.0.1"
    assert time.monotonic() - began >= DELAY
    assert tried == ["::1", "127.0.0.1", "127.0.0.1", "127.0.0.1"]


def test_after_a_refusal_the_next_address_is_tried_at_once_and_first_the_next_time(place, replaced):
    place.accepting("127.0.0.2")
    place.refusing("127.0.0.1")
    replaced.answers["api.test"] = ["127.0.0.1", "127.0.0.2"]

    for _ in range(2):
        with dial("api.test", place.port, timeout=30) as sock:
            assert sock.getpeername()[0] == "127.0.0.2"
        assert list(avoided.of(("api.test", place.port))) == ["127.0.0.1"]


def test_a_refusal_and_a_silent_address_beside_it_are_both_recorded(place, replaced, unhurried):
    place.silent("127.0.0.1")
    place.refusing("127.0.0.2")
    replaced.answers["api.test"] = ["127.0.0.1", "127.0.0.2"]

    with pytest.raises(ConnectionRefusedError) as caught:
        dial("api.test", place.port, timeout=30)

    failure = classify(caught.value)
    assert failure.kind == "tcp.refused"
    assert {failed.address: failed.kind for failed in failure.addresses} == {
        f"127.0.0.1:{place.port}": "tcp.timed_out",
        f"127.0.0.2:{place.port}": "tcp.refused",
    }


def test_where_no_address_answers_the_name_is_asked_for_again(place, c_library):
    place.refusing("127.0.0.1")
    place.accepting("127.0.0.2")
    c_library.answers["api.test"] = ["127.0.0.1"]
    with pytest.raises(ConnectionRefusedError):
        dial("api.test", place.port, timeout=5)
    c_library.answers["api.test"] = ["127.0.0.2"]

    with dial("api.test", place.port, timeout=5) as sock:
        assert sock.getpeername()[0] == "127.0.0.2"
    assert names.entries()


def test_no_address_at_all_says_what_create_connection_says(replaced):
    replaced.answers["api.test"] = []

    with pytest.raises(OSError, match=r"^getaddrinfo returns an empty list$"):
        dial("api.test", 80, timeout=5)


def test_it_connects_from_the_source_address(place, replaced):
    place.accepting("127.0.0.1")
    place.accepting("::1")
    replaced.answers["api.test"] = ["::1", "127.0.0.1"]

    with dial("api.test", place.port, timeout=5, source_address=("127.0.0.9", 0)) as sock:
        assert sock.getsockname()[0] == "127.0.0.9"
    assert not avoided.of(("api.test", place.port))


def test_a_source_address_that_is_not_here_is_our_fault(place):
    place.accepting("127.0.0.1")

    with pytest.raises(OSError, match="Cannot assign requested address") as caught:
        dial("127.0.0.1", place.port, timeout=5, source_address=("192.0.2.1", 0))

    assert classify(caught.value).kind == "client.local_address"


def test_options_are_set_before_connecting(place):
    place.accepting("127.0.0.1")
    options = [
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    ]

    with dial("127.0.0.1", place.port, timeout=5, socket_options=options) as sock:
        for level, option, _ in options:
            assert sock.getsockopt(level, option)


@pytest.mark.parametrize(("timeout", "error"), [(-1, ValueError), (1e12, OverflowError)])
def test_what_is_no_timeout_is_refused_as_a_socket_does(place, timeout, error):
    place.accepting("127.0.0.1")

    with pytest.raises(error):
        dial("127.0.0.1", place.port, timeout=timeout)


def test_an_option_that_is_wrong_is_raised_and_nothing_stays_open(place):
    place.accepting("127.0.0.1")

    with pytest.raises(TypeError):
        dial("127.0.0.1", place.port, timeout=5, socket_options=[(1, 2, object())])
    with pytest.raises(OSError, match="Protocol not available"):
        dial("127.0.0.1", place.port, timeout=5, socket_options=[(6, 9999, 1)])


def test_where_there_is_no_ipv6_the_other_family_is_tried(place, replaced, monkeypatch):
    class NoIPv6(socket.socket):
        __module__ = "socket"

        def __init__(self, family=-1, *rest, **named):
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(family, *rest, **named)

    place.accepting("127.0.0.1")
    place.refusing("127.0.0.2")
    replaced.answers |= {"api.test": ["::1", "127.0.0.1"], "off.test": ["::1", "127.0.0.2"]}
    monkeypatch.setattr(socket, "socket", NoIPv6)

    dial("api.test", place.port, timeout=5).close()
    with pytest.raises(ConnectionRefusedError) as caught:
        dial("off.test", place.port, timeout=5)
    assert "tcp.address_unreachable.network" in [
        failed.kind for failed in classify(caught.value).addresses
    ]


def test_sockets_of_another_kind_are_tried_one_after_the_other(place, replaced, monkeypatch):
    limits = []

    class Foreign(socket.socket):
        def setblocking(self, flag):
            raise AssertionError("it may not know how")

        def settimeout(self, seconds):
            limits.append(seconds)
            super().settimeout(seconds)

        def connect(self, address):
            if address[0] == "127.0.0.1":
                raise TimeoutError("timed out")
            super().connect(address)

    place.accepting("127.0.0.2")
    replaced.answers["api.test"] = ["127.0.0.1", "127.0.0.2"]
    monkeypatch.setattr(socket, "socket", Foreign)

    with dial("api.test", place.port, timeout=60) as sock:
        assert sock.getpeername()[0] == "127.0.0.2"
    assert limits[0] <= 30 < limits[1]


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["127.0.0.1", "127.0.0.2"]])
def test_a_signal_does_not_end_the_wait(place, replaced, signals, addresses):
    for address in addresses:
        place.silent(address)
    replaced.answers["api.test"] = addresses

    began = time.monotonic()
    with signals.coming(), pytest.raises(TimeoutError):
        dial("api.test", place.port, timeout=0.15)

    assert time.monotonic() - began >= 0.15
    assert signals.arrived


@pytest.mark.parametrize("where", ["lookup", "connect", "race"])
def test_a_signal_that_raises_leaves_nothing_open(place, replaced, signals, where):
    place.silent("127.0.0.1")
    place.silent("127.0.0.2")
    stuck = threading.Event()
    replaced.answers |= {
        "lookup.test": stuck,
        "connect.test": ["127.0.0.1"],
        "race.test": ["127.0.0.1", "127.0.0.2"],
    }

    with pytest.raises(KeyboardInterrupt), signals.coming(KeyboardInterrupt):
        dial(f"{where}.test", place.port, timeout=30)
    stuck.set()


@pytest.mark.parametrize("addresses", [["127.0.0.2"], ["127.0.0.1", "127.0.0.2"]])
def test_an_error_is_in_no_cycle(place, replaced, unhurried, addresses):
    class Witness:
        """A local of the caller: a cycle would keep its frame."""

    place.silent("127.0.0.1")
    place.refusing("127.0.0.2")
    replaced.answers["api.test"] = addresses
    witnesses = weakref.WeakSet()

    def call():
        witness = Witness()
        witnesses.add(witness)
        dial("api.test", place.port, timeout=30)

    gc.disable()
    try:
        with pytest.raises(ConnectionRefusedError) as caught:
            call()
        assert witnesses
        del caught
        assert not witnesses
    finally:
        gc.enable()
