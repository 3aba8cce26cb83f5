"""The readings of one diagnosis, as the rules ask for them."""

from __future__ import annotations

from functools import cached_property
from ipaddress import ip_network
from typing import TYPE_CHECKING, cast

from ringback.diagnosis.fact_values import address_of
from ringback.diagnosis.facts import (
    GetaddrinfoFacts,
    GreetingFacts,
    HandshakeFacts,
    HijackFacts,
    NameserverFacts,
    ProxyConnectFacts,
    ProxyTunnelFacts,
    RedirectFacts,
    RequestFacts,
    TcpConnectFacts,
    UrlFacts,
)
from ringback.diagnosis.model import Facts
from ringback.diagnosis.sorts import FactsT, ReadingOf, readings_of
from ringback.failure.target import target_of_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ringback.diagnosis.fact_values import AttemptFacts, IcmpFact, IcmpFacts
    from ringback.diagnosis.model import Reading, Where


ARP = frozenset({(3, 1), (1, 3)})
"""ICMP (type, code) from an own address: nobody on the link answered for the next hop."""

PRIVATE_NETWORKS = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
"""Networks of somebody's own (RFC 1918, RFC 6598, RFC 4193)."""

_STEPS = frozenset({"request", "redirect", "elsewhere"})


class Evidence:
    """Readings, indexed; nothing here decides anything.

    Attributes:
        readings: As they were handed in.
    """

    def __init__(self, readings: Sequence[Reading]) -> None:
        self.readings = tuple(readings)

    def all(self, sort: type[FactsT], **having: object) -> list[ReadingOf[FactsT]]:
        """Return the readings of one sort that have these facts."""
        return [
            reading
            for reading in readings_of(self.readings, sort)
            if all(reading.facts[key] == value for key, value in having.items())
        ]

    def first(self, sort: type[FactsT], **having: object) -> ReadingOf[FactsT] | None:
        """Return the first reading of one sort that has these facts."""
        return next(iter(self.all(sort, **having)), None)

    def facts(self, sort: type[FactsT]) -> FactsT:
        """Return the facts of the first reading of one sort; without one, none."""
        found = self.first(sort)
        return cast("FactsT", Facts()) if found is None else found.facts

    @cached_property
    def asked(self) -> UrlFacts:
        """What was asked: the facts of ``url/parse``."""
        return self.facts(UrlFacts)

    @property
    def host(self) -> str:
        """The host that was asked for."""
        return str(self.asked["host"] or "")

    @property
    def place(self) -> str:
        """``host:port`` as people write it."""
        return place_at(self.host, self.asked["port"])

    @property
    def last_place(self) -> str:
        """``host:port`` of the last request: a redirect may lead to another port."""
        last = self.all(RequestFacts)[-1:]
        port = target_of_url(last[0].subject).port if last else None
        return place_at(self.host, port or self.asked["port"])

    @property
    def protocol(self) -> str:
        """What is spoken behind TCP and TLS."""
        return str(self.asked["protocol"] or "none")

    @property
    def named(self) -> bool:
        """Whether the host is a name, not an address."""
        return not self.asked["is_address"]

    @property
    def proxied(self) -> bool:
        """Whether the program would go through a proxy."""
        return self.first(ProxyConnectFacts) is not None

    @cached_property
    def addresses(self) -> list[str]:
        """The addresses that the program would use; none where a proxy looks the name up."""
        if not self.named:
            return [self.host]
        if not self.resolved_here:
            return []
        return list(self.facts(GetaddrinfoFacts)["addresses"] or ())

    @property
    def resolved_here(self) -> bool:
        """Whether this program needs the target's addresses: an HTTP proxy looks them up itself."""
        through = self.first(ProxyConnectFacts)
        if through is None:
            return True
        return str(through.facts["proxy"] or "").startswith(("socks4://", "socks5://"))

    @cached_property
    def connects(self) -> list[ReadingOf[TcpConnectFacts]]:
        """One reading for each address that was connected to."""
        return self.all(TcpConnectFacts)

    @cached_property
    def opened(self) -> list[ReadingOf[TcpConnectFacts]]:
        """Those of ``connects`` that were answered with a connection."""
        return [reading for reading in self.connects if reading.facts["outcome"] == "open"]

    @cached_property
    def unopened(self) -> list[ReadingOf[TcpConnectFacts]]:
        """Those of ``connects`` that were not."""
        return [reading for reading in self.connects if reading.facts["outcome"] != "open"]

    @cached_property
    def reached(self) -> bool:
        """Whether the target, or a proxy's tunnel to it, is open."""
        tunnels = self.all(ProxyTunnelFacts)
        return bool(self.opened) or any(reading.state == "ok" for reading in tunnels)

    @cached_property
    def blocked(self) -> bool:
        """Whether nothing came through: no address, no tunnel, no answer through a proxy."""
        return not self.reached and not self.all(RequestFacts) and self.wanted

    @property
    def wanted(self) -> bool:
        """Whether a connection was asked for at all (``dns://`` asks for none)."""
        return self.protocol != "dns"

    @property
    def served(self) -> bool:
        """Whether the last thing that was asked for worked."""
        last = {"http": ("http", "request"), "none": ("tcp", "connect"), "dns": ("name", "")}
        if self.protocol == "dns":
            return bool(self.addresses)
        if self.protocol == "http":
            return not self.lost_on_the_way and any(
                reading.state == "ok" for reading in self.all(RequestFacts)
            )
        if self.protocol in last:
            return self.secured if self.asked["tls"] else self.reached
        return any(reading.state == "ok" for reading in self.all(GreetingFacts))

    @property
    def lost_on_the_way(self) -> bool:
        """Whether a redirect was followed, and nothing is known of where it leads."""
        steps = [
            reading
            for reading in self.readings
            if reading.layer == "http" and reading.what in _STEPS
        ]
        last = steps[-1] if steps else None
        return (
            last is not None
            and last.what == "redirect"
            and bool(cast("ReadingOf[RedirectFacts]", last).facts["followed"])
        )

    @property
    def secured(self) -> bool:
        """Whether a TLS handshake was verified."""
        return any(reading.facts["verified"] for reading in self.all(HandshakeFacts))


