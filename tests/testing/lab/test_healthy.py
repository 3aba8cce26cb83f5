import json

import pytest

from tests.requires import requires
from tests.testing.lab.wire import (
    GET,
    GET_CLOSE,
    connect,
    exchange,
    read_to_end,
    tls_exchange,
    trusting,
)


def test_a_connection_serves_many_requests(lab):
    endpoint = lab.start("ok")
    with connect(endpoint) as connected:
        for _ in range(3):
            connected.sendall(GET)
            seen = read_to_end(connected, until=rb"\r\n\r\n\{.*\}")
            assert seen.received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert endpoint.requests == 3
    assert len(endpoint.seen) == 1


def test_the_answer_says_what_was_asked(lab):
    upload = b"POST /a?b=c HTTP/1.1\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
    seen = exchange(lab.start("ok"), upload)
    assert seen.end == "fin"
    assert json.loads(seen.received.partition(b"\r\n\r\n")[2]) == {
        "ok": True,
        "method": "POST",
        "target": "/a?b=c",
        "size": 5,
    }


def test_head_gets_no_body(lab):
    seen = exchange(lab.start("ok"), GET_CLOSE.replace(b"GET", b"HEAD"))
    assert seen.received.endswith(b"\r\n\r\n")


def test_it_answers_on_ipv6(lab):
    requires("ipv6")
    endpoint = lab.start("ok:ipv6")
    assert endpoint.host == "::1"
    assert endpoint.url == f"http://[::1]:{endpoint.port}/"
    assert exchange(endpoint, GET_CLOSE).received.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("name", ["ok:tls", "ok:client_certificate"])
def test_it_answers_over_tls_and_says_the_end(lab, name):
    requires("cryptography")
    endpoint = lab.start(name)
    context = trusting(endpoint)
    context.load_cert_chain(endpoint.client_certificate)
    seen = tls_exchange(endpoint, context, GET_CLOSE)
    assert seen.received.startswith(b"HTTP/1.1 200 ")
    assert seen.close_notify


def test_without_its_certificate_the_client_is_refused(lab):
    requires("cryptography")
    seen = tls_exchange(lab.start("ok:client_certificate"), sent=GET_CLOSE)
    assert seen.reason == "TLSV13_ALERT_CERTIFICATE_REQUIRED"


def test_the_large_body_has_100_mb(lab):
    buffer = bytearray(1 << 20)
    with connect(lab.start("ok:large_body")) as connected:
        connected.sendall(GET)
        head = read_to_end(connected, until=rb"\r\n\r\n").received
        total = len(head.partition(b"\r\n\r\n")[2])
        while total < 100_000_000:
            got = connected.recv_into(buffer)
            assert got
            total += got
    assert b"Content-Length: 100000000\r\n" in head
    assert total == 100_000_000
