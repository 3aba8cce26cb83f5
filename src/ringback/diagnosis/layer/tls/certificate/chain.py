"""The chain of certificates as the server sent it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.layer.tls.certificate.der import DERError
from ringback.diagnosis.layer.tls.certificate.x509 import Certificate, certificate

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tls.channel import Channel

_TLS_1_3 = 0x0304
_MOST = 10
"""Certificates read; OpenSSL itself stops at 100."""


def chain_of(channel: Channel) -> tuple[list[bytes], bool]:
    """Return the certificates that a server sent, as DER, and whether they are all it sent."""
    seen = channel.messages
    if seen is not None and seen.certificate:
        return _parsed(seen.certificate, with_context=seen.version == _TLS_1_3), True
    return _told(channel.tls)


def certificates(chain: list[bytes]) -> list[Certificate]:
    """Return the certificates of a chain that can be read."""
    read: list[Certificate] = []
    for der in chain:
        try:
            read.append(certificate(der))
        except DERError:
            continue
    return read


def path(chain: list[Certificate]) -> list[Certificate]:
    """Return the first certificate and those above it, as far as they were sent, in any order."""
    if not chain:
        return []
    found, rest = [chain[0]], list(chain[1:])
    while above := next((one for one in rest if _is_above(one, found[-1])), None):
        rest.remove(above)
        found.append(above)
    return found


def _is_above(one: Certificate, below: Certificate) -> bool:
    return bool(one.subject) and one.subject == below.issuer and not below.self_signed


def _parsed(body: bytes, *, with_context: bool) -> list[bytes]:
    """RFC 8446, section 4.4.2; RFC 5246, section 7.4.2."""
    at = 4 + body[0] if with_context else 3
    found: list[bytes] = []
    while at + 3 <= len(body) and len(found) < _MOST:
        length = int.from_bytes(body[at : at + 3])
        at += 3
        found.append(body[at : at + length])
        at += length
        if with_context:
            at += 2 + int.from_bytes(body[at : at + 2])
    return [one for one in found if one]


def _told(tls: ssl.SSLObject | None) -> tuple[list[bytes], bool]:
    """What Python tells, where it cannot be watched."""
    inner: Any = tls if hasattr(tls, "get_unverified_chain") else getattr(tls, "_sslobj", None)
    if hasattr(inner, "get_unverified_chain"):
        chain = inner.get_unverified_chain() or ()
        return [_der(one) for one in chain][:_MOST], True
    leaf = tls.getpeercert(binary_form=True) if tls is not None else None
    return ([leaf] if leaf else []), False


def _der(one: Any) -> bytes:
    """Public since Python 3.13, which gives bytes; an object of OpenSSL's before."""
    if isinstance(one, bytes):
        return one
    pem: str = one.public_bytes()
    return ssl.PEM_cert_to_DER_cert(pem)
