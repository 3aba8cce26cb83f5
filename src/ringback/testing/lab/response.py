"""HTTP/1.1 responses as bytes, and the handlers of a server in good health."""

from __future__ import annotations

import http
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.testing.lab.connection import Connection, Handler
    from ringback.testing.lab.request import Request

JSON = "application/json"


def head(status: int, *fields: str) -> bytes:
    """Return a status line and header block.

    Args:
        status: Three digits.
        fields: Header lines, ``Name: value``.
    """
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return "\r\n".join((f"HTTP/1.1 {status} {phrase}", *fields, "", "")).encode("latin-1")


MID_HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: text/pl"
"""A response cut within its header block."""

MID_BODY = head(200, "Content-Type: text/plain", "Content-Length: 1000") + b"x" * 400
"""A response cut after 400 of 1,000 bytes of body."""


def response(status: int, body: bytes, *fields: str, content_type: str = JSON) -> bytes:
    """Return a whole response with its ``Content-Length`` and ``Content-Type``."""
    described = (f"Content-Type: {content_type}", f"Content-Length: {len(body)}")
    return head(status, *described, *fields) + body


def healthy(request: Request) -> bytes:
    """Return the answer of a service in good health to one request."""
    said = {"ok": True, "method": request.method, "target": request.target}
    whole = response(200, json.dumps({**said, "size": len(request.body)}).encode())
    return whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if request.method == "HEAD" else whole


def serve(connection: Connection) -> None:
    """Answer every request on a connection as a healthy service."""
    while request := connection.read_request():
        connection.send(healthy(request))
        if not request.keeps_alive:
            return


def answering(whole: bytes) -> Handler:
    """Return a handler that gives every request on a connection the same response."""

    def handler(connection: Connection) -> None:
        while request := connection.read_request():
            connection.send(whole)
            if not request.keeps_alive:
                return

    return handler
