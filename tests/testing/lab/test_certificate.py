import ssl

import pytest

from tests.requires import requires
from tests.testing.lab.wire import tls_exchange, trusting

# X509_V_ERR_* of OpenSSL's x509_vfy.h
VERIFY_CODES = {
    "tls.cert.date_invalid.expired": 10,
    "tls.cert.date_invalid.not_yet_valid": 9,
    "tls.cert.name_invalid:wrong_host": 62,
    "tls.cert.name_invalid:wrong_address": 64,
    "tls.cert.authority_invalid.self_signed": 18,
    "tls.cert.authority_invalid.untrusted_root": 19,
    "tls.cert.authority_invalid.unknown_issuer": 20,
    "tls.cert.authority_invalid.unknown_issuer:missing_intermediate": 20,
    "tls.cert.invalid:weak_key": 66,
}
TESTED = {*VERIFY_CODES, "tls.cert.revoked"}


@pytest.fixture(autouse=True)
def _needs():
    requires("cryptography")


def strict(endpoint):
    """As Python 3.13 and later do by default: the lab's certificates must not fail for form."""
    context = trusting(endpoint)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


@pytest.mark.parametrize("context", [trusting, strict])
@pytest.mark.parametrize("name", VERIFY_CODES)
def test_the_client_refuses_the_certificate(lab, name, context):
    endpoint = lab.start(name)
    seen = tls_exchange(endpoint, context(endpoint))
    assert seen.verify_code == VERIFY_CODES[name]
    assert endpoint.requests == 0


def test_a_client_that_checks_refuses_what_is_revoked(lab):
    endpoint = lab.start("tls.cert.revoked")
    checking = strict(endpoint)
    checking.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    assert tls_exchange(endpoint, checking).verify_code == 23


def test_a_client_that_does_not_check_accepts_what_is_revoked(lab):
    endpoint = lab.start("tls.cert.revoked")
    sent = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
    assert tls_exchange(endpoint, sent=sent).received.startswith(b"HTTP/1.1 200 ")


def test_the_missing_intermediate_is_all_that_is_missing(lab):
    endpoint = lab.start("tls.cert.authority_invalid.unknown_issuer:missing_intermediate")
    complete = trusting(endpoint)
    complete.load_verify_locations(cafile=lab.certificates.file("good"))
    assert tls_exchange(endpoint, complete, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").received
