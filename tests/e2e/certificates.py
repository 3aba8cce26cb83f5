"""Certificates of the worlds, beside those of the lab (``ringback.testing.lab.certificates``)."""

import atexit
import datetime as dt
import functools
import ipaddress
import itertools
import os
import shutil
import ssl
import tempfile
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ringback.testing.lab.certificates import Identity

NAME = "www.example.org"
_DAY = dt.timedelta(days=1)
_SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
_lock = threading.RLock()
_counter = itertools.count()


def issue(
    subject,
    issuer=None,
    *,
    names=(),
    days=(-1.0, 90.0),
    authority=False,
    purpose=ExtendedKeyUsageOID.SERVER_AUTH,
    key=None,
    organisation="",
    length=None,
    further=(),
):
    """Return a new ``Identity``, self-signed without an issuer.

    Args:
        subject: Its common name.
        issuer: Whose key signs it.
        names: Its alternative names, ``subject`` where none is given; ``None``: it has none.
        days: From when until when it is valid, counted from now.
        authority: Whether it may sign others.
        purpose: What its key may be used for.
        key: Its key.
        organisation: That of the subject.
        length: How many authorities may stand below it.
        further: Critical extensions.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, subject)]
    if organisation:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    called = x509.Name(attributes)
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(issuer.certificate.subject if issuer else called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * _DAY)
        .not_valid_after(now + days[1] * _DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        builder = builder.add_extension(above, critical=False)
    if authority:
        # Python 3.13 and later want it of an authority, as RFC 5280 does.
        builder = builder.add_extension(_SIGNS, critical=True)
    else:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if not authority and names is not None:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general(name) for name in names or (subject,)]),
            critical=False,
        )
    for extension in further:
        builder = builder.add_extension(extension, critical=True)
    signed = builder.sign((issuer or Identity(None, key)).key, hashes.SHA256())
    return Identity(signed, key)


def _general(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


@functools.cache
def _once(name):
    return AUTHORITIES[name]()


def authority(name):
    """Return one of the authorities, made on first use."""
    with _lock:
        return _once(name)


AUTHORITIES = {
    # Valid also in the time of servers whose clock is a hundred days off.
    "root": lambda: issue("Example Trust Root", authority=True, days=(-2000, 2000)),
    "intermediate": lambda: issue(
        "Example Trust Issuing CA", authority("root"), authority=True, days=(-900, 900)
    ),
    "stranger": lambda: issue("Unheard-of Root", authority=True, days=(-900, 900)),
    "inspection": lambda: issue(
        "Zscaler Intermediate Root CA (zscalertwo.net)",
        authority=True,
        organisation="Zscaler Inc.",
        days=(-900, 900),
    ),
    "rsa root": lambda: issue(
        "Example RSA Root",
        authority=True,
        days=(-900, 900),
        key=rsa.generate_private_key(65537, 2048),
    ),
}

ISSUED = {
    "good": lambda: chain(NAME, names=(NAME, "example.org", "*.shop.example.org")),
    "address": lambda: chain(NAME, names=(NAME, "198.51.100.2")),
    "expired": lambda: chain(NAME, days=(-91, -1)),
    "not_yet_valid": lambda: chain(NAME, days=(2, 92)),
    # Of servers that live in another time, together with their `Date`.
    "in_100_days": lambda: chain(NAME, days=(95, 185)),
    "100_days_ago": lambda: chain(NAME, days=(-185, -95)),
    "wrong_name": lambda: chain("other.example.net"),
    "self_signed": lambda: issue(NAME).pem(),
    "unknown_issuer": lambda: issue(NAME, authority("stranger")).pem(),
    "untrusted_root": lambda: issue(NAME, authority("stranger")).pem(authority("stranger")),
    "missing_intermediate": lambda: issue(NAME, authority("intermediate")).pem(),
    "inspected": lambda: issue(NAME, authority("inspection"), days=(-3, 11)).pem(
        authority("inspection")
    ),
    "weak": lambda: issue(NAME, authority("root"), key=rsa.generate_private_key(65537, 1024)).pem(),
    "not_for_servers": lambda: issue(
        NAME, authority("root"), purpose=ExtendedKeyUsageOID.CLIENT_AUTH
    ).pem(),
    "portal": lambda: chain("portal.example.net"),
    "snake_oil": lambda: issue("localhost").pem(),
    "sha1": lambda: _with_sha1(issue(NAME, authority("rsa root")), authority("rsa root")).pem(),
    # A chain of some 6 kB: it takes several full segments.
    "long": lambda: issue(
        NAME,
        authority("intermediate"),
        names=(NAME, *(f"n{i:03}.a-rather-long-label.example.org" for i in range(120))),
    ).pem(authority("intermediate")),
}


BRIEF = set()
"""True for minutes only: issued anew for each server, for a run of all worlds takes longer."""


def chain(subject, issuer="intermediate", **how):
    above = authority(issuer)
    return issue(subject, above, **how).pem(above)


_SHA256_WITH_RSA = bytes.fromhex("2a864886f70d01010b")
_SHA1_WITH_RSA = bytes.fromhex("2a864886f70d010105")


def _with_sha1(identity, issuer):
    """Return the same certificate, signed as nobody should any more: no builder does it."""
    given = identity.certificate
    inner = given.tbs_certificate_bytes.replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA)
    signature = issuer.key.sign(inner, padding.PKCS1v15(), hashes.SHA1())
    whole = given.public_bytes(serialization.Encoding.DER)
    whole = whole.replace(given.signature, signature).replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA)
    return Identity(x509.load_der_x509_certificate(whole), identity.key)


@functools.cache
def _directory():
    path, owner = Path(tempfile.mkdtemp(prefix="ringback-e2e-")), os.getpid()

    @atexit.register
    def remove():
        if os.getpid() == owner:  # not where a process that was forked since ends
            shutil.rmtree(path, ignore_errors=True)

    path.chmod(0o755)  # The diagnosis runs as another user.
    return path


def pem_file(name, content):
    with _lock:
        path = _directory() / f"{name}.pem"
        if not path.exists():
            path.write_bytes(content())
            path.chmod(0o644)
    return str(path)


def root_file():
    """Return the PEM file of the one root that the client trusts."""
    return pem_file(
        "root",
        lambda: authority("root").certificate.public_bytes(serialization.Encoding.PEM),
    )


def trusting(*names):
    """Return the PEM file of authorities that a client trusts in place of that root."""
    return pem_file(
        "-".join(("trusting", *names)).replace(" ", "_"),
        lambda: b"".join(
            authority(name).certificate.public_bytes(serialization.Encoding.PEM) for name in names
        ),
    )


def no_certificates():
    """Return a file for trusted authorities that holds none."""
    return pem_file("no-certificates", lambda: b"# to be filled in\n")


def server_context(name="good"):
    """Return a server's context that presents the certificate called ``name``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if name in {"weak", "sha1", "under_weak"}:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    file = f"{name}-{next(_counter)}" if name in BRIEF else name
    context.load_cert_chain(pem_file(file, ISSUED[name]))
    return context
