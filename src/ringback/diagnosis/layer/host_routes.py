"""The interfaces of this host, and its routes: to the world, and to the addresses of the target."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from ringback.diagnosis.host_facts import InterfacesFacts, RouteFacts, RouteToFacts
from ringback.diagnosis.layer import netlink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringback.diagnosis.context import DiagnosisContext
    from ringback.diagnosis.fact_values import InterfaceFacts
    from ringback.failure.names import KindName


WORLD: Final = {4: "198.41.0.4", 6: "2001:503:ba3e::2:30"}
"""An address of the world in each family, that of a root server of the DNS; nothing is sent."""

MAX_ROUTES: Final = 8
"""Addresses of a target whose routes are looked up."""

_HOPS: Final = {
    4: (socket.AF_INET, socket.IPPROTO_IP, socket.IP_TTL),
    6: (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS),
}
_PORT = 9
_REACHABLE: Final = frozenset({"unicast", "local"})
_TYPE_OF_ERROR: Final = {
    "EHOSTUNREACH": "unreachable",
    "EACCES": "prohibit",
    "EINVAL": "blackhole",
}
"""What connect() says at once where a route is no way (ip-route(8))."""


def read_routes(context: DiagnosisContext) -> None:
    """Record, for each family, whether a route leads out of this host's own networks."""
    names = _interface_names()
    for version in (4, 6):
        source, error = source_to(WORLD[version])
        entries = netlink.default_routes(version)
        usable = [entry for entry in entries or () if entry.type == "unicast"]
        entry = usable[0] if usable else None
        facts = RouteFacts(
            family=version,
            route=source is not None,
            default=bool(usable) if entries is not None else source is not None,
            gateway=entry.gateway if entry else None,
            interface=names.get(entry.interface) if entry else None,
            source=source,
            error=error,
            gateway_state=netlink.neighbour_state(entry.gateway)
            if entry and entry.gateway
            else None,
            hops=_hops(version),
        )
        context.record(
            RouteFacts,
            f"IPv{version}",
            state="ok" if source else "noted",
            result=_route_in_words(facts),
            facts=facts,
        )


def route_to(context: DiagnosisContext, addresses: Sequence[str]) -> None:
    """Record the route to each address of the target; nothing is sent."""
    names: dict[int, str] | None = None
    for address in list(dict.fromkeys(addresses))[:MAX_ROUTES]:
        try:
            names = _interface_names() if names is None else names
            facts = _facts_to(address, names)
        except OSError as none_left:
            said = f"it cannot be looked up here: {none_left}"
            context.record(RouteToFacts, address, state="skipped", result=said)
            return
        error = facts["error"]
        context.record(
            RouteToFacts,
            address,
            state="ok" if facts["route"] else "failed",
            result=_route_to_in_words(facts),
            kind=_kind(error, address) if error else None,
            facts=facts,
        )


def source_to(address: str) -> tuple[str | None, str | None]:
    """Return the address that packets to another carry, or the name of the error.

    A UDP socket is connected, which only looks the route up.
    """
    try:
        family, _, _, _, where = socket.getaddrinfo(
            address, _PORT, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )[0]
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect(where)
            return str(asking.getsockname()[0]), None
    except socket.gaierror:
        return None, "EINVAL"
    except OSError as error:
        if error.errno in netlink.OUT_OF_RESOURCES:
            raise
        return None, errno.errorcode.get(error.errno or 0, "EIO")


def source_to_world(version: int) -> str | None:
    """Return the address that packets to the world carry; ``None``: no route leads there."""
    return source_to(WORLD[version])[0]


def _facts_to(address: str, names: dict[int, str]) -> RouteToFacts:
    source, error = source_to(address)
    entry = _route_entry(address, names)
    table_type = entry.type if entry else None
    if error and table_type in {None, "unicast"}:
        link_local = ipaddress.ip_address(address).is_link_local
        table_type = None if link_local else _TYPE_OF_ERROR.get(error)
    return {
        "family": 6 if ":" in address else 4,
        "address": address,
        "route": source is not None,
        "source": source,
        "error": error,
        "on_link": entry.gateway is None if entry and source else None,
        "gateway": entry.gateway if entry and source else None,
        "table_type": table_type,
        "interface": names.get(entry.interface) if entry else None,
        "gateway_state": _state(entry, address) if entry and source else None,
    }


