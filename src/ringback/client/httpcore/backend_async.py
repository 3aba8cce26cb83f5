"""How httpcore connects, for tasks: in bounded time, and to the address that answers."""

import socket
from collections.abc import Iterable
from typing import Any

import anyio

from ringback.client.deadline import patience
from ringback.client.dial.resolver import soonest
from ringback.client.httpcore.dial_async import dial_async
from ringback.client.httpcore.library import Library
from ringback.client.httpcore.race_async import connect
from ringback.client.httpcore.stream import connect_failed, without_delay
from ringback.client.httpcore.stream_async import AsyncStream


class AsyncBackend:
    """A network backend of httpcore, for one connection.

    Args:
        library: Whose exceptions are raised.
    """

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
        """Return a connection to a host.

        Args:
            host: Name or IP address.
            port: TCP port.
            timeout: Seconds for everything; the deadline of the call under way counts as well.
            local_address: IP address to connect from.
            socket_options: Arguments for ``socket.setsockopt``.
        """
        try:
            sock = await dial_async(
                host,
                port,
                timeout=timeout,
                source_address=None if local_address is None else (local_address, 0),
                socket_options=socket_options,
            )
        except (OSError, OverflowError) as error:
            raise connect_failed(self._library, error) from error
        return self._kept(AsyncStream(without_delay(sock), self._library, timeout))

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> AsyncStream:
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
            await connect(sock, path, soonest(timeout))
        except OSError as error:
            sock.close()
            raise connect_failed(self._library, error) from error
        except BaseException:
            sock.close()
            raise
        return self._kept(AsyncStream(sock, self._library, timeout))

    async def aclose(self) -> None:
        """Close what was opened: httpcore forgets a connection whose proxy said no."""
        if self._opened:
            await self._opened.aclose()

    async def sleep(self, seconds: float) -> None:
        """Wait, between httpcore's own attempts to connect.

        Args:
            seconds: How long.
        """
        left = patience(None)
        await anyio.sleep(seconds if left is None else min(seconds, left))

    def _kept(self, opened: AsyncStream) -> AsyncStream:
        self._opened = opened
        return opened
