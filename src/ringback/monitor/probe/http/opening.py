"""A new HTTP connection, told phase by phase."""

import asyncio
import socket

from ringback.monitor.model import Endpoint
from ringback.monitor.probe.address import family_of
from ringback.monitor.probe.certificate import certificate_of
from ringback.monitor.probe.course import Course
from ringback.monitor.probe.http.connection import Connection
from ringback.monitor.probe.http.target import Target, is_forwarded
from ringback.monitor.probe.reaching import reach
from ringback.monitor.probe.securing import context_for, secure
from ringback.monitor.probe.surroundings import Surroundings
from ringback.monitor.probe.tunnel import proxy_of, reach_proxy, tunnelled


async def open_connection(
    target: Target, endpoint: Endpoint, surroundings: Surroundings, course: Course, until: float
) -> Connection:
    """Return a connection to where a request goes.

    Args:
        target: Where it goes.
        endpoint: Whose trust, and whose proxy, counts.
        surroundings: What is shared.
        course: Is told.
        until: The lookup gives up at this time of ``time.monotonic()``.

    Raises:
        OSError: It cannot be made; ``course`` knows in which phase.
        Refused: The proxy does not make it.
    """
    context = context_for(endpoint) if target.scheme == "https" else None
    connected = await connect(target, endpoint, surroundings, course, until=until)
    if context is not None:
        course.enter("tls", "connect")
        transport, connection = await secure(connected, Connection, context, target.host)
        course.enter("tls", "tls")
        connection.certificate = course.certificate = certificate_of(transport)
    else:
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection, sock=connected
        )
        course.enter("connect", "connect")
    connection.address = course.address
    return connection


async def connect(
    target: Target, endpoint: Endpoint, surroundings: Surroundings, course: Course, *, until: float
) -> socket.socket:
    """Return a TCP connection to a target, or to the proxy that passes its requests on.

    Args:
        target: Where requests go.
        endpoint: Whose proxy counts.
        surroundings: What is shared.
        course: Is told.
        until: The lookup gives up at this time of ``time.monotonic()``.

    Raises:
        OSError: It cannot be made.
        Refused: The proxy does not make it.
    """
    host, port, names = target.host, target.port, surroundings.names
    via = proxy_of(endpoint, target.url)
    if via is None:
        family = family_of(endpoint)
        return await reach(host, port, names, course, until=until, family=family)
    if is_forwarded(target, via):
        return await reach_proxy(via, names, course, until=until)
    return await tunnelled(via, host, port, names, course, until=until)
