"""What a working proxy does: reach the target, and carry bytes both ways."""

from __future__ import annotations

import ipaddress
import selectors
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.testing.lab.connection import Connection

_CHUNK = 64 * 1024
_PATIENCE = 5.0


def reach(host: str, port: int) -> socket.socket:
    """Connect to a target on this machine.

    Raises:
        PermissionError: The target is elsewhere; nothing leaves the machine through the lab.
        OSError: It cannot be reached.
    """
    if host != "localhost" and not _is_loopback(host):
        raise PermissionError(f"{host} is not on this machine")
    return socket.create_connection((host, port), timeout=_PATIENCE)


def relay(connection: Connection, upstream: socket.socket) -> None:
    """Carry bytes both ways until either side ends, then close ``upstream``."""
    with upstream, selectors.DefaultSelector() as selector:
        upstream.settimeout(None)
        selector.register(connection.socket, selectors.EVENT_READ)
        selector.register(upstream, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is upstream:
                    connection.send(data := upstream.recv(_CHUNK))
                else:
                    upstream.sendall(data := connection.read())
                if not data:
                    return


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
