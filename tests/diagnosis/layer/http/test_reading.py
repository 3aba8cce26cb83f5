import socket

import pytest

from ringback.diagnosis.layer import http, http_extras
from ringback.diagnosis.layer.http_exchange import ResponseTimeouts
from ringback.testing.lab.message import head
from tests.diagnosis.layer.meeting import met_by_http, only, route_of, scene_of
from tests.requires import requires

LONG = ResponseTimeouts(first=60.0, head=60.0, pause=60.0, body=60.0)
"""For what comes, however slow the machine."""
SHORT = {
    "timeout": ResponseTimeouts(first=0.02, head=0.02),
    "body_timeout": ResponseTimeouts(first=60.0, head=60.0, pause=0.02, body=0.02),
}
"""Outcome to the timeouts for what never comes: a diagnosis of 90 s waits nine times as long."""

OUTCOMES = {
    "tcp.reset:after_request": "reset",
    "tcp.reset:mid_body": "reset",
    "http.response.timed_out:trickling_headers": "timeout",
    "http.response.body_timed_out:trickling_body": "body_timeout",
    "http.response.invalid.incomplete_chunked_encoding:mid_chunk": "truncated",
    "http.response.invalid.content_decoding:truncated_gzip": "truncated",
    "http.protocol.error:chunk_size_invalid": "invalid",
    "http.response.invalid.not_http:http2": "not_http",
    "http.response.invalid.not_http:tls_port": "tls_bytes",
}


@pytest.fixture
def timeouts(monkeypatch):
    """Chooses how long an answer is awaited."""
    return lambda chosen: monkeypatch.setattr(http, "RESPONSE_TIMEOUTS", chosen)


@pytest.fixture(autouse=True)
def _patient(timeouts, monkeypatch):
    timeouts(LONG)
    monkeypatch.setattr(http_extras, "_STALL_TIMEOUT", 0.2)


def met(lab, name):
    return met_at(lab.start(name))


def met_at(endpoint):
    return met_by_http(endpoint, timeout=90.0)


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_broken_answer_is_recorded(lab, name, timeouts):
    timeouts(SHORT.get(OUTCOMES[name], LONG))
    request = only(met(lab, name), "request")

    assert request.facts["outcome"] == OUTCOMES[name]
    assert request.kind == name.partition(":")[0]
    assert request.state == "failed"
    if OUTCOMES[name] == "truncated":
        assert request.facts["truncated_how"] == request.kind


@pytest.mark.parametrize(
    "name", ["ok", "ok:large_body", "ok:tls", "http.protocol.error:malformed_header"]
)
def test_what_clients_take_is_well(lab, name):
    if name == "ok:tls":
        requires("cryptography")
    request = only(met(lab, name), "request")

    assert (request.state, request.kind, request.facts["status"]) == ("ok", None, 200)
    assert request.facts["outcome"] == "answered"


def test_what_the_kernel_knows_is_recorded_of_silence(lab, timeouts):
    timeouts(SHORT["timeout"])
    facts = only(met(lab, "http.response.timed_out:silent"), "request").facts

    assert (facts["unacked"], facts["retransmits"]) == (0, 0)
    assert facts["bytes_acked"] == facts["sent"] > 0


def test_the_query_is_sent_and_not_recorded(lab):
    endpoint = lab.start("ok")
    endpoint.url += "path?token=secret"
    context = scene_of(endpoint)
    http.read_http(context, [route_of(endpoint)], ())

    assert b"GET /path?token=secret HTTP/1.1" in endpoint.seen[-1].received
    assert "secret" not in str(context.readings())


def test_a_long_body_that_comes_well_is_no_failure(lab, timeouts):
    timeouts(ResponseTimeouts(first=60.0, head=60.0, pause=60.0, body=0.3))

    def handler(connection):
        connection.read_request()
        connection.send(head(200, "Content-Length: 100000000") + b"x" * 8192)
        while connection.hold(0.02):
            connection.send(b"x" * 1024)

    request = only(met_at(lab.listen(handler)), "request")

    assert (request.facts["outcome"], request.facts["complete"]) == ("answered", False)


def test_events_may_come_slowly(lab):
    def handler(connection):
        connection.read_request()
        connection.send(head(200, "Content-Type: text/event-stream"))
        connection.stall()

    assert only(met_at(lab.listen(handler)), "request").state == "ok"


def test_a_large_body_is_read_to_its_end_and_a_huge_one_is_not(lab):
    def of(announced, sent):
        def handler(connection):
            if connection.read_request():
                connection.send(head(200, f"Content-Length: {announced}") + b"x" * sent)
                connection.finish(linger=True)

        endpoint = lab.listen(handler, scheme="http")
        context = scene_of(endpoint)
        http.read_http(context, [route_of(endpoint)], [])
        return only(context, "request").facts

    assert of(3_000_000, 3_000_000)["complete"]
    assert of(3_000_000, 1_000_000)["outcome"] == "truncated"
    huge = of(30_000_000, 1_000_000)
    assert (huge["outcome"], huge["complete"]) == ("answered", False)


@pytest.mark.skipif(not hasattr(socket, "TCP_MAXSEG"), reason="no choice of the segments' size")
def test_a_port_that_waits_for_tls(lab, timeouts, monkeypatch):
    requires("cryptography")
    timeouts(ResponseTimeouts(0.5, 0.5, 0.5, 0.5))
    monkeypatch.setattr(http_extras, "STALL_SECONDS", 0.01)
    monkeypatch.setattr(http_extras, "_PEEK_TIMEOUT", 0.01)
    monkeypatch.setattr(http_extras, "_STALL_TIMEOUT", 30.0)
    ssl_context = lab.certificates.server()

    def handler(connection):
        if connection.socket.recv(1, socket.MSG_PEEK) != b"G":
            connection.secure(ssl_context)
        elif connection.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) > 1000:
            connection.stall()

    context = met_by_http(lab.listen(handler))

    assert only(context, "request").facts["outcome"] == "timeout"
    assert only(context, "tls_here").facts["works"]
