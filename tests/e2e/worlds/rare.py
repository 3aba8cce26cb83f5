"""Rarer worlds: targets near home, odd configurations, and faults that look like another one."""

import ssl

from dns.rcode import SERVFAIL
from e2e.building import (
    NAME,
    blocked,
    dual,
    file,
    hosts,
    ip,
    listen,
    name,
    nameservers,
    proxying,
    resolver,
    rule,
    secure,
)
from e2e.handlers import PAGE, event_stream, hinted, inspecting_proxy, page, proxy, redirects
from e2e.site import CLIENT, OTHER, RESOLVER, RESOLVER2, RESOLVER3, SERVER, SERVER6
from e2e.world import SILENT, WELL, World, broken
from e2e.worlds.proxy import ALL

from ringback.testing.lab import proxy as faulty
from ringback.testing.lab.dns import DNSAnswer
from ringback.testing.lab.tls import corrupt_record, hello_close

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_NO_DEFAULT = ip("client", "route del default", "route del ::/0")
_OFF = ip("client", "link set eth0 down")
_PROHIBIT = ("route replace prohibit default", "route del ::/0", "route add prohibit ::/0")
_PROHIBITED = broken(
    "local_policy_route|no_route", "tcp.address_unreachable.prohibited", "ip|tcp", "this host"
)
_HERE = {"role": "client", "address": "127.0.0.1"}
_HOST = "tcp.address_unreachable.host"
_NETWORK = "tcp.address_unreachable.network"
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|this host|their host")
_UNAVAILABLE = broken(
    "unavailable", "http.error.unavailable", "status|http", "their application|their service"
)
_UPSTREAM = broken(
    "proxy_upstream_failed|gateway_failed",
    "proxy.upstream_failed|http.error.gateway",
    "proxy|status|http",
    "proxy|path|their service|their application",
)
_EXPIRED = broken(
    "certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"
)


def _rare(label, target, expected, *build, **more):
    return World(name=f"rare-{label}", target=target, build=build, expected=expected, **more)


def _client_certificate_welcome(context):
    """Ask for a client certificate, and do without."""
    context.verify_mode = ssl.CERT_OPTIONAL


def _only(version):
    def prepare(context):
        context.minimum_version = context.maximum_version = version

    return prepare


