"""Reading a proxy's answer, in bounded time, and not a byte beyond it."""

from __future__ import annotations

import socket
import time


class Closed(ConnectionError):  # noqa: N818 - named for what happened
    """The peer closed the connection before its answer was whole."""


class Stream:
    """A connection to a proxy; what follows the answer stays in the socket.

    Args:
        sock: The connection.
        until: When the answer must be there, on ``time.monotonic()``.
    """

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock = sock
        self._until = until
        self.received = bytearray()

    def send(self, data: bytes) -> None:
        """Send all of ``data``."""
        self._allow()
        self._sock.sendall(data)

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes; ``Closed``: the peer ended before."""
        taken = b""
        while len(taken) < size:
            self._allow()
            data = self._sock.recv(size - len(taken))
            if not data:
                raise Closed("closed before the answer was whole")
            self.received += data
            taken += data
        return taken

    def until(self, end: bytes, most: int) -> bytes:
        """Return the bytes up to ``end`` and with it, or ``most`` of them."""
        taken = bytearray()
        while not taken.endswith(end) and len(taken) < most:
            taken += self.take(1)  # more would take what the target says first
        return bytes(taken)

    def rest(self, most: int, seconds: float) -> bytes:
        """Return what comes before the end, at most ``most`` bytes, without any error."""
        self._until = min(self._until, time.monotonic() + seconds)
        taken = bytearray()
        try:
            while len(taken) < most:
                taken += self.take(1)
        except OSError:
            pass  # what came until then is looked at
        return bytes(taken)

    def _allow(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
