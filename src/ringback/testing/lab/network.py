"""Faults of the network itself, made in namespaces: packets dropped, rejected or without a way.

Three hosts of the lab's own, a client, a router and a server, each in a network namespace::

    client 192.0.2.2 ── 192.0.2.1 router 198.51.100.1 ── 198.51.100.2 server

The addresses are those reserved for documentation (RFC 5737, RFC 3849): they belong to nobody. The
faults are met from inside the client's namespace (``Endpoint.namespace``), where name resolution is
the C library's own, asking the lab's server on port 53.

A rejection over IPv6 takes 1 s: these links have no latency, so the first ICMP message comes back
while the kernel still holds the socket to send the SYN, and Linux then ignores it.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from ringback.testing.lab.dns import ANSWERS, DNSAnswer, Nameserver, bind
from ringback.testing.lab.fault import Endpoint, Fault, FaultKind, new_fault, shared
from ringback.testing.lab.message import serve
from ringback.testing.lab.namespace import Namespaces, give_file, inside, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from ringback.testing.lab.lab import Lab
    from ringback.testing.lab.server import Handler


SERVER = {4: "198.51.100.2", 6: "2001:db8:2::2"}
"""Addresses of the server."""

NAMESERVER = "198.51.100.53"
"""Another address of the server."""

_LINKS = """
link add lab0 netns {client} type veth peer name lab0 netns {router}
link add lab1 netns {router} type veth peer name lab0 netns {server}
"""

_CLIENT = """
link set lo up
link set lab0 up
addr add 192.0.2.2/24 dev lab0
addr add 2001:db8:1::2/64 dev lab0 nodad
route add 198.51.100.0/24 via 192.0.2.1
route add 203.0.113.128/25 via 192.0.2.1
route add unreachable 203.0.113.1
route add prohibit 203.0.113.2
route add blackhole 203.0.113.3
route add 2001:db8:2::/64 via 2001:db8:1::1
"""

_ROUTER = """
link set lab0 up
link set lab1 up
addr add 192.0.2.1/24 dev lab0
addr add 198.51.100.1/24 dev lab1
addr add 2001:db8:1::1/64 dev lab0 nodad
addr add 2001:db8:2::1/64 dev lab1 nodad
"""

_SERVER = """
link set lo up
link set lab0 up
addr add 198.51.100.2/24 dev lab0
addr add 198.51.100.53/24 dev lab0
addr add 2001:db8:2::2/64 dev lab0 nodad
route add default via 198.51.100.1
route add ::/0 via 2001:db8:2::1
"""

_HOSTS = {"router": _ROUTER, "server": _SERVER, "client": _CLIENT}

_SETTINGS = {
    "client": {
        # A neighbour is given up after 3 questions: 0.6 s instead of the usual 3 s.
        "ipv4/neigh/lab0/retrans_time_ms": "200",
        "ipv6/neigh/lab0/retrans_time_ms": "200",
    },
    "router": {
        "ipv4/ip_forward": "1",
        "ipv6/conf/all/forwarding": "1",
        # Else only some of several rejections in a row are told to the client.
        "ipv4/icmp_ratelimit": "0",
        "ipv6/icmp/ratelimit": "0",
    },
}

_AT_ONCE = {
    # Else the router would ask for no neighbour until nobody had claimed its own address for up to
    # 2 s: it has nothing to forward in time, and on a busy machine says that there is no way.
    "ipv6/conf/all/accept_dad": "0",
    "ipv6/conf/default/accept_dad": "0",
}
"""Settings of each host, before it has links."""

RESOLVER = "nameserver {}\noptions timeout:{} attempts:1\nsearch .\n"
"""``resolv.conf`` of a client: each question is asked once."""

PATIENT, IMPATIENT = 10, 1
"""Seconds after which a client gives up a question: one that is answered, also by a machine that is
busy, and one that is not."""


class Topology:
    """The three hosts, until it is closed.

    Attributes:
        client: Name of the namespace to call from; the other names beside it differ in their
            resolver only, see ``client_asking``.
    """

    def __init__(self) -> None:
        self._namespaces = Namespaces()
        self._asking: dict[str, str] = {}
        try:
            self._names = {role: self._namespaces.add(role) for role in _HOSTS}
            self.client = self._names["client"]
            self._build()
        except BaseException:
            self._namespaces.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the hosts; harmless when called again."""
        self._namespaces.close()

    def client_asking(self, role: str, nameserver: str) -> str:
        """Return another name of the client, under which programs ask ``nameserver``, for 1 s."""
        if role not in self._asking:
            self._asking[role] = self._namespaces.also(self.client, f"client-{role}")
        name = self._asking[role]
        self._give_resolver(name, nameserver, IMPATIENT)
        return name

    def inside(self, role: str) -> AbstractContextManager[None]:
        """Put the calling thread into ``client``, ``router`` or ``server``."""
        return inside(self._names[role])

    def listen(self, lab: Lab, handler: Handler, version: int = 4) -> Endpoint:
        """Open a port on the server, to be called from the client."""
        # The lab's threads must be there before: they would live in the server's namespace.
        lab.later(0, lambda: None)
        with self.inside("server"):
            listener = lab.reserve(handler, host=SERVER[version])
            listener.open()
        listener.endpoint.namespace = self.client
        return listener.endpoint

    def filter(self, endpoint: Endpoint, *rule: str) -> None:
        """Let the router do ``rule`` (options of iptables) to what goes to an endpoint."""
        program = "ip6tables" if ":" in endpoint.host else "iptables"
        to = ("-d", endpoint.host, "-p", "tcp", "--dport", str(endpoint.port))
        run(self._names["router"], [program, "-w", "-A", "FORWARD", *to, *rule])

    def _build(self) -> None:
        batch = ["ip", "-batch", "-"]
        for role in _HOSTS:
            self._set(role, _AT_ONCE)
        run(self._names["router"], batch, stdin=_LINKS.format_map(self._names))
        for role, host in _HOSTS.items():
            run(self._names[role], batch, stdin=host)
        for role, settings in _SETTINGS.items():
            self._set(role, settings)
        self._give_resolver(self.client, NAMESERVER, PATIENT)

    def _set(self, role: str, settings: dict[str, str]) -> None:
        with self.inside(role):
            for setting, value in settings.items():
                Path("/proc/sys/net", setting).write_text(value)

    def _give_resolver(self, name: str, nameserver: str, seconds: int) -> None:
        give_file(name, "resolv.conf", RESOLVER.format(nameserver, seconds))
        give_file(name, "nsswitch.conf", "hosts: files dns\n")
        give_file(name, "hosts", "127.0.0.1 localhost\n::1 localhost\n")


