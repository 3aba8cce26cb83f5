"""Targets in good health, however unlike each other: none of them may be called broken."""

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
    secure,
)
from e2e.handlers import (
    PAGE,
    chunked,
    mysql,
    old_server,
    page,
    postgres,
    proxy,
    redirects,
    redis,
    smtp,
    socks5,
)
from e2e.site import OTHER, PROXY, RESOLVER, RESOLVER2, RESOLVER3, SERVER, SERVER6
from e2e.world import SILENT, WELL, World
from e2e.worlds.proxy import ALL, AT, USERS, blocked

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"


def _well(label, target, *build, curl=(0,), **more):
    return World(
        name=f"healthy-{label}", target=target, build=build, expected=WELL, curl=curl, **more
    )


WORLDS = (
    _well("http", _HTTP, name(), listen()),
    _well("https", _HTTPS, name(), secure()),
    _well("http-dual-stack", _HTTP, dual(), listen()),
    _well("https-dual-stack", _HTTPS, dual(), secure()),
    _well("http-ipv6-only", _HTTP, name(NAME, SERVER6), listen()),
    _well("http-address", f"http://{SERVER}:8080/", listen(8080)),
    _well("http-address-ipv6", f"http://[{SERVER6}]/", listen()),
    _well("https-address", f"https://{SERVER}/", secure(certificate="address")),
    _well(
        "dual-stack-name-ipv4-client",
        _HTTP,
        dual(),
        listen(),
        ip("client", "route del ::/0", "addr del 2001:db8:1::2/64 dev eth0"),
        note="this host has no IPv6 at all, as most have not",
    ),
    _well("tcp", f"tcp://{NAME}:5000", name(), listen(5000, redis), curl=()),
    _well("host-and-port", f"{NAME}:5000", name(), listen(5000, redis), curl=()),
    _well("tls", f"tls://{NAME}:8883", name(), secure(8883), curl=()),
    _well("dns", f"dns://{NAME}", dual(), curl=()),
    _well("postgres", f"postgres://a:b@{NAME}/shop", name(), listen(5432, postgres), curl=()),
    _well("redis", f"redis://{NAME}", name(), listen(6379, redis), curl=()),
    _well("mysql", f"mysql://app@{NAME}/shop", name(), listen(3306, mysql), curl=()),
    _well("smtp", f"smtp://{NAME}", name(), listen(25, smtp), curl=()),
    _well(
        "through-proxy",
        _HTTPS,
        name(),
        secure(),
        blocked(),
        proxying(proxy),
        variables=ALL,
    ),
    _well(
        "through-proxy-http",
        _HTTP,
        name(),
        listen(),
        blocked(),
        proxying(proxy),
        variables=ALL,
    ),
    _well(
        "through-proxy-with-password",
        _HTTPS,
        name(),
        secure(),
        blocked(),
        proxying(proxy, users=USERS),
        variables={"HTTPS_PROXY": AT.replace("//", "//app:open-sesame@")},
    ),
    _well(
        "through-socks",
        _HTTPS,
        name(),
        secure(),
        blocked(),
        proxying(socks5, 1080),
        variables={"ALL_PROXY": f"socks5h://{PROXY}:1080"},
    ),
    _well(
        "proxy-excluded",
        _HTTP,
        name(),
        listen(),
        variables={**ALL, "no_proxy": "example.org"},
        note="the proxy is down, and not used for this target",
    ),
    _well(
        "redirected",
        _HTTP,
        name(),
        listen(80, redirects({"/": f"{_HTTPS}welcome"}, status=301)),
        secure(),
    ),
    _well(
        "redirected-to-another-host",
        _HTTPS,
        name(),
        name("eu.shop.example.org"),
        secure(handler=redirects({"/": "https://eu.shop.example.org/home"})),
    ),
    _well("slow-half-a-second", _HTTP, name(), listen(80, page(delay=0.5)), limit=2.0),
    _well("no-content", f"{_HTTP}ping", name(), listen(80, page(204))),
    _well("large-body", f"{_HTTP}file", name(), listen(80, page(body=PAGE * 20000))),
    _well("chunked", _HTTPS, name(), secure(handler=chunked)),
    _well("http-1.0", _HTTP, name(), listen(80, old_server)),
    _well("long-chain", _HTTPS, name(), secure(certificate="long")),
    _well("certificate-ends-soon", _HTTPS, name(), secure(certificate="ending")),
    _well("wildcard", "https://eu.shop.example.org/", name("eu.shop.example.org"), secure()),
    _well(
        "idna",
        "https://bücher.example.org/",
        name("xn--bcher-kva.example.org"),
        secure(certificate="idna"),
        curl=(),
    ),
    _well(
        "alias",
        _HTTPS,
        name(NAME, alias="cdn.example.net."),
        name("cdn.example.net", SERVER, SERVER6),
        secure(),
    ),
    _well("two-addresses", _HTTP, name(NAME, SERVER, OTHER), listen(), listen(address=OTHER)),
    _well(
        "three-resolvers",
        _HTTP,
        name(),
        listen(),
        nameservers(RESOLVER, RESOLVER2, RESOLVER3),
        resolver(RESOLVER2),
        resolver(RESOLVER3),
        note="one IPv4 address, and three nameservers that agree on it",
    ),
    _well("resolver-takes-time", _HTTP, name(NAME, SERVER, delay=0.3), listen(), limit=2.5),
    _well("resolver-answers-by-tcp", _HTTP, name(NAME, SERVER, udp="truncated"), listen()),
    _well("hosts-file", _HTTPS, secure(), hosts(f"{SERVER} {NAME}"), limit=SILENT,
          note="DNS does not know the name; the hosts file does"),
    _well("hosts-file-agrees", _HTTPS, name(), secure(), hosts(f"{SERVER} {NAME}")),
    _well("icmp-limits", _HTTP, dual(), listen(), limits=True),
    _well("clock-a-minute-off", _HTTPS, name(), secure(handler=page(days=1 / 1440))),
)  # fmt: skip
