"""urllib3's connections: nothing they wait for outlasts the deadline, and the bytes are counted.

Theory of operation
===================

Whether a request may be repeated depends on whether the service may have processed it, and no
exception says so: a reset while the response is awaited looks like one while the request is sent.
So what was sent and received is counted here, in the ``Wire`` of the exchange, and
``wire.delivered`` reads the evidence afterwards (see the head of ``wire.py``):

* ``http.client`` decides how a body is sent, over a ``CountedSocket``. There ``write_bytes`` takes
  the place of ``sendall``, which does not say how much the kernel took before it failed. A write
  that failed with an error number, or timed out, took nothing. Of any other exception (a signal's
  handler may raise after the write) that is not known, so one byte is counted: "maybe" is never
  mistaken for "no".
* ``SocketReader`` counts what comes. One byte of an answer, and the request was received.
* Where a timeout ends the wait, ``note_acknowledged`` asks the system what the peer has confirmed.

Every wait is the shorter of the caller's limit and what is left of the call's deadline. It is set
on the socket before each system call that may wait, and only where it differs: a socket's timeout
is for one call, and a peer that sends a byte now and then would never meet it.

How a connection ended is told apart as well (``SocketReader.ended`` and ``cut``): over TLS an end
without ``close_notify`` may be an attacker's cut (RFC 8446, section 6.1), so it is an error
wherever nothing else says where the body ends.
"""

import http.client
import io
import socket
import ssl
import sys
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

import urllib3.connection
import urllib3.exceptions
import urllib3.util.connection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from ringback.client.deadline import current_deadline, seconds_of, time_left, within_deadline
from ringback.client.dial import dial
from ringback.client.original import original_class
from ringback.client.trust import Trust
from ringback.client.trust.lending import lent
from ringback.client.trust.shared import is_cut
from ringback.client.urllib3.response import HTTPResponse
from ringback.client.wire import Phase, Wire, note_acknowledged

if TYPE_CHECKING:
    StockHTTPConnection = urllib3.connection.HTTPConnection
    StockHTTPSConnection = urllib3.connection.HTTPSConnection
else:
    StockHTTPConnection = original_class(urllib3.connection.HTTPConnection)
    StockHTTPSConnection = original_class(urllib3.connection.HTTPSConnection)

_TIMEOUT_MESSAGES = frozenset({"timed out", "The write operation timed out"})
"""How ``socket`` and ``ssl`` word a timeout, which has no number."""


def write_bytes(sock: Any, data: Any, wire: Wire, limit: float | None) -> None:
    """Send all of ``data``, however many writes it takes.

    ``sendall`` does not say how much was taken when it fails, and over TLS its timeout begins
    anew with each record. The socket's own timeout is for the first write, ``limit`` (seconds) for
    each further one.
    """
    try:
        at = current_deadline()
        if wire.sends or (at is not None and at - monotonic() < (limit or inf)):
            _set_timeout(sock, limit)
        sent = sock.send(data)
        wire.sent += sent
        wire.sends += 1
        if sent < len(data):
            _write_rest(sock, memoryview(data)[sent:], wire, limit)
    except BaseException as error:
        _note_write_error(error, sock, wire)
        raise


def _write_rest(sock: Any, rest: memoryview, wire: Wire, limit: float | None) -> None:
    while rest:
        _set_timeout(sock, limit)
        sent = sock.send(rest)
        wire.sent += sent
        wire.sends += 1
        rest = rest[sent:]


def _set_timeout(sock: Any, limit: float | None) -> None:
    """Let the socket wait for the limit, or for what the deadline leaves."""
    seconds = time_left(limit)
    if sock.gettimeout() != seconds:
        sock.settimeout(seconds)


def _note_write_error(error: BaseException, sock: Any, wire: Wire) -> None:
    wire.broken = True
    if not _nothing_was_sent(error):
        wire.sent += 1
    elif isinstance(error, TimeoutError):
        note_acknowledged(sock, wire)


def _nothing_was_sent(error: BaseException) -> bool:
    """Whether the last write failed; a signal's handler may raise after it has succeeded."""
    if not isinstance(error, OSError):
        return False
    return error.errno is not None or str(error) in _TIMEOUT_MESSAGES


class CountedSocket:
    """A socket as ``http.client`` wants one to send by; what it sends is counted."""

    __slots__ = ("_limit", "_sock", "_wire")

    def __init__(self, sock: Any, wire: Wire, limit: float | None) -> None:
        self._sock = sock
        self._wire = wire
        self._limit = limit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, data: Any) -> None:
        """Send all bytes; what is none raises ``TypeError`` before anything is sent."""
        piece = data if type(data) is bytes else memoryview(data).cast("B")
        write_bytes(self._sock, piece, self._wire, self._limit)


