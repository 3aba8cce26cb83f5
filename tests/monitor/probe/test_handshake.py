import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ringback.monitor.probe.handshake import certificate_seen, expiry_failure


def test_what_is_kept_is_what_stands_in_it(lab):
    pem = Path(lab.certificates.file("self_signed")).read_bytes()
    read = x509.load_pem_x509_certificate(pem)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(read.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    kept = certificate_seen(read.public_bytes(Encoding.DER))

    assert kept.not_after == read.not_valid_after_utc.timestamp()
    assert kept.key == digest.finalize().hex()
    assert kept.issuer == "CN=localhost"


def test_what_cannot_be_read_is_none():
    assert certificate_seen(None) is None
    assert certificate_seen(b"") is None
    assert certificate_seen(b"\x30\x03\x02\x01") is None
    assert certificate_seen(ssl.PEM_cert_to_DER_cert(PEM_OF_NOTHING)) is None


PEM_OF_NOTHING = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"


def test_days_that_are_left():
    assert expiry_failure(10 * 86400.0, 10, 0.0) is None
    assert expiry_failure(9.5 * 86400.0, 10, 0.0).detail == (
        "the certificate ends in 9.5 days, expected at least 10"
    )
