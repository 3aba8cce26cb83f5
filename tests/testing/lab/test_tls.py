import re

import pytest

from tests.requires import requires
from tests.testing.lab.wire import (
    SILENCE,
    WAIT_TIMEOUT,
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
    if name == "tcp.reset:after_request_tls":  # OpenSSL takes it for the end
        seen.end = endpoint.seen[0].ended
    assert (seen.end, seen.close_notify, seen.error) == (end, False, None)
    assert endpoint.requests == requests


def test_a_client_certificate_of_an_unknown_issuer_is_rejected(lab):
    endpoint = lab.start("tls.bad_client_auth_cert:unknown_issuer")
    context = trusting(endpoint)
    context.load_cert_chain(endpoint.client_certificate)
    assert tls_exchange(endpoint, context).reason == "TLSV1_ALERT_UNKNOWN_CA"
    assert endpoint.requests == 0
