"""TLS over a connection, and what a check keeps of the certificate, accepted or not."""

import asyncio
import contextlib
import hashlib
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from time import monotonic
from typing import Any, TypeVar

from ringback.client.trust import Trust, ssl_context
from ringback.diagnosis.layer.x509 import DERError, at_least, elements, parse_certificate, sequence
from ringback.incident.model import CertificateSeen, first_to_end
from ringback.monitor.closing import closed_on_error
from ringback.monitor.model import Endpoint
from ringback.monitor.probe.outcome import PhaseTimer, ProbeError, ProbeFailure, notes_of

_VERSION = 0xA0
_KEY = 5
_DAY = 86_400.0


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


def other_certificate_of(
    endpoint: Endpoint, transport: asyncio.BaseTransport
) -> CertificateSeen | None:
    """Return the first to end of the certificates that the peer's own is verified with.

    Another that it sent besides, such as an old root, is not needed; where nothing is verified, it
    is not known which are. Before Python 3.13 nothing public tells of any but the peer's own.
    """
    secured: Any = transport.get_extra_info("ssl_object")
    chain = _chain_verified(secured) if endpoint.verify else _chain_sent(secured)
    return first_to_end(*(_issuer_seen(der) for der in chain[1:]))


@lru_cache(maxsize=256)
def _issuer_seen(der: bytes) -> CertificateSeen | None:
    seen = certificate_seen(der)
    return seen and replace(seen, whose=f"the issuer {parse_certificate(der).subject}")


def _chain_sent(secured: Any) -> list[bytes]:
    if hasattr(secured, "get_unverified_chain"):  # Python 3.13
        return list(secured.get_unverified_chain())
    return [secured.getpeercert(binary_form=True)]


def note_tls(endpoint: Endpoint, transport: asyncio.BaseTransport) -> None:
    """Note the version and the certificates of a connection where somebody asked."""
    notes = notes_of(endpoint)
    if notes is None:
        return
    secured: Any = transport.get_extra_info("ssl_object")
    notes.tls_version = secured.version() or ""
    notes.chain = tuple(der for der in _chain_sent(secured) if der)
    notes.verified = tuple(_chain_verified(secured)) if endpoint.verify else ()


def _chain_verified(secured: Any) -> list[bytes]:
    if hasattr(secured, "get_verified_chain"):  # Python 3.13
        return list(secured.get_verified_chain())
    return []


def expiry_failure(
    days: float | None, now: float, *seen: CertificateSeen | None
) -> ProbeFailure | None:
    """Return that one of some certificates lasts for fewer days than expected."""
    first = first_to_end(*seen)
    left = None if first is None else (first.not_after - now) / _DAY
    if first is None or left is None or days is None or left >= days:
        return None
    named = f"the certificate of {first.whose}" if first.whose else "the certificate"
    return ProbeFailure(
        "tls.cert.invalid", f"{named} ends in {left:.1f} days, expected at least {days:g}"[:200]
    )


_CERTIFICATE_TIMEOUT = 3.0  # Seconds for reading a certificate that was not accepted
_NO_TIMEOUT = 3600.0  # Seconds: the probe's own limit ends a handshake, not the event loop's

P = TypeVar("P", bound=asyncio.Protocol)


def tls_context(endpoint: Endpoint, alpn: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLContext:
    """Return the context that an endpoint's certificate is judged by."""
    own = endpoint.options.get("client_certificate") or None
    named = endpoint.ca or "system"
    trust = Trust.of(named, client_certificate=own)
    return ssl_context(trust, verify=endpoint.verify, alpn=alpn, brief=True)


async def tls_handshake(
    connected: socket.socket, factory: Callable[[], P], context: ssl.SSLContext, host: str
) -> tuple[asyncio.Transport, P]:
    """Return the connection with TLS over it; it is closed if the handshake fails.

    A server may send messages for ever that a client has to pass over: few are read in one turn of
    the event loop, and no more than a chain of certificates takes.
    """
    with closed_on_error(connected.close):
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _HANDSHAKE_BUFFER)
        try:
            async with asyncio.timeout(None) as limit:
                with _bounded(connected, limit):
                    made = await asyncio.get_running_loop().create_connection(
                        factory,
                        sock=connected,
                        ssl=context,
                        server_hostname=_server_name(host),
                        ssl_handshake_timeout=_NO_TIMEOUT,
                    )
        except TimeoutError as error:
            if limit.expired():
                raise ProbeError(_ENDLESS_HANDSHAKE) from error
            raise
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        return made


def _server_name(host: str) -> str:
    return host.rstrip(".").partition("%")[0]


