"""Further worlds of names: odd configurations of this host, resolvers with habits, odd answers."""

from dns.edns import EDECode
from dns.rcode import NXDOMAIN, REFUSED, SERVFAIL
from e2e.building import (
    NAME,
    dual,
    file,
    hosts,
    ip,
    listen,
    name,
    nameservers,
    nft,
    resolver,
    rule,
    secure,
)
from e2e.handlers import redirects
from e2e.resolver import Resolver
from e2e.site import NOBODY6, OTHER, RESOLVER, RESOLVER2, RESOLVER3, SERVER, SERVER6
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.nameserver import Answer, bind

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_SHORT = "options timeout:1 attempts:1"
_NONE = "dns.name_not_resolved"
_SERVER = "dns.server|dns.temporary_failure"
_UNREACHABLE = "dns.unreachable|dns.temporary_failure|dns.timed_out"
_HOST = "tcp.address_unreachable.host"
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")
_MISSING = broken("name_missing", _NONE, "dns", "DNS")


def _name(label, target, expected, *build, **more):
    return World(name=f"name-{label}", target=target, build=build, expected=expected, **more)


def stub(address="127.0.0.53", **options):
    """Start a resolver on the client itself."""

    def build(site):
        with site.inside("client"):
            site.keep(Resolver(site.records, bind(address, 53), **options).close)

    return build


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
        "first-resolver-refuses", _HTTP,
        broken(
            "one_resolver_dead|resolvers_disagree|healthy|resolver_refuses",
            f"{_SERVER}|{_UNREACHABLE}|healthy", "dns|none", "DNS|", healthy=None,
        ),
        name(), listen(), nameservers(RESOLVER2, RESOLVER),
        resolver(RESOLVER2, always=Answer(rcode=REFUSED)), fact=("192.0.2.154",),
        note="the C library asks the second after REFUSED",
    ),
    _name(
        "resolver-answers-from-another-address", _HTTP,
        broken("resolver_silent", _UNREACHABLE, "dns", "DNS|this network"),
        name(), listen(), nameservers(RESOLVER, options=_SHORT),
        nft(
            "office",
            "table ip f {\nchain c {\ntype filter hook output priority -300;\n"
            "udp sport 53 notrack ip saddr set 192.0.2.155\n}\n}\n",
        ),
        limit=SILENT, fact=("192.0.2.15[35]|resolver",),
        note="a host with two addresses answers from the wrong one: nobody takes it",
    ),
    _name(
        "resolver-rejected-by-gateway", _HTTP,
        broken(
            "resolver_unreachable|firewall_rejects", _UNREACHABLE, "dns", "DNS|this network|path"
        ),
        name(), listen(),
        rule("gateway", "FORWARD -p udp --dport 53 -j REJECT"),
        limit=SILENT, fact=("192.0.2.1|firewall|icmp",),
        note="the gateway says port unreachable: the resolver itself is well",
    ),
    _name(
        "healthy-edns-dropped", _HTTP, WELL,
        name(), listen(),
        rule(
            "gateway",
            "FORWARD -p udp --dport 53 -m string --algo bm --hex-string |00002904d0| -j DROP",
        ),
        limit=SILENT, note="an old device drops questions with EDNS; the C library uses none",
    ),
    _name(
        "healthy-resolver-slow", _HTTP,
        broken("healthy", "healthy", "none", "", healthy=True),
        name(NAME, SERVER, delay=3.5), listen(), limit=SILENT,
        note="every lookup takes 3.5 s, and succeeds",
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
        "hosts-file-wrong-family", _HTTP,
        broken(
            "hosts_file_override", f"{_HOST}|dns.bogus_address", "dns|config|ip|tcp", "this host"
        ),
        name(), listen(), hosts(f"{NOBODY6} {NAME}"), limit=SILENT, fact=("hosts",),
        note="an IPv6 address that no host has any more; DNS has a good IPv4 address",
    ),
    _name(
        "refused-beside-unused-hosts-entry", _HTTP, _DOWN,
        name(), hosts(f"{OTHER} {NAME}"), listen(address=OTHER),
        file("nsswitch.conf", "hosts: dns files\n"),
        note="DNS is asked first here: the entry of the hosts file is never used",
    ),
    _name(
        "short-without-search", "http://shop/", _MISSING,
        name(), listen(), fact=("nxdomain|no such host|search",),
    ),
    _name(
        "below-localhost", "http://app.localhost:8000/",
        broken("name_missing|nsswitch_broken", _NONE, "dns", "DNS|this host"),
        listen(8000, role="client", address="127.0.0.1"),
        fact=("nxdomain|no such host|not known",),
        note="the C library of this host asks DNS for names below localhost",
    ),
    _name(
        "localhost-not-in-hosts", "http://localhost:8000/",
        broken("name_missing|nsswitch_broken", _NONE, "dns", "DNS|this host"),
        listen(8000, role="client", address="127.0.0.1"), file("hosts", "# empty\n"),
        fact=("nxdomain|no such host|not known|localhost",),
    ),
    _name(
        "first-of-three-resolvers-lies-silent", _HTTP,
        broken(
            "resolvers_disagree", "tcp.timed_out|dns.bogus_address", "dns|tcp|ip", "DNS",
        ),
        name(), listen(), nameservers(RESOLVER3, RESOLVER, RESOLVER2), resolver(RESOLVER2),
        resolver(RESOLVER3, {NAME: Answer(addresses=(OTHER,))}),
        rule("server", f"INPUT -d {OTHER} -j DROP"), limit=SILENT, fact=("192.0.2.155",),
    ),
    _name(
        "captive-portal-by-dns", _HTTP,
        broken(
            "captive_portal|dns_hijacked",
            "http.error.captive_portal|dns.bogus_address|http.response.unexpected_content",
            "dns|status|http", "this network|DNS",
        ),
        name("*", OTHER), listen(80, redirects({"*": "http://login.example.net/"}), address=OTHER),
        fact=("portal|log in|every name",),
    ),
    _name(
        "stub-broken", _HTTP,
        broken(
            "zone_broken|resolver_broken|resolver_refuses", _SERVER, "dns", "DNS|this host"
        ),
        listen(), nameservers("127.0.0.53"), stub(always=Answer(rcode=SERVFAIL)),
        fact=("servfail|misbehaving",),
        note="the stub of this host has lost its servers: SERVFAIL to everything",
    ),
    _name(
        "healthy-first-resolver-without-route", _HTTP,
        broken(
            "healthy|one_resolver_dead", f"healthy|{_UNREACHABLE}", "none|dns", "|DNS|this host",
            healthy=None,
        ),
        name(), listen(), nameservers("2001:db8:9::53", RESOLVER), ip("client", "route del ::/0"),
        fact=("2001:db8:9::53",), note="IPv6 is gone; the C library asks the next at once",
    ),
    _name(
        "healthy-mapped-address", _HTTP, WELL,
        name(NAME, f"::ffff:{SERVER}"), listen(),
        note="an AAAA record with an IPv4 address in it: Linux connects to that over IPv4",
    ),
    _name(
        "servfail-not-ready", _HTTPS,
        broken("zone_broken|resolver_broken|resolver_refuses", _SERVER, "dns", "DNS"),
        name(NAME, rcode=SERVFAIL, error=(EDECode.NOT_READY, "")), secure(),
        fact=("servfail|not ready|misbehaving",),
    ),
    _name(
        "missing-here-dual-resolver", _HTTP, _MISSING,
        dual("www2.example.org"), name(NAME, rcode=NXDOMAIN), nameservers(RESOLVER, RESOLVER2),
        resolver(RESOLVER2, always=Answer(rcode=REFUSED)), fact=("nxdomain|no such host",),
        note="the second refuses to answer at all",
    ),
)  # fmt: skip
