"""How httpcore connects, reads, writes and waits in tasks; see ``network_sync`` for threads."""

import socket
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable
from typing import Any, TypeVar

import anyio

from ringback.client import tasks
from ringback.client.deadline import current_deadline, remaining, within_deadline
from ringback.client.dial.resolver import soonest
from ringback.client.httpcore.dial_async import BLOCKED, connect, dial_async, readable, ready
from ringback.client.httpcore.library import Library, raise_named
from ringback.client.httpcore.stream import (
    MAX_RECORD_BYTES,
    NO_TIMEOUT_GIVEN,
    Channel,
    ResponseBody,
    connecting,
    without_delay,
)

_BROKEN = (OSError, anyio.ClosedResourceError)


class AsyncStream(Channel):
    """A connected socket that does not block."""

    async def read(self, max_bytes: int, timeout: float | None = NO_TIMEOUT_GIVEN) -> bytes:
        """Return the bytes that there are, after waiting for them; none at the end."""
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

    async def write(self, buffer: bytes, timeout: float | None = NO_TIMEOUT_GIVEN) -> None:
        """Send all bytes."""
        if not buffer:
            return
        wire, rest = self._counted(timeout, buffer), memoryview(buffer)
        try:
            while rest:
                seconds = self._patience(timeout)
                try:
                    count = self._sock.send(rest[:MAX_RECORD_BYTES] if self._secure else rest)
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
        self._close()

    def _close(self) -> None:
        if self._sock.fileno() >= 0:
            anyio.notify_closing(self._sock)
        self._sock.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "AsyncStream":
        """Return the connection with TLS on it."""
        with connecting(self._library, self._close):
            sock = self._layered(ssl_context, server_hostname)
            self._sock = sock  # which owns the one below now
            await _handshake(sock, soonest(self._limit if timeout == NO_TIMEOUT_GIVEN else timeout))
        return AsyncStream(sock, self._library, self._limit)


async def _handshake(sock: Any, until: float | None) -> None:
    while True:
        try:
            sock.do_handshake()
        except BLOCKED as error:
            await ready(sock, error, remaining(until))
        else:
            return


class AsyncBackend:
    """A network backend of httpcore, for one connection."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._opened: AsyncStream | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncStream:
        """Return a connection to a host."""
        source = None if local_address is None else (local_address, 0)
        with connecting(self._library):
            sock = await dial_async(
                host, port, timeout=timeout, source_address=source, socket_options=socket_options
            )
        self._opened = AsyncStream(without_delay(sock), self._library, timeout)
        return self._opened

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> AsyncStream:
        """Return a connection to a Unix socket."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with connecting(self._library, sock.close):
            for option in socket_options or ():
                sock.setsockopt(*option)
            await connect(sock, path, soonest(timeout))
        self._opened = AsyncStream(sock, self._library, timeout)
        return self._opened

    async def aclose(self) -> None:
        """Close what was opened: httpcore forgets a connection whose proxy said no."""
        if self._opened:
            await self._opened.aclose()

    async def sleep(self, seconds: float) -> None:
        """Wait, between httpcore's own attempts to connect."""
        left = within_deadline(None)
        await anyio.sleep(seconds if left is None else min(seconds, left))


class AsyncUpload:
    """A stream of httpx whose generator is ended with the request, not by the garbage collector."""

    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        self._stream = stream
        self._pieces: AsyncIterator[bytes] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._pieces = pieces = aiter(self._stream)
        return pieces

    async def aclose(self) -> None:
        """End it, wherever it is."""
        await ended(self._pieces)


def async_upload_of(stream: Any) -> AsyncUpload:
    """Return the body of a request as it is handed to httpcore, and to ``ended`` afterwards."""
    return AsyncUpload(stream)


async def ended(iterator: Any) -> None:
    """End an asynchronous generator, wherever it is; another iterator has nothing to end."""
    if hasattr(iterator, "aclose"):
        await iterator.aclose()


class AsyncBody(ResponseBody):
    """The body of a response, read in tasks."""

    _pieces: Any = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._pieces = aiter(self._stream)
        return self

    async def __anext__(self) -> bytes:
        try:
            piece: bytes | None = await anext(self._pieces, None)
            if piece is None:
                self._library.check_end(self._connection)
        except Exception as error:  # noqa: BLE001 - each is raised, as the exception of httpx
            await self.aclose()
            raise_named(self._library, error, self.target)
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Close the stream; a connection whose body is not read to its end is closed with it."""
        if not self._open:
            return
        self._open = False
        try:
            await ended(self._pieces)
            await self._stream.aclose()
        finally:
            if self._done:
                await self._done()


sleep = tasks.sleep
"""Waits so many seconds."""

SHARES_HTTP_2 = True
"""Whether requests share a connection of HTTP/2."""

HEDGES = True
"""Whether a second attempt can be made beside the first."""

T = TypeVar("T")

_GRACE_SECONDS = 0.03
"""Seconds that the waits with a limit of their own have, to say which of them it was."""


async def in_time(attempt: Awaitable[T], library: Library, bounded: bool) -> T:
    """Return what an attempt returns, or cancel it when the deadline of the call has come."""
    left = remaining(current_deadline())
    if bounded or left is None:
        return await attempt
    with anyio.move_on_after(left + _GRACE_SECONDS):
        return await attempt
    timed_out: Exception = library.httpx.ReadTimeout("the deadline of the call has come")
    raise timed_out
