"""TLS over a connection, and the certificate whether it is accepted or not."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

from ringback.client.trust import Trust, ssl_context
from ringback.incident.model import CertificateSeen
from ringback.monitor.model import Endpoint
from ringback.monitor.probe.certificate import certificate_of
from ringback.monitor.probe.course import Course
from ringback.monitor.probe.failing import Refused

_SECOND_LOOK = 3.0
"""Seconds for reading a certificate that was not accepted."""
_NEVER = 3600.0
"""Seconds: the probe's own limit ends a handshake, not the event loop's."""

P = TypeVar("P", bound=asyncio.Protocol)


def context_for(endpoint: Endpoint, alpn: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLContext:
    """Return the context that an endpoint's certificate is judged by.

    Args:
        endpoint: The endpoint.
        alpn: Application protocols to offer.

    Raises:
        ringback.errors.TLSFilesInvalid: A file that it names cannot be used.
    """
    own = endpoint.options.get("client_certificate") or None
    named = endpoint.ca or "system"
    trust = Trust.of(named, client_certificate=own)
    return ssl_context(trust, verify=endpoint.verify, alpn=alpn)


async def secure(
    connected: socket.socket, factory: Callable[[], P], context: ssl.SSLContext, host: str
) -> tuple[asyncio.Transport, P]:
    """Return the connection with TLS over it.

    Args:
        connected: The connection; it is closed if the handshake fails.
        factory: Makes the protocol that will be told what comes.
        context: What the certificate is judged by.
        host: Whom it must be for.

    Raises:
        OSError: The handshake failed.
    """
    try:
        return await asyncio.get_running_loop().create_connection(
            factory,
            sock=connected,
            ssl=context,
            server_hostname=host.rstrip(".").partition("%")[0],
            ssl_handshake_timeout=_NEVER,
        )
    except BaseException:
        connected.close()
        raise


async def certificate_presented(
    connect: Callable[[Course], Awaitable[socket.socket]], host: str, *, until: float
) -> CertificateSeen | None:
    """Return the certificate of a server whose certificate was not accepted.

    A second handshake takes any certificate and nothing is sent over it.

    Args:
        connect: Makes a connection on which the handshake can begin.
        host: Name or IP address.
        until: Give up at this time of ``time.monotonic()``.
    """
    context = ssl_context(Trust(system=True), verify=False)
    with contextlib.suppress(OSError, TimeoutError, Refused):
        async with asyncio.timeout(min(_SECOND_LOOK, until - monotonic())):
            transport, _ = await secure(await connect(Course()), asyncio.Protocol, context, host)
            try:
                return certificate_of(transport)
            finally:
                transport.abort()
    return None
