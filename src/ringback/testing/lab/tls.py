"""Faults of TLS: refused certificates, handshakes that fail, ports that speak another protocol."""

from __future__ import annotations

import ssl
import warnings
from typing import TYPE_CHECKING, Final

from ringback.testing.lab.fault import Endpoint, Fault, FaultKind, serving
from ringback.testing.lab.healthy import require_client_certificate, secured
from ringback.testing.lab.http import closing, greeting
from ringback.testing.lab.message import head, response
from ringback.testing.lab.tcp import reset_after_request
from ringback.testing.lab.timing import trickle

if TYPE_CHECKING:
    from ringback.testing.lab.healthy import Prepare
    from ringback.testing.lab.lab import Lab
    from ringback.testing.lab.server import Connection


_SERVER_HELLO_TLS10 = bytes.fromhex("16 0301 002a 02 000026 0301") + bytes(32) + b"\x00\xc0\x14\x00"
_SERVER_HELLO_CUT = bytes.fromhex("16 0303 007a 02 000076 0303") + bytes(16)
_SERVER_HELLO_LONG = bytes.fromhex("16 0303 3fff 02 003ffb 0303")
_BAD_RECORD = bytes.fromhex("17 0303 0030") + b"\xa5" * 48


def old_protocol(context: ssl.SSLContext, _: Lab) -> None:
    """Let the server speak TLS 1.0 and 1.1 only (RFC 8996 forbids both)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")


def no_shared_cipher(context: ssl.SSLContext, _: Lab) -> None:
    """Let the server offer RSA ciphers only, for which its certificate has no key."""
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")


def alerting(alert: int) -> Prepare:
    """Return what makes a server answer every ClientHello with an alert."""

    def prepare(context: ssl.SSLContext, _: Lab) -> None:
        def refuse(_: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int:
            del name, context
            return alert

        context.sni_callback = refuse

    return prepare


def client_certificate(version: ssl.TLSVersion) -> Prepare:
    """Return what makes a server of one TLS version require a client certificate."""

    def prepare(context: ssl.SSLContext, lab: Lab) -> None:
        context.minimum_version = context.maximum_version = version
        require_client_certificate(context, lab)

    return prepare


def client_certificate_unknown(lab: Lab) -> Endpoint:
    """Start a server that rejects the certificate the endpoint gives to present."""
    endpoint = secured(prepare=client_certificate(ssl.TLSVersion.TLSv1_3))(lab)
    endpoint.client_certificate = lab.certificates.file("unknown_client")
    return endpoint


def hello_cut(connection: Connection) -> None:
    """Stop within the ServerHello."""
    connection.read()
    connection.send(_SERVER_HELLO_CUT)
    connection.stall()


def hello_trickled(connection: Connection) -> None:
    """Send a ServerHello of 16 kB byte by byte."""
    connection.read()
    trickle(connection, _SERVER_HELLO_LONG)


def hello_reset(connection: Connection) -> None:
    """Reset after the ClientHello."""
    connection.read()
    connection.reset()


def hello_close(connection: Connection) -> None:
    """Close after the ClientHello."""
    connection.read()
    connection.finish(linger=True)


def hello_old(connection: Connection) -> None:
    """Answer the ClientHello with a ServerHello of TLS 1.0."""
    connection.read()
    connection.send(_SERVER_HELLO_TLS10)
    connection.finish(linger=True)


def close_without_notify(connection: Connection) -> None:
    """End a body of unknown length with a bare FIN: it may have been cut."""
    connection.read_request()
    connection.send(head(200, "Content-Type: text/plain", "Connection: close") + b"x" * 400)
    connection.finish(linger=True)


def close_after_request(connection: Connection) -> None:
    """Close once the request was read, without a response and without close_notify."""
    connection.read_request()
    connection.finish(linger=True)


def corrupt_record(connection: Connection) -> None:
    """Answer the request with a record that does not decrypt."""
    connection.read_request()
    connection.send_below_tls(_BAD_RECORD)
    connection.finish(linger=True)


_CRYPTO = ("cryptography",)
_MISMATCH: Final = "tls.version_or_cipher_mismatch"
_CLIENT: Final = "tls.bad_client_auth_cert"

HANDSHAKES: tuple[Fault, ...] = (
    Fault(
        kind=_MISMATCH,
        when="old_protocol",
        summary="speaks TLS 1.0 and 1.1 only: alert protocol_version",
        start=secured(prepare=old_protocol),
        needs=("cryptography", "tls1.1"),
    ),
    Fault(
        kind=_MISMATCH,
        when="old_server_hello",
        summary="answers with a ServerHello of TLS 1.0",
        start=serving(hello_old, "https"),
        # A Python that still offers TLS 1.0 (Debian's 3.11) misses secure renegotiation instead.
        also=("tls.protocol.error",),
    ),
    Fault(
        kind=_MISMATCH,
        when="no_shared_cipher",
        summary="has no cipher in common: alert handshake_failure",
        start=secured(prepare=no_shared_cipher),
        needs=_CRYPTO,
    ),
    Fault(
        kind="tls.unrecognized_name_alert",
        summary="does not know the name asked for: alert unrecognized_name",
        start=secured(prepare=alerting(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME), host="localhost"),
        needs=_CRYPTO,
    ),
    Fault(
        kind="tls.failed",
        when="internal_error",
        summary="alert internal_error",
        start=secured(prepare=alerting(ssl.ALERT_DESCRIPTION_INTERNAL_ERROR)),
        needs=_CRYPTO,
    ),
    Fault(
        kind=_CLIENT,
        when="tls13",
        summary="requires a client certificate, TLS 1.3: the alert comes after the handshake",
        start=secured(prepare=client_certificate(ssl.TLSVersion.TLSv1_3)),
        also=("tls.closed", "tcp.reset", "tcp.closed"),
        needs=_CRYPTO,
    ),
    Fault(
        kind=_CLIENT,
        when="tls12",
        summary="requires a client certificate, TLS 1.2: alert handshake_failure",
        start=secured(prepare=client_certificate(ssl.TLSVersion.TLSv1_2)),
        also=(_MISMATCH, "tls.closed", "tcp.reset"),
        needs=_CRYPTO,
    ),
    Fault(
        kind=_CLIENT,
        when="unknown_issuer",
        summary="rejects the client certificate: alert unknown_ca",
        start=client_certificate_unknown,
        also=("tls.closed", "tcp.reset", "tcp.closed"),
        needs=_CRYPTO,
        provoke="client_certificate",
    ),
    Fault(
        kind="tls.timed_out",
        when="mid_server_hello",
        summary="the handshake stalls within the ServerHello",
        start=serving(hello_cut, "https"),
    ),
    Fault(
        kind="tls.timed_out",
        when="trickling_server_hello",
        summary="a byte of the ServerHello each 0.1 s: only a limit for the handshake ends it",
        start=serving(hello_trickled, "https"),
    ),
    Fault(
        kind="tcp.reset",
        when="in_handshake",
        summary="RST after the ClientHello",
        start=serving(hello_reset, "https"),
    ),
    Fault(
        kind="tls.closed",
        when="in_handshake",
        summary="FIN after the ClientHello",
        start=serving(hello_close, "https"),
    ),
    Fault(
        kind="tls.closed",
        when="after_request",
        summary="FIN without close_notify after the request was read",
        start=secured(handler=close_after_request),
        also=("http.response.invalid.empty",),
        needs=_CRYPTO,
    ),
    Fault(
        kind="tls.closed",
        when="without_close_notify",
        summary="ends a body of unknown length with FIN, without close_notify",
        start=secured(handler=close_without_notify),
        also=("ok",),
        needs=_CRYPTO,
    ),
    Fault(
        kind="tcp.reset",
        when="after_request_tls",
        summary="RST over TLS after the request was read",
        start=secured(handler=reset_after_request),
        also=("http.response.invalid.empty", "tls.closed"),
        needs=_CRYPTO,
    ),
    Fault(
        kind="tls.protocol.error",
        when="corrupted_record",
        summary="answers with a record that does not decrypt",
        start=secured(handler=corrupt_record),
        needs=_CRYPTO,
    ),
)


def revoked(lab: Lab) -> Endpoint:
    """Start a server with a revoked certificate; ``verify`` holds the revocation list."""
    endpoint = secured("revoked")(lab)
    endpoint.verify = lab.certificates.bundle_with_revocations
    return endpoint


def _refused(kind: FaultKind, when: str, summary: str, certificate: str) -> Fault:
    return Fault(
        kind=kind,
        when=when,
        summary=summary,
        start=secured(certificate),
        needs=("cryptography",),
    )


_UNKNOWN: Final = "tls.cert.authority_invalid.unknown_issuer"

REFUSED_CERTIFICATES: tuple[Fault, ...] = (
    _refused("tls.cert.date_invalid.expired", "", "expired yesterday", "expired"),
    _refused("tls.cert.date_invalid.not_yet_valid", "", "valid from tomorrow", "not_yet_valid"),
    Fault(
        kind="tls.cert.name_invalid",
        when="wrong_host",
        summary="issued for other.test, called as localhost",
        start=secured("wrong_host", host="localhost"),
        needs=("cryptography",),
    ),
    _refused(
        "tls.cert.name_invalid",
        "wrong_address",
        "issued for other.test, called as 127.0.0.1",
        "wrong_host",
    ),
    _refused(
        "tls.cert.authority_invalid.self_signed", "", "signed with its own key", "self_signed"
    ),
    _refused(
        "tls.cert.authority_invalid.untrusted_root",
        "",
        "the chain ends in a root that is sent but not trusted",
        "untrusted_root",
    ),
    _refused(_UNKNOWN, "", "the issuer is unknown and not sent", "unknown_issuer"),
    _refused(
        _UNKNOWN,
        "missing_intermediate",
        "the trusted root's intermediate is not sent",
        "missing_intermediate",
    ),
    _refused("tls.cert.invalid", "weak_key", "an RSA key of 1024 bits", "weak_key"),
    Fault(
        kind="tls.cert.revoked",
        summary="on the issuer's revocation list, for a client that checks it",
        start=revoked,
        also=("ok",),
        needs=("cryptography",),
        provoke="crl",
    ),
)


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


_NOT_TLS: Final = "tls.protocol.error.not_tls"
_NOT_HTTP: Final = "http.response.invalid.not_http"

OTHER_PROTOCOLS: tuple[Fault, ...] = (
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
