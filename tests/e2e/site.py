"""The hosts of one world, each in a network namespace of its own.

    client ── gateway ── border ── server
                 │
               office (resolvers, proxy)

    192.0.2.0/25     client .2, gateway .1          2001:db8:1::/64  ::2, ::1
    192.0.2.128/25   office .153 .154 .155 .180, gateway .129
    203.0.113.0/30   gateway .1, border .2          2001:db8:9::/64  ::1, ::2
    198.51.100.0/24  border .1, server .2 .3 .4     2001:db8:2::/64  ::1, ::2 ::3

The addresses are those reserved for documentation (RFC 5737, RFC 3849), and nothing leaves the
namespaces. The border has no default route: it answers "net unreachable" for all other networks.
"""

import contextlib
import shutil
import socket
import subprocess
import threading
from pathlib import Path

from e2e.resolver import Resolver

from ringback.testing.lab.dns import bind
from ringback.testing.lab.fault import Seen
from ringback.testing.lab.namespace import Namespaces, give_file, inside
from ringback.testing.lab.server import Connection

CLIENT = "192.0.2.2"
SERVER, SERVER6 = "198.51.100.2", "2001:db8:2::2"
OTHER, OTHER6 = "198.51.100.3", "2001:db8:2::3"
"""A second address of the server's host, on which nothing listens unless a world says so."""
THIRD = "198.51.100.4"
NOBODY, NOBODY6 = "198.51.100.77", "2001:db8:2::77"
"""Addresses behind the border that no host has."""
RESOLVER, RESOLVER2, RESOLVER3 = "192.0.2.153", "192.0.2.154", "192.0.2.155"
PROXY = "192.0.2.180"
NO_RESOLVER = "192.0.2.177"
"""An address on the resolvers' link that no host has."""

_LINKS = """
link add eth0 netns {client} type veth peer name lan netns {gateway}
link add eth0 netns {office} type veth peer name office netns {gateway}
link add wan netns {gateway} type veth peer name wan netns {border}
link add eth0 netns {server} type veth peer name dmz netns {border}
"""

_HOSTS = {
    "client": """
link set lo up
link set eth0 up
addr add 192.0.2.2/25 dev eth0
addr add 2001:db8:1::2/64 dev eth0 nodad
route add default via 192.0.2.1
route add ::/0 via 2001:db8:1::1
""",
    "gateway": """
link set lo up
link set lan up
link set office up
link set wan up
addr add 192.0.2.1/25 dev lan
addr add 192.0.2.129/25 dev office
addr add 203.0.113.1/30 dev wan
addr add 2001:db8:1::1/64 dev lan nodad
addr add 2001:db8:9::1/64 dev wan nodad
route add default via 203.0.113.2
route add ::/0 via 2001:db8:9::2
""",
    "office": """
link set lo up
link set eth0 up
addr add 192.0.2.153/25 dev eth0
addr add 192.0.2.154/25 dev eth0
addr add 192.0.2.155/25 dev eth0
addr add 192.0.2.180/25 dev eth0
route add default via 192.0.2.129
""",
    "border": """
link set lo up
link set wan up
link set dmz up
addr add 203.0.113.2/30 dev wan
addr add 198.51.100.1/24 dev dmz
addr add 2001:db8:9::2/64 dev wan nodad
addr add 2001:db8:2::1/64 dev dmz nodad
route add 192.0.2.0/24 via 203.0.113.1
route add 2001:db8:1::/64 via 2001:db8:9::1
""",
    "server": """
link set lo up
link set eth0 up
addr add 198.51.100.2/24 dev eth0
addr add 198.51.100.3/24 dev eth0
addr add 198.51.100.4/24 dev eth0
addr add 2001:db8:2::2/64 dev eth0 nodad
addr add 2001:db8:2::3/64 dev eth0 nodad
route add default via 198.51.100.1
route add ::/0 via 2001:db8:2::1
""",
}

_FORWARDING = {"ipv4/ip_forward": "1", "ipv6/conf/all/forwarding": "1"}
_TALKATIVE = {"ipv4/icmp_ratelimit": "0", "ipv6/icmp/ratelimit": "0"}
# A router whose own link address is still being tested for duplicates asks for no neighbour.
_AT_ONCE = {"ipv6/conf/default/accept_dad": "0", "ipv6/conf/default/dad_transmits": "0"}
_IP = shutil.which("ip") or "/usr/sbin/ip"


