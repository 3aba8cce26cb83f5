"""A TLS server: whether its certificate is good, and for how long."""

import asyncio
import socket
import ssl
import time
from functools import partial

from ringback.monitor.closing import closed_on_error
from ringback.monitor.model import Endpoint
from ringback.monitor.probe.connect import connect_tcp, endpoint_family, endpoint_host_and_port
from ringback.monitor.probe.handshake import (
    certificate_of,
    expiry_failure,
    explain_refusal,
    note_tls,
    other_certificate_of,
    tls_context,
    tls_handshake,
)
from ringback.monitor.probe.outcome import PhaseTimer, ProbeFailure
from ringback.monitor.probe.prober import ProbeContext, TaskProber
from ringback.monitor.probe.starttls import DIALOGUES, start_tls


class TLSProber(TaskProber):
    """Looks at a certificate and its chain; option ``starttls``: what is spoken before TLS."""

    def __init__(self, endpoint: Endpoint, context: ProbeContext) -> None:
        super().__init__(endpoint, context)
        self._host, self._port = endpoint_host_and_port(endpoint)
        self._spoken = str(endpoint.options.get("starttls") or "")
        if self._spoken and self._spoken not in DIALOGUES:
            raise ValueError(f"STARTTLS is not known for {self._spoken}")

    async def check(self, phases: PhaseTimer) -> ProbeFailure | None:
        until = phases.began + self.endpoint.timeout
        tls = tls_context(self.endpoint, ())
        connect = partial(self._connected, until=until)
        connected = await connect(phases)
        phases.enter("tls", "connect")
        try:
            transport, _ = await tls_handshake(connected, asyncio.Protocol, tls, self._host)
        except ssl.SSLError as error:
            raise await explain_refusal(
                error, connect, self._host, until=until, phases=phases
            ) from None
        try:
            phases.enter("tls", "tls")
            phases.certificate = certificate_of(transport)
            phases.other_certificate = other_certificate_of(self.endpoint, transport)
            note_tls(self.endpoint, transport)
            days = self.endpoint.expectations.certificate_days
            return expiry_failure(days, time.time(), phases.certificate, phases.other_certificate)
        finally:
            transport.abort()

    async def _connected(self, phases: PhaseTimer, *, until: float) -> socket.socket:
        """A connection on which the handshake can begin."""
        resolver, family = self.context.resolver, endpoint_family(self.endpoint)
        connected = await connect_tcp(
            self._host, self._port, resolver, phases, until=until, family=family
        )
        if self._spoken:
            with closed_on_error(connected.close):
                await start_tls(self._spoken, connected, phases)
        return connected
