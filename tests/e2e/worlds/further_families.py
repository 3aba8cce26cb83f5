"""Further worlds of ways in which one IP family fares otherwise than the other."""

from e2e.building import NAME, dual, ip, listen, name, narrow, rule, secure, setting
from e2e.site import RESOLVER, SERVER, SERVER6
from e2e.world import SILENT, WELL, World, broken

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_HOST = "tcp.address_unreachable.host"
_NETWORK = "tcp.address_unreachable.network"
_PROHIBITED = "tcp.address_unreachable.prohibited"
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")


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
        "gateway-dead-ipv6", f"http://[{SERVER6}]/",
        broken("gateway_dead", f"{_HOST}|tcp.timed_out", "ip|tcp", "this network"),
        listen(), ip("gateway", "addr del 2001:db8:1::1/64 dev lan"), limit=SILENT,
        fact=("gateway|router",),
    ),
    _path(
        "black-hole-ipv6", _HTTPS,
        broken("mtu_black_hole", "tls.timed_out", "ip|tls|tcp", "path|this network"),
        name(NAME, SERVER6), secure(certificate="long"), narrow(1280), limit=SILENT,
        fact=("MTU|segment|fragment",),
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
        "own-firewall-rejects-ipv6-only", _HTTP,
        broken("ipv6_dead|local_firewall", "tcp.refused|tcp.address_unreachable.prohibited",
               "ip|tcp", "this host", healthy=None),
        dual(), listen(), rule("client", "OUTPUT -p tcp --dport 80 -j REJECT", 6),
        fact=("firewall|IPv6",),
    ),
    _path(
        "black-hole-route-ipv6-beside-ipv4", _HTTP,
        broken("ipv6_dead|local_policy_route|healthy", "tcp.address_invalid|healthy",
               "ip|tcp|none", "this host|", healthy=None),
        dual(), listen(), ip("client", "route add blackhole 2001:db8:2::/64"),
        fact=("IPv6|blackhole|invalid",),
    ),
    _path(
        "ipv6-unroutable-source", _HTTP,
        broken("ipv6_dead|healthy", "tcp.timed_out|healthy|" + _NETWORK + "|" + _PROHIBITED,
               "ip|tcp|none", "path|this network|this host|", healthy=None),
        dual(), listen(),
        ip("client", "addr add fd00:1::2/64 dev eth0 nodad",
           "addr del 2001:db8:1::2/64 dev eth0", "addr add 2001:db8:1::2/128 dev eth0 nodad "
           "preferred_lft 0", "route replace 2001:db8:1::/64 dev eth0",
           "route replace ::/0 via 2001:db8:1::1 src fd00:1::2"),
        limit=SILENT, fact=("IPv6",), note="IPv6 of the office only, without a way out",
    ),
    _path(
        "prohibited-by-gateway-ipv6", f"https://[{SERVER6}]/",
        broken("firewall_rejects", _PROHIBITED, "ip|tcp", "path|this network"),
        secure(),
        rule("gateway", "FORWARD -p tcp -j REJECT --reject-with icmp6-adm-prohibited", 6),
        limit=2.5, fact=("prohibited|filtered|firewall",),
    ),
    _path(
        "own-firewall-drops-ipv6-only", f"http://[{SERVER6}]/",
        broken("local_firewall", "tcp.timed_out", "ip|tcp", "this host"),
        listen(), rule("client", "OUTPUT -p tcp -j DROP", 6), limit=SILENT,
        fact=("firewall|not permitted",),
    ),
    _path(
        "gateway-dead-ipv4-only", _HTTP,
        broken("ipv4_dead|gateway_dead", _HOST, "ip|tcp", "this network|this host", healthy=None),
        dual(), listen(),
        ip("client", "route replace default via 192.0.2.99", f"route add {RESOLVER} via 192.0.2.1"),
        limit=SILENT, fact=("IPv4|192.0.2.99|unreachable",),
    ),
    _path(
        "gateway-dead-ipv6-only", _HTTP,
        broken("ipv6_dead|gateway_dead", _HOST, "ip|tcp", "this network|this host", healthy=None),
        dual(), listen(), ip("gateway", "addr del 2001:db8:1::1/64 dev lan"), limit=SILENT,
        fact=("IPv6|unreachable",),
    ),
    _path(
        "own-route-prohibits-ipv4-only", _HTTP,
        broken("ipv4_dead|local_policy_route", _PROHIBITED, "ip|tcp", "this host", healthy=None),
        dual(), listen(), ip("client", f"route add prohibit {SERVER}"),
        fact=("IPv4|prohibit|permission denied",),
    ),
    _path(
        "target-rejects-ipv4-only", _HTTPS,
        broken("ipv4_dead|firewall_rejects", f"{_PROHIBITED}|{_HOST}", "ip|tcp", "their host",
               healthy=None),
        dual(), secure(),
        rule("server", "INPUT -p tcp --dport 443 -j REJECT --reject-with icmp-host-prohibited"),
        fact=("IPv4|prohibited",),
    ),
    _path(
        "route-unreachable-at-gateway-ipv6", f"http://[{SERVER6}]/",
        broken("host_unreachable|network_unreachable|firewall_rejects", f"{_HOST}|{_NETWORK}",
               "ip|tcp", "path|this network"),
        listen(), ip("gateway", f"route add unreachable {SERVER6}"), limit=2.5,
        fact=("unreachable|no route",),
    ),
    _path(
        "refused-beside-local-ipv6-block", _HTTP, _DOWN, dual(),
        ip("client", "route add prohibit 2001:db8:2::/64"), fact=("refused",),
    ),
    _path(
        "loopback-other-family", "http://127.0.0.1:5000/",
        broken("service_down", "tcp.refused", "tcp", "this host|their service"),
        listen(5000, role="client", address="::1"), fact=("refused",),
    ),
    _path(
        "healthy-near-ipv6", "http://[2001:db8:1::1]/", WELL,
        listen(80, role="gateway", address="2001:db8:1::1"),
    ),
    _path(
        "ipv6-switched-off", f"http://[{SERVER6}]/",
        broken("family_missing|no_route|no_default_route", _NETWORK, "ip",
               "this host|this network"),
        listen(), setting("client", "ipv6/conf/all/disable_ipv6", "1"), fact=("IPv6|unreachable",),
    ),
    _path(
        "healthy-ipv6-switched-off", _HTTPS, WELL, dual(), secure(),
        setting("client", "ipv6/conf/all/disable_ipv6", "1"),
    ),
    _path(
        "dropped-beside-rejected-family", _HTTP,
        broken("firewall_rejects|firewall_drops", f"{_PROHIBITED}|tcp.timed_out|{_HOST}", "ip|tcp",
               "path|their host"),
        dual(), listen(), rule("border", "FORWARD -p tcp -j DROP"),
        rule("border", "FORWARD -p tcp -j REJECT --reject-with icmp6-adm-prohibited", 6),
        limit=SILENT, fact=("prohibited|timed out",),
    ),
    _path(
        "no-carrier-ipv6", f"http://[{SERVER6}]/",
        broken("no_network|gateway_dead|no_default_route|no_route",
               f"{_HOST}|{_NETWORK}|tcp.timed_out", "ip|tcp", "this host|this network"),
        listen(), ip("gateway", "link set lan down"), limit=SILENT, fact=("carrier|unreachable",),
    ),
    _path(
        "loop-ipv6", "http://[2001:db8:77::1]/",
        broken("routing_loop", f"{_HOST}|{_NETWORK}|tcp.timed_out", "ip|tcp", "path"),
        ip("border", "route add 2001:db8:77::/64 via 2001:db8:9::1"), limit=SILENT,
        fact=("loop|hop limit|time exceeded",),
    ),
    _path(
        "loop-beside-good-ipv6", _HTTP,
        broken("ipv4_dead|routing_loop", f"{_HOST}|{_NETWORK}", "ip|tcp", "path", healthy=None),
        name(NAME, "203.0.113.200", SERVER6), listen(),
        ip("border", "route add 203.0.113.128/25 via 203.0.113.1"), limit=SILENT,
        fact=("loop|time exceeded",),
    ),
    _path(
        "both-families-different-faults", _HTTPS,
        broken("service_down|firewall_rejects", f"tcp.refused|{_PROHIBITED}", "tcp|ip",
               "their service|their host|path"),
        dual(), secure(address=SERVER),
        rule("gateway", f"FORWARD -d {SERVER} -p tcp -j REJECT --reject-with icmp-net-prohibited"),
        limit=2.5, fact=("refused|prohibited",),
    ),
)  # fmt: skip
