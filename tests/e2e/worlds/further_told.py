"""Worlds by one who knew neither the rules nor their names: what is on the wire, and its kinds.

Each is built as it was described, but for names and addresses, which are those of the site. Which
causes are right follows from the kinds that were told. Where it lies is as told, and where one
place cannot know that also where it seems to lie from there, since the first contact.
"""

import socket
import ssl

import dns.edns
from dns.rcode import NXDOMAIN, REFUSED, SERVFAIL
from e2e import papers
from e2e.building import (
    NAME,
    client_certificate,
    dual,
    hosts,
    ip,
    listen,
    name,
    nameservers,
    narrow,
    nft,
    proxying,
    resolver,
    rule,
    secure,
    setting,
    unaccepted,
)
from e2e.handlers import page, proxy, redirects
from e2e.site import CLIENT, NO_RESOLVER, OTHER, PROXY, RESOLVER, SERVER, SERVER6, THIRD
from e2e.talk import alternating, answer, proxied_only
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.dns import DNSAnswer
from ringback.testing.lab.healthy import over_tls

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_PROXIED = {"https_proxy": f"http://{PROXY}:3128"}
_EXPIRED = "tls.cert.date_invalid.expired"
_NO_ISSUER = "tls.cert.authority_invalid.unknown_issuer"
_UNTRUSTED = "tls.cert.authority_invalid.untrusted_root"
_SELF_SIGNED = "tls.cert.authority_invalid.self_signed"
_HOST = "tcp.address_unreachable.host"
_COMPANY = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), papers.trusting("company root"))
_MANY = tuple(f"198.51.100.{number}" for number in range(100, 160))
_NO_DNS = b"<h1>ERR_DNS_FAIL</h1><p>Unable to determine IP address from host name.</p>"
_MEGABYTE = b"x" * 1_000_000


def _world(label, target, expected, *build, **more):
    return World(name=f"told-{label}", target=target, build=build, expected=expected, **more)


def _at(address):
    """Give the server a further address, which the border leads to."""

    def build(site):
        site.ip("server", f"addr add {address}/32 dev eth0")
        site.ip("border", f"route add {address}/32 via {SERVER}")

    return build


def _on_the_client(certificate):
    """Open a web server on the client itself."""
    handler = over_tls(papers.server_context(certificate), page())
    return lambda site: site.listen(handler, 443, role="client", address="0.0.0.0")


def _too_wide(site):
    """Give the client a netmask that takes other networks for its own link."""
    site.ip("client", "addr add 10.77.1.5/8 dev eth0")
    site.ip("gateway", "addr add 10.77.1.1/24 dev lan")
    site.ip("border", "route add 10.77.1.0/24 via 203.0.113.1")


def _second_way(site):
    """Let what comes from the server reach the client through a second interface."""
    site.ip(
        "gateway",
        f"link add lan2 type veth peer name eth1 netns {site.client}",
        "link set lan2 up",
        "addr add 10.5.0.1/24 dev lan2",
    )
    site.ip("client", "link set eth1 up", "addr add 10.5.0.2/24 dev eth1")
    for link in ("all", "eth0", "eth1"):
        site.setting("client", f"ipv4/conf/{link}/rp_filter", "1")
    site.ip("gateway", f"route add {CLIENT}/32 via 10.5.0.2 dev lan2 table 100")
    site.ip("gateway", f"rule add from 198.51.100.0/24 to {CLIENT}/32 lookup 100")


def _leaking(site):
    """Use up the client's ports by connections that nobody closes."""
    site.setting("client", "ipv4/ip_local_port_range", "40000 40005")
    with site.inside("client"):
        for _ in range(6):
            site.keep(socket.create_connection((SERVER, 80), timeout=2).close)


