import ssl

import pytest

from ringback.diagnosis.layer.tls_readings import kin_of, matches, role_of
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


SAME = [
    ("www.example.test", "www.example.test"),
    ("www.example.test", "WWW.Example.Test."),
    ("*.example.test", "www.example.test"),
    ("192.0.2.1", "192.0.2.1"),
    ("2001:db8::1", "[2001:0db8::1]"),
    ("fe80::1", "fe80::1%eth0"),
    ("xn--bcher-kva.test", "bücher.test"),
]
OTHER = [
    ("example.test", "www.example.test"),
    ("*.example.test", "example.test"),
    ("*.example.test", "a.b.example.test"),
    ("*.test", "www.test"),
    ("w*.example.test", "www.example.test"),
    ("*.0.2.1", "192.0.2.1"),
    ("192.0.2.1", "192.0.2.2"),
]


@pytest.mark.parametrize(("name", "host"), SAME)
def test_a_certificate_is_for_the_host(name, host):
    assert matches(["other.test", name], host)


@pytest.mark.parametrize(("name", "host"), OTHER)
def test_a_certificate_is_for_another(name, host):
    assert not matches([name], host)
