"""Ports that the domain name system names: SRV (RFC 2782) and HTTPS records (RFC 9460)."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from ringback.client.dial.address import is_literal
from ringback.monitor.moved.place import Place

SECONDS = 2.0
"""For each question."""

_MOST = 8
_PORT = 3
"""The key of a port in an HTTPS record (RFC 9460, section 14.3.2)."""


async def recorded(place: Place, nameservers: Sequence[tuple[str, int]] = ()) -> list[Place]:
    """Return where the service at a place is to be found by its records.

    Args:
        place: Where it was.
        nameservers: Whom to ask; by default those of the system.
    """
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
    return found[:_MOST]


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
            lifetime=SECONDS,
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
        named = one.params.get(_PORT)
        if one.priority and named is not None and named.port:
            target = one.target.to_text(omit_final_dot=True)
            host = place.host if target == "." else target
            found.append(Place(scheme="https", host=host, port=named.port, source="HTTPS record"))
    return found
