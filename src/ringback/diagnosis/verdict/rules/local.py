"""Rules about what was asked, addresses that no connection can be made to, and this host and its network."""

from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ringback.diagnosis.fact_values import IcmpFact, InterfaceFacts
from ringback.diagnosis.facts import (
    GetaddrinfoFacts,
    HopFacts,
    NameserverFacts,
    NeighbourFacts,
    UrlFacts,
)
from ringback.diagnosis.host_facts import (
    DescriptorsFacts,
    InterfacesFacts,
    ProxyVariablesFacts,
    RouteFacts,
    RouteToFacts,
)
from ringback.diagnosis.sorts import ReadingOf
from ringback.diagnosis.verdict.evidence import (
    ARP,
    Evidence,
    icmp_of,
    is_loopback,
    is_no_host,
    is_unusable,
    listed,
)
from ringback.diagnosis.verdict.rule import Finding, need, new_rule
from ringback.failure.names import KindName

if TYPE_CHECKING:
    from ringback.diagnosis.model import Reading

# Rules about what was asked: nothing can be tried with it.


def _fatal(evidence: Evidence, kind: KindName) -> Finding | None:
    parsed = evidence.first(UrlFacts)
    if parsed is None or not parsed.facts["fatal"] or parsed.kind != kind:
        return None
    problems = "; ".join(parsed.facts["problems"] or ()) or parsed.result
    hint = parsed.facts["hint"]
    advice = (f"Write `{hint}`.",) if hint else ()
    return Finding(f"This target cannot be used: {problems}.", (parsed,), advice=advice)


def _proxy_invalid(evidence: Evidence) -> Finding | None:
    found = evidence.first(ProxyVariablesFacts)
    names = (found.facts["invalid"] or ()) if found else ()
    if found is None or not names or evidence.served:
        return None
    return Finding(f"The value of {' and '.join(names)} is not a valid proxy URL.", (found,))


ASKED = (
    new_rule("scheme_invalid", "url.scheme_invalid", "this program")(
        meaning="The URL has no scheme, or one that is not supported.",
        decided_by="the text of the URL",
        when=partial(_fatal, kind="url.scheme_invalid"),
        confidence=1.0,
        advice=("Put `https://` or `http://` in front of the host.",),
    ),
    new_rule("url_invalid", "url.invalid", "this program")(
        meaning="The URL is malformed: its host, port or brackets cannot be read.",
        decided_by="the text of the URL",
        when=partial(_fatal, kind="url.invalid"),
        confidence=1.0,
        advice=(
            "Correct the URL where the program is configured; print it with `repr(url)` to see what it really holds.",
        ),
    ),
    new_rule("proxy_invalid", "config.proxy_invalid", "this program")(
        meaning="The proxy variable that applies does not hold a valid URL.",
        decided_by="the proxy variables of the environment",
        when=_proxy_invalid,
        advice=(
            "Write the proxy as `http://host:port`: the scheme names how to talk to the proxy, not to the target.",
            "Percent-encode user name and password in it, or unset the variable where no proxy is wanted.",
        ),
    ),
)


# Rules about addresses that no connection can be made to from here.

_OF_NO_HOST = frozenset({"broadcast", "multicast"})


def _no_host(evidence: Evidence) -> Finding | None:
    if evidence.named or evidence.reached:
        return None
    address = evidence.host
    routes = evidence.all(RouteToFacts)
    if why := _why(address, [str(reading.facts["table_type"]) for reading in routes]):
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
        return "it is a multicast or reserved address, not a host's"
    return None


def _loopback_down(evidence: Evidence) -> Finding | None:
    known = evidence.addresses
    if evidence.reached or not known or not all(map(is_loopback, known)):
        return None
    interfaces = evidence.first(InterfacesFacts)
    loops = [i for i in _interfaces(evidence) if i["loopback"]]
    if interfaces is None or not loops or any(loop["up"] is not False for loop in loops):
        return None
    return Finding(
        f"The loopback interface {loops[0]['name']} is down: this host cannot reach itself.",
        (interfaces, *evidence.unopened),
    )


def _interfaces(evidence: Evidence) -> list[InterfaceFacts]:
    return list(evidence.facts(InterfacesFacts)["interfaces"] or ())


def _no_port_left(evidence: Evidence) -> Finding | None:
    """A connection has no port of its own, though a route gives it an address."""
    if evidence.reached:
        return None
    routed = {reading.facts["address"] for reading in evidence.all(RouteToFacts, route=True)}
    stuck = need(
        [
            reading
            for reading in evidence.unopened
            if reading.facts["errno"] == "EADDRNOTAVAIL" and reading.facts["address"] in routed
        ]
    )
    return Finding(
        f"This host has no local port left for a connection to {listed(stuck)} (EADDRNOTAVAIL).",
        tuple(stuck),
    )


