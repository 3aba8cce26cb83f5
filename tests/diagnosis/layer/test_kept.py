import gc
import socket
import time

import pytest

from ringback.diagnosis.context import DiagnosisContext, OpenRoute, Options
from ringback.diagnosis.layer import opening
from ringback.diagnosis.layer.opening import keep_connection, release_connections, take_connection
from ringback.diagnosis.model import Asked

ROUTE = OpenRoute(address="127.0.0.1", port=80)


@pytest.fixture
def context():
    return DiagnosisContext(Asked(text=""), Options())


@pytest.fixture
def sock():
    with socket.socket() as made:
        yield made


def test_a_connection_is_given_once_and_only_along_its_way(context, sock):
    keep_connection(context, ROUTE, None, sock)
    assert take_connection(context, ROUTE, ("lab.test", 443)) is None
    assert (
        take_connection(context, OpenRoute(address="127.0.0.1", port=80, proxy="http://p"), None)
        is None
    )
    assert take_connection(context, ROUTE, None) is sock
    assert take_connection(context, ROUTE, None) is None


def test_the_round_trip_does_not_tell_ways_apart(context, sock):
    keep_connection(context, ROUTE, None, sock)
    assert take_connection(context, OpenRoute(address="127.0.0.1", port=80, rtt=0.1), None) is sock


def test_what_has_waited_is_closed(context, sock, monkeypatch):
    monkeypatch.setattr(opening, "FRESH_SECONDS", 0.0)
    keep_connection(context, ROUTE, None, sock)
    before = time.monotonic()
    while time.monotonic() == before:
        pass
    assert take_connection(context, ROUTE, None) is None
    assert sock.fileno() == -1


def test_the_second_of_a_way_takes_the_place_of_the_first(context, sock):
    with socket.socket() as second:
        keep_connection(context, ROUTE, None, sock)
        keep_connection(context, ROUTE, None, second)
        assert sock.fileno() == -1
        assert take_connection(context, ROUTE, None) is second


def test_release_closes_what_is_left(context, sock):
    keep_connection(context, ROUTE, None, sock)
    release_connections(context)
    assert sock.fileno() == -1


def test_connections_go_with_the_scene(sock):
    context = DiagnosisContext(Asked(text=""), Options())
    keep_connection(context, ROUTE, None, sock)
    del context
    gc.collect()
    assert sock.fileno() == -1
