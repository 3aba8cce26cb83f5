"""Worlds of what stands between: proxies, portals, inspection."""

from e2e.building import (
    NAME,
    blocked,
    dual,
    file,
    listen,
    name,
    nft,
    proxying,
    rule,
    secure,
)
from e2e.handlers import page, proxy, redirects, socks5, ssh
from e2e.site import PROXY
from e2e.talk import (
    after_request,
    answer,
    reset_at_first_word,
)
from e2e.world import SILENT, World, broken

from ringback.testing.lab.server import Connection

_HTTP = f"http://{NAME}/"
_HTTPS = f"https://{NAME}/"
_AT = f"http://{PROXY}:8080"
_PROXIED = {"http_proxy": _AT, "https_proxy": _AT}


def _world(label, target, expected, *build, **more):
    return World(name=f"between-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _world(
        "proxy-down-8888",
        _HTTPS,
        broken("proxy_down", "proxy.unreachable", "proxy", "proxy"),
        name(),
        secure(),
        blocked(),
        variables={"HTTPS_PROXY": f"http://{PROXY}:8888"},
    ),
    _world(
        "proxy-negotiate",
        _HTTPS,
        broken(
            "proxy_wants_password", "proxy.auth_required", "proxy", "proxy|this program|this host"
        ),
        name(),
        secure(),
        blocked(),
        listen(
            8080,
            answer(
                "HTTP/1.1 407 Proxy Authentication Required",
                "Server: squid/5.7",
                "Proxy-Authenticate: Negotiate",
                "Proxy-Authenticate: NTLM",
                "X-Squid-Error: ERR_CACHE_ACCESS_DENIED 0",
                "Connection: close",
            ),
            role="office",
            address=PROXY,
        ),
        variables=_PROXIED,
    ),
    _world(
        "proxy-forbids-squid",
        _HTTPS,
        broken("proxy_forbids", "proxy.denied", "proxy", "proxy"),
        name(),
        secure(),
        blocked(),
        listen(
            8080,
            answer(
                "HTTP/1.1 403 Forbidden",
                "Server: squid/5.7",
                "X-Squid-Error: ERR_ACCESS_DENIED 0",
                "Via: 1.1 office (squid/5.7)",
                "Connection: close",
            ),
            role="office",
            address=PROXY,
        ),
        variables=_PROXIED,
    ),
    _world(
        "proxy-not-set",
        _HTTPS,
        broken(
            "proxy_needed",
            (
                "tcp.timed_out|proxy.unreachable|tcp.address_unr"
                "eachable.prohibited|tcp.address_unreachable.host"
            ),
            "proxy|config|tcp",
            "this program|this host|this network|proxy",
        ),
        name(),
        secure(),
        blocked(reject=False),
        proxying(proxy, port=8080),
        file("environment", f'https_proxy="{_AT}"\nhttp_proxy="{_AT}"\n'),
        limit=SILENT,
    ),
    _world(
        "proxy-not-needed-502",
        _HTTPS,
        broken(
            "proxy_not_needed",
            "proxy.upstream_failed|proxy.denied|proxy.unreachable",
            "proxy|config",
            "proxy|this program|this host",
        ),
        name(),
        secure(),
        listen(
            8080,
            answer(
                "HTTP/1.1 503 Service Unavailable", "X-Squid-Error: ERR_DNS_FAIL 0", "Server: squid"
            ),
            role="office",
            address=PROXY,
        ),
        variables=_PROXIED,
    ),
    _world(
        "proxy-is-socks",
        _HTTPS,
        broken(
            "proxy_silent",
            "proxy.protocol_error|proxy.no_response",
            "proxy|config",
            "proxy|this program|this host",
        ),
        name(),
        secure(),
        blocked(),
        proxying(socks5, port=8080),
        variables=_PROXIED,
        limit=SILENT,
    ),
    _world(
        "portal-dnat",
        _HTTP,
        broken(
            "captive_portal",
            "http.error.captive_portal|http.response.unexpected_content",
            "http|status|ip",
            "this network",
        ),
        name(),
        name("login.hotspot.example.net", "192.0.2.1"),
        listen(),
        listen(
            80,
            redirects({"*": "http://login.hotspot.example.net/guest?orig=x", "/guest": None}),
            role="gateway",
            address="192.0.2.1",
        ),
        nft(
            "gateway",
            (
                "table ip n {\nchain p {\ntype nat hook prerouti"
                "ng priority -100; iifname lan ip daddr != 192"
                ".0.2.1 tcp dport 80 dnat to 192.0.2.1:80\n}\n}\n"
            ),
        ),
    ),
    _world(
        "portal-511",
        f"http://{NAME}:8080/",
        broken("captive_portal", "http.error.captive_portal", "http|status", "this network"),
        name(),
        listen(8080, page(511, body=b'<a href="https://login.example.net/">Log in</a>')),
    ),
    _world(
        "netskope",
        _HTTPS,
        broken(
            "tls_interception",
            "tls.cert.authority_invalid.untrusted_root|tls.cert.authority_invalid.unknown_issuer",
            "tls",
            "this network|path|this host",
        ),
        dual(),
        secure(certificate="inspected_in_the_cloud"),
    ),
    _world(
        "socks-host-unreachable",
        _HTTPS,
        broken(
            "proxy_upstream_failed",
            "proxy.upstream_failed",
            "proxy",
            "proxy|path|their service|their host",
        ),
        name(),
        secure(),
        blocked(),
        proxying(socks5, port=1080, reply=4),
        variables={"ALL_PROXY": f"socks5h://{PROXY}:1080"},
    ),
    _world(
        "socks-password",
        _HTTPS,
        broken(
            "proxy_wants_password", "proxy.auth_required", "proxy", "proxy|this program|this host"
        ),
        name(),
        secure(),
        blocked(),
        proxying(socks5, port=1080, users=True),
        variables={"ALL_PROXY": f"socks5://{PROXY}:1080"},
    ),
    _world(
        "proxy-name-missing",
        _HTTPS,
        broken(
            "proxy_down",
            "proxy.unreachable|dns.name_not_resolved",
            "proxy",
            "proxy|DNS|this program|this host",
        ),
        name(),
        secure(),
        blocked(),
        variables={"https_proxy": "http://proxy.corp.example.net:3128"},
    ),
    _world(
        "proxy-tunnel-then-closes",
        _HTTPS,
        broken(
            "handshake_cut",
            "tls.closed|proxy.no_response|proxy.upstream_failed|tcp.closed|tcp.reset",
            "tls|proxy|tcp",
            "proxy|path|their service",
        ),
        name(),
        secure(),
        blocked(),
        listen(
            8080,
            after_request(b"HTTP/1.1 200 Connection established\r\n\r\n", Connection.read),
            role="office",
            address=PROXY,
        ),
        variables=_PROXIED,
    ),
    _world(
        "proxy-url-empty",
        _HTTPS,
        broken("proxy_invalid", "config.proxy_invalid", "config|proxy", "this program|this host"),
        name(),
        secure(),
        variables={"https_proxy": "http://:3128"},
    ),
    _world(
        "proxy-page-to-connect",
        _HTTPS,
        broken(
            "not_a_proxy",
            "proxy.protocol_error|proxy.no_response|proxy.denied|proxy.upstream_failed",
            "proxy",
            "proxy|this program|this host",
        ),
        name(),
        secure(),
        blocked(),
        listen(8080, page(405), role="office", address=PROXY),
        variables=_PROXIED,
    ),
    _world(
        "proxy-500-squid-dns",
        _HTTP,
        broken(
            "proxy_upstream_failed",
            "proxy.upstream_failed|http.error.unavailable|http.error.gateway",
            "proxy|status|http",
            "proxy|path|their service|DNS|their application",
        ),
        name(),
        listen(),
        blocked(),
        listen(
            8080,
            page(
                503,
                "X-Squid-Error: ERR_DNS_FAIL 0",
                "Via: 1.1 office (squid/5.7)",
                "X-Cache: MISS from office",
            ),
            role="office",
            address=PROXY,
        ),
        variables=_PROXIED,
    ),
    _world(
        "https-proxy-is-plain",
        _HTTPS,
        broken(
            "not_a_proxy",
            (
                "tls.protocol.error.not_tls|proxy.protocol_error|prox"
                "y.unreachable|config.proxy_invalid|proxy.no_response"
            ),
            "proxy|tls|config",
            "proxy|this program|this host",
        ),
        name(),
        secure(),
        blocked(),
        proxying(proxy, port=8080),
        variables={"https_proxy": f"https://{PROXY}:8080"},
        limit=SILENT,
    ),
    _world(
        "proxy-is-ssh",
        _HTTP,
        broken("not_a_proxy", "proxy.protocol_error", "proxy", "proxy|this program|this host"),
        name(),
        listen(),
        blocked(),
        listen(22, ssh, role="office", address=PROXY),
        variables={"http_proxy": f"http://{PROXY}:22"},
    ),
    _world(
        "socks-rule",
        _HTTPS,
        broken("proxy_forbids", "proxy.denied", "proxy", "proxy"),
        name(),
        secure(),
        blocked(),
        proxying(socks5, port=1080, reply=2),
        variables={"all_proxy": f"socks5h://{PROXY}:1080"},
    ),
    _world(
        "socks-is-http",
        _HTTPS,
        broken(
            "proxy_silent",
            "proxy.protocol_error|proxy.no_response",
            "proxy",
            "proxy|this program|this host",
        ),
        name(),
        secure(),
        blocked(),
        proxying(proxy, port=8080),
        variables={"all_proxy": f"socks5://{PROXY}:8080"},
        limit=SILENT,
    ),
    _world(
        "proxy-resets",
        _HTTPS,
        broken("proxy_silent", "proxy.no_response", "proxy", "proxy"),
        name(),
        secure(),
        blocked(),
        listen(8080, reset_at_first_word, role="office", address=PROXY),
        variables=_PROXIED,
    ),
    _world(
        "proxy-rejected-icmp",
        _HTTPS,
        broken("proxy_down", "proxy.unreachable", "proxy", "proxy|path|this network"),
        name(),
        secure(),
        blocked(),
        rule("gateway", "FORWARD -p tcp --dport 8080 -j REJECT --reject-with icmp-host-prohibited"),
        variables=_PROXIED,
        limit=2.5,
    ),
    _world(
        "proxy-host-off",
        _HTTP,
        broken("proxy_down", "proxy.unreachable", "proxy", "proxy"),
        name(),
        listen(),
        blocked(),
        variables={"http_proxy": "http://192.0.2.190:3128"},
        limit=SILENT,
    ),
    _world(
        "inspecting-and-expired-behind",
        _HTTPS,
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        name(),
        secure(certificate="expired"),
        blocked(),
        proxying(proxy, port=8080),
        variables=_PROXIED,
    ),
    _world(
        "proxy-says-502-target-refuses",
        f"https://{NAME}:8443/",
        broken(
            "proxy_upstream_failed",
            "proxy.upstream_failed",
            "proxy",
            "their service|proxy|path|their host",
        ),
        name(),
        blocked(),
        proxying(proxy, port=8080),
        variables=_PROXIED,
    ),
)
