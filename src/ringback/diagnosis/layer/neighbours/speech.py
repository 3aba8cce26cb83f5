"""What an open port speaks: a short listen, then the first words of a client."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.tls.spoken import speaks
from ringback.diagnosis.protocols import PROTOCOLS, protocol_of

if TYPE_CHECKING:
    from ringback.diagnosis.model import Asked

LISTEN = 0.3
"""Seconds in which a server that speaks first has spoken."""

ANSWER = 0.7
"""Seconds in which one that is spoken to has answered."""

_HEAD = b"HEAD / HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n"
_PLAIN_PORTS = frozenset(one.port for one in PROTOCOLS.values() if not one.tls)
_TLS_PORTS = {8443, *(one.port for one in PROTOCOLS.values() if one.tls)} - _PLAIN_PORTS
_HTTP_PORTS = frozenset({80, 8080})
_MOST = 256


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
        return _heard(sock, LISTEN) or _answer(sock, _HEAD % _printable(asked.host))
    except OSError:
        return None


def client_hello(host: str) -> bytes:
    """Return what a TLS client says first (RFC 8446, section 4.1.2)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    out = ssl.MemoryBIO()
    name = host.encode("ascii", "ignore").decode() if not _is_address(host) else None
    with contextlib.suppress(ssl.SSLError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name or None).do_handshake()
    return out.read()


def _answer(sock: socket.socket, words: bytes) -> str | None:
    sock.settimeout(ANSWER)
    sock.sendall(words)
    return _heard(sock, ANSWER)


def _heard(sock: socket.socket, seconds: float) -> str | None:
    sock.settimeout(seconds)
    try:
        return speaks(sock.recv(_MOST))
    except TimeoutError:
        return None


def _printable(host: str) -> bytes:
    name = f"[{host}]" if ":" in host else host
    return bytes(byte for byte in name.encode("idna" if name.isascii() else "utf-8")[:255])


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
