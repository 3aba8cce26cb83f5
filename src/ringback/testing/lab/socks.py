"""SOCKS proxies (SOCKS4 and 4a, RFC 1928, RFC 1929): one that works, and every way one fails."""

from __future__ import annotations

import errno
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringback.testing.lab.fault import Endpoint, Fault, new_fault
from ringback.testing.lab.message import response, serve
from ringback.testing.lab.proxy import (
    USER,
    connect_locally,
    proxy_with,
    relay,
    silent_proxy,
    via_proxy,
)
from ringback.testing.lab.timing import trickle

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.failure.names import KindName
    from ringback.testing.lab.lab import Lab
    from ringback.testing.lab.server import Connection

NO_AUTHENTICATION, USER_PASSWORD, NONE_ACCEPTABLE = 0x00, 0x02, 0xFF
"""Methods of RFC 1928 section 3."""

GRANTED, REJECTED = 0x5A, 0x5B
"""Replies of SOCKS4."""

REPLIES: dict[int, tuple[KindName, str]] = {
    1: ("proxy.upstream_failed", "general failure"),
    2: ("proxy.denied", "not allowed by the rules"),
    3: ("proxy.upstream_failed", "network unreachable"),
    4: ("proxy.upstream_failed", "host unreachable"),
    5: ("proxy.upstream_failed", "connection refused"),
    6: ("proxy.upstream_failed", "TTL expired"),
    7: ("proxy.protocol_error", "command not supported"),
    8: ("proxy.protocol_error", "address type not supported"),
}
"""Reply of SOCKS5 (RFC 1928 section 6) to kind and meaning."""

_CODES = {
    errno.EPERM: 2,
    errno.EACCES: 2,
    errno.ENETUNREACH: 3,
    errno.EHOSTUNREACH: 4,
    errno.ECONNREFUSED: 5,
}


@dataclass(frozen=True, slots=True)
class Socks:
    """Serves SOCKS4, 4a and 5 as the client's first byte says."""

    users: bool = False  # Whether SOCKS5 clients have to name `proxy.USER`.
    reply: int | None = None  # What to answer to every request in place of connecting

    def __call__(self, connection: Connection) -> None:
        """Serve one connection."""
        stream = _Stream(connection)
        if stream.take(1) == b"\x04":
            self._version_4(connection, stream)
        elif self._authenticate(connection, stream):
            self._version_5(connection, stream)

    def _version_4(self, connection: Connection, stream: _Stream) -> None:
        _, port, address = struct.unpack("!BH4s", stream.take(7))
        stream.until_zero()
        # 0.0.0.x says that a name follows (SOCKS4a).
        named = address[:3] == bytes(3) and address[3]
        host = stream.until_zero().decode("latin-1") if named else socket.inet_ntoa(address)
        upstream = self._reach(host, port)
        granted = isinstance(upstream, socket.socket)
        code = GRANTED if granted else (self.reply or REJECTED)
        connection.send(struct.pack("!BBH4s", 0, code, 0, bytes(4)))
        if isinstance(upstream, socket.socket):
            relay(connection, upstream)

    def _authenticate(self, connection: Connection, stream: _Stream) -> bool:
        offered = stream.take(stream.take(1)[0])
        wanted = USER_PASSWORD if self.users else NO_AUTHENTICATION
        method = wanted if wanted in offered else NONE_ACCEPTABLE
        connection.send(bytes((5, method)))
        if method != USER_PASSWORD:
            return method == NO_AUTHENTICATION
        stream.take(1)
        named = [stream.take(stream.take(1)[0]).decode("latin-1") for _ in range(2)]
        known = ":".join(named) == USER
        connection.send(bytes((1, not known)))
        return known

    def _version_5(self, connection: Connection, stream: _Stream) -> None:
        type_ = stream.take(4)[3]
        if type_ == 3:
            host = stream.take(stream.take(1)[0]).decode("latin-1")
        elif type_ == 4:
            host = socket.inet_ntop(socket.AF_INET6, stream.take(16))
        else:
            host = socket.inet_ntoa(stream.take(4))
        (port,) = struct.unpack("!H", stream.take(2))
        upstream = self._reach(host, port)
        code = upstream if isinstance(upstream, int) else 0
        connection.send(struct.pack("!BBBB4sH", 5, code, 0, 1, bytes(4), 0))
        if isinstance(upstream, socket.socket):
            relay(connection, upstream)

    def _reach(self, host: str, port: int) -> socket.socket | int:
        """Return the connection to the target, or the reply of SOCKS5 that says why not."""
        if self.reply is not None:
            return self.reply
        try:
            return connect_locally(host, port)
        except PermissionError:
            return 2
        except OSError as error:
            return _CODES.get(error.errno or 0, 1)


