"""Servers that speak TLS."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from ringback.testing.lab.response import serve

if TYPE_CHECKING:
    from ringback.testing.lab.connection import Connection, Handler
    from ringback.testing.lab.fault import Endpoint
    from ringback.testing.lab.lab import Lab

Prepare = Callable[[ssl.SSLContext, "Lab"], None]
"""Sets up a server's context before it is used."""


def over_tls(context: ssl.SSLContext, handler: Handler = serve) -> Handler:
    """Return a handler that does the TLS handshake first and says close_notify at the end."""

    def secure_first(connection: Connection) -> None:
        try:
            connection.secure(context)
        except ssl.SSLError:
            # The alert is under way; a RST on what the client still sends could overtake it.
            connection.finish(linger=True)
            return
        handler(connection)
        connection.close_notify()

    return secure_first


def secured(
    certificate: str = "good",
    handler: Handler = serve,
    *,
    prepare: Prepare | None = None,
    host: str = "127.0.0.1",
) -> Callable[[Lab], Endpoint]:
    """Return a ``Fault.start`` for a TLS server on 127.0.0.1.

    Args:
        certificate: Name in ``certificates.ISSUED``.
        handler: What to do after the handshake.
        prepare: Sets up the server's context.
        host: How the endpoint's URL names this machine.
    """

    def start(lab: Lab) -> Endpoint:
        context = lab.certificates.server(certificate)
        if prepare:
            prepare(context, lab)
        endpoint = lab.listen(over_tls(context, handler), scheme="https")
        endpoint.url = f"https://{host}:{endpoint.port}/"
        endpoint.verify = lab.certificates.bundle
        endpoint.client_certificate = lab.certificates.file("client")
        return endpoint

    return start


def require_client_certificate(context: ssl.SSLContext, lab: Lab) -> None:
    """Make the server ask for a certificate that the lab's root vouches for."""
    context.load_verify_locations(lab.certificates.bundle)
    context.verify_mode = ssl.CERT_REQUIRED
