"""Rules about TCP: somebody answered, but not with a connection."""

from ipaddress import ip_network

from ringback.diagnosis.fact_values import address_of
from ringback.diagnosis.facts import NeighbourFacts, RefusalFacts, TcpConnectFacts
from ringback.diagnosis.host_facts import RouteFacts
from ringback.diagnosis.model import Alternative
from ringback.diagnosis.protocols import protocol_of
from ringback.diagnosis.sorts import ReadingOf
from ringback.diagnosis.verdict.evidence import (
    ARP,
    Evidence,
    failed,
    icmp_code,
    icmp_of,
    is_expired,
    is_loopback,
    listed,
    sender_of,
    version,
)
from ringback.diagnosis.verdict.rule import Finding, need, new_rule
from ringback.failure.names import KindName

# Rules about TCP: the connection was answered, but not with a connection.

_PROHIBITED = frozenset({(3, 2), (3, 9), (3, 10), (3, 13), (1, 1), (1, 5), (1, 6)})
"""ICMP (type, code) by which a router or host says "forbidden": RFC 1122, RFC 1812, RFC 4443."""

_PORT = frozenset({(3, 3), (1, 4)})
"""Port unreachable: no TCP stack sends it for a SYN, so it comes from a firewall."""


def _rejected(evidence: Evidence) -> Finding | None:
    refused = [reading for reading in failed(evidence, "refused") if icmp_code(reading) in _PORT]
    other = failed(evidence, "prohibited", "host_unreachable", "network_unreachable")
    forbidden = [
        reading for reading in other if icmp_code(reading) in _PROHIBITED and _is_icmp_of(reading)
    ]
    deciding = need(refused or forbidden or _only_this_port(evidence, other))
    reading = deciding[0]
    who, where = sender_of(reading)
    icmp = icmp_of(reading)
    return Finding(
        f"A firewall rejects the connection to {reading.subject}: {who} answers with ICMP "
        f"{icmp['type']}/{icmp['code']} ({_WORDS.get(icmp_code(reading) or (0, 0), 'unreachable')}).",
        tuple(deciding),
        kind="tcp.refused" if refused else _kind(reading),
        where=where,
    )


def _only_this_port(
    evidence: Evidence, unreachable: list[ReadingOf[TcpConnectFacts]]
) -> list[ReadingOf[TcpConnectFacts]]:
    """Return what a rule makes of one port, where another port of the same host answers."""
    answering = {
        reading.facts["address"]
        for reading in evidence.all(NeighbourFacts)
        if reading.facts["role"] in {"partner", "common"}
        and reading.facts["outcome"] in {"open", "refused"}
        and not reading.facts["icmp"]
    }
    return [
        reading
        for reading in unreachable
        if icmp_code(reading) and not is_expired(reading) and reading.facts["address"] in answering
    ]


def _kind(reading: ReadingOf[TcpConnectFacts]) -> KindName:
    if icmp_code(reading) in _PROHIBITED:
        return "tcp.address_unreachable.prohibited"
    return reading.kind or "tcp.address_unreachable.prohibited"


def _nearer(evidence: Evidence) -> Finding | None:
    """The refusal comes from a place nearer than the host: a firewall speaks in its name."""
    if evidence.reached or evidence.proxied:
        return None
    for reading in evidence.all(RefusalFacts):
        hops, other = reading.facts["hops"], reading.facts["other_hops"]
        if reading.facts["near"]:
            first = hops == 1  # a packet of this host's own firewall has passed no router either
            whose = "of this host or of the first router" if first else f"{hops} hops away"
            further = f"is {other} hops away" if other else "is further away"
            return Finding(
                f"A firewall {whose} resets the connection to {reading.subject} from the host's address: "
                f"port {reading.facts['other_port']} of it {further}.",
                (reading, *evidence.unopened),
                kind="tcp.refused",
                where="path",
                alternatives=(_RESET_AT_HOME,) if first else (),
                confidence=0.7 if first else 0.85,
            )
    return None


_RESET_AT_HOME = Alternative(
    kind="tcp.refused",
    cause="local_firewall",
    where="this host",
    summary="This host's own firewall resets what is sent there.",
    check="on this host: `nft list ruleset`, `iptables -L OUTPUT -nv`",
)


def _is_icmp_of(reading: ReadingOf[TcpConnectFacts]) -> bool:
    """Return whether the numbers are of the family's own ICMP: 1/1 means nothing in IPv4."""
    code = icmp_code(reading)
    return code is not None and (code[0] == 1) == (version(reading) == 6)


