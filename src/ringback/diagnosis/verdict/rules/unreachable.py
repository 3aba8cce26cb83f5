"""Rules about TCP: somebody says that the host cannot be reached."""

from ringback.diagnosis.model import Alternative
from ringback.diagnosis.verdict.attempts import failed, icmp_code, is_expired, sender_of, version
from ringback.diagnosis.verdict.evidence import ARP, Evidence
from ringback.diagnosis.verdict.rule import Finding, Rule
from ringback.diagnosis.verdict.wording import listed

_LOOP = frozenset({(11, 0), (3, 0)})

ASKED_FOR = 2.0
"""Seconds after which a router's "host unreachable" is its answer to a host that is silent.

A router asks for the host three times, a second apart, before it says so; a rule answers at once.
"""


USUAL = 30
"""Routers that a packet may pass on the longest ways of the internet."""


def _host_down(evidence: Evidence) -> Finding | None:
    lost = [one for one in failed(evidence, "host_unreachable") if icmp_code(one) in ARP]
    down = [one for one in lost if one.facts["icmp"].get("own") or one.seconds >= ASKED_FOR]
    if not down:
        return None
    own, sender = (down[0].facts["icmp"].get(key) for key in ("own", "sender"))
    by = "" if own else f", says {sender}"
    next_router = Alternative(
        kind="tcp.address_unreachable.host",
        cause="host_unreachable",
        where="path",
        summary=f"The host is not on a network of {sender}, and the router behind that is off.",
        check="try another address of the same network: behind a dead router none answers",
    )
    return Finding(
        f"No host answers for {down[0].facts.get('address')} on its network{by}: it is off, or "
        "the address is wrong.",
        tuple(down),
        alternatives=() if own else (next_router,),
        confidence=None if own else 0.85,
    )


def _host_unreachable(evidence: Evidence) -> Finding | None:
    lost = [one for one in failed(evidence, "host_unreachable") if icmp_code(one)]
    lost = [one for one in lost if not is_expired(one)]
    if not lost:
        return None
    sender = lost[0].facts["icmp"].get("sender")
    return Finding(
        f"{sender} says at once that the host {lost[0].facts.get('address')} cannot be reached: "
        "a rule of a firewall, or a host that it knows to be off.",
        tuple(lost),
        alternatives=(
            Alternative(
                kind="tcp.address_unreachable.host",
                cause="firewall_rejects",
                where="path",
                summary=f"A firewall on {sender} rejects the connection in these words.",
                check="try another port of the same host: a host that is off rejects all",
            ),
            Alternative(
                kind="tcp.address_unreachable.host",
                cause="host_down",
                where="their host",
                summary="The host is off, and the router has noticed before.",
                check="ask again in a minute: then the answer takes some 3 s",
            ),
        ),
        confidence=0.75,
    )


def _short_lived(evidence: Evidence) -> Finding | None:
    """A router gives up a packet that this host allows few routers only."""
    gone = [one for one in failed(evidence, "host_unreachable") if is_expired(one)]
    for one in gone:
        route = evidence.first("host", "route", family=version(one))
        hops = route.facts.get("hops") if route else None
        if route is not None and hops and hops < USUAL:
            return Finding(
                f"Packets of this host may pass {hops} routers at most, which is too few for "
                f"{one.facts.get('address')}: {one.facts['icmp'].get('sender')} gives them up.",
                (one, route),
            )
    return None


def _loop(evidence: Evidence) -> Finding | None:
    every = failed(evidence, "host_unreachable", "network_unreachable", "timeout", "error")
    looped = [one for one in every if icmp_code(one) in _LOOP and is_expired(one)]
    if not looped:
        return None
    sender = looped[0].facts["icmp"].get("sender")
    return Finding(
        f"Packets to {looped[0].facts.get('address')} run in a circle: {sender} reports that "
        "their time to live is over.",
        tuple(looped),
    )


def _network_unreachable(evidence: Evidence) -> Finding | None:
    lost = [one for one in failed(evidence, "network_unreachable") if icmp_code(one)]
    if not lost:
        return None
    who, _ = sender_of(lost[0])
    return Finding(
        f"{who[0].upper()}{who[1:]} says that it has no route to {lost[0].facts.get('address')}.",
        tuple(lost),
        alternatives=(
            Alternative(
                kind="tcp.address_unreachable.network",
                cause="firewall_rejects",
                where="path",
                summary="A firewall there rejects the connection in these words.",
                check="try another port of the same host: a missing route stops all",
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
        f"This host cannot send to {listed(lost)}: {lost[0].facts.get('errno')}.",
        tuple(lost),
        kind=lost[0].kind,
        confidence=0.7,
    )


UNREACHABLE = (
    Rule(
        cause="host_down",
        kind="tcp.address_unreachable.host",
        where="their host",
        meaning="No host on the last network answers for the address.",
        decided_by="ICMP host-unreachable after some 3 s, from this host's kernel or the last router",
        when=_host_down,
    ),
    Rule(
        cause="ttl_too_small",
        kind="tcp.address_unreachable.host",
        where="this host",
        meaning="This host lets its packets pass too few routers.",
        decided_by="ICMP time-exceeded, and a usual time to live of this host below 30",
        when=_short_lived,
        advice=("Raise it to 64: `sysctl net.ipv4.ip_default_ttl`, `net.ipv6.conf.*.hop_limit`.",),
    ),
    Rule(
        cause="routing_loop",
        kind="tcp.address_unreachable.host",
        where="path",
        meaning="Two routers send the packets to each other.",
        decided_by="ICMP time-exceeded (11/0, IPv6 3/0) for a packet with the usual time to live",
        when=_loop,
        advice=("Tell the network's operators the address and the router that reported it.",),
    ),
    Rule(
        cause="host_unreachable",
        kind="tcp.address_unreachable.host",
        where="path",
        meaning="A router or a firewall says that the host cannot be reached.",
        decided_by="ICMP host-unreachable from another host, at once",
        when=_host_unreachable,
    ),
    Rule(
        cause="network_unreachable",
        kind="tcp.address_unreachable.network",
        where="path",
        meaning="A router on the way knows no route.",
        decided_by="ICMP network-unreachable (3/0, IPv6 1/0) from a router",
        when=_network_unreachable,
    ),
    Rule(
        cause="no_route",
        kind="tcp.address_unreachable.network",
        where="this host",
        meaning="This host itself cannot send there.",
        decided_by="an error of connect() at once, without any ICMP message",
        when=_no_way,
    ),
)