ADDRESS = (
    new_rule("address_unusable", "tcp.address_invalid", "this program")(
        meaning="The address does not belong to a single host.",
        decided_by="a multicast, reserved or broadcast address, or a link-local one without its "
        "interface",
        when=_no_host,
        advice=(
            "Write a link-local address with its interface, as in `http://[fe80::1%25{interface}]/`.",
            "Use the name of the host, or an address of its own.",
        ),
    ),
    new_rule("no_port_left", "client.local_address", "this host")(
        meaning="All local ports for outgoing connections are in use.",
        decided_by="connect() fails at once with EADDRNOTAVAIL, although there is a route",
        when=_no_port_left,
        advice=(
            "Reuse connections (keep-alive): `ss -s` counts those in TIME-WAIT.",
            "Widen the range of ports: `sysctl -w net.ipv4.ip_local_port_range='10240 65535'`.",
        ),
    ),
    new_rule("loopback_down", "tcp.timed_out", "this host")(
        layer="ip",
        meaning="The loopback interface is down.",
        decided_by="the state of the loopback interface, and no answer from a loopback address",
        when=_loopback_down,
        advice=("Switch it on: `ip link set lo up`; in a container, check how it was started.",),
    ),
)


# Rules about this host and its network: nothing gets out.

_POLICY: dict[str, tuple[str, KindName]] = {
    "EACCES": ("prohibit", "tcp.address_unreachable.prohibited"),
    "EPERM": ("prohibit", "tcp.address_unreachable.prohibited"),
    "EHOSTUNREACH": ("unreachable", "tcp.address_unreachable.host"),
    "EINVAL": ("blackhole", "tcp.address_invalid"),
}
"""What a route of this host that is no way makes of a connect: its type, and the kind."""


def _away(evidence: Evidence) -> bool:
    """Return whether the target lies outside this host, as far as is known."""
    known = evidence.addresses
    return not known or not all(is_loopback(address) or is_unusable(address) for address in known)


def _routes(evidence: Evidence) -> list[ReadingOf[RouteFacts]]:
    return evidence.all(RouteFacts)


def _stuck(evidence: Evidence) -> bool:
    """Return whether nothing came through and no packet found a way out by the target's family."""
    return evidence.blocked and _away(evidence) and not evidence.all(RouteToFacts, on_link=True)


def _short(evidence: Evidence) -> Finding | None:
    found = evidence.first(DescriptorsFacts, short=True)
    if found is None or evidence.served:
        return None
    return Finding(
        f"This program has {found.facts['open']} of {found.facts['limit']} file descriptors "
        "open: it cannot open another connection.",
        (found,),
    )


def _no_network(evidence: Evidence) -> Finding | None:
    found = evidence.first(InterfacesFacts)
    if found is None or not found.facts["loopback_only"] or not _stuck(evidence):
        return None
    if any(reading.facts["default"] and _sent_from_link(reading) for reading in _routes(evidence)):
        return None
    return Finding(
        "This host has no network: no interface but loopback is up with an address that leads "
        "beyond its own link.",
        (found, *_routes(evidence)),
    )


def _sent_from_link(reading: ReadingOf[RouteFacts]) -> bool:
    """Return whether a route sends from an IPv4 address of the link alone: some tunnels lead out."""
    return str(reading.facts["source"] or "").startswith("169.254.")


def _no_default_route(evidence: Evidence) -> Finding | None:
    routes = _routes(evidence)
    if not routes or any(reading.facts["default"] or reading.facts["route"] for reading in routes):
        return None
    if not _stuck(evidence) or _policy_route(evidence) or not _without_a_way(evidence):
        return None
    return Finding(
        "This host has no default route: packets to other networks have no way out.",
        (*routes, *evidence.all(RouteToFacts, route=False)),
    )


def _without_a_way(evidence: Evidence) -> bool:
    to = evidence.all(RouteToFacts)
    if to:
        return not any(reading.facts["route"] for reading in to)
    asked = evidence.all(NameserverFacts)
    return not evidence.addresses and all(reading.facts["error"] for reading in asked)


def _answered_beyond(evidence: Evidence) -> bool:
    """Return whether the target, or somebody on the way, has answered for one of its addresses.

    Then that is what is broken: what stops another address here explains less.
    """
    return any(
        reading.facts["outcome"] in {"refused", "reset"} and not reading.facts["icmp"]
        for reading in evidence.unopened
    ) or any(icmp_of(reading)["own"] is False for reading in evidence.unopened)


