import socket

import pytest

from ringback.diagnosis.layer import spoken as room
from ringback.diagnosis.layer.spoken import client_hello, speech
from ringback.diagnosis.model import Asked
from ringback.testing.lab import Lab
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.message import serve

HTTP = Asked(text="", scheme="http", host="service.test", port=80)
SMTP = Asked(text="", scheme="smtp", host="service.test", port=25, protocol="smtp")
REDIS = Asked(text="", scheme="redis", host="service.test", port=6379, protocol="redis")


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    monkeypatch.setattr(room, "ANSWER_TIMEOUT", 20.0)


@pytest.fixture
def lab():
    with Lab() as running:
        yield running


def heard(met, port, asked):
    try:
        sock = socket.create_connection((met.host, met.port), timeout=3)
    except ConnectionResetError:  # the reset may overtake the connection
        return None
    with sock:
        return speech(sock, port, asked)


def test_http(lab):
    assert heard(lab.listen(serve), 80, HTTP) == "http"


def test_tls_by_the_port(lab):
    met = secured()(lab)
    met.host = "127.0.0.1"
    assert heard(met, 443, HTTP) == "tls"
    assert heard(met, 443, SMTP) == "tls"


def test_the_words_of_the_asked_protocol(lab):
    def redis(connection):
        assert connection.read() == b"PING\r\n"
        connection.send(b"+PONG\r\n")

    assert heard(lab.listen(redis), 6379, REDIS) == "redis"


def test_http_behind_a_silent_port(lab, monkeypatch):
    monkeypatch.setattr(room, "LISTEN_TIMEOUT", 0.05)
    assert heard(lab.listen(serve), 2525, SMTP) == "http"


def test_the_first_words_of_tls_carry_the_name():
    assert client_hello("service.test")[:2] == b"\x16\x03"
    assert b"service.test" in client_hello("service.test")
    assert b"192.0.2.1" not in client_hello("192.0.2.1")
