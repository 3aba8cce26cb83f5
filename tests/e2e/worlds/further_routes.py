"""Worlds of connections that do not come about: ports, firewalls, routes, the own network."""

from e2e import contexts, papers
from e2e.building import (
    NAME,
    chain,
    crowded,
    dual,
    hosts,
    ip,
    listen,
    name,
    narrow,
    secure,
    setting,
)
from e2e.handlers import mysql, page, postgres, redis, ssh
from e2e.site import CLIENT, NOBODY, OTHER, SERVER, SERVER6
from e2e.talk import (
    unless_named,
)
from e2e.world import SILENT, World, broken

from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.server import Connection

_SERVER6 = f"[{SERVER6}]"
_HTTP = f"http://{NAME}/"
_HTTPS = f"https://{NAME}/"


def _world(label, target, expected, *build, **more):
    return World(name=f"routes-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _world(
        "down-v6-https",
        f"https://{_SERVER6}:8443/",
        broken("service_down", "tcp.refused", "tcp", "their service|their host"),
        listen(22, ssh),
    ),
    _world(
        "nft-drop-postgres",
        f"postgres://app@{NAME}/shop",
        broken("firewall_drops", "tcp.timed_out", "tcp", "path|their host", "overloaded"),
        dual(),
        listen(5432, postgres),
        chain("server", "inet input", "tcp dport 5432 drop"),
        limit=SILENT,
    ),
    _world(
        "nft-reject-both",
        _HTTPS,
        broken(
            "firewall_rejects",
            "tcp.address_unreachable.prohibited|tcp.address_unreachable.host",
            "tcp|ip",
            "path",
        ),
        dual(),
        secure(),
        chain("border", "inet forward", "tcp dport 443 reject with icmpx type admin-prohibited"),
        limit=2.5,
    ),
    _world(
        "nft-reset-by-router",
        f"mysql://{SERVER}:3307/x",
        broken(
            "service_down|firewall_rejects", "tcp.refused", "tcp", "path|their service|their host"
        ),
        listen(3307, mysql),
        chain("border", "ip forward", "tcp dport 3307 reject with tcp reset"),
        limit=2.5,
    ),
    _world(
        "nft-own-output-drop",
        f"redis://{NAME}:6380",
        broken("local_firewall", "tcp.timed_out", "tcp", "this host"),
        name(),
        listen(6380, redis),
        chain("client", "inet output", "tcp dport 6380 drop"),
        limit=SILENT,
    ),
    _world(
        "wrong-port-8080",
        f"http://{NAME}:8080/",
        broken("wrong_port", "tcp.refused", "tcp", "this program|their service"),
        dual(),
        listen(80),
    ),
    _world(
        "prohibit-route-router-v6",
        f"https://{_SERVER6}/",
        broken("firewall_rejects", "tcp.address_unreachable.prohibited", "tcp|ip", "path"),
        secure(),
        ip("border", "route add prohibit 2001:db8:2::2/128"),
        limit=2.5,
    ),
    _world(
        "host-gone-behind-router",
        f"tcp://{NOBODY}:9092",
        broken("host_down", "tcp.address_unreachable.host", "tcp|ip", "their host|path"),
        limit=SILENT,
    ),
    _world(
        "blackhole-at-border",
        f"tcp://{NAME}:9200",
        broken("firewall_drops", "tcp.timed_out", "tcp|ip", "path"),
        dual(),
        listen(9200),
        ip(
            "border", "route add blackhole 198.51.100.2/32", "route add blackhole 2001:db8:2::2/128"
        ),
        limit=SILENT,
    ),
    _world(
        "backlog-amqp",
        f"amqp://{SERVER}",
        broken(
            "firewall_drops", "tcp.timed_out", "tcp", "their service|their host|path", "overloaded"
        ),
        crowded(5672),
        limit=SILENT,
    ),
    _world(
        "interface-down",
        _HTTPS,
        broken(
            "no_network",
            "tcp.address_unreachable.network|dns.unreachable|dns.temporary_failure",
            "ip|dns",
            "this host|this network",
        ),
        dual(),
        secure(),
        ip("client", "link set eth0 down"),
    ),
    _world(
        "no-default-route",
        f"tcp://{SERVER}:5432",
        broken(
            "no_default_route",
            "tcp.address_unreachable.network",
            "ip|tcp",
            "this host|this network",
        ),
        listen(5432, postgres),
        ip("client", "route del default", "route del ::/0"),
    ),
    _world(
        "gateway-gone",
        f"https://{SERVER}/",
        broken("gateway_dead", "tcp.address_unreachable.host", "ip|tcp", "this network"),
        secure(),
        ip(
            "client",
            "route replace default via 192.0.2.99",
            "route replace ::/0 via 2001:db8:1::99",
        ),
        limit=SILENT,
    ),
    _world(
        "v6-drop-nft",
        _HTTPS,
        broken("ipv6_dead", "tcp.timed_out", "tcp|ip", "path|their host", healthy=None),
        dual(),
        secure(),
        chain("border", "ip6 forward", "tcp dport 443 drop"),
        limit=SILENT,
    ),
    _world(
        "v4-unroutable-v6-fine",
        _HTTPS,
        broken(
            "ipv4_dead",
            "tcp.address_unreachable.host|tcp.address_unreachable.network",
            "tcp|ip",
            "path|this network",
            healthy=None,
        ),
        dual(),
        secure(),
        ip("gateway", "route add unreachable 198.51.100.0/24"),
        limit=2.5,
    ),
    _world(
        "one-of-four-dead",
        f"http://{NAME}:8000/",
        broken(
            "one_address_dead",
            "tcp.address_unreachable.host|tcp.refused|tcp.timed_out",
            "tcp|ip",
            "their host|their service|path",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER, NOBODY, SERVER6),
        listen(8000),
        listen(8000, address=OTHER),
        limit=SILENT,
    ),
    _world(
        "mtu-v6",
        _HTTPS,
        broken(
            "mtu_black_hole",
            "tls.timed_out|tcp.timed_out.established|tcp.timed_out",
            "tcp|ip|tls",
            "path",
        ),
        name(NAME, SERVER6),
        secure(certificate="long"),
        narrow(1280),
        limit=SILENT,
    ),
    _world(
        "mtu-http-body",
        _HTTP,
        broken(
            "mtu_black_hole",
            (
                "http.response.timed_out|http.response.body_tim"
                "ed_out|tcp.timed_out.established|tls.timed_out"
            ),
            "tcp|ip|http",
            "path",
        ),
        name(),
        listen(80, page(body=b"x" * 60000)),
        narrow(1000),
        limit=SILENT,
    ),
    _world(
        "synack-dropped-at-home",
        f"https://{NAME}:8443/",
        broken("firewall_drops", "tcp.timed_out", "tcp", "this host|path"),
        name(),
        secure(8443),
        chain("client", "ip input", "tcp sport 8443 drop"),
        limit=SILENT,
    ),
    _world(
        "server-without-way-back",
        f"tcp://{SERVER}:9000",
        broken("firewall_drops", "tcp.timed_out", "tcp|ip", "path|their host"),
        listen(9000),
        ip("server", "route del default"),
        limit=SILENT,
    ),
    _world(
        "loop",
        "tcp://198.51.100.77:22",
        broken("routing_loop", "tcp.address_unreachable.host", "ip", "path"),
        ip("border", "route add 198.51.100.77/32 via 203.0.113.1"),
        limit=2.5,
    ),
    _world(
        "v4-refused-v6-dropped",
        _HTTPS,
        broken("service_down", "tcp.refused", "tcp", "their service|their host"),
        dual(),
        chain("border", "ip6 forward", "tcp dport 443 drop"),
        limit=SILENT,
    ),
    _world(
        "v6-refused-v4-fine",
        _HTTP,
        broken("ipv6_dead", "tcp.refused", "tcp", "their service|their host", healthy=None),
        dual(),
        listen(80, address=SERVER),
    ),
    _world(
        "link-local-no-scope",
        "http://[fe80::1]:80/",
        broken(
            "address_unusable",
            "tcp.address_invalid|url.invalid|tcp.address_unreachable.network",
            "ip|config|url|tcp",
            "this program",
        ),
    ),
    _world(
        "port-zero",
        f"http://{NAME}:0/",
        broken(
            "url_invalid",
            "url.invalid|tcp.address_invalid|tcp.refused",
            "config|url|ip|tcp",
            "this program",
        ),
        name(),
    ),
    _world(
        "scheme-typo",
        f"htps://{NAME}/",
        broken("scheme_invalid", "url.scheme_invalid", "config|url", "this program"),
        name(),
        secure(),
    ),
    _world(
        "port-letters",
        f"http://{NAME}:80a/",
        broken("url_invalid", "url.invalid", "config|url", "this program"),
        name(),
        listen(),
    ),
    _world(
        "bad-brackets",
        "http://[2001:db8::zz]/",
        broken("url_invalid", "url.invalid", "config|url", "this program"),
    ),
    _world(
        "look-alike",
        "https://www.exаmple.org/",
        broken(
            "name_missing",
            "dns.name_not_resolved|url.invalid",
            "dns|config|url",
            "this program|DNS",
        ),
        name(),
        secure(),
    ),
    _world(
        "localhost-nothing",
        "http://localhost:3000/",
        broken("service_down", "tcp.refused", "tcp", "this host|their service|their host"),
    ),
    _world(
        "private-address",
        _HTTPS,
        broken(
            "network_unreachable",
            "tcp.address_unreachable.network|dns.bogus_address",
            "ip|dns",
            "path|DNS|this network",
        ),
        name(NAME, "10.1.2.3"),
        limit=2.5,
    ),
    _world(
        "sni-reset",
        _HTTPS,
        broken(
            "sni_unknown|handshake_cut", "tcp.reset|tls.closed", "tls|tcp", "path|their service"
        ),
        name(),
        listen(443, unless_named(NAME, over_tls(papers.server_context(), page()))),
    ),
    _world(
        "close-at-accept-https",
        _HTTPS,
        broken(
            "handshake_cut|connection_reset",
            "tls.closed|tcp.reset|tcp.closed",
            "tls|tcp",
            "path|their service",
        ),
        name(),
        listen(443, Connection.reset),
    ),
    _world(
        "own-reset",
        f"tcp://{SERVER}:9000",
        broken(
            "firewall_rejects|local_firewall",
            "tcp.refused",
            "tcp",
            "this host|path",
            "local_firewall",
        ),
        listen(9000),
        chain("client", "ip output", "tcp dport 9000 reject with tcp reset"),
        limit=2.5,
    ),
    _world(
        "own-drop-of-dns",
        _HTTPS,
        broken(
            "resolver_unreachable",
            "dns.unreachable|dns.temporary_failure",
            "dns",
            "this host|DNS|this network",
        ),
        name(),
        secure(),
        chain("client", "ip output", "udp dport 53 drop"),
        limit=SILENT,
    ),
    _world(
        "policy-rule-prohibits",
        f"https://{SERVER}/",
        broken("local_policy_route", "tcp.address_unreachable.prohibited", "ip|tcp", "this host"),
        secure(),
        ip("client", "rule add to 198.51.100.0/24 prohibit"),
    ),
    _world(
        "policy-blackhole",
        f"tcp://{SERVER}:25",
        broken(
            "local_policy_route",
            (
                "tcp.address_invalid|tcp.address_unreachable"
                ".network|tcp.address_unreachable.prohibited"
            ),
            "ip|tcp",
            "this host",
        ),
        ip("client", "route add blackhole 198.51.100.0/24"),
    ),
    _world(
        "no-addresses",
        _HTTPS,
        broken(
            "no_network",
            "tcp.address_unreachable.network|dns.unreachable|dns.temporary_failure",
            "ip|dns",
            "this host|this network",
        ),
        name(),
        secure(),
        ip("client", "addr del 192.0.2.2/25 dev eth0", "addr del 2001:db8:1::2/64 dev eth0"),
    ),
    _world(
        "one-port-left",
        _HTTP,
        broken(
            "no_port_left",
            "client.local_address|tcp.failed",
            "client|tcp|ip|dns|config",
            "this host|this program",
        ),
        hosts(f"{SERVER} {NAME}"),
        listen(),
        setting("client", "ipv4/ip_local_port_range", "60000\t60000"),
        listen(60000, Connection.stall, role="client", address=CLIENT),
    ),
    _world(
        "arp-filtered",
        _HTTPS,
        broken("gateway_dead", "tcp.address_unreachable.host", "ip|tcp", "this network|path"),
        hosts(f"{SERVER} {NAME}"),
        secure(),
        chain("gateway", "arp input", "drop"),
        limit=SILENT,
    ),
    _world(
        "same-link-host-off",
        "tcp://192.0.2.50:9100",
        broken("host_down", "tcp.address_unreachable.host", "ip|tcp", "their host|this network"),
        limit=SILENT,
    ),
    _world(
        "wrong-mask",
        f"tcp://{SERVER}:5432",
        broken(
            "host_down",
            "tcp.address_unreachable.host",
            "ip|tcp",
            "this host|this network|their host",
        ),
        listen(5432, postgres),
        ip("client", "route add 198.51.100.0/24 dev eth0"),
        limit=SILENT,
    ),
    _world(
        "client-13-only-refused",
        _HTTPS,
        broken(
            "tls_mismatch",
            "tls.version_or_cipher_mismatch",
            "tls",
            "this host|this program|their service",
        ),
        name(),
        secure(prepare=contexts.only_new),
        variables={"OPENSSL_CONF": papers.openssl_settings("MaxProtocol = TLSv1.2")},
    ),
)