class SocketReader(socket.SocketIO):
    """What ``socket.makefile`` returns unbuffered, for one response.

    A timeout of a socket is for one read: a peer that sends a byte now and then never meets it.
    Here each read waits no longer than the deadline of the call leaves, if there is one. A body
    that is read after its call has ended is under the socket's timeout alone.
    """

    _sock: Any = None

    def __init__(self, sock: Any, wire: Wire) -> None:
        super().__init__(sock, "rb")
        try:
            sock._io_refs += 1  # noqa: SLF001 - keeps the descriptor open, as makefile does
        except AttributeError:
            sock.socket._io_refs += 1  # noqa: SLF001 - the same for urllib3's TLS within TLS
        self.ended = False  # The peer has ended its side
        # The error by which TLS says that it was ended below TLS, without `close_notify`
        self.cut: OSError | None = None
        self._wire = wire
        self._limit: float | None = sock.gettimeout()
        self._changed = False
        self._timed_out = False

    def makefile(self, _mode: str = "rb") -> io.BufferedReader:
        """Return this, buffered: ``http.client`` asks a socket so."""
        return io.BufferedReader(self)

    def close(self) -> None:
        """Close this; where Ctrl-C came before it had its socket, there is nothing to let go of."""
        if self._sock is None:
            io.RawIOBase.close(self)
        else:
            super().close()

    def readinto(self, buffer: Any) -> int | None:
        """Read what there is, after waiting for it; return the number of bytes, 0 at the end."""
        sock = self._sock
        if sock is None:
            raise ValueError("I/O operation on closed file.")
        try:
            at = current_deadline()
            if self._changed or (at is not None and at - monotonic() < (self._limit or inf)):
                self._set_timeout()
            count: int = sock.recv_into(buffer)
        except BlockingIOError:
            return None
        except OSError as error:
            if not self._ended_by(error):
                raise
            count = 0
        if count:
            self._wire.received += count
        else:
            self.ended = True
        return count

    def _set_timeout(self) -> None:
        """Let the socket wait for its limit, or for what the deadline leaves."""
        if self._timed_out:
            raise OSError("cannot read from timed out object")
        seconds = time_left(self._limit)
        self._sock.settimeout(seconds)
        self._changed = seconds != self._limit

    def _ended_by(self, error: OSError) -> bool:
        """Note what an error means; return whether it is the end."""
        if isinstance(error, TimeoutError):
            self._timed_out = self._changed = True
            note_acknowledged(self._sock, self._wire)
        if not is_cut(error):
            return False
        self.cut = error.with_traceback(None)  # whose functions hold this
        return True


class LowLevelResponse(http.client.HTTPResponse):
    """Reads the status line and the header block, and frames the body."""

    def __init__(self, reader: SocketReader, *args: Any, **kwargs: Any) -> None:
        self.reader = reader  # Where it reads from
        super().__init__(reader, *args, **kwargs)  # type: ignore[arg-type]  # makefile is asked

    def begin(self) -> None:
        """Read until the body begins; a connection that ends before is an error.

        But where a body in chunks should follow, reading it says so, with the exception that
        urllib3 has for that.
        """
        begun: Any = self.headers
        super().begin()
        chunks_follow = self.chunked and self.length is None
        if begun is None and self.reader.ended and not chunks_follow:
            raise http.client.HTTPException("connection closed while reading headers")

    @property
    def cut(self) -> OSError | None:
        """Why the body may be short: TLS was not ended, and nothing else says where it ends."""
        delimited = self.chunked or self.length is not None
        return None if delimited else self.reader.cut


