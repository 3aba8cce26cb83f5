import ssl

import pytest

from ringback.diagnosis.layer.tls_readings import kin_of, role_of
from ringback.testing.lab.certificates import new_authority

TRUSTED = "Example Trust Root", "DigiCert Global Root G2", "GTS Root R1"


@pytest.fixture(scope="module")
def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for name in TRUSTED:
        made.load_verify_locations(cadata=new_authority(name).pem().decode())
    return made


@pytest.mark.parametrize(
    ("issuer", "kin"),
    [
        ("CN=Example Trust Issuing CA 3, O=Somebody", "CN=Example Trust Root"),
        ("CN=DigiCert TLS RSA SHA256 2020 CA1, O=DigiCert Inc", "CN=DigiCert Global Root G2"),
        ("CN=Corp Private Root CA", None),
        ("CN=Stranger", None),
        ("", None),
    ],
)
def test_a_word_in_common_makes_kin(context, issuer, kin):
    assert kin_of(issuer, context) == kin


@pytest.mark.parametrize(
    ("issuer", "role"),
    [
        ("CN=Example Issuing CA", "intermediate"),
        ("CN=Example Intermediate of the Root", "intermediate"),
        ("CN=Example Root R1", "root"),
        ("CN=R11, O=Let's Encrypt", None),
    ],
)
def test_an_authority_says_what_it_is(issuer, role):
    assert role_of(issuer) == role
