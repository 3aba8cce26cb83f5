"""Calls with what comes with Python: ``urllib.request`` and a bare socket."""

from __future__ import annotations

import contextlib
import socket
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ringback.testing.clients.call import Call


def call_urllib(call: Call) -> bytes:
    """Call with ``urllib.request``."""
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler(call.endpoint.proxies),
        urllib.request.HTTPSHandler(context=call.context()),
    )
    body = b""
    for _ in call.times:
        asked = urllib.request.Request(call.endpoint.url, call.body, method=call.method)
        with opener.open(asked, timeout=call.timeout) as response:
            body = response.read()
    return call.read(body)


def call_socket(call: Call) -> bytes:
    """Call with a bare socket, which knows nothing of HTTP; return what came."""
    parts = urlsplit(call.endpoint.url)
    default = 443 if parts.scheme == "https" else 80
    address = (parts.hostname or "", parts.port or default)
    received = b""
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(socket.create_connection(address, call.timeout))
        sock = plain
        if parts.scheme == "https":
            sock = stack.enter_context(
                call.context().wrap_socket(plain, server_hostname=address[0])
            )
        body = call.body or b""
        for number in call.times:
            close = "close" if number == call.times[-1] else "keep-alive"
            sock.sendall(
                f"{call.method} {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
                f"Content-Length: {len(body)}\r\nConnection: {close}\r\n\r\n".encode()
                + body
            )
            received = _receive(sock)
    return received


def _receive(sock: socket.socket) -> bytes:
    received = bytearray()
    while piece := sock.recv(65536):
        received += piece
        head, found, body = received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0].strip()
        if found and length.isdigit() and len(body) >= int(length):
            break
    return bytes(received)