class _Stream:
    """Reads a connection by length."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._buffer = bytearray()

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        while len(self._buffer) < size:
            data = self._connection.read()
            if not data:
                raise ConnectionResetError
            self._buffer += data
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def until_zero(self) -> bytes:
        """Return the bytes before the next zero byte."""
        taken = bytearray()
        while byte := self.take(1).rstrip(b"\0"):
            taken += byte
        return bytes(taken)


def working_proxy(scheme: str, *, users: bool = False) -> Callable[[Lab], Endpoint]:
    """Return a ``Fault.start`` for a working proxy and a healthy server behind it."""

    def start(lab: Lab) -> Endpoint:
        met = proxy_with(Socks(users=users), scheme=scheme, user=USER if users else "")(lab)
        met.url = lab.listen(serve).url
        return met

    return start


def socks_port_closed(lab: Lab) -> Endpoint:
    """Reserve a port for a proxy that is not there."""
    return via_proxy(lab, lab.reserve().endpoint, scheme="socks5")


def trickled(connection: Connection) -> None:
    """Greet, take the request, and reply byte by byte: the target's name has 255 bytes."""
    connection.read()
    connection.send(bytes((5, NO_AUTHENTICATION)))
    connection.read()
    trickle(connection, bytes((5, 0, 0, 3, 255)))


def hang_up(connection: Connection) -> None:
    """Greet, take the request, and close without a reply."""
    connection.read()
    connection.send(bytes((5, NO_AUTHENTICATION)))
    connection.read()


def speak_http(connection: Connection) -> None:
    """Answer the greeting as an HTTP server does."""
    connection.read()
    connection.send(response(400, b"", "Connection: close"))


def garble(connection: Connection) -> None:
    """Greet as SOCKS5, and answer the request with another version."""
    connection.read()
    connection.send(bytes((5, NO_AUTHENTICATION)))
    connection.read()
    connection.send(b"\x2a" * 10)


def _replying(code: int) -> Fault:
    kind, meaning = REPLIES[code]
    return new_fault(
        kind,
        f"socks5_{code}",
        also=("proxy.upstream_failed",) if kind == "proxy.protocol_error" else (),
    )(f"SOCKS5 reply {code}: {meaning}", proxy_with(Socks(reply=code), scheme="socks5"))


FAULTS: tuple[Fault, ...] = (
    new_fault("ok", "socks5")("a SOCKS5 proxy", working_proxy("socks5")),
    new_fault("ok", "socks4")("a SOCKS4 proxy", working_proxy("socks4")),
    new_fault("ok", "socks5_user")(
        "a SOCKS5 proxy that knows the user", working_proxy("socks5", users=True)
    ),
    *map(_replying, REPLIES),
    new_fault("proxy.upstream_failed", "socks5_refused")(
        "the target refuses the proxy, which replies 5", proxy_with(Socks(), scheme="socks5")
    ),
    new_fault("proxy.upstream_failed", "socks4", also=("proxy.denied",))(
        "SOCKS4 reply 91: rejected or failed", proxy_with(Socks(reply=REJECTED), scheme="socks4")
    ),
    new_fault("proxy.auth_required", "socks4")(
        "SOCKS4 reply 93: the user is not who it says",
        proxy_with(Socks(reply=0x5D), scheme="socks4"),
    ),
    new_fault("proxy.auth_required", "socks5")(
        "none of the client's methods of authentication is accepted",
        proxy_with(Socks(users=True), scheme="socks5"),
    ),
    new_fault("proxy.auth_required", "socks5_rejected")(
        "the password is wrong", proxy_with(Socks(users=True), scheme="socks5", user="lab:wrong")
    ),
    new_fault("proxy.unreachable", "socks5", also=("tcp.refused",))(
        "nothing listens on the proxy's port", socks_port_closed
    ),
    new_fault("proxy.no_response", "socks5_silent", also=("tcp.timed_out", "proxy.protocol_error"))(
        "the greeting is not answered", proxy_with(silent_proxy, scheme="socks5")
    ),
    new_fault(
        "proxy.no_response", "trickling_socks5", also=("tcp.timed_out", "proxy.protocol_error")
    )("the request is replied to by a byte each 0.1 s", proxy_with(trickled, scheme="socks5")),
    new_fault("proxy.no_response", "socks5_closed", also=("proxy.protocol_error",))(
        "FIN after the request", proxy_with(hang_up, scheme="socks5")
    ),
    new_fault("proxy.protocol_error", "socks5_http")(
        "an HTTP server on the proxy's port", proxy_with(speak_http, scheme="socks5")
    ),
    new_fault("proxy.protocol_error", "socks5_garbage")(
        "the request is answered with another version", proxy_with(garble, scheme="socks5")
    ),
)
