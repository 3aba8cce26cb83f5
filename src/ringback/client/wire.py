"""What really happened on the wire in one exchange, and what that says of delivery.

Theory of operation
-------------------

Whether a failed request may be sent again depends on one question: may the service have processed
it? An exception says what we saw last, not what the peer got: a reset after the request may stand
for a request that was lost, one that is being processed, or one that is done. So the connections
below the clients keep a record, a ``Wire``, and ``delivered`` answers from it:

    no     nothing was handed to the kernel; or nothing of what was is acknowledged although the
           kernel has sent it again, and the connection is aborted, so that it never will be
    yes    the peer's kernel has acknowledged the whole request, and no proxy stands between
    maybe  everything else

What moves it. ``begin_exchange`` puts a record into the context before an attempt; the connection,
which runs in the same context, finds it by ``last_exchange`` and counts: ``phase`` only goes
forward, ``sent`` and ``sends`` grow with what the kernel *took* (the return value of ``send``, not
what we wanted to send), ``received`` with what came back, and ``broken`` is set where a write
failed. A context variable, because nothing of a client library's own interface reaches from the
call to its socket.

Acknowledgements. Only after a timeout and only on Linux the kernel is asked (``note_acknowledged``,
before the connection is closed): SIOCOUTQ says how many bytes the peer has not acknowledged. If
these are at least as many as the request had on the wire, with what TLS adds to each record, then
none of it has arrived. That counts only once the kernel has sent it again ``MIN_RETRANSMITS``
times: until then it may be under way, for a timeout can be shorter than the round trip. And it
stays true only if nothing arrives later: so the socket is set to abort (SO_LINGER with 0) instead
of being closed gently, which would let the kernel go on sending a request that the caller already
tries again elsewhere.

Why it is safe. Each doubt ends in ``maybe``, and ``maybe`` is sent again only if it is idempotent.
An unknown cipher means an unknown overhead, and no ``none``; a proxy acknowledges for itself, and
so its ``all`` is no ``yes``; bytes of a response mean that something was processed, whatever else
failed. Two guarantees of protocols outrank the bytes: a stream that HTTP/2 refuses, and a client
certificate that the first handshake of a connection rejects, were never read as a request.
"""

import contextlib
import os
import socket
import struct
import sys
from contextvars import ContextVar
from typing import Any, Literal

from ringback.errors import RingbackError
from ringback.failure import Failure, Target
from ringback.failure.classify import classify_exchange
from ringback.failure.kind import Delivered
from ringback.values import replace

Phase = Literal["connect", "proxy", "tls", "send", "wait", "body"]
"""How far an exchange came: the steps before the request, the request, the response."""

Acknowledged = Literal["none", "some", "all", "unknown"]
"""How much of a request the peer's kernel has confirmed."""

MIN_RETRANSMITS = 2
"""How often the kernel must have sent it again in vain before "nothing acknowledged" counts.

Until then it may just be under way: a timeout can be shorter than the round trip.
"""


class Wire:
    """One exchange, counted as it happens."""

    __slots__ = (
        "apart",
        "broken",
        "overhead",
        "peer",
        "phase",
        "proxied",
        "received",
        "retransmits",
        "reused",
        "sends",
        "sent",
        "unacknowledged",
    )

    def __init__(self, reused: bool = False, proxied: bool = False) -> None:
        self.reused = reused  # The connection had carried another exchange before
        self.proxied = proxied  # There is a proxy between; what is acknowledged is so by the proxy
        self.phase: Phase = "connect"  # How far it came
        self.sent = 0  # Bytes of the request that the kernel took, without what TLS adds
        self.sends = 0  # In how many pieces; over TLS each is one record
        self.broken = False  # The request could not be handed over whole
        self.received = 0  # Bytes of the response that came, without what TLS adds
        # Bytes in the kernel that the peer has not confirmed, what TLS adds included; only known on
        # Linux, after a timeout
        self.unacknowledged: int | None = None
        self.overhead: int | None = None  # Bytes that TLS adds to each piece; `None`: not known
        self.apart = False  # It is to have a connection of its own, a new one
        # The address that it is with, where that is asked for; until it is known ""
        self.peer: str | None = None
        self.retransmits = 0  # How often the kernel has sent the oldest of them again

    @property
    def complete(self) -> bool:
        """Whether the kernel took the whole request."""
        return self.phase in {"wait", "body"} and not self.broken

    @property
    def acknowledged(self) -> Acknowledged:
        """How much of the request the peer's kernel has confirmed, as far as that is known."""
        if self.unacknowledged is None:
            return "unknown"
        if self.unacknowledged == 0:
            return "all"
        if self.overhead is None or self.retransmits < MIN_RETRANSMITS:
            return "unknown"
        whole = self.sent + self.overhead * self.sends
        return "none" if self.unacknowledged >= whole else "some"


_LAST: ContextVar[Wire | None] = ContextVar("ringback_wire", default=None)


def begin_exchange(wire: Wire) -> None:
    """Let an exchange be the last one of this context."""
    _LAST.set(wire)


def forget_exchange() -> None:
    """Forget the last exchange; for whoever will ask for ``last`` after an attempt."""
    _LAST.set(None)