NEEDS = ("root", "netns", "ip", "iptables", "ip6tables")

NO_ROUTE = {4: "203.0.113.4", 6: "2001:db8:ffff::1"}
"""Addresses to which the client knows no way."""

ROUTES = {"unreachable": "203.0.113.1", "prohibit": "203.0.113.2", "blackhole": "203.0.113.3"}
"""Type of the client's route to an address."""

NAMES = {
    **ANSWERS,
    "two-families": DNSAnswer(addresses=tuple(SERVER.values())),
    "no-ipv6": DNSAnswer(addresses=(SERVER[4], NO_ROUTE[6])),
}
"""Label to answer of the nameserver behind the router."""


@shared
def topology(lab: Lab) -> Topology:
    """Return the lab's hosts, started on first use."""
    hosts = Topology()
    lab.on_stop(hosts.close)
    return hosts


@shared
def nameserver_behind_router(lab: Lab) -> Nameserver:
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
    met.nameserver = nameserver_behind_router(lab).address
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


def _rejected(kind: FaultKind, code: str, version: int = 4, also: tuple[str, ...] = ()) -> Fault:
    return new_fault(kind, code.replace("-", "_"), also=also, needs=NEEDS)(
        f"a router rejects with {code}",
        _filtered("-j", "REJECT", "--reject-with", code, version=version),
    )


