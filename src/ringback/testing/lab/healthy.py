"""Endpoints in good health, in the clear and over TLS."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from ringback.testing.lab.fault import Endpoint, Fault, new_fault, serving
from ringback.testing.lab.message import head, serve

if TYPE_CHECKING:
    from ringback.testing.lab.lab import Lab
    from ringback.testing.lab.server import Connection, Handler


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
    """Return a ``Fault.start`` for a TLS server on 127.0.0.1."""

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


LARGE = 100_000_000
"""Bytes of the large body."""

_PIECE = bytes(64 * 1024)


def large_body(connection: Connection) -> None:
    """Answer every request with 100 MB of zeros."""
    while connection.read_request():
        connection.send(
            head(200, "Content-Type: application/octet-stream", f"Content-Length: {LARGE}")
        )
        left = LARGE
        while left:
            piece = _PIECE[:left]
            connection.send(piece)
            left -= len(piece)


def ipv6(lab: Lab) -> Endpoint:
    """Start a healthy server on ::1."""
    return lab.listen(serve, host="::1")


FAULTS: tuple[Fault, ...] = (
    new_fault("ok")("answers every request with JSON", serving(serve)),
    new_fault("ok", "ipv6", needs=("ipv6",))("the same on ::1", ipv6),
    new_fault("ok", "tls", needs=("cryptography",))(
        "the same over TLS, with a certificate that the lab's root vouches for", secured()
    ),
    new_fault("ok", "client_certificate", needs=("cryptography",), provoke="client_certificate")(
        "the same over TLS, for a client that presents the lab's certificate",
        secured(prepare=require_client_certificate),
    ),
    new_fault("ok", "large_body")("a body of 100 MB, streamed", serving(large_body)),
)
