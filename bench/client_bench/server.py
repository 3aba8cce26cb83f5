"""The server, a process of its own: one asyncio protocol, every response prepared.

Prints its ports and its certificate's bundle as JSON and ends with its standard input.
"""

import asyncio
import contextlib
import json
import socket
import sys
import tempfile
from pathlib import Path

from ringback.testing.lab.certificates import Certificates

MEGABYTE = 1_000_000
PIECE = 8192
PIECES = 32


def response(body, *, status="200 OK", more="", kind="application/json", length=True):
    """A whole response; the headers are those of an ordinary service."""
    return (
        f"HTTP/1.1 {status}\r\n"
        "Date: Sat, 21 Nov 2026 08:00:00 GMT\r\n"
        "Server: bench\r\n"
        f"Content-Type: {kind}\r\n"
        "Cache-Control: no-store\r\n"
        f"{f'Content-Length: {len(body)}' if length else 'Transfer-Encoding: chunked'}\r\n"
        f"{more}\r\n"
    ).encode() + body


def redirect(location):
    return response(b"", status="302 Found", more=f"Location: {location}\r\n")


SMALL = json.dumps({"id": 4711, "name": "ringback", "tags": ["a", "b"], "ok": True}).encode()
CHUNK = f"{PIECE:x}\r\n".encode() + b"x" * PIECE + b"\r\n"
ROUTES = {
    b"/small": response(SMALL),
    b"/close": response(SMALL, more="Connection: close\r\n"),
    b"/large": response(b"x" * MEGABYTE, kind="application/octet-stream"),
    b"/stream": response(CHUNK * PIECES + b"0\r\n\r\n", kind="text/plain", length=False),
    b"/hops/3": redirect("/hops/2"),
    b"/hops/2": redirect("/hops/1"),
    b"/hops/1": redirect("/small"),
}
UNKNOWN = response(b"{}", status="404 Not Found")


class Service(asyncio.Protocol):
    """HTTP/1.1 without pipelining and without chunked requests."""

    def connection_made(self, transport):
        self._transport = transport
        self._head = b""
        self._left = 0
        self._path = b""

    def data_received(self, data):
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            self._path = self._head.split(b" ", 2)[1].partition(b"?")[0]
            self._left = _length(self._head[:end]) - (len(self._head) - end - 4)
            self._head = b""
        if self._left <= 0:
            self._left = 0
            self._transport.write(ROUTES.get(self._path, UNKNOWN))
            if self._path == b"/close":
                self._transport.close()


def _length(head):
    if head.startswith(b"GET "):
        return 0
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def listening():
    """Sockets of both families of addresses with the same port; IPv4 alone where there is no IPv6.

    Their window does not grow: how fast it does is luck, and costs the client.
    """
    bound = [socket.create_server(("127.0.0.1", 0))]
    with contextlib.suppress(OSError):
        port = bound[0].getsockname()[1]
        bound.append(socket.create_server(("::1", port), family=socket.AF_INET6))
    for sock in bound:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * MEGABYTE)
    return bound


async def serving(**options):
    """Serve on a port; return it."""
    loop, sockets = asyncio.get_running_loop(), listening()
    for sock in sockets:
        await loop.create_server(Service, sock=sock, backlog=2048, **options)
    return sockets[0].getsockname()[1]


async def main():
    """Serve until standard input ends."""
    with tempfile.TemporaryDirectory() as directory:
        certificates = Certificates(Path(directory))
        ready = {
            "http": await serving(),
            "https": await serving(ssl=certificates.server()),
            "bundle": certificates.bundle,
        }
        print(json.dumps(ready), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
