"""Further worlds of names: odd answers, aliases, and addresses that lead nowhere."""

from dns.rcode import NOERROR, NXDOMAIN, SERVFAIL
from e2e.building import (
    NAME,
    ip,
    listen,
    name,
    rule,
    secure,
)
from e2e.site import NOBODY, OTHER, SERVER, SERVER6, THIRD
from e2e.world import SILENT, WELL, World, broken

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_NONE = "dns.name_not_resolved"
_SERVER = "dns.server|dns.temporary_failure"
_HOST = "tcp.address_unreachable.host"
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")
_MISSING = broken("name_missing", _NONE, "dns", "DNS")


def _name(label, target, expected, *build, **more):
    return World(name=f"name-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _name(
        "only-ipv6-and-that-dropped", _HTTP,
        broken(
            "path_silent|firewall_drops|host_down|ipv6_dead", "tcp.timed_out", "ip|tcp",
            "path|this network|their host",
        ),
        name(NAME, SERVER6), listen(), rule("gateway", "FORWARD -j DROP", 6), limit=SILENT,
        fact=("timed out|timeout",),
    ),
    _name(
        "alias-loop", _HTTP,
        broken(
            "dangling_cname|zone_broken", f"dns.no_address|{_NONE}|{_SERVER}", "dns", "DNS"
        ),
        name(NAME, alias="b.example.net."), name("b.example.net", alias=f"{NAME}."), listen(),
        fact=("alias|cname|loop",),
    ),
    _name(
        "healthy-mapped-address", _HTTP, WELL,
        name(NAME, f"::ffff:{SERVER}"), listen(),
        note="an AAAA record with an IPv4 address in it: Linux connects to that over IPv4",
    ),
    _name(
        "alias-without-its-target", _HTTP,
        broken(
            "dangling_cname|name_without_address|resolver_refuses", f"dns.no_address|{_SERVER}",
            "dns", "DNS",
        ),
        listen(), name(NAME, alias="cdn.example.net."),
        name("cdn.example.net", rcode=NOERROR), fact=("alias|cname|no address",),
    ),
    _name(
        "address-of-no-network", _HTTP,
        broken(
            "bogus_address|host_down|network_unreachable|no_route",
            "dns.bogus_address|tcp.address_unreachable.network|tcp.address_invalid|tcp.failed",
            "dns|ip|tcp", "DNS|this network|path|this host",
        ),
        name(NAME, "240.0.0.7"), limit=SILENT, fact=(r"240\.0\.0\.7",),
    ),
    _name(
        "healthy-many-addresses", _HTTP, WELL,
        name(NAME, SERVER, OTHER, THIRD, SERVER6), listen(), listen(address=OTHER),
        listen(address=THIRD),
    ),
    _name(
        "all-of-three-addresses-refuse", _HTTP, _DOWN, name(NAME, SERVER, OTHER, THIRD),
        fact=("refused",),
    ),
    _name(
        "old-ipv4-record", _HTTP,
        broken("ipv4_dead", _HOST, "ip|tcp", "their host|path"),
        name(NAME, NOBODY, SERVER6), listen(), limit=SILENT, fact=(f"{NOBODY}.*unreachable",),
        note="the A record was forgotten when the host moved",
    ),
    _name(
        "alias-of-ipv6-only-name", _HTTPS,
        broken("family_missing", "tcp.address_unreachable.network|dns.no_address", "ip|dns",
               "this host|this network|DNS"),
        name(NAME, alias="cdn.example.net."), name("cdn.example.net", SERVER6), secure(),
        ip("client", "route del ::/0", "addr del 2001:db8:1::2/64 dev eth0"),
        fact=("IPv4|family|unreachable",),
    ),
    _name("missing-idna", "https://büch.example.org/", _MISSING, fact=("nxdomain|not known",)),
    _name(
        "alias-chain-ends-nowhere", _HTTPS,
        broken("dangling_cname", f"{_NONE}|dns.no_address", "dns", "DNS"),
        name(NAME, alias="a.example.net."), name("a.example.net", alias="b.example.net."),
        name("b.example.net", alias="c.example.net."), secure(), fact=("alias|cname|nxdomain",),
    ),
    _name(
        "alias-into-broken-zone", _HTTPS,
        broken("zone_broken", _SERVER, "dns", "DNS"),
        name(NAME, alias="cdn.example.net."), name("cdn.example.net", rcode=SERVFAIL), secure(),
        fact=("servfail|misbehaving",), note="the zone of the alias's target fails",
    ),
    _name(
        "loopback-beside-good-ipv6", _HTTP,
        broken("ipv4_dead|bogus_address|healthy", "tcp.refused|dns.bogus_address|healthy",
               "tcp|dns|none|ip", "DNS|this host|their service|", healthy=None),
        name(NAME, "127.0.0.1", SERVER6), listen(), fact=(r"127\.0\.0\.1",),
    ),
    _name(
        "healthy-wildcard-of-the-zone", "http://any.shop.example.org/", WELL,
        name("*.shop.example.org"), listen(),
    ),
    _name(
        "missing-postgres", f"postgres://app@{NAME}/shop", _MISSING, name(NAME, rcode=NXDOMAIN),
        fact=("nxdomain|not known",),
    ),
)  # fmt: skip
