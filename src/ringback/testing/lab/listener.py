"""A port of the lab that can be opened and closed again."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from ringback.testing.lab.connection import Connection, Handler
from ringback.testing.lab.fault import Endpoint, Seen

if TYPE_CHECKING:
    from ringback.testing.lab.crew import Crew
    from ringback.testing.lab.loop import Loop

_BACKLOG = 128


class Listener:
    """A reserved port: it refuses connections until it is opened.

    Args:
        handler: What to do with each connection.
        host: Loopback address to bind.
        scheme: Scheme of the endpoint's URL.
        loop: Accepts.
        crew: Serves.
    """

    def __init__(self, handler: Handler, host: str, scheme: str, loop: Loop, crew: Crew) -> None:
        self._handler = handler
        self._loop = loop
        self._crew = crew
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(self._family, socket.SOCK_STREAM)
        self._socket.bind((host, 0))
        port = self._socket.getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        self.endpoint = Endpoint(url=f"{scheme}://{name}:{port}/", host=host, port=port)
        self._opened = False

    def open(self) -> None:
        """Accept connections from now on."""
        self._loop.run(self._open)

    def close(self) -> None:
        """Refuse connections from now on; the port stays reserved, open connections stay open."""
        self._loop.run(self._close)

    def release(self) -> None:
        """Give the port back."""
        self._loop.run(self._release)

    def _open(self) -> None:
        if self._opened:
            return
        # Only now, so that the kernel never gives one free port to two listeners.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.listen(_BACKLOG)
        self._socket.setblocking(False)
        self._loop.watch(self._socket, self._accept)
        self._opened = True

    def _close(self) -> None:
        if not self._opened:
            return
        self._release()
        self._socket = socket.socket(self._family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((self.endpoint.host, self.endpoint.port))

    def _release(self) -> None:
        if self._opened:
            self._opened = False
            self._loop.forget(self._socket)
        self._socket.close()

    def _accept(self) -> None:
        try:
            accepted, _ = self._socket.accept()
        except OSError:
            return  # The client has gone already, or the process is out of descriptors.
        accepted.setblocking(True)
        with contextlib.suppress(OSError):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        seen = Seen()
        connection = Connection(accepted, seen, len(self.endpoint.seen))
        self.endpoint.seen.append(seen)
        self._crew.serve(connection, self._handler)
