"""Faults of the network itself, made in namespaces: packets dropped, rejected or without a way.

They are met from inside the client's namespace (``Endpoint.namespace``), where name resolution is
the C library's own, asking the lab's server on port 53.

A rejection over IPv6 takes 1 s: these links have no latency, so the first ICMP message comes back
while the kernel still holds the socket to send the SYN, and Linux then ignores it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ringback.testing.lab.dns import ANSWERS
from ringback.testing.lab.fault import Endpoint, Fault
from ringback.testing.lab.nameserver import Answer, Nameserver, bind
from ringback.testing.lab.response import serve
from ringback.testing.lab.shared import shared
from ringback.testing.lab.topology import NAMESERVER, SERVER, Topology

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.testing.lab.lab import Lab

NEEDS = ("root", "netns", "ip", "iptables", "ip6tables")

NO_ROUTE = {4: "203.0.113.4", 6: "2001:db8:ffff::1"}
"""Addresses to which the client knows no way."""

ROUTES = {"unreachable": "203.0.113.1", "prohibit": "203.0.113.2", "blackhole": "203.0.113.3"}
"""Type of the client's route to an address."""

NAMES = {
    **ANSWERS,
    "two-families": Answer(addresses=tuple(SERVER.values())),
    "no-ipv6": Answer(addresses=(SERVER[4], NO_ROUTE[6])),
}
"""Label to answer of the nameserver behind the router."""


@shared
def topology(lab: Lab) -> Topology:
    """Return the lab's hosts, started on first use."""
    hosts = Topology()
    lab.on_stop(hosts.close)
    return hosts


@shared
def nameserver(lab: Lab) -> Nameserver:
    """Return the DNS server on the server's port 53, started on first use."""
    with topology(lab).inside("server"):
        sockets = bind(NAMESERVER, 53)
    server = Nameserver(NAMES, sockets)
    lab.on_stop(server.close)
    return server


def ipv6_dead(lab: Lab) -> Endpoint:
    """Start a server whose name has two addresses: IPv6 is dropped, IPv4 answers."""
    hosts = topology(lab)
    met = hosts.listen(lab, serve)
    hosts.filter(dataclasses.replace(met, host=SERVER[6]), "-j", "DROP")
    return _by_name(lab, met, "two-families")


def ipv6_missing(lab: Lab) -> Endpoint:
    """Start a port that refuses over IPv4, whose name has an IPv6 address without a route."""
    hosts = topology(lab)
    met = hosts.listen(lab, serve)
    hosts.filter(met, "-j", "REJECT", "--reject-with", "tcp-reset")
    return _by_name(lab, met, "no-ipv6")


def _by_name(lab: Lab, met: Endpoint, label: str) -> Endpoint:
    met.nameserver = nameserver(lab).address
    met.host = f"{label}.lab.test"
    met.url = f"http://{met.host}:{met.port}/"
    return met


def _filtered(*rule: str, version: int = 4) -> Callable[[Lab], Endpoint]:
    def start(lab: Lab) -> Endpoint:
        hosts = topology(lab)
        met = hosts.listen(lab, serve, version)
        hosts.filter(met, *rule)
        return met

    return start


def _addressed(host: str) -> Callable[[Lab], Endpoint]:
    url = f"http://[{host}]/" if ":" in host else f"http://{host}/"
    return lambda lab: Endpoint(url=url, host=host, port=80, namespace=topology(lab).client)


def _named(label: str) -> Callable[[Lab], Endpoint]:
    def start(lab: Lab) -> Endpoint:
        client = topology(lab).client
        return _by_name(lab, Endpoint(url="", host="", port=80, namespace=client), label)

    return start


def _asking(role: str, address: str, label: str = "ok") -> Callable[[Lab], Endpoint]:
    def start(lab: Lab) -> Endpoint:
        met = _named(label)(lab)
        met.namespace = topology(lab).client_asking(role, address)
        met.nameserver = (address, 53)
        return met

    return start


def _rejected(kind: str, code: str, version: int = 4, also: tuple[str, ...] = ()) -> Fault:
    return Fault(
        kind=kind,
        when=code.replace("-", "_"),
        summary=f"a router rejects with {code}",
        start=_filtered("-j", "REJECT", "--reject-with", code, version=version),
        also=also,
        needs=NEEDS,
    )


def _fault(
    kind: str, when: str, summary: str, start: Callable[[Lab], Endpoint], *also: str
) -> Fault:
    return Fault(kind=kind, when=when, summary=summary, start=start, also=also, needs=NEEDS)


