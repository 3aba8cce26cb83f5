"""A TLS server: whether its certificate is good, and for how long."""

import asyncio
import ssl
import time

from ringback.monitor.endpoint import Endpoint
from ringback.monitor.probe.address import family_of, host_and_port
from ringback.monitor.probe.certificate import certificate_of, ends_soon, first_end_of_chain
from ringback.monitor.probe.course import Course
from ringback.monitor.probe.failing import Failed
from ringback.monitor.probe.prober import TaskProber
from ringback.monitor.probe.reaching import reach
from ringback.monitor.probe.securing import certificate_presented, context_for, secure
from ringback.monitor.probe.surroundings import Surroundings


class TLSProber(TaskProber):
    """Makes a handshake, and looks at the certificate and its chain.

    Args:
        endpoint: What is looked at.
        surroundings: What is shared.

    Raises:
        ValueError: Its URL has no host or no port.
    """

    def __init__(self, endpoint: Endpoint, surroundings: Surroundings) -> None:
        super().__init__(endpoint, surroundings)
        self._host, self._port = host_and_port(endpoint)

    async def look(self, course: Course) -> Failed | None:
        """Look once.

        Args:
            course: Is told.

        Raises:
            OSError: The server cannot be reached, or the handshake failed.
        """
        until = course.began + self.endpoint.timeout
        family, names = family_of(self.endpoint), self.surroundings.names
        context = context_for(self.endpoint, ())
        connected = await reach(self._host, self._port, names, course, until=until, family=family)
        course.enter("tls", "connect")
        try:
            transport, _ = await secure(connected, asyncio.Protocol, context, self._host)
        except ssl.SSLCertVerificationError:
            course.certificate = await certificate_presented(
                self._host, self._port, names, until=until, family=family
            )
            raise
        try:
            course.enter("tls", "tls")
            course.certificate = certificate_of(transport)
            return self._ends_soon(first_end_of_chain(transport))
        finally:
            transport.abort()

    def _ends_soon(self, first_end: float | None) -> Failed | None:
        days = self.endpoint.expectations.certificate_days
        if days is None or first_end is None:
            return None
        return ends_soon(first_end, days, time.time())