def family(address: object) -> int:
    """Return 4 or 6, the IP version of an address, or 0 where it is none."""
    read = address_of(address)
    return read.version if read else 0


def is_loopback(address: object) -> bool:
    """Return whether an address is this machine's own loopback."""
    read = address_of(address)
    return read is not None and read.is_loopback


def is_unusable(address: object) -> bool:
    """Return whether nobody can connect to an address as it stands.

    That of no host, and a link-local one of IPv6, which means another host on each link.
    """
    read = address_of(address)
    needs_zone = read is not None and read.version == 6 and read.is_link_local
    return is_no_host(address) or (needs_zone and "%" not in str(address))


def is_no_host(address: object) -> bool:
    """Return whether an address cannot be that of a host: multicast, reserved, or unspecified."""
    read = address_of(address)
    if read is None:
        return False
    return read.is_multicast or read.is_unspecified or (read.version == 4 and read.is_reserved)


# What answered the attempts to connect, as the rules about them ask for it.


def failed(evidence: Evidence, *outcomes: str) -> list[ReadingOf[TcpConnectFacts]]:
    """Return the attempts that came out so, where the target is not reached at all."""
    if evidence.reached or evidence.proxied:
        return []
    return [reading for reading in evidence.unopened if reading.facts["outcome"] in outcomes]


def icmp_code(reading: ReadingOf[IcmpFact]) -> tuple[int, int] | None:
    """Return type and code of the ICMP message that ended an attempt."""
    icmp = reading.facts["icmp"]
    return (int(icmp["type"]), int(icmp["code"])) if icmp else None


def icmp_of(reading: ReadingOf[IcmpFact]) -> IcmpFacts:
    """Return the ICMP message that ended an attempt; without one, nothing of it is known."""
    return reading.facts["icmp"] or cast("IcmpFacts", Facts())


def version(reading: ReadingOf[AttemptFacts]) -> int:
    """Return 4 or 6, the family of an attempt."""
    return int(reading.facts["family"] or 0)


def sender_of(reading: ReadingOf[IcmpFact]) -> tuple[str, Where]:
    """Return who sent the ICMP message that ended an attempt, and where that is."""
    icmp = icmp_of(reading)
    if icmp["own"]:
        return "this host itself", "this host"
    if icmp["is_target"]:
        return "the host itself", "their host"
    return f"the router {icmp['sender']}", "path"


def is_expired(reading: ReadingOf[AttemptFacts]) -> bool:
    """Return whether a router gave a packet up because it had passed too many."""
    return icmp_code(reading) == ((3, 0) if version(reading) == 6 else (11, 0))


# What the nameservers answered, as the rules about names ask for it.


