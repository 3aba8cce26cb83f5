"""Other ways through the network: targets on the own link, address translation, mute routers."""

from e2e.building import (
    NAME,
    blocked,
    dual,
    ip,
    listen,
    name,
    nameservers,
    proxying,
    resolver,
    rule,
    secure,
)
from e2e.handlers import ftp, page, proxy, redirects, redis, ssh
from e2e.site import NOBODY, OTHER, PROXY, RESOLVER, RESOLVER2, SERVER, SERVER6
from e2e.world import SILENT, WELL, World, broken
from e2e.worlds.proxy import ALL

from ringback.testing.lab.dns import DNSAnswer
from ringback.testing.lab.server import Connection

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_GATEWAY = "192.0.2.1"
_PUBLIC = "203.0.113.2"
"""Address of the border towards the client: what it forwards, it forwards from here."""
_NEAR = {"role": "gateway", "address": _GATEWAY}
_HOST = "tcp.address_unreachable.host"
_PROHIBITED = "tcp.address_unreachable.prohibited"
_NAT = rule("gateway", "POSTROUTING -t nat -o wan -j MASQUERADE")
_MUTE = tuple(rule(role, "OUTPUT -p icmp -j DROP") for role in ("gateway", "border"))
"""Routers that answer nothing themselves: no ICMP of theirs comes back."""
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")
_DROPPED = broken(
    "firewall_drops|overloaded", "tcp.timed_out", "tcp", "path|their host|their service",
    "firewall_drops|overloaded",
)  # fmt: skip
_REJECTED = broken("firewall_rejects", f"{_PROHIBITED}|{_HOST}", "ip|tcp", "path")
_SILENT = broken(
    "firewall_drops|path_silent|host_down|overloaded", "tcp.timed_out", "ip|tcp", "path|their host"
)
_LOCAL = broken("local_firewall", "tcp.timed_out", "ip|tcp", "this host")


def _way(label, target, expected, *build, **more):
    return World(name=f"way-{label}", target=target, build=build, expected=expected, **more)


def _forwarded(port, to):
    return rule("border", f"PREROUTING -t nat -p tcp --dport {port} -j DNAT --to-destination {to}")