_HANDSHAKE_BUFFER = 8192  # Bytes that wait to be read while the handshake lasts
_RECEIVE_BUFFER = 1 << 20  # Bytes afterwards, as far as the system allows
MAX_HANDSHAKE_BYTES = 131_072  # Bytes of a handshake; OpenSSL takes 100 kB of certificates
_BOUND_INTERVAL = 0.02  # Seconds between two looks at how many came
_ENDLESS_HANDSHAKE = ProbeFailure(
    "tls.protocol.error", f"more than {MAX_HANDSHAKE_BYTES} bytes, and the handshake has no end"
)
_TCP_INFO, _BYTES_RECEIVED = getattr(socket, "TCP_INFO", None), 128
"""The option of Linux, and where in what it gives (``struct tcp_info``) the count stands."""


@contextlib.contextmanager
def _bounded(connected: socket.socket, limit: asyncio.Timeout) -> Iterator[None]:
    """End what is under way when too many bytes came; only Linux counts them."""
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []

    def look() -> None:
        info = connected.getsockopt(socket.IPPROTO_TCP, _TCP_INFO or 0, _BYTES_RECEIVED + 8)
        if int.from_bytes(info[_BYTES_RECEIVED:], sys.byteorder) > MAX_HANDSHAKE_BYTES:
            limit.reschedule(loop.time())
        else:
            timers[:] = [loop.call_later(_BOUND_INTERVAL, look)]

    if sys.platform == "linux":
        timers.append(loop.call_later(_BOUND_INTERVAL, look))
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()


async def certificate_presented(
    connect: Callable[[PhaseTimer], Awaitable[socket.socket]], host: str, *, until: float
) -> CertificateSeen | None:
    """Return a certificate that was not accepted: a second handshake takes any, sends nothing."""
    context = ssl_context(Trust(system=True), verify=False, brief=True)
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


_ALERT_HANDSHAKE_FAILURE = "SSLV3_ALERT_HANDSHAKE_FAILURE"
_HANDSHAKE_RECORD, _CERTIFICATE_REQUEST = 22, 13
_WANTS_CERTIFICATE = ProbeFailure(
    "tls.bad_client_auth_cert", "the server asks for a client certificate: alert handshake_failure"
)


async def explain_refusal(
    error: Exception,
    connect: Callable[[PhaseTimer], Awaitable[socket.socket]],
    host: str,
    *,
    until: float,
    phases: PhaseTimer,
) -> Exception:
    """Return what ended a handshake, after a second look at the server where that tells more.

    ``ssl`` does not tell whether the server asked for a certificate of ours. Where it did, alert
    handshake_failure is what TLS 1.2 has for the lack of one (RFC 5246, section 7.4.6).
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        phases.certificate = await certificate_presented(connect, host, until=until)
    elif getattr(error, "reason", None) == _ALERT_HANDSHAKE_FAILURE:
        seen = b""
        with contextlib.suppress(OSError, TimeoutError, ProbeError):
            async with asyncio.timeout(min(_CERTIFICATE_TIMEOUT, until - monotonic())):
                seen = await _first_flight(await connect(PhaseTimer()), host)
        if _CERTIFICATE_REQUEST in _messages_in_clear(seen):
            return ProbeError(_WANTS_CERTIFICATE)
    return error


async def _first_flight(connected: socket.socket, host: str) -> bytes:
    """Return what a server answers to a ClientHello; nothing is sent after that."""
    incoming, outgoing, seen = ssl.MemoryBIO(), ssl.MemoryBIO(), bytearray()
    context = ssl_context(Trust(system=True), verify=False, brief=True)
    secured = context.wrap_bio(incoming, outgoing, server_hostname=_server_name(host))
    loop = asyncio.get_running_loop()
    with connected, contextlib.suppress(ssl.SSLError):
        while len(seen) < MAX_HANDSHAKE_BYTES:
            with contextlib.suppress(ssl.SSLWantReadError):
                secured.do_handshake()
            if seen and outgoing.pending:  # OpenSSL has all of it
                break
            await loop.sock_sendall(connected, outgoing.read())
            piece = await loop.sock_recv(connected, _HANDSHAKE_BUFFER)
            if not piece:
                break
            seen += piece
            incoming.write(piece)
    return bytes(seen)


def _messages_in_clear(seen: bytes) -> set[int]:
    """Return the types of handshake messages, which TLS 1.2 does not encrypt (RFC 5246, 7.4)."""
    messages, found, at = bytearray(), set(), 0
    while seen[at : at + 1] == bytes([_HANDSHAKE_RECORD]):
        end = at + 5 + int.from_bytes(seen[at + 3 : at + 5])
        messages += seen[at + 5 : end]
        at = end
    at = 0
    while at < len(messages):
        found.add(messages[at])
        at += 4 + int.from_bytes(messages[at + 1 : at + 4])
    return found
