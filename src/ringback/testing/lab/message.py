"""HTTP/1.1 messages (RFC 9112): requests as the lab reads them, responses, healthy handlers."""

from __future__ import annotations

import http
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.testing.lab.server import Connection, Handler


HEAD_LIMIT = 256 * 1024
"""Bytes a request head may have; a longer one ends the connection."""

BODY_KEPT = 1024 * 1024
"""Bytes of a body that are kept; the rest is read and dropped."""

_END = b"\r\n\r\n"


@dataclass(slots=True)
class ReceivedRequest:
    """A complete request; header names are in lower case, the last of equal names counts."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def keeps_alive(self) -> bool:
        """Whether the client will use the connection again."""
        return "close" not in self.headers.get("connection", "").lower()


class RequestReader:
    """Reads requests from a stream; bytes after one request stay for the next."""

    def __init__(self, read: Callable[[], bytes], go_on: Callable[[], None]) -> None:
        self._read = read
        self._go_on = go_on
        self._buffer = bytearray()

    def head(self) -> ReceivedRequest | None:
        """Return the next request without its body, ``None`` if the stream ends before."""
        while (end := self._buffer.find(_END)) < 0:
            if len(self._buffer) > HEAD_LIMIT or not self._fill():
                return None
        head = bytes(self._buffer[:end])
        del self._buffer[: end + len(_END)]
        return _parse(head)

    def whole(self) -> ReceivedRequest | None:
        """Return the next request with its body, ``None`` if the stream ends before."""
        request = self.head()
        if request is None:
            return None
        if request.headers.get("expect", "").lower() == "100-continue":
            self._go_on()
        if request.headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._chunks()
        else:
            body = self._exactly(int(request.headers.get("content-length", "0")))
        if body is None:
            return None
        request.body = body
        return request

    def _fill(self) -> bool:
        data = self._read()
        self._buffer += data
        return bool(data)

    def _exactly(self, size: int) -> bytes | None:
        kept = bytearray()
        while True:
            part = bytes(self._buffer[:size])
            del self._buffer[: len(part)]
            kept += part[: BODY_KEPT - len(kept)]
            size -= len(part)
            if not size:
                return bytes(kept)
            if not self._fill():
                return None

    def _chunks(self) -> bytes | None:
        kept = bytearray()
        while (line := self._line()) is not None:
            size = int(line.split(b";")[0], 16)
            chunk = self._exactly(size)
            if chunk is None or self._line() is None:
                return None
            kept += chunk[: BODY_KEPT - len(kept)]
            if not size:
                return bytes(kept)
        return None

    def _line(self) -> bytes | None:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if not self._fill():
                return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line


def _parse(head: bytes) -> ReceivedRequest:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, *_ = [*first.split(" "), "", ""]
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return ReceivedRequest(method, target, headers)


JSON = "application/json"


def head(status: int, *fields: str) -> bytes:
    """Return a status line and header block."""
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


def healthy_response(request: ReceivedRequest) -> bytes:
    """Return the answer of a service in good health to one request."""
    said = {"ok": True, "method": request.method, "target": request.target}
    whole = response(200, json.dumps({**said, "size": len(request.body)}).encode())
    return whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if request.method == "HEAD" else whole


def responding(respond: Callable[[ReceivedRequest], bytes]) -> Handler:
    """Return a handler that gives every request on a connection the response made for it."""

    def handler(connection: Connection) -> None:
        while request := connection.read_request():
            connection.send(respond(request))
            if not request.keeps_alive:
                return

    return handler


def answering(whole: bytes) -> Handler:
    """Return a handler that gives every request on a connection the same response."""
    return responding(lambda _: whole)


serve = responding(healthy_response)
"""Answers every request on a connection as a healthy service."""
