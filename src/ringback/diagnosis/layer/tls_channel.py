"""A connection of which every byte is seen, plain at first, then under TLS with its messages."""

from __future__ import annotations

import contextlib
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from ringback.client.trust.shared import is_cut

if TYPE_CHECKING:
    import socket

    from ringback.diagnosis.context import OpenRoute


_ALERT = 21
_HANDSHAKE = 22
_HELLO_REQUEST = 0
_TICKET = 4
_CERTIFICATE = 11
_CERTIFICATE_REQUEST = 13
_MAX_CERTIFICATES = 256 * 1024
"""Bytes of a Certificate message kept; no browser takes a longer one."""


@dataclass(slots=True)
class TlsMessages:
    """What the peer sent within TLS (RFC 8446, section 4; RFC 5246, section 7)."""

    handshake: list[int] = field(default_factory=list)  # Types of the handshake messages, in order
    certificate: bytes = b""  # The body of its Certificate message
    alert: int | None = None  # The number of the last alert other than close_notify
    version: int = 0  # Protocol version of the Certificate message, as on the wire

    @property
    def asks_certificate(self) -> bool:
        """Whether the server asked for a client certificate."""
        return _CERTIFICATE_REQUEST in self.handshake

    @property
    def accepted(self) -> bool:
        """Whether the server has taken our part of the handshake: it gave a session ticket."""
        return _TICKET in self.handshake


class WatchedObject(ssl.SSLObject):
    """An SSL object that notes what the peer sent in ``messages``."""

    messages: TlsMessages

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Return one with no messages yet."""
        made = super().__new__(cls)
        made.messages = TlsMessages()
        return made


def watch_messages(ssl_context: ssl.SSLContext) -> bool:
    """Let a context note the messages of its connections, and return whether it can.

    Python's ``ssl`` module has a hook for debugging, ``_msg_callback``; where another Python lacks
    it, nothing is noted.
    """
    ssl_context.sslobject_class = WatchedObject
    if not hasattr(ssl.SSLContext, "_msg_callback"):
        return False
    vars(ssl.SSLContext)["_msg_callback"].__set__(ssl_context, _note)
    return True


def _note(*seen: Any) -> None:
    connection, direction, version, content, message, data = seen
    if direction != "read" or not isinstance(connection, WatchedObject):
        return
    messages = connection.messages
    if content == _ALERT:
        messages.alert = int(message) or messages.alert
    elif content == _HANDSHAKE and len(messages.handshake) < 64:
        messages.handshake.append(int(message))
        if message == _CERTIFICATE and not messages.certificate:
            messages.certificate = bytes(data[4:_MAX_CERTIFICATES])
            messages.version = int(version)


_KEPT_BYTES = 512
"""How many of the peer's first bytes are kept."""
_PIECE = 64 * 1024
_MIN_TIMEOUT = 0.001


class TlsChannel:
    """A connected socket, with TLS over it once ``secure`` was called.

    Attributes:
        raw: The socket.
        tls: What speaks TLS over it.
        first: The first bytes the peer sent, or sent since TLS was begun, as they came.
        received: How many bytes the peer sent.
        sent: How many were handed to the kernel.
    """

    def __init__(self, raw: socket.socket) -> None:
        self.raw = raw
        self.tls: ssl.SSLObject | None = None
        self.first = b""
        self.received = 0
        self.sent = 0
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._early = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def messages(self) -> TlsMessages | None:
        """What the peer sent within TLS; ``None`` without TLS."""
        return self.tls.messages if isinstance(self.tls, WatchedObject) else None

    def secure(self, ssl_context: ssl.SSLContext, name: str | None, within: float) -> None:
        """Shake hands."""
        ends = time.monotonic() + within
        self.first = b""
        self.tls = ssl_context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush(ends)
                self._pull(ends)
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    self._flush(ends)  # the peer is told why, by an alert
                raise
            else:
                self._flush(ends)
                return

    def send(self, data: bytes, within: float) -> None:
        """Send bytes."""
        ends = time.monotonic() + within
        if self.tls is None:
            self._push(data, ends)
        else:
            self.tls.write(data)
            self._flush(ends)

    def receive(self, within: float) -> bytes:
        """Return what came next; nothing at the end of the connection."""
        ends = time.monotonic() + within
        if self._early:
            early, self._early = self._early, b""
            return early
        if self.tls is None:
            return self._taken(ends)
        while True:
            try:
                return self.tls.read(_PIECE)
            except ssl.SSLWantReadError:
                self._flush(ends)
                self._pull(ends)
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLError as error:
                if not is_cut(error):
                    raise
                return b""  # the end came without close_notify

    def settle(self, within: float) -> bool:
        """Take in what the peer sends after the handshake: tickets, or an alert."""
        assert self.tls is not None
        data = self._taken(time.monotonic() + within)
        if not data:
            return False
        self._incoming.write(data)
        with contextlib.suppress(ssl.SSLWantReadError):
            self._early += self.tls.read(_PIECE)
        return True

    def close(self) -> None:
        """Close the socket."""
        self.raw.close()

    def _pull(self, ends: float) -> None:
        data = self._taken(ends)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _taken(self, ends: float) -> bytes:
        self._limit(ends)
        data = self.raw.recv(_PIECE)
        self.received += len(data)
        if len(self.first) < _KEPT_BYTES:
            self.first += data[: _KEPT_BYTES - len(self.first)]
        return data

    def _flush(self, ends: float) -> None:
        if data := self._outgoing.read():
            self._push(data, ends)

    def _push(self, data: bytes, ends: float) -> None:
        self._limit(ends)
        self.raw.sendall(data)
        self.sent += len(data)

    def _limit(self, ends: float) -> None:
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self.raw.settimeout(max(left, _MIN_TIMEOUT))


@dataclass(frozen=True, slots=True)
class TlsConnection:
    """A verified connection, kept for the stages after TLS."""

    route: OpenRoute  # The way it took
    channel: TlsChannel
    ssl_context: ssl.SSLContext  # Whom it was verified with

    def close(self) -> None:
        """Close it; harmless when it is closed."""
        self.channel.close()
