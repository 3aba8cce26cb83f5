"""The tunnel through a SOCKS proxy: SOCKS 4, 4a and 5 (RFC 1928, RFC 1929)."""

from __future__ import annotations

import ipaddress
import socket
import struct
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.tunnel.answer import NO_METHOD, USER_REJECTED, Answer, Outcome
from ringback.diagnosis.layer.tunnel.wording import printable

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tunnel.server import ProxyServer
    from ringback.diagnosis.layer.tunnel.stream import Stream

_GRANTED_4 = 90
_LENGTHS = {1: 4, 4: 16}
_NAME = 3
_SECONDS = 0.3


def request(stream: Stream, server: ProxyServer, host: str, port: int) -> Answer:
    """Return what a SOCKS proxy answers to the wish for a connection."""
    four = server.scheme.startswith("socks4")
    return _four(stream, server, host, port) if four else _five(stream, server, host, port)


def _four(stream: Stream, server: ProxyServer, host: str, port: int) -> Answer:
    user = server.user.encode() + b"\0"
    try:
        named, address = b"", ipaddress.IPv4Address(host).packed
    except ValueError:
        named, address = host.encode("idna") + b"\0", b"\0\0\0\1"
    stream.send(struct.pack("!BBH", 4, 1, port) + address + user + named)
    if stream.take(1) != b"\0":
        return _nonsense(stream, server)
    code = stream.take(7)[0]
    return _answer(server, 0 if code == _GRANTED_4 else code)


def _five(stream: Stream, server: ProxyServer, host: str, port: int) -> Answer:
    methods = b"\0\2" if server.user or server.password else b"\0"
    stream.send(bytes((5, len(methods))) + methods)
    if stream.take(1) != b"\5":
        return _nonsense(stream, server)
    method = stream.take(1)[0]
    if method not in methods:
        return _answer(server, NO_METHOD)
    if method == 2 and not _logged_in(stream, server):
        return _answer(server, USER_REJECTED)
    stream.send(b"\5\1\0" + _address(host) + struct.pack("!H", port))
    if stream.take(1) != b"\5":
        return _nonsense(stream, server)
    code, _, kind = stream.take(3)
    if code == 0:
        length = _LENGTHS.get(kind) or stream.take(1)[0]
        stream.take(length + 2)
    return _answer(server, code)


def _logged_in(stream: Stream, server: ProxyServer) -> bool:
    user, password = server.user.encode()[:255], server.password.encode()[:255]
    stream.send(b"\1" + bytes((len(user),)) + user + bytes((len(password),)) + password)
    return stream.take(2)[1] == 0


def _address(host: str) -> bytes:
    for family, kind in ((socket.AF_INET, b"\1"), (socket.AF_INET6, b"\4")):
        try:
            return kind + socket.inet_pton(family, host.partition("%")[0])
        except OSError:
            continue
    name = host.encode("idna")
    return bytes((_NAME, len(name))) + name


def _answer(server: ProxyServer, code: int) -> Answer:
    outcome: Outcome = "refused_by_proxy" if code else "open"
    return Answer(method=_method(server), outcome=outcome, socks_code=code)


def _nonsense(stream: Stream, server: ProxyServer) -> Answer:
    stream.rest(200, _SECONDS)
    seen = printable(bytes(stream.received))
    return Answer(method=_method(server), outcome="nonsense", first_bytes=seen)


def _method(server: ProxyServer) -> str:
    return "SOCKS" + server.scheme.removeprefix("socks")
