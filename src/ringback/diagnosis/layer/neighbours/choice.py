"""Which neighbours decide something, by how the attempts at the target went."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ringback.diagnosis.protocols import partners_of, protocol_of

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tcp.attempt import Attempt
    from ringback.diagnosis.scene import Scene

Role = Literal["partner", "common", "gateway", "control", "resolver", "other_answer"]

COMMON = (22, 80, 443, 8080, 8443)
"""Ports that many hosts have open; tried only where the options allow it."""

_PARTNERS = 2
_RESOLVER_PORT = 53


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """One who is asked beside the target.

    Attributes:
        address: IP address.
        port: TCP port.
        role: Why: another port of the target (``partner``, ``common``), the first router
            (``gateway``), a nameserver (``resolver``), a target known to be well, or an address
            that another nameserver gave for the name (``other_answer``).
    """

    address: str
    port: int
    role: Role


def chosen(scene: Scene, made: Mapping[str, Attempt | None]) -> list[Neighbour]:
    """Return whom to ask, the most telling first."""
    speaking = _one_of_each_family(a for a, one in made.items() if _port_decides(one))
    silent = _one_of_each_family(a for a, one in made.items() if _way_decides(one))
    found = dict.fromkeys((*_partners(scene, speaking), *_on_the_way(scene, silent)))
    if scene.options.neighbours and speaking:
        found |= dict.fromkeys(_common(scene, speaking[0]))
    return list(found)


def gateway_of(scene: Scene, address: str) -> str | None:
    """Return the first router on the way to an address, as the readings of the host have it."""
    family = 6 if ":" in address else 4
    for reading in scene.readings():
        if reading.what == "route_to" and reading.subject == address:
            if reading.facts.get("on_link"):
                return None
            if gateway := reading.facts.get("gateway"):
                return str(gateway)
    for reading in scene.readings():
        if reading.what == "route" and reading.facts.get("family") == family:
            gateway = reading.facts.get("gateway")
            return str(gateway) if gateway else None
    return None


def _port_decides(one: Attempt | None) -> bool:
    """Whether another port of the same address may answer otherwise."""
    if one is None or one.outcome in {"refused", "reset", "timeout"}:
        return True
    return one.icmp is not None and not one.icmp.own


def _way_decides(one: Attempt | None) -> bool:
    """Whether nobody but this host has said anything."""
    return one is None or one.outcome == "timeout" or (one.icmp is not None and one.icmp.own)


def _one_of_each_family(addresses: Iterator[str]) -> list[str]:
    firsts: dict[bool, str] = {}
    for address in addresses:
        firsts.setdefault(":" in address, address)
    return list(firsts.values())


def _partners(scene: Scene, addresses: list[str]) -> Iterator[Neighbour]:
    ports = partners_of(scene.asked.scheme, scene.asked.port)[:_PARTNERS]
    for index, address in enumerate(addresses):
        for port in ports if index == 0 else ports[:1]:
            yield Neighbour(address=address, port=port, role="partner")


def _common(scene: Scene, address: str) -> Iterator[Neighbour]:
    protocol = protocol_of(scene.asked.scheme)
    usual = (protocol.port, *protocol.partners) if protocol else ()
    known = {0, scene.asked.port, *partners_of(scene.asked.scheme, scene.asked.port)[:_PARTNERS]}
    for port in dict.fromkeys((*usual, *COMMON)):
        if port not in known:
            yield Neighbour(address=address, port=port, role="common")


def _on_the_way(scene: Scene, silent: list[str]) -> Iterator[Neighbour]:
    other = 443 if scene.asked.port == 80 else 80
    for address in silent:
        if gateway := gateway_of(scene, address):
            yield Neighbour(address=gateway, port=other, role="gateway")
    if silent and (resolver := _resolver(scene)):
        yield Neighbour(address=resolver, port=_RESOLVER_PORT, role="resolver")


def _resolver(scene: Scene) -> str | None:
    """A nameserver of another host, unless one has answered already."""
    readings = scene.readings()
    if any(one.what == "nameserver" and one.facts.get("rcode") for one in readings):
        return None
    for reading in readings:
        if reading.what == "resolver_config":
            servers = (str(one) for one in reading.facts.get("nameservers") or ())
            return next((one for one in servers if _is_elsewhere(one)), None)
    return None


def _is_elsewhere(address: str) -> bool:
    try:
        return not ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
