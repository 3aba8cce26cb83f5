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
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
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
    return _AUTHORITIES[name]()


def authority(name):
    """Return one of the authorities, made on first use."""
    with _lock:
        return _once(name)


_AUTHORITIES = {
    # Valid also in the time of servers whose clock is a hundred days off.
    "root": lambda: issue("Example Trust Root", authority=True, days=(-2000, 2000)),
    "intermediate": lambda: issue(
        "Example Trust Issuing CA", authority("root"), authority=True, days=(-900, 900)
    ),
    "expired intermediate": lambda: issue(
        "Example Trust Issuing CA 1", authority("root"), authority=True, days=(-900, -3)
    ),
    "stranger": lambda: issue("Unheard-of Root", authority=True, days=(-900, 900)),
    "inspection": lambda: issue(
        "Zscaler Intermediate Root CA (zscalertwo.net)",
        authority=True,
        organisation="Zscaler Inc.",
        days=(-900, 900),
    ),
    "cloud proxy": lambda: issue(
        "ca.acme.goskope.com", authority=True, organisation="Netskope Inc", days=(-900, 900)
    ),
    "old root": lambda: issue("Example Old Root", authority=True, days=(-3000, -2)),
    "policy": lambda: issue(
        "Example Trust Policy CA", authority("root"), authority=True, days=(-900, 900)
    ),
    "lower": lambda: issue(
        "Example Trust TLS CA G3", authority("policy"), authority=True, days=(-900, 900)
    ),
    "old policy": lambda: issue(
        "Example Trust Policy CA 0", authority("root"), authority=True, days=(-900, -5)
    ),
    "under old policy": lambda: issue(
        "Example Trust TLS CA G1", authority("old policy"), authority=True, days=(-900, 900)
    ),
    "company root": lambda: issue(
        "Acme Internal Root", authority=True, organisation="Acme Ltd", days=(-900, 900)
    ),
    "company": lambda: issue(
        "Acme Internal Issuing CA 3",
        authority("company root"),
        authority=True,
        organisation="Acme Ltd",
        days=(-900, 900),
    ),
    "elsewhere only": lambda: issue(
        "Example Trust Partner CA",
        authority("root"),
        authority=True,
        days=(-900, 900),
        further=[
            x509.NameConstraints(
                permitted_subtrees=[x509.DNSName("example.net")], excluded_subtrees=None
            )
        ],
    ),
    "weak intermediate": lambda: issue(
        "Example Trust Old CA",
        authority("root"),
        authority=True,
        days=(-900, 900),
        key=rsa.generate_private_key(65537, 1024),
    ),
    "rsa root": lambda: issue("Example RSA Root", authority=True, days=(-900, 900), key=_rsa()),
    "eset": lambda: issue("ESET SSL Filter CA", authority=True, organisation="ESET, spol. s r. o."),
    "cato": lambda: issue("Cato Networks CA", authority=True, organisation="Cato Networks"),
    "crossed root": lambda: issue(
        "Example Trust Root",
        authority("old root"),
        authority=True,
        days=(-900, -2),
        key=authority("root").key,
    ),
    "no authority": lambda: issue("host.example.org", authority("root")),
    "next intermediate": lambda: issue(
        "Example Trust Issuing CA 9", authority("root"), authority=True, days=(3, 900)
    ),
    "short": lambda: issue(
        "Example Trust Short CA", authority("root"), authority=True, days=(-9, 900), length=0
    ),
    "below short": lambda: issue(
        "Example Trust Lower CA", authority("short"), authority=True, days=(-9, 900)
    ),
    "debugger": lambda: issue("mitmproxy", authority=True, organisation="mitmproxy"),
    "virus scanner": lambda: issue(
        "Kaspersky Anti-Virus Personal Root Certificate",
        authority=True,
        organisation="AO Kaspersky Lab",
    ),
    "appliance": lambda: issue(
        "FGT60F1234567890", authority=True, organisation="Fortinet", days=(-900, 900)
    ),
}

