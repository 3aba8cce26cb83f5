"""Healthy is what did what was wanted: a WebSocket that opens, a service that is logged in to."""

import base64
import hashlib

import pytest

from ringback.diagnosis import diagnose
from ringback.testing.lab.message import response

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def http(answer):
    def handler(connection):
        while request := connection.read_request():
            connection.send(answer(request))

    return handler


def switching(request):
    """RFC 6455, section 4.2.2."""
    key = request.headers["sec-websocket-key"].encode()
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ).encode()


def test_a_page_where_a_websocket_was_asked_for_is_none(lab):
    endpoint = lab.listen(http(lambda _: response(200, b"hello")), scheme="ws")
    found = diagnose(f"{endpoint.url}chat").verdict

    assert (found.cause, found.kind, found.confidence) == ("no_websocket", "http.error", 0.8)
    assert [other.cause for other in found.alternatives] == ["upgrade_dropped"]
    assert diagnose(f"http://127.0.0.1:{endpoint.port}/").verdict.healthy


def test_a_websocket_that_opens_is_healthy(lab):
    endpoint = lab.listen(http(switching), scheme="ws")

    assert diagnose(endpoint.url).verdict.healthy


@pytest.mark.parametrize(
    ("userinfo", "cause", "confidence"),
    [("", "service_wants_login", 0.95), (":secret@", "healthy", 0.8)],
)
def test_a_service_that_wants_a_login_does_nothing_without(lab, userinfo, cause, confidence):
    def handler(connection):
        connection.read()
        connection.send(b"-NOAUTH Authentication required.\r\n")

    port = lab.listen(handler, scheme="redis").port
    found = diagnose(f"redis://{userinfo}127.0.0.1:{port}/0").verdict

    assert (found.cause, found.confidence) == (cause, confidence)
    assert "login" in " ".join([found.summary, *found.beside]) or "logged in" in found.summary
    assert "secret" not in repr(found)
