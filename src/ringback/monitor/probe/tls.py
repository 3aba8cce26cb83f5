"""A TLS server: whether its certificate is good, and for how long."""

import asyncio
import socket
import ssl
import time
from functools import partial

from ringback.monitor.model import Endpoint
from ringback.monitor.probe.connect import family_of, host_and_port, reach
from ringback.monitor.probe.handshake import (
    certificate_of,
    certificate_presented,
    context_for,
    ends_soon,
    first_end_of_chain,
    secure,
)
from ringback.monitor.probe.outcome import Course, Failed
from ringback.monitor.probe.prober import Surroundings, TaskProber
from ringback.monitor.probe.starttls import DIALOGUES, start


class TLSProber(TaskProber):
    """Makes a handshake, and looks at the certificate and its chain.

    Option of the endpoint: ``starttls``, what is spoken before TLS begins.

    Args:
        endpoint: What is looked at.
        surroundings: What is shared.

    Raises:
        ValueError: Its URL has no host or no port, or nobody knows how its TLS begins.
    """

    def __init__(self, endpoint: Endpoint, surroundings: Surroundings) -> None:
        super().__init__(endpoint, surroundings)
        self._host, self._port = host_and_port(endpoint)
        self._spoken = str(endpoint.options.get("starttls") or "")
        if self._spoken and self._spoken not in DIALOGUES:
            raise ValueError(f"STARTTLS is not known for {self._spoken}")

    async def look(self, course: Course) -> Failed | None:
        """Look once."""
        until = course.began + self.endpoint.timeout
        context = context_for(self.endpoint, ())
        connect = partial(self._connected, until=until)
        connected = await connect(course)
        course.enter("tls", "connect")
        try:
            transport, _ = await secure(connected, asyncio.Protocol, context, self._host)
        except ssl.SSLCertVerificationError:
            course.certificate = await certificate_presented(connect, self._host, until=until)
            raise
        try:
            course.enter("tls", "tls")
            course.certificate = certificate_of(transport)
            return self._ends_soon(first_end_of_chain(transport))
        finally:
            transport.abort()

    async def _connected(self, course: Course, *, until: float) -> socket.socket:
        """A connection on which the handshake can begin."""
        names, family = self.surroundings.names, family_of(self.endpoint)
        connected = await reach(self._host, self._port, names, course, until=until, family=family)
        if self._spoken:
            try:
                await start(self._spoken, connected, course)
            except BaseException:
                connected.close()
                raise
        return connected

    def _ends_soon(self, first_end: float | None) -> Failed | None:
        days = self.endpoint.expectations.certificate_days
        if days is None or first_end is None:
            return None
        return ends_soon(first_end, days, time.time())
