"""TLS over a connection, and what a check keeps of the certificate, accepted or not."""

import asyncio
import contextlib
import hashlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import lru_cache
from time import monotonic
from typing import Any, TypeVar

from ringback.client.trust import Trust, ssl_context
from ringback.diagnosis.layer.x509 import DERError, at_least, elements, parse_certificate, sequence
from ringback.incident.model import CertificateSeen
from ringback.monitor.closing import closed_on_error
from ringback.monitor.model import Endpoint
from ringback.monitor.probe.outcome import PhaseTimer, ProbeError, ProbeFailure

_VERSION = 0xA0
_KEY = 5
_DAY = 86_400.0
_DER = 2  # `_ssl.ENCODING_DER`.


def certificate_of(transport: asyncio.BaseTransport) -> CertificateSeen | None:
    """Return the certificate that the peer of a TLS connection presented."""
    secured: Any = transport.get_extra_info("ssl_object")
    return None if secured is None else certificate_seen(secured.getpeercert(binary_form=True))


@lru_cache(maxsize=2048)
def certificate_seen(der: bytes | None) -> CertificateSeen | None:
    """Return what a check keeps of a certificate; ``None`` where it cannot be read."""
    if not der:
        return None
    try:
        read = parse_certificate(der)
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


def earliest_expiry(transport: asyncio.BaseTransport) -> float | None:
    """Return when the first of the certificates that the peer sent ends."""
    secured: Any = transport.get_extra_info("ssl_object")
    ends = [
        seen.not_after
        for der in _chain_sent(secured)
        if (seen := certificate_seen(der)) is not None
    ]
    return min(ends, default=None)


def _chain_sent(secured: Any) -> list[bytes]:
    if hasattr(secured, "get_unverified_chain"):  # Python 3.13
        return list(secured.get_unverified_chain())
    inner: Any = getattr(secured, "_sslobj", None)
    if hasattr(inner, "get_unverified_chain"):
        return [
            certificate.public_bytes(_DER) for certificate in inner.get_unverified_chain() or ()
        ]
    return [secured.getpeercert(binary_form=True)]


def expiry_failure(end: float, days: float, now: float) -> ProbeFailure | None:
    left = (end - now) / _DAY
    if left >= days:
        return None
    return ProbeFailure(
        "tls.cert.invalid", f"the certificate ends in {left:.1f} days, expected at least {days:g}"
    )


_CERTIFICATE_TIMEOUT = 3.0  # Seconds for reading a certificate that was not accepted
_NO_TIMEOUT = 3600.0  # Seconds: the probe's own limit ends a handshake, not the event loop's

P = TypeVar("P", bound=asyncio.Protocol)


def tls_context(endpoint: Endpoint, alpn: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLContext:
    """Return the context that an endpoint's certificate is judged by."""
    own = endpoint.options.get("client_certificate") or None
    named = endpoint.ca or "system"
    trust = Trust.of(named, client_certificate=own)
    return ssl_context(trust, verify=endpoint.verify, alpn=alpn)


async def tls_handshake(
    connected: socket.socket, factory: Callable[[], P], context: ssl.SSLContext, host: str
) -> tuple[asyncio.Transport, P]:
    """Return the connection with TLS over it; it is closed if the handshake fails."""
    with closed_on_error(connected.close):
        return await asyncio.get_running_loop().create_connection(
            factory,
            sock=connected,
            ssl=context,
            server_hostname=host.rstrip(".").partition("%")[0],
            ssl_handshake_timeout=_NO_TIMEOUT,
        )


async def certificate_presented(
    connect: Callable[[PhaseTimer], Awaitable[socket.socket]], host: str, *, until: float
) -> CertificateSeen | None:
    """Return a certificate that was not accepted: a second handshake takes any, sends nothing."""
    context = ssl_context(Trust(system=True), verify=False)
    with contextlib.suppress(OSError, TimeoutError, ProbeError):
        async with asyncio.timeout(min(_CERTIFICATE_TIMEOUT, until - monotonic())):
            transport, _ = await tls_handshake(
                await connect(PhaseTimer()), asyncio.Protocol, context, host
            )
            try:
                return certificate_of(transport)
            finally:
                transport.abort()
    return None
