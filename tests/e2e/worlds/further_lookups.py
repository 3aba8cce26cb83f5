"""Worlds of names and URLs: resolvers that fail or differ, and texts that are no URL."""

import dns.edns
from dns.rcode import NOERROR, NXDOMAIN, REFUSED, SERVFAIL
from e2e.building import (
    NAME,
    dual,
    file,
    hosts,
    ip,
    listen,
    name,
    nameservers,
    resolver,
    rule,
    secure,
    without_resolver,
)
from e2e.site import OTHER, OTHER6, RESOLVER, RESOLVER2, SERVER, SERVER6, THIRD
from e2e.world import SILENT, World, broken

from ringback.testing.lab.dns import DNSAnswer

_HTTP = f"http://{NAME}/"
_HTTPS = f"https://{NAME}/"


def _world(label, target, expected, *build, **more):
    return World(name=f"lookups-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _world(
        "no-such-name-search",
        "https://wwww.example.org/",
        broken("name_missing", "dns.name_not_resolved", "dns", "DNS|this program"),
        name(),
        secure(),
        nameservers(RESOLVER, options="search corp.example.net example.net"),
    ),
    _world(
        "both-resolvers-down",
        _HTTPS,
        broken(
            "resolver_down",
            "dns.unreachable|dns.temporary_failure",
            "dns",
            "DNS|this network|this host|path",
        ),
        name(),
        secure(),
        nameservers(RESOLVER, "192.0.2.155"),
        without_resolver(RESOLVER),
        limit=SILENT,
    ),
    _world(
        "resolver-off-net",
        _HTTPS,
        broken(
            "resolver_unreachable",
            "dns.unreachable|dns.temporary_failure",
            "dns",
            "DNS|this network|this host|path",
        ),
        name(),
        secure(),
        nameservers("10.20.30.40"),
        limit=2.5,
    ),
    _world(
        "resolver-refuses-ede",
        _HTTPS,
        broken(
            "resolver_refuses", "dns.server|dns.temporary_failure", "dns", "DNS", also="dns_blocked"
        ),
        name(rcode=REFUSED, error=(dns.edns.EDECode.PROHIBITED, "")),
        secure(),
    ),
    _world(
        "first-resolver-lies",
        _HTTPS,
        broken("resolvers_disagree", "dns.name_not_resolved", "dns", "DNS"),
        name(),
        secure(),
        nameservers(RESOLVER, RESOLVER2),
        resolver(RESOLVER, {"example.net": DNSAnswer(addresses=(SERVER,))}),
        resolver(RESOLVER2),
        limit=2.5,
    ),
    _world(
        "dnssec-bogus",
        _HTTPS,
        broken("dnssec_bogus", "dns.server|dns.temporary_failure", "dns", "DNS"),
        name(rcode=SERVFAIL, error=(dns.edns.EDECode.DNSSEC_BOGUS, "signature expired")),
        secure(),
    ),
    _world(
        "blocked-by-policy",
        _HTTPS,
        broken("dns_blocked", "dns.blocked|dns.name_not_resolved", "dns", "DNS|this network"),
        name(rcode=NXDOMAIN, error=(dns.edns.EDECode.BLOCKED, "ads and trackers")),
        secure(),
    ),
    _world(
        "sinkhole-zero",
        _HTTP,
        broken(
            "bogus_address", "dns.bogus_address|tcp.refused|dns.blocked", "dns", "DNS|this network"
        ),
        name(NAME, "0.0.0.0"),
    ),
    _world(
        "only-text-records",
        f"amqp://{NAME}",
        broken("name_without_address", "dns.no_address", "dns", "DNS"),
        name(rcode=NOERROR),
    ),
    _world(
        "v6-only-name-on-v4-client",
        _HTTPS,
        broken(
            "family_missing",
            "tcp.address_unreachable.network|dns.no_address",
            "dns|ip|tcp",
            "this host|this network|DNS",
        ),
        name(NAME, SERVER6),
        secure(),
        ip("client", "route del ::/0", "addr del 2001:db8:1::2/64 dev eth0"),
    ),
    _world(
        "hosts-old-v6",
        _HTTPS,
        broken("hosts_file_override", "tcp.refused|dns.bogus_address", "dns|tcp", "this host"),
        dual(),
        secure(),
        hosts(f"{OTHER6} {NAME} www"),
    ),
    _world(
        "dns-url-servfail",
        f"dns://{NAME}",
        broken("zone_broken", "dns.server|dns.temporary_failure", "dns", "DNS"),
        name(rcode=SERVFAIL),
    ),
    _world(
        "nsswitch-files-only",
        _HTTPS,
        broken(
            "nsswitch_broken",
            "dns.name_not_resolved|dns.temporary_failure|dns.failed",
            "dns",
            "this host",
        ),
        name(),
        secure(),
        file("nsswitch.conf", "passwd: files\nhosts: files\n"),
    ),
    _world(
        "resolved-stopped",
        _HTTPS,
        broken("resolver_down", "dns.unreachable|dns.temporary_failure", "dns", "this host|DNS"),
        name(),
        secure(),
        nameservers("127.0.0.53", options="options edns0 trust-ad"),
    ),
    _world(
        "dangling-alias",
        _HTTPS,
        broken("dangling_cname", "dns.name_not_resolved|dns.no_address", "dns", "DNS"),
        name(NAME, alias="old-bucket.s3.example.net."),
    ),
    _world(
        "hijacked-absent",
        "http://wwwx.example.org/",
        broken(
            "dns_hijacked",
            "dns.bogus_address|tcp.refused|dns.name_not_resolved",
            "dns|tcp",
            "DNS|this network|this program|their service",
        ),
        name("*", THIRD),
        name(),
        listen(),
    ),
    _world(
        "first-resolver-silent",
        _HTTPS,
        broken("one_resolver_dead", "dns.unreachable", "dns", "DNS|this network", healthy=None),
        dual(),
        secure(),
        nameservers("192.0.2.177", RESOLVER),
        limit=8,
    ),
    _world(
        "truncated-tcp-dead",
        _HTTPS,
        broken(
            "resolver_unreachable",
            "dns.server|dns.temporary_failure|dns.unreachable",
            "dns",
            "DNS|path",
        ),
        name(NAME, SERVER, udp="truncated", tcp=False),
        secure(),
        limit=SILENT,
    ),
    _world(
        "resolvers-differ-address",
        _HTTPS,
        broken(
            "resolvers_disagree", "tcp.refused|dns.bogus_address", "dns|tcp", "DNS|their service"
        ),
        name(NAME, OTHER),
        secure(),
        nameservers(RESOLVER, RESOLVER2),
        resolver(RESOLVER2, {NAME: DNSAnswer(addresses=(SERVER,))}),
    ),
    _world(
        "ede-22",
        _HTTPS,
        broken("zone_broken", "dns.server|dns.temporary_failure", "dns", "DNS"),
        name(
            rcode=SERVFAIL,
            error=(dns.edns.EDECode.NO_REACHABLE_AUTHORITY, "at delegation example.org."),
        ),
    ),
    _world(
        "resolver-icmp-prohibited",
        _HTTPS,
        broken(
            "resolver_unreachable",
            "dns.unreachable|dns.temporary_failure",
            "dns",
            "this network|DNS|path",
        ),
        name(),
        secure(),
        rule("gateway", "FORWARD -p udp --dport 53 -j REJECT --reject-with icmp-admin-prohibited"),
        limit=2.5,
    ),
    _world(
        "name-single-label",
        "http://intranet/",
        broken(
            "name_missing",
            "dns.name_not_resolved",
            "dns",
            "DNS|this program|this host|this network",
        ),
        limit=SILENT,
    ),
    _world(
        "name-dot-local",
        "http://printer.local/",
        broken(
            "name_missing",
            "dns.name_not_resolved",
            "dns",
            "DNS|this program|this host|this network",
        ),
        limit=SILENT,
    ),
    _world(
        "name-onion",
        "http://duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion/",
        broken(
            "name_missing",
            "dns.name_not_resolved",
            "dns",
            "DNS|this program|this host|this network",
        ),
        limit=SILENT,
    ),
    _world(
        "name-internal",
        "redis://cache.svc.cluster.local:6379",
        broken(
            "name_missing",
            "dns.name_not_resolved",
            "dns",
            "DNS|this program|this host|this network",
        ),
        limit=SILENT,
    ),
    _world(
        "collision-address",
        _HTTPS,
        broken("bogus_address", "dns.bogus_address|tcp.refused", "dns", "DNS"),
        name(NAME, "127.0.53.53"),
    ),
    _world(
        "hosts-loopback",
        _HTTP,
        broken("hosts_file_override", "dns.bogus_address|tcp.refused", "dns|tcp", "this host"),
        name(),
        listen(),
        hosts(f"127.0.0.1 {NAME}"),
    ),
    _world(
        "second-resolver-only-servfail-first",
        _HTTPS,
        broken("resolvers_disagree", "dns.server", "dns", "DNS", healthy=None),
        name(),
        secure(),
        nameservers(RESOLVER, RESOLVER2),
        resolver(RESOLVER, {"*": DNSAnswer(rcode=SERVFAIL)}),
        resolver(RESOLVER2),
    ),
    _world(
        "url-backslashes",
        f"http:\\\\{NAME}\\",
        broken("url_invalid", "url.invalid|url.scheme_invalid", "config|url", "this program"),
        name(),
    ),
    _world(
        "url-double",
        f"https://https://{NAME}/",
        broken(
            "url_invalid",
            "url.invalid|dns.name_not_resolved|url.scheme_invalid",
            "config|url|dns",
            "this program|DNS",
        ),
        name(),
        secure(),
    ),
)
