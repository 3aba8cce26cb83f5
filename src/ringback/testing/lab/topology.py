"""Three hosts of the lab's own: a client, a router and a server, each in a network namespace.

    client 192.0.2.2 ── 192.0.2.1 router 198.51.100.1 ── 198.51.100.2 server

The addresses are those reserved for documentation (RFC 5737, RFC 3849): they belong to nobody.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from ringback.testing.lab.namespace import Namespaces, give_file, inside, run

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ringback.testing.lab.connection import Handler
    from ringback.testing.lab.fault import Endpoint
    from ringback.testing.lab.lab import Lab

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
        """Open a port on the server, to be called from the client.

        Args:
            lab: Serves the connections.
            handler: What to do with each.
            version: 4 or 6, of IP.
        """
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
