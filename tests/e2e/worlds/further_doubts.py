"""Worlds in which two causes fit the readings, beside those in which a reading tells them apart."""

import dns.edns
from dns.rcode import REFUSED, SERVFAIL
from e2e.building import (
    NAME,
    hosts,
    listen,
    name,
    nameservers,
    proxying,
    resolver,
    rule,
    secure,
)
from e2e.handlers import page, proxy
from e2e.site import CLIENT, NOBODY, OTHER, PROXY, RESOLVER, RESOLVER2, SERVER
from e2e.talk import answer, replies, unread
from e2e.world import SILENT, World, broken

from ringback.testing.lab.dns import DNSAnswer

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_EXPIRED = "tls.cert.date_invalid.expired"
_NO_ISSUER = "tls.cert.authority_invalid.unknown_issuer|tls.cert.authority_invalid.untrusted_root"
_UNREACHABLE = "dns.unreachable|dns.temporary_failure|dns.timed_out"
_SERVER = "dns.server|dns.temporary_failure"
_PROXIED = {"https_proxy": f"http://{PROXY}:3128", "http_proxy": f"http://{PROXY}:3128"}
_BOGUS = (dns.edns.EDECode.DNSSEC_BOGUS, "")
_PRIVATE = "192.168.7.9"


def _world(label, target, expected, *build, **more):
    return World(name=f"doubts-{label}", target=target, build=build, expected=expected, **more)


def _nginx(status):
    return answer(f"HTTP/1.1 {status}", "Server: nginx/1.24.0", body=b"<h1>no</h1>")


def _at(address):
    """Give the server a private address, and a name that leads there."""

    def build(site):
        site.ip("server", f"addr add {address}/32 dev eth0")
        site.ip("border", f"route add {address}/32 via {SERVER}")
        name(NAME, address)(site)

    return build