_WORDS = {
    (3, 2): "protocol unreachable",
    (3, 3): "port unreachable",
    (3, 9): "network prohibited",
    (3, 10): "host prohibited",
    (3, 13): "administratively prohibited",
    (1, 1): "administratively prohibited",
    (1, 4): "port unreachable",
    (1, 5): "source address failed policy",
    (1, 6): "route rejected",
}


def _sibling(evidence: Evidence, *roles: str) -> list[ReadingOf[NeighbourFacts]]:
    return [
        reading
        for role in roles
        for reading in evidence.all(NeighbourFacts, role=role, outcome="open")
    ]


def _wrong_port(evidence: Evidence) -> Finding | None:
    refused = [
        reading for reading in failed(evidence, "refused", "reset") if icmp_code(reading) is None
    ]
    beside = _sibling(evidence, "partner", "common")
    right = [reading for reading in beside if reading.facts["as_asked"]]
    # A service that waits for the first word shows nothing: its own port being open must do.
    likely = [reading for reading in beside if _is_usual(evidence, reading)]
    if not refused or not (right or likely):
        return None
    reading = (right or likely)[0]
    what = str(reading.facts["speaks"] or evidence.protocol).upper()
    return Finding(
        f"Nothing listens on {listed(refused)}; the same host "
        f"{'answers' if right else 'has open the usual port of'} {what} on port "
        f"{reading.facts['port']}.",
        (*refused, reading),
        # Port 80 answers on most hosts: that says little of a port that was chosen.
        confidence=0.55 if evidence.protocol == "http" and evidence.asked["explicit_port"] else 0.7,
        alternatives=(
            Alternative(
                kind="tcp.refused",
                cause="service_down",
                where="their service",
                summary=f"The service that belongs on port {evidence.asked['port']} is down.",
                check="on the service's host: `ss -ltnp` shows where it listens, if it runs",
            ),
        ),
        advice=(
            f"Use port {reading.facts['port']} if that is the intended service.",
            "Otherwise start the service, or find out where it listens: `ss -ltnp` on its host.",
        ),
    )


def _is_usual(evidence: Evidence, reading: ReadingOf[NeighbourFacts]) -> bool:
    quiet = evidence.protocol not in {"http", "none"} and reading.facts["speaks"] is None
    usual = protocol_of(str(evidence.asked["scheme"]))
    return quiet and usual is not None and reading.facts["port"] == usual.port


def _service_down(evidence: Evidence) -> Finding | None:
    refused = need(
        [reading for reading in failed(evidence, "refused") if icmp_code(reading) is None]
    )
    open_ = _sibling(evidence, "partner", "common")
    alive = f"; the host is up (port {open_[0].facts['port']} is open)" if open_ else ""
    local = all(is_loopback(reading.facts["address"]) for reading in refused)
    return Finding(
        f"Nothing listens on {listed(refused)}: the connection is refused{alive}.",
        (*refused, *open_),
        alternatives=() if local else (_RESET_IN_ITS_NAME,),
        confidence=0.97 if local else 0.9,
    )


_RESET_IN_ITS_NAME = Alternative(
    kind="tcp.refused",
    cause="firewall_rejects",
    where="path",
    summary="A firewall answers with a TCP reset from the service's address.",
    check="on the service's host: `ss -ltn` shows it listening, and it is still refused",
)


def _reset(evidence: Evidence) -> Finding | None:
    reset = need(failed(evidence, "reset"))
    return Finding(f"The connection to {listed(reset)} is reset while it is made.", tuple(reset))


CONNECT = (
    new_rule("firewall_rejects", "tcp.refused", "path")(
        meaning="A firewall on the path resets the connection from the host's address.",
        decided_by="a reset from fewer hops away than another port of the host",
        when=_nearer,
        advice=(
            "Ask those who run the firewall on the path to allow TCP from {source} to {address}, port {port}.",
            "Check this host's own rules too: `nft list ruleset`, `iptables -L OUTPUT -nv`.",
        ),
    ),
    new_rule("wrong_port", "tcp.refused", "this program")(
        meaning="Nothing listens on the port, but another port of the host answers in the protocol.",
        decided_by="refused without ICMP; the scheme's other port is open and answers in the protocol",
        when=_wrong_port,
        advice=(
            "Use the port that answers, if that is the intended service; otherwise start the service.",
        ),
    ),
    new_rule("service_down", "tcp.refused", "their service")(
        meaning="The host is up, and nothing listens on the port.",
        decided_by="the connection is refused and the socket's error queue holds no ICMP message",
        when=_service_down,
        advice=(
            "{if_here}Start the service: nothing listens on port {port} of {address}.",
            "{if_elsewhere}Start the service on {address}; on its host `ss -ltn 'sport = :PORT'` shows whether and on which address it listens.",
            "{if_here_in_container}In a container this address is the container itself: use the name of the other service.",
            "{if_elsewhere}If it listens on 127.0.0.1 alone, let it listen on 0.0.0.0 or `::`.",
            "Compare host and port with the service's configuration; while it is starting, retry with growing waits.",
        ),
    ),
    new_rule("firewall_rejects", "tcp.address_unreachable.prohibited", "path")(
        meaning="A firewall rejects the connection; the sender of the ICMP message shows which.",
        decided_by="ICMP 3/3 (IPv6 1/4), which no TCP stack sends for a SYN, or 3/2, 3/9, 3/10, "
        "3/13 (IPv6 1/1, 1/5, 1/6)",
        when=_rejected,
        advice=(
            "Ask those who run {sender} to allow TCP from {source} to {address}, port {port}.",
            "{if_own}Ask those who run the firewall to allow TCP from {source} to {address}, port {port}.",
            "Rules are shown there by `nft list ruleset` and `iptables -L -nv`; in a cloud they are security groups.",
        ),
    ),
    new_rule("connection_reset", "tcp.reset", "path")(
        meaning="The connection is reset while it is made.",
        decided_by="ECONNRESET in connect()",
        when=_reset,
        confidence=0.7,
        advice=(
            "Look into the log of the service and of what stands in front of it, a load balancer or a firewall.",
            "Compare from another network: `ringback compare here.json there.json`; a filter on the path resets as well.",
        ),
    ),
)


