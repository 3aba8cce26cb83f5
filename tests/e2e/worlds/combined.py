"""A cause, and beside it a lesser fault that explains nothing."""

from dns.rcode import NXDOMAIN, SERVFAIL
from e2e.building import (
    NAME,
    dual,
    hosts,
    ip,
    listen,
    name,
    nameservers,
    proxying,
    resolver,
    rule,
    secure,
    without_resolver,
)
from e2e.handlers import page, proxy, redirects
from e2e.site import OTHER, PROXY, RESOLVER, RESOLVER2, SERVER
from e2e.world import SILENT, WELL, World, broken
from e2e.worlds.proxy import ALL, AT, blocked

from ringback.testing.lab.dns import DNSAnswer

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_THEIRS = "their certificate"
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")
_EXPIRED = broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", _THEIRS)
_IPV6_DROPPED = rule("gateway", "FORWARD -j DROP", 6)
_IPV6_GONE = ip("client", "route del ::/0")
_STATUS = "status|http|application"


def _both(label, target, expected, *build, **more):
    return World(name=f"both-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _both(
        "expired-behind-dead-ipv6", _HTTPS, _EXPIRED,
        dual(), secure(certificate="expired"), _IPV6_DROPPED,
        limit=SILENT, curl=(60,), fact=("expired",),
    ),
    _both(
        "refused-beside-broken-second-resolver", _HTTP, _DOWN,
        name(), nameservers(RESOLVER, RESOLVER2),
        resolver(RESOLVER2, always=DNSAnswer(rcode=SERVFAIL)),
        curl=(7,),
    ),
    _both(
        "refused-beside-dead-first-resolver", _HTTP, _DOWN,
        name(), nameservers(RESOLVER2, RESOLVER, options="options timeout:1"),
        rule("office", f"INPUT -d {RESOLVER2} -j DROP"),
        limit=SILENT, curl=(7,),
    ),
    _both(
        "unavailable-beside-wrong-clock", _HTTP,
        broken("unavailable", "http.error.unavailable", _STATUS, "their application|their service"),
        name(), listen(80, page(503, days=30)),
        curl=(0,), fact=("503",),
    ),
    _both(
        "healthy-by-hosts-file-beside-dead-resolver", _HTTPS, WELL,
        secure(), hosts(f"{SERVER} {NAME}"), rule("office", "INPUT -p udp --dport 53 -j DROP"),
        limit=SILENT, curl=(0,),
    ),
    _both(
        "healthy-by-hosts-file-beside-closed-resolver", _HTTP, WELL,
        listen(), hosts(f"{SERVER} {NAME}"), without_resolver(RESOLVER),
        curl=(0,),
    ),
    _both(
        "refused-beside-proxy-for-another-scheme", _HTTPS, _DOWN,
        name(), proxying(proxy), variables={"http_proxy": AT}, curl=(7,),
    ),
    _both(
        "refused-beside-excluding-no-proxy", _HTTP, _DOWN,
        name(), proxying(proxy), variables={**ALL, "no_proxy": "*"}, curl=(7,),
    ),
    _both(
        "refused-beside-no-ipv6-route", _HTTP, _DOWN,
        dual(), _IPV6_GONE, curl=(7,),
    ),
    _both(
        "dropped-beside-no-ipv6-route", f"http://{NAME}:8080/",
        broken(
            "firewall_drops|overloaded", "tcp.timed_out", "tcp", "path|their host",
            "firewall_drops|overloaded",
        ),
        dual(), listen(), rule("border", "FORWARD -p tcp --dport 8080 -j DROP"), _IPV6_GONE,
        limit=SILENT, curl=(28, 7),
    ),
    _both(
        "rejected-beside-closed-partner", _HTTPS,
        broken(
            "firewall_rejects", "tcp.address_unreachable.prohibited|tcp.address_unreachable.host",
            "ip|tcp", "path",
        ),
        name(), secure(),
        rule("border", "FORWARD -p tcp --dport 443 -j REJECT --reject-with icmp-admin-prohibited"),
        curl=(7,), fact=("prohibited|filtered|firewall",),
    ),
    _both(
        "not-found-beside-dead-ipv6", _HTTP,
        broken("not_found", "http.error", _STATUS, "their application|this program"),
        dual(), listen(80, page(404)), _IPV6_DROPPED,
        limit=SILENT, curl=(0,), fact=("404",),
    ),
    _both(
        "unavailable-beside-one-dead-address", _HTTPS,
        broken("unavailable", "http.error.unavailable", _STATUS, "their application|their service"),
        name(NAME, OTHER, SERVER), secure(handler=page(503)),
        curl=(0,), fact=("503",),
    ),
    _both(
        "name-missing-beside-no-ipv6-route", _HTTPS,
        broken("name_missing", "dns.name_not_resolved", "dns", "DNS"),
        name(NAME, rcode=NXDOMAIN), _IPV6_GONE, curl=(6,), fact=("nxdomain|no such host",),
    ),
    _both(
        "name-missing-beside-search-domain", _HTTP,
        broken("name_missing", "dns.name_not_resolved", "dns", "DNS"),
        nameservers(RESOLVER, options="search corp.example.net example.net\noptions ndots:2"),
        curl=(6,), fact=("nxdomain|no such host",),
    ),
    _both(
        "zone-broken-beside-broken-second-resolver", _HTTP,
        broken("zone_broken", "dns.server|dns.temporary_failure", "dns", "DNS"),
        name(NAME, rcode=SERVFAIL), nameservers(RESOLVER, RESOLVER2),
        curl=(6,), fact=("servfail|misbehaving",),
        note="nothing listens at the second resolver",
    ),
    _both(
        "expired-beside-dead-second-resolver", _HTTPS, _EXPIRED,
        name(), secure(certificate="expired"), nameservers(RESOLVER, RESOLVER2),
        curl=(60,), fact=("expired",),
    ),
    _both(
        "expired-and-wrong-name", _HTTPS,
        broken(
            "certificate_expired|certificate_wrong_name",
            "tls.cert.date_invalid.expired|tls.cert.name_invalid", "tls", _THEIRS,
        ),
        name(), secure(certificate="wrong_name_expired"), curl=(60,), fact=("expired|match",),
    ),
    _both(
        "self-signed-and-expired", _HTTPS,
        broken(
            "certificate_self_signed|certificate_expired",
            "tls.cert.authority_invalid.self_signed|tls.cert.date_invalid.expired", "tls", _THEIRS,
        ),
        name(), secure(certificate="self_signed_expired"),
        curl=(60,), fact=("self[- ]signed|expired",),
    ),
    _both(
        "wrong-name-through-proxy", _HTTPS,
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", _THEIRS),
        name(), secure(certificate="wrong_name"), blocked(), proxying(proxy), variables=ALL,
        curl=(60,), fact=("match|not valid for",),
    ),
    _both(
        "unavailable-through-proxy", _HTTPS,
        broken("unavailable", "http.error.unavailable", _STATUS, "their application|their service"),
        name(), secure(handler=page(503)), blocked(), proxying(proxy), variables=ALL,
        curl=(0,), fact=("503",),
    ),
    _both(
        "not-found-through-proxy-http", _HTTP,
        broken("not_found", "http.error", _STATUS, "their application|this program"),
        name(), listen(80, page(404)), blocked(), proxying(proxy), variables=ALL,
        curl=(0,), fact=("404",),
    ),
    _both(
        "proxy-refused-beside-dead-ipv6", _HTTPS,
        broken("proxy_down", "proxy.unreachable", "proxy", "proxy"),
        dual(), secure(), blocked(), _IPV6_DROPPED, variables={"https_proxy": f"http://{PROXY}:3128"},
        limit=SILENT, curl=(7,), fact=("proxy|3128",),
    ),
    _both(
        "expired-behind-redirect", _HTTP, _EXPIRED,
        name(), listen(80, redirects({"*": _HTTPS}, status=301)), secure(certificate="expired"),
        curl=(60,), fact=("expired",),
    ),
    _both(
        "refused-behind-redirect", _HTTP, _DOWN,
        name(), listen(80, redirects({"*": f"http://{NAME}:8081/app"})),
        curl=(7,), fact=("refused",),
    ),
    _both(
        "unauthorized-beside-certificate-that-ends-soon", _HTTPS,
        broken("unauthorized", "http.error.auth", _STATUS, "their application|this program"),
        name(), secure(certificate="ending", handler=page(401, "WWW-Authenticate: Basic")),
        curl=(0,), fact=("401",),
    ),
    _both(
        "own-firewall-beside-hosts-file", _HTTP,
        broken("local_firewall", "tcp.refused", "tcp|ip", "this host"),
        name(), listen(), hosts(f"{SERVER} {NAME}"),
        rule("client", "OUTPUT -p tcp --dport 80 -j REJECT"),
        limit=2.5, curl=(7,), fact=("firewall",),
    ),
    _both(
        "host-off-beside-no-ipv6", _HTTPS,
        broken("host_down", "tcp.address_unreachable.host", "ip|tcp", "their host"),
        name(NAME, "198.51.100.77", "2001:db8:2::77"), _IPV6_GONE,
        limit=SILENT, curl=(7,), fact=("host unreachable|no route to host",),
    ),
)  # fmt: skip
