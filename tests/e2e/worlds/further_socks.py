"""Further worlds of SOCKS proxies."""

from e2e.building import (
    NAME,
    blocked,
    listen,
    name,
    proxying,
    resolver,
    rule,
    secure,
)
from e2e.handlers import proxy, socks5
from e2e.site import PROXY, RESOLVER
from e2e.world import SILENT, World, broken

from ringback.testing.lab.dns import DNSAnswer
from ringback.testing.lab.socks import Socks

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_UNUSED = broken(
    "proxy_not_needed|proxy_down", "proxy.unreachable", "proxy|config",
    "this program|this host|proxy",
)  # fmt: skip


def _proxy(label, target, expected, *build, **more):
    return World(name=f"ask-{label}", target=target, build=build, expected=expected, **more)


def _office(port, handler):
    return listen(port, handler, role="office", address=PROXY)


WORLDS = (
    _proxy(
        "socks-wrong-password", _HTTPS,
        broken("proxy_wants_password", "proxy.auth_required", "proxy",
               "proxy|this program|this host"),
        name(), secure(), blocked(), _office(1080, Socks(users=True)),
        variables={"ALL_PROXY": f"socks5h://app:hunter2@{PROXY}:1080"},
        fact=("auth|user|password",),
    ),
    _proxy(
        "socks4-rejects", _HTTPS,
        broken("proxy_upstream_failed|proxy_forbids", "proxy.upstream_failed|proxy.denied", "proxy",
               "proxy|path|their service"),
        name(), secure(), blocked(), _office(1080, Socks(reply=91)),
        variables={"ALL_PROXY": f"socks4a://{PROXY}:1080"}, fact=("reject|failed",),
    ),
    _proxy(
        "socks-name-not-known-here", _HTTPS,
        broken("name_missing|proxy_upstream_failed|socks_resolves_here",
               "dns.name_not_resolved|dns.failed", "dns|proxy",
               "DNS|this host|this program|proxy"),
        name(), secure(), blocked(), proxying(socks5, 1080),
        resolver(RESOLVER, {"intern.example.org": DNSAnswer(addresses=(PROXY,))}),
        variables={"ALL_PROXY": f"socks5://{PROXY}:1080"}, fact=("resolve|not known|nxdomain",),
        note="socks5:// has the name resolved here, which only the proxy could",
    ),
    _proxy(
        "socks-down-not-needed", _HTTPS, _UNUSED, name(), secure(),
        variables={"all_proxy": f"socks5h://{PROXY}:1080"}, fact=("proxy|1080",),
    ),
    _proxy(
        "http-to-socks-proxy", _HTTPS,
        broken("not_a_proxy|proxy_silent", "proxy.protocol_error|proxy.no_response", "proxy",
               "proxy|this program|this host"),
        name(), secure(), blocked(), _office(1080, Socks()),
        variables={"https_proxy": f"http://{PROXY}:1080"}, limit=SILENT,
        fact=("proxy|clos|empty|reset",),
    ),
    _proxy(
        "socks-to-http-proxy", _HTTPS,
        broken("not_a_proxy|proxy_silent", "proxy.protocol_error|proxy.no_response", "proxy",
               "proxy|this program|this host"),
        name(), secure(), blocked(), proxying(proxy),
        variables={"https_proxy": f"socks5h://{PROXY}:3128"}, limit=SILENT,
        fact=("socks|proxy",),
    ),
    _proxy(
        "socks-host-unreachable", _HTTPS,
        broken("proxy_upstream_failed", "proxy.upstream_failed", "proxy",
               "proxy|path|their service|their host"),
        name(), secure(), blocked(), proxying(socks5, 1080, reply=4),
        variables={"ALL_PROXY": f"socks5h://{PROXY}:1080"}, fact=("unreachable",),
    ),
    _proxy(
        "expired-through-socks", _HTTPS,
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(), secure(certificate="expired"), blocked(), proxying(socks5, 1080),
        variables={"ALL_PROXY": f"socks5h://{PROXY}:1080"}, fact=("expired",),
    ),
    _proxy(
        "socks-general-failure", _HTTPS,
        broken("proxy_upstream_failed", "proxy.upstream_failed", "proxy",
               "proxy|path|their service"),
        name(), secure(), blocked(), proxying(socks5, 1080, reply=1),
        variables={"ALL_PROXY": f"socks5h://{PROXY}:1080"}, fact=("general|failure",),
    ),
    _proxy(
        "socks-silent", _HTTPS,
        broken("proxy_silent", "proxy.no_response", "proxy", "proxy"),
        name(), secure(), blocked(), _office(1080, lambda connection: connection.stall()),
        variables={"ALL_PROXY": f"socks5h://{PROXY}:1080"}, limit=SILENT, fact=("timed out",),
    ),
    _proxy(
        "socks-hangs-up", _HTTPS,
        broken("proxy_silent", "proxy.no_response", "proxy", "proxy"),
        name(), secure(), blocked(), _office(1080, lambda connection: connection.read()),
        variables={"ALL_PROXY": f"socks5h://{PROXY}:1080"}, fact=("clos|EOF",),
    ),
    _proxy(
        "refused-through-socks-beside-dead-ipv6", _HTTPS,
        broken("proxy_upstream_failed", "proxy.upstream_failed", "proxy",
               "proxy|path|their service|their host"),
        name(), blocked(), proxying(socks5, 1080), rule("gateway", "FORWARD -j DROP", 6),
        variables={"ALL_PROXY": f"socks5h://{PROXY}:1080"}, fact=("refused",),
    ),
)  # fmt: skip
