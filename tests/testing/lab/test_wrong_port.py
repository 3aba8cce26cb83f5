import re
import socket
import ssl

import pytest

from tests.requires import requires
from tests.testing.lab.wire import GET_CLOSE, SILENCE, TlsClient, connect, exchange, tls_exchange

NOT_TLS = ("tls.protocol.error.not_tls:plain_http", "tls.protocol.error.not_tls:plain_ssh")
NOT_HTTP = {
    "tcp.reset:tls_port": (rb"", "rst"),
    "http.response.invalid.not_http:tls_port": (rb"\x15\x03\x01\x00\x02\x02\x0a", "fin"),
    "http.error:tls_port": (rb"HTTP/1.1 400 .*plain HTTP request was sent to HTTPS port", "fin"),
}
TESTED = {*NOT_TLS, *NOT_HTTP, "tls.timed_out:plain_server"}


@pytest.mark.parametrize("name", NOT_TLS)
def test_a_plain_server_that_answers_at_once_is_no_tls(lab, name):
    endpoint = lab.start(name)
    # OpenSSL 3.2 and later name the record layer.
    assert tls_exchange(endpoint).reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}
    assert endpoint.requests == 0


def test_a_plain_server_that_waits_leaves_the_handshake_silent(lab):
    endpoint = lab.start("tls.timed_out:plain_server")
    seen = tls_exchange(endpoint, patience=SILENCE)
    assert (seen.received, seen.end, seen.error) == (b"", "silence", None)


def test_an_ssh_server_speaks_before_the_client_hello(lab):
    with connect(lab.start("tls.protocol.error.not_tls:plain_ssh")) as connected:
        assert connected.recv(4, socket.MSG_WAITALL) == b"SSH-"


@pytest.mark.parametrize("name", NOT_HTTP)
def test_a_tls_port_answers_plain_http_in_its_way(lab, name):
    requires("cryptography")
    received, end = NOT_HTTP[name]
    seen = exchange(lab.start(name), GET_CLOSE)
    assert re.fullmatch(received, seen.received, re.DOTALL)
    assert seen.end == end


def test_the_port_that_drops_plain_http_speaks_tls(lab):
    requires("cryptography")
    endpoint = lab.start("tcp.reset:tls_port")
    with TlsClient(endpoint, ssl.create_default_context(cafile=lab.certificates.bundle)) as client:
        assert client.shake_hands()