_ISSUED = {
    "good": lambda: _chain(NAME, names=(NAME, "example.org", "*.shop.example.org")),
    "address": lambda: _chain(NAME, names=(NAME, "198.51.100.2")),
    "idna": lambda: _chain("xn--bcher-kva.example.org"),
    "ending": lambda: _chain(NAME, days=(-88, 2)),
    "expired": lambda: _chain(NAME, days=(-91, -1)),
    "expired_an_hour_ago": lambda: _chain(NAME, days=(-90, -1 / 24)),
    "expired_long_ago": lambda: _chain(NAME, days=(-800, -400)),
    "expired_intermediate": lambda: _chain(NAME, "expired intermediate", days=(-30, 60)),
    "not_yet_valid": lambda: _chain(NAME, days=(2, 92)),
    # Of servers that live in another time, together with their `Date`.
    "in_100_days": lambda: _chain(NAME, days=(95, 185)),
    "two_years_ago": lambda: _chain(NAME, days=(-790, -700)),
    "in_an_hour": lambda: _chain(NAME, days=(1 / 24, 90)),
    "100_days_ago": lambda: _chain(NAME, days=(-185, -95)),
    "wrong_name": lambda: _chain("other.example.net"),
    "wrong_name_expired": lambda: _chain("other.example.net", days=(-91, -1)),
    "self_signed": lambda: issue(NAME).pem(),
    "self_signed_expired": lambda: issue(NAME, days=(-91, -1)).pem(),
    "unknown_issuer": lambda: issue(NAME, authority("stranger")).pem(),
    "untrusted_root": lambda: issue(NAME, authority("stranger")).pem(authority("stranger")),
    "missing_intermediate": lambda: issue(NAME, authority("intermediate")).pem(),
    "inspected": lambda: issue(NAME, authority("inspection"), days=(-3, 11)).pem(
        authority("inspection")
    ),
    "inspected_in_the_cloud": lambda: _chain(NAME, "cloud proxy", days=(-1, 30)),
    "inspected_leaf_only": lambda: issue(NAME, authority("appliance")).pem(),
    "weak": lambda: issue(NAME, authority("root"), key=rsa.generate_private_key(65537, 1024)).pem(),
    "not_for_servers": lambda: issue(
        NAME, authority("root"), purpose=ExtendedKeyUsageOID.CLIENT_AUTH
    ).pem(),
    "portal": lambda: _chain("portal.example.net"),
    "under_old_root": lambda: _chain(NAME, "old root"),
    "without_names": lambda: _chain(NAME, names=None),
    "out_of_order": lambda: issue(NAME, authority("lower")).pem(
        authority("policy"), authority("root"), authority("lower")
    ),
    "with_root": lambda: _chain_to(NAME, "intermediate", "root"),
    "three": lambda: _chain_to(NAME, "lower", "policy"),
    "link_missing": lambda: _chain_to(NAME, "lower"),
    "wrong_intermediate": lambda: issue(NAME, authority("intermediate")).pem(authority("policy")),
    "expired_above": lambda: _chain_to(NAME, "under old policy", "old policy"),
    "company": lambda: _chain_to(NAME, "company"),
    "company_alone": lambda: issue(NAME, authority("company")).pem(),
    "company_with_root": lambda: _chain_to(NAME, "company", "company root"),
    "company_expired": lambda: _chain(NAME, "company", days=(-400, -20)),
    "partial_wildcard": lambda: _chain("w*.example.org"),
    "outside_constraint": lambda: _chain_to(NAME, "elsewhere only"),
    "eset": lambda: issue(NAME, authority("eset")).pem(authority("eset")),
    "cato": lambda: issue(NAME, authority("cato")).pem(),
    "edwards": lambda: issue(
        NAME, authority("root"), key=ed25519.Ed25519PrivateKey.generate()
    ).pem(),
    "many_names": lambda: _chain(
        NAME, names=(NAME, *(f"n{i:04}.a-rather-long-label.example.org" for i in range(1500)))
    ),
    "crossed": lambda: issue(NAME, authority("intermediate")).pem(
        authority("intermediate"), authority("crossed root")
    ),
    "by_no_authority": lambda: _chain_to(NAME, "no authority"),
    "not_yet_above": lambda: _chain_to(NAME, "next intermediate"),
    "short_path": lambda: _chain_to(NAME, "below short", "short"),
    "capitals": lambda: _chain("x.example.org", names=("WWW.EXAMPLE.ORG",)),
    "rsa": lambda: issue(NAME, authority("rsa root"), key=_rsa()).pem(),
    "under_weak": lambda: _chain_to(NAME, "weak intermediate"),
    "bare_domain": lambda: _chain("example.org"),
    "any_name": lambda: _chain("example.org", names=("*.example.org",)),
    "too_deep": lambda: _chain(NAME, names=("*.www.example.org",)),
    "address_as_name": lambda: issue(NAME, authority("root"), names=("198.51.100.2.", NAME)).pem(),
    "expired_alone": lambda: issue(NAME, authority("intermediate"), days=(-91, -1)).pem(),
    "snake_oil": lambda: issue("localhost").pem(),
    "hotel": lambda: issue("login.hotel.test").pem(),
    "sha1": lambda: _with_sha1(issue(NAME, authority("rsa root")), authority("rsa root")).pem(),
    "debugged": lambda: _chain_to(NAME, "debugger"),
    "scanned": lambda: issue(NAME, authority("virus scanner"), days=(-1, 300)).pem(),
    "issued_in_ten_minutes": lambda: _chain(NAME, days=(10 / 1440, 90)),
    "expired_five_minutes_ago": lambda: _chain(NAME, days=(-90, -5 / 1440)),
    # A chain of some 6 kB: it takes several full segments.
    "long": lambda: issue(
        NAME,
        authority("intermediate"),
        names=(NAME, *(f"n{i:03}.a-rather-long-label.example.org" for i in range(120))),
    ).pem(authority("intermediate")),
}


