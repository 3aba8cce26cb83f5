"""Resolvers that are down, refuse, lie, or contradict each other."""

from dns.rcode import REFUSED, SERVFAIL
from e2e.building import (
    NAME,
    file,
    ip,
    listen,
    name,
    nameservers,
    resolver,
    rule,
    secure,
    without_resolver,
)
from e2e.site import NO_RESOLVER, OTHER, RESOLVER, RESOLVER2, SERVER, SERVER6
from e2e.world import SILENT, World, broken

from ringback.testing.lab.dns import DNSAnswer

_URL = f"http://{NAME}/"
_SHORT = "options timeout:1 attempts:1"
_SERVER = "dns.server|dns.temporary_failure"
_UNREACHABLE = "dns.unreachable|dns.temporary_failure|dns.timed_out"
_NONE = "dns.name_not_resolved"
_ANY = f"{_SERVER}|{_UNREACHABLE}|{_NONE}|dns.failed"


def _resolver(label, cause, *build, limit=SILENT, fact="", where="DNS", also_causes=""):
    """A resolver that cannot be used."""
    causes = f"{cause}|{also_causes}" if also_causes else cause
    return World(
        name=label,
        target=_URL,
        build=(name(), listen(), *build),
        expected=broken(causes, _UNREACHABLE, "dns", where),
        limit=limit,
        curl=(6, 28),
        fact=(fact or "192.0.2.1[57]|resolver|nameserver",),
    )


