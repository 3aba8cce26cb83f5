"""A service with a protocol of its own: whether it says what a service says first.

Nobody logs in and no password is sent. A server that wants a login is up, unless the endpoint must
serve everybody (``expect.anonymous``); one that takes nobody, for now or from here, is not.
PostgreSQL and MySQL say so only to who names a user: that of the URL, or else ``ringback``.
"""

from __future__ import annotations

import re
import ssl
import struct
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from ringback.diagnosis.layer.replies import READERS, ServiceReply, postgres_startup
from ringback.diagnosis.layer.spoken import printable, speaks
from ringback.diagnosis.protocols import protocol_of
from ringback.monitor.probe.channel import ChannelProber, ProbeChannel, ended_early
from ringback.monitor.probe.handshake import tls_context
from ringback.monitor.probe.outcome import ProbeError, ProbeFailure
from ringback.monitor.probe.stream import LineStream

if TYPE_CHECKING:
    import socket

    from ringback.monitor.model import Endpoint
    from ringback.monitor.probe.outcome import PhaseTimer
    from ringback.monitor.probe.prober import ProbeContext

_MAX_ANSWER = 8192  # Bytes of first words
_MAX_MESSAGES = 100  # That a session of PostgreSQL begins with
_USER = "ringback"
_GOODBYES = {
    "postgres": b"X\x00\x00\x00\x04",
    "mysql": b"\x01\x00\x00\x00\x01",
    "smtp": b"QUIT\r\n",
    "ftp": b"QUIT\r\n",
    "nntp": b"QUIT\r\n",
    "pop3": b"QUIT\r\n",
    "imap": b"a LOGOUT\r\n",
    "ldap": b"\x30\x05\x02\x01\x02\x42\x00",
    "mqtt": b"\xe0\x00",
}
"""What a client says before it goes: who only hangs up stands in the log of some servers."""
_LET_IN = b"R\x00\x00\x00\x08\x00\x00\x00\x00"
"""PostgreSQL's AuthenticationOk; that there is no such user or database is said after it."""
_VERIFYING = frozenset({"verify-ca", "verify-full"})
_TLS_WANTED = _VERIFYING | {"require"}
_NO_TLS = ProbeFailure("service.rejected", "it offers no TLS, which the URL's sslmode wants")

_MYSQL_FLAGS = 0x0008_8201  # Long password, protocol 4.1, secure connection, plugins
_MYSQL_PLUGIN = b"mysql_native_password\x00"
_MYSQL_ERROR = re.compile(rb"....\xff(..)(?:#(.....))?(.*)", re.DOTALL)
_MYSQL_FULL = frozenset({1040, 1053, 1129, 1130, 1203, 1226})
"""Errors about the server or this host, not about who logs in: too many connections, shutdown,
host blocked or not allowed, too many of one user."""