_BRIEF = {"issued_in_ten_minutes", "expired_five_minutes_ago"}
"""True for minutes only: issued anew for each server, for a run of all worlds takes longer."""


def _chain(subject, issuer="intermediate", **how):
    above = authority(issuer)
    return issue(subject, above, **how).pem(above)


def _chain_to(subject, *issuers):
    above = [authority(issuer) for issuer in issuers]
    return issue(subject, above[0]).pem(*above)


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


def _rsa():
    return rsa.generate_private_key(65537, 2048)


@functools.cache
def _directory():
    path, owner = Path(tempfile.mkdtemp(prefix="ringback-e2e-")), os.getpid()

    @atexit.register
    def remove():
        if os.getpid() == owner:  # not where a process that was forked since ends
            shutil.rmtree(path, ignore_errors=True)

    path.chmod(0o755)  # The diagnosis runs as another user.
    return path


def _file(name, content):
    with _lock:
        path = _directory() / f"{name}.pem"
        if not path.exists():
            path.write_bytes(content())
            path.chmod(0o644)
    return str(path)


def root_file():
    """Return the PEM file of the one root that the client trusts."""
    return _file(
        "root",
        lambda: authority("root").certificate.public_bytes(serialization.Encoding.PEM),
    )


def trusting(*names):
    """Return the PEM file of authorities that a client trusts in place of that root."""
    return _file(
        "-".join(("trusting", *names)).replace(" ", "_"),
        lambda: b"".join(
            authority(name).certificate.public_bytes(serialization.Encoding.PEM) for name in names
        ),
    )


def own_file(name):
    """Return the PEM file of what a server presents, for a client that trusts this very thing."""
    return _file(name, _ISSUED[name])


def no_certificates():
    """Return a file for trusted authorities that holds none."""
    return _file("no-certificates", lambda: b"# to be filled in\n")


_SMALL_GROUP = b"""\
-----BEGIN DH PARAMETERS-----
MIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR
Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL
/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC
-----END DH PARAMETERS-----
"""
"""For Diffie-Hellman: the second group of Oakley, 1,024 bits (RFC 2409)."""


def small_group():
    """Return a file with a group for Diffie-Hellman that is too small today."""
    return _file("small-group", lambda: _SMALL_GROUP)


def openssl_settings(text):
    """Return a configuration file of OpenSSL whose defaults for every context are ``text``."""
    whole = (
        "openssl_conf = all\n[all]\nssl_conf = tls\n[tls]\nsystem_default = defaults\n"
        f"[defaults]\n{text}\n"
    )
    return _file(f"openssl-{text.replace(' ', '')}", whole.encode)


def server_context(name="good"):
    """Return a server's context that presents the certificate called ``name``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if name in {"weak", "sha1", "under_weak"}:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    file = f"{name}-{next(_counter)}" if name in _BRIEF else name
    context.load_cert_chain(_file(file, _ISSUED[name]))
    return context
