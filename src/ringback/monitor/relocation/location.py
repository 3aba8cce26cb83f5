"""Where a service may be: what it says itself, what DNS records say, and the ports to try."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from ringback.client.dial.address import is_literal
from ringback.failure.target import bracketed

if TYPE_CHECKING:
    from ringback.monitor.model import Endpoint

LocationSource = Literal[
    "redirect", "Alt-Svc", "SRV record", "HTTPS record", "configured", "neighbouring"
]

_PORTS = {"http": 80, "https": 443}
_ALTERNATIVE = re.compile(r'[\w%!#$&\'*+.^`|~-]{1,40}="([^":\s]{0,255}|\[[0-9a-fA-F:.]+\]):(\d+)"')
_MAX_ALTERNATIVES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLocation:
    """Where a service may be."""

    scheme: str  # How it is spoken to: `http`, `https`, `tcp` or `tls`
    host: str  # Name or IP address
    port: int  # TCP port
    source: LocationSource = "configured"  # Who says so

    @property
    def shown(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"


def location_of(endpoint: Endpoint) -> ServiceLocation | None:
    """Return where an endpoint is; ``None``: it has no port that could change."""
    try:
        parts = urlsplit(endpoint.url)
        scheme = parts.scheme if endpoint.type == "http" else endpoint.type
        port = parts.port or _PORTS.get(scheme)
    except ValueError:
        return None
    if endpoint.type not in {"http", "tcp", "tls"} or not parts.hostname or not port:
        return None
    if endpoint.options.get("proxy") or endpoint.options.get("starttls"):
        return None  # it is not called directly, or not spoken to as its scheme says
    return ServiceLocation(scheme=scheme, host=parts.hostname, port=port)


def redirect_location(location: str) -> ServiceLocation | None:
    """Return where a redirect leads (RFC 9110, section 10.2.2); ``None``: not to another port."""
    try:
        parts = urlsplit(location)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or not port:
        return None
    return ServiceLocation(scheme=parts.scheme, host=parts.hostname, port=port, source="redirect")


def alternative_locations(header: str, own: ServiceLocation) -> Iterator[ServiceLocation]:
    """Yield where else a service says that it is (RFC 7838, section 3)."""
    for found in list(_ALTERNATIVE.finditer(header[:2000]))[:_MAX_ALTERNATIVES]:
        host, port = found[1].strip("[]") or own.host, int(found[2][:6])
        if 0 < port <= 65535:
            yield ServiceLocation(scheme=own.scheme, host=host, port=port, source="Alt-Svc")


MAX_NEIGHBOURS = 16  # Ports beside the usual one that are tried, at most

_NEAR = (1, -1, 2, -2)
_USUAL = (80, 443, 8080, 8443, 8000, 8081, 8888, 3000, 5000, 9000, 9443, 8008)


def configured_locations(endpoint: Endpoint, own: ServiceLocation) -> Iterator[ServiceLocation]:
    """Yield the ports that the configuration names."""
    for port in endpoint.ports:
        yield replace(own, port=port, source="configured")


def neighbouring_locations(endpoint: Endpoint, own: ServiceLocation) -> Iterator[ServiceLocation]:
    """Yield ports near the usual one, and usual ones; only of hosts that are one's own.

    Others would take it for a scan of their ports.
    """
    if not endpoint.mine:
        return
    near = [own.port + step for step in _NEAR]
    usual = _USUAL if own.scheme in {"http", "https"} else ()
    ports = [
        port for port in dict.fromkeys((*near, *usual)) if 0 < port <= 65535 and port != own.port
    ]
    for port in ports[:MAX_NEIGHBOURS]:
        yield replace(own, port=port, source="neighbouring")


RECORD_TIMEOUT = 2.0  # For each question

_MAX_RECORDS = 8
_PORT_KEY = 3  # The key of a port in an HTTPS record (RFC 9460, section 14.3.2).


async def recorded_locations(
    location: ServiceLocation, nameservers: Sequence[tuple[str, int]] = ()
) -> list[ServiceLocation]:
    """Return where the service at a location is to be found by its records."""
    if is_literal(location.host):
        return []
    found: list[ServiceLocation] = []
    service = _service(location)
    if service:
        found += _of_srv(
            location, await _ask(f"_{service}._tcp.{location.host}", "SRV", nameservers)
        )
    if location.scheme in {"http", "https"}:
        default = location.port in {80, 443}
        name = location.host if default else f"_{location.port}._https.{location.host}"
        found += _of_https(location, await _ask(name, "HTTPS", nameservers))
    return found[:_MAX_RECORDS]


def _service(location: ServiceLocation) -> str:
    if location.scheme in {"http", "https"}:
        return location.scheme
    try:
        return socket.getservbyport(location.port, "tcp")
    except OSError:
        return ""


async def _ask(name: str, type_: str, nameservers: Sequence[tuple[str, int]]) -> list[Any]:
    # Ten megabytes with what it takes along: only a monitor that searches has them, and none waits.
    if "dns.asyncresolver" not in sys.modules:
        await asyncio.to_thread(import_module, "dns.asyncresolver")
    import dns.asyncbackend  # noqa: PLC0415 - as above
    import dns.asyncresolver  # noqa: PLC0415 - as above
    import dns.exception  # noqa: PLC0415 - as above

    try:
        resolver = dns.asyncresolver.Resolver(configure=not nameservers)
        if nameservers:
            resolver.nameservers = [server[0] for server in nameservers]
            resolver.nameserver_ports = dict(nameservers)
        answer = await resolver.resolve(
            name,
            type_,
            lifetime=RECORD_TIMEOUT,
            search=False,
            # dnspython would look for others.
            backend=dns.asyncbackend.get_backend("asyncio"),
        )
    except (dns.exception.DNSException, OSError, EOFError):
        return []
    return sorted(answer, key=lambda record: int(record.priority))


def _of_srv(location: ServiceLocation, records: Sequence[Any]) -> list[ServiceLocation]:
    return [
        ServiceLocation(
            scheme=location.scheme,
            host=srv.target.to_text(omit_final_dot=True),
            port=srv.port,
            source="SRV record",
        )
        for srv in records
        if srv.port and srv.target.to_text() != "."
    ]


def _of_https(location: ServiceLocation, records: Sequence[Any]) -> list[ServiceLocation]:
    found = []
    for https in records:
        named = https.params.get(_PORT_KEY)
        if https.priority and named is not None and named.port:
            target = https.target.to_text(omit_final_dot=True)
            host = location.host if target == "." else target
            found.append(
                ServiceLocation(scheme="https", host=host, port=named.port, source="HTTPS record")
            )
    return found