def is_on_link(address: str) -> bool | None:
    """Return whether no router is needed to reach an address; ``None``: it is not known."""
    entry = _route_entry(address, _interface_names() if "%" in address else {})
    return None if entry is None or entry.type not in _REACHABLE else entry.gateway is None


def _route_entry(address: str, names: dict[int, str]) -> netlink.RouteEntry | None:
    plain, _, zone = address.partition("%")
    index = next((i for i, name in names.items() if name == zone), 0)
    try:
        return netlink.route_entry_to(plain, index)
    except OSError:
        return None


def _state(entry: netlink.RouteEntry, address: str) -> str | None:
    return netlink.neighbour_state(entry.gateway or address.partition("%")[0])


def _hops(version: int) -> int | None:
    """How many routers a packet of this host may pass (``ip_default_ttl`` of ip(7))."""
    family, level, option = _HOPS[version]
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            return asking.getsockopt(level, option)
    except OSError as error:
        if error.errno in netlink.OUT_OF_RESOURCES:
            raise
        return None


def _interface_names() -> dict[int, str]:
    return {link.index: link.name for link in netlink.links() or ()}


def _kind(error: str, address: str) -> KindName:
    """The kind of failure that a connect() ends in at once."""
    if error == "EINVAL" or ipaddress.ip_address(address).is_link_local:
        return "tcp.address_invalid"
    if error in {"EACCES", "EPERM"}:
        return "tcp.address_unreachable.prohibited"
    if error == "EHOSTUNREACH":
        return "tcp.address_unreachable.host"
    return "tcp.address_unreachable.network"


def _route_in_words(facts: RouteFacts) -> str:
    if facts["route"]:
        via = f" by {facts['gateway']}" if facts["gateway"] else ""
        return f"a route leads out{via}, from {facts['source']}"
    if facts["default"]:
        return f"there is a default route, but it leads nowhere ({facts['error']})"
    return f"no route leads out ({facts['error']})"


def _route_to_in_words(facts: RouteToFacts) -> str:
    if not facts["route"]:
        said = facts["table_type"]
        return f"a route says {said} ({facts['error']})" if said else f"no route: {facts['error']}"
    if facts["table_type"] == "local":
        return "an address of this host"
    if facts["gateway"]:
        return f"by {facts['gateway']}, from {facts['source']}"
    return f"on the same network, from {facts['source']}"


def read_interfaces(context: DiagnosisContext) -> None:
    """Record which interfaces there are."""
    found = interfaces()
    useful = [
        interface
        for interface in found
        if interface["up"] and not interface["loopback"] and _leads_out(interface)
    ]
    context.record(
        InterfacesFacts,
        state="ok" if useful else "noted",
        result=_interfaces_in_words(useful),
        facts=InterfacesFacts(interfaces=found, loopback_only=not useful),
    )


def interfaces() -> list[InterfaceFacts]:
    """Return name, state and addresses of each interface.

    Without netlink the addresses are those that packets to the world would carry.
    """
    links, addresses = netlink.links(), netlink.interface_addresses()
    if links is None or addresses is None:
        return _without_netlink()
    return [
        {
            "name": link.name,
            "up": link.up,
            "loopback": link.loopback,
            "addresses": [address for index, address, _ in addresses if index == link.index],
        }
        for link in links
    ]


def _leads_out(interface: InterfaceFacts) -> bool:
    """Whether it has an address that is not of its link alone: those of a link give themselves."""
    return any(not ip_address(address).is_link_local for address in interface["addresses"])


def _without_netlink() -> list[InterfaceFacts]:
    sources = [source for version in (4, 6) if (source := source_to_world(version))]
    found: list[InterfaceFacts] = []
    with contextlib.suppress(OSError, AttributeError):
        names = [name for _, name in socket.if_nameindex()]
        found = [{"name": n, "up": None, "loopback": _loops(n), "addresses": []} for n in names]
    if sources:
        found.append({"name": "?", "up": True, "loopback": False, "addresses": sources})
    return found


def _loops(name: str) -> bool:
    return name.startswith("lo") or (sys.platform == "win32" and "loopback" in name.lower())


def _interfaces_in_words(useful: list[InterfaceFacts]) -> str:
    if not useful:
        return "no interface but loopback is up with an address of more than its link"
    shown = [
        f"{interface['name']} {' '.join(interface['addresses'][:3])}" for interface in useful[:4]
    ]
    return "; ".join(shown)
