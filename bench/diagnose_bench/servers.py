"""Servers of the corpus, beside ``e2e.handlers`` and ``e2e.server_replies``."""

import gzip
import socket
import ssl
import struct

from e2e import certificates
from e2e.handlers import PAGE, exactly, page, reach, response

from ringback.testing.lab.message import head
from ringback.testing.lab.proxy import relay


def reset_at_first_word(connection):
    """Reset the connection as soon as the client has spoken."""
    connection.read()
    connection.reset()


def reset_soon(connection):
    """Reset the connection when what was sent has arrived."""
    connection.hold(0.2)
    connection.reset()


def get_only(connection):
    """Answer GET, and no other method."""
    while request := connection.read_request():
        allowed = request.method == "GET"
        fields = ("Content-Length: 2",) if allowed else ("Allow: GET", "Content-Length: 0")
        connection.send(head(200 if allowed else 405, *fields) + (b"ok" if allowed else b""))


def late(seconds, handler):
    """Return a handler that does nothing for some seconds, and then what another one does."""

    def wait_first(connection):
        if connection.hold(seconds):
            handler(connection)

    return wait_first


def pieces(*parts, pause=0.05):
    """Return a handler that speaks first, in pieces, and then reads on."""

    def handler(connection):
        for part in parts:
            connection.send(part)
            if not connection.hold(pause):
                return
        connection.stall()

    return handler


def half_handshake(share, ending, certificate="good"):
    """Return a handler that sends a part of its first flight of the TLS handshake, and then ends.

    Args:
        share: Of the flight's bytes, 1.0 for all.
        ending: What it does then with the connection.
        certificate: Which it sends.
    """

    def handler(connection):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = certificates.server_context(certificate).wrap_bio(
            incoming, outgoing, server_side=True
        )
        incoming.write(connection.read())
        try:
            server.do_handshake()
        except ssl.SSLWantReadError:
            flight = outgoing.read()
            connection.send(flight[: int(len(flight) * share)])
            ending(connection)

    return handler


def cookie_wanted(connection):
    """Send whoever brings no cookie to the same place, with a cookie."""
    while request := connection.read_request():
        if "seen=1" in request.headers.get("cookie", ""):
            connection.send(head(200, f"Content-Length: {len(PAGE)}") + PAGE)
        else:
            fields = ("Location: /", "Set-Cookie: seen=1; Path=/", "Content-Length: 0")
            connection.send(head(302, *fields))


def longer_each_time(connection):
    """Redirect each request to a longer path."""
    while request := connection.read_request():
        connection.send(head(302, f"Location: {request.target}x", "Content-Length: 0"))


def one_answer_only(connection):
    """Answer as if it kept the connection, and close it after the first answer."""
    if connection.read_request():
        connection.send(head(200, f"Content-Length: {len(PAGE)}", "Connection: keep-alive") + PAGE)
        connection.finish(linger=True)


def zipped(cut=0):
    """Return a page that is compressed, without the last bytes of the compressed stream."""
    packed = gzip.compress(PAGE * 50, mtime=0)
    return page(200, "Content-Encoding: gzip", body=packed[: len(packed) - cut])


def still_processing(connection):
    """Say again and again that it works on the request (RFC 2518, 102), and never answer."""
    if connection.read_request():
        while connection.hold(0.5):
            connection.send(head(102))


def proxied_only(then):
    """Return a server that wants the PROXY protocol's line before anything else."""

    def handler(connection):
        if connection.read().startswith(b"PROXY "):
            then(connection)

    return handler


AMQP_START = (
    b"\x01\x00\x00\x00\x00\x00\x1c"
    b"\x00\x0a\x00\x0a\x00\x09\x00\x00\x00\x00\x00\x00\x00\x05PLAIN\x00\x00\x00\x05en_US\xce"
)
"""Connection.Start of AMQP 0-9-1, with the mechanism PLAIN."""


AMQP_OTHER = b"AMQP\x03\x01\x00\x00"
"""The header a server of AMQP 1.0 answers with before it closes."""


