"""Ports that speak another protocol: plain text where TLS is expected, TLS where HTTP is."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from ringback.testing.lab.fault import Endpoint, Fault, serving
from ringback.testing.lab.http import closing, greeting
from ringback.testing.lab.response import response

if TYPE_CHECKING:
    from ringback.testing.lab.connection import Connection
    from ringback.testing.lab.lab import Lab

_ALERT_UNEXPECTED_MESSAGE = bytes.fromhex("15 0301 0002 02 0a")


def tls_on_plain_port(lab: Lab) -> Endpoint:
    """Start a TLS server behind an ``http://`` URL; OpenSSL drops the connection."""
    context = lab.certificates.server()

    def handler(connection: Connection) -> None:
        try:
            connection.secure(context)
        except ssl.SSLError:
            connection.reset()

    return lab.listen(handler)


def hello_unanswered(connection: Connection) -> None:
    """Take the ClientHello and stay silent, as a plain server that waits for a request does."""
    connection.stall()


def hello_plain(connection: Connection) -> None:
    """Answer the ClientHello in plain HTTP."""
    connection.read()
    connection.send(response(400, b"Bad Request", content_type="text/plain"))
    connection.finish(linger=True)


_NOT_TLS = "tls.protocol.error.not_tls"
_NOT_HTTP = "http.response.invalid.not_http"

FAULTS: tuple[Fault, ...] = (
    Fault(
        kind=_NOT_TLS,
        when="plain_http",
        summary="a plain HTTP server that answers the ClientHello at once",
        start=serving(hello_plain, "https"),
    ),
    Fault(
        kind=_NOT_TLS,
        when="plain_ssh",
        summary="an SSH server that speaks first",
        start=serving(greeting(b"SSH-2.0-OpenSSH_9.6\r\n"), "https"),
    ),
    Fault(
        kind="tls.timed_out",
        when="plain_server",
        summary="a plain server that waits for a whole request",
        start=serving(hello_unanswered, "https"),
    ),
    Fault(
        kind="tcp.reset",
        when="tls_port",
        summary="a TLS server on an http:// port that drops what is not TLS",
        start=tls_on_plain_port,
        also=("http.response.invalid.empty", _NOT_HTTP),
        needs=("cryptography",),
    ),
    Fault(
        kind=_NOT_HTTP,
        when="tls_port",
        summary="a TLS server on an http:// port that answers with an alert record",
        start=serving(closing(_ALERT_UNEXPECTED_MESSAGE)),
        also=("http.protocol.error", "http.response.invalid.empty", "tcp.reset"),
    ),
    Fault(
        kind="http.error",
        when="tls_port",
        summary="a TLS server on an http:// port that answers 400 and says so",
        start=serving(
            closing(
                response(
                    400,
                    b"The plain HTTP request was sent to HTTPS port",
                    content_type="text/plain",
                )
            )
        ),
    ),
)
