"""A connection on which a probe talks, plain or over TLS: bounded, and read as bytes come."""

from __future__ import annotations

import asyncio
import ssl
import time
from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, cast

from ringback.monitor.closing import closed_on_error
from ringback.monitor.probe.connect import connect_tcp, endpoint_family, endpoint_host_and_port
from ringback.monitor.probe.handshake import (
    certificate_of,
    expiry_failure,
    explain_refusal,
    other_certificate_of,
    tls_context,
    tls_handshake,
)
from ringback.monitor.probe.outcome import ProbeError, ProbeFailure
from ringback.monitor.probe.prober import ProbeContext, TaskProber

if TYPE_CHECKING:
    import socket

    from ringback.monitor.model import Endpoint
    from ringback.monitor.probe.outcome import PhaseTimer

_MAX_UNREAD = 65_536  # Bytes that wait; then the peer is kept waiting


class ProbeChannel(asyncio.Protocol):
    """What comes on a connection, piece by piece."""

    def __init__(self) -> None:
        self._unread = bytearray()
        self._has_ended = False
        self._error: Exception | None = None
        self._came = asyncio.Event()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if len(self._unread) > _MAX_UNREAD and self._transport is not None:
            self._transport.pause_reading()
        self._came.set()

    def eof_received(self) -> None:
        self._has_ended = True
        self._came.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_ended, self._error = True, exc
        self._came.set()

    def send(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)

    async def more(self) -> bytes:
        """Return what has come since; ``b""``: it has ended. Raises what ended it otherwise."""
        while not self._unread:
            if self._error is not None:
                raise self._error
            if self._has_ended:
                return b""
            self._came.clear()
            await self._came.wait()
        taken = bytes(self._unread)
        self._unread.clear()
        if self._transport is not None and not self._has_ended:
            self._transport.resume_reading()
        return taken

    async def close(self, goodbye: bytes = b"") -> None:
        """End it, with a last word that nobody waits for an answer to."""
        assert self._transport is not None
        if goodbye and not self._has_ended:
            self._transport.write(goodbye)
            await asyncio.sleep(0)  # event loops may write at the end of a turn only
        self._transport.abort()


class ChannelProber(TaskProber):
    """Connects, begins TLS where it is wanted, and talks."""

    alpn: tuple[str, ...] = ()

    def __init__(self, endpoint: Endpoint, context: ProbeContext, *, secure: bool) -> None:
        super().__init__(endpoint, context)
        self.host, self.port = endpoint_host_and_port(endpoint)
        self._secure = secure

    @abstractmethod
    async def talk(self, channel: ProbeChannel, phases: PhaseTimer) -> ProbeFailure | None:
        """Say what is to be said; return what was wrong, or raise it."""

    async def begin_on(self, connected: socket.socket, phases: PhaseTimer) -> bool:  # noqa: ARG002 - some need it
        """Say what comes before TLS; return whether TLS begins now."""
        return self._secure

    def goodbye(self) -> bytes:
        """Return the last word of a client that is well brought up."""
        return b""

    def tls(self) -> ssl.SSLContext:
        """Return what the certificate is judged by."""
        return tls_context(self.endpoint, self.alpn)

    async def check(self, phases: PhaseTimer) -> ProbeFailure | None:
        until = phases.began + self.endpoint.timeout
        connected, secure = await self._connected(phases, until)
        if secure:
            channel = await self._secured(connected, phases, until)
        else:
            phases.enter("send", "connect")
            loop = asyncio.get_running_loop()
            with closed_on_error(connected.close):
                _, channel = await loop.create_connection(ProbeChannel, sock=connected)
        goodbye = b""
        try:
            failure = await self.talk(channel, phases)
            goodbye = self.goodbye()
        finally:
            await channel.close(goodbye)
        return failure or self._expiry

    async def _connected(self, phases: PhaseTimer, until: float) -> tuple[socket.socket, bool]:
        self._expiry: ProbeFailure | None = None
        connected = await connect_tcp(
            self.host,
            self.port,
            self.context.resolver,
            phases,
            until=until,
            family=endpoint_family(self.endpoint),
        )
        with closed_on_error(connected.close):
            return connected, await self.begin_on(connected, phases)

    async def _secured(
        self, connected: socket.socket, phases: PhaseTimer, until: float
    ) -> ProbeChannel:
        phases.enter("tls", "connect")
        try:
            transport, channel = await tls_handshake(connected, ProbeChannel, self.tls(), self.host)
        except ssl.SSLError as error:
            again = partial(self._again, until=until)
            raise await explain_refusal(
                error, again, self.host, until=until, phases=phases
            ) from None
        phases.enter("send", "tls")
        phases.certificate = certificate_of(transport)
        phases.other_certificate = other_certificate_of(self.endpoint, transport)
        days = self.endpoint.expectations.certificate_days
        both = (phases.certificate, phases.other_certificate)
        self._expiry = expiry_failure(days, time.time(), *both)
        return channel

    async def _again(self, phases: PhaseTimer, *, until: float) -> socket.socket:
        return (await self._connected(phases, until))[0]


def ended_early(data: bytes) -> ProbeError:
    """Return that a peer has closed; ``data``: what it said of an answer that is not whole."""
    if not data:
        return ProbeError(ProbeFailure("tcp.closed", "closed without an answer"))
    return ProbeError(
        ProbeFailure("service.rejected", f"closed after {data[:40]!r}, which is no whole answer")
    )
