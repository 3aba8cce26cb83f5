"""Rules about addresses that no connection can be made to from here."""

from ipaddress import ip_address

from ringback.diagnosis.verdict.evidence import Evidence, is_loopback, is_no_host, is_unusable
from ringback.diagnosis.verdict.rule import Finding, Rule
from ringback.diagnosis.verdict.wording import listed

_OF_NO_HOST = frozenset({"broadcast", "multicast"})


def _no_host(evidence: Evidence) -> Finding | None:
    if evidence.named or evidence.reached:
        return None
    address = evidence.host
    routes = evidence.all("host", "route_to")
    if why := _why(address, [str(one.facts.get("table_type")) for one in routes]):
        return Finding(
            f"No connection can be made to {address}: {why}.", (*routes, *evidence.unopened)
        )
    return None


def _why(address: str, types: list[str]) -> str | None:
    """Why an address is not that of a host that can be connected to; ``None``: it may be."""
    if is_unusable(address) and not is_no_host(address):
        return f"it is link-local and needs the interface, as in {address}%eth0"
    if "broadcast" in types:
        return "it is the broadcast address of a network of this host"
    if "multicast" in types or (is_no_host(address) and not ip_address(address).is_unspecified):
        return "it is that of a group or reserved, not of a host"
    return None


def _loopback_down(evidence: Evidence) -> Finding | None:
    known = evidence.addresses
    if evidence.reached or not known or not all(map(is_loopback, known)):
        return None
    interfaces = evidence.first("host", "interfaces")
    loops = [i for i in _interfaces(evidence) if i.get("loopback")]
    if interfaces is None or not loops or any(one.get("up") is not False for one in loops):
        return None
    return Finding(
        f"The loopback interface {loops[0].get('name')} is down: this host cannot reach itself.",
        (interfaces, *evidence.unopened),
    )


def _interfaces(evidence: Evidence) -> list[dict[str, object]]:
    return list(evidence.facts("host", "interfaces").get("interfaces") or ())


def _no_port_left(evidence: Evidence) -> Finding | None:
    """A connection has no port of its own, though a route gives it an address."""
    if evidence.reached:
        return None
    routed = {one.facts.get("address") for one in evidence.all("host", "route_to", route=True)}
    stuck = [
        one
        for one in evidence.unopened
        if one.facts.get("errno") == "EADDRNOTAVAIL" and one.facts.get("address") in routed
    ]
    if not stuck:
        return None
    return Finding(
        f"This host has no port left for a connection to {listed(stuck)} (EADDRNOTAVAIL).",
        tuple(stuck),
    )


ADDRESS = (
    Rule(
        cause="address_unusable",
        kind="tcp.address_invalid",
        where="this program",
        meaning="The address that is asked for is not that of one host.",
        decided_by="a multicast, reserved or broadcast address, or a link-local one without its "
        "interface",
        when=_no_host,
        advice=(
            "Name the host, or write its own address.",
            "Name the interface behind a link-local address: `[fe80::1%25eth0]` in a URL.",
        ),
    ),
    Rule(
        cause="no_port_left",
        kind="client.local_address",
        where="this host",
        meaning="All ports that this host gives to connections are in use.",
        decided_by="connect() ends at once in EADDRNOTAVAIL, though a route leads there",
        when=_no_port_left,
        advice=(
            "Keep connections open and use them again: `ss -s` counts those in TIME-WAIT.",
            "Widen the range: `sysctl net.ipv4.ip_local_port_range`.",
        ),
    ),
    Rule(
        cause="loopback_down",
        kind="tcp.timed_out",
        layer="ip",
        where="this host",
        meaning="The loopback interface is down.",
        decided_by="the interfaces of this host, and no answer from an address of loopback",
        when=_loopback_down,
        advice=("Switch it on: `ip link set lo up`; in a container look at how it was started.",),
    ),
)
