"""An open connection: no wait outlasts the deadline, and the bytes of each request are counted."""

import select
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ringback.client.deadline import time_left
from ringback.client.httpcore.library import Library
from ringback.client.trust.shared import is_cut, reporting_cuts
from ringback.client.wire import Wire, last_exchange, note_acknowledged

if TYPE_CHECKING:
    from ringback.failure import Target

T = TypeVar("T")

_MAX_RECEIVE_BYTES = 65536


class TlsInTls:
    """What ``ssl.SSLSocket`` is over a socket, over another ``ssl.SSLSocket``.

    Where the inner socket does not block, every method may raise ``ssl.SSLWantReadError`` or
    ``ssl.SSLWantWriteError``, and goes on where it was when it is called again.
    """

    def __init__(self, sock: ssl.SSLSocket, context: ssl.SSLContext, hostname: str | None) -> None:
        self.socket = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        self._unsent = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.socket, name)

    @property
    def _sslobj(self) -> ssl.SSLObject:
        return self._object

    def do_handshake(self) -> None:
        """Shake hands."""
        self._go_on(self._object.do_handshake)

    def recv(self, size: int) -> bytes:
        """Return bytes; none where the peer has ended TLS."""
        return self._go_on(lambda: self._object.read(size))

    def send(self, data: Any) -> int:
        """Send bytes; return how many were taken."""
        self._flush()  # what was taken before
        count = self._object.write(data)
        self._unsent += self._outgoing.read()
        with suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):  # taken all the same
            self._flush()
        return count

    def pending(self) -> int:
        """Return how many bytes can be read without waiting."""
        return self._object.pending() or self.socket.pending()

    def _go_on(self, step: Callable[[], T]) -> T:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()
                data = self.socket.recv(_MAX_RECEIVE_BYTES)
                self._incoming.write(data) if data else self._incoming.write_eof()
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        self._unsent += self._outgoing.read()
        while self._unsent:
            self._unsent = self._unsent[self.socket.send(self._unsent) :]


MAX_RECORD_BYTES = 16384
"""Bytes of content in a TLS record at the most (RFC 8446, section 5.1)."""

NO_TIMEOUT_GIVEN: Final = -1.0
"""httpcore names no timeout where it speaks SOCKS; there the one of connecting counts."""

_TO_PROXY = (b"CONNECT ", b"\x05", b"\x01")
"""How what is said to a proxy begins, and no request does: RFC 9110, section 9.3.6; RFC 1928,
sections 3 and 4; RFC 1929, section 2."""


class Channel:
    """A connected socket, what was sent and received on it, and how long it may wait."""

    def __init__(self, sock: Any, library: Library, limit: float | None) -> None:
        # What TLS raised where the connection was ended below TLS, without `close_notify`
        self.cut: ssl.SSLError | None = None
        self._sock = sock
        self._library = library
        self._errors = library.httpcore
        self._limit = limit
        self._secure = isinstance(sock, ssl.SSLSocket | TlsInTls)
        self._is_readable = _readable(sock.fileno())
        self._begun = False
        self._to_proxy = False

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for."""
        sock = self._sock
        if info == "is_readable":
            return sock.fileno() < 0 or self._is_readable()
        if info == "ssl_object":
            return sock._sslobj if self._secure else None  # noqa: SLF001 - as httpcore does
        if info == "client_addr":
            return sock.getsockname()
        if info == "server_addr":
            return sock.getpeername()
        return sock if info == "socket" else None

    def _patience(self, timeout: float | None) -> float | None:
        """How long the next wait may be."""
        return time_left(self._limit if timeout == NO_TIMEOUT_GIVEN else timeout)

    def _counted(self, timeout: float | None, begin: bytes = b"") -> Wire:
        """What counts the bytes that follow; those for a proxy are none of the request."""
        if begin and not self._begun:
            self._to_proxy = begin.startswith(_TO_PROXY)
            self._begun = not self._to_proxy
        wire = last_exchange()
        if wire is None or timeout == NO_TIMEOUT_GIVEN or self._to_proxy:
            return Wire()
        if begin:
            wire.phase = "send"
            if wire.peer is not None:
                wire.peer = str(self._sock.getpeername()[0])
        elif wire.phase == "send":
            wire.phase = "wait"
        return wire

    def _received(self, data: bytes, timeout: float | None) -> bytes:
        wire = self._counted(timeout)
        wire.received += len(data)
        return data

    def _read_failed(self, error: Exception, timeout: float | None) -> bytes:
        if is_cut(error):
            self.cut = error.with_traceback(None)  # without the functions, which hold this
            return b""
        if isinstance(error, TimeoutError):
            note_acknowledged(self._sock, self._counted(timeout))
            raise self._errors.ReadTimeout(error) from error
        raise self._errors.ReadError(error) from error

    def _write_failed(self, error: Exception, wire: Wire) -> Exception:
        wire.broken = True
        if isinstance(error, TimeoutError):
            note_acknowledged(self._sock, wire)
            failed: Exception = self._errors.WriteTimeout(error)
        else:
            failed = self._errors.WriteError(error)
        return failed

    def _layered(self, context: ssl.SSLContext, hostname: str | None) -> Any:
        """The socket with TLS on it, before the handshake."""
        with reporting_cuts(context):
            if self._secure:
                return TlsInTls(self._sock, context, hostname)
            return context.wrap_socket(
                self._sock,
                server_hostname=hostname,
                do_handshake_on_connect=False,
                suppress_ragged_eofs=False,
            )


@contextmanager
def connecting(library: Library, close: Callable[[], object] | None = None) -> Iterator[None]:
    """A context in which a connection comes about, or is closed and httpcore's error raised."""
    try:
        yield
    except BaseException as error:
        if close:
            close()
        if not isinstance(error, (OSError, OverflowError)):
            raise
        core, timed_out = library.httpcore, isinstance(error, TimeoutError)
        raise (core.ConnectTimeout if timed_out else core.ConnectError)(error) from error


class ResponseBody:
    """A stream of bytes, as httpx wants one; each integration mixes its own class in."""

    def __init__(
        self,
        library: Library,
        stream: Any,
        done: Callable[[], Any] | None = None,
        connection: Any = None,
    ) -> None:
        # Whom the call is for, where the caller reads: exceptions are specialised then
        self.target: Target | None = None
        self._library = library
        self._stream = stream
        self._done = done  # Called once it is closed (and awaited, by tasks)
        self._open = True
        self._connection = connection


def _readable(number: int) -> Callable[[], bool]:
    """What finds out whether there is something to read from a descriptor, be it the end."""
    if not hasattr(select, "poll"):
        return lambda: bool(select.select([number], [], [], 0)[0])
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return lambda: bool(poll.poll(0))


def without_delay(sock: socket.socket) -> socket.socket:
    """Return a socket that sends small pieces at once."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
