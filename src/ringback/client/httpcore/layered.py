"""TLS within TLS, for a target behind a proxy that is itself called over TLS."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

_MOST = 65536


class Layered:
    """What ``ssl.SSLSocket`` is over a socket, over another ``ssl.SSLSocket``.

    Where the inner socket does not block, every method may raise ``ssl.SSLWantReadError`` or
    ``ssl.SSLWantWriteError``, and goes on where it was when it is called again.

    Args:
        sock: The inner socket.
        context: The settings.
        hostname: The name that the certificate must have.
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
        """Return bytes; none where the peer has ended TLS.

        Args:
            size: How many at the most.
        """
        return self._go_on(lambda: self._object.read(size))

    def send(self, data: Any) -> int:
        """Send bytes; return how many were taken.

        Args:
            data: The bytes.
        """
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
                data = self.socket.recv(_MOST)
                self._incoming.write(data) if data else self._incoming.write_eof()
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        self._unsent += self._outgoing.read()
        while self._unsent:
            self._unsent = self._unsent[self.socket.send(self._unsent) :]
