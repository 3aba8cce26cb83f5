import socket
import time

import pytest

from ringback.diagnosis.context import DiagnosisContext, OpenRoute, Options
from ringback.diagnosis.layer import opening
from ringback.diagnosis.layer.opening import (
    NotPolite,
    keep_connection,
    open_connection,
    take_connection,
)
from ringback.diagnosis.model import Asked
from ringback.testing.lab.message import serve


@pytest.fixture
def context():
    return DiagnosisContext(Asked(text="", scheme="https", tls=True), Options())


def test_no_more_than_is_polite(lab, context):
    met = lab.listen(serve)
    route = OpenRoute(address=met.host, port=met.port)
    for _ in range(3):
        open_connection(context, route, met.host, met.port, 30).close()
    with pytest.raises(NotPolite):
        open_connection(context, route, met.host, met.port, 30)


def test_bytes_behind_the_answer_are_left_to_the_caller(lab, context):
    def speaks_first(connection):
        connection.read_head()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\n220 ready\r\n")

    met = lab.listen(speaks_first)
    route = OpenRoute(address=met.host, port=met.port, proxy=f"http://{met.host}:{met.port}")
    with open_connection(context, route, "127.0.0.1", 25, 30) as sock:
        assert sock.recv(100) == b"220 ready\r\n"


ROUTE = OpenRoute(address="127.0.0.1", port=80)


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
