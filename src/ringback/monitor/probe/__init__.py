"""Looking at endpoints: one module for each type, and one line here."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ringback.incident.model import Check
from ringback.monitor.model import Endpoint, ProbeType
from ringback.monitor.probe.dns import DNSProber
from ringback.monitor.probe.http.prober import HTTPProber
from ringback.monitor.probe.icmp import ICMPProber
from ringback.monitor.probe.outcome import ProbeFailure
from ringback.monitor.probe.prober import OnDone, ProbeContext, Prober, UnusableEndpoint
from ringback.monitor.probe.service import ServiceProber
from ringback.monitor.probe.tcp import TCPProber
from ringback.monitor.probe.tls import TLSProber
from ringback.monitor.probe.udp import UDPProber
from ringback.monitor.probe.websocket import WebSocketProber

if TYPE_CHECKING:
    import asyncio

__all__ = ["PROBES", "OnDone", "ProbeContext", "ProbeFailure", "Prober", "probe", "prober_of"]


def _grpc(endpoint: Endpoint, context: ProbeContext) -> Prober:
    from ringback.monitor.probe.grpc import GRPCProber  # noqa: PLC0415 - takes h2: 1 MB

    return GRPCProber(endpoint, context)


PROBES: dict[ProbeType, Callable[[Endpoint, ProbeContext], Prober]] = {
    "http": HTTPProber,
    "tcp": TCPProber,
    "tls": TLSProber,
    "dns": DNSProber,
    "icmp": ICMPProber,
    "udp": UDPProber,
    "service": ServiceProber,
    "websocket": WebSocketProber,
    "grpc": _grpc,
}
"""The probe of each type; a heartbeat has none, it reports by itself."""


def prober_of(endpoint: Endpoint, context: ProbeContext) -> Prober | None:
    """Return what checks an endpoint; ``None``: nothing. An unusable one says so each time."""
    make = PROBES.get(endpoint.type)
    if make is None:
        return None
    try:
        return make(endpoint, context)
    except (ValueError, UnicodeError) as error:
        return UnusableEndpoint(endpoint, context, error)


async def probe(endpoint: Endpoint, context: ProbeContext) -> Check:
    """Check an endpoint once, and keep nothing."""
    prober = prober_of(endpoint, context)
    if prober is None:
        raise ValueError(f"an endpoint of type {endpoint.type} is not checked")
    found: asyncio.Future[Check] = context.loop.create_future()
    prober.begin(lambda check: None if found.done() else found.set_result(check))
    try:
        return await found
    finally:
        prober.close()
