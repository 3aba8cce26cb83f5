"""What goes over a connection before TLS: lines and bytes, and never one too many."""

import asyncio
import socket
from contextlib import suppress

from ringback.monitor.probe.outcome import ProbeError, ProbeFailure

MAX_LINE = 4096  # Bytes of a line
_SHOWN = 60


class LineStream:
    """A connection on which both sides take turns; what follows an answer stays in the socket."""

    def __init__(self, connected: socket.socket) -> None:
        self.connected = connected
        self._loop = asyncio.get_running_loop()

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self.connected, data)

    async def take(self, size: int) -> bytes:
        taken = b""
        while len(taken) < size:
            piece = await self._loop.sock_recv(self.connected, size - len(taken))
            if not piece:
                raise ProbeError(ProbeFailure("tcp.closed", "closed before the answer was whole"))
            taken += piece
        return taken

    async def line(self) -> str:
        """Return a line without its end; what is no ASCII is replaced."""
        taken = b""
        while not taken.endswith(b"\n"):
            if len(taken) > MAX_LINE:
                raise unexpected_answer(taken)
            taken += await self.take(1)
            if not taken.endswith(b"\n"):
                taken += self.ready()
        return taken.decode("ascii", "replace").rstrip("\r\n")

    def ready(self) -> bytes:
        """What of the line is there already."""
        with suppress(BlockingIOError):
            seen = self.connected.recv(MAX_LINE, socket.MSG_PEEK)
            return self.connected.recv(seen.find(b"\n") + 1 or len(seen))
        return b""


def unexpected_answer(reply: bytes | str) -> ProbeError:
    """Return that what a server says is not what its protocol wants."""
    return ProbeError(
        ProbeFailure("service.rejected", f"not the expected answer: {reply[:_SHOWN]!r}")
    )