# Rules about TCP: somebody says that the host cannot be reached.

_LOOP = frozenset({(11, 0), (3, 0)})

MIN_ARP_TIMEOUT = 2.0
"""Seconds after which a router's "host unreachable" is its answer to a host that is silent.

A router asks for the host three times, a second apart, before it says so; a rule answers at once.
"""


USUAL_TTL = 30
"""Routers that a packet may pass on the longest ways of the internet."""


def _host_down(evidence: Evidence) -> Finding | None:
    lost = [
        reading for reading in failed(evidence, "host_unreachable") if icmp_code(reading) in ARP
    ]
    down = need(
        [
            reading
            for reading in lost
            if icmp_of(reading)["own"] or reading.seconds >= MIN_ARP_TIMEOUT
        ]
    )
    icmp = icmp_of(down[0])
    own, sender = icmp["own"], icmp["sender"]
    by = "" if own else f", reports {sender}"
    next_router = Alternative(
        kind="tcp.address_unreachable.host",
        cause="host_unreachable",
        where="path",
        summary="The host is behind a further router, and that router is down.",
        check="try another address of the same network: behind a router that is down none answers",
    )
    return Finding(
        f"No host answers for {down[0].facts['address']} on its network{by}: the host is off, "
        "or the address is wrong.",
        tuple(down),
        alternatives=_WIDE if own and _is_far(down[0]) else () if own else (next_router,),
        confidence=None if own else 0.85,
    )


_NEAR = {4: 24, 6: 64}
"""Bits of the usual networks of a link."""


def _is_far(reading: ReadingOf[TcpConnectFacts]) -> bool:
    """Return whether an address is asked for on the own link that is in no usual network with it."""
    source, address = address_of(reading.facts["source"]), address_of(reading.facts["address"])
    if source is None or address is None:
        return False
    network = ip_network((source, _NEAR[source.version]), strict=False)
    return address not in network


_WIDE = (
    Alternative(
        kind="tcp.address_unreachable.host",
        cause="no_route",
        where="this host",
        summary="The address is of another network, and this host takes it for its own: its "
        "netmask is too wide.",
        check="compare the netmask in `ip addr` with that of a neighbour",
    ),
)


def _host_unreachable(evidence: Evidence) -> Finding | None:
    lost = [reading for reading in failed(evidence, "host_unreachable") if icmp_code(reading)]
    lost = need([reading for reading in lost if not is_expired(reading)])
    sender = icmp_of(lost[0])["sender"]
    return Finding(
        f"{sender} reports at once that the host {lost[0].facts['address']} cannot be "
        "reached: a firewall rule, or a host that it knows to be off.",
        tuple(lost),
        alternatives=(
            Alternative(
                kind="tcp.address_unreachable.host",
                cause="firewall_rejects",
                where="path",
                summary=f"A firewall on {sender} rejects the connection with this message.",
                check="try another port of the same host: if the host is off, all are rejected",
            ),
            Alternative(
                kind="tcp.address_unreachable.host",
                cause="host_down",
                where="their host",
                summary="The host is off, and the router already knows.",
                check="try again in a minute: the answer then takes about 3 s",
            ),
        ),
        confidence=0.75,
    )


