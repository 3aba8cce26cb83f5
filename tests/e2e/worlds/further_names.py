"""Further worlds of names: odd configurations of this host, resolvers with habits, odd answers."""

import dns.message
import dns.rdatatype
from dns.edns import EDECode
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
    nft,
    proxying,
    resolver,
    rule,
    secure,
)
from e2e.handlers import page, proxy, redirects
from e2e.resolver import Resolver
from e2e.site import NOBODY, NOBODY6, OTHER, RESOLVER, RESOLVER2, RESOLVER3, SERVER, SERVER6, THIRD
from e2e.world import SILENT, WELL, World, broken
from e2e.worlds.proxy import ALL

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


class _Typed(Resolver):
    """Gives some types of questions an error, or its answers another number."""

    def __init__(self, records, sockets, *, codes=None, number=0):
        self._codes = codes or {}
        self._number = number
        super().__init__(records, sockets)

    def answer(self, wire, transport):
        """Answer one message."""
        reply = super().answer(wire, transport)
        if reply is None:
            return None
        message = dns.message.from_wire(reply)
        code = self._codes.get(dns.rdatatype.to_text(message.question[0].rdtype))
        if code is not None:
            message.answer.clear()
            message.set_rcode(code)
        message.id ^= self._number
        return message.to_wire()


def _instead(**how):
    """Start another sort of resolver in the place of the usual one."""

    def build(site):
        site.resolvers.pop(RESOLVER)
        with site.inside("office"):
            site.keep(_Typed(site.records, bind(RESOLVER, 53), **how).close)

    return build


def typed(**codes):
    """Let the resolver answer some types of questions with a code."""
    return _instead(codes=codes)