WORLDS = (
    World(
        name="resolver-refuses",
        target=_URL,
        build=(listen(), resolver(RESOLVER, always=DNSAnswer(rcode=REFUSED))),
        expected=broken("resolver_refuses", _SERVER, "dns", "DNS"),
        curl=(6,),
        fact=("refused",),
        note="it serves other networks",
    ),
    World(
        name="resolver-broken",
        target=_URL,
        build=(listen(), resolver(RESOLVER, always=DNSAnswer(rcode=SERVFAIL))),
        expected=broken("resolver_broken", _SERVER, "dns", "DNS", also="zone_broken"),
        curl=(6,),
        fact=("servfail|misbehaving",),
        note="SERVFAIL to whatever it is asked: the resolver rather than the zone",
    ),
    _resolver("resolver-port-closed", "resolver_down", without_resolver(RESOLVER), limit=1.0),
    _resolver(
        "resolver-stub-down",
        "resolver_down",
        nameservers("127.0.0.53", options="options edns0 trust-ad"),
        limit=1.0,
        where="DNS|this host",
        fact=r"127\.0\.0\.53",
    ),
    _resolver(
        "resolver-silent", "resolver_silent", rule("office", "INPUT -p udp --dport 53 -j DROP")
    ),
    _resolver(
        "resolver-silent-quick",
        "resolver_silent",
        rule("office", "INPUT -p udp --dport 53 -j DROP"),
        nameservers(RESOLVER, options=_SHORT),
    ),
    _resolver(
        "resolver-host-off",
        "resolver_unreachable|resolver_down",
        nameservers(NO_RESOLVER),
        where="DNS|this network",
    ),
    _resolver(
        "resolver-unreachable",
        "resolver_unreachable",
        ip("gateway", "route add unreachable 203.0.113.53"),
        nameservers("203.0.113.53"),
        limit=1.0,
        where="DNS|this network",
        fact=r"203\.0\.113\.53",
    ),
    _resolver(
        "resolver-forbidden-by-gateway",
        "resolver_unreachable",
        rule("gateway", "FORWARD -p udp --dport 53 -j REJECT --reject-with icmp-admin-prohibited"),
        limit=1.0,
        where="DNS|this network|path",
        also_causes="firewall_rejects",
    ),
    _resolver(
        "resolver-forbidden-by-own-firewall",
        "resolver_unreachable",
        rule("client", "OUTPUT -p udp --dport 53 -j DROP"),
        where="DNS|this host",
        fact="not permitted|firewall",
        also_causes="local_firewall|resolver_silent",
    ),
    _resolver(
        "resolver-not-configured",
        "resolver_missing",
        file("resolv.conf", ""),
        limit=1.0,
        where="this host",
        fact="resolv.conf|no nameserver",
    ),
    _resolver(
        "resolvers-all-dead",
        "resolver_silent",
        rule("office", "INPUT -p udp --dport 53 -j DROP"),
        nameservers(RESOLVER, RESOLVER2, options=_SHORT),
        also_causes="resolver_down|resolver_unreachable",
    ),
    World(
        name="resolver-first-dead",
        target=_URL,
        build=(
            name(),
            listen(),
            nameservers(RESOLVER2, RESOLVER, options=_SHORT),
            rule("office", f"INPUT -d {RESOLVER2} -j DROP"),
        ),
        expected=broken("one_resolver_dead", _UNREACHABLE, "dns", "DNS"),
        limit=SILENT,
        curl=(0,),
        fact=("192.0.2.154",),
        note="every lookup of the program takes a second longer",
    ),
    World(
        name="resolver-second-dead",
        target=_URL,
        build=(name(), listen(), nameservers(RESOLVER, RESOLVER2)),
        expected=broken(
            "one_resolver_dead|healthy",
            f"{_UNREACHABLE}|healthy",
            "dns|none",
            "DNS|",
            healthy=None,
        ),
        curl=(0,),
        fact=("192.0.2.154",),
        note="nothing listens at the second, which nobody needs yet",
    ),
    World(
        name="resolver-first-says-missing",
        target=_URL,
        build=(
            name(),
            listen(),
            nameservers(RESOLVER2, RESOLVER),
            resolver(RESOLVER2, {"www.example.net": DNSAnswer()}),
        ),
        expected=broken("resolvers_disagree|name_missing_here_only", _NONE, "dns", "DNS"),
        curl=(6,),
        fact=("192.0.2.154",),
        note="the C library believes the first: the name does not exist; the second has it",
    ),
    World(
        name="resolver-first-lies",
        target=_URL,
        build=(
            name(),
            listen(),
            nameservers(RESOLVER2, RESOLVER),
            resolver(RESOLVER2, {NAME: DNSAnswer(addresses=(OTHER,))}),
        ),
        expected=broken("resolvers_disagree", "tcp.refused|dns.bogus_address", "dns|tcp", "DNS"),
        curl=(7,),
        fact=("192.0.2.154",),
        note="the first still has an old address, at which nothing listens",
    ),
    World(
        name="resolver-first-broken",
        target=_URL,
        build=(
            name(),
            listen(),
            nameservers(RESOLVER2, RESOLVER),
            resolver(RESOLVER2, always=DNSAnswer(rcode=SERVFAIL)),
        ),
        expected=broken(
            "one_resolver_dead|resolvers_disagree|healthy",
            f"{_SERVER}|{_UNREACHABLE}|healthy",
            "dns|none",
            "DNS|",
            healthy=None,
        ),
        curl=(0,),
        fact=("192.0.2.154",),
        note="the C library asks the second after the SERVFAIL, and the call goes through",
    ),
    World(
        name="resolver-hijacks",
        target="https://shopp.example.org/",
        build=(
            name("*", OTHER),
            listen(80, address=OTHER),
            secure(certificate="portal", address=OTHER),
        ),
        expected=broken(
            "dns_hijacked",
            f"{_NONE}|dns.bogus_address|tls.cert.name_invalid",
            "dns",
            "DNS|this network",
        ),
        curl=(60,),
        fact=("hijack|every name",),
        note="names that do not exist get the address of a page with advertisements",
    ),
    World(
        name="search-domain-trap",
        target=_URL,
        build=(
            name(),
            name("*.corp.example.net", OTHER),
            listen(),
            file(
                "resolv.conf",
                f"nameserver {RESOLVER}\nsearch corp.example.net\noptions ndots:5\n",
            ),
        ),
        expected=broken(
            "search_domain_trap", "tcp.refused|dns.bogus_address", "dns|tcp|config", "this host|DNS"
        ),
        curl=(7,),
        fact=("corp.example.net",),
        note="a wildcard below the search domain answers before the name itself is asked for",
    ),
    World(
        name="answer-needs-tcp",
        target=_URL,
        build=(
            name(NAME, SERVER, udp="truncated"),
            listen(),
            rule("office", "INPUT -p tcp --dport 53 -j DROP"),
            nameservers(RESOLVER, options=_SHORT),
        ),
        expected=broken(
            "resolver_silent|resolver_unreachable|resolver_down|zone_broken|dns_blocked",
            _ANY,
            "dns",
            "DNS|this network",
        ),
        limit=SILENT,
        curl=(6, 28),
        fact=("truncated|TCP",),
        note="the answer does not fit a datagram, and TCP to the resolver is dropped",
    ),
    World(
        name="question-for-ipv6-dropped",
        target=_URL,
        build=(
            name(NAME, SERVER, SERVER6),
            listen(),
            resolver(RESOLVER, deaf=("AAAA",)),
            nameservers(RESOLVER, options=_SHORT),
        ),
        expected=broken("aaaa_dropped|resolver_silent", _ANY, "dns", "DNS", healthy=None),
        limit=SILENT,
        fact=("AAAA",),
        note="a device drops AAAA questions: every lookup waits for the answer that never comes",
    ),
)
