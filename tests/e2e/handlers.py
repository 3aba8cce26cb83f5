"""What the servers of the worlds do with a connection, beside the lab's own handlers."""

import datetime as dt
import email.utils
import http.server
import socket
import struct
from urllib.parse import urlsplit

from e2e import certificates

from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.message import head
from ringback.testing.lab.proxy import relay

PAGE = b"<!doctype html><title>Shop</title><p>Welcome.</p>\n"


def page(status=200, *fields, body=PAGE, days=0.0, delay=0.0, cut=0):
    """Return a handler of a web server: every request gets the same.

    Args:
        status: Of the answer.
        fields: Further header lines.
        body: Of the answer.
        days: How far its clock, which dates the answer, is off.
        delay: Seconds before it answers.
        cut: Bytes at the end that are not sent before it closes.
    """

    def handler(connection):
        while request := connection.read_request():
            if delay and not connection.hold(delay):
                return
            whole = response(request, status, fields, body, days)
            connection.send(whole[: len(whole) - cut])
            if cut or not request.keeps_alive:
                return

    return handler


def response(request, status, fields, body, days=0.0):
    date = email.utils.format_datetime(
        dt.datetime.now(dt.UTC) + dt.timedelta(days=days), usegmt=True
    )
    described = [f"Date: {date}", "Server: shop/1.0", *fields]
    if status == 204:
        return head(status, *described)
    described += ["Content-Type: text/html", f"Content-Length: {len(body)}"]
    return head(status, *described) + (b"" if request.method == "HEAD" else body)


def redirects(places, *, status=302):
    """Return a handler that sends each path to another place; a path not named gets the page."""

    def handler(connection):
        while request := connection.read_request():
            place = places.get(request.target.partition("?")[0], places.get("*"))
            if place:
                connection.send(response(request, status, [f"Location: {place}"], b""))
            else:
                connection.send(response(request, 200, (), PAGE))
            if not request.keeps_alive:
                return

    return handler


def old_server(connection):
    """Answer as HTTP/1.0 does: a body of no stated length, which ends with the connection."""
    if connection.read_request():
        connection.send(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE)
        connection.finish(linger=True)


def hostile(connection):
    """Answer with what would write on the reader's terminal."""
    fields = ("Server: \x1b]0;owned\x07\x1b[2Jshop", "X-Cache: \x1b[31m", "Content-Length: 0")
    if connection.read_request():
        connection.send(head(200, *fields, "Connection: close"))
        connection.finish(linger=True)


class _DevelopmentServer(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing of requests."""


def development_server(connection):
    """Python's own: what is no HTTP/1 gets a page without a status line."""
    _DevelopmentServer(connection.socket, ("", 0), None)


_SSL_REQUESTS = (80877103, 80877104)
_STARTUP = 196608


def postgres(connection, *, refusal=b""):
    """Speak PostgreSQL until it asks for a password, or refuses."""
    while True:
        length, code = struct.unpack("!II", exactly(connection, 8))
        if length > 10_000:
            return  # As PostgreSQL does: that is no packet of its protocol.
        exactly(connection, length - 8)
        if code in _SSL_REQUESTS:
            connection.send(b"N")
        elif code == _STARTUP:
            connection.send(refusal or b"R" + struct.pack("!II", 8, 3))
            connection.finish(linger=True)
            return
        else:
            return


def postgres_full(connection):
    """Refuse as PostgreSQL does when all its connections are taken."""
    fields = b"SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0"
    postgres(connection, refusal=b"E" + struct.pack("!I", len(fields) + 4) + fields)


def redis(connection, *, says=b"+PONG\r\n"):
    """Answer every command of Redis with one line."""
    while connection.read():
        connection.send(says)


def mysql(connection):
    """Greet as MySQL does."""
    said = (
        b"\x0a8.0.36\0" + struct.pack("<I", 7) + b"abcdefgh\0" + b"\xff\xf7\xff\x02\x00\xff\xdf\x15"
        + bytes(10) + b"ijklmnopqrst\0caching_sha2_password\0"
    )  # fmt: skip
    connection.send(struct.pack("<I", len(said))[:3] + b"\0" + said)
    connection.stall()


def smtp(connection, *, greeting=b"220 mail.example.org ESMTP\r\n"):
    """Speak SMTP."""
    connection.send(greeting)
    while said := connection.read():
        quits = said.upper().startswith(b"QUIT")
        connection.send(b"221 Bye\r\n" if quits else b"250 mail.example.org\r\n")
        if quits:
            return


def ssh(connection):
    """Greet as OpenSSH does, and read on."""
    connection.send(b"SSH-2.0-OpenSSH_9.6p1 Debian-3\r\n")
    connection.stall()


def proxy(site, *, outcome="pass", fields=(), users=None):
    """Return a handler of an HTTP proxy that knows the names of the site.

    Args:
        site: Whose records it resolves by.
        outcome: ``pass``, or the status it answers every request with.
        fields: Header lines of that answer.
        users: The ``Basic`` credentials it asks for.
    """

    def handler(connection):
        while request := connection.read_request():
            given = request.headers.get("proxy-authorization", "")
            if users and given != f"Basic {users}":
                asks = 'Proxy-Authenticate: Basic realm="office"'
                connection.send(response(request, 407, [asks, "Via: 1.1 office"], b""))
            elif outcome != "pass":
                connection.send(response(request, outcome, ["Via: 1.1 office", *fields], b""))
            else:
                _forward(site, connection, request)
                return
            if not request.keeps_alive:
                return

    return handler


def _forward(site, connection, request):
    tunnel = request.method == "CONNECT"
    target = urlsplit(f"//{request.target}" if tunnel else request.target)
    upstream = reach(site, target.hostname or "", target.port or 80)
    if upstream is None:
        connection.send(response(request, 502, ["Via: 1.1 office"], b"cannot reach it\n"))
        return
    if tunnel:
        connection.send(head(200))
    else:
        path = target._replace(scheme="", netloc="").geturl() or "/"
        lines = [f"{request.method} {path} HTTP/1.1", f"Host: {target.netloc}"]
        upstream.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
    relay(connection, upstream)


def reach(site, host, port):
    """Connect to a name of the site's records or to an address; ``None`` if that fails."""
    answer = site.records.get(host)
    for address in (a for a in (answer.addresses if answer else (host,)) if ":" not in a):
        try:
            upstream = socket.create_connection((address, port), timeout=2)
        except OSError:
            continue
        upstream.settimeout(None)
        return upstream
    return None


def inspecting_proxy(site):
    """Return a handler of a proxy that ends the client's TLS itself, in everybody's name."""
    context = certificates.server_context("inspected")

    def handler(connection):
        if connection.read_request():
            connection.send(head(200))
            over_tls(context, page())(connection)

    return handler


def exactly(connection, size):
    """Return ``size`` bytes; a client that closes first ends the handler."""
    data = b""
    while len(data) < size:
        if not (more := connection.socket.recv(size - len(data))):
            raise ConnectionError("the client closed first")
        data += more
    return data
