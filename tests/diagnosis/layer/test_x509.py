import datetime as dt
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis.layer.x509 import DERError, parse_certificate
from ringback.testing.lab.certificates import Certificates, leaf


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


def der(identity):
    return identity.certificate.public_bytes(Encoding.DER)


def test_a_root_is_read(issued):
    one = parse_certificate(der(issued.root))
    other = issued.root.certificate

    assert one.subject == one.issuer == "CN=ringback lab root"
    assert one.self_signed
    assert one.is_authority
    assert one.not_before == other.not_valid_before_utc
    assert one.not_after == other.not_valid_after_utc
    assert int(one.serial, 16) == other.serial_number
    assert (one.key, one.signature) == ("EC P-256", "ECDSA with SHA-256")


def test_a_leaf_is_read(issued):
    made = leaf(issued.intermediate, names=("a.test", "*.b.test", "192.0.2.1", "2001:db8::1"))
    one = parse_certificate(der(made))

    assert one.names == ("a.test", "*.b.test", "192.0.2.1", "2001:db8::1")
    assert one.issuer == "CN=ringback lab intermediate"
    assert not one.self_signed
    assert not one.is_authority
    assert one.sha256 == made.certificate.fingerprint(hashes.SHA256()).hex()


def test_size_of_an_rsa_key_and_places_of_the_issuer_are_read():
    key = rsa.generate_private_key(65537, 1024)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Prüfstelle"),
            x509.NameAttribute(NameOID.COMMON_NAME, "evil\x1b[31m"),
        ]
    )
    url = x509.UniformResourceIdentifier("http://ca.test/issuer.der")
    access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, url)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(1999, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2060, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        .sign(key, hashes.SHA256())
    )
    one = parse_certificate(made.public_bytes(Encoding.DER))

    assert (one.key, one.signature) == ("RSA 1024", "RSA with SHA-256")
    assert one.ca_issuers == ("http://ca.test/issuer.der",)
    assert one.subject == "O=Prüfstelle, CN=evil\\x1b[31m"
    assert (one.not_before.year, one.not_after.year) == (1999, 2060)


def read_or_refused(data):
    """Whether bytes are either a certificate, with the digest of these very bytes, or refused."""
    try:
        return parse_certificate(data).sha256 == hashlib.sha256(data).hexdigest()
    except DERError as refused:
        return bool(str(refused))


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    assert read_or_refused(data)


@given(st.data())
def test_a_damaged_certificate_is_read_or_refused(issued, data):
    good = bytearray(der(issued.root))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(good[: data.draw(st.integers(0, len(good)))])

    assert read_or_refused(bytes(good))
    assert read_or_refused(cut)
