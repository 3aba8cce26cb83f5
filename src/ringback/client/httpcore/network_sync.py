"""How httpcore connects, reads, writes and waits in threads; see ``network_async`` for tasks."""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from ringback.client.deadline import within_deadline
from ringback.client.dial import dial
from ringback.client.httpcore.library import Library, raise_named
from ringback.client.httpcore.stream import (
    MAX_RECORD_BYTES,
    NO_TIMEOUT_GIVEN,
    Channel,
    connect_failed,
    without_delay,
)

if TYPE_CHECKING:
    from ringback.failure import Target


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
        try:
            sock = dial(
                host,
                port,
                timeout=timeout,
                source_address=None if local_address is None else (local_address, 0),
                socket_options=socket_options,
            )
        except (OSError, OverflowError) as error:
            raise connect_failed(self._library, error) from error
        return self._kept(Stream(without_delay(sock), self._library, timeout))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> Stream:
        """Return a connection to a Unix socket."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            for option in socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(within_deadline(timeout))
            sock.connect(path)
        except OSError as error:
            sock.close()
            raise connect_failed(self._library, error) from error
        return self._kept(Stream(sock, self._library, timeout))

    def close(self) -> None:
        """Close what was opened: httpcore forgets a connection whose proxy said no."""
        if self._opened:
            self._opened.close()

    def sleep(self, seconds: float) -> None:
        """Wait, between httpcore's own attempts to connect."""
        time.sleep(seconds if (left := within_deadline(None)) is None else min(seconds, left))

    def _kept(self, opened: Stream) -> Stream:
        self._opened = opened
        return opened


class Body:
    """A stream of bytes, as httpx wants one; each integration mixes its own class in."""

    def __init__(
        self,
        library: Library,
        stream: Any,
        done: Callable[[], None] | None = None,
        connection: Any = None,
    ) -> None:
        # Whom the call is for, where the caller reads: exceptions are specialised then
        self.target: Target | None = None
        self._library = library
        self._stream = stream
        self._done = done
        self._open = True
        self._connection = connection

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
            self._library.check_end(self._connection)
        except Exception as error:  # noqa: BLE001 - each is raised, as the exception of httpx
            self.close()
            raise_named(self._library, error, self.target)

    def close(self) -> None:
        """Close the stream; a connection whose body is not read to its end is closed with it."""
        if self._open:
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

T = TypeVar("T")


def in_time(result: T, *_: object) -> T:
    """Return what an attempt returned: in threads each of its waits minds the deadline itself."""
    return result
