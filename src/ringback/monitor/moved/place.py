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

if TYPE_CHECKING:
    from ringback.monitor.model import Endpoint


Source = Literal["redirect", "Alt-Svc", "SRV record", "HTTPS record", "configured", "neighbouring"]

_PORTS = {"http": 80, "https": 443}
_ALTERNATIVE = re.compile(r'[\w%!#$&\'*+.^`|~-]{1,40}="([^":\s]{0,255}|\[[0-9a-fA-F:.]+\]):(\d+)"')
_MAX_ALTERNATIVES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a service may be.

    Attributes:
        scheme: How it is spoken to: ``http``, ``https``, ``tcp`` or ``tls``.
        host: Name or IP address.
        port: TCP port.
        source: Who says so.
    """

    scheme: str
    host: str
    port: int
    source: Source = "configured"

    @property
    def shown(self) -> str:
        """``host:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def place_of(endpoint: Endpoint) -> Place | None:
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
    return Place(scheme=scheme, host=parts.hostname, port=port)


def redirected(location: str) -> Place | None:
    """Return where a redirect leads (RFC 9110, section 10.2.2); ``None``: not to another port."""
    try:
        parts = urlsplit(location)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or not port:
        return None
    return Place(scheme=parts.scheme, host=parts.hostname, port=port, source="redirect")


def alternatives(header: str, own: Place) -> Iterator[Place]:
    """Yield where else a service says that it is (RFC 7838, section 3)."""
    for found in list(_ALTERNATIVE.finditer(header[:2000]))[:_MAX_ALTERNATIVES]:
        host, port = found[1].strip("[]") or own.host, int(found[2][:6])
        if 0 < port <= 65535:
            yield Place(scheme=own.scheme, host=host, port=port, source="Alt-Svc")


MAX_NEIGHBOURS = 16
"""Ports beside the usual one that are tried, at most."""

_NEAR = (1, -1, 2, -2)
_USUAL = (80, 443, 8080, 8443, 8000, 8081, 8888, 3000, 5000, 9000, 9443, 8008)


def configured(endpoint: Endpoint, own: Place) -> Iterator[Place]:
    """Yield the ports that the configuration names."""
    for port in endpoint.ports:
        yield replace(own, port=port, source="configured")


def neighbouring(endpoint: Endpoint, own: Place) -> Iterator[Place]:
    """Yield ports near the usual one, and usual ones; only of hosts that are one's own.

    Others would take it for a scan of their ports.
    """
    if not endpoint.mine:
        return
    near = [own.port + step for step in _NEAR]
    usual = _USUAL if own.scheme in {"http", "https"} else ()
    ports = [one for one in dict.fromkeys((*near, *usual)) if 0 < one <= 65535 and one != own.port]
    for port in ports[:MAX_NEIGHBOURS]:
        yield replace(own, port=port, source="neighbouring")


RECORD_TIMEOUT = 2.0
"""For each question."""

_MAX_RECORDS = 8
_PORT_KEY = 3
"""The key of a port in an HTTPS record (RFC 9460, section 14.3.2)."""


async def recorded(place: Place, nameservers: Sequence[tuple[str, int]] = ()) -> list[Place]:
    """Return where the service at a place is to be found by its records."""
    if is_literal(place.host):
        return []
    found: list[Place] = []
    service = _service(place)
    if service:
        found += _of_srv(place, await _ask(f"_{service}._tcp.{place.host}", "SRV", nameservers))
    if place.scheme in {"http", "https"}:
        default = place.port in {80, 443}
        name = place.host if default else f"_{place.port}._https.{place.host}"
        found += _of_https(place, await _ask(name, "HTTPS", nameservers))
    return found[:_MAX_RECORDS]


def _service(place: Place) -> str:
    if place.scheme in {"http", "https"}:
        return place.scheme
    try:
        return socket.getservbyport(place.port, "tcp")
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
            resolver.nameservers = [one[0] for one in nameservers]
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
    return sorted(answer, key=lambda one: int(one.priority))


def _of_srv(place: Place, records: Sequence[Any]) -> list[Place]:
    return [
        Place(
            scheme=place.scheme,
            host=one.target.to_text(omit_final_dot=True),
            port=one.port,
            source="SRV record",
        )
        for one in records
        if one.port and one.target.to_text() != "."
    ]


def _of_https(place: Place, records: Sequence[Any]) -> list[Place]:
    found = []
    for one in records:
        named = one.params.get(_PORT_KEY)
        if one.priority and named is not None and named.port:
            target = one.target.to_text(omit_final_dot=True)
            host = place.host if target == "." else target
            found.append(Place(scheme="https", host=host, port=named.port, source="HTTPS record"))
    return found
