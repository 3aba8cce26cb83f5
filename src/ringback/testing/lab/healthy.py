"""Endpoints in good health, to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.testing.lab.fault import Endpoint, Fault, serving
from ringback.testing.lab.response import head, serve
from ringback.testing.lab.secured import require_client_certificate, secured

if TYPE_CHECKING:
    from ringback.testing.lab.connection import Connection
    from ringback.testing.lab.lab import Lab

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
    Fault(kind="ok", summary="answers every request with JSON", start=serving(serve)),
    Fault(kind="ok", when="ipv6", summary="the same on ::1", start=ipv6, needs=("ipv6",)),
    Fault(
        kind="ok",
        when="tls",
        summary="the same over TLS, with a certificate that the lab's root vouches for",
        start=secured(),
        needs=("cryptography",),
    ),
    Fault(
        kind="ok",
        when="client_certificate",
        summary="the same over TLS, for a client that presents the lab's certificate",
        start=secured(prepare=require_client_certificate),
        needs=("cryptography",),
        provoke="client_certificate",
    ),
    Fault(
        kind="ok",
        when="large_body",
        summary="a body of 100 MB, streamed",
        start=serving(large_body),
    ),
)
