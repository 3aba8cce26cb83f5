"""Further worlds of routes, firewalls and paths."""

import socket

from e2e.building import NAME, dual, ip, listen, name, nft, rule, secure, setting
from e2e.handlers import page
from e2e.site import PROXY, RESOLVER, SERVER
from e2e.site import _Server as Server
from e2e.world import SILENT, WELL, World, broken

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_HOST = "tcp.address_unreachable.host"
_NETWORK = "tcp.address_unreachable.network"
_PROHIBITED = "tcp.address_unreachable.prohibited"
_DNS = "dns.unreachable|dns.temporary_failure|dns.timed_out"
_USER = "uidrange 65534-65534"


def _path(label, target, expected, *build, **more):
    return World(name=f"path-{label}", target=target, build=build, expected=expected, **more)


def near_link_local():
    """Let the gateway serve on a link-local address."""

    def build(site):
        with site.inside("gateway"):
            where = ("fe80::99", 80, 0, socket.if_nametoindex("lan"))
            listening = socket.socket(socket.AF_INET6)
            listening.bind(where)
            listening.listen()
            serving = Server(listening, page())
            site.keep(serving.close)

    return build


WORLDS = (
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
        "no-default-route-resolver-by-own-route-dual", _HTTPS,
        broken("no_default_route|no_route", _NETWORK, "ip", "this host|this network"),
        dual(), secure(),
        ip("client", "route del default", "route del ::/0",
           f"route add {RESOLVER} via 192.0.2.1"),
        fact=("unreachable|default route",),
    ),
    _path(
        "default-route-without-gateway", f"http://{SERVER}/",
        broken(
            "gateway_dead|no_default_route|host_down", _HOST, "ip|tcp",
            "this host|this network|their host",
        ),
        listen(), ip("client", "route replace default dev eth0"), limit=SILENT,
        fact=("unreachable|gateway|no route",),
        note="the whole world seems to be on the own link",
    ),
    _path(
        "wrong-source-address", f"http://{SERVER}/",
        broken(
            "path_silent|firewall_drops|host_down", "tcp.timed_out", "ip|tcp",
            "path|this host|this network",
        ),
        listen(),
        ip("client", "addr add 10.9.9.9/32 dev eth0",
           "route replace default via 192.0.2.1 src 10.9.9.9"),
        limit=SILENT, fact=("timed out|timeout",), note="nobody knows a way back to that address",
    ),
    _path(
        "host-unreachable-for-one-port", f"http://{NAME}:8080/",
        broken("firewall_rejects", _HOST, "ip|tcp", "path"),
        name(), listen(), listen(8080),
        rule("border", "FORWARD -p tcp --dport 8080 -j REJECT --reject-with icmp-host-unreachable"),
        fact=("firewall|unreachable",),
    ),
    _path(
        "reset-by-target", f"http://{NAME}:8080/",
        broken("service_down|firewall_rejects|wrong_port", "tcp.refused", "tcp",
               "their host|their service|path|this program"),
        name(), listen(8080),
        rule("server", "INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset"),
        fact=("refused",),
    ),
    _path(
        "healthy-rate-limited", _HTTPS, WELL, name(), secure(),
        rule("server", "INPUT -p tcp --syn -m limit --limit 1/sec --limit-burst 2 -j ACCEPT"),
        rule("server", "INPUT -p tcp --syn -j DROP"),
        note="two connections at once, then one each second",
    ),
    _path(
        "server-cable-unplugged", f"http://{SERVER}/",
        broken("host_down|host_unreachable|network_unreachable",
               f"{_HOST}|{_NETWORK}|tcp.timed_out", "ip|tcp", "their host|path"),
        listen(), ip("server", "link set eth0 down"), limit=SILENT, fact=("unreachable|no route",),
    ),
    _path(
        "uplink-down", _HTTPS,
        broken("network_unreachable", _NETWORK, "ip|tcp", "path|this network"),
        name(), secure(), ip("gateway", "link set wan down"), limit=2.5,
        fact=("unreachable|no route",), note="the gateway is there, and knows no way out",
    ),
    _path(
        "no-way-back-at-border", _HTTPS,
        broken("path_silent|firewall_drops|host_down", "tcp.timed_out", "ip|tcp", "path"),
        name(), secure(), ip("border", "route del 192.0.2.0/24 via 203.0.113.1"), limit=SILENT,
        fact=("timed out|timeout",),
    ),
    _path(
        "healthy-small-packets", _HTTPS, WELL, name(), secure(certificate="long"),
        ip("client", "link set eth0 mtu 700"),
    ),
    _path(
        "healthy-link-local", "http://[fe80::99%25eth0]/", WELL,
        ip("gateway", "addr add fe80::99/64 dev lan nodad"), near_link_local(),
    ),
    _path(
        "wrong-gateway-forwards-nowhere", _HTTPS,
        broken("network_unreachable|gateway_dead|path_silent", f"{_NETWORK}|{_HOST}", "ip|tcp",
               "path|this network|this host"),
        name(), secure(), ip("gateway", "route del default", "route del ::/0"),
        fact=("unreachable|gateway",),
    ),
    _path(
        "own-input-drops-answers", f"http://{SERVER}/",
        broken("firewall_drops|path_silent|local_firewall|host_down", "tcp.timed_out", "ip|tcp",
               "this host|path|their host"),
        listen(), rule("client", "INPUT -p tcp --sport 80 -j DROP"), limit=SILENT,
        fact=("timed out|timeout",),
    ),
    _path(
        "own-nftables-drops-user", _HTTPS,
        broken("local_firewall", "tcp.timed_out", "ip|tcp", "this host"),
        dual(), secure(),
        nft("client", "table inet f {\nchain c {\ntype filter hook output priority 0;\n"
            "meta skuid 65534 tcp dport 443 drop\n}\n}\n"),
        limit=SILENT, fact=("firewall|not permitted",),
    ),
    _path(
        "own-firewall-forbids-dns-admin", _HTTP,
        broken("local_firewall|resolver_unreachable", f"{_DNS}|{_PROHIBITED}", "dns|ip",
               "this host"),
        name(), listen(),
        rule("client", "OUTPUT -p udp --dport 53 -j REJECT --reject-with icmp-admin-prohibited"),
        fact=("firewall|prohibited",),
    ),
    _path(
        "black-hole-at-border", f"http://{SERVER}/",
        broken("path_silent|firewall_drops|host_down", "tcp.timed_out", "ip|tcp", "path"),
        listen(), ip("border", f"route add blackhole {SERVER}"), limit=SILENT,
        fact=("timed out|timeout",),
    ),
    _path(
        "route-prohibits-at-border", f"http://{SERVER}/",
        broken("firewall_rejects", f"{_PROHIBITED}|{_HOST}", "ip|tcp", "path"),
        listen(), ip("border", f"route add prohibit {SERVER}"), fact=("prohibited|filtered",),
    ),
    _path(
        "transparent-proxy-down", _HTTP,
        broken("service_down|firewall_rejects|proxy_down", "tcp.refused", "tcp",
               "path|this network|proxy|their service", "firewall_rejects"),
        name(), listen(),
        rule("gateway", "PREROUTING -t nat -i lan -p tcp --dport 80 -j DNAT "
             f"--to-destination {PROXY}:3128"),
        fact=("refused",), note="the gateway sends port 80 to a proxy that is not there",
    ),
    _path(
        "vpn-gateway-dead", f"http://{SERVER}/",
        broken("gateway_dead", _HOST, "ip|tcp", "this network|this host"),
        listen(),
        ip("client", "link add vpn0 type veth peer name vpn1", "link set vpn0 up",
           "link set vpn1 up", "addr add 10.8.0.2/24 dev vpn0",
           "route add 198.51.100.0/24 via 10.8.0.1"),
        limit=SILENT, fact=("gateway|unreachable|10.8.0.1",),
    ),
    _path(
        "gateway-rejects-everything", _HTTPS,
        broken("firewall_rejects", "tcp.refused", "tcp", "path|this network"),
        name(), secure(), rule("gateway", "FORWARD -d 198.51.100.0/24 -j REJECT"),
        limit=2.5, fact=("firewall|icmp",),
    ),
    _path(
        "healthy-two-gateways", _HTTP, WELL, name(), listen(),
        ip("client", "route add default via 192.0.2.99 metric 500"),
        note="a second default route with a dead gateway, which is never used",
    ),
    _path(
        "healthy-odd-sources", _HTTPS, WELL, dual(), secure(),
        ip("client", "addr add 10.1.2.3/32 dev lo", "addr add 192.0.2.9/25 dev eth0"),
    ),
    _path(
        "healthy-icmp-forbidden-everywhere", _HTTPS, WELL, dual(), secure(),
        *(rule(role, "INPUT -p icmp -j DROP") for role in ("client", "gateway", "border")),
    ),
    _path(
        "name-missing-beside-dead-uplink", "http://gone.example.org/",
        broken("name_missing", "dns.name_not_resolved", "dns", "DNS"),
        ip("gateway", "link set wan down"), fact=("nxdomain|no such host",),
    ),
    _path(
        "protocol-unreachable-by-target", _HTTP,
        broken("firewall_rejects", f"{_PROHIBITED}|{_HOST}", "ip|tcp", "their host"),
        name(), listen(),
        rule("server", "INPUT -p tcp --dport 80 -j REJECT --reject-with icmp-proto-unreachable"),
        fact=("firewall|icmp|protocol",),
    ),
    _path(
        "gateway-drops-all-tcp", _HTTP,
        broken("firewall_drops|path_silent", "tcp.timed_out", "ip|tcp", "path|this network"),
        name(), listen(), rule("gateway", "FORWARD -p tcp -j DROP"), limit=SILENT,
        fact=("timed out|timeout",), note="UDP passes: names are resolved",
    ),
    _path(
        "answers-of-one-port-dropped", _HTTPS,
        broken("firewall_drops|overloaded", "tcp.timed_out", "ip|tcp", "path|their host",
               "firewall_drops"),
        name(), secure(), listen(), rule("border", "FORWARD -p tcp --sport 443 -j DROP"),
        limit=SILENT, fact=("timed out|timeout",),
    ),
    _path(
        "own-address-own-firewall", "http://192.0.2.2:8080/",
        broken("local_firewall|firewall_rejects", f"{_PROHIBITED}|{_HOST}", "ip|tcp", "this host"),
        listen(8080, role="client", address="192.0.2.2"),
        rule("client", "INPUT -p tcp --dport 8080 -j REJECT --reject-with icmp-host-prohibited"),
        fact=("firewall|prohibited",),
    ),
    _path(
        "gateway-itself-gone", "http://192.0.2.1/",
        broken("host_down|gateway_dead", _HOST, "ip|tcp", "their host|this network"),
        ip("gateway", "addr flush dev lan"), limit=SILENT, fact=("unreachable|no route",),
    ),
    _path(
        "rule-to-empty-table", f"http://{SERVER}/",
        broken("local_policy_route", _HOST, "ip", "this host"),
        listen(), ip("client", "route add unreachable default table 100",
                     f"rule add to {SERVER} lookup 100"),
        fact=("route|policy|unreachable",),
    ),
    _path(
        "kill-switch-name", _HTTPS,
        broken("local_policy_route|no_default_route|resolver_unreachable",
               f"tcp.address_invalid|{_DNS}|{_NETWORK}", "ip|dns", "this host"),
        name(), secure(), ip("client", "route del default", "route del ::/0",
                             "route add blackhole default", "route add blackhole ::/0"),
        fact=("route|blackhole|invalid",), note="a VPN that is down has left its blackhole",
    ),
    _path(
        "kill-switch-address", f"https://{SERVER}/",
        broken("local_policy_route|no_default_route", _HOST, "ip", "this host"),
        secure(), ip("client", "route del default", "route add unreachable default"),
        fact=("route|unreachable",),
    ),
    _path(
        "no-carrier-name", _HTTPS,
        broken("no_network|gateway_dead|no_default_route", f"{_HOST}|{_NETWORK}|{_DNS}", "ip|tcp",
               "this host|this network"),
        dual(), secure(), ip("gateway", "link set lan down"), limit=SILENT,
        fact=("carrier|unreachable|network",),
    ),
    _path(
        "own-firewall-resets-one-port-loopback", "http://127.0.0.1:5000/",
        broken("service_down|local_firewall", "tcp.refused", "tcp|ip",
               "this host|their service"),
        listen(5000, role="client", address="127.0.0.1"),
        rule("client", "INPUT -p tcp --dport 5000 -j REJECT --reject-with tcp-reset"),
        fact=("refused",),
    ),
    _path(
        "dropped-behind-address-translation", f"http://{SERVER}:8080/",
        broken("firewall_drops|overloaded", "tcp.timed_out", "tcp", "path|their host",
               "firewall_drops|overloaded"),
        listen(), listen(8080), rule("gateway", "POSTROUTING -t nat -o wan -j MASQUERADE"),
        rule("server", "INPUT -p tcp --dport 8080 -j DROP"), limit=SILENT,
        fact=("timed out|timeout",),
    ),
    _path(
        "host-off-beside-good-one", _HTTP,
        broken("one_address_dead", _HOST, "ip|tcp", "their host"),
        name(NAME, "198.51.100.77", SERVER), listen(), limit=SILENT, fact=("unreachable|no route",),
    ),
    _path(
        "healthy-source-route", _HTTPS, WELL, dual(), secure(),
        ip("client", "rule add from 192.0.2.2 lookup 100",
           "route add default via 192.0.2.1 table 100"),
    ),
    _path(
        "black-hole-for-this-user", f"http://{SERVER}/",
        broken("local_policy_route", "tcp.address_invalid", "ip", "this host"),
        listen(), ip("client", f"rule add {_USER} blackhole"), fact=("blackhole|invalid",),
    ),
)  # fmt: skip
