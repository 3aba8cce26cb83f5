"""How httpcore connects: in bounded time, and to the address that answers."""

import socket
import time
from collections.abc import Iterable
from typing import Any

from ringback.client.deadline import patience
from ringback.client.dial import dial
from ringback.client.httpcore.library import Library
from ringback.client.httpcore.stream import connect_failed, without_delay
from ringback.client.httpcore.stream_sync import Stream


class Backend:
    """A network backend of httpcore, for one connection.

    Args:
        library: Whose exceptions are raised.
    """

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
        """Return a connection to a host.

        Args:
            host: Name or IP address.
            port: TCP port.
            timeout: Seconds for everything; the deadline of the call under way counts as well.
            local_address: IP address to connect from.
            socket_options: Arguments for ``socket.setsockopt``.
        """
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
        """Return a connection to a Unix socket.

        Args:
            path: Its path.
            timeout: Seconds; the deadline of the call under way counts as well.
            socket_options: Arguments for ``socket.setsockopt``.
        """
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            for option in socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(patience(timeout))
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
        """Wait, between httpcore's own attempts to connect.

        Args:
            seconds: How long.
        """
        time.sleep(seconds if (left := patience(None)) is None else min(seconds, left))

    def _kept(self, opened: Stream) -> Stream:
        self._opened = opened
        return opened
