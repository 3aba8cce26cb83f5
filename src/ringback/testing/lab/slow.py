"""Servers that keep the client waiting: silent, trickling, stalled, or deaf to an upload."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ringback.testing.lab.fault import Fault, serving
from ringback.testing.lab.response import MID_BODY, MID_HEADERS, head
from ringback.testing.lab.secured import secured

if TYPE_CHECKING:
    from ringback.testing.lab.connection import Connection

TRICKLE_PAUSE = 0.1
"""Seconds between two bytes of a trickle."""


def silent(connection: Connection) -> None:
    """Read the request and never answer."""
    connection.read_request()
    connection.stall()


def stalled_headers(connection: Connection) -> None:
    """Stop within the response's header block."""
    connection.read_request()
    connection.send(MID_HEADERS)
    connection.stall()


def stalled_body(connection: Connection) -> None:
    """Stop after 400 of 1,000 bytes of body."""
    connection.read_request()
    connection.send(MID_BODY)
    connection.stall()


def trickled_headers(connection: Connection) -> None:
    """Send header lines without end, byte by byte."""
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\n")
    trickle(connection, b"")


def trickled_body(connection: Connection) -> None:
    """Send a body of 10 MB byte by byte."""
    connection.read_request()
    connection.send(head(200, "Content-Type: text/plain", "Content-Length: 10000000"))
    trickle(connection, b"", b"x")


def trickle(connection: Connection, first: bytes, then: bytes = b"X") -> None:
    """Send some bytes one by one, and then another one again and again, without end."""
    for byte in itertools.chain(first, itertools.cycle(then)):
        if not connection.hold(TRICKLE_PAUSE):
            return
        connection.send(bytes((byte,)))


def deaf(connection: Connection) -> None:
    """Read no byte of what is sent."""
    connection.stall(reading=False)


FAULTS: tuple[Fault, ...] = (
    Fault(
        kind="http.response.timed_out",
        when="silent",
        summary="reads the request and never answers",
        start=serving(silent),
    ),
    Fault(
        kind="http.response.timed_out",
        when="mid_headers",
        summary="stops within the response's header block",
        start=serving(stalled_headers),
    ),
    Fault(
        kind="http.response.timed_out",
        when="trickling_headers",
        summary="a byte of header each 0.1 s: only a total deadline ends it",
        start=serving(trickled_headers),
        also=("client.deadline_exceeded",),
    ),
    Fault(
        kind="http.response.body_timed_out",
        when="mid_body",
        summary="stops after 400 of 1,000 bytes of body",
        start=serving(stalled_body),
        also=("http.response.timed_out",),
    ),
    Fault(
        kind="http.response.body_timed_out",
        when="trickling_body",
        summary="a byte of body each 0.1 s: only a total deadline ends it",
        start=serving(trickled_body),
        also=("http.response.timed_out", "client.deadline_exceeded"),
    ),
    Fault(
        kind="http.request.timed_out",
        when="upload_not_read",
        summary="reads nothing: the client's upload fills the window and stops",
        start=serving(deaf),
        also=("http.response.timed_out",),
        provoke="upload",
    ),
    Fault(
        kind="http.request.timed_out",
        when="upload_not_read_tls",
        summary="the same over TLS",
        start=secured(handler=deaf),
        also=("http.response.timed_out",),
        needs=("cryptography",),
        provoke="upload",
    ),
)
