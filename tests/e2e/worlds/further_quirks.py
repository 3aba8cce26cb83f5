"""Further worlds whose hosts have odd settings: few ports, few tries, slow or deaf links."""

import socket

from e2e.building import NAME, dual, ip, listen, name, nameservers, rule, secure, setting
from e2e.handlers import page
from e2e.site import RESOLVER, SERVER, SERVER6
from e2e.world import SILENT, WELL, World, broken
from e2e.worlds.further_resolvers import stub

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_PROHIBITED = "tcp.address_unreachable.prohibited"
_DROPPED = broken(
    "firewall_drops|path_silent|overloaded|host_down", "tcp.timed_out", "ip|tcp", "path|their host"
)
_MUTE = "INPUT -p icmp -j DROP"


def _quirk(label, target, expected, *build, **more):
    return World(name=f"quirk-{label}", target=target, build=build, expected=expected, **more)


def _without_ports(site):
    """Let the client have two ports for its connections, both of which are taken."""
    site.setting("client", "ipv4/ip_local_port_range", "40000 40001")
    with site.inside("client"):
        for port in (40000, 40001):
            held = socket.socket()
            site.keep(held.close)
            held.bind(("", port))
            held.listen()


WORLDS = (
    _quirk(
        "no-port-left", f"http://{SERVER}/",
        broken("no_port_left", "client.local_address",
               "ip|tcp|config|client", "this host|this program"),
        listen(), _without_ports, fact=("assign requested address|port",),
        note="every port of this host's range is taken",
    ),
    _quirk(
        "dropped-with-few-tries", f"http://{NAME}:8080/", _DROPPED,
        name(), listen(), setting("client", "ipv4/tcp_syn_retries", "1"),
        rule("border", "FORWARD -p tcp --dport 8080 -j DROP"), limit=SILENT,
        fact=("timed out|timeout",), note="the kernel itself gives up after 3 s",
    ),
    _quirk(
        "deaf-to-icmp-and-rejected", f"http://{NAME}:8080/", _DROPPED,
        name(), listen(), rule("client", _MUTE),
        rule("border", "FORWARD -p tcp --dport 8080 -j REJECT --reject-with icmp-host-prohibited"),
        limit=SILENT, fact=("timed out|timeout",),
        note="this host's firewall hides what the other one says",
    ),
    _quirk(
        "deaf-to-icmp-and-host-off", "http://198.51.100.77/", _DROPPED,
        rule("client", _MUTE), limit=SILENT, fact=("timed out|timeout",),
    ),
    _quirk(
        "stub-deaf", _HTTP,
        broken("resolver_silent|local_firewall", "dns.unreachable|dns.timed_out|"
               "dns.temporary_failure", "dns", "DNS|this host"),
        name(), listen(), nameservers("127.0.0.53", options="options timeout:1 attempts:1"),
        stub(), rule("client", "INPUT -i lo -p udp --dport 53 -j DROP"), limit=SILENT,
        fact=("127.0.0.53|timed out",),
    ),
    _quirk(
        "healthy-stub", _HTTPS, WELL, dual(), secure(), nameservers("127.0.0.53"), stub(),
    ),
    _quirk(
        "healthy-large-window-off", _HTTPS, WELL, name(),
        secure(certificate="long", handler=page(body=b"x" * 300_000)),
        setting("client", "ipv4/tcp_window_scaling", "0"),
        setting("client", "ipv4/tcp_sack", "0"), setting("client", "ipv4/tcp_timestamps", "0"),
    ),
    _quirk(
        "healthy-narrow-everywhere", _HTTPS, WELL, dual(),
        secure(certificate="long"), ip("gateway", "link set wan mtu 1280"),
        ip("border", "link set wan mtu 1280"),
        note="path MTU discovery works in both families",
    ),
    _quirk(
        "ipv6-first-hop-forbids", _HTTPS,
        broken("ipv6_dead|firewall_rejects", _PROHIBITED, "ip|tcp", "path|this network",
               healthy=None),
        dual(), secure(),
        rule("gateway", "FORWARD -j REJECT --reject-with icmp6-adm-prohibited", 6), limit=2.5,
        fact=("IPv6",),
    ),
    _quirk(
        "own-address-of-no-interface", f"http://[{SERVER6}]/",
        broken("path_silent|firewall_drops|host_down", "tcp.timed_out", "ip|tcp",
               "path|this network|this host|their host"),
        listen(), ip("border", "route del 2001:db8:1::/64 via 2001:db8:9::1"), limit=SILENT,
        fact=("timed out|timeout",), note="no way back in IPv6",
    ),
    _quirk(
        "refused-and-few-ports", f"http://{SERVER}:8080/",
        broken("service_down", "tcp.refused", "tcp", "their service|their host"),
        setting("client", "ipv4/ip_local_port_range", "40000 40100"), fact=("refused",),
    ),
    _quirk(
        "resolver-forbidden-by-target", _HTTP,
        broken("resolver_unreachable|resolver_down|resolver_refuses|firewall_rejects",
               "dns.unreachable|dns.temporary_failure", "dns", "DNS"),
        name(), listen(), nameservers(RESOLVER),
        rule("office", "INPUT -p udp --dport 53 -j REJECT --reject-with icmp-admin-prohibited"),
        fact=("prohibited|192.0.2.153",),
    ),
)  # fmt: skip