def spoofed():
    """Let the resolver's answers have another number than the questions."""
    return _instead(number=0xFFFF)


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
    _name(
        "hosts-file-one-of-two-dead", _HTTP,
        broken(
            "one_address_dead|hosts_file_override", "tcp.refused|dns.bogus_address",
            "tcp|dns|config", "this host|their host|their service",
        ),
        name(), listen(), hosts(f"{OTHER} {NAME}", f"{SERVER} {NAME}"), fact=("hosts|refused",),
    ),
    _name(
        "hosts-file-zero", _HTTP,
        broken(
            "hosts_file_override", "tcp.refused|dns.bogus_address", "dns|config|tcp", "this host"
        ),
        name(), listen(), hosts(f"0.0.0.0 {NAME}"), fact=("hosts",),
        note="as lists of blocked hosts have it",
    ),
    _name(
        "hosts-file-old-server", _HTTPS,
        broken(
            "hosts_file_override", "tls.cert.name_invalid|dns.bogus_address", "dns|config|tls",
            "this host",
        ),
        name(), secure(address=SERVER), secure(certificate="wrong_name", address=OTHER),
        hosts(f"{OTHER} {NAME}"), fact=("hosts|match",),
    ),
    _name(
        "search-domain-by-variable", _HTTP,
        broken(
            "search_domain_trap", "tcp.refused|dns.bogus_address", "dns|tcp|config", "this host|DNS"
        ),
        name(), name("*.corp.example.net", OTHER), listen(),
        variables={"LOCALDOMAIN": "corp.example.net", "RES_OPTIONS": "ndots:5"},
        fact=("corp.example.net",),
    ),
    _name(
        "fourth-resolver-never-asked", _HTTP,
        broken("resolver_silent|resolver_unreachable", _UNREACHABLE, "dns", "DNS|this network"),
        name(), listen(),
        nameservers("192.0.2.171", "192.0.2.172", "192.0.2.173", RESOLVER, options=_SHORT),
        limit=SILENT, fact=("192.0.2.17|resolver",),
        note="the C library takes three: the good one is the fourth",
    ),
    _name(
        "resolver-by-tcp-only-and-that-dropped", _HTTP,
        broken(
            "resolver_silent|resolver_unreachable|nsswitch_broken",
            f"{_UNREACHABLE}|{_SERVER}", "dns", "DNS|this host|this network",
        ),
        name(), listen(), nameservers(RESOLVER, options="options use-vc timeout:1 attempts:1"),
        rule("office", "INPUT -p tcp --dport 53 -j DROP"), limit=SILENT, fact=("tcp|use-vc",),
        note="this host asks over TCP, which is filtered; over UDP the resolver answers",
    ),
    _name(
        "healthy-resolver-by-tcp-only", _HTTP, WELL,
        name(), listen(), nameservers(RESOLVER, options="options use-vc"),
        rule("office", "INPUT -p udp --dport 53 -j DROP"), limit=SILENT,
    ),
    _name(
        "nsswitch-returns-before-dns", _HTTP,
        broken("nsswitch_broken", f"{_NONE}|dns.failed", "dns|config", "this host"),
        name(), listen(), file("nsswitch.conf", "hosts: files [NOTFOUND=return] dns\n"),
        fact=("nsswitch|not known",),
    ),
    _name(
        "resolver-other-number", _HTTP,
        broken(
            "resolver_silent|resolver_broken", f"{_UNREACHABLE}|{_SERVER}", "dns",
            "DNS|this network",
        ),
        listen(), nameservers(RESOLVER, options=_SHORT), spoofed(), limit=SILENT,
        fact=("resolver|timed out|id",), note="its answers belong to no question",
    ),
    _name(
        "healthy-aaaa-servfail", _HTTP,
        broken(
            "healthy|aaaa_dropped|zone_broken", f"healthy|{_SERVER}|{_UNREACHABLE}", "none|dns",
            "|DNS", healthy=None,
        ),
        name(), listen(), typed(AAAA=SERVFAIL), fact=("servfail|AAAA",),
        note="a load balancer that knows no AAAA; A is answered",
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
        "known-to-another-resolver", _HTTP,
        broken("name_missing_here_only|name_missing", _NONE, "dns", "DNS|this host|this network"),
        listen(), resolver(RESOLVER, {"www.example.net": Answer()}),
        resolver(RESOLVER2, {NAME: Answer(addresses=(SERVER,))}),
        arguments=("--nameserver", RESOLVER2), fact=("nxdomain|no such host",),
    ),
    _name(
        "filtered-to-zero", _HTTPS,
        broken("dns_blocked|bogus_address", "dns.blocked|dns.bogus_address", "dns", "DNS"),
        name(NAME, "0.0.0.0", error=(EDECode.FILTERED, "by your administrator")), secure(),
        fact=(r"filter|0\.0\.0\.0",),
    ),
    _name(
        "zone-broken-slowly", _HTTP,
        broken("zone_broken", _SERVER, "dns", "DNS"),
        name(NAME, rcode=SERVFAIL, delay=2.0), limit=SILENT, fact=("servfail|misbehaving",),
    ),
    _name(
        "missing-slowly", _HTTP, _MISSING,
        name(NAME, rcode=NXDOMAIN, delay=3.8), limit=SILENT, fact=("nxdomain|no such host",),
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
        "link-local-in-dns", _HTTP,
        broken(
            "bogus_address", "dns.bogus_address|tcp.address_invalid", "dns|ip", "DNS|this network"
        ),
        name(NAME, "fe80::1"), limit=SILENT, fact=("fe80",),
        note="an AAAA record that holds on one link only",
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
        "ipv6-only-host-and-ipv4-resolver", _HTTP,
        broken(
            "resolver_unreachable|no_default_route|family_missing",
            f"{_UNREACHABLE}|tcp.address_unreachable.network", "dns|ip",
            "this host|this network|DNS",
        ),
        dual(), listen(), ip("client", "route del default"), fact=("unreachable|resolver",),
        note="IPv6 would do, but the only resolver has an IPv4 address",
    ),
    _name(
        "healthy-search-domain-silent", _HTTP,
        broken("healthy|search_domain_trap", "healthy|dns.timed_out|dns.unreachable", "none|dns",
               "|DNS|this host", healthy=None),
        name(), listen(), name("*.dead.example.net", udp="silent", tcp=False),
        file("resolv.conf",
             f"nameserver {RESOLVER}\nsearch dead.example.net\n{_SHORT} ndots:5\n"),
        limit=SILENT, fact=("dead.example.net",),
        note="each lookup first waits for a domain whose servers are gone",
    ),
    _name(
        "first-resolver-without-address", _HTTP,
        broken("resolvers_disagree|name_missing_here_only", f"dns.no_address|{_NONE}", "dns",
               "DNS"),
        name(), listen(), nameservers(RESOLVER2, RESOLVER),
        resolver(RESOLVER2, {NAME: Answer()}), fact=("192.0.2.154",),
    ),
    _name(
        "first-resolver-fails-second-denies", _HTTP, _MISSING,
        nameservers(RESOLVER2, RESOLVER), name(NAME, rcode=NXDOMAIN),
        resolver(RESOLVER2, always=Answer(rcode=SERVFAIL)), fact=("nxdomain|no such host",),
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
    _name(
        "healthy-aaaa-refused", _HTTP,
        broken("healthy|aaaa_dropped|resolver_refuses", f"healthy|{_SERVER}|{_UNREACHABLE}",
               "none|dns", "|DNS", healthy=None),
        name(), listen(), typed(AAAA=REFUSED), fact=("refused|AAAA",),
    ),
    _name(
        "ipv4-question-refused", _HTTP,
        broken("resolver_refuses|zone_broken|name_without_address",
               f"{_SERVER}|dns.no_address|{_NONE}", "dns", "DNS"),
        name(), listen(), typed(A=REFUSED), fact=("refused",),
    ),
    _name(
        "ipv4-question-servfail", _HTTP,
        broken("zone_broken|name_without_address", f"{_SERVER}|dns.no_address", "dns", "DNS"),
        name(), listen(), typed(A=SERVFAIL), fact=("servfail|misbehaving",),
    ),
    _name(
        "resolver-silent-dns", f"dns://{NAME}",
        broken("resolver_silent", _UNREACHABLE, "dns", "DNS|this network"),
        name(), rule("office", "INPUT -p udp --dport 53 -j DROP"), limit=SILENT,
        fact=("resolver|timed out",),
    ),
    _name(
        "second-resolver-dead-dns", f"dns://{NAME}",
        broken("one_resolver_dead|healthy", f"{_UNREACHABLE}|healthy", "dns|none", "DNS|",
               healthy=None),
        name(), nameservers(RESOLVER, RESOLVER2), fact=("192.0.2.154",),
    ),
    _name(
        "multicast-name", "http://printer.local/",
        broken("name_missing|nsswitch_broken", _NONE, "dns", "DNS|this host|this network"),
        file("nsswitch.conf", "hosts: files mdns4_minimal [NOTFOUND=return] dns\n"),
        fact=("nxdomain|not known|no such host",),
    ),
    _name(
        "refused-beside-search-domain", "http://shop:8080/", _DOWN,
        name("shop.corp.example.net"),
        file("resolv.conf", f"nameserver {RESOLVER}\nsearch corp.example.net\n"),
        fact=("refused",), note="a short name that is meant to be completed",
    ),
    _name("missing-idna", "https://büch.example.org/", _MISSING, fact=("nxdomain|not known",)),
    _name(
        "stub-down-ipv6", _HTTP,
        broken("resolver_down", _UNREACHABLE, "dns", "DNS|this host"),
        name(), listen(), nameservers("::1"), fact=("::1|resolver",),
    ),
    _name(
        "question-for-this-name-dropped", _HTTP,
        broken("resolver_silent|zone_broken|dns_blocked", f"{_UNREACHABLE}|{_SERVER}|dns.blocked",
               "dns", "DNS|this network|path"),
        name(NAME, SERVER, udp="silent", tcp=False), listen(),
        nameservers(RESOLVER, options=_SHORT), limit=SILENT, fact=("timed out|resolver",),
        note="the resolver answers for all other names",
    ),
    _name(
        "hosts-file-own-name", _HTTP,
        broken("hosts_file_override", "tcp.refused|dns.bogus_address", "dns|config|tcp",
               "this host"),
        name(), listen(), hosts(f"127.0.1.1\t{NAME} www\r"), fact=("hosts",),
        note="as an installer writes it for the host's own name",
    ),
    _name(
        "not-found-through-proxy-beside-hosts-entry", _HTTP,
        broken("not_found", "http.error", "status|http", "their application|this program"),
        name(), listen(80, page(404)), hosts(f"{OTHER} {NAME}"), proxying(proxy), variables=ALL,
        fact=("404",), note="the proxy looks the name up itself",
    ),
    _name(
        "unavailable-through-proxy-beside-zero", _HTTPS,
        broken("unavailable", "http.error.unavailable", "status|http",
               "their application|their service"),
        name(), secure(handler=page(503)),
        resolver(RESOLVER, {NAME: Answer(addresses=("0.0.0.0",))}),
        proxying(proxy), variables=ALL, fact=("503",),
        note="this host's resolver blocks the name; the proxy's does not",
    ),
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
        "two-of-three-resolvers-fail-differently", _HTTP,
        broken("one_resolver_dead|resolvers_disagree|healthy", f"{_UNREACHABLE}|{_SERVER}|healthy",
               "dns|none", "DNS|", healthy=None),
        name(), listen(), nameservers(RESOLVER3, RESOLVER2, RESOLVER, options=_SHORT),
        resolver(RESOLVER2, always=Answer(rcode=REFUSED)),
        rule("office", f"INPUT -d {RESOLVER3} -j DROP"), limit=SILENT, fact=("192.0.2.15[45]",),
    ),
    _name(
        "both-resolvers-closed", _HTTP,
        broken("resolver_down", _UNREACHABLE, "dns", "DNS"),
        name(), listen(), nameservers(RESOLVER2, RESOLVER3), fact=("192.0.2.15[45]",),
    ),
    _name(
        "one-resolver-silent-other-closed", _HTTP,
        broken("resolver_silent|resolver_down|resolver_unreachable", _UNREACHABLE, "dns", "DNS"),
        name(), listen(), nameservers(RESOLVER, RESOLVER2, options=_SHORT),
        rule("office", f"INPUT -d {RESOLVER} -j DROP"), limit=SILENT, fact=("192.0.2.15[34]",),
    ),
    _name(
        "resolver-empty-for-all", _HTTP,
        broken("name_without_address|resolver_broken|resolver_refuses",
               f"dns.no_address|{_SERVER}", "dns", "DNS"),
        listen(), resolver(RESOLVER, always=Answer()), fact=("no address|nodata",),
    ),
    _name(
        "private-address-in-public-dns", _HTTP,
        broken("network_unreachable|firewall_rejects|bogus_address",
               "tcp.address_unreachable.network|dns.bogus_address", "ip|tcp|dns",
               "path|DNS|this network"),
        name(NAME, "10.1.2.3"), limit=SILENT, fact=("unreachable|10.1.2.3",),
    ),
    _name(
        "loopback-beside-good-ipv6", _HTTP,
        broken("ipv4_dead|bogus_address|healthy", "tcp.refused|dns.bogus_address|healthy",
               "tcp|dns|none|ip", "DNS|this host|their service|", healthy=None),
        name(NAME, "127.0.0.1", SERVER6), listen(), fact=(r"127\.0\.0\.1",),
    ),
    _name(
        "localhost-elsewhere", "http://localhost:8000/",
        broken("hosts_file_override", "tcp.refused|dns.bogus_address", "dns|config|tcp",
               "this host"),
        listen(8000, role="client", address="127.0.0.1"), file("hosts", f"{OTHER} localhost\n"),
        fact=("hosts",), note="the hosts file sends localhost to another host",
    ),
    _name(
        "localhost-by-ipv6-only", "http://localhost:8000/",
        broken("service_down|hosts_file_override", "tcp.refused|dns.bogus_address", "tcp|dns",
               "this host|their service"),
        listen(8000, role="client", address="127.0.0.1"), file("hosts", "::1 localhost\n"),
        fact=("refused",), note="the service listens on 127.0.0.1 only",
    ),
    _name(
        "missing-with-warning", _HTTP,
        broken("dns_blocked|name_missing", f"dns.blocked|{_NONE}", "dns", "DNS"),
        name(NAME, rcode=NXDOMAIN, error=(EDECode.PROHIBITED, "")),
        nameservers(RESOLVER, RESOLVER2), resolver(RESOLVER2), fact=("nxdomain|prohibited",),
    ),
    _name(
        "resolver-lies-loopback-first-of-two", _HTTPS,
        broken("bogus_address|resolvers_disagree", "dns.bogus_address|tcp.refused", "dns|tcp",
               "DNS"),
        name(), secure(), nameservers(RESOLVER2, RESOLVER),
        resolver(RESOLVER2, {NAME: Answer(addresses=("127.0.0.1",))}), fact=("127.0.0.1",),
    ),
    _name(
        "resolver-lies-certificate", _HTTPS,
        broken("resolvers_disagree|certificate_wrong_name|dns_hijacked",
               "dns.bogus_address|tls.cert.name_invalid", "dns|tls",
               "DNS|their certificate|this network"),
        name(), secure(address=SERVER), secure(certificate="wrong_name", address=OTHER),
        nameservers(RESOLVER2, RESOLVER),
        resolver(RESOLVER2, {NAME: Answer(addresses=(OTHER,))}), fact=("match|192.0.2.154",),
        note="the first resolver sends the name to another server",
    ),
    _name(
        "hijack-and-refused", "http://shopp.example.org:8080/",
        broken("dns_hijacked|captive_portal", "dns.bogus_address|tcp.refused|"
               "http.error.captive_portal", "dns|tcp|status", "DNS|this network"),
        name("*", OTHER), listen(80, address=OTHER), fact=("every name|refused",),
    ),
    _name(
        "healthy-wildcard-of-the-zone", "http://any.shop.example.org/", WELL,
        name("*.shop.example.org"), listen(),
    ),
    _name(
        "search-trap-certificate", _HTTPS,
        broken("search_domain_trap", "tls.cert.name_invalid|dns.bogus_address", "dns|tls|config",
               "this host|DNS"),
        name(), name("*.corp.example.net", OTHER), secure(address=SERVER),
        secure(certificate="wrong_name", address=OTHER),
        file("resolv.conf",
             f"nameserver {RESOLVER}\nsearch corp.example.net\noptions ndots:4\n"),
        fact=("corp.example.net|match",),
    ),
    _name(
        "no-resolver-and-no-network-by-name", _HTTP,
        broken("no_network|no_default_route", f"tcp.address_unreachable.network|{_UNREACHABLE}",
               "ip", "this host|this network"),
        name(), listen(), file("resolv.conf", ""), ip("client", "link set eth0 down"),
        fact=("network|unreachable",), note="without a network DHCP has written no resolver either",
    ),
    _name(
        "resolver-behind-dead-gateway-ipv6-works", f"http://[{SERVER6}]:8080/", _DOWN,
        ip("client", "route del default"), fact=("refused",),
    ),
    _name(
        "missing-postgres", f"postgres://app@{NAME}/shop", _MISSING, name(NAME, rcode=NXDOMAIN),
        fact=("nxdomain|not known",),
    ),
    _name(
        "servfail-then-silent", _HTTP,
        broken("zone_broken|resolver_broken|resolver_refuses", _SERVER, "dns", "DNS"),
        nameservers(RESOLVER, RESOLVER2, options=_SHORT), name(NAME, rcode=SERVFAIL),
        resolver(RESOLVER2), rule("office", f"INPUT -d {RESOLVER2} -j DROP"), limit=SILENT,
        fact=("servfail|misbehaving",),
    ),
    _name(
        "silent-then-missing", _HTTP, _MISSING,
        nameservers(RESOLVER2, RESOLVER, options=_SHORT), name(NAME, rcode=NXDOMAIN),
        resolver(RESOLVER2), rule("office", f"INPUT -d {RESOLVER2} -j DROP"), limit=SILENT,
        fact=("nxdomain|not known",),
    ),
    _name(
        "healthy-cut-answer-dual", _HTTPS, WELL,
        name(NAME, SERVER, SERVER6, udp="truncated"), secure(),
    ),
    _name(
        "cut-answer-tcp-closed", _HTTP,
        broken("resolver_silent|resolver_unreachable|resolver_down|resolver_broken|zone_broken",
               f"{_UNREACHABLE}|{_SERVER}|dns.failed|{_NONE}", "dns", "DNS|this network"),
        name(NAME, SERVER, udp="truncated"), listen(),
        rule("office", "INPUT -p tcp --dport 53 -j REJECT --reject-with tcp-reset"),
        nameservers(RESOLVER, options=_SHORT), limit=SILENT, fact=("truncated|tcp",),
    ),
)  # fmt: skip
