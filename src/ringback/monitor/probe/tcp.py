"""A TCP port: whether it accepts, and whether it answers as expected."""

import asyncio
import socket

from ringback.monitor.model import Endpoint
from ringback.monitor.probe.connect import connect_tcp, endpoint_family, endpoint_host_and_port
from ringback.monitor.probe.outcome import PhaseTimer, ProbeFailure
from ringback.monitor.probe.prober import ProbeContext, TaskProber

MAX_ANSWER = 65_536  # Bytes of an answer that are read


class TCPProber(TaskProber):
    """Connects, sends what is to be sent and reads until what is expected has come."""

    def __init__(self, endpoint: Endpoint, context: ProbeContext) -> None:
        super().__init__(endpoint, context)
        self._host, self._port = endpoint_host_and_port(endpoint)

    async def check(self, phases: PhaseTimer) -> ProbeFailure | None:
        until = phases.began + self.endpoint.timeout
        connected = await connect_tcp(
            self._host,
            self._port,
            self.context.resolver,
            phases,
            until=until,
            family=endpoint_family(self.endpoint),
        )
        phases.enter("connect", "connect")
        with connected:
            return await self._talk(connected, phases)

    async def _talk(self, connected: socket.socket, phases: PhaseTimer) -> ProbeFailure | None:
        expected = self.endpoint.expectations
        loop = asyncio.get_running_loop()
        if expected.send:
            phases.enter("send")
            await loop.sock_sendall(connected, expected.send.encode())
        if not expected.expect:
            return None
        phases.enter("wait")
        wanted, answer = expected.expect.encode(), b""
        while wanted not in answer:
            piece = await loop.sock_recv(connected, MAX_ANSWER)
            if not answer:
                phases.enter("body", "first_byte")
            if not piece or len(answer) > MAX_ANSWER:
                return _unexpected(answer)
            answer += piece
        phases.leave("transfer")
        return None


def _unexpected(answer: bytes) -> ProbeFailure:
    if not answer:
        return ProbeFailure("tcp.closed", "the connection was closed without an answer")
    return ProbeFailure(
        "service.rejected", f"not the expected answer: it begins with {answer[:40]!r}"
    )
