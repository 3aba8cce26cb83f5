"""The lab's certificate authorities and the certificates they issue, right and wrong (RFC 5280)."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_DAY = dt.timedelta(days=1)
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    def pem(self, *chain: Identity) -> bytes:
        """Return the certificate, the certificates of ``chain`` and the key as PEM."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return b"".join(_pem(member.certificate) for member in (self, *chain)) + key


class Certificates:
    """Makes certificates on first use and keeps them as PEM files in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.RLock()
        self._identities: dict[str, Identity] = {}

    @property
    def bundle(self) -> str:
        """The PEM file with the root that clients are to trust."""
        return self._file("bundle", lambda: _pem(self.root.certificate))

    @property
    def bundle_with_revocations(self) -> str:
        """The PEM file with the trusted root and its revocation list, which names ``revoked``."""
        return self._file("revocations", lambda: _pem(self.root.certificate) + self._revocations())

    @property
    def root(self) -> Identity:
        """The authority in the bundle."""
        return self._once("root", lambda: new_authority("ringback lab root"))

    @property
    def unknown_root(self) -> Identity:
        """An authority that is in no bundle."""
        return self._once("unknown root", lambda: new_authority("ringback lab unknown root"))

    @property
    def intermediate(self) -> Identity:
        """An authority that the root vouches for."""
        return self._once(
            "intermediate", lambda: new_authority("ringback lab intermediate", issuer=self.root)
        )

    def file(self, name: str) -> str:
        """Return the PEM file (certificate, chain, key) called ``name`` in ``ISSUED``."""
        return self._file(name, lambda: ISSUED[name](self))

    def for_host(self, host: str) -> str:
        """Return the PEM file (certificate, key) of a host other than this one."""
        return self._file(f"host-{host}", lambda: leaf(self.root, names=(host,)).pem())

    def server(self, name: str = "good") -> ssl.SSLContext:
        """Return a server's context that presents the certificate called ``name``."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if name == "weak_key":
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(self.file(name))
        return context

    def _once(self, name: str, make: Callable[[], Identity]) -> Identity:
        with self._lock:
            if name not in self._identities:
                self._identities[name] = make()
            return self._identities[name]

    def _file(self, name: str, content: Callable[[], bytes]) -> str:
        path = self._directory / f"{name}.pem"
        with self._lock:
            if not path.exists():
                path.write_bytes(content())
        return str(path)

    def _revocations(self) -> bytes:
        now = dt.datetime.now(dt.UTC)
        revoked = x509.load_pem_x509_certificate(Path(self.file("revoked")).read_bytes())
        entry = x509.RevokedCertificateBuilder(revoked.serial_number, now - _DAY).build()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.certificate.subject)
            .last_update(now - _DAY)
            .next_update(now + 30 * _DAY)
            .add_revoked_certificate(entry)
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(_issued_by(self.root), critical=False)
        )
        return builder.sign(self.root.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def new_authority(
    name: str, *, issuer: Identity | None = None, days: tuple[float, float] = (-2, 365)
) -> Identity:
    """Return a new certificate authority, self-signed without an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = {**_NO_USAGE, "key_cert_sign": True, "crl_sign": True}
    builder = _builder(name, key, issuer, days).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    return _signed(builder.add_extension(x509.KeyUsage(**usage), critical=True), key, issuer)


def leaf(
    issuer: Identity | None,
    *,
    names: tuple[str, ...] = _LOCAL,
    days: tuple[float, float] = (-1, 30),
    key: Key | None = None,
) -> Identity:
    """Return a new certificate of a server or client."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    usage = {**_NO_USAGE, "digital_signature": True}
    builder = (
        _builder(names[0], key, issuer, days)
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    )
    return _signed(builder, key, issuer)


_NO_USAGE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)

ISSUED: dict[str, Callable[[Certificates], bytes]] = {
    "good": lambda lab: leaf(lab.intermediate).pem(lab.intermediate),
    "expired": lambda lab: leaf(lab.root, days=(-30, -1)).pem(),
    "expiring": lambda lab: leaf(lab.intermediate, days=(-25, 5)).pem(lab.intermediate),
    "not_yet_valid": lambda lab: leaf(lab.root, days=(1, 30)).pem(),
    "wrong_host": lambda lab: leaf(lab.root, names=("other.test",)).pem(),
    "self_signed": lambda _: leaf(None).pem(),
    "unknown_issuer": lambda lab: leaf(lab.unknown_root).pem(),
    "untrusted_root": lambda lab: leaf(lab.unknown_root).pem(lab.unknown_root),
    "missing_intermediate": lambda lab: leaf(lab.intermediate).pem(),
    "weak_key": lambda lab: leaf(lab.root, key=rsa.generate_private_key(65537, 1024)).pem(),
    "revoked": lambda lab: leaf(lab.root).pem(),
    "client": lambda lab: leaf(lab.root, names=("client.test",)).pem(),
    "unknown_client": lambda lab: leaf(lab.unknown_root, names=("client.test",)).pem(),
}
"""Name to the PEM (certificate, what is sent of its chain, key) of each certificate."""


def _builder(
    name: str, key: Key, issuer: Identity | None, days: tuple[float, float]
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * _DAY)
        .not_valid_after(now + days[1] * _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.add_extension(_issued_by(issuer), critical=False) if issuer else builder


def _issued_by(issuer: Identity) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def _signed(builder: x509.CertificateBuilder, key: Key, issuer: Identity | None) -> Identity:
    return Identity(builder.sign((issuer.key if issuer else key), hashes.SHA256()), key)


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
