"""The healthy server behind a proxy or a name: it answers every request with a short page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.testing.lab.connection import Connection

PAGE = b"It works.\n"


def serve_pages(connection: Connection) -> None:
    """Answer requests on one connection until the client closes it."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(PAGE)}\r\n\r\n"
    while request := connection.read_request():
        connection.send(head.encode() + (b"" if request.method == "HEAD" else PAGE))
