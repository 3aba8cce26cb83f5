"""Faults of TLS: refused certificates, handshakes that fail, ports that speak another protocol."""

from __future__ import annotations

import functools
import ssl
import warnings
from typing import TYPE_CHECKING, Final

from ringback.testing.lab.fault import Endpoint, Fault, new_fault, serving
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


_tls_fault = functools.partial(new_fault, needs=("cryptography",))
_EMPTY: Final = "http.response.invalid.empty"
_DROPPED = ("tls.closed", "tcp.reset", "tcp.closed")
_MISMATCH: Final = "tls.version_or_cipher_mismatch"
_CLIENT: Final = "tls.bad_client_auth_cert"

HANDSHAKES: tuple[Fault, ...] = (
    new_fault(_MISMATCH, "old_protocol", needs=("cryptography", "tls1.1"))(
        "speaks TLS 1.0 and 1.1 only: alert protocol_version", secured(prepare=old_protocol)
    ),
    # A Python that still offers TLS 1.0 (Debian's 3.11) misses secure renegotiation instead.
    new_fault(_MISMATCH, "old_server_hello", also=("tls.protocol.error",))(
        "answers with a ServerHello of TLS 1.0", serving(hello_old, "https")
    ),
    _tls_fault(_MISMATCH, "no_shared_cipher")(
        "has no cipher in common: alert handshake_failure", secured(prepare=no_shared_cipher)
    ),
    _tls_fault("tls.unrecognized_name_alert")(
        "does not know the name asked for: alert unrecognized_name",
        secured(prepare=alerting(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME), host="localhost"),
    ),
    _tls_fault("tls.failed", "internal_error")(
        "alert internal_error", secured(prepare=alerting(ssl.ALERT_DESCRIPTION_INTERNAL_ERROR))
    ),
    _tls_fault(_CLIENT, "tls13", also=_DROPPED)(
        "requires a client certificate, TLS 1.3: the alert comes after the handshake",
        secured(prepare=client_certificate(ssl.TLSVersion.TLSv1_3)),
    ),
    _tls_fault(_CLIENT, "tls12", also=(_MISMATCH, "tls.closed", "tcp.reset"))(
        "requires a client certificate, TLS 1.2: alert handshake_failure",
        secured(prepare=client_certificate(ssl.TLSVersion.TLSv1_2)),
    ),
    _tls_fault(_CLIENT, "unknown_issuer", also=_DROPPED, provoke="client_certificate")(
        "rejects the client certificate: alert unknown_ca", client_certificate_unknown
    ),
    new_fault("tls.timed_out", "mid_server_hello")(
        "the handshake stalls within the ServerHello", serving(hello_cut, "https")
    ),
    new_fault("tls.timed_out", "trickling_server_hello")(
        "a byte of the ServerHello each 0.1 s: only a limit for the handshake ends it",
        serving(hello_trickled, "https"),
    ),
    new_fault("tcp.reset", "in_handshake")(
        "RST after the ClientHello", serving(hello_reset, "https")
    ),
    new_fault("tls.closed", "in_handshake")(
        "FIN after the ClientHello", serving(hello_close, "https")
    ),
    _tls_fault("tls.closed", "after_request", also=(_EMPTY,))(
        "FIN without close_notify after the request was read", secured(handler=close_after_request)
    ),
    _tls_fault("tls.closed", "without_close_notify", also=("ok",))(
        "ends a body of unknown length with FIN, without close_notify",
        secured(handler=close_without_notify),
    ),
    _tls_fault("tcp.reset", "after_request_tls", also=(_EMPTY, "tls.closed"))(
        "RST over TLS after the request was read", secured(handler=reset_after_request)
    ),
    _tls_fault("tls.protocol.error", "corrupted_record")(
        "answers with a record that does not decrypt", secured(handler=corrupt_record)
    ),
)


def revoked(lab: Lab) -> Endpoint:
    """Start a server with a revoked certificate; ``verify`` holds the revocation list."""
    endpoint = secured("revoked")(lab)
    endpoint.verify = lab.certificates.bundle_with_revocations
    return endpoint


_UNKNOWN: Final = "tls.cert.authority_invalid.unknown_issuer"

REFUSED_CERTIFICATES: tuple[Fault, ...] = (
    _tls_fault("tls.cert.date_invalid.expired")("expired yesterday", secured("expired")),
    _tls_fault("tls.cert.date_invalid.not_yet_valid")(
        "valid from tomorrow", secured("not_yet_valid")
    ),
    _tls_fault("tls.cert.name_invalid", "wrong_host")(
        "issued for other.test, called as localhost", secured("wrong_host", host="localhost")
    ),
    _tls_fault("tls.cert.name_invalid", "wrong_address")(
        "issued for other.test, called as 127.0.0.1", secured("wrong_host")
    ),
    _tls_fault("tls.cert.authority_invalid.self_signed")(
        "signed with its own key", secured("self_signed")
    ),
    _tls_fault("tls.cert.authority_invalid.untrusted_root")(
        "the chain ends in a root that is sent but not trusted", secured("untrusted_root")
    ),
    _tls_fault(_UNKNOWN)("the issuer is unknown and not sent", secured("unknown_issuer")),
    _tls_fault(_UNKNOWN, "missing_intermediate")(
        "the trusted root's intermediate is not sent", secured("missing_intermediate")
    ),
    _tls_fault("tls.cert.invalid", "weak_key")("an RSA key of 1024 bits", secured("weak_key")),
    _tls_fault("tls.cert.revoked", also=("ok",), provoke="crl")(
        "on the issuer's revocation list, for a client that checks it", revoked
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
    new_fault(_NOT_TLS, "plain_http")(
        "a plain HTTP server that answers the ClientHello at once", serving(hello_plain, "https")
    ),
    new_fault(_NOT_TLS, "plain_ssh")(
        "an SSH server that speaks first", serving(greeting(b"SSH-2.0-OpenSSH_9.6\r\n"), "https")
    ),
    new_fault("tls.timed_out", "plain_server")(
        "a plain server that waits for a whole request", serving(hello_unanswered, "https")
    ),
    _tls_fault("tcp.reset", "tls_port", also=(_EMPTY, _NOT_HTTP))(
        "a TLS server on an http:// port that drops what is not TLS", tls_on_plain_port
    ),
    new_fault(_NOT_HTTP, "tls_port", also=("http.protocol.error", _EMPTY, "tcp.reset"))(
        "a TLS server on an http:// port that answers with an alert record",
        serving(closing(_ALERT_UNEXPECTED_MESSAGE)),
    ),
    new_fault("http.error", "tls_port")(
        "a TLS server on an http:// port that answers 400 and says so",
        serving(
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