WORLDS = (
    # Clocks: the dates tell, not by how much the clocks differ.
    _world(
        "expired-days-ago-and-clock-hours-ahead",
        _HTTPS,
        broken("certificate_expired", _EXPIRED, "tls", "their certificate"),
        name(),
        secure(certificate="expired", handler=page(days=-3 / 24)),
        curl=(60,),
        note="by the server's own clock it has expired as well",
    ),
    _world(
        "expired-five-minutes-ago-and-clock-half-an-hour-ahead",
        _HTTPS,
        broken("clock_wrong", _EXPIRED, "tls|config", "this host", also="certificate_expired"),
        name(),
        secure(certificate="expired_five_minutes_ago", handler=page(days=-1 / 48)),
        curl=(60,),
        fact=("clock",),
    ),
    _world(
        "expired-where-no-clock-is-told",
        f"smtps://{NAME}/",
        broken("certificate_expired", _EXPIRED, "tls", "their certificate", also="clock_wrong"),
        name(),
        secure(465, "expired", replies(b"")),
    ),
    # Certificates of an issuer that nobody knows.
    _world(
        "root-unknown-and-leaf-alone",
        _HTTPS,
        broken(
            "certificate_unknown_issuer",
            _NO_ISSUER,
            "tls",
            "their certificate|this program",
            also="tls_interception",
        ),
        name(),
        secure(certificate="unknown_issuer"),
        curl=(60,),
    ),
    _world(
        "issuing-authority-unknown-and-leaf-alone",
        _HTTPS,
        broken(
            "certificate_unknown_issuer|certificate_missing_intermediate",
            _NO_ISSUER,
            "tls",
            "their certificate|this program",
            also="certificate_unknown_issuer|certificate_missing_intermediate|tls_interception",
        ),
        name(),
        secure(certificate="company_alone"),
        curl=(60,),
    ),
    _world(
        "firewall-s-own-page-at-a-private-address",
        _HTTPS,
        broken(
            "tls_interception|certificate_unknown_issuer",
            _NO_ISSUER,
            "tls",
            "this network|their certificate",
            also="certificate_unknown_issuer",
        ),
        _at(_PRIVATE),
        secure(certificate="inspected_leaf_only", address=_PRIVATE),
        curl=(60,),
    ),
    # Names.
    _world(
        "filter-answers-with-nothing",
        _HTTPS,
        broken(
            "bogus_address|dns_blocked",
            "dns.bogus_address|dns.blocked",
            "dns",
            "DNS",
            also="dns_blocked|bogus_address",
        ),
        name(NAME, "0.0.0.0"),
        secure(),
        curl=(7,),
    ),
    _world(
        "hosts-file-leads-to-staging-which-is-busy",
        _HTTP,
        broken(
            "hosts_file_override|unavailable",
            "dns.bogus_address|http.error.unavailable",
            "dns|http|application",
            "this host|their application",
            also="hosts_file_override|unavailable",
        ),
        name(),
        listen(80),
        listen(80, page(503), address=OTHER),
        hosts(f"{OTHER} {NAME}"),
        curl=(0,),
    ),
    _world(
        "hosts-file-leads-nowhere-and-dns-well",
        _HTTP,
        broken("hosts_file_override", "dns.bogus_address", "dns", "this host"),
        name(),
        listen(80),
        hosts(f"{OTHER} {NAME}"),
        curl=(7,),
    ),
    # Resolvers.
    _world(
        "resolver-refuses-this-name-alone",
        _HTTPS,
        broken(
            "resolver_refuses|dns_blocked",
            f"{_SERVER}|dns.blocked",
            "dns",
            "DNS",
            also="resolver_refuses|dns_blocked",
        ),
        name(rcode=REFUSED),
        secure(),
        curl=(6,),
    ),
    _world(
        "resolver-refuses-this-host",
        _HTTPS,
        broken("resolver_refuses", _SERVER, "dns", "DNS"),
        name(),
        secure(),
        resolver(RESOLVER, always=DNSAnswer(rcode=REFUSED)),
        curl=(6,),
    ),
    _world(
        "signatures-fail-for-every-zone",
        _HTTPS,
        broken(
            "dnssec_bogus|resolver_broken",
            _SERVER,
            "dns",
            "DNS",
            also="dnssec_bogus|resolver_broken",
        ),
        secure(),
        resolver(RESOLVER, always=DNSAnswer(rcode=SERVFAIL, error=_BOGUS)),
        curl=(6,),
    ),
    _world(
        "signatures-fail-for-this-zone",
        _HTTPS,
        broken("dnssec_bogus", _SERVER, "dns", "DNS"),
        name(rcode=SERVFAIL, error=_BOGUS),
        secure(),
        curl=(6,),
    ),
    _world(
        "resolver-s-firewall-rejects",
        _HTTPS,
        broken(
            "resolver_down|resolver_unreachable",
            _UNREACHABLE,
            "dns",
            "DNS|path",
            also="resolver_down|resolver_unreachable",
        ),
        name(),
        secure(),
        rule("office", f"INPUT -s {CLIENT} -p udp --dport 53 -j REJECT"),
        curl=(6,),
    ),
    _world(
        "everything-cut-beyond-the-gateway",
        _HTTPS,
        broken(
            "resolver_silent|path_silent",
            f"{_UNREACHABLE}|tcp.timed_out",
            "dns|ip|tcp",
            "DNS|path|this network",
            also="resolver_silent|path_silent",
        ),
        name(),
        secure(),
        rule("gateway", f"FORWARD -s {CLIENT} -j DROP"),
        curl=(6, 28),
        limit=SILENT,
    ),
    # Proxies.
    _world(
        "proxy-waits-for-a-silent-target",
        _HTTPS,
        broken(
            "proxy_silent|proxy_upstream_failed",
            "proxy.no_response|proxy.upstream_failed",
            "proxy",
            "proxy|their service",
            also="proxy_silent|proxy_upstream_failed",
        ),
        name(NAME, NOBODY),
        proxying(lambda _: unread),
        variables=_PROXIED,
        limit=SILENT,
    ),
    _world(
        "web-server-named-as-proxy-forbids",
        _HTTPS,
        broken(
            "proxy_forbids|not_a_proxy",
            "proxy.denied|proxy.protocol_error",
            "proxy",
            "proxy|this program",
            also="proxy_forbids|not_a_proxy",
        ),
        name(),
        rule("gateway", "FORWARD -d 198.51.100.0/24 -j DROP"),
        proxying(lambda _: _nginx("403 Forbidden")),
        variables=_PROXIED,
        curl=(56,),
        limit=SILENT,
    ),
    _world(
        "proxy-forbids-and-says-what-it-is",
        _HTTPS,
        broken("proxy_forbids", "proxy.denied", "proxy", "proxy"),
        name(),
        rule("gateway", "FORWARD -d 198.51.100.0/24 -j DROP"),
        proxying(proxy, outcome=403, fields=("X-Squid-Error: ERR_ACCESS_DENIED 0",)),
        variables=_PROXIED,
        curl=(56,),
        limit=SILENT,
    ),
    _world(
        "proxy-down-and-the-target-answers",
        _HTTPS,
        broken(
            "proxy_not_needed|proxy_down",
            "proxy.unreachable",
            "proxy",
            "this program|proxy",
            also="proxy_not_needed|proxy_down",
        ),
        name(),
        secure(),
        variables=_PROXIED,
        curl=(7,),
    ),
    _world(
        "proxy-s-name-without-any-resolver",
        _HTTPS,
        broken(
            "proxy_down|resolver_silent|resolver_down",
            f"proxy.unreachable|{_UNREACHABLE}",
            "proxy|dns",
            "DNS|proxy",
            also="resolver_silent",
        ),
        nameservers(RESOLVER2),
        secure(),
        variables={"https_proxy": "http://proxy.example.org:3128"},
        limit=SILENT,
        curl=(5,),
    ),
    # Ports.
    _world(
        "chosen-port-hangs-up-on-http",
        f"http://{NAME}:9092/",
        broken(
            "closes_without_answer|not_http",
            "http.response.invalid.empty|http.response.invalid.not_http",
            "http|application",
            "their application|this program|their service",
            also="closes_without_answer|not_http",
        ),
        name(),
        listen(9092, replies(b"")),
        curl=(52,),
    ),
)