_NETWORK = "tcp.address_unreachable.network"
_HOST = "tcp.address_unreachable.host"
_PROHIBITED = "tcp.address_unreachable.prohibited"
_WITH_DATA = ("--tcp-flags", "PSH", "PSH", "-j")

FAULTS: tuple[Fault, ...] = (
    _fault("tcp.timed_out", "dropped", "a firewall drops every packet", _filtered("-j", "DROP")),
    _fault(
        "tcp.timed_out",
        "dropped_ipv6",
        "a firewall drops every packet, over IPv6",
        _filtered("-j", "DROP", version=6),
    ),
    _rejected("tcp.refused", "icmp-port-unreachable"),
    _rejected("tcp.refused", "tcp-reset"),
    _rejected("tcp.refused", "icmp6-port-unreachable", 6),
    _rejected(_NETWORK, "icmp-net-unreachable"),
    _rejected(_NETWORK, "icmp-net-prohibited"),
    _rejected(_NETWORK, "icmp6-no-route", 6),
    _rejected(_HOST, "icmp-host-unreachable"),
    _rejected(_HOST, "icmp-host-prohibited"),
    _rejected(_HOST, "icmp-admin-prohibited"),
    _rejected(_HOST, "icmp6-addr-unreachable", 6),
    _rejected(_PROHIBITED, "icmp-proto-unreachable"),
    _rejected(_PROHIBITED, "icmp6-adm-prohibited", 6),
    _fault(_HOST, "host_off", "no host answers on the client's own link", _addressed("192.0.2.77")),
    _fault(
        _HOST,
        "host_off_ipv6",
        "no host answers on the client's own link, over IPv6",
        _addressed("2001:db8:1::77"),
    ),
    _fault(
        _HOST, "unreachable_route", "a route says unreachable", _addressed(ROUTES["unreachable"])
    ),
    _fault(_PROHIBITED, "prohibit_route", "a route says prohibit", _addressed(ROUTES["prohibit"])),
    _fault(
        "tcp.address_invalid",
        "blackhole_route",
        "a route says blackhole",
        _addressed(ROUTES["blackhole"]),
    ),
    _fault(_NETWORK, "no_route", "the client knows no way", _addressed(NO_ROUTE[4])),
    _fault(
        _NETWORK, "no_route_ipv6", "the client knows no way, over IPv6", _addressed(NO_ROUTE[6])
    ),
    _fault(
        _NETWORK, "router_without_route", "the router knows no way", _addressed("203.0.113.200")
    ),
    _fault(
        "ok",
        "ipv6_dead",
        "packets to the IPv6 address are dropped, the IPv4 address answers",
        ipv6_dead,
        "tcp.timed_out",
    ),
    _fault(
        "tcp.refused",
        "ipv6_missing",
        "the IPv4 address refuses, to the IPv6 address there is no way",
        ipv6_missing,
        _NETWORK,
    ),
    _fault(
        "tcp.reset",
        "by_firewall",
        "a firewall answers the request with a RST",
        _filtered(*_WITH_DATA, "REJECT", "--reject-with", "tcp-reset"),
    ),
    _fault(
        "http.response.timed_out",
        "request_lost",
        "the connection is made, then every packet with data is dropped",
        _filtered(*_WITH_DATA, "DROP"),
    ),
    _fault("dns.name_not_resolved", "glibc", "the server says NXDOMAIN", _named("nxdomain")),
    _fault("dns.no_address", "glibc", "the name exists without an address", _named("nodata")),
    _fault(
        "dns.temporary_failure",
        "glibc_servfail",
        "the server says SERVFAIL",
        _named("servfail"),
        "dns.server",
    ),
    _fault(
        "dns.temporary_failure",
        "glibc_refused",
        "the server says REFUSED",
        _named("refused"),
        "dns.server",
    ),
    _fault(
        "dns.temporary_failure",
        "glibc_silent",
        "the server does not answer",
        _asking("silent", NAMESERVER, "silent"),
        "dns.unreachable",
    ),
    _fault(
        "dns.temporary_failure",
        "glibc_port_closed",
        "nothing listens on the server's port 53",
        _asking("port-closed", SERVER[4]),
        "dns.unreachable",
    ),
    _fault(
        "dns.temporary_failure",
        "glibc_no_route",
        "there is no way to the server",
        _asking("no-route", NO_ROUTE[4]),
        "dns.unreachable",
    ),
)
