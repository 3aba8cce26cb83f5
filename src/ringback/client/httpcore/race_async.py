"""Several addresses of one host, for tasks; for threads there is ``ringback.client.dial.tcp``."""

import errno
import os
import socket
from collections.abc import Callable, Sequence
from typing import Any

import anyio

from ringback.client.deadline import remaining
from ringback.client.dial.address import AddrInfo
from ringback.client.dial.tcp import DELAY, LEAST, Attempt
from ringback.client.httpcore.readiness import writable

_UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK})


class AsyncRace:
    """Attempts to connect to one host: the first socket that connects wins (RFC 8305, section 5).

    Args:
        addresses: In the order to try them.
        open_socket: Makes their sockets.
        until: Give up at this time of ``time.monotonic()``; ``None``: never.

    Attributes:
        failed: Attempts that failed, in the order they did.
        pending: Addresses without an answer so far.
    """

    def __init__(
        self,
        addresses: Sequence[AddrInfo],
        open_socket: Callable[[AddrInfo], socket.socket],
        until: float | None,
    ) -> None:
        self.failed: list[Attempt] = []
        self.pending: list[AddrInfo] = []
        self._addresses = addresses
        self._open = open_socket
        self._until = until
        self._won: tuple[socket.socket, AddrInfo] | None = None

    async def run(self) -> tuple[socket.socket, AddrInfo] | None:
        """Return the first socket that connects, with its address; ``None``: all failed."""
        if len(self._addresses) == 1:
            await self._attempt(self._addresses[0])
            return self._won
        async with anyio.create_task_group() as group:
            for address in self._addresses:
                over = anyio.Event()
                group.start_soon(self._compete, address, over, group.cancel_scope)
                with anyio.move_on_after(self._delay()):
                    await over.wait()
        return self._won

    def _delay(self) -> float:
        left = remaining(self._until)
        return DELAY if left is None else min(DELAY, max(left / (len(self._addresses) + 1), LEAST))

    async def _compete(
        self, address: AddrInfo, over: anyio.Event, scope: anyio.CancelScope
    ) -> None:
        await self._attempt(address)
        over.set()
        if self._won:
            scope.cancel()

    async def _attempt(self, address: AddrInfo) -> None:
        self.pending.append(address)
        sock = None
        try:
            sock = self._open(address)
            await connect(sock, address[4], self._until)
        except OSError as error:
            _close(sock)
            self.failed.append(Attempt(address, error.with_traceback(None)))
        except BaseException:
            _close(sock)
            raise
        else:
            if self._won:
                sock.close()
                return
            self._won = sock, address
        self.pending.remove(address)


async def connect(sock: socket.socket, address: Any, until: float | None) -> None:
    """Connect a socket, which does not block from now on.

    Args:
        sock: The socket.
        address: As its family has them.
        until: Give up at this time of ``time.monotonic()``; ``None``: never.

    Raises:
        OSError: It cannot be connected, or not in time.
    """
    sock.setblocking(False)
    number = sock.connect_ex(address)
    if number in _UNDER_WAY:
        if number:
            await writable(sock, remaining(until))
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if number:
        raise OSError(number, os.strerror(number))


def _close(sock: socket.socket | None) -> None:
    if sock is not None:
        sock.close()
