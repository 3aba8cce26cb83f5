"""Further worlds of resolvers: one of several, slow ones, and ones with habits."""

import dns.message
import dns.rdatatype
from dns.edns import EDECode
from dns.rcode import NXDOMAIN, REFUSED, SERVFAIL
from e2e.building import (
    NAME,
    dual,
    ip,
    listen,
    name,
    nameservers,
    nft,
    resolver,
    rule,
    secure,
)
from e2e.resolver import Resolver
from e2e.site import OTHER, RESOLVER, RESOLVER2, RESOLVER3, SERVER, SERVER6
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.dns import DNSAnswer, bind

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_SHORT = "options timeout:1 attempts:1"
_NONE = "dns.name_not_resolved"
_SERVER = "dns.server|dns.temporary_failure"
_UNREACHABLE = "dns.unreachable|dns.temporary_failure|dns.timed_out"
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
        "first-resolver-refuses", _HTTP,
        broken(
            "one_resolver_dead|resolvers_disagree|healthy|resolver_refuses",
            f"{_SERVER}|{_UNREACHABLE}|healthy", "dns|none", "DNS|", healthy=None,
        ),
        name(), listen(), nameservers(RESOLVER2, RESOLVER),
        resolver(RESOLVER2, always=DNSAnswer(rcode=REFUSED)), fact=("192.0.2.154",),
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
        "first-of-three-resolvers-lies-silent", _HTTP,
        broken(
            "resolvers_disagree", "tcp.timed_out|dns.bogus_address", "dns|tcp|ip", "DNS",
        ),
        name(), listen(), nameservers(RESOLVER3, RESOLVER, RESOLVER2), resolver(RESOLVER2),
        resolver(RESOLVER3, {NAME: DNSAnswer(addresses=(OTHER,))}),
        rule("server", f"INPUT -d {OTHER} -j DROP"), limit=SILENT, fact=("192.0.2.155",),
    ),
    _name(
        "stub-broken", _HTTP,
        broken(
            "zone_broken|resolver_broken|resolver_refuses", _SERVER, "dns", "DNS|this host"
        ),
        listen(), nameservers("127.0.0.53"), stub(always=DNSAnswer(rcode=SERVFAIL)),
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
        "servfail-not-ready", _HTTPS,
        broken("zone_broken|resolver_broken|resolver_refuses", _SERVER, "dns", "DNS"),
        name(NAME, rcode=SERVFAIL, error=(EDECode.NOT_READY, "")), secure(),
        fact=("servfail|not ready|misbehaving",),
    ),
    _name(
        "missing-here-dual-resolver", _HTTP, _MISSING,
        dual("www2.example.org"), name(NAME, rcode=NXDOMAIN), nameservers(RESOLVER, RESOLVER2),
        resolver(RESOLVER2, always=DNSAnswer(rcode=REFUSED)), fact=("nxdomain|no such host",),
        note="the second refuses to answer at all",
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
        "known-to-another-resolver", _HTTP,
        broken("name_missing_here_only|name_missing", _NONE, "dns", "DNS|this host|this network"),
        listen(), resolver(RESOLVER, {"www.example.net": DNSAnswer()}),
        resolver(RESOLVER2, {NAME: DNSAnswer(addresses=(SERVER,))}),
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
        "link-local-in-dns", _HTTP,
        broken(
            "bogus_address", "dns.bogus_address|tcp.address_invalid", "dns|ip", "DNS|this network"
        ),
        name(NAME, "fe80::1"), limit=SILENT, fact=("fe80",),
        note="an AAAA record that holds on one link only",
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
        "first-resolver-without-address", _HTTP,
        broken("resolvers_disagree|name_missing_here_only", f"dns.no_address|{_NONE}", "dns",
               "DNS"),
        name(), listen(), nameservers(RESOLVER2, RESOLVER),
        resolver(RESOLVER2, {NAME: DNSAnswer()}), fact=("192.0.2.154",),
    ),
    _name(
        "first-resolver-fails-second-denies", _HTTP, _MISSING,
        nameservers(RESOLVER2, RESOLVER), name(NAME, rcode=NXDOMAIN),
        resolver(RESOLVER2, always=DNSAnswer(rcode=SERVFAIL)), fact=("nxdomain|no such host",),
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
        "two-of-three-resolvers-fail-differently", _HTTP,
        broken("one_resolver_dead|resolvers_disagree|healthy", f"{_UNREACHABLE}|{_SERVER}|healthy",
               "dns|none", "DNS|", healthy=None),
        name(), listen(), nameservers(RESOLVER3, RESOLVER2, RESOLVER, options=_SHORT),
        resolver(RESOLVER2, always=DNSAnswer(rcode=REFUSED)),
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
        listen(), resolver(RESOLVER, always=DNSAnswer()), fact=("no address|nodata",),
    ),
    _name(
        "private-address-in-public-dns", _HTTP,
        broken("network_unreachable|firewall_rejects|bogus_address",
               "tcp.address_unreachable.network|dns.bogus_address", "ip|tcp|dns",
               "path|DNS|this network"),
        name(NAME, "10.1.2.3"), limit=SILENT, fact=("unreachable|10.1.2.3",),
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
        resolver(RESOLVER2, {NAME: DNSAnswer(addresses=("127.0.0.1",))}), fact=("127.0.0.1",),
    ),
    _name(
        "resolver-lies-certificate", _HTTPS,
        broken("resolvers_disagree|certificate_wrong_name|dns_hijacked",
               "dns.bogus_address|tls.cert.name_invalid", "dns|tls",
               "DNS|their certificate|this network"),
        name(), secure(address=SERVER), secure(certificate="wrong_name", address=OTHER),
        nameservers(RESOLVER2, RESOLVER),
        resolver(RESOLVER2, {NAME: DNSAnswer(addresses=(OTHER,))}), fact=("match|192.0.2.154",),
        note="the first resolver sends the name to another server",
    ),
    _name(
        "resolver-behind-dead-gateway-ipv6-works", f"http://[{SERVER6}]:8080/", _DOWN,
        ip("client", "route del default"), fact=("refused",),
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