def configured(evidence: Evidence) -> list[ReadingOf[NameserverFacts]]:
    """Return the answers of the nameservers that this host is configured to ask."""
    every = evidence.all(NameserverFacts)
    return [reading for reading in every if reading.facts["configured"] is not False]


def others(evidence: Evidence) -> list[ReadingOf[NameserverFacts]]:
    """Return the answers of the nameservers that were named beside them."""
    return evidence.all(NameserverFacts, configured=False)


def is_unresolved(evidence: Evidence) -> bool:
    """Return whether this program needs the name here and gets no address."""
    if not evidence.named or not evidence.resolved_here:
        return False
    looked_up = evidence.first(GetaddrinfoFacts)
    return looked_up is not None and not evidence.addresses and not evidence.served


def unresolved_answers(evidence: Evidence) -> list[ReadingOf[NameserverFacts]]:
    """Return what the configured nameservers say of a name that is not resolved.

    A lookup goes on to the next nameserver behind a failure, and ends with the first that denies
    the name: what others fail with decides nothing then.
    """
    if not is_unresolved(evidence):
        return []
    asked = configured(evidence)
    return _denials(asked) or asked


def _denials(asked: list[ReadingOf[NameserverFacts]]) -> list[ReadingOf[NameserverFacts]]:
    """The answers of the nameservers that deny a name and fail in nothing."""
    failing = {reading.facts["server"] for reading in asked if not _denies(reading)}
    return [reading for reading in asked if reading.facts["server"] not in failing]


def _denies(reading: ReadingOf[NameserverFacts]) -> bool:
    denied = reading.facts["rcode"] in {"NXDOMAIN", "NOERROR"} and not reading.facts["answers"]
    return denied and not reading.facts["referral"]


def coded(evidence: Evidence, rcode: str) -> list[ReadingOf[NameserverFacts]]:
    """Return the answers with a code, where no nameserver gives an address."""
    if with_addresses(configured(evidence)):
        return []
    return [reading for reading in unresolved_answers(evidence) if reading.facts["rcode"] == rcode]


def with_addresses(
    readings: Iterable[ReadingOf[NameserverFacts]],
) -> list[ReadingOf[NameserverFacts]]:
    """Return those that hold an address."""
    return [reading for reading in readings if reading.facts["answers"]]


def is_dead(reading: ReadingOf[NameserverFacts]) -> bool:
    """Return whether a nameserver gave no answer at all."""
    return bool(reading.facts["timed_out"] or reading.facts["error"])


def answered_late(evidence: Evidence) -> list[ReadingOf[NameserverFacts]]:
    """Return the questions that were given up before this host's own lookup denied the name."""
    asked = unresolved_answers(evidence)
    lookup = evidence.first(GetaddrinfoFacts)
    if lookup is None or lookup.kind not in {"dns.name_not_resolved", "dns.no_address"}:
        return []
    ended = lookup.at + lookup.seconds
    slow = [
        reading
        for reading in asked
        if reading.facts["timed_out"] and reading.at + reading.seconds < ended
    ]
    return asked if slow and all(map(is_dead, asked)) else []


def servers_of(
    readings: Iterable[ReadingOf[NameserverFacts] | ReadingOf[HijackFacts]],
) -> str:
    """Return the nameservers of readings, as a list for people."""
    named = list(dict.fromkeys(str(reading.facts["server"]) for reading in readings))
    return " and ".join(named[:3])


def with_lookup(evidence: Evidence, readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Return readings together with the system's own lookup."""
    return (*readings, *evidence.all(GetaddrinfoFacts))


# How findings name what they are about.


def place_at(host: str, port: object) -> str:
    """Return ``host:port`` as people write it."""
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port else shown


_PROTOCOL_NAMES = {
    "http2": "HTTP/2",
    "markup": "HTTP",
    "mongodb": "MongoDB",
    "memcached": "Memcached",
    "mysql": "MySQL",
    "postgres": "PostgreSQL",
    "redis": "Redis",
    "telnet": "Telnet",
}
"""A page without a head is what some servers answer to all that they cannot read as HTTP."""


def protocol_name(speaks: object) -> str:
    """Return what people call a protocol that a port answers."""
    name = str(speaks or "another protocol")
    return _PROTOCOL_NAMES.get(name, name if " " in name else name.upper())


_MAX_LISTED = 3


def listed(readings: Sequence[Reading]) -> str:
    """Return what readings are about, as a list for people; of many the first three."""
    return " and ".join(reading.subject for reading in readings[:_MAX_LISTED])
