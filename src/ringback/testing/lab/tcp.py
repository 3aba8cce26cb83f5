"""Faults of TCP: ports that refuse, connections that are reset, closed or never accepted."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from ringback.testing.lab.fault import Endpoint, Fault, serving
from ringback.testing.lab.message import MID_BODY, MID_HEADERS, healthy_response
from ringback.testing.lab.server import Connection

if TYPE_CHECKING:
    from ringback.testing.lab.lab import Lab

_FILL_PAUSE = 0.2
_MAX_FILLERS = 512


def refused_port(lab: Lab) -> Endpoint:
    """Start a port that is bound but does not listen: the kernel answers each SYN with a RST."""
    return lab.reserve().endpoint


def refused_ipv6(lab: Lab) -> Endpoint:
    """Start such a port on ::1."""
    return lab.reserve(host="::1").endpoint


def backlog_full(lab: Lab) -> Endpoint:
    """Start a port whose accept queue the lab itself has filled: further SYNs are dropped."""
    full = socket.socket()
    lab.on_stop(full.close)
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    host, port = full.getsockname()
    for _ in range(_MAX_FILLERS):
        filler = socket.socket()
        lab.on_stop(filler.close)
        filler.settimeout(_FILL_PAUSE)
        try:
            filler.connect((host, port))
        except TimeoutError:
            break
    return Endpoint(url=f"http://{host}:{port}/", host=host, port=port)


def reset_after_request(connection: Connection) -> None:
    """Reset once the request was read."""
    connection.read_request()
    connection.reset()


def reset_mid_headers(connection: Connection) -> None:
    """Reset within the response's header block."""
    connection.read_request()
    connection.send(MID_HEADERS)
    connection.reset()


def reset_mid_body(connection: Connection) -> None:
    """Reset after 400 of 1,000 bytes of body."""
    connection.read_request()
    connection.send(MID_BODY)
    connection.reset()


def reset_mid_request(connection: Connection) -> None:
    """Reset once the request's head was read, with the body on its way."""
    connection.read_head()
    connection.reset()


def close_mid_request(connection: Connection) -> None:
    """Send a FIN while the client still uploads, then close on what it goes on sending."""
    connection.read_head()
    connection.half_close()
    connection.read()
    connection.socket.close()


def stale_close(connection: Connection) -> None:
    """Answer once and keep the connection; close it when the next request has come."""
    if request := connection.read_request():
        connection.send(healthy_response(request))
        connection.read_request()
    connection.finish()


def stale_reset(connection: Connection) -> None:
    """Answer once and keep the connection; reset it when the next request comes."""
    if request := connection.read_request():
        connection.send(healthy_response(request))
        connection.read()
    connection.reset()


_LOST = ("tcp.closed", "tcp.reset", "http.response.invalid.empty")

FAULTS: tuple[Fault, ...] = (
    Fault(kind="tcp.refused", summary="nothing listens on the port", start=refused_port),
    Fault(
        kind="tcp.refused",
        when="ipv6",
        summary="nothing listens on the port of ::1",
        start=refused_ipv6,
        needs=("ipv6",),
    ),
    Fault(
        kind="tcp.timed_out",
        when="backlog_full",
        summary="the accept queue is full: SYNs are dropped",
        start=backlog_full,
    ),
    Fault(
        kind="tcp.reset",
        when="on_accept",
        summary="RST as soon as the connection is accepted",
        start=serving(Connection.reset),
        also=("tcp.closed",),
    ),
    Fault(
        kind="tcp.reset",
        when="mid_request",
        summary="RST while the client sends its body",
        start=serving(reset_mid_request),
        also=("tcp.closed", "http.response.invalid.empty"),
        provoke="upload",
    ),
    Fault(
        kind="tcp.reset",
        when="after_request",
        summary="RST after the request was read, before any response",
        start=serving(reset_after_request),
    ),
    Fault(
        kind="tcp.reset",
        when="mid_headers",
        summary="RST within the response's header block",
        start=serving(reset_mid_headers),
    ),
    Fault(
        kind="tcp.reset",
        when="mid_body",
        summary="RST after 400 of 1,000 bytes of body",
        start=serving(reset_mid_body),
    ),
    Fault(
        kind="tcp.closed",
        when="on_accept",
        summary="FIN as soon as the connection is accepted",
        start=serving(Connection.finish),
        also=("tcp.reset", "http.response.invalid.empty"),
    ),
    Fault(
        kind="tcp.closed",
        when="mid_request",
        summary="FIN, then RST, while the client sends its body",
        start=serving(close_mid_request),
        also=("tcp.reset", "http.response.invalid.empty"),
        provoke="upload",
    ),
    Fault(
        kind="tcp.closed.stale",
        summary="answers once and keeps the connection, FIN when the second request has come",
        start=serving(stale_close),
        also=_LOST,
        provoke="twice",
    ),
    Fault(
        kind="tcp.closed.stale",
        when="reset",
        summary="answers once and keeps the connection, RST when the second request comes",
        start=serving(stale_reset),
        also=_LOST,
        provoke="twice",
    ),
)
