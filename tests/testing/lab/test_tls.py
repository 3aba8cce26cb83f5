import re
import socket
import ssl
import time

import pytest

from tests.requires import requires
from tests.testing.lab.wire import (
    SILENCE,
    WAIT_TIMEOUT,
    TlsClient,
    connect,
    read_to_end,
    tls_exchange,
    trusting,
)

HEAD = rb"HTTP/1.1 200 OK\r\n.*\r\n\r\n"

# The reason OpenSSL gives, and whether the request may have been sent by then.
REASONS = {
    "tls.version_or_cipher_mismatch:old_protocol": ("TLSV1_ALERT_PROTOCOL_VERSION", False),
    "tls.version_or_cipher_mismatch:old_server_hello": ("UNSUPPORTED_PROTOCOL", False),
    "tls.version_or_cipher_mismatch:no_shared_cipher": ("SSLV3_ALERT_HANDSHAKE_FAILURE", False),
    "tls.unrecognized_name_alert": ("TLSV1_UNRECOGNIZED_NAME", False),
    "tls.failed:internal_error": ("TLSV1_ALERT_INTERNAL_ERROR", False),
    "tls.bad_client_auth_cert:tls12": ("SSLV3_ALERT_HANDSHAKE_FAILURE", False),
    "tls.bad_client_auth_cert:tls13": ("TLSV13_ALERT_CERTIFICATE_REQUIRED", False),
    "tls.protocol.error:corrupted_record": ("DECRYPTION_FAILED_OR_BAD_RECORD_MAC", True),
}
ENDED = {
    "tls.closed:in_handshake": (rb"", "fin", 0),
    "tcp.reset:in_handshake": (rb"", "rst", 0),
    "tls.timed_out:mid_server_hello": (rb"", "silence", 0),
    "tls.closed:after_request": (rb"", "fin", 1),
    "tls.closed:without_close_notify": (HEAD + rb"x{400}", "fin", 1),
    "tcp.reset:after_request_tls": (rb"", "rst", 1),
}
REJECTED = "tls.bad_client_auth_cert:unknown_issuer"
TRICKLED = "tls.timed_out:trickling_server_hello"
TESTED = {*REASONS, *ENDED, REJECTED, TRICKLED}


@pytest.fixture(autouse=True)
def _needs():
    requires("cryptography")


@pytest.mark.parametrize("name", REASONS)
def test_the_handshake_or_the_record_fails_for_this_reason(lab, name):
    reason, requested = REASONS[name]
    endpoint = lab.start(name)
    seen = tls_exchange(endpoint)
    assert seen.reason == reason
    assert seen.received == b""
    assert endpoint.requests == requested


@pytest.mark.parametrize("name", ENDED)
def test_the_connection_ends_below_tls(lab, name):
    received, end, requests = ENDED[name]
    endpoint = lab.start(name)
    seen = tls_exchange(endpoint, patience=SILENCE if end == "silence" else WAIT_TIMEOUT)
    assert re.fullmatch(received, seen.received, re.DOTALL)
    assert (seen.end, seen.close_notify, seen.error) == (end, False, None)
    assert endpoint.requests == requests


def test_tls13_sends_the_alert_after_the_clients_handshake(lab):
    endpoint = lab.start("tls.bad_client_auth_cert:tls13")
    with TlsClient(endpoint, trusting(endpoint)) as client:
        assert client.shake_hands()
        assert client.read_to_end().reason == "TLSV13_ALERT_CERTIFICATE_REQUIRED"


def test_a_client_certificate_of_an_unknown_issuer_is_rejected(lab):
    endpoint = lab.start(REJECTED)
    context = trusting(endpoint)
    context.load_cert_chain(endpoint.client_certificate)
    assert tls_exchange(endpoint, context).reason == "TLSV1_ALERT_UNKNOWN_CA"
    assert endpoint.requests == 0


def test_the_server_hello_is_cut_within(lab):
    endpoint = lab.start("tls.timed_out:mid_server_hello")
    with connect(endpoint) as connected:
        connected.sendall(client_hello())
        record = connected.recv(5, socket.MSG_WAITALL)
        connected.settimeout(SILENCE)
        rest = read_to_end(connected)
    assert record[:1] == b"\x16"
    assert rest.end == "silence"
    assert len(rest.received) < int.from_bytes(record[3:5])


def test_the_server_hello_comes_byte_by_byte(lab, monkeypatch):
    pause = 0.05
    monkeypatch.setattr("ringback.testing.lab.timing.TRICKLE_PAUSE", pause)
    with connect(lab.start(TRICKLED)) as connected:
        began = time.monotonic()
        connected.sendall(client_hello())
        record = read_to_end(connected, until=rb".{6}").received
    assert record.startswith(b"\x16")
    assert len(record) <= (time.monotonic() - began) / pause + 1
    assert len(record) < int.from_bytes(record[3:5])


def client_hello():
    out = ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="lab.test")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()
