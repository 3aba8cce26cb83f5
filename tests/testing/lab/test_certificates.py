import ssl
import threading
from pathlib import Path

import pytest
from requires import requires

from ringback.testing.lab.certificates import ISSUED, Certificates
from tests.testing.lab.wire import GET_CLOSE, tls_exchange, trusting

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


def test_only_a_client_that_checks_refuses_what_is_revoked(lab):
    endpoint = lab.start("tls.cert.revoked")
    checking = strict(endpoint)
    checking.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    assert tls_exchange(endpoint, checking).verify_code == 23
    assert tls_exchange(endpoint, sent=GET_CLOSE).received.startswith(b"HTTP/1.1 200 ")


def test_the_missing_intermediate_is_all_that_is_missing(lab):
    endpoint = lab.start("tls.cert.authority_invalid.unknown_issuer:missing_intermediate")
    complete = trusting(endpoint)
    complete.load_verify_locations(cafile=lab.certificates.file("good"))
    assert tls_exchange(endpoint, complete, GET_CLOSE).received


def test_the_file_holds_what_is_sent_and_the_key(tmp_path):
    certificates = Certificates(tmp_path)
    sent = {name: Path(certificates.file(name)).read_bytes() for name in ISSUED}
    chains = {"good", "expiring", "untrusted_root"}
    assert {name for name, pem in sent.items() if pem.count(b"BEGIN CERTIFICATE") == 2} == chains
    assert {pem.count(b"PRIVATE KEY") for pem in sent.values()} == {2}


def test_each_is_made_once_whoever_asks(tmp_path):
    certificates, made = Certificates(tmp_path), []
    threads = [
        threading.Thread(target=lambda: made.append(Path(certificates.file("good")).read_bytes()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