def _gateway_dead(evidence: Evidence) -> Finding | None:
    if not _stuck(evidence) or _answered_beyond(evidence):
        return None
    dead = [
        reading
        for reading in evidence.all(NeighbourFacts, role="gateway")
        if _no_neighbour(reading)
    ]
    silent = [reading for reading in evidence.unopened if _no_neighbour(reading)]
    resolvers = [reading for reading in evidence.all(NameserverFacts) if _no_neighbour(reading)]
    gateways = [gateway for reading in _routes(evidence) if (gateway := reading.facts["gateway"])]
    if dead or silent or any(_is_beyond(reading, gateways) for reading in resolvers):
        return Finding(
            f"The gateway {''.join(gateways[:1])} does not answer on this network.".replace(
                "  ", " "
            ),
            (*dead, *silent, *resolvers, *_routes(evidence)),
        )
    return None


def _is_beyond(resolver: ReadingOf[NameserverFacts], gateways: list[str]) -> bool:
    """Return whether a resolver is the gateway, or behind it; one of this network is its own."""
    return not resolver.facts["on_link"] or resolver.facts["server"] in gateways


def _no_neighbour(reading: ReadingOf[IcmpFact]) -> bool:
    """Return whether the next hop did not answer: the kernel's own ICMP host-unreachable."""
    icmp = reading.facts["icmp"]
    if not icmp or not icmp["own"]:
        return False
    return (icmp["type"], icmp["code"]) in ARP


def _policy_route(evidence: Evidence) -> Finding | None:
    if evidence.reached or not _away(evidence) or evidence.all(RouteToFacts, route=True):
        return None  # an address with a route says more
    for reading in evidence.all(RouteToFacts, route=False):
        table = reading.facts["table_type"]
        kind, named = reading.facts["error"], None
        if table in {"prohibit", "unreachable", "blackhole"}:
            named = next(k for t, k in _POLICY.values() if t == table)
        elif table is None and kind in _POLICY:
            table, named = _POLICY[kind]
        if named is not None:
            return Finding(
                f"A route of this host is of type {table} for {reading.facts['address']}: "
                "nothing is sent there.",
                (reading,),
                kind=named,
            )
    return None


def _no_route(evidence: Evidence) -> Finding | None:
    to = evidence.all(RouteToFacts)
    lost = [reading for reading in to if not reading.facts["route"]]
    if evidence.reached or not to or len(lost) < len(to) or not evidence.connects:
        return None
    if not _away(evidence):
        return None
    versions = sorted({int(reading.facts["family"] or 0) for reading in lost})
    if len(versions) == 1 and _has_only_other(evidence, versions[0]):
        return None
    return Finding(f"This host has no route to {listed(lost)}.", tuple(lost))


def _family_missing(evidence: Evidence) -> Finding | None:
    to = evidence.all(RouteToFacts)
    lost = [reading for reading in to if not reading.facts["route"]]
    versions = {reading.facts["family"] for reading in lost}
    if evidence.reached or not to or len(lost) < len(to) or len(versions) != 1:
        return None
    version = int(next(iter(versions)) or 0)
    if not evidence.named or not _away(evidence) or not _has_only_other(evidence, version):
        return None
    other = 4 if version == 6 else 6
    return Finding(
        f"{evidence.host} has only IPv{version} addresses, and this host only IPv{other}.",
        (*lost, *evidence.all(GetaddrinfoFacts)),
    )


def _has_only_other(evidence: Evidence, version: int) -> bool:
    """Return whether routes lead out by the other IP family only."""
    out = {reading.facts["family"] for reading in _routes(evidence) if reading.facts["route"]}
    return version not in out and bool(out)


def _local_firewall(evidence: Evidence) -> Finding | None:
    if evidence.reached or _answered_beyond(evidence):
        return None
    for reading in evidence.connects:
        icmp = icmp_of(reading)
        if reading.facts["errno"] == "EPERM":
            return Finding(
                f"This host forbids the connection to {reading.subject} (EPERM).", (reading,)
            )
        if icmp["own"] and not _no_neighbour(reading):
            return Finding(
                f"A firewall of this host rejects the connection to {reading.subject}.",
                (reading,),
                kind=reading.kind,
            )
    return _dropped_here(evidence)