def _fault(
    kind: FaultKind, when: str, *also: str
) -> Callable[[str, Callable[[Lab], Endpoint]], Fault]:
    return new_fault(kind, when, also=also, needs=NEEDS)


_NETWORK: Final = "tcp.address_unreachable.network"
_HOST: Final = "tcp.address_unreachable.host"
_PROHIBITED: Final = "tcp.address_unreachable.prohibited"
_WITH_DATA = ("--tcp-flags", "PSH", "PSH", "-j")

FAULTS: tuple[Fault, ...] = (
    _fault("tcp.timed_out", "dropped")("a firewall drops every packet", _filtered("-j", "DROP")),
    _fault("tcp.timed_out", "dropped_ipv6")(
        "a firewall drops every packet, over IPv6", _filtered("-j", "DROP", version=6)
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
    _fault(_HOST, "host_off")("no host answers on the client's own link", _addressed("192.0.2.77")),
    _fault(_HOST, "host_off_ipv6")(
        "no host answers on the client's own link, over IPv6", _addressed("2001:db8:1::77")
    ),
    _fault(_HOST, "unreachable_route")(
        "a route says unreachable", _addressed(ROUTES["unreachable"])
    ),
    _fault(_PROHIBITED, "prohibit_route")("a route says prohibit", _addressed(ROUTES["prohibit"])),
    _fault("tcp.address_invalid", "blackhole_route")(
        "a route says blackhole", _addressed(ROUTES["blackhole"])
    ),
    _fault(_NETWORK, "no_route")("the client knows no way", _addressed(NO_ROUTE[4])),
    _fault(_NETWORK, "no_route_ipv6")(
        "the client knows no way, over IPv6", _addressed(NO_ROUTE[6])
    ),
    _fault(_NETWORK, "router_without_route")(
        "the router knows no way", _addressed("203.0.113.200")
    ),
    _fault("ok", "ipv6_dead", "tcp.timed_out")(
        "packets to the IPv6 address are dropped, the IPv4 address answers", ipv6_dead
    ),
    _fault("tcp.refused", "ipv6_missing", _NETWORK)(
        "the IPv4 address refuses, to the IPv6 address there is no way", ipv6_missing
    ),
    _fault("tcp.reset", "by_firewall")(
        "a firewall answers the request with a RST",
        _filtered(*_WITH_DATA, "REJECT", "--reject-with", "tcp-reset"),
    ),
    _fault("http.response.timed_out", "request_lost")(
        "the connection is made, then every packet with data is dropped",
        _filtered(*_WITH_DATA, "DROP"),
    ),
    _fault("dns.name_not_resolved", "glibc")("the server says NXDOMAIN", _named("nxdomain")),
    _fault("dns.no_address", "glibc")("the name exists without an address", _named("nodata")),
    _fault("dns.temporary_failure", "glibc_servfail", "dns.server")(
        "the server says SERVFAIL", _named("servfail")
    ),
    _fault("dns.temporary_failure", "glibc_refused", "dns.server")(
        "the server says REFUSED", _named("refused")
    ),
    _fault("dns.temporary_failure", "glibc_silent", "dns.unreachable")(
        "the server does not answer", _asking("silent", NAMESERVER, "silent")
    ),
    _fault("dns.temporary_failure", "glibc_port_closed", "dns.unreachable")(
        "nothing listens on the server's port 53", _asking("port-closed", SERVER[4])
    ),
    _fault("dns.temporary_failure", "glibc_no_route", "dns.unreachable")(
        "there is no way to the server", _asking("no-route", NO_ROUTE[4])
    ),
)
