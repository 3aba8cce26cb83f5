"""Faults of TCP: ports that refuse, connections that are reset, closed or never accepted."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from ringback.testing.lab.fault import Endpoint, Fault, new_fault, serving
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
    new_fault("tcp.refused")("nothing listens on the port", refused_port),
    new_fault("tcp.refused", "ipv6", needs=("ipv6",))(
        "nothing listens on the port of ::1", refused_ipv6
    ),
    new_fault("tcp.timed_out", "backlog_full")(
        "the accept queue is full: SYNs are dropped", backlog_full
    ),
    new_fault("tcp.reset", "on_accept", also=("tcp.closed",))(
        "RST as soon as the connection is accepted", serving(Connection.reset)
    ),
    new_fault(
        "tcp.reset",
        "mid_request",
        also=("tcp.closed", "http.response.invalid.empty"),
        provoke="upload",
    )("RST while the client sends its body", serving(reset_mid_request)),
    new_fault("tcp.reset", "after_request")(
        "RST after the request was read, before any response", serving(reset_after_request)
    ),
    new_fault("tcp.reset", "mid_headers")(
        "RST within the response's header block", serving(reset_mid_headers)
    ),
    new_fault("tcp.reset", "mid_body")(
        "RST after 400 of 1,000 bytes of body", serving(reset_mid_body)
    ),
    new_fault("tcp.closed", "on_accept", also=("tcp.reset", "http.response.invalid.empty"))(
        "FIN as soon as the connection is accepted", serving(Connection.finish)
    ),
    new_fault(
        "tcp.closed",
        "mid_request",
        also=("tcp.reset", "http.response.invalid.empty"),
        provoke="upload",
    )("FIN, then RST, while the client sends its body", serving(close_mid_request)),
    new_fault("tcp.closed.stale", also=_LOST, provoke="twice")(
        "answers once and keeps the connection, FIN when the second request has come",
        serving(stale_close),
    ),
    new_fault("tcp.closed.stale", "reset", also=_LOST, provoke="twice")(
        "answers once and keeps the connection, RST when the second request comes",
        serving(stale_reset),
    ),
)
