"""One accepted connection: read, answer, and end it in every way a server can."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ringback.testing.lab.request import Request, RequestReader

if TYPE_CHECKING:
    from ringback.testing.lab.fault import Seen

RECEIVED_KEPT = 16 * 1024
"""Bytes of each connection kept in ``Seen.received``."""

_CHUNK = 64 * 1024
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Connection:
    """A blocking connection in the hands of a handler.

    Args:
        accepted: The accepted socket; the connection owns it from here on.
        seen: The record to write what happens to.
        number: How many connections this listener accepted before.
    """

    def __init__(self, accepted: socket.socket, seen: Seen, number: int = 0) -> None:
        self.socket = accepted
        self.seen = seen
        self.number = number
        self.stopping = threading.Event()
        self._reader = RequestReader(self.read, self._go_on)

    def read(self) -> bytes:
        """Return the next bytes from the client, ``b""`` once it has closed."""
        data = self.socket.recv(_CHUNK)
        if not data and self.seen.ended == "open" and not self.stopping.is_set():
            self.seen.ended = "peer"
        self.seen.received += data[: RECEIVED_KEPT - len(self.seen.received)]
        return data

    def read_request(self) -> Request | None:
        """Return the next HTTP/1.1 request with its body, ``None`` if there is none."""
        try:
            request = self._reader.whole()
        except ValueError:
            return None  # A length that is no number: not HTTP.
        if request is not None:
            self.seen.requests += 1
        return request

    def read_head(self) -> Request | None:
        """Return the next request's head and leave its body unread."""
        return self._reader.head()

    def send(self, data: bytes) -> None:
        """Send all of ``data``, inside TLS once the connection is secured."""
        self.socket.sendall(data)

    def send_below_tls(self, data: bytes) -> None:
        """Send bytes on the TCP connection itself, past the TLS session on it."""
        socket.socket.sendall(self.socket, data)

    def secure(self, context: ssl.SSLContext) -> None:
        """Do the server's side of a TLS handshake; all that follows is inside TLS.

        Raises:
            OSError: The handshake failed (``ssl.SSLError``) or the connection ended.
        """
        secured = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
        )
        self.socket = secured
        if self.stopping.is_set():
            self.abort()
        secured.do_handshake()

    def hold(self, seconds: float) -> bool:
        """Do nothing for some seconds; return whether the lab still runs."""
        return not self.stopping.wait(seconds)

    def stall(self, *, reading: bool = True) -> None:
        """Keep the connection open and silent until the lab stops.

        Args:
            reading: Take in what the client sends, and end when it closes. Otherwise leave it
                in the kernel's buffers, so that the client's window closes.
        """
        if not reading:
            self.stopping.wait()
            return
        while self.read():
            pass

    def half_close(self) -> None:
        """Send a FIN, below TLS, and stay able to read."""
        self.seen.ended = "fin"
        socket.socket.shutdown(self.socket, socket.SHUT_WR)

    def reset(self) -> None:
        """End it with a RST: close with a linger time of zero, which drops what is unsent."""
        self.seen.ended = "rst"
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self.socket.close()

    def finish(self, *, linger: bool = False) -> None:
        """End it with a FIN, below TLS.

        Args:
            linger: Read on until the client closes as well, so that nothing it still sends
                turns the end into a RST.
        """
        if self.seen.ended == "open":
            self.seen.ended = "fin"
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.socket, socket.SHUT_WR)
            self._drain(wait=linger)
        self.socket.close()

    def close_notify(self) -> None:
        """Say the end of the TLS session; the client's own is not awaited."""
        if isinstance(self.socket, ssl.SSLSocket) and self.socket.fileno() >= 0:
            self.socket.settimeout(0)
            with contextlib.suppress(OSError):
                self.socket.unwrap()

    def abort(self) -> None:
        """Wake the handler wherever it blocks; for other threads, which must not close."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def _drain(self, *, wait: bool) -> None:
        # A close with unread bytes would send a RST in place of the FIN.
        self.socket.settimeout(None if wait else 0)
        while socket.socket.recv(self.socket, _CHUNK):
            pass

    def _go_on(self) -> None:
        self.send(b"HTTP/1.1 100 Continue\r\n\r\n")


Handler = Callable[[Connection], None]
"""What a listener does with each connection; it is finished with a FIN where the handler did not
end it."""
