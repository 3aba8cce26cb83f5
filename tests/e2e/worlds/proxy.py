"""Proxies."""

from e2e import certificates
from e2e.building import blocked, listen, name, proxying, rule, secure, world
from e2e.expectations import HTTP, HTTPS, PROXY_DOWN, PROXY_NEEDED
from e2e.handlers import page, proxy
from e2e.site import PROXY, SERVER
from e2e.templates import ALL, AT, USERS, proxied, proxy_says
from e2e.world import SILENT, broken

from ringback.testing.lab import proxy as faulty
from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.http import greeting

_PROXY_PASSWORD = broken(
    "proxy_wants_password", "proxy.auth_required", "proxy", "proxy|this program|this host"
)

_UPSTREAM = broken(
    "proxy_upstream_failed|gateway_failed",
    "proxy.upstream_failed|http.error.gateway",
    "proxy|status|http",
    "proxy|path|their service|their application",
)


def _tls_proxy(connection):
    over_tls(certificates.server_context("wrong_name"), page())(connection)


WORLDS = (
    proxied("proxy-refused", PROXY_DOWN, curl=(7,), fact=("proxy|3128",)),
    proxied(
        "proxy-variable-invalid",
        broken("proxy_invalid", "config.proxy_invalid", "config|proxy", "this program|this host"),
        variables={"https_proxy": "ttp:/proxy:3l28"},
        curl=(5, 7),
        fact=("proxy",),
    ),
    proxied(
        "proxy-wants-password",
        _PROXY_PASSWORD,
        proxying(proxy, users=USERS),
        curl=(56,),
        fact=("407",),
    ),
    proxied(
        "proxy-wants-other-password",
        _PROXY_PASSWORD,
        proxying(proxy, users=USERS),
        variables={"https_proxy": f"http://app:old-password@{PROXY}:3128"},
        curl=(56,),
        fact=("407",),
    ),
    proxy_says(403, "proxy_forbids", "proxy.denied"),
    proxy_says(502, "proxy_upstream_failed", "proxy.upstream_failed"),
    proxied(
        "proxy-closes",
        broken("proxy_silent|not_a_proxy|proxy_forbids", "proxy.no_response", "proxy", "proxy"),
        listen(3128, faulty.closed, role="office", address=PROXY),
        curl=(56, 52),
        fact=("proxy|CONNECT",),
    ),
    proxied(
        "proxy-is-ssh",
        broken(
            "not_a_proxy",
            "proxy.protocol_error|proxy.no_response",
            "proxy",
            "proxy|this program|this host",
        ),
        listen(3128, greeting(b"SSH-2.0-OpenSSH_9.6\r\n"), role="office", address=PROXY),
        curl=(56, 28, 52),
        fact=("SSH",),
    ),
    proxied(
        "proxy-is-web-server",
        broken(
            "not_a_proxy|proxy_forbids",
            "proxy.protocol_error|proxy.denied|proxy.upstream_failed",
            "proxy",
            "proxy|this program|this host",
        ),
        listen(3128, page(405, "Allow: GET, HEAD"), role="office", address=PROXY),
        curl=(56,),
        fact=("405",),
    ),
    proxied(
        "proxy-needed-set-for-http-only",
        PROXY_NEEDED,
        proxying(proxy),
        variables={"http_proxy": AT},
        curl=(7, 28),
        fact=("proxy",),
        limit=SILENT,
        note="the gateway lets only the proxy out; https has no variable",
    ),
    proxied(
        "proxy-not-needed",
        broken(
            "proxy_not_needed",
            "proxy.upstream_failed",
            "proxy|config",
            "this program|this host|proxy",
        ),
        proxying(proxy),
        rule("border", "FORWARD -s 192.0.2.128/25 -j REJECT"),
        direct=True,
        curl=(56,),
        fact=("proxy",),
        note="the proxy cannot reach the target, which is open to the client itself",
    ),
    proxied(
        "proxy-down-not-needed",
        broken(
            "proxy_down|proxy_not_needed",
            "proxy.unreachable",
            "proxy|config",
            "this program|this host|proxy",
        ),
        direct=True,
        curl=(7,),
        fact=("proxy|3128",),
    ),
    world(
        "unread-own-proxy-variable-typed-wrong",
        HTTPS,
        broken(
            "proxy_invalid|proxy_down|proxy_not_needed",
            "config.proxy_invalid|proxy.unreachable",
            "proxy|config",
            "this program|proxy",
        ),
        name(),
        secure(),
        variables={"https_proxy": "http://proxy.corp.example:notaport"},
    ),
    world(
        "unread-no-proxy-forgets-internal-host",
        f"http://{SERVER}:8080/",
        broken(
            "proxy_not_needed|proxy_forbids|forbidden",
            "proxy.unreachable|proxy.denied|http.error.auth",
            "proxy|status",
            "this program|proxy|their application",
            also="proxy_forbids",
        ),
        listen(8080),
        proxying(proxy, outcome=403),
        variables=ALL,
        curl=(0,),
    ),
    world(
        "rare-proxy-cannot-reach-http",
        HTTP,
        _UPSTREAM,
        name(),
        blocked(),
        proxying(proxy),
        variables=ALL,
        curl=(0,),
        fact=(r"\b502\b",),
    ),
    world(
        "rare-proxy-resets",
        HTTPS,
        broken("proxy_silent|not_a_proxy|proxy_forbids", "proxy.no_response", "proxy", "proxy"),
        name(),
        secure(),
        blocked(),
        listen(3128, faulty.reset, role="office", address="192.0.2.180"),
        variables=ALL,
        curl=(56, 35),
        fact=("proxy|CONNECT",),
    ),
    world(
        "odd-proxy-forbids-http",
        HTTP,
        broken(
            "proxy_forbids|forbidden",
            "proxy.denied|http.error.auth",
            "proxy|status|http",
            "proxy|their application|this program",
        ),
        name(),
        listen(),
        blocked(),
        proxying(proxy, outcome=403, fields=("X-Squid-Error: ERR_ACCESS_DENIED 0",)),
        variables=ALL,
        curl=(0,),
        fact=(r"\b403\b",),
    ),
    world(
        "ask-proxy-certificate-wrong",
        HTTPS,
        broken(
            "proxy_tls_failed|certificate_wrong_name",
            "tls.cert.name_invalid|proxy.protocol_error|tls.failed|proxy.unreachable",
            "proxy|tls",
            "proxy|their certificate|this program",
        ),
        name(),
        secure(),
        blocked(),
        listen(3128, _tls_proxy, role="office", address=PROXY),
        variables={"https_proxy": f"https://{PROXY}:3128"},
        fact=("match|not valid for|certificate",),
        note="a proxy that is spoken to in TLS, with a certificate for another name",
    ),
)
