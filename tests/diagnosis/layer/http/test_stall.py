import socket

import pytest

from ringback.diagnosis.layer import http, http_extras, tls, tls_extras
from ringback.diagnosis.layer.http_exchange import ResponseTimeouts
from ringback.testing.lab.message import response
from tests.diagnosis.layer.meeting import only, route_of, scene_of
from tests.requires import requires


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    if not hasattr(socket, "TCP_MAXSEG"):
        pytest.skip("this system does not let a program choose the size of its segments")
    monkeypatch.setattr(http_extras, "STALL_SECONDS", 0.1)
    monkeypatch.setattr(http_extras, "_STALL_TIMEOUT", 3.0)
    monkeypatch.setattr(http, "RESPONSE_TIMEOUTS", ResponseTimeouts(2.0, 2.0, 2.0, 2.0))
    monkeypatch.setattr(tls_extras, "STALL_SECONDS", 0.1)
    monkeypatch.setattr(tls, "HANDSHAKE_TIMEOUT", 2.0)


def is_small(accepted):
    """Whether the peer wants small segments: what a path that loses large ones would let pass."""
    return accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) < 1000


def losing_large_segments(lab, body, *, secured=False):
    ssl_context = lab.certificates.server() if secured else None

    def handler(connection):
        if not is_small(connection.socket):
            connection.stall()
            return
        if ssl_context is not None:
            connection.secure(ssl_context)
        if connection.read_request():
            connection.send(response(200, body))

    endpoint = lab.listen(handler, scheme="https" if secured else "http")
    endpoint.verify = lab.certificates.bundle if secured else None
    return endpoint


def met(endpoint):
    context = scene_of(endpoint)
    route = route_of(endpoint)
    http.read_http(context, [route], tls.read_tls(context, [route]))
    return context


def test_a_large_answer_that_comes_in_small_segments(lab):
    context = met(losing_large_segments(lab, b"x" * 5000))

    assert only(context, "request").facts["outcome"] == "timeout"
    assert only(context, "small_segments").facts["works"]


@pytest.mark.nightly
def test_a_small_answer_would_have_come_anyway(lab):
    context = met(losing_large_segments(lab, b"x"))

    assert not only(context, "small_segments").facts["works"]


@pytest.mark.nightly
def test_a_handshake_that_works_with_small_segments(lab):
    requires("cryptography")
    context = met(losing_large_segments(lab, b"x", secured=True))

    assert only(context, "handshake").facts["error"] == "timeout"
    assert only(context, "small_segments").facts["works"]


def test_a_port_that_waits_for_tls(lab):
    requires("cryptography")
    ssl_context = lab.certificates.server()

    def handler(connection):
        if connection.socket.recv(1, socket.MSG_PEEK) == b"G":
            connection.stall()
        else:
            connection.secure(ssl_context)

    context = met(lab.listen(handler))

    assert only(context, "request").facts["outcome"] == "timeout"
    assert only(context, "tls_here").facts["works"]
