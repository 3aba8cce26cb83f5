"""An open connection, as httpcore uses one, for threads; see ``stream`` for what it does."""

import ssl
from typing import Any

from ringback.client.httpcore.library import Library
from ringback.client.httpcore.stream import RECORD, UNSAID, Channel, connect_failed


class Stream(Channel):
    """A connected socket that blocks.

    Args:
        sock: The socket; over TLS one of ``ssl`` or the like.
        library: Whose exceptions are raised.
        limit: Seconds that connecting may wait.
    """

    def __init__(self, sock: Any, library: Library, limit: float | None) -> None:
        super().__init__(sock, library, limit)
        self._waits: float | None = sock.gettimeout()

    def read(self, max_bytes: int, timeout: float | None = UNSAID) -> bytes:
        """Return the bytes that there are, after waiting for them; none at the end.

        Args:
            max_bytes: How many at the most.
            timeout: Seconds; the deadline of the call under way counts as well.
        """
        try:
            self._fit(timeout)
            return self._received(self._sock.recv(max_bytes), timeout)
        except OSError as error:
            return self._read_failed(error, timeout)

    def write(self, buffer: bytes, timeout: float | None = UNSAID) -> None:
        """Send all bytes.

        Args:
            buffer: The bytes.
            timeout: Seconds for each piece; the deadline of the call under way counts as well.
        """
        if not buffer:
            return
        wire, rest = self._counted(timeout, buffer), memoryview(buffer)
        try:
            while rest:
                self._fit(timeout)
                count = self._sock.send(rest[:RECORD] if self._secure else rest)
                wire.sent += count
                wire.sends += 1
                rest = rest[count:]
        except OSError as error:
            raise self._write_failed(error, wire) from error

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "Stream":
        """Return the connection with TLS on it.

        Args:
            ssl_context: The settings.
            server_hostname: The name that the certificate must have.
            timeout: Seconds for the handshake; the deadline counts as well.
        """
        try:
            self._fit(timeout)
            sock = self._layered(ssl_context, server_hostname)
            self._sock = sock  # which owns the one below now
            sock.do_handshake()
        except OSError as error:
            self.close()
            raise connect_failed(self._library, error) from error
        except BaseException:
            self.close()
            raise
        return Stream(sock, self._library, self._limit)

    def _fit(self, timeout: float | None) -> None:
        """Let the socket wait for what it may."""
        seconds = self._patience(timeout)
        if seconds != self._waits:
            self._sock.settimeout(seconds)
            self._waits = seconds