MONGODB_HELLO = (
    b"\x39\x00\x00\x00\x07\x00\x00\x00\x01\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x00"
    b"\x24\x00\x00\x00\x08isWritablePrimary\x00\x01"
    b"\x01ok\x00\x00\x00\x00\x00\x00\x00\xf0\x3f\x00"
)
"""MongoDB's reply to ``hello`` in an OP_MSG."""


MQTT_FORBIDDEN = b"\x20\x02\x00\x05"
"""MQTT's CONNACK, not authorised."""


NATS_INFO = b'INFO {"server_id":"N1","version":"2.10.7","auth_required":true}\r\n'
"""What NATS greets with."""


LDAP_UNAVAILABLE = b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x34\x04\x00\x04\x00"
"""The same with the result code unavailable."""


MQTT_UNAVAILABLE = b"\x20\x02\x00\x03"
"""MQTT's CONNACK, server unavailable."""


def flight_in_two_parts(pause=1.6):
    """Return a web server that pauses within its first flight of the TLS handshake."""

    def handler(connection):
        context, held = certificates.server_context(), []
        send = connection.send_below_tls

        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = context.wrap_bio(incoming, outgoing, server_side=True)
        while True:
            done = _stepped(server)
            data = outgoing.read()
            if data and not held:
                held.append(data)
                send(data[:300])
                connection.hold(pause)
                data = data[300:]
            send(data)
            if done:
                break
            incoming.write(connection.read())
        server.write(head(200, "Content-Length: 2", "Connection: close") + b"ok")
        send(outgoing.read())
        connection.finish(linger=True)

    return handler


def _stepped(server):
    """Go on with a handshake; whether it is done and the request has come."""
    try:
        server.do_handshake()
        return bool(server.read(9999))
    except ssl.SSLWantReadError:
        return False


def smtp_that_resets(connection):
    """Greet, and reset at the first command."""
    connection.send(b"220 mail.example.org ESMTP\r\n")
    connection.read()
    connection.reset()


def either(tls, plain):
    """Return a handler that gives whoever begins with TLS to one handler, the rest to another."""

    def handler(connection):
        first = connection.socket.recv(1, socket.MSG_PEEK)
        (tls if first == b"\x16" else plain)(connection)

    return handler


def strict(opening, said):
    """Return a service that answers what begins like this, and hangs up on anything else."""

    def handler(connection):
        if connection.read().startswith(opening):
            connection.send(said)
            connection.stall()

    return handler


def patient(said):
    """Return a service that waits for the end of a line before it answers."""

    def handler(connection):
        heard = b""
        while b"\n" not in heard and (more := connection.read()):
            heard += more
        connection.send(said)
        connection.stall()

    return handler


def alert_in_the_clear(connection):
    """Answer the request with a fatal alert that is not encrypted."""
    connection.read_request()
    connection.send_below_tls(b"\x15\x03\x03\x00\x02\x02\x50")
    connection.finish(linger=True)


def chunked(connection):
    """Answer in chunks."""
    fields = ("Content-Type: text/html", "Transfer-Encoding: chunked")
    while request := connection.read_request():
        body = b"" if request.method == "HEAD" else b"7\r\nWelcome\r\n1\r\n.\r\n0\r\n\r\n"
        connection.send(head(200, *fields) + body)


def event_stream(connection):
    """Begin a stream of events, none of which is due yet."""
    if connection.read_request():
        connection.send(head(200, "Content-Type: text/event-stream", "Transfer-Encoding: chunked"))
        connection.stall()


def endless(connection):
    """Send a body of no stated length that does not end."""
    if connection.read_request():
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: video/x-motion-jpeg\r\n\r\n")
        while connection.hold(0.001):
            connection.send(PAGE * 200)


def hinted(connection):
    """Give early hints (RFC 8297) before the answer."""
    while request := connection.read_request():
        connection.send(
            head(103, "Link: </style.css>; rel=preload") + response(request, 200, (), PAGE)
        )


def plain_request_refused(connection):
    """Answer plain HTTP as nginx does on its TLS port."""
    if connection.read():
        text = b"<center>The plain HTTP request was sent to HTTPS port</center>\r\n"
        fields = ("Server: nginx", "Content-Type: text/html", f"Content-Length: {len(text)}")
        connection.send(head(400, *fields, "Connection: close") + text)
        connection.finish(linger=True)


