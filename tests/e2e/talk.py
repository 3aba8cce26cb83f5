"""What further servers of the worlds say: first words, half handshakes, answers that are odd."""

import gzip
import socket
import ssl
import struct

from e2e import papers
from e2e.handlers import PAGE, page, postgres

from ringback.testing.lab.message import head


def says(data, *, hangs_up=True):
    """Return a handler that speaks first, and then closes or reads on."""

    def handler(connection):
        connection.send(data)
        if hangs_up:
            connection.finish(linger=True)
        else:
            connection.stall()

    return handler


def replies(data, *, hangs_up=True):
    """Return a handler that answers the first bytes, whatever they are."""

    def handler(connection):
        if connection.read():
            says(data, hangs_up=hangs_up)(connection)

    return handler


def after_request(data, ending):
    """Return a handler that answers the first request with these bytes, and then ends so."""

    def handler(connection):
        if connection.read_request():
            connection.send(data)
            ending(connection)

    return handler


def lingering(connection):
    """End the connection with a FIN that nothing turns into a RST."""
    connection.finish(linger=True)


def unread(connection):
    """Keep the connection open, and read nothing."""
    connection.stall(reading=False)


def reset_at_first_word(connection):
    """Reset the connection as soon as the client has spoken."""
    connection.read()
    connection.reset()


def reset_soon(connection):
    """Reset the connection when what was sent has arrived."""
    connection.hold(0.2)
    connection.reset()


def unless_named(host, handler):
    """Return a handler that resets the connection of whoever names a host in the clear (SNI)."""

    def guarded(connection):
        if host.encode() in connection.socket.recv(4096, socket.MSG_PEEK):
            connection.reset()
        else:
            handler(connection)

    return guarded


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


def alternating(*handlers):
    """Return a handler that treats each connection as the next of several servers would."""
    turns = iter(range(1_000_000))

    def handler(connection):
        handlers[next(turns) % len(handlers)](connection)

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
        server = papers.server_context(certificate).wrap_bio(incoming, outgoing, server_side=True)
        incoming.write(connection.read())
        try:
            server.do_handshake()
        except ssl.SSLWantReadError:
            flight = outgoing.read()
            connection.send(flight[: int(len(flight) * share)])
            ending(connection)

    return handler


def alert(description, *, first=False):
    """Return a handler that answers a ClientHello, or says first, a fatal alert in the clear."""
    record = bytes((0x15, 3, 3, 0, 2, 2, description))
    return says(record) if first else replies(record)


def answer(status_line, *fields, body=PAGE, length=True):
    """Return a handler that answers each request with these very lines.

    Args:
        status_line: As it is.
        fields: Header lines, as they are.
        body: Sent behind them.
        length: Whether the body's length is said; it closes behind the body in any case.
    """
    lines = [status_line, *fields, *([f"Content-Length: {len(body)}"] if length else []), "", ""]
    whole = "\r\n".join(lines).encode("latin-1") + body

    def handler(connection):
        if connection.read_request():
            connection.send(whole)
            connection.finish(linger=True)

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


def postgres_refusal(code, message):
    """Return PostgreSQL's message of a fatal error."""
    fields = b"SFATAL\0VFATAL\0C" + code + b"\0M" + message + b"\0\0"
    return b"E" + struct.pack("!I", len(fields) + 4) + fields


def mysql_refusal(number, state, message):
    """Return MySQL's packet of an error in place of its greeting."""
    said = b"\xff" + struct.pack("<H", number) + (b"#" + state if state else b"") + message
    return struct.pack("<I", len(said))[:3] + b"\0" + said


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
LDAP_DONE = b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00"
"""LDAP's SearchResultDone."""
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
        context, held = papers.server_context(), []
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


def postgres_over_tls(certificate, *, handshakes=True, refusal=b""):
    """Return a PostgreSQL that offers TLS, and shakes hands or resets the connection then."""

    def handler(connection):
        if not connection.read():
            return
        connection.send(b"S")
        if handshakes:
            connection.secure(papers.server_context(certificate))
            postgres(connection, refusal=refusal)
        else:
            connection.read()
            connection.reset()

    return handler


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
