"""A connection of which every byte is seen, plain and then under TLS; and one TLS handshake."""

from __future__ import annotations

import contextlib
import re
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from ringback.client.trust.shared import is_cut
from ringback.diagnosis.fact_values import address_of
from ringback.diagnosis.layer.kernel import UNCONFIRMED, confirmed, limit
from ringback.diagnosis.layer.opening import open_connection
from ringback.diagnosis.layer.spoken import is_tls
from ringback.failure.codes import (
    KIND_OF_OPENSSL_REASON,
    KIND_OF_TLS_ALERT,
    TLS_CLIENT_CERTIFICATE,
    TLS_MISMATCH,
    TLS_NOT_SPOKEN,
    TLS_PROTOCOL_ERROR,
    kind_of_verify_code,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from ringback.diagnosis.context import DiagnosisContext, OpenRoute
    from ringback.diagnosis.fact_values import ConfirmedFacts
    from ringback.failure.names import KindName


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

    def receive_some(self, within: float, rest: Callable[[bytes], float], most: int) -> bytes:
        """Return what came next, and what follows within ``rest`` of that, in seconds."""
        data = self.receive(within)
        began = time.monotonic()
        with contextlib.suppress(OSError):  # what came until then is looked at
            while 0 < len(data) < most:
                piece = self.receive(began + rest(data) - time.monotonic())
                if not piece:
                    break
                data += piece
        return data

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
        limit(self.raw, ends)
        data = self.raw.recv(_PIECE)
        self.received += len(data)
        if len(self.first) < _KEPT_BYTES:
            self.first += data[: _KEPT_BYTES - len(self.first)]
        return data

    def _flush(self, ends: float) -> None:
        if data := self._outgoing.read():
            self._push(data, ends)

    def _push(self, data: bytes, ends: float) -> None:
        limit(self.raw, ends)
        self.raw.sendall(data)
        self.sent += len(data)


@dataclass(frozen=True, slots=True)
class TlsConnection:
    """A verified connection, kept for the stages after TLS."""

    route: OpenRoute  # The way it took
    channel: TlsChannel
    ssl_context: ssl.SSLContext  # Whom it was verified with

    def close(self) -> None:
        """Close it; harmless when it is closed."""
        self.channel.close()


Fault = Literal[
    "certificate",
    "alert",
    "not_tls",
    "closed",
    "reset",
    "timeout",
    "protocol",
    "unsupported",
]

_KINDS: dict[str, KindName] = {
    "not_tls": TLS_NOT_SPOKEN,
    "closed": "tls.closed",
    "reset": "tcp.reset",
    "timeout": "tls.timed_out",
    "unsupported": TLS_MISMATCH,
}
_ALERT_NUMBER = re.compile(r"alert number (\d+)")
_WORDED = {"unknown error": 0, "no application protocol": 120, "unknown psk identity": 115}
"""Texts of CPython for alerts without a reason."""
_HANDSHAKE_FAILURE, _ACCESS_DENIED = 40, 49
_AFTER = 0.3
"""Seconds that a server which asked for a certificate has to say that it wants one (TLS 1.3)."""


@dataclass(slots=True)
class Handshake:
    """What came of a handshake."""

    channel: TlsChannel  # The connection, closed unless the handshake is done
    error: Fault | None = None  # What went wrong; `None`: nothing
    verify_code: int | None = None  # OpenSSL's number of the certificate's fault
    verify_message: str | None = None  # The same in words
    alert: int | None = None  # Number of the alert that the peer sent
    reason: str | None = None  # OpenSSL's name of the error
    seconds: float = 0.0  # How long it took
    # What the kernel knew of the connection when the handshake failed
    confirmed: ConfirmedFacts = field(default_factory=lambda: UNCONFIRMED)

    @property
    def messages(self) -> TlsMessages | None:
        """What the peer sent; ``None`` where this Python cannot tell."""
        seen = self.channel.messages
        return seen if seen is not None and (seen.handshake or seen.alert is not None) else None

    @property
    def client_certificate_asked(self) -> bool | None:
        """Whether the server asked for a client certificate; ``None``: not known."""
        return None if self.messages is None else self.messages.asks_certificate

    @property
    def kind(self) -> KindName | None:
        """The kind of failure."""
        if self.error == "certificate":
            return kind_of_verify_code(self.verify_code or 0)
        if self.error == "alert":
            return self._kind_of_alert()
        if self.error == "protocol":
            return KIND_OF_OPENSSL_REASON.get(self.reason or "", TLS_PROTOCOL_ERROR)
        return _KINDS.get(self.error or "")

    def _kind_of_alert(self) -> KindName:
        if self.alert == _HANDSHAKE_FAILURE and self.client_certificate_asked:
            return TLS_CLIENT_CERTIFICATE
        if self.alert == _ACCESS_DENIED and self.client_certificate_asked is False:
            return "tls.failed"  # nobody has shown a certificate that could be meant
        return KIND_OF_TLS_ALERT.get(self.alert or -1, "tls.failed")


def shake_hands(
    raw: socket.socket, ssl_context: ssl.SSLContext, name: str | None, within: float
) -> Handshake:
    """Shake hands over a connection and return what came of it."""
    return shake_hands_over(TlsChannel(raw), ssl_context, name, within)


def shake_hands_over(
    channel: TlsChannel, ssl_context: ssl.SSLContext, name: str | None, within: float
) -> Handshake:
    """Shake hands over a connection on which something was said before."""
    began = time.monotonic()
    made = Handshake(channel)
    try:
        made.channel.secure(ssl_context, name, within)
        _hear_objection(made.channel)
    except OSError as error:
        _judge(made, error)
    except (ValueError, UnicodeError) as error:  # a name that cannot be asked for
        made.error, made.reason = "protocol", str(error)[:100]
        made.channel.close()
    made.seconds = time.monotonic() - began
    return made


def _hear_objection(channel: TlsChannel) -> None:
    """In TLS 1.3 a server says only after the handshake that it wanted a certificate."""
    seen = channel.messages
    if seen is None or not seen.asks_certificate or channel.tls is None:
        return
    if channel.tls.version() != "TLSv1.3":
        return
    ends = time.monotonic() + _AFTER
    try:
        while not seen.accepted and time.monotonic() < ends:
            if not channel.settle(ends - time.monotonic()):
                raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "closed after the handshake")
    except TimeoutError:
        return


