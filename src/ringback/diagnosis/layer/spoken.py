"""What protocol a peer speaks, by its first bytes.

It is given a short time to begin, and then the first words of a client.
"""

from __future__ import annotations

import contextlib
import re
import ssl
from typing import TYPE_CHECKING

from ringback.diagnosis.fact_values import address_of
from ringback.diagnosis.protocols import PROTOCOLS, protocol_of

if TYPE_CHECKING:
    import socket

    from ringback.diagnosis.model import Asked


_TLS_TYPES = frozenset((20, 21, 22, 23))
_BEGINNINGS: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), name)
    for pattern, name in (
        (rb"HTTP/\d", "http"),
        (rb"SSH-\d", "ssh"),
        (rb"RFB \d{3}\.\d{3}\n", "vnc"),
        (rb"(220|421|554)[ -](?i:[^\r\n]*smtp)", "smtp"),
        (rb"(220|421|530)[ -](?i:[^\r\n]*(ftp|filezilla))", "ftp"),
        (rb"(220|421|554)([ -]|\r\n)", "smtp"),
        (rb"[2-5]\d\d[ -]\d\.\d\.\d ", "smtp"),
        (rb"\* (OK|PREAUTH|BYE)\b", "imap"),
        (rb"\+OK\b", "pop3"),
        (rb"20[01] [^\r\n]*(?i:nntp|news)", "nntp"),
        (rb"AMQP[\x00-\x03]", "amqp"),
        (rb"\x01\x00\x00.{4}\x00\x0a\x00\x0a", "amqp"),
        (rb"...\x00\x0a\d+\.\d+[^\x00]*\x00", "mysql"),
        (rb"...[\x00-\x02]\xff.[\x04-\x0f]", "mysql"),
        (rb"INFO \{", "nats"),
        (rb"-(ERR|NOAUTH|DENIED|LOADING|MISCONF|NOPERM)\b", "redis"),
        (rb"\+PONG\r\n", "redis"),
        (rb"VERSION \d|ERROR\r\n|CLIENT_ERROR ", "memcached"),
        (rb"\x20\x02[\x00\x01][\x00-\x05]", "mqtt"),
        (rb"E\x00\x00..[SVC]", "postgres"),
        (rb"R\x00\x00\x00[\x08-\xff]\x00\x00\x00", "postgres"),
        (rb".{12}(\xdd\x07|\x01\x00)\x00\x00", "mongodb"),
        (rb"\x30[\x0c-\x7f]\x02\x01", "ldap"),
        (rb"\x00\x00[\x00-\x40]\x04[\x00\x01]\x00\x00\x00\x00", "http2"),
        (rb"\x05[\x00-\xff]$", "socks5"),
        (rb"\xff[\xfb-\xfe].", "telnet"),
        (rb"(?i:\s{0,8}<(!doctype html|html|\?xml))", "markup"),
    )
)
"""Beginning of what a server says first, or answers to what is not its protocol → protocol."""
_PLAIN_TO_TLS = re.compile(
    rb"plain HTTP.{0,60}(HTTPS|SSL|TLS)|HTTP request to an? (HTTPS|TLS|SSL)|requires TLS",
    re.IGNORECASE | re.DOTALL,
)
"""Words of the widely met servers in their answer 400 to plain HTTP on a TLS port."""


def is_tls(data: bytes) -> bool:
    """Return whether bytes begin with a TLS record (RFC 8446, section 5.1)."""
    return len(data) >= 2 and data[0] in _TLS_TYPES and data[1] == 3


def says_tls(answer: bytes) -> bool:
    """Return whether an answer in HTTP says that plain HTTP was sent to a TLS port."""
    return _PLAIN_TO_TLS.search(answer) is not None


_CERTIFICATE_WANTED = re.compile(
    rb"no required SSL certificate was sent|<title>400 The SSL certificate error|"
    rb"(SSL )?client certificate (is )?required|requires? (an? )?(SSL )?client certificate|"
    rb"Cannot perform Post-Handshake Authentication",
    re.IGNORECASE,
)
"""Words of the widely met servers that shake hands with everybody, and then want a certificate."""


def says_certificate(answer: bytes) -> bool:
    """Return whether an answer in HTTP says that the client's certificate is missing or wrong."""
    return _CERTIFICATE_WANTED.search(answer) is not None


def speaks(data: bytes) -> str | None:
    """Return the protocol that a server's first bytes belong to."""
    if is_tls(data):
        return "tls"
    return next((name for beginning, name in _BEGINNINGS if beginning.match(data)), None)


def printable(data: bytes, most: int = 200) -> str:
    """Return bytes as text that is safe on a terminal."""
    text = data[:most].decode("ascii", "backslashreplace")
    shown = "".join(c if " " <= c <= "~" else ascii(c)[1:-1] for c in text)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def printable_text(text: str, most: int = 200) -> str:
    """Return text from the network as text that is safe on a terminal."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:most])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


LISTEN_TIMEOUT = 0.3
"""Seconds in which a server that speaks first has spoken."""

ANSWER_TIMEOUT = 0.7
"""Seconds in which one that is spoken to has answered."""

_HEAD = b"HEAD / HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n"
_PLAIN_PORTS = frozenset(protocol.port for protocol in PROTOCOLS.values() if not protocol.tls)
_TLS_PORTS = {
    8443,
    *(protocol.port for protocol in PROTOCOLS.values() if protocol.tls),
} - _PLAIN_PORTS
_HTTP_PORTS = frozenset({80, 8080})
_MAX_BYTES = 256


def speech(sock: socket.socket, port: int, asked: Asked) -> str | None:
    """Return the protocol that a port speaks; ``None``: it said nothing that is known.

    What is sent is what any client says first; nothing is asked for and nobody logs in.
    """
    try:
        if port in _TLS_PORTS:
            return _answer(sock, client_hello(asked.host))
        if asked.protocol == "http" or port in _HTTP_PORTS:
            return _answer(sock, _HEAD % _printable(asked.host))
        protocol = protocol_of(asked.scheme)
        if protocol is not None and protocol.opening:
            return _answer(sock, protocol.opening)
        return _heard(sock, LISTEN_TIMEOUT) or _answer(sock, _HEAD % _printable(asked.host))
    except OSError:
        return None


def client_hello(host: str) -> bytes:
    """Return what a TLS client says first (RFC 8446, section 4.1.2)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    out = ssl.MemoryBIO()
    name = host.encode("ascii", "ignore").decode() if address_of(host) is None else None
    with contextlib.suppress(ssl.SSLError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name or None).do_handshake()
    return out.read()


def _answer(sock: socket.socket, words: bytes) -> str | None:
    sock.settimeout(ANSWER_TIMEOUT)
    sock.sendall(words)
    return _heard(sock, ANSWER_TIMEOUT)


def _heard(sock: socket.socket, seconds: float) -> str | None:
    sock.settimeout(seconds)
    try:
        return speaks(sock.recv(_MAX_BYTES))
    except TimeoutError:
        return None


def _printable(host: str) -> bytes:
    name = f"[{host}]" if ":" in host else host
    return bytes(byte for byte in name.encode("idna" if name.isascii() else "utf-8")[:255])