WORLDS = (
    _world(
        "ping-filtered",
        _HTTPS,
        WELL,
        name(),
        secure(handler=page(delay=0.04)),
        rule("server", "INPUT -p icmp -j DROP"),
        rule("gateway", "INPUT -p icmp -j DROP"),
        rule("gateway", "FORWARD -p icmp -j DROP"),
        rule("gateway", "FORWARD -p udp -d 198.51.100.0/24 --dport 33000:65535 -j DROP"),
    ),
    _world(
        "private-address-on-purpose",
        _HTTPS,
        WELL,
        _at("10.20.0.5"),
        name(NAME, "10.20.0.5"),
        secure(certificate="company", address="10.20.0.5"),
        variables=_COMPANY,
    ),
    _world(
        "direct-way-closed-proxy-open",
        _HTTPS,
        WELL,
        name(),
        secure(),
        proxying(proxy),
        rule("client", "OUTPUT -d 198.51.100.0/24 -j DROP"),
        variables=_PROXIED,
    ),
    _world(
        "first-resolver-dead",
        _HTTPS,
        broken(
            "one_resolver_dead|healthy",
            "dns.unreachable|healthy",
            "dns|none",
            "DNS|",
            healthy=None,
        ),
        name(),
        secure(),
        nameservers(NO_RESOLVER, RESOLVER),
        rule("gateway", f"FORWARD -d {NO_RESOLVER} -j DROP"),
        limit=SILENT,
    ),
    _world(
        "ipv6-only",
        _HTTPS,
        WELL,
        name(NAME, SERVER6),
        secure(),
        ip("client", "route add 192.0.2.128/25 via 192.0.2.1", "route del default"),
    ),
    _world(
        "slow-as-promised",
        f"https://{NAME}/yearly",
        broken(
            "healthy|slow_first_byte",
            "healthy|http.response.timed_out",
            "none|http",
            "|their application",
            also="healthy",
            healthy=None,
        ),
        name(),
        secure(handler=page(delay=8, body=_MEGABYTE * 2)),
        arguments=("--timeout", "30"),
        limit=10.0,
    ),
    _world(
        "stale-hosts-line",
        _HTTPS,
        broken(
            "certificate_wrong_name|hosts_file_override",
            "tls.cert.name_invalid|dns.bogus_address",
            "tls|dns",
            "this host",
        ),
        name(),
        secure(address=SERVER),
        secure(certificate="wrong_name", address=OTHER),
        hosts(f"{OTHER} {NAME}"),
    ),
    _world(
        "wildcard-in-search-domain",
        "http://billing/",
        broken(
            "not_found|search_domain_trap",
            "http.error|dns.bogus_address",
            "http|application|dns|status",
            "this host|this program|DNS|their application",
        ),
        name("billing.prod.corp.test", OTHER),
        name("*.corp.test", SERVER),
        listen(80, page(404)),
        nameservers(RESOLVER, options="search corp.test"),
    ),
    _world(
        "vpn-down",
        _HTTPS,
        broken("name_missing", "dns.name_not_resolved", "dns", "this host|this network|DNS"),
        secure(),
    ),
    _world(
        "truncated-and-tcp-dropped",
        _HTTPS,
        broken(
            "resolver_silent|resolver_unreachable|resolver_broken|nsswitch_broken",
            "dns.temporary_failure|dns.unreachable|dns.failed|dns.server",
            "dns",
            "path|this network|DNS",
        ),
        name(NAME, *_MANY, udp="truncated"),
        secure(),
        rule("gateway", "FORWARD -p tcp --dport 53 -j DROP"),
        limit=SILENT,
    ),
    _world(
        "dangling-cname",
        _HTTPS,
        broken("dangling_cname", "dns.name_not_resolved", "dns", "their service|DNS"),
        name(alias="d1234.cdn.test."),
        name("d1234.cdn.test", rcode=NXDOMAIN),
    ),
    _world(
        "signatures-expired",
        _HTTPS,
        broken("dnssec_bogus", "dns.server|dns.temporary_failure", "dns", "their service|DNS"),
        name(rcode=SERVFAIL, error=(dns.edns.EDECode.SIGNATURE_EXPIRED, "")),
        secure(),
    ),
    _world(
        "filter-and-own-web-server",
        _HTTPS,
        broken(
            "dns_blocked|bogus_address|certificate_self_signed|certificate_wrong_name",
            f"dns.blocked|dns.bogus_address|{_SELF_SIGNED}|tls.cert.name_invalid",
            "dns|tls",
            "DNS",
        ),
        name(NAME, "0.0.0.0", error=(dns.edns.EDECode.BLOCKED, "")),
        _on_the_client("snake_oil"),
    ),
    _world(
        "netmask-too-wide",
        "http://10.77.3.9:8080/",
        broken("host_down|no_route", _HOST, "ip|tcp", "this host|their host", also="no_route"),
        _too_wide,
        _at("10.77.3.9"),
        listen(8080, address="10.77.3.9"),
        limit=SILENT,
    ),
    _world(
        "answers-by-another-interface",
        f"http://{SERVER}/",
        broken(
            "path_silent|firewall_drops|local_firewall", "tcp.timed_out", "tcp|ip", "this host|path"
        ),
        listen(),
        _second_way,
        limit=SILENT,
    ),
    _world(
        "routing-loop",
        "http://172.20.9.9/",
        broken("routing_loop", f"{_HOST}|tcp.timed_out", "ip|tcp", "path"),
        ip("border", "route add 172.20.0.0/16 via 203.0.113.1"),
    ),
    _world(
        "large-packets-vanish",
        _HTTPS,
        broken("mtu_black_hole", "tls.timed_out|tcp.timed_out.established", "ip|tls|tcp", "path"),
        name(),
        secure(certificate="long"),
        narrow(1280),
        limit=SILENT,
    ),
    _world(
        "three-addresses-one-silent-one-expired",
        _HTTPS,
        broken(
            "one_address_dead|tls_partly|healthy",
            f"tcp.timed_out|{_EXPIRED}|healthy",
            "tcp|ip|tls|none",
            "their host|their service|their certificate|",
            healthy=None,
        ),
        name(NAME, THIRD, OTHER, SERVER),
        rule("server", f"INPUT -d {THIRD} -j DROP"),
        secure(certificate="expired", address=OTHER),
        secure(address=SERVER),
        limit=SILENT,
    ),
    _world(
        "ipv6-black-hole",
        _HTTPS,
        broken("ipv6_dead|healthy", "tcp.timed_out|healthy", "tcp|ip|none", "path|", healthy=None),
        dual(),
        secure(),
        rule("gateway", "FORWARD -j DROP", 6),
        limit=SILENT,
    ),
    _world(
        "rule-for-one-user",
        _HTTPS,
        broken(
            "local_firewall",
            "tcp.refused|tcp.address_unreachable.prohibited",
            "tcp|ip",
            "this host",
        ),
        name(),
        secure(),
        rule("client", "OUTPUT -m owner --uid-owner 65534 -p tcp --dport 443 -j REJECT"),
    ),
    _world(
        "sixth-connection-dropped",
        _HTTPS,
        broken(
            "healthy|overloaded|firewall_drops|path_silent",
            "healthy|tcp.timed_out",
            "none|tcp|ip",
            "|their host",
            healthy=None,
        ),
        name(),
        secure(),
        rule("server", "INPUT -p tcp --syn --dport 443 -m recent --set"),
        rule(
            "server",
            "INPUT -p tcp --syn --dport 443 -m recent --rcheck --seconds 60 --hitcount 6 -j DROP",
        ),
        limit=SILENT,
    ),
    _world(
        "forged-address-refuses",
        _HTTPS,
        broken(
            "service_down|bogus_address|dns_blocked|resolvers_disagree|firewall_rejects",
            "dns.bogus_address|dns.blocked|tcp.refused|tcp.reset|tls.closed",
            "dns|tcp|tls",
            "DNS|path|their service",
        ),
        name(NAME, OTHER),
        secure(address=SERVER),
    ),
    _world(
        "state-forgotten",
        "http://198.51.100.2:9200/_long",
        broken(
            "accepts_and_silent|path_lost|slow_first_byte",
            "http.response.timed_out|tcp.timed_out.established",
            "http|ip|application|tcp",
            "path|their application",
        ),
        listen(9200, page(delay=70)),
        nft(
            "gateway",
            "table ip t {\nchain c {\ntype filter hook forward priority 0\n"
            "ct state established,related accept\ntcp flags & (syn|ack) == syn accept\n"
            "ip protocol tcp drop\n}\n}\n",
        ),
        setting("gateway", "netfilter/nf_conntrack_tcp_timeout_established", "30"),
        limit=SILENT,
    ),
    _world(
        "server-stopped",
        _HTTPS,
        broken("handshake_silent", "tls.timed_out", "tls", "their service"),
        name(),
        unaccepted(443),
        limit=SILENT,
    ),
    _world(
        "one-node-without-intermediate",
        _HTTPS,
        broken(
            "tls_partly|certificate_missing_intermediate|certificate_unknown_issuer",
            _NO_ISSUER,
            "tls",
            "their service|their certificate",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER),
        secure(address=SERVER),
        secure(certificate="missing_intermediate", address=OTHER),
    ),
    _world(
        "clock-two-years-ahead",
        _HTTPS,
        broken("clock_wrong", _EXPIRED, "tls|config", "this host"),
        name(),
        secure(certificate="two_years_ago", handler=page(days=-730)),
        listen(80, page(days=-730)),
    ),
    _world(
        "proxy-protocol-wanted",
        f"https://{NAME}:8443/",
        broken(
            "handshake_cut|not_tls|other_protocol|tls_on_plain_port",
            "tls.closed|tls.protocol.error.not_tls",
            "tls",
            "their service|this program",
        ),
        name(),
        secure(),
        listen(8443, proxied_only(page())),
    ),
    _world(
        "client-certificate-after-handshake",
        _HTTPS,
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert",
            "tls",
            "this host|this program",
        ),
        name(),
        secure(prepare=client_certificate(ssl.TLSVersion.TLSv1_3)),
    ),
    _world(
        "proxy-cannot-resolve",
        _HTTPS,
        broken(
            "proxy_upstream_failed|proxy_not_needed",
            "proxy.upstream_failed",
            "proxy",
            "proxy|this program",
            also="proxy_upstream_failed",
        ),
        name(),
        secure(),
        proxying(lambda _: answer("HTTP/1.1 503 Service Unavailable", body=_NO_DNS)),
        variables=_PROXIED,
    ),
    _world(
        "proxy-password-before-expired",
        _HTTPS,
        broken(
            "proxy_wants_password|proxy_not_needed",
            "proxy.auth_required",
            "proxy",
            "proxy|this program",
            also="proxy_wants_password",
        ),
        name(),
        secure(certificate="expired"),
        proxying(proxy, users="dTpw"),
        variables=_PROXIED,
    ),
    _world(
        "no-proxy-too-generous",
        _HTTPS,
        broken(
            "proxy_needed|firewall_drops|path_silent",
            "tcp.timed_out",
            "tcp|ip|proxy",
            "this host|this program|path",
        ),
        name(),
        secure(),
        proxying(proxy),
        rule("gateway", f"FORWARD -s {CLIENT} -d 198.51.100.0/24 -j DROP"),
        variables={**_PROXIED, "no_proxy": ".example.org"},
        limit=SILENT,
    ),
    _world(
        "resolver-refuses-and-hosts-wrong",
        f"https://{NAME}:8443/",
        broken(
            "host_down|hosts_file_override|resolver_refuses",
            f"{_HOST}|dns.server",
            "ip|tcp|dns",
            "this host|DNS|their host",
            also="hosts_file_override",
        ),
        resolver(RESOLVER, always=DNSAnswer(rcode=REFUSED)),
        hosts(f"192.0.2.77 {NAME}"),
        secure(8443),
        limit=SILENT,
    ),
    _world(
        "ipv4-refused-ipv6-without-route",
        f"http://{NAME}:8080/",
        broken(
            "service_down",
            "tcp.refused|tcp.address_unreachable.network|tcp.failed",
            "tcp|ip",
            "their service",
        ),
        dual(),
        ip("client", "route del ::/0"),
    ),
    _world(
        "hotel",
        _HTTPS,
        broken(
            "captive_portal|dns_hijacked|bogus_address|certificate_wrong_name"
            "|certificate_self_signed",
            "http.error.captive_portal|dns.bogus_address|tls.cert.name_invalid|" + _SELF_SIGNED,
            "http|dns|tls|application",
            "this network|DNS",
        ),
        resolver(RESOLVER, always=DNSAnswer(addresses=(OTHER,))),
        listen(80, redirects({"*": "http://login.hotel.test/"}), address=OTHER),
        secure(certificate="hotel", address=OTHER),
    ),
    _world(
        "gateway-with-two-bad-backends",
        f"https://{NAME}/cart",
        broken(
            "gateway_failed",
            "http.error.gateway",
            "http|application|status",
            "their service|their application",
        ),
        name(),
        secure(handler=alternating(page(502), page(504, delay=60))),
    ),
    _world(
        "redirect-to-inner-name",
        _HTTPS,
        broken(
            "redirect_invalid|name_missing|redirect_loop",
            "dns.name_not_resolved|http.response.redirect_loop",
            "dns|http|application",
            "their service|their application",
        ),
        name(),
        secure(handler=redirects({"*": "https://portal-int.example.org/"})),
    ),
    _world(
        "loss-and-short-body",
        f"https://{NAME}/image.iso",
        broken(
            # Told with 30 % of loss: then chance decides whether anything comes in time.
            "body_cut|accepts_and_silent|body_stalled",
            "http.response.invalid.content_length_mismatch|http.response.timed_out"
            "|http.response.body_timed_out",
            "http|application",
            "their service|their application",
        ),
        name(),
        secure(handler=page(body=_MEGABYTE * 5, cut=4_000_000)),
        rule(
            "gateway",
            "FORWARD -s 198.51.100.0/24 -m statistic --mode random --probability 0.1 -j DROP",
        ),
        limit=SILENT,
    ),
    _world(
        "intercepted-old-server",
        _HTTPS,
        broken(
            "tls_interception|certificate_unknown_issuer|certificate_own_authority",
            f"{_UNTRUSTED}|{_NO_ISSUER}",
            "tls",
            "path|this network|their certificate",
            also="tls_interception",
        ),
        name(),
        secure(certificate="company_with_root", handler=page(502)),
    ),
    _world(
        "few-ports-leaked",
        f"http://{SERVER}/",
        broken("no_port_left", "client.local_address", "ip|tcp|config|client", "this host"),
        listen(),
        _leaking,
    ),
)
