"""Faults in time: servers that keep the client waiting, and faults that come and go."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ringback.testing.lab.fault import Endpoint, Fault, FaultKind, new_fault, serving
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.http import closing
from ringback.testing.lab.message import (
    MID_BODY,
    MID_HEADERS,
    head,
    healthy_response,
    responding,
    response,
    serve,
)
from ringback.testing.lab.tcp import reset_after_request

if TYPE_CHECKING:
    from ringback.testing.lab.lab import Lab
    from ringback.testing.lab.server import Connection, Handler


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


SLOW: tuple[Fault, ...] = (
    new_fault("http.response.timed_out", "silent")(
        "reads the request and never answers", serving(silent)
    ),
    new_fault("http.response.timed_out", "mid_headers")(
        "stops within the response's header block", serving(stalled_headers)
    ),
    new_fault("http.response.timed_out", "trickling_headers", also=("client.deadline_exceeded",))(
        "a byte of header each 0.1 s: only a total deadline ends it", serving(trickled_headers)
    ),
    new_fault("http.response.body_timed_out", "mid_body", also=("http.response.timed_out",))(
        "stops after 400 of 1,000 bytes of body", serving(stalled_body)
    ),
    new_fault(
        "http.response.body_timed_out",
        "trickling_body",
        also=("http.response.timed_out", "client.deadline_exceeded"),
    )("a byte of body each 0.1 s: only a total deadline ends it", serving(trickled_body)),
    new_fault(
        "http.request.timed_out",
        "upload_not_read",
        also=("http.response.timed_out",),
        provoke="upload",
    )("reads nothing: the client's upload fills the window and stops", serving(deaf)),
    new_fault(
        "http.request.timed_out",
        "upload_not_read_tls",
        also=("http.response.timed_out",),
        needs=("cryptography",),
        provoke="upload",
    )("the same over TLS", secured(handler=deaf)),
)


COMES_BACK = 1.0
"""Seconds after its start when a closed port opens."""

GOES, RETURNS = 1.0, 2.0
"""Seconds after its start when a port closes, and opens again."""


def failing(times: int, handler: Handler, then: Handler = serve) -> Handler:
    """Return a handler that uses one handler for the first connections, then another."""
    return lambda connection: (handler if connection.number < times else then)(connection)


def failing_requests(times: int, failure: bytes) -> Handler:
    """Return a handler that answers the first requests, over all connections, with ``failure``.

    It holds the count, so that each server needs a handler of its own.
    """
    count = itertools.count()

    return responding(lambda request: failure if next(count) < times else healthy_response(request))


def unavailable_twice(lab: Lab) -> Endpoint:
    """Start a server whose first two requests get a 503."""
    return lab.listen(failing_requests(2, response(503, b"{}", "Retry-After: 0")))


def port_comes_back(lab: Lab) -> Endpoint:
    """Start a closed port that opens after ``COMES_BACK`` seconds."""
    listener = lab.reserve(serve)
    lab.later(COMES_BACK, listener.open)
    return listener.endpoint


def goes_and_comes_back(lab: Lab) -> Endpoint:
    """Start a server whose port is closed from ``GOES`` to ``RETURNS`` seconds."""
    listener = lab.reserve(serve)
    listener.open()
    lab.later(GOES, listener.close)
    lab.later(RETURNS, listener.open)
    return listener.endpoint


def moves(lab: Lab) -> Endpoint:
    """Start a server that answers once, then closes its port and answers on another."""
    new = lab.reserve(serve)

    def answer_once(connection: Connection) -> None:
        request = connection.read_request()
        old.close()
        new.open()
        if request:
            connection.send(healthy_response(request))

    old = lab.reserve(answer_once)
    old.endpoint.moved_to = new.endpoint.port
    old.open()
    return old.endpoint


def _twice(kind: FaultKind, summary: str, handler: Handler, *also: str) -> Fault:
    start = serving(failing(2, handler))
    return new_fault(kind, "first_two", also=also)(summary, start)


SCHEDULED: tuple[Fault, ...] = (
    _twice("tcp.reset", "resets the first two connections, then works", reset_after_request),
    _twice(
        "http.response.invalid.empty",
        "closes the first two connections without a response, then works",
        closing(b""),
        "tcp.closed",
        "tcp.reset",
    ),
    _twice("http.response.timed_out", "is silent on the first two connections", silent),
    new_fault("http.error.unavailable", "first_two")(
        "503 with Retry-After: 0 for the first two requests, then works", unavailable_twice
    ),
    new_fault("tcp.refused", "comes_back")(
        "closed at first, opens after one second", port_comes_back
    ),
    new_fault("tcp.refused", "goes_and_comes_back", also=("ok",))(
        "open, closed from the first to the second second, open again", goes_and_comes_back
    ),
    new_fault("tcp.refused", "moved", provoke="twice")(
        "answers once, then the port is closed and the service answers on another", moves
    ),
)
