"""Further worlds of routes, firewalls and paths, in both families."""

from e2e.building import NAME, dual, ip, listen, name, narrow, rule, secure, setting
from e2e.site import RESOLVER, SERVER, SERVER6
from e2e.world import SILENT, World, broken

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_HOST = "tcp.address_unreachable.host"
_NETWORK = "tcp.address_unreachable.network"
_PROHIBITED = "tcp.address_unreachable.prohibited"
_DNS = "dns.unreachable|dns.temporary_failure|dns.timed_out"
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")
_USER = "uidrange 65534-65534"


def _path(label, target, expected, *build, **more):
    return World(name=f"path-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _path(
        "dropped-both-families", f"http://{NAME}:8080/",
        broken(
            "firewall_drops|overloaded", "tcp.timed_out", "tcp", "path|their host",
            "firewall_drops|overloaded",
        ),
        dual(), listen(), listen(8080),
        *(rule("server", "INPUT -p tcp --dport 8080 -j DROP", v) for v in (4, 6)),
        limit=SILENT, fact=("timed out|timeout",),
    ),
    _path(
        "reset-by-router-ipv6", _HTTPS,
        broken(
            "service_down|firewall_rejects", "tcp.refused", "tcp",
            "their service|path|their host", "service_down|firewall_rejects",
        ),
        name(NAME, SERVER6), secure(),
        rule("border", "FORWARD -p tcp --dport 443 -j REJECT --reject-with tcp-reset", 6),
        fact=("refused",),
    ),
    _path(
        "rule-prohibits-user", f"http://{SERVER}/",
        broken("local_policy_route|local_firewall", _PROHIBITED, "ip|tcp", "this host"),
        listen(), ip("client", f"rule add from all {_USER} prohibit"),
        fact=("prohibit|policy|permission denied",),
        note="policy routing: the packets of this user go nowhere",
    ),
    _path(
        "rule-prohibits-user-name", _HTTP,
        broken(
            "local_policy_route|local_firewall|resolver_unreachable",
            f"{_PROHIBITED}|{_DNS}", "ip|tcp|dns", "this host",
        ),
        name(), listen(), ip("client", f"rule add from all {_USER} prohibit"),
        fact=("prohibit|policy|permission denied",),
    ),
    _path(
        "gateway-dead-ipv6", f"http://[{SERVER6}]/",
        broken("gateway_dead", f"{_HOST}|tcp.timed_out", "ip|tcp", "this network"),
        listen(), ip("gateway", "addr del 2001:db8:1::1/64 dev lan"), limit=SILENT,
        fact=("gateway|router",),
    ),
    _path(
        "address-taken-twice", f"http://{SERVER}/",
        broken(
            "path_silent|firewall_drops|host_down|gateway_dead", f"tcp.timed_out|{_HOST}", "ip|tcp",
            "path|this network|their host|this host",
        ),
        listen(), ip("gateway", "addr add 192.0.2.2/32 dev office"), limit=SILENT,
        fact=("timed out|timeout|unreachable",),
        note="the gateway takes the client's address for its own, and answers no ARP of it",
    ),
    _path(
        "netmask-too-wide", f"http://{SERVER}/",
        broken("host_down|no_route", _HOST, "ip|tcp", "their host|this host|this network"),
        listen(), ip("client", "addr del 192.0.2.2/25 dev eth0", "addr add 192.0.2.2/5 dev eth0"),
        limit=SILENT, fact=("unreachable|no route",),
        note="the server seems to be on the own link, where it is not",
    ),
    _path(
        "loopback-down", "http://127.0.0.1:5000/",
        broken("no_network|no_route|loopback_down", f"{_NETWORK}|tcp.timed_out|{_HOST}", "ip",
               "this host"),
        listen(5000, role="client", address="127.0.0.1"), ip("client", "link set lo down"),
        limit=SILENT, fact=("unreachable|loopback|timed out",),
    ),
    _path(
        "black-hole-ipv6", _HTTPS,
        broken("mtu_black_hole", "tls.timed_out", "ip|tls|tcp", "path|this network"),
        name(NAME, SERVER6), secure(certificate="long"), narrow(1280), limit=SILENT,
        fact=("MTU|segment|fragment",),
    ),
    _path(
        "healthy-first-packet-lost", _HTTP,
        broken("healthy|overloaded", "healthy|tcp.timed_out", "none|tcp",
               "|their service|path", healthy=None),
        name(), listen(),
        rule(
            "border",
            "FORWARD -p tcp --syn --dport 80 -m statistic --mode nth --every 2 --packet 0 -j DROP",
        ),
        limit=SILENT, fact=("lost|slow",), note="every other SYN is lost: it opens after a second",
    ),
    _path(
        "data-dropped", _HTTP,
        broken(
            "path_lost|mtu_black_hole|accepts_and_silent",
            "http.response.timed_out|tcp.timed_out|http.request.timed_out", "http|tcp|ip",
            "path|this network", "path_lost",
        ),
        name(), listen(), rule("border", "FORWARD -p tcp --dport 80 --tcp-flags PSH PSH -j DROP"),
        limit=SILENT, fact=("timed out|timeout",),
        note="a device lets the handshake pass, and no data of the client",
    ),
    _path(
        "time-to-live-too-small", f"http://{SERVER}/",
        broken("ttl_too_small", f"{_HOST}|{_NETWORK}", "ip|tcp", "this host"),
        listen(), setting("client", "ipv4/ip_default_ttl", "2"), limit=SILENT,
        fact=("TTL|time to live|time exceeded",),
        note="packets of this host may pass one router only",
    ),
    _path(
        "own-firewall-resets", f"http://{NAME}:8080/",
        broken(
            "local_firewall|firewall_rejects", "tcp.refused", "tcp|ip",
            "this host|path|this network",
        ),
        name(), listen(), listen(8080),
        rule("client", "OUTPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset"),
        fact=("firewall",),
    ),
    _path(
        "link-down-beside-another", f"http://{SERVER}/",
        broken("no_default_route|no_network|no_route", _NETWORK, "ip", "this host|this network"),
        listen(),
        ip("client", "link set eth0 down", "link add bridge0 type veth peer name inner",
           "link set inner up", "link set bridge0 up",
           "addr add 172.17.0.1/16 dev bridge0"),
        fact=("unreachable|default route|network",),
        note="the bridge of the containers is up, the way out is not",
    ),
    _path(
        "link-local-without-interface", "http://[fe80::1]/",
        broken(
            "url_invalid|no_route|address_unusable",
            f"url.invalid|tcp.address_invalid|{_NETWORK}",
            "config|ip|tcp", "this program|this host",
        ),
        fact=("interface|scope|zone|invalid argument",),
    ),
    _path(
        "broadcast-address", "http://192.0.2.127/",
        broken(
            "bogus_address|no_route|url_invalid|address_unusable",
            f"tcp.address_invalid|{_NETWORK}|url.invalid|dns.bogus_address|{_PROHIBITED}",
            "config|ip|tcp|dns", "this program|this host",
        ),
        fact=("broadcast|unreachable|permission denied",),
    ),
    _path(
        "refused-beside-ipv6-without-way", _HTTP, _DOWN,
        dual(), rule("gateway", "FORWARD -j REJECT --reject-with icmp6-no-route", 6), limit=SILENT,
        fact=("refused",),
    ),
    _path(
        "prohibited-both-families", _HTTPS,
        broken("firewall_rejects", f"{_PROHIBITED}|{_HOST}", "ip|tcp", "path"),
        dual(), secure(),
        rule("border", "FORWARD -p tcp -j REJECT --reject-with icmp-admin-prohibited"),
        rule("border", "FORWARD -p tcp -j REJECT --reject-with icmp6-adm-prohibited", 6),
        limit=2.5, fact=("prohibited|filtered|firewall",),
    ),
    _path(
        "no-default-route-resolver-by-own-route-dual", _HTTPS,
        broken("no_default_route|no_route", _NETWORK, "ip", "this host|this network"),
        dual(), secure(),
        ip("client", "route del default", "route del ::/0",
           f"route add {RESOLVER} via 192.0.2.1"),
        fact=("unreachable|default route",),
    ),
)  # fmt: skip
