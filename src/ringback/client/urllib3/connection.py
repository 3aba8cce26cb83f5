"""urllib3's connections: nothing they wait for outlasts the deadline, and they count."""

import http.client
import socket
import sys
from typing import Any

import urllib3.connection
import urllib3.exceptions
import urllib3.util.connection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from ringback.client.dial import dial
from ringback.client.patience import patience, seconds_of
from ringback.client.trust import Trust
from ringback.client.trust.lending import lent
from ringback.client.urllib3.message import Message
from ringback.client.urllib3.nested import bounded
from ringback.client.urllib3.reader import Reader
from ringback.client.urllib3.response import HTTPResponse
from ringback.client.urllib3.upload import bytes_of, write_bytes
from ringback.client.wire import Phase, Wire

_CREATE_CONNECTION = urllib3.util.connection.create_connection
"""A function put in its place by others is called: only they know what it means."""


class HTTPConnection(urllib3.connection.HTTPConnection):
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
        if self.sock is None:
            if not self.auto_open:
                raise http.client.NotConnected
            self.connect()
        wire, limit = self.wire, self.write_timeout
        if limit is None:
            limit = seconds_of(self.timeout)
        if not wire.sends:
            wire.phase = "send"
        for piece in (data,) if type(data) is bytes else bytes_of(data, self.blocksize):
            if self.debuglevel > 0:
                print("send:", repr(piece))
            sys.audit("http.client.send", self, piece)
            write_bytes(self.sock, piece, wire, limit)

    def response_class(self, sock: Any, *args: Any, **kwargs: Any) -> Message:  # type: ignore[override]  # only called
        """Return what reads a response.

        Args:
            sock: The connection's socket, with its timeout set.
            *args: As ``http.client.HTTPResponse`` takes them.
            **kwargs: As ``http.client.HTTPResponse`` takes them.
        """
        return Message(Reader(sock, self.wire), *args, **kwargs)

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
        sock = self._dial() if dials() else super()._new_conn()
        self.wire.phase = self._once_connected
        tunnel: Any = getattr(self, "_tunnel_host", None)
        sock.settimeout(self._step_patience(tunnel is None))
        return sock

    def _dial(self) -> socket.socket:
        try:
            sock = self._dialled()
        except TimeoutError as error:
            limit = seconds_of(self.timeout)
            text = f"Connection to {self.host} timed out. (connect timeout={limit})"
            raise ConnectTimeoutError(self, text) from error
        except socket.gaierror as error:
            raise name_error(self, error) from error
        except UnicodeError:
            text = f"'{self._dns_host.strip('[]')}', label empty or too long"
            raise urllib3.exceptions.LocationParseError(text) from None
        except OSError as error:
            text = f"Failed to establish a new connection: {error}"
            raise NewConnectionError(self, text) from error
        sys.audit("http.client.connect", self, self.host, self.port)
        return sock

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
        self.sock.settimeout(self._step_patience(True))

    def _step_patience(self, connected: bool) -> float | None:
        """How long the next step may take: the handshake has a limit of its own."""
        handshake = connected and self._once_connected == "tls"
        limit = self.tls_timeout if handshake else None
        return patience(seconds_of(self.timeout) if limit is None else limit)


class HTTPSConnection(HTTPConnection, urllib3.connection.HTTPSConnection):
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
        return bounded(super()._connect_tls_proxy(*args, **kwargs))


def dials() -> bool:
    """Return whether connections are made by ``dial``: nobody has replaced urllib3's function."""
    return urllib3.util.connection.create_connection is _CREATE_CONNECTION


def name_error(connection: Any, error: socket.gaierror) -> NewConnectionError:
    """Return what urllib3 raises where a name has no address.

    Args:
        connection: For whose host.
        error: What the resolver said.
    """
    if hasattr(urllib3.exceptions, "NameResolutionError"):
        return urllib3.exceptions.NameResolutionError(connection.host, connection, error)
    return NewConnectionError(connection, f"Failed to establish a new connection: {error}")