def _judge(made: Handshake, error: OSError) -> None:
    seen = made.messages
    made.reason = getattr(error, "reason", None)
    made.alert = _alert(error, made) if seen is None else seen.alert
    if isinstance(error, ssl.SSLCertVerificationError):
        made.verify_code = error.verify_code
        made.verify_message = error.verify_message
    made.error = _fault(made, error)
    made.confirmed = confirmed(made.channel.raw)
    made.channel.close()


def _alert(error: OSError, made: Handshake) -> int | None:
    first = made.channel.first
    if len(first) >= 7 and first[:2] == b"\x15\x03":
        return first[6]
    found = _ALERT_NUMBER.search(str(error))
    if found:
        return int(found[1])
    return next((n for words, n in _WORDED.items() if f" {words}" in str(error)), None)


def _fault(made: Handshake, error: OSError) -> Fault:
    first = made.channel.first
    if first and not is_tls(first[:2].ljust(2, b"\x03")):
        return "not_tls"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "certificate"
    if isinstance(error, TimeoutError):
        return "timeout"
    if made.alert is not None:
        return "alert"
    return _ended(made.reason, error)


def _ended(reason: str | None, error: OSError) -> Fault:
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return "closed"
    if not isinstance(error, ssl.SSLError):
        return "reset"
    kind = KIND_OF_OPENSSL_REASON.get(reason or "")
    if kind == TLS_MISMATCH:
        return "unsupported"
    return "closed" if kind == "tls.closed" else "protocol"


def server_name(host: str) -> str:
    """Return a host as TLS wants it: without brackets, zone and final dot."""
    return host.strip("[]").partition("%")[0].rstrip(".")


def sni_of(host: str) -> str | None:
    """Return what SNI says for a host: nothing for an address (RFC 6066, section 3)."""
    name = server_name(host)
    return name if address_of(name) is None else None


def attempted(
    context: DiagnosisContext,
    route: OpenRoute,
    ssl_context: ssl.SSLContext,
    *,
    within: float,
    named: bool = True,
    segment_size: int | None = None,
) -> Handshake | None:
    """Connect and shake hands once more; return nothing where no connection can be made."""
    asked = context.asked
    left = context.left(within)
    try:
        raw = open_connection(
            context, route, asked.host, asked.port, left, segment_size=segment_size
        )
    except OSError:
        return None
    name = server_name(asked.host) if named else None
    return shake_hands(raw, ssl_context, name, context.left(within))