def _dropped_here(evidence: Evidence) -> Finding | None:
    unsent: list[Reading] = [
        *(reading for reading in evidence.all(HopFacts) if reading.facts["unsent"] == "EPERM"),
        *(reading for reading in evidence.unopened if reading.facts["unsent"]),
    ]
    if unsent:
        return Finding(
            f"A firewall of this host drops what is sent to {evidence.place}.",
            (*unsent, *evidence.unopened),
            kind="tcp.timed_out",
        )
    if any(reading.facts["unsent"] is False for reading in evidence.unopened):
        return None  # the kernel saw the packets leave
    hops = evidence.all(HopFacts)
    others = [
        reading
        for reading in evidence.all(NeighbourFacts)
        if reading.facts["role"] in {"partner", "common"}
        and reading.facts["outcome"] in {"open", "refused", "reset"}
    ]
    if not hops or not others or not all(reading.facts["silent"] for reading in hops):
        return None
    if evidence.all(RouteToFacts, on_link=True):
        return None  # without a router on the way its silence says nothing
    return Finding(
        f"A firewall of this host drops what is sent to {evidence.place}: not even the first "
        "router sees it, while another port of the same host answers.",
        (*hops, *others),
        kind="tcp.timed_out",
        confidence=0.75,
    )


LOCAL = (
    new_rule("out_of_descriptors", "client.resources_exhausted", "this program")(
        meaning="This program has reached its limit of open files and connections.",
        decided_by="the number of open descriptors has reached the limit",
        when=_short,
        advice=(
            "Close what the program leaves open: `ls -l /proc/PID/fd` shows files and connections by its process id.",
            "Share one session or client in place of one for each call, and close responses.",
            "Only then raise the limit: `ulimit -n`, or `LimitNOFILE=` of its systemd unit.",
        ),
    ),
    new_rule("no_network", "tcp.address_unreachable.network", "this host")(
        meaning="This host has no network at all.",
        decided_by="no interface but loopback is up with an address that leads beyond its own link",
        when=_no_network,
        advice=(
            "Switch {interface} on, and have it get an address: `ip link set {interface} up`, then DHCP; on a laptop, join a network.",
            "{if_container}In a container, give it a network: it may have been started with `--network none`.",
            "{else}Connect this host to a network.",
        ),
    ),
    new_rule("no_default_route", "tcp.address_unreachable.network", "this host")(
        meaning="This host has no route beyond its own networks.",
        decided_by="no default route of either family, and connect() fails at once with ENETUNREACH",
        when=_no_default_route,
        advice=(
            "Renew the address of {interface} (DHCP), or reconnect the VPN: a default route comes with it.",
            "Or add it by hand, with the address of the router: `ip route add default via ROUTER`.",
        ),
    ),
    new_rule("local_policy_route", "tcp.address_unreachable.prohibited", "this host")(
        meaning="A route of this host is of type prohibit, unreachable or blackhole.",
        decided_by="connect() fails at once with EACCES, EHOSTUNREACH or EINVAL, without any ICMP message",
        when=_policy_route,
        advice=(
            "Find what has added the route: `ip route show table all`, `ip rule`; a VPN's kill switch does.",
            "Connect the VPN, or have the route to {address} removed.",
        ),
    ),
    new_rule("family_missing", "tcp.address_unreachable.network", "this network")(
        meaning="The name has addresses of only one IP version, and this host has only the other.",
        decided_by="no route for the IP version of the addresses, but one for the other version",
        when=_family_missing,
        advice=(
            "Give the service an address of the other IP version too (A as well as AAAA).",
            "Or give this host the missing IP version, or a translator (NAT64 with DNS64, a dual-stack proxy).",
        ),
    ),
    new_rule("no_route", "tcp.address_unreachable.network", "this host")(
        meaning="This host's routing table has no route to the target's addresses.",
        decided_by="connect() fails at once with ENETUNREACH for every address, without any ICMP message",
        when=_no_route,
        advice=(
            "Connect to the VPN or network that leads to {address}.",
            "Or add the route, through the router that knows the way: `ip route add {address} via ROUTER`.",
        ),
    ),
    new_rule("gateway_dead", "tcp.address_unreachable.host", "this network")(
        meaning="The gateway does not answer on the local network.",
        decided_by="host-unreachable from this host's kernel (no answer to ARP) for addresses behind the gateway",
        when=_gateway_dead,
        advice=(
            "Check that {gateway} is on, and the cable, Wi-Fi or VPN of {interface} that leads to it.",
            "If that is not the gateway's address, renew the DHCP lease or correct the default route.",
        ),
    ),
    new_rule("local_firewall", "tcp.address_unreachable.prohibited", "this host")(
        meaning="A firewall on this host rejects or drops what this program sends.",
        decided_by="EPERM, an ICMP message from an own address, or silence from the first hop on "
        "for this port alone",
        when=_local_firewall,
        advice=(
            "Allow port {port} to {address} in the rules for outgoing packets: `nft list ruleset`, `iptables -L OUTPUT -nv`.",
            "{if_container}In a sandbox or container, check its network policy.",
            "{else}Check this host's rules for outgoing packets.",
        ),
    ),
)