def redis_full(connection):
    """Refuse as Redis does when all its connections are taken."""
    connection.send(b"-ERR max number of clients reached\r\n")
    connection.finish(linger=True)


def mysql_full(connection):
    """Refuse as MySQL does when all its connections are taken."""
    said = b"\xff" + struct.pack("<H", 1040) + b"#08004Too many connections"
    connection.send(struct.pack("<I", len(said))[:3] + b"\0" + said)
    connection.finish(linger=True)


def ftp(connection):
    """Speak FTP."""
    connection.send(b"220 files.example.org FTP\r\n")
    while said := connection.read():
        connection.send(b"221 Bye\r\n" if said.upper().startswith(b"QUIT") else b"530 Log in\r\n")


def socks5(site, *, reply=0, users=False):
    """Return a handler of a SOCKS5 proxy (RFC 1928).

    Args:
        site: Whose records it resolves by.
        reply: What it answers to every request in place of connecting.
        users: Whether it takes nobody without a password.
    """

    def handler(connection):
        _, methods = exactly(connection, 2)
        exactly(connection, methods)
        if users:
            connection.send(b"\x05\xff")
            return
        connection.send(b"\x05\x00")
        kind = exactly(connection, 4)[3]
        if kind == 3:
            host = exactly(connection, exactly(connection, 1)[0]).decode()
        else:
            family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, exactly(connection, size))
        (port,) = struct.unpack("!H", exactly(connection, 2))
        upstream = None if reply else reach(site, host, port)
        code = reply or (0 if upstream else 5)
        connection.send(bytes((5, code, 0, 1)) + bytes(6))
        if upstream:
            relay(connection, upstream)

    return handler


_OK = head(200, "Content-Length: 2") + b"ok"


def ends_within(start, *, pause=0.2):
    """Return a handler that begins an answer and resets the connection a little later."""

    def handler(connection):
        if connection.read_request():
            connection.send(start)
            if connection.hold(pause):
                connection.reset()

    return handler


def hints_then(ending):
    """Return a handler that gives early hints (RFC 8297), and then does something else."""

    def handler(connection):
        if connection.read_request():
            connection.send(head(103, "Link: </a.css>; rel=preload"))
            if connection.hold(0.1):
                ending(connection)

    return handler


def too_late(connection):
    """Say 408 before anything was asked, as to a connection that was idle."""
    connection.send(head(408, "Connection: close", "Content-Length: 0"))
    connection.finish(linger=True)


def slow_header_lines(connection):
    """Pause behind the status line."""
    if connection.read_request():
        connection.send(b"HTTP/1.1 200 OK\r\n")
        connection.hold(2.5)
        connection.send(b"Content-Length: 2\r\n\r\nok")
        connection.finish(linger=True)


def two_answers(connection):
    """Answer each request twice."""
    while connection.read_request():
        connection.send(_OK + _OK)


def old_404(connection):
    """Answer as HTTP/1.0 does that there is nothing."""
    if connection.read_request():
        connection.send(b"HTTP/1.0 404 Not Found\r\n\r\ngone")
        connection.finish(linger=True)


def browsers_only(connection):
    """Forbid it to whoever is no browser."""
    while request := connection.read_request():
        good = request.headers.get("user-agent", "").startswith("Mozilla")
        connection.send(head(200 if good else 403, "Content-Length: 0", "Server: cloudflare"))


def cookie_each_time(connection):
    """Redirect to the same place each time, with another cookie."""
    number = 0
    while connection.read_request():
        number += 1
        connection.send(head(302, "Location: /", f"Set-Cookie: n={number}", "Content-Length: 0"))


def cookie_wall(cookie):
    """Return a handler that redirects to itself until its cookie comes back."""

    def handler(connection):
        while request := connection.read_request():
            if "seen=1" in request.headers.get("cookie", ""):
                connection.send(_OK)
            else:
                fields = ("Location: /", f"Set-Cookie: {cookie}", "Content-Length: 0")
                connection.send(head(302, *fields))

    return handler
