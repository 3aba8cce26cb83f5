"""What further servers of the worlds say: first words, half handshakes, answers that are odd."""

import struct

from e2e import certificates
from e2e.handlers import PAGE, postgres


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


def alternating(*handlers):
    """Return a handler that treats each connection as the next of several servers would."""
    turns = iter(range(1_000_000))

    def handler(connection):
        handlers[next(turns) % len(handlers)](connection)

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


def mysql_refusal(number, state, message):
    """Return MySQL's packet of an error in place of its greeting."""
    said = b"\xff" + struct.pack("<H", number) + (b"#" + state if state else b"") + message
    return struct.pack("<I", len(said))[:3] + b"\0" + said


LDAP_DONE = b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00"
"""LDAP's SearchResultDone."""


def postgres_over_tls(certificate, *, handshakes=True, refusal=b""):
    """Return a PostgreSQL that offers TLS, and shakes hands or resets the connection then."""

    def handler(connection):
        if not connection.read():
            return
        connection.send(b"S")
        if handshakes:
            connection.secure(certificates.server_context(certificate))
            postgres(connection, refusal=refusal)
        else:
            connection.read()
            connection.reset()

    return handler
