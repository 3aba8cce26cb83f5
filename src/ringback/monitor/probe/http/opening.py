"""A new HTTP connection, told phase by phase."""

import asyncio

from ringback.monitor.endpoint import Endpoint
from ringback.monitor.probe.address import family_of
from ringback.monitor.probe.certificate import certificate_of
from ringback.monitor.probe.course import Course
from ringback.monitor.probe.http.connection import Connection
from ringback.monitor.probe.http.target import Target
from ringback.monitor.probe.reaching import reach
from ringback.monitor.probe.securing import context_for, secure
from ringback.monitor.probe.surroundings import Surroundings


async def open_connection(
    target: Target, endpoint: Endpoint, surroundings: Surroundings, course: Course, until: float
) -> Connection:
    """Return a connection to where a request goes.

    Args:
        target: Where it goes.
        endpoint: Whose trust counts.
        surroundings: What is shared.
        course: Is told.
        until: The lookup gives up at this time of ``time.monotonic()``.

    Raises:
        OSError: It cannot be made; ``course`` knows in which phase.
    """
    context = context_for(endpoint) if target.scheme == "https" else None
    connected = await reach(
        target.host,
        target.port,
        surroundings.names,
        course,
        until=until,
        family=family_of(endpoint),
    )
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
