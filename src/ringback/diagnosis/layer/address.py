"""Socket addresses."""

from __future__ import annotations

import socket

SocketAddress = tuple[str, int] | tuple[str, int, int, int]
"""What ``socket.connect`` takes."""


def sockaddr_of(address: str, port: int) -> tuple[socket.AddressFamily, SocketAddress]:
    """Return the family and the socket address of an IP address, without asking a resolver."""
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=flags)
    family, _, _, _, where = found[0]
    if len(where) == 4:
        return family, (str(where[0]), where[1], where[2], where[3])
    return family, (str(where[0]), int(where[1]))
