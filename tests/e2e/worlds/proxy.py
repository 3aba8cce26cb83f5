"""Proxies that are down, refuse, are missing where they are needed, or stand in the way."""

import base64

from e2e.building import NAME, blocked, file, listen, name, proxying, rule, secure
from e2e.handlers import page, proxy, socks5
from e2e.site import NO_RESOLVER, PROXY
from e2e.world import SILENT, World, broken

from ringback.testing.lab import proxy as faulty
from ringback.testing.lab.http import greeting

HTTPS, HTTP = f"https://{NAME}/", f"http://{NAME}/"
AT = f"http://{PROXY}:3128"
USERS = base64.b64encode(b"app:open-sesame").decode()
ALL = {"http_proxy": AT, "https_proxy": AT}
"""Variables that send everything through the proxy."""


def _world(label, expected, *build, url=HTTPS, variables=ALL, direct=False, **more):
    """A client that gets out through the proxy only, unless ``direct`` says otherwise."""
    way = () if direct else (blocked(),)
    return World(
        name=label,
        target=url,
        build=(name(), secure(), listen(), *way, *build),
        expected=expected,
        variables=variables,
        **more,
    )


def _says(status, cause, kind, *fields, **more):
    return _world(
        f"proxy-says-{status}",
        broken(cause, kind, "proxy", "proxy|path|their service"),
        proxying(proxy, outcome=status, fields=fields),
        curl=(56,),
        fact=(f"{status}",),
        **more,
    )


_DOWN = broken("proxy_down", "proxy.unreachable", "proxy", "proxy")
_PASSWORD = broken(
    "proxy_wants_password", "proxy.auth_required", "proxy", "proxy|this program|this host"
)
_NEEDED = broken(
    "proxy_needed",
    "tcp.address_unreachable.prohibited|tcp.address_unreachable.host|tcp.timed_out|proxy.unreachable",
    "proxy|config|ip|tcp",
    "this program|this host|this network|proxy",
)

WORLDS = (
    _world("proxy-refused", _DOWN, curl=(7,), fact=("proxy|3128",)),
    _world(
        "proxy-dropped",
        _DOWN,
        rule("office", "INPUT -p tcp --dport 3128 -j DROP"),
        limit=SILENT,
        curl=(28,),
        fact=("proxy|3128",),
    ),
    _world(
        "proxy-host-off",
        _DOWN,
        variables={"https_proxy": f"http://{NO_RESOLVER}:3128"},
        limit=SILENT,
        curl=(7, 28),
        fact=("proxy|3128",),
    ),
    _world(
        "proxy-name-missing",
        broken(
            "proxy_down|proxy_invalid",
            "proxy.unreachable|config.proxy_invalid",
            "proxy|config",
            "proxy|DNS|this host|this program",
        ),
        variables={"https_proxy": "http://proxi.example.org:3128"},
        curl=(5,),
        fact=("proxi.example.org",),
    ),
    _world(
        "proxy-variable-invalid",
        broken("proxy_invalid", "config.proxy_invalid", "config|proxy", "this program|this host"),
        variables={"https_proxy": "ttp:/proxy:3l28"},
        curl=(5, 7),
        fact=("proxy",),
    ),
    _world(
        "proxy-wants-password", _PASSWORD, proxying(proxy, users=USERS), curl=(56,), fact=("407",)
    ),
    _world(
        "proxy-wants-password-http",
        _PASSWORD,
        proxying(proxy, users=USERS),
        url=HTTP,
        curl=(0,),
        fact=("407",),
    ),
    _world(
        "proxy-wants-other-password",
        _PASSWORD,
        proxying(proxy, users=USERS),
        variables={"https_proxy": f"http://app:old-password@{PROXY}:3128"},
        curl=(56,),
        fact=("407",),
    ),
    _says(403, "proxy_forbids", "proxy.denied"),
    _says(502, "proxy_upstream_failed", "proxy.upstream_failed"),
    _says(503, "proxy_upstream_failed", "proxy.upstream_failed", "Retry-After: 30"),
    _says(504, "proxy_upstream_failed", "proxy.upstream_failed"),
    _world(
        "proxy-silent",
        broken("proxy_silent", "proxy.no_response", "proxy", "proxy"),
        listen(3128, faulty.silent_proxy, role="office", address=PROXY),
        limit=SILENT,
        curl=(28,),
        fact=("proxy|CONNECT",),
    ),
    _world(
        "proxy-closes",
        broken("proxy_silent|not_a_proxy|proxy_forbids", "proxy.no_response", "proxy", "proxy"),
        listen(3128, faulty.closed, role="office", address=PROXY),
        curl=(56, 52),
        fact=("proxy|CONNECT",),
    ),
    _world(
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
    _world(
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
    _world(
        "proxy-https-to-plain-port",
        broken(
            "not_a_proxy|proxy_invalid|tls_on_plain_port",
            "proxy.protocol_error|tls.protocol.error.not_tls|config.proxy_invalid|proxy.unreachable|proxy.no_response",
            "proxy|config|tls",
            "proxy|this program|this host",
        ),
        listen(3128, page(400), role="office", address=PROXY),
        variables={"https_proxy": f"https://{PROXY}:3128"},
        limit=SILENT,
        fact=("wrong version|TLS|SSL",),
        note="the proxy is to be spoken to in TLS, which it does not speak",
    ),
    _world(
        "proxy-socks-forbids",
        broken("proxy_forbids", "proxy.denied|proxy.upstream_failed", "proxy", "proxy"),
        proxying(socks5, 1080, reply=2),
        variables={"ALL_PROXY": f"socks5h://{PROXY}:1080"},
        curl=(97,),
        fact=("not allowed|ruleset|connection not",),
    ),
    _world(
        "proxy-needed-set-for-http-only",
        _NEEDED,
        proxying(proxy),
        variables={"http_proxy": AT},
        curl=(7, 28),
        fact=("proxy",),
        limit=SILENT,
        note="the gateway lets only the proxy out; https has no variable",
    ),
    _world(
        "proxy-needed-set-elsewhere",
        _NEEDED,
        proxying(proxy),
        file("environment", f'https_proxy="{AT}"\nhttp_proxy="{AT}"\n'),
        variables={},
        curl=(7, 28),
        fact=("proxy",),
        limit=SILENT,
        note="/etc/environment names the proxy; this program was started without it",
    ),
    _world(
        "proxy-needed-excluded",
        _NEEDED,
        proxying(proxy),
        variables={**ALL, "no_proxy": "localhost,example.org"},
        curl=(7, 28),
        fact=("no_proxy",),
        limit=SILENT,
        note="no_proxy takes the target out",
    ),
    _world(
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
    _world(
        "proxy-not-needed-forbids",
        broken(
            "proxy_not_needed|proxy_forbids",
            "proxy.denied",
            "proxy|config",
            "this program|this host|proxy",
            "proxy_not_needed",
        ),
        proxying(proxy, outcome=403),
        direct=True,
        curl=(56,),
        fact=("proxy",),
    ),
    _world(
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
)
