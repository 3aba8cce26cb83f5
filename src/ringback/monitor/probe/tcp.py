"""A TCP port: whether it accepts, and whether it answers as expected."""

import asyncio
import socket

from ringback.monitor.model import Endpoint
from ringback.monitor.probe.connect import family_of, host_and_port, reach
from ringback.monitor.probe.outcome import Course, Failed
from ringback.monitor.probe.prober import Surroundings, TaskProber

MOST = 65_536
"""Bytes of an answer that are read."""


class TCPProber(TaskProber):
    """Connects, sends what is to be sent and reads until what is expected has come.

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
        """Look once."""
        until = course.began + self.endpoint.timeout
        connected = await reach(
            self._host,
            self._port,
            self.surroundings.names,
            course,
            until=until,
            family=family_of(self.endpoint),
        )
        course.enter("connect", "connect")
        with connected:
            return await self._talk(connected, course)

    async def _talk(self, connected: socket.socket, course: Course) -> Failed | None:
        expected = self.endpoint.expectations
        loop = asyncio.get_running_loop()
        if expected.send:
            course.enter("send")
            await loop.sock_sendall(connected, expected.send.encode())
        if not expected.expect:
            return None
        course.enter("wait")
        wanted, answer = expected.expect.encode(), b""
        while wanted not in answer:
            piece = await loop.sock_recv(connected, MOST)
            if not answer:
                course.enter("body", "first_byte")
            if not piece or len(answer) > MOST:
                return _unexpected(answer)
            answer += piece
        course.leave("transfer")
        return None


def _unexpected(answer: bytes) -> Failed:
    if not answer:
        return Failed("tcp.closed", "the connection was closed without an answer")
    return Failed("service.rejected", f"not the expected answer: it begins with {answer[:40]!r}")
