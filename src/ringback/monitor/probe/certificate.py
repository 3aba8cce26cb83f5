"""What a check keeps of a certificate."""

import asyncio
import hashlib
from functools import lru_cache
from typing import Any

from ringback.diagnosis.layer.tls.certificate.der import DERError, at_least, elements, sequence
from ringback.diagnosis.layer.tls.certificate.x509 import certificate
from ringback.incident.model import CertificateSeen
from ringback.monitor.probe.failing import Failed

_VERSION = 0xA0
_KEY = 5
_DAY = 86_400.0
_DER = 2
"""``_ssl.ENCODING_DER``."""


def certificate_of(transport: asyncio.BaseTransport) -> CertificateSeen | None:
    """Return the certificate that the peer of a TLS connection presented.

    Args:
        transport: The connection.
    """
    secured: Any = transport.get_extra_info("ssl_object")
    return None if secured is None else seen(secured.getpeercert(binary_form=True))


@lru_cache(maxsize=2048)
def seen(der: bytes | None) -> CertificateSeen | None:
    """Return what a check keeps of a certificate; ``None`` where it cannot be read.

    Args:
        der: The certificate.
    """
    if not der:
        return None
    try:
        read = certificate(der)
        return CertificateSeen(
            not_after=read.not_after.timestamp(), issuer=read.issuer, key=_key_hash(der)
        )
    except DERError:
        return None


def _key_hash(der: bytes) -> str:
    """SHA-256 of the subjectPublicKeyInfo (RFC 5280, section 4.1), as RFC 7469 pins keys."""
    fields = list(elements(sequence(der)[0].content))
    if fields and fields[0].tag == _VERSION:
        del fields[0]
    return hashlib.sha256(at_least(fields, _KEY + 1)[_KEY].whole).hexdigest()


def first_end_of_chain(transport: asyncio.BaseTransport) -> float | None:
    """Return when the first of the certificates that the peer sent ends.

    Args:
        transport: The connection.

    Returns:
        Seconds since 1970 UTC; ``None``: there is none that can be read.
    """
    secured: Any = transport.get_extra_info("ssl_object")
    ends = [one.not_after for der in _sent(secured) if (one := seen(der)) is not None]
    return min(ends, default=None)


def _sent(secured: Any) -> list[bytes]:
    if hasattr(secured, "get_unverified_chain"):  # Python 3.13
        return list(secured.get_unverified_chain())
    inner: Any = getattr(secured, "_sslobj", None)
    if hasattr(inner, "get_unverified_chain"):
        return [one.public_bytes(_DER) for one in inner.get_unverified_chain() or ()]
    return [secured.getpeercert(binary_form=True)]


def ends_soon(end: float, days: float, now: float) -> Failed | None:
    """Return that a certificate does not last long enough.

    Args:
        end: When it ends, in seconds since 1970 UTC.
        days: How long it must still last.
        now: Seconds since 1970 UTC.
    """
    left = (end - now) / _DAY
    if left >= days:
        return None
    return Failed(
        "tls.cert.invalid", f"the certificate ends in {left:.1f} days, expected at least {days:g}"
    )