WORLDS = (
    _way(
        "near-dropped", f"http://{_GATEWAY}:8080/", _DROPPED,
        listen(80, **_NEAR), listen(8080, **_NEAR),
        rule("gateway", "INPUT -p tcp --dport 8080 -j DROP"), limit=SILENT, curl=(28,),
    ),
    _way(
        "near-rejected", f"http://{_GATEWAY}:8080/",
        broken("firewall_rejects", f"{_PROHIBITED}|{_HOST}", "ip|tcp", "their host|this network"),
        listen(8080, **_NEAR),
        rule("gateway", "INPUT -p tcp --dport 8080 -j REJECT --reject-with icmp-admin-prohibited"),
        curl=(7,), fact=("prohibited|filtered|firewall",),
    ),
    _way("near-refused", f"https://{_GATEWAY}/", _DOWN, curl=(7,)),
    _way("translated-healthy", _HTTPS, WELL, name(), secure(), _NAT, curl=(0,)),
    _way("translated-refused", _HTTPS, _DOWN, name(), _NAT, curl=(7,)),
    _way(
        "translated-rejected", _HTTPS, _REJECTED,
        name(), secure(), _NAT,
        rule("border", "FORWARD -p tcp --dport 443 -j REJECT --reject-with icmp-admin-prohibited"),
        curl=(7,), fact=("prohibited|filtered|firewall",),
    ),
    _way(
        "translated-dropped", f"http://{NAME}:8080/", _DROPPED,
        name(), listen(), _NAT, rule("border", "FORWARD -p tcp --dport 8080 -j DROP"),
        limit=SILENT, curl=(28,),
    ),
    _way(
        "translated-host-off", _HTTPS, broken("host_down", _HOST, "ip|tcp", "their host"),
        name(NAME, NOBODY), _NAT, limit=SILENT, curl=(7,), fact=("unreachable|no route",),
    ),
    _way(
        "forwarded-healthy", f"http://{_PUBLIC}:8080/", WELL,
        listen(), _forwarded(8080, f"{SERVER}:80"), curl=(0,),
    ),
    _way(
        "forwarded-not", f"http://{_PUBLIC}:8081/", _DOWN,
        _forwarded(8080, f"{SERVER}:80"), curl=(7,),
    ),
    _way(
        "forwarded-to-host-off", f"http://{_PUBLIC}:8080/",
        broken(
            "host_down|host_unreachable|firewall_rejects", _HOST, "ip|tcp", "their host|path",
        ),
        _forwarded(8080, f"{NOBODY}:80"), limit=SILENT, curl=(7,), fact=("unreachable|no route",),
    ),
    _way(
        "mute-routers-healthy", _HTTP, WELL, dual(), listen(), *_MUTE, curl=(0,),
    ),
    _way(
        "mute-routers-dropped", f"http://{NAME}:8080/", _DROPPED,
        name(), listen(), rule("border", "FORWARD -p tcp --dport 8080 -j DROP"), *_MUTE,
        limit=SILENT, curl=(28,),
        note="no hop answers for any port: that says nothing about the own firewall",
    ),
    _way(
        "mute-routers-host-off", _HTTP, _SILENT,
        name(NAME, NOBODY), *_MUTE, limit=SILENT, curl=(28,), fact=("timed out|timeout",),
    ),
    _way(
        "server-knows-no-way-back", _HTTPS, _SILENT,
        name(), secure(), ip("server", "route del default"), limit=SILENT, curl=(28,),
        fact=("timed out|timeout",),
    ),
    _way(
        "answers-dropped", _HTTPS, _SILENT,
        name(), secure(), rule("border", f"FORWARD -s {SERVER} -p tcp --sport 443 -j DROP"),
        limit=SILENT, curl=(28,), fact=("timed out|timeout",),
    ),
    _way(
        "own-firewall-drops-host", _HTTP, _LOCAL,
        name(), listen(), rule("client", f"OUTPUT -d {SERVER} -j DROP"), limit=SILENT, curl=(28,),
        fact=("firewall|not permitted",),
    ),
    _way(
        "own-firewall-drops-all-tcp", f"http://{NAME}:8080/", _LOCAL,
        name(), listen(8080), rule("client", "OUTPUT -p tcp -o eth0 -j DROP"), limit=SILENT,
        curl=(28,),
        fact=("firewall|not permitted",),
    ),
    _way(
        "own-firewall-by-user", _HTTPS,
        broken("local_firewall", "tcp.refused", "tcp|ip", "this host"),
        name(), secure(), rule("client", "OUTPUT -p tcp -m owner --uid-owner 65534 -j REJECT"),
        curl=(7,), fact=("firewall",), note="only this user's connections are rejected",
    ),
    _way(
        "own-firewall-ipv4-only", _HTTP,
        broken("local_firewall|ipv4_dead", "tcp.refused|tcp.timed_out", "tcp|ip", "this host"),
        dual(), listen(), rule("client", f"OUTPUT -d {SERVER} -p tcp -j REJECT"), curl=(0,),
        fact=("firewall",),
    ),
    _way(
        "own-firewall-loopback", "http://127.0.0.1:5000/",
        broken(
            "local_firewall|firewall_drops|overloaded", "tcp.timed_out", "tcp|ip",
            "this host|their host",
        ),
        listen(5000, role="client", address="127.0.0.1"), rule("client", "INPUT -i lo -j DROP"),
        limit=SILENT, curl=(28,), fact=("firewall|timed out",),
    ),
    _way(
        "own-firewall-rejects-dns", _HTTP,
        broken(
            "local_firewall|resolver_unreachable|resolver_down",
            "dns.unreachable|dns.temporary_failure",
            "dns|ip", "this host",
        ),
        name(), listen(), rule("client", "OUTPUT -p udp --dport 53 -j REJECT"),
        curl=(6,), fact=("firewall",), note="the ICMP message comes from an address of our own",
    ),
    _way(
        "proxy-rejected-by-gateway", _HTTPS,
        broken(
            "proxy_down|firewall_rejects", "proxy.unreachable", "proxy",
            "proxy|path|this network",
        ),
        name(), secure(), blocked(), proxying(proxy),
        rule("gateway", f"FORWARD -d {PROXY} -p tcp -j REJECT --reject-with icmp-admin-prohibited"),
        variables=ALL, curl=(7,), fact=("proxy|3128",),
    ),
    _way(
        "two-ways-first-dead", f"http://{SERVER}/",
        broken("gateway_dead", f"{_HOST}|tcp.timed_out", "ip|tcp", "this network|this host"),
        listen(), ip("client", "route add 198.51.100.0/24 via 192.0.2.98"),
        limit=SILENT, curl=(7, 28), fact=("gateway|192.0.2.98|unreachable",),
        note="a static route leads by a router that is not there; the default route would do",
    ),
    _way(
        "redirect-to-dropped-port", _HTTP,
        broken(
            "firewall_drops|overloaded", "tcp.timed_out", "tcp|http",
            "path|their host|their service",
        ),
        name(), listen(80, redirects({"*": _HTTPS}, status=301)),
        rule("border", "FORWARD -p tcp --dport 443 -j DROP"), limit=SILENT, curl=(28,),
        fact=("timed out|timeout",),
    ),
    _way(
        "redirect-to-wrong-name", _HTTP,
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", "their certificate"),
        name(), listen(80, redirects({"*": _HTTPS}, status=301)), secure(certificate="wrong_name"),
        curl=(60,), fact=("match|not valid for",),
    ),
    _way(
        "redirect-to-other-host-refused", _HTTP,
        broken("service_down", "tcp.refused", "tcp", "their service|their host"),
        name(), name("shop.example.net", OTHER),
        listen(80, redirects({"*": "http://shop.example.net/"})),
        curl=(7,),
    ),
    _way(
        "redirect-to-other-host-dropped", _HTTP, _DROPPED,
        name(), name("shop.example.net", OTHER),
        listen(80, redirects({"*": "https://shop.example.net/"})),
        rule("border", f"FORWARD -d {OTHER} -p tcp --dport 443 -j DROP"),
        limit=SILENT, curl=(28,), fact=("timed out|timeout",),
    ),
    _way(
        "redirect-to-other-host-prohibited", _HTTP, _REJECTED,
        name(), name("shop.example.net", OTHER),
        listen(80, redirects({"*": "https://shop.example.net/"})),
        rule(
            "border", f"FORWARD -d {OTHER} -p tcp -j REJECT --reject-with icmp-admin-prohibited"
        ),
        curl=(7,), fact=("prohibited|filtered|firewall",),
    ),
    _way(
        "redirect-to-other-host-wrong-name", _HTTP,
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", "their certificate"),
        name(), name("shop.example.net", OTHER),
        listen(80, redirects({"*": "https://shop.example.net/"})), secure(address=OTHER),
        curl=(60,), fact=("match|not valid for",),
    ),
    _way(
        "redirect-to-other-host-404-healthy", _HTTP, WELL,
        name(), name("shop.example.net", OTHER),
        listen(80, redirects({"*": "http://shop.example.net:8080/"})),
        listen(8080, page(404), address=OTHER),
        curl=(0,), note="it answers: whether a 404 is wrong there only the program knows",
    ),
    _way(
        "redirect-to-slow-other-host-healthy", _HTTP, WELL,
        name(), name("shop.example.net", OTHER, delay=0.6),
        listen(80, redirects({"*": "http://shop.example.net:8080/"})),
        listen(8080, page(delay=3.0), address=OTHER), limit=SILENT, curl=(0,),
    ),
    _way(
        "one-of-two-expired", _HTTPS,
        broken(
            "tls_partly|certificate_expired", "tls.cert.date_invalid.expired", "tls",
            "their service|their certificate", healthy=None,
        ),
        name(NAME, SERVER, OTHER), secure(address=SERVER),
        secure(certificate="expired", address=OTHER),
        curl=(0, 60), fact=("expired",),
    ),
    _way(
        "first-of-two-expired", _HTTPS,
        broken(
            "tls_partly|certificate_expired", "tls.cert.date_invalid.expired", "tls",
            "their service|their certificate", healthy=None,
        ),
        dual(), secure(address=SERVER), secure(certificate="expired", address=SERVER6),
        curl=(0, 60), fact=("expired",),
    ),
    _way(
        "resolver-answers-aaaa-only", _HTTP,
        broken(
            "a_dropped", "dns.unreachable", "dns", "DNS", healthy=None,
        ),
        dual(), listen(), resolver(RESOLVER, deaf=("A",)), limit=SILENT, curl=(0, 6, 28),
        fact=("resolv|DNS",),
    ),
    _way(
        "resolver-two-seconds", _HTTP, WELL,
        name(NAME, SERVER, delay=2.0), listen(), limit=SILENT, curl=(0,),
    ),
    _way(
        "resolver-two-seconds-dual", _HTTP, WELL,
        name(NAME, SERVER, SERVER6, delay=2.0), listen(), limit=SILENT, curl=(0,),
    ),
    _way(
        "first-resolver-two-seconds", _HTTP,
        broken(
            "one_resolver_dead|healthy", "dns.unreachable|dns.timed_out|healthy", "dns|none",
            "DNS|", healthy=None,
        ),
        name(NAME, SERVER, delay=2.0), listen(), nameservers(RESOLVER, RESOLVER2),
        resolver(RESOLVER), resolver(RESOLVER2, {NAME: DNSAnswer(addresses=(SERVER,))}),
        limit=SILENT, curl=(0,),
    ),
    _way(
        "rediss-expired", f"rediss://{NAME}:6380",
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(), secure(6380, "expired", redis), fact=("expired",),
    ),
    _way("rediss-healthy", f"rediss://{NAME}:6380", WELL, name(), secure(6380, handler=redis)),
    _way("ssh-healthy", f"ssh://{NAME}", WELL, name(), listen(22, ssh)),
    _way("ftp-healthy", f"ftp://{NAME}/pub", WELL, name(), listen(21, ftp)),
    _way(
        "redis-closes", f"redis://{NAME}",
        broken(
            "service_closes|closes_without_answer|service_rejects|connection_reset",
            "tcp.closed|service.rejected|tcp.reset", "tcp|application",
            "their service|their application",
        ),
        name(), listen(6379, Connection.finish), fact=("clos|EOF|empty",),
    ),
    _way(
        "redis-to-tls-port", f"redis://{NAME}:6380",
        broken(
            "plain_on_tls_port|service_other_protocol|service_silent|closes_without_answer|connection_reset",
            "http.response.invalid.not_http|service.rejected|tcp.closed|tcp.reset|http.response.timed_out",
            "application|tcp|http|tls", "this program|their service",
        ),
        name(), secure(6380, handler=redis), limit=SILENT, fact=("TLS|clos|reset",),
    ),
    _way(
        "slow-resolver-beside-404", _HTTP,
        broken("not_found", "http.error", "status|http", "their application|this program"),
        name(NAME, SERVER, delay=0.6), listen(80, page(404)), nameservers(RESOLVER),
        limit=2.5, curl=(0,), fact=(r"\b404\b",),
    ),
)  # fmt: skip
