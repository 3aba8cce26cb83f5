"""The words that worlds are written in: each returns one step that changes a site."""

import socket

from e2e import certificates
from e2e.handlers import page
from e2e.site import PROXY, SERVER, SERVER6
from e2e.world import World

from ringback.testing.lab.dns import DNSAnswer
from ringback.testing.lab.healthy import over_tls

NAME = certificates.NAME
"""The name most worlds ask for."""


def world(name, target, expected, *build, **more):
    """Return a world; ``more`` are further attributes of it."""
    return World(name=name, target=target, build=build, expected=expected, **more)


def name(host=NAME, *addresses, **answer):
    """Let the resolvers answer a name; without addresses and answer with the server's IPv4."""
    if not addresses and not answer:
        addresses = (SERVER,)
    found = DNSAnswer(addresses=addresses, **answer)
    return lambda site: site.records.__setitem__(host, found)


def dual(host=NAME):
    """Let the resolvers answer a name with both addresses of the server."""
    return name(host, SERVER, SERVER6)


def listen(port=80, handler=None, *, role="server", address=None):
    """Open a port; without an address on both families of the server."""
    return lambda site: site.listen(handler or page(), port, role=role, address=address)


def secure(port=443, certificate="good", handler=None, *, prepare=None, address=None):
    """Open a port that speaks TLS."""

    def build(site):
        context = certificates.server_context(certificate)
        if prepare:
            prepare(context)
        site.listen(over_tls(context, handler or page()), port, address=address)

    return build


def client_certificate(version):
    """Return what makes a server of one TLS version require a client certificate."""

    def prepare(context):
        context.minimum_version = context.maximum_version = version
        context.load_verify_locations(certificates.root_file())
        context.verify_mode = 2

    return prepare


def proxying(make, port=3128, **how):
    """Open a proxy in the office."""
    return lambda site: site.listen(make(site, **how), port, role="office", address=PROXY)


def rule(role, text, version=4):
    """Append a rule of iptables on a host."""
    return lambda site: site.rule(role, text, version)


def nft(role, text):
    """Load rules of nftables on a host."""
    return lambda site: site.nft(role, text)


def ip(role, *commands):
    """Run commands of iproute2 on a host."""
    return lambda site: site.ip(role, *commands)


def setting(role, path, value):
    """Write a network setting of the kernel on a host."""
    return lambda site: site.setting(role, path, value)


def file(path, text):
    """Let programs on the client find this text below ``/etc``."""
    return lambda site: site.files.__setitem__(path, text)


def hosts(*lines):
    """Add lines to the client's hosts file."""

    def build(site):
        site.files["hosts"] += "".join(f"{line}\n" for line in lines)

    return build


def nameservers(*addresses, options=""):
    """Configure the client's resolvers; those of the office that are named here answer."""
    lines = [f"nameserver {address}" for address in addresses]
    return file("resolv.conf", "\n".join([*lines, options, ""]))


def resolver(address, records=None, **options):
    """Start a resolver in the office; without records of its own it has the site's."""

    def build(site):
        site.resolvers[address] = records or {}
        site.resolver_options[address] = options

    return build


def without_resolver(address):
    """Let nothing listen on the resolver's port."""
    return lambda site: site.resolvers.pop(address)


def blocked(*, port=None, reject=True):
    """Let the gateway keep the client's own connections to the server from getting out."""
    ports = f"--dport {port} " if port else ""
    target = "REJECT --reject-with icmp-admin-prohibited" if reject else "DROP"
    return rule("gateway", f"FORWARD -s 192.0.2.2 -d 198.51.100.0/24 -p tcp {ports}-j {target}")


def unaccepted(port, address=SERVER):
    """Open a port that the kernel accepts for and no program ever reads from."""

    def build(site):
        with site.inside("server"):
            site.keep(socket.create_server((address, port), backlog=64).close)

    return build


def narrow(mtu=1200):
    """Make a black hole: large packets to the client are dropped, and nobody is told (RFC 2923)."""

    def build(site):
        site.ip("gateway", f"link set lan mtu {mtu}")
        site.rule("gateway", "OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP")
        site.rule("gateway", "OUTPUT -p icmpv6 --icmpv6-type packet-too-big -j DROP", 6)

    return build
