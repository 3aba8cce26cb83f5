"""A UDP port: whether it answers what it is sent, as expected."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ringback.monitor.probe.connect import endpoint_family, endpoint_host_and_port
from ringback.monitor.probe.outcome import ProbeFailure
from ringback.monitor.probe.prober import ProbeContext, TaskProber

if TYPE_CHECKING:
    from ringback.monitor.model import Endpoint
    from ringback.monitor.probe.outcome import PhaseTimer

_MAX_DATAGRAMS = 100  # That are read for the expected one


class UDPProber(TaskProber):
    """Sends one datagram, and reads until what is expected has come."""

    def __init__(self, endpoint: Endpoint, context: ProbeContext) -> None:
        super().__init__(endpoint, context)
        self._host, self._port = endpoint_host_and_port(endpoint)

    def expired(self, phases: PhaseTimer) -> ProbeFailure:
        if phases.phase != "wait" or phases.on_timeout:
            return super().expired(phases)
        return ProbeFailure("http.response.timed_out", "no answer over UDP")

    async def check(self, phases: PhaseTimer) -> ProbeFailure | None:
        until = phases.began + self.endpoint.timeout
        family = endpoint_family(self.endpoint)
        found = await self.context.resolver.addresses(self._host, self._port, until, family)
        phases.enter("connect", "dns")
        address = found[0][4][:2]
        phases.address = str(address[0])
        loop = asyncio.get_running_loop()
        transport, answers = await loop.create_datagram_endpoint(
            _Answers, remote_addr=(str(address[0]), self._port)
        )
        try:
            return await self._ask(transport, answers, phases)
        finally:
            transport.abort()

    async def _ask(
        self, transport: asyncio.DatagramTransport, answers: _Answers, phases: PhaseTimer
    ) -> ProbeFailure | None:
        expected = self.endpoint.expectations
        transport.sendto(expected.send.encode())
        phases.enter("wait")
        first = b""
        for _ in range(_MAX_DATAGRAMS):
            came = await answers.queue.get()
            if isinstance(came, Exception):
                raise came
            if expected.expect.encode() in came:
                phases.leave("first_byte")
                return None
            first = first or came
            phases.on_timeout = ProbeFailure(
                "service.rejected", f"not the expected answer: it begins with {first[:40]!r}"
            )
        return phases.on_timeout


class _Answers(asyncio.DatagramProtocol):
    """What comes back; of very much, the first."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | Exception] = asyncio.Queue(_MAX_DATAGRAMS)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - asyncio gives it
        if not self.queue.full():
            self.queue.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        if not self.queue.full():
            self.queue.put_nowait(exc)