def _short_lived(evidence: Evidence) -> Finding | None:
    """A router gives up a packet that this host allows few routers only."""
    gone = [reading for reading in failed(evidence, "host_unreachable") if is_expired(reading)]
    for reading in gone:
        route = evidence.first(RouteFacts, family=version(reading))
        hops = route.facts["hops"] if route else None
        if route is not None and hops and hops < USUAL_TTL:
            return Finding(
                f"Packets of this host may pass at most {hops} routers, too few for "
                f"{reading.facts['address']}: {icmp_of(reading)['sender']} discards them.",
                (reading, route),
            )
    return None


def _loop(evidence: Evidence) -> Finding | None:
    every = failed(evidence, "host_unreachable", "network_unreachable", "timeout", "error")
    looped = need(
        [reading for reading in every if icmp_code(reading) in _LOOP and is_expired(reading)]
    )
    sender = icmp_of(looped[0])["sender"]
    return Finding(
        f"Packets to {looped[0].facts['address']} loop between routers: {sender} reports that "
        "their time to live is exceeded.",
        tuple(looped),
    )


def _network_unreachable(evidence: Evidence) -> Finding | None:
    lost = need(
        [reading for reading in failed(evidence, "network_unreachable") if icmp_code(reading)]
    )
    who, _ = sender_of(lost[0])
    return Finding(
        f"{who[0].upper()}{who[1:]} reports that it has no route to {lost[0].facts['address']}.",
        tuple(lost),
        alternatives=(
            Alternative(
                kind="tcp.address_unreachable.network",
                cause="firewall_rejects",
                where="path",
                summary="A firewall there rejects the connection with this message.",
                check="try another port of the same host: a missing route affects all",
            ),
        ),
        confidence=0.85,
    )


def _no_way(evidence: Evidence) -> Finding | None:
    lost = failed(
        evidence, "network_unreachable", "host_unreachable", "prohibited", "invalid", "error"
    )
    if not lost or len(lost) < len(evidence.unopened):
        return None
    return Finding(
        f"This host cannot send to {listed(lost)}: {lost[0].facts['errno']}.",
        tuple(lost),
        kind=lost[0].kind,
        confidence=0.7,
    )


UNREACHABLE = (
    new_rule("host_down", "tcp.address_unreachable.host", "their host")(
        meaning="No host on the last network answers for the address.",
        decided_by="ICMP host-unreachable after some 3 s, from this host's kernel or the last router",
        when=_host_down,
        advice=(
            "Switch the host {address} on, or connect it: nobody on its network answers for it.",
            "{if_named}Or correct the record of {host}, if {address} is an old address.",
            "{else}Or correct the address.",
        ),
    ),
    new_rule("ttl_too_small", "tcp.address_unreachable.host", "this host")(
        meaning="This host sends packets with too small a time to live.",
        decided_by="ICMP time-exceeded, and a usual time to live of this host below 30",
        when=_short_lived,
        advice=(
            "Raise it to 64: `sysctl -w net.ipv4.ip_default_ttl=64`, or `net.ipv6.conf.all.hop_limit` for IPv6.",
        ),
    ),
    new_rule("routing_loop", "tcp.address_unreachable.host", "path")(
        meaning="Two routers send the packets back and forth.",
        decided_by="ICMP time-exceeded (11/0, IPv6 3/0) for a packet with the usual time to live",
        when=_loop,
        advice=(
            "Tell the operators of {sender} that packets to {address} loop between their routers: `traceroute {address}` shows which.",
            "{else}Tell the network's operators the address and the router that reported it.",
        ),
    ),
    new_rule("host_unreachable", "tcp.address_unreachable.host", "path")(
        meaning="A router or firewall reports that the host cannot be reached.",
        decided_by="ICMP host-unreachable from another host, at once",
        when=_host_unreachable,
        advice=(
            "Ask those who run {sender} whether {address} is up, and whether a rule rejects it.",
            "{else}Ask those who run the network of the host.",
        ),
    ),
    new_rule("network_unreachable", "tcp.address_unreachable.network", "path")(
        meaning="A router on the path has no route to the target.",
        decided_by="ICMP network-unreachable (3/0, IPv6 1/0) from a router",
        when=_network_unreachable,
        advice=(
            "Tell the operators of {sender} that it has no route to {address}.",
            "{if_private}The address is one of a private network: connect the VPN that leads there.",
            "{if_named}Or correct the record of {host}, if {address} is an old address.",
            "{else}Connect the network or VPN that leads there.",
        ),
    ),
    new_rule("no_route", "tcp.address_unreachable.network", "this host")(
        meaning="This host itself cannot send there.",
        decided_by="connect() fails at once, without any ICMP message",
        when=_no_way,
        advice=(
            "Connect to the VPN or network that leads to {address}.",
            "{if_ipv6}Without IPv6 here, use an IPv4 address of the service.",
            "{else}Correct the route.",
        ),
    ),
)