class DeadlineSocket(ssl.SSLSocket):
    """An ``ssl.SSLSocket`` that waits no longer than the deadline of the call leaves."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Receive, as a socket does."""
        _set_timeout(self, self.gettimeout())
        return super().recv(buflen, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        """Send, as a socket does; ``sendall`` is made of it."""
        _set_timeout(self, self.gettimeout())
        return super().send(data, flags)


def with_deadline(sock: Any) -> Any:
    """Return a socket as one that keeps the deadline, where it is Python's own."""
    if type(sock) is ssl.SSLSocket:
        sock.__class__ = DeadlineSocket  # the handshake is done: a new one cannot be made of it
    return sock


_NameError: Any = getattr(urllib3.exceptions, "NameResolutionError", None)  # 1.26 has none
_CREATE_CONNECTION = urllib3.util.connection.create_connection
"""A function put in its place by others is called: only they know what it means."""


class HTTPConnection(StockHTTPConnection):
    """A connection whose every wait fits into ``ringback.client.deadline``.

    Attributes:
        wire: The exchange under way, or the last one.
        tls_timeout: Seconds for the TLS handshake; ``None``: as for connecting.
        write_timeout: Seconds between two pieces of the request; ``None``: as for connecting.
    """

    tls_timeout: float | None = None
    write_timeout: float | None = None
    _once_connected: Phase = "send"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wire = Wire()

    def send(self, data: Any) -> None:
        """Send a piece of the request, over a new connection where there is none.

        Args:
            data: Bytes; a file or an iterable is sent piece by piece.
        """
        if self.sock is None and self.auto_open:
            self.connect()
        sock, wire, limit = self.sock, self.wire, self.write_timeout
        if limit is None:
            limit = seconds_of(self.timeout)
        if not wire.sends:
            wire.phase = "send"
        counted = None if sock is None else CountedSocket(sock, wire, limit)
        try:
            self.sock = counted
            super().send(data)
        finally:
            if self.sock is counted:  # it is not closed
                self.sock = sock

    def response_class(self, sock: Any, *args: Any, **kwargs: Any) -> LowLevelResponse:  # type: ignore[override]  # only called
        """Return what reads a response.

        Args:
            sock: The connection's socket, with its timeout set.
            *args: As ``http.client.HTTPResponse`` takes them.
            **kwargs: As ``http.client.HTTPResponse`` takes them.
        """
        return LowLevelResponse(SocketReader(sock, self.wire), *args, **kwargs)

    def getresponse(self, buffering: bool = False) -> Any:  # noqa: ARG002 - of 1.26, for Python 2
        """Wait for the response and return it, as urllib3 does.

        Args:
            buffering: Without meaning.
        """
        self.wire.phase = "wait"
        options: Any = getattr(self, "_response_options", None)  # urllib3 2
        preload = options is not None and options.preload_content
        if preload:
            self._response_options = options._replace(preload_content=False)
        response: Any = super().getresponse()
        self.wire.phase = "body"
        if isinstance(response, urllib3.response.HTTPResponse):
            response.__class__ = HTTPResponse  # urllib3 2 has no way to say which class it shall be
            if preload:
                response._body = response.read(decode_content=options.decode_content)  # noqa: SLF001 - as its constructor does
        return response

    def _new_conn(self) -> socket.socket:
        """Connect to the host, as urllib3 does, with its exceptions."""
        sock = self._dial() if dials_itself() else super()._new_conn()
        self.wire.phase = self._once_connected
        tunnel: Any = getattr(self, "_tunnel_host", None)
        sock.settimeout(self._step_timeout(tunnel is None))
        return sock

    def _dial(self) -> socket.socket:
        try:
            sock = self._dialled()
        except UnicodeError:
            text = f"'{self._dns_host.strip('[]')}', label empty or too long"
            raise urllib3.exceptions.LocationParseError(text) from None
        except OSError as error:
            raise self._unconnected(error) from error
        sys.audit("http.client.connect", self, self.host, self.port)
        return sock

    def _unconnected(self, error: Any) -> Exception:
        """What urllib3 raises where there is no connection."""
        if isinstance(error, TimeoutError):
            limit = seconds_of(self.timeout)
            text = f"Connection to {self.host} timed out. (connect timeout={limit})"
            return ConnectTimeoutError(self, text)
        text = f"Failed to establish a new connection: {error}"
        if isinstance(error, socket.gaierror) and _NameError is not None:
            named: Exception = _NameError(self.host, self, error)
            return named
        return NewConnectionError(self, text)

    def _dialled(self) -> socket.socket:
        return dial(
            self._dns_host.strip("[]"),
            self.port,
            timeout=seconds_of(self.timeout),
            family=urllib3.util.connection.allowed_gai_family(),
            source_address=self.source_address,
            socket_options=self.socket_options,
        )

    def _tunnel(self) -> None:
        """Ask the proxy for a tunnel; what is exchanged with it is none of the request."""
        request, self.wire = self.wire, Wire()
        request.phase = "proxy"
        try:
            super()._tunnel()
        finally:
            self.wire = request
        request.phase = self._once_connected
        self.sock.settimeout(self._step_timeout(True))

    def _step_timeout(self, connected: bool) -> float | None:
        """How long the next step may take: the handshake has a limit of its own."""
        handshake = connected and self._once_connected == "tls"
        limit = self.tls_timeout if handshake else None
        return within_deadline(seconds_of(self.timeout) if limit is None else limit)


class HTTPSConnection(HTTPConnection, StockHTTPSConnection):
    """The same over TLS, where a connection that is cut is told from one that is closed.

    Attributes:
        trust: Whom the program trusts; ``None``: as urllib3.
    """

    trust: Trust | None = None
    _once_connected = "tls"

    def connect(self) -> None:
        """Connect, through the proxy where there is one, and shake hands."""
        with lent(self, self.trust):
            super().connect()
        if hasattr(self.sock, "suppress_ragged_eofs"):
            self.sock.suppress_ragged_eofs = False  # the reader tells one end from the other

    def _connect_tls_proxy(self, *args: Any, **kwargs: Any) -> Any:
        """Shake hands with a proxy; over this connection there may be another handshake."""
        return with_deadline(super()._connect_tls_proxy(*args, **kwargs))


def dials_itself() -> bool:
    """Return whether connections are made by ``dial``: nobody has replaced urllib3's function."""
    return urllib3.util.connection.create_connection is _CREATE_CONNECTION