WORLDS = (
    _rare(
        "healthy-loopback-without-network", "http://127.0.0.1:5000/", WELL,
        listen(5000, **_HERE), _OFF, curl=(0,),
    ),
    _rare(
        "healthy-near-without-default-route", "http://192.0.2.1/", WELL,
        listen(80, role="gateway", address="192.0.2.1"), _NO_DEFAULT, curl=(0,),
    ),
    _rare(
        "healthy-own-address", f"http://{CLIENT}:8080/", WELL,
        listen(8080, role="client", address=CLIENT), curl=(0,),
    ),
    _rare(
        "healthy-localhost-name", "http://localhost:8000/", WELL, listen(8000, **_HERE), curl=(0,),
        note="it listens on 127.0.0.1 only, as most do; ::1 refuses at once and costs nothing",
    ),
    _rare(
        "healthy-event-stream", f"{_HTTP}events", WELL, name(), listen(80, event_stream),
        limit=SILENT, note="the header comes at once, the first event is not due for a while",
    ),
    _rare("healthy-early-hints", _HTTPS, WELL, name(), secure(handler=hinted), curl=(0,)),
    _rare(
        "healthy-client-certificate-optional", _HTTPS, WELL,
        name(), secure(prepare=_client_certificate_welcome), curl=(0,),
    ),
    _rare(
        "healthy-tls12-only", _HTTPS, WELL,
        name(), secure(prepare=_only(ssl.TLSVersion.TLSv1_2)), curl=(0,),
    ),
    _rare(
        "healthy-tls13-only", _HTTPS, WELL,
        name(), secure(prepare=_only(ssl.TLSVersion.TLSv1_3)), curl=(0,),
    ),
    _rare("healthy-name-with-dot", f"https://{NAME}./", WELL, name(), secure()),
    _rare("healthy-capitals", "HTTPS://WWW.Example.ORG/", WELL, name(), secure(), curl=(0,)),
    _rare(
        "healthy-credentials-and-query", f"https://app:hunter2@{NAME}/?token=hunter2", WELL,
        name(), secure(), curl=(0,),
    ),
    _rare(
        "healthy-proxy-excluded-by-network", f"http://{SERVER}/", WELL,
        listen(), proxying(proxy, outcome=403),
        variables={**ALL, "no_proxy": f"{SERVER},localhost"}, curl=(0,),
    ),
    _rare(
        "healthy-redirect-to-own-subdomain", _HTTP, WELL,
        name(), name("login.example.org"),
        listen(80, redirects({"/": "http://login.example.org/x"})),
        curl=(0,), note="a redirect to a login page of the same owner is no captive portal",
    ),
    _rare(
        "prohibit-default", _HTTP, _PROHIBITED,
        name(), listen(), ip("client", *_PROHIBIT, f"route add {RESOLVER} via 192.0.2.1"),
        curl=(7,), fact=("prohibit|permission denied",),
    ),
    _rare(
        "prohibit-default-address", f"http://{SERVER}/", _PROHIBITED,
        listen(), ip("client", *_PROHIBIT), curl=(7,), fact=("prohibit|permission denied",),
        note="what a call meets is EACCES, not that there is no network",
    ),
    _rare(
        "prohibit-default-near", "http://192.0.2.1/", WELL,
        listen(80, role="gateway", address="192.0.2.1"), ip("client", *_PROHIBIT), curl=(0,),
    ),
    _rare(
        "refused-loopback-without-network", "http://localhost:5000/", _DOWN, _OFF, curl=(7,),
        note="that there is no network explains nothing here",
    ),
    _rare(
        "refused-near-without-default-route", "http://192.0.2.1:8080/", _DOWN, _NO_DEFAULT,
        curl=(7,),
    ),
    _rare("refused-own-address", f"http://{CLIENT}:8080/", _DOWN, curl=(7,)),
    _rare(
        "cable-unplugged", f"http://{SERVER}/",
        broken(
            "no_network|gateway_dead", f"{_HOST}|{_NETWORK}|tcp.timed_out", "ip|tcp",
            "this host|this network",
        ),
        ip("gateway", "link set lan down"), limit=SILENT, curl=(7, 28),
        fact=("carrier|link|gateway",),
        note="the interface is up and has no carrier",
    ),
    _rare(
        "no-address", f"http://{SERVER}/",
        broken(
            "no_network|no_default_route", _NETWORK, "ip", "this host|this network"
        ),
        ip("client", "addr flush dev eth0"), curl=(7,), fact=("unreachable|no route|address",),
        note="no DHCP server has answered: the interface is up and has no address",
    ),
    _rare(
        "gateway-wrong", f"https://{NAME}/",
        broken(
            "gateway_dead",
            f"{_HOST}|tcp.timed_out|dns.unreachable|dns.temporary_failure|dns.timed_out",
            "ip|tcp", "this network|this host",
        ),
        name(), secure(), ip("client", "route replace default via 192.0.2.99"),
        limit=SILENT, curl=(6, 28), fact=("gateway|192.0.2.99",),
        note="the default route names an address that nobody has",
    ),
    _rare(
        "ipv6-address-without-ipv6", f"http://[{SERVER6}]/",
        broken(
            "family_missing|no_route|no_default_route", _NETWORK, "ip", "this host|this network"
        ),
        listen(), ip("client", "route del ::/0", "addr del 2001:db8:1::2/64 dev eth0"),
        curl=(7,), fact=("IPv6|unreachable|route",),
    ),
    _rare(
        "two-of-three-resolvers-dead", _HTTP,
        broken(
            "one_resolver_dead|resolver_silent",
            "dns.unreachable|dns.timed_out|dns.temporary_failure",
            "dns", "DNS",
        ),
        name(), listen(), nameservers(RESOLVER2, RESOLVER3, RESOLVER),
        rule("office", f"INPUT -d {RESOLVER2} -j DROP"),
        rule("office", f"INPUT -d {RESOLVER3} -j DROP"),
        limit=SILENT, fact=("192.0.2.15[45]",), note="the program waits 10 s for every name",
    ),
    _rare(
        "resolver-configured-by-name", _HTTP,
        broken(
            "resolver_missing|resolver_down", "dns.unreachable|dns.temporary_failure", "dns",
            "this host|DNS",
        ),
        name(), listen(), file("resolv.conf", "nameserver dns.example.org\n"),
        curl=(6,), fact=("resolv.conf|nameserver",),
        note="a nameserver is an address, never a name",
    ),
    _rare(
        "hosts-file-ipv6-loopback", _HTTP,
        broken(
            "hosts_file_override", "tcp.refused|dns.bogus_address", "dns|config|tcp", "this host"
        ),
        name(), listen(), hosts(f"::1 {NAME}"), curl=(7,), fact=("hosts",),
    ),
    _rare(
        "zone-broken-dns", f"dns://{NAME}",
        broken("zone_broken", "dns.server|dns.temporary_failure", "dns", "DNS"),
        name(NAME, rcode=SERVFAIL), fact=("servfail|misbehaving",),
    ),
    _rare(
        "second-resolver-lies", _HTTP, _DOWN,
        name(NAME, OTHER), nameservers(RESOLVER, RESOLVER2),
        resolver(RESOLVER2, {NAME: DNSAnswer(addresses=("127.0.0.1",))}), curl=(7,),
        note="nobody asks the second one; the address of the first refuses",
    ),
    _rare(
        "whole-host-silent", f"https://{NAME}/",
        broken(
            "firewall_drops|host_down|path_silent", "tcp.timed_out", "tcp|ip", "path|their host",
        ),
        name(), secure(), rule("server", "INPUT -j DROP"),
        limit=SILENT, curl=(28,), fact=("timed out|timeout",),
    ),
    _rare(
        "one-address-prohibited-other-refused", _HTTP,
        broken(
            "service_down|firewall_rejects",
            f"tcp.refused|tcp.address_unreachable.prohibited|{_HOST}", "tcp|ip",
            "their service|their host|path",
        ),
        name(NAME, SERVER, OTHER),
        rule("border", f"FORWARD -d {OTHER} -j REJECT --reject-with icmp-admin-prohibited"),
        curl=(7,),
    ),
    _rare(
        "interception-by-proxy", _HTTPS,
        broken(
            "tls_interception",
            "tls.cert.authority_invalid.untrusted_root|tls.cert.authority_invalid.unknown_issuer",
            "tls", "proxy|this network|path|this host",
        ),
        name(), secure(), blocked(), proxying(inspecting_proxy), variables=ALL,
        curl=(60,), fact=("zscaler",),
    ),
    _rare(
        "proxy-opens-and-closes", _HTTPS,
        broken(
            "handshake_cut|proxy_upstream_failed|proxy_silent",
            "tls.closed|tcp.closed|tcp.reset|proxy.upstream_failed|proxy.no_response",
            "tls|proxy|tcp",
            "their service|path|proxy|their host",
        ),
        name(), listen(443, hello_close), blocked(), proxying(proxy), variables=ALL,
        curl=(35,), fact=("EOF|clos|reset",),
    ),
    _rare(
        "proxy-cannot-reach-http", _HTTP, _UPSTREAM,
        name(), blocked(), proxying(proxy), variables=ALL, curl=(0,), fact=(r"\b502\b",),
    ),
    _rare(
        "proxy-resets", _HTTPS,
        broken("proxy_silent|not_a_proxy|proxy_forbids", "proxy.no_response", "proxy", "proxy"),
        name(), secure(), blocked(),
        listen(3128, faulty.reset, role="office", address="192.0.2.180"),
        variables=ALL, curl=(56, 35), fact=("proxy|CONNECT",),
    ),
    _rare(
        "redirect-to-missing-name", _HTTP,
        broken(
            "name_missing|redirect_invalid", "dns.name_not_resolved|http.response.redirect_invalid",
            "dns|http", "DNS|their application",
        ),
        name(), listen(80, redirects({"*": "http://gone.example.org/"})),
        curl=(6,), fact=("nxdomain|no such host|gone.example.org",),
    ),
    _rare(
        "redirect-to-https-that-refuses", _HTTP, _DOWN,
        name(), listen(80, redirects({"*": _HTTPS}, status=301)), curl=(7,),
    ),
    _rare(
        "unavailable-dual-stack", _HTTPS, _UNAVAILABLE,
        dual(), secure(handler=page(503, "Retry-After: 5")), curl=(0,), fact=(r"\b503\b",),
    ),
    _rare(
        "origin-down-behind-cdn", _HTTPS,
        broken(
            "gateway_failed|server_error", "http.error.gateway|http.error", "status|http",
            "their application|their service",
        ),
        name(), secure(handler=page(522, "CF-RAY: 8a1b2c3d4e5f-FRA", "Server: cloudflare")),
        curl=(0,), fact=(r"\b522\b",),
    ),
    _rare(
        "blocked-by-filter", _HTTPS,
        broken(
            "forbidden|rate_limited", "http.error.auth|http.error.rate_limited", "status|http",
            "their application|this program|path",
        ),
        name(), secure(handler=page(403, "CF-RAY: 8a1b2c3d4e5f-FRA", "Server: cloudflare")),
        curl=(0,), fact=(r"\b403\b",),
    ),
    _rare(
        "legal-reasons", _HTTP,
        broken("client_error|forbidden", "http.error|http.error.auth", "status|http",
               "their application|this program"),
        name(), listen(80, page(451)), curl=(0,), fact=(r"\b451\b",),
    ),
    _rare(
        "clock-behind-two-hours", _HTTPS,
        broken("clock_wrong", "tls.cert.date_invalid.not_yet_valid", "tls|config", "this host"),
        name(), secure(certificate="in_an_hour", handler=page(days=2 / 24)),
        curl=(60,), fact=("clock|not yet valid",),
        note="the server lives two hours later; its certificate is one hour old there",
    ),
    _rare(
        "expired-without-date", _HTTPS, _EXPIRED,
        name(), secure(certificate="expired", handler=faulty.closed),
        curl=(60,), fact=("expired",),
        note="no Date is to be had: nothing speaks against our clock",
    ),
    _rare(
        "wildcard-too-deep", "https://a.b.shop.example.org/",
        broken(
            "certificate_wrong_name", "tls.cert.name_invalid", "tls",
            "their certificate|this program",
        ),
        name("a.b.shop.example.org"), secure(), curl=(60,), fact=("match|not valid for",),
    ),
    _rare(
        "tls-record-corrupt", _HTTPS,
        broken(
            "handshake_cut|body_cut|not_http|closes_without_answer|reset_after_request",
            "tls.protocol.error|tls.failed", "tls|http", "their service|path|their application",
        ),
        name(), secure(handler=corrupt_record), curl=(56,), fact=("bad record|decrypt",),
    ),
    _rare(
        "tls-scheme-to-plain-port", f"tls://{NAME}:80",
        broken(
            "tls_on_plain_port", "tls.protocol.error.not_tls|tls.protocol.error|tls.timed_out",
            "tls", "this program|their service",
        ),
        name(), listen(), limit=SILENT, fact=("plain|http|not tls|wrong version|first record",),
    ),
    _rare(
        "body-shorter-through-tls", f"{_HTTPS}file",
        broken(
            "body_cut", "http.response.invalid.content_length_mismatch", "http",
            "their application|their service|path",
        ),
        name(), secure(handler=page(200, body=PAGE, cut=20)), curl=(18, 56),
        fact=("remaining|incomplete|unexpected EOF|complete message|closed",),
    ),
)  # fmt: skip