def last_exchange() -> Wire | None:
    """Return the last exchange of this context, ``None`` where none has begun since ``forget``."""
    return _LAST.get()


_RETRANSMITS_OFFSET = 2
"""Where ``struct tcp_info`` of ``linux/tcp.h`` has ``tcpi_retransmits``, one byte."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_RECORD_OVERHEAD = {
    ("TLSv1.3", "GCM"): 22,
    ("TLSv1.3", "CHACHA20"): 22,
    ("TLSv1.2", "GCM"): 29,
    ("TLSv1.2", "CHACHA20"): 21,
}
"""Version and cipher → bytes that a record has beside its content: header, nonce, type, tag
(RFC 8446, section 5.2; RFC 5288, section 3; RFC 7905, section 2)."""


def note_acknowledged(sock: Any, wire: Wire) -> None:
    """Note what the peer has confirmed, after a timeout and before the connection is closed.

    Where it has confirmed nothing of the request, closing the connection will abort it: the
    kernel would go on sending, and the request might arrive after it was given up.
    """
    if sys.platform != "linux" or not wire.sent:
        return
    with contextlib.suppress(OSError, AttributeError):  # closed; no socket of the kernel's
        kernel = getattr(sock, "socket", sock)
        wire.retransmits = kernel.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[
            _RETRANSMITS_OFFSET
        ]
        wire.overhead = _overhead(sock)
        wire.unacknowledged = _queued(kernel.fileno())
        if wire.acknowledged == "none":
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def _queued(descriptor: int) -> int:
    """Bytes not confirmed, sent or not: SIOCOUTQ, which has the number of TIOCOUTQ (tcp(7))."""
    from fcntl import ioctl  # noqa: PLC0415 - not on Windows
    from termios import TIOCOUTQ  # noqa: PLC0415 - not on Windows

    return int(struct.unpack("i", ioctl(descriptor, TIOCOUTQ, bytes(4)))[0])


def _overhead(sock: Any) -> int | None:
    cipher: Any = getattr(sock, "cipher", None)
    if cipher is None:
        return 0
    if not isinstance(sock, socket.socket):
        return None  # TLS within TLS
    name, version, _ = cipher() or ("", "", 0)
    sizes = (
        size for (of, part), size in _RECORD_OVERHEAD.items() if of == version and part in name
    )
    return next(sizes, None)


_NOT_OURS = frozenset({"unknown", "not_a_connection_failure"})
_REFUSED_BY_HTTP_2 = "h2.refused_stream"
"""The peer guarantees that it processed nothing of the request (RFC 9113, section 8.7)."""
_REFUSED_BY_HANDSHAKE = "tls.bad_client_auth_cert"
"""In TLS 1.3 this alert comes after the client may send (RFC 8446, section 4.4.2.4); a server
reads no request before it has accepted the certificate."""


def delivered(wire: Wire | None, failure: Failure) -> Delivered:
    """Return whether the peer may have processed the request of an exchange that failed."""
    if wire is None or failure.layer == "status" or failure.kind == _REFUSED_BY_HTTP_2:
        return failure.delivered
    if wire.sent == 0:
        return "no"
    if wire.received:
        return _at_least_maybe(failure.delivered)
    if failure.kind == _REFUSED_BY_HANDSHAKE and not wire.reused:
        return "no"
    return _by_acknowledgement(wire, failure.delivered)


def failure_of_exchange(
    error: Exception,
    target: Target,
    wire: Wire | None = None,
    *,
    own: type[Exception] | tuple[type[Exception], ...],
    direct: bool = False,
) -> Failure | None:
    """Return what went wrong in an exchange, or ``None`` where the exception is none of its.

    An exception of the caller's own (out of the generator of a body, say) stays what it is.
    ``direct``: there is no proxy, where no ``wire`` says so.
    """
    if isinstance(error, RingbackError):
        return error.failure
    if wire is not None and target.proxy is None:
        direct = not wire.proxied
    failure = classify_exchange(error, target, wire.reused if wire else None, direct=direct)
    if failure.kind in _NOT_OURS and not isinstance(error, own):
        return None
    certain = delivered(wire, failure)
    return failure if certain == failure.delivered else replace(failure, delivered=certain)


_OF_AUTHORITIES = ("tls.cert.authority_invalid", "config.tls_files_invalid")


def with_variable(failure: Failure | None, path: object, *variables: str) -> Failure | None:
    """Return a failure for want of authorities, with the variable that named their file."""
    if failure is None or not (failure.via or failure.kind).startswith(_OF_AUTHORITIES):
        return failure
    name = next((name for name in variables if path and os.environ.get(name) == path), None)
    if name is None:
        return failure
    message = f"{failure.message} (trusts {path}, which {name} names)"
    return replace(failure, message=message, evidence=(*failure.evidence, f"{name}={path}"))


def _by_acknowledgement(wire: Wire, usual: Delivered) -> Delivered:
    if wire.acknowledged == "none":
        return "no"
    if wire.acknowledged == "all" and wire.complete and not wire.proxied:
        return "yes"
    return _at_least_maybe(usual)


def _at_least_maybe(usual: Delivered) -> Delivered:
    return "maybe" if usual == "no" else usual