class Site:
    """The hosts, their files and their servers, until it is closed.

    Args:
        limits: Whether the routers keep Linux's own limit on ICMP messages.

    Attributes:
        records: Name to ``Answer`` of the resolver that stands at ``RESOLVER`` unless a world says
            otherwise.
        resolvers: Address of a resolver to its records; empty: the address answers nothing.
        files: Name below ``/etc`` to the text that programs on the client find there.
    """

    def __init__(self, *, limits=False):
        self.limits = limits
        self.records = {}
        self.resolvers = {RESOLVER: {}}
        self.resolver_options = {}
        self.files = {
            "resolv.conf": f"nameserver {RESOLVER}\n",
            "hosts": "127.0.0.1 localhost\n::1 localhost\n",
            "nsswitch.conf": "passwd: files\nhosts: files dns\n",
            "environment": "",
        }
        self._closing = contextlib.ExitStack()
        self._namespaces = self._closing.enter_context(Namespaces())
        try:
            self._names = {role: self._namespaces.add(role) for role in _HOSTS}
            self._build()
        except BaseException:
            self._closing.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Close the servers, remove the hosts."""
        self._closing.close()

    @property
    def client(self):
        """Name of the client's namespace."""
        return self._names["client"]

    def open(self):
        """Give the client its files and start the resolvers."""
        for name, text in self.files.items():
            give_file(self.client, name, text)
        with self.inside("office"):
            for address, records in self.resolvers.items():
                options = self.resolver_options.get(address, {})
                resolver = Resolver(records or self.records, bind(address, 53), **options)
                self._closing.callback(resolver.close)

    def inside(self, role):
        """Put the calling thread onto a host."""
        return inside(self._names[role])

    def ip(self, role, *commands):
        """Run commands of iproute2 on a host."""
        self._run(role, _IP, "-batch", "-", stdin="\n".join(commands))

    def rule(self, role, rule, version=4):
        """Append a rule of iptables on a host: its chain and options in one text."""
        self._run(role, "ip6tables" if version == 6 else "iptables", "-w", "-A", *rule.split())

    def nft(self, role, text):
        """Load rules of nftables on a host."""
        self._run(role, "nft", "-f", "-", stdin=text)

    def setting(self, role, name, value):
        """Write a network setting of the kernel on a host."""
        with self.inside(role):
            Path("/proc/sys/net", name).write_text(value)

    def listen(self, handler, port, *, role="server", address=None):
        """Open a port on a host; without an address on both families of the server's first."""
        addresses = (SERVER, SERVER6) if address is None else (address,)
        with self.inside(role):
            for local in addresses:
                family = socket.AF_INET6 if ":" in local else socket.AF_INET
                listening = socket.create_server((local, port), family=family, backlog=128)
                server = _Server(listening, handler)
                self._closing.callback(server.close)

    def keep(self, close):
        """Call ``close`` when the site is closed."""
        self._closing.callback(close)

    def _build(self):
        for role in _HOSTS:
            with self.inside(role):
                _set(_AT_ONCE)
        self._run("gateway", _IP, "-batch", "-", stdin=_LINKS.format_map(self._names))
        for role, commands in _HOSTS.items():
            self.ip(role, commands)
            with self.inside(role):
                _set({} if self.limits else _TALKATIVE)
        for role in ("gateway", "border"):
            with self.inside(role):
                _set(_FORWARDING)

    def _run(self, role, *command, stdin=""):
        # Without `ip netns exec` and its mounts: these programs read no file below /etc.
        found = shutil.which(command[0], path="/usr/sbin:/sbin:/usr/bin:/bin") or command[0]
        with self.inside(role):
            done = subprocess.run(
                [found, *command[1:]], input=stdin, capture_output=True, text=True, check=False
            )
        assert done.returncode == 0, f"{command}: {done.stderr}"


class _Server:
    """Accepts on one port, a thread for each connection, all on the host it was opened on."""

    def __init__(self, listening, handler):
        self._listening = listening
        self._handler = handler
        self._open = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            serving = list(self._open.items())
        for connection, _ in serving:
            connection.abort()
        for _, thread in serving:
            thread.join(5)

    def _accept(self):
        while True:
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            connection = Connection(accepted, Seen())
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:  # whoever closes joins it, and must find it started
                self._open[connection] = thread
                thread.start()

    def _serve(self, connection):
        try:
            with contextlib.suppress(OSError, ValueError):
                self._handler(connection)
        finally:
            connection.finish()
            with self._lock:
                del self._open[connection]


def _set(settings):
    for name, value in settings.items():
        Path("/proc/sys/net", name).write_text(value)
