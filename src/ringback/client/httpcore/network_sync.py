"""How httpcore connects, reads, writes and waits in threads; see ``network_async`` for tasks."""

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from ringback.client.deadline import within_deadline
from ringback.client.dial import dial
from ringback.client.httpcore.library import Library, raise_named
from ringback.client.httpcore.stream import (
    MAX_RECORD_BYTES,
    NO_TIMEOUT_GIVEN,
    Channel,
    ResponseBody,
    connecting,
    without_delay,
)


class Stream(Channel):
    """A connected socket that blocks."""

    def __init__(self, sock: Any, library: Library, limit: float | None) -> None:
        super().__init__(sock, library, limit)
        self._waits: float | None = sock.gettimeout()

    def read(self, max_bytes: int, timeout: float | None = NO_TIMEOUT_GIVEN) -> bytes:
        """Return the bytes that there are, after waiting for them; none at the end."""
        try:
            self._fit(timeout)
            return self._received(self._sock.recv(max_bytes), timeout)
        except OSError as error:
            return self._read_failed(error, timeout)

    def write(self, buffer: bytes, timeout: float | None = NO_TIMEOUT_GIVEN) -> None:
        """Send all bytes."""
        if not buffer:
            return
        wire, rest = self._counted(timeout, buffer), memoryview(buffer)
        try:
            while rest:
                self._fit(timeout)
                count = self._sock.send(rest[:MAX_RECORD_BYTES] if self._secure else rest)
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
        """Return the connection with TLS on it."""
        with connecting(self._library, self.close):
            self._fit(timeout)
            sock = self._layered(ssl_context, server_hostname)
            self._sock = sock  # which owns the one below now
            sock.do_handshake()
        return Stream(sock, self._library, self._limit)

    def _fit(self, timeout: float | None) -> None:
        """Let the socket wait for what it may."""
        seconds = self._patience(timeout)
        if seconds != self._waits:
            self._sock.settimeout(seconds)
            self._waits = seconds


class Backend:
    """A network backend of httpcore, for one connection."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._opened: Stream | None = None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Stream:
        """Return a connection to a host."""
        source = None if local_address is None else (local_address, 0)
        with connecting(self._library):
            sock = dial(
                host, port, timeout=timeout, source_address=source, socket_options=socket_options
            )
        self._opened = Stream(without_delay(sock), self._library, timeout)
        return self._opened

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> Stream:
        """Return a connection to a Unix socket."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with connecting(self._library, sock.close):
            for option in socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(within_deadline(timeout))
            sock.connect(path)
        self._opened = Stream(sock, self._library, timeout)
        return self._opened

    def close(self) -> None:
        """Close what was opened: httpcore forgets a connection whose proxy said no."""
        if self._opened:
            self._opened.close()

    def sleep(self, seconds: float) -> None:
        """Wait, between httpcore's own attempts to connect."""
        time.sleep(seconds if (left := within_deadline(None)) is None else min(seconds, left))


class SyncBody(ResponseBody):
    """The body of a response, read in threads."""

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
            self._library.check_end(self._connection)
        except Exception as error:  # noqa: BLE001 - each is raised, as the exception of httpx
            self.close()
            raise_named(self._library, error, self.target)

    def close(self) -> None:
        """Close the stream; a connection whose body is not read to its end is closed with it."""
        if not self._open:
            return
        self._open = False
        try:
            self._stream.close()
        finally:
            if self._done:
                self._done()


def upload_of(stream: Any) -> Any:
    """Return the body of a request as it is handed to httpcore: the stream of httpx itself."""
    return stream


def ended(_: Any) -> None:
    """End the body of a request: nothing to do, for a generator ends when nobody holds it."""


sleep = time.sleep
"""Waits so many seconds."""

SHARES_HTTP_2 = False
"""Whether requests share a connection of HTTP/2."""

HEDGES = False
"""Whether a second attempt can be made beside the first."""

T = TypeVar("T")


def in_time(result: T, *_: object) -> T:
    """Return what an attempt returned: in threads each of its waits minds the deadline itself."""
    return result
