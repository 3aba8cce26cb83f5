import socket
import time

import pytest

from ringback.diagnosis.context import DiagnosisContext, OpenRoute, Options
from ringback.diagnosis.layer import opening
from ringback.diagnosis.layer.opening import keep_connection, take_connection
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


def test_what_has_waited_is_closed(context, sock, monkeypatch):
    monkeypatch.setattr(opening, "FRESH_SECONDS", 0.0)
    keep_connection(context, ROUTE, None, sock)
    before = time.monotonic()
    while time.monotonic() == before:
        pass
    assert take_connection(context, ROUTE, None) is None
    assert sock.fileno() == -1
