"""An open connection, as httpcore uses one, for tasks; see ``stream`` for what it does."""

import ssl
from typing import Any

import anyio

from ringback.client.deadline import remaining
from ringback.client.dial.resolver import soonest
from ringback.client.httpcore.readiness import BLOCKED, readable, ready
from ringback.client.httpcore.stream import RECORD, UNSAID, Channel, connect_failed

_BROKEN = (OSError, anyio.ClosedResourceError)


class AsyncStream(Channel):
    """A connected socket that does not block."""

    async def read(self, max_bytes: int, timeout: float | None = UNSAID) -> bytes:
        """Return the bytes that there are, after waiting for them; none at the end.

        Args:
            max_bytes: How many at the most.
            timeout: Seconds; the deadline of the call under way counts as well.
        """
        try:
            if not (self._secure and self._sock.pending()):
                await readable(self._sock, self._patience(timeout))
            while True:
                try:
                    return self._received(self._sock.recv(max_bytes), timeout)
                except BLOCKED as error:
                    await ready(self._sock, error, self._patience(timeout))
        except _BROKEN as error:
            return self._read_failed(error, timeout)

    async def write(self, buffer: bytes, timeout: float | None = UNSAID) -> None:
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
                seconds = self._patience(timeout)
                try:
                    count = self._sock.send(rest[:RECORD] if self._secure else rest)
                except BLOCKED as error:
                    await ready(self._sock, error, seconds, writing=True)
                else:
                    wire.sent += count
                    wire.sends += 1
                    rest = rest[count:]
        except _BROKEN as error:
            raise self._write_failed(error, wire) from error

    async def aclose(self) -> None:
        """Close the socket."""
        if self._sock.fileno() >= 0:
            anyio.notify_closing(self._sock)
        self._sock.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "AsyncStream":
        """Return the connection with TLS on it.

        Args:
            ssl_context: The settings.
            server_hostname: The name that the certificate must have.
            timeout: Seconds for the handshake; the deadline counts as well.
        """
        try:
            sock = self._layered(ssl_context, server_hostname)
            self._sock = sock  # which owns the one below now
            await _handshake(sock, soonest(self._limit if timeout == UNSAID else timeout))
        except OSError as error:
            await self.aclose()
            raise connect_failed(self._library, error) from error
        except BaseException:
            await self.aclose()
            raise
        return AsyncStream(sock, self._library, self._limit)


async def _handshake(sock: Any, until: float | None) -> None:
    while True:
        try:
            sock.do_handshake()
        except BLOCKED as error:
            await ready(sock, error, remaining(until))
        else:
            return
