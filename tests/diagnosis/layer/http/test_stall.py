import socket

import pytest

from ringback.diagnosis.layer import http, http_extras
from ringback.diagnosis.layer.http_exchange import ResponseTimeouts
from ringback.testing.lab.message import response
from tests.diagnosis.layer.meeting import met_by_http, only
from tests.requires import requires


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    if not hasattr(socket, "TCP_MAXSEG"):
        pytest.skip("this system does not let a program choose the size of its segments")
    monkeypatch.setattr(http_extras, "STALL_SECONDS", 0.01)
    monkeypatch.setattr(http_extras, "_PEEK_TIMEOUT", 0.01)
    monkeypatch.setattr(http_extras, "_STALL_TIMEOUT", 30.0)
    monkeypatch.setattr(http, "RESPONSE_TIMEOUTS", ResponseTimeouts(0.5, 0.5, 0.5, 0.5))


def is_small(connection):
    """Whether the peer wants small segments: what a path that loses large ones would let pass."""
    return connection.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) < 1000


def begins_plainly(connection):
    return connection.socket.recv(1, socket.MSG_PEEK) == b"G"


def test_a_large_answer_that_comes_in_small_segments(lab):
    def handler(connection):
        if is_small(connection):
            connection.read_request()
            connection.send(response(200, b"x" * 5000))
        elif begins_plainly(connection):
            connection.stall()

    context = met_by_http(lab.listen(handler))

    assert only(context, "request").facts["outcome"] == "timeout"
    assert only(context, "small_segments").facts["works"]


def test_a_port_that_waits_for_tls(lab):
    requires("cryptography")
    ssl_context = lab.certificates.server()

    def handler(connection):
        if not begins_plainly(connection):
            connection.secure(ssl_context)
        elif not is_small(connection):
            connection.stall()

    context = met_by_http(lab.listen(handler))

    assert only(context, "request").facts["outcome"] == "timeout"
    assert only(context, "tls_here").facts["works"]