class ServiceProber(ChannelProber):
    """Exchanges first words, as the scheme of the URL says."""

    def __init__(self, endpoint: Endpoint, context: ProbeContext) -> None:
        parts = urlsplit(endpoint.url)
        protocol = protocol_of(parts.scheme)
        if protocol is None or protocol.name not in READERS:
            raise ValueError(f"nothing is known of what {parts.scheme}:// speaks")
        super().__init__(endpoint, context, secure=protocol.tls)
        self._name, self._opening = protocol.name, protocol.opening
        self._user = unquote(parts.username or "")
        self._database = unquote(parts.path.strip("/"))
        self._mode = parse_qs(parts.query).get("sslmode", ["prefer"])[0]
        if self._name == "postgres":
            self._opening = postgres_startup(self._user or _USER, self._database)

    def tls(self) -> ssl.SSLContext:
        """As a client of PostgreSQL does, its certificate is judged where the URL says so."""
        strict = self._name != "postgres" or self._mode in _VERIFYING or self.endpoint.ca
        return tls_context(self.endpoint if strict else replace(self.endpoint, verify=False), ())

    async def begin_on(self, connected: socket.socket, phases: PhaseTimer) -> bool:
        if self._name != "postgres" or self._mode == "disable":
            return await super().begin_on(connected, phases)
        protocol = protocol_of("postgres")
        assert protocol is not None
        stream = LineStream(connected)
        phases.on_timeout = ProbeFailure(
            "http.response.timed_out", "timed out waiting for an answer"
        )
        await stream.send(protocol.opening)
        answer = await stream.take(1)
        phases.on_timeout = None
        if answer not in {b"S", b"N"}:
            answer += stream.ready()
            raise _other(answer, self._name)
        if answer == b"N" and self._mode in _TLS_WANTED:
            raise ProbeError(_NO_TLS)
        return answer == b"S"

    def goodbye(self) -> bytes:
        return _GOODBYES.get(self._name, b"")

    async def talk(self, channel: ProbeChannel, phases: PhaseTimer) -> ProbeFailure | None:
        if self._opening:
            channel.send(self._opening)
        phases.enter("wait")
        data, reply = await self._first_words(channel, phases)
        if self._name == "mysql" and not reply.refused:
            reply = await self._greet_mysql(channel, data)
        if data.startswith(_LET_IN):
            data = await _postgres_session(channel, data)
            reply = READERS["postgres"](data) or reply
        phases.leave("transfer")
        return self._judged(reply, data)

    async def _first_words(
        self, channel: ProbeChannel, phases: PhaseTimer
    ) -> tuple[bytes, ServiceReply]:
        data, read = b"", READERS[self._name]
        while True:
            piece = await channel.more()
            if not data:
                phases.enter("body", "first_byte")
            data += piece
            reply = read(data) if data else None
            if reply is not None and (not piece or _is_whole(self._name, data)):
                return data, reply
            if reply is None and speaks(data) not in {None, self._name}:
                raise _other(data, self._name)
            if not piece:
                raise ended_early(data)
            if len(data) > _MAX_ANSWER:
                raise _other(data, self._name)

    def _judged(self, reply: ServiceReply, data: bytes) -> ProbeFailure | None:
        said = f": {reply.message}" if reply.message else ""
        wants_login = reply.wants_login
        if self._name == "postgres":
            wants_login = data[:1] == b"E" or data[5:9] != b"\x00\x00\x00\x00"
            if self._user and data[:1] == b"E":  # this very user, before any password
                return ProbeFailure("service.rejected", f"it refuses{said}"[:200])
        if reply.refused:
            return ProbeFailure("service.rejected", f"it refuses{said}"[:200])
        if wants_login and self.endpoint.expectations.anonymous:
            return ProbeFailure("service.rejected", f"it wants a login{said}"[:200])
        return None

    async def _greet_mysql(self, channel: ProbeChannel, data: bytes) -> ServiceReply:
        """Go through a login without a password: who hangs up before is blocked after some times.

        See "Host is blocked" (``max_connect_errors``) in the manual of MySQL.
        """
        user = (self._user or _USER).encode()
        answer = struct.pack("<IIB23x", _MYSQL_FLAGS, 1 << 24, 45) + user + b"\x00\x00"
        channel.send(_packet(data[3] + 1, answer + _MYSQL_PLUGIN))
        came = await _mysql_packet(channel)
        if came[4:5] == b"\xfe":  # another way to log in: also without a password
            channel.send(_packet(came[3] + 1, b""))
            came = await _mysql_packet(channel)
        error = _MYSQL_ERROR.match(came)
        if error is None:
            return ServiceReply(wants_login=came[4:5] != b"\x00")
        code, words = int.from_bytes(error[1], "little"), printable(error[3])
        return ServiceReply(code in _MYSQL_FULL, words, wants_login=code not in _MYSQL_FULL)


async def _postgres_session(channel: ProbeChannel, data: bytes) -> bytes:
    """Return the error that a session begins with, or else that it may begin."""
    rest = data[len(_LET_IN) :]
    for _ in range(_MAX_MESSAGES):
        while not _is_whole("postgres", rest):
            piece = await channel.more()
            if not piece or len(rest) > _MAX_ANSWER:
                raise ended_early(rest)
            rest += piece
        if rest[:1] == b"E":
            return rest
        if rest[:1] == b"Z":
            break
        rest = rest[1 + int.from_bytes(rest[1:5]) :]
    return _LET_IN


def _packet(number: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + bytes((number % 256,)) + body


async def _mysql_packet(channel: ProbeChannel) -> bytes:
    data = b""
    while not _is_whole("mysql", data):
        piece = await channel.more()
        if not piece or len(data) > _MAX_ANSWER:
            raise ended_early(data)
        data += piece
    return data


def _is_whole(name: str, data: bytes) -> bool:
    """Whether all of the first message has come."""
    match name:
        case "postgres":
            return len(data) > 4 and len(data) > int.from_bytes(data[1:5])
        case "mysql":
            return len(data) > 4 and len(data) >= 4 + int.from_bytes(data[:3], "little")
        case "mongodb":
            return len(data) >= min(int.from_bytes(data[:4], "little"), _MAX_ANSWER)
        case "amqp":
            return data.startswith(b"AMQP") or len(data) >= 8 + int.from_bytes(data[3:7])
        case "ldap" | "mqtt":
            return True  # what reads them takes no less than what matters
        case _:
            return b"\n" in data


def _other(data: bytes, name: str) -> ProbeError:
    other = speaks(data)
    what = f"it speaks {'TLS' if other == 'tls' else other}" if other else f"it says {data[:40]!r}"
    return ProbeError(ProbeFailure("service.rejected", f"{what}, and not {name}"))
