"""Worlds in which a lesser fault stands beside the cause, and healthy ones that look odd."""

from functools import partial

from dns.rcode import SERVFAIL
from e2e import contexts, papers
from e2e.building import (
    NAME,
    blocked,
    chain,
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
    event_stream,
    ftp,
    mysql,
    old_server,
    page,
    proxy,
    redirects,
    redis,
    smtp,
    socks5,
    ssh,
)
from e2e.site import NOBODY, PROXY, RESOLVER, RESOLVER2, SERVER, SERVER6
from e2e.talk import (
    get_only,
    late,
    postgres_over_tls,
    says,
)
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.dns import DNSAnswer
from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.server import Connection

_SERVER6 = f"[{SERVER6}]"
_HTTP = f"http://{NAME}/"
_HTTPS = f"https://{NAME}/"
_AT = f"http://{PROXY}:8080"
_PROXIED = {"http_proxy": _AT, "https_proxy": _AT}


def _world(label, target, expected, *build, **more):
    return World(name=f"beside-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _world(
        "expired-behind-dead-v6",
        f"https://{NAME}:8443/",
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        dual(),
        secure(8443, "expired_an_hour_ago"),
        chain("border", "ip6 forward", "tcp dport 8443 drop"),
        limit=SILENT,
    ),
    _world(
        "refused-beside-broken-resolver",
        f"redis://{NAME}",
        broken("service_down", "tcp.refused", "tcp", "their service|their host"),
        dual(),
        nameservers(RESOLVER, RESOLVER2),
        resolver(RESOLVER2, {"*": DNSAnswer(rcode=SERVFAIL)}),
        listen(22, ssh),
    ),
    _world(
        "404-beside-dead-address",
        _HTTP,
        broken(
            "not_found",
            "http.error",
            "status|http|application",
            "this program|their application|their service",
        ),
        name(NAME, SERVER, NOBODY),
        listen(80, page(404)),
        limit=SILENT,
    ),
    _world(
        "wrong-name-beside-http",
        _HTTPS,
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", "their certificate"),
        name(),
        secure(certificate="wrong_name"),
        listen(80, page(503)),
    ),
    _world(
        "403-behind-good-proxy",
        _HTTPS,
        broken(
            "forbidden",
            "http.error.auth",
            "status|http|application",
            "this program|their application",
        ),
        name(),
        secure(handler=page(403, "Server: nginx")),
        blocked(),
        proxying(proxy, port=8080),
        variables=_PROXIED,
    ),
    _world(
        "well-no-proxy-matches",
        _HTTPS,
        WELL,
        name(),
        secure(),
        variables={**_PROXIED, "no_proxy": ".example.org"},
    ),
    _world(
        "redis-noauth",
        f"redis://{NAME}:6380/2",
        broken("service_wants_login", "service.rejected", "application", "this program"),
        name(),
        listen(6380, partial(redis, says=b"-NOAUTH Authentication required.\r\n")),
    ),
    _world(
        "well-alias-chain-v6",
        _HTTPS,
        WELL,
        name(NAME, alias="edge.cdn.example.net."),
        name("edge.cdn.example.net", alias="pop7.cdn.example.net."),
        name("pop7.cdn.example.net", SERVER6),
        secure(),
    ),
    _world(
        "well-http10-through-proxy",
        f"http://{NAME}:8081/",
        WELL,
        name(),
        listen(8081, old_server),
        blocked(),
        proxying(proxy, port=8080),
        variables=_PROXIED,
    ),
    _world("well-right-hosts-entry", _HTTPS, WELL, name(), secure(), hosts(f"{SERVER} {NAME}")),
    _world(
        "well-smtp-many-lines",
        f"smtp://{NAME}:2525",
        WELL,
        name(),
        listen(
            2525,
            partial(
                smtp,
                greeting=(
                    b"220-mail.example.org ESMTP Exim 4.96\r\n220-We do not "
                    b"authorize the use of this system\r\n220 and no spam.\r\n"
                ),
            ),
        ),
    ),
    _world("well-no-content", f"http://{NAME}:3000/health", WELL, dual(), listen(3000, page(204))),
    _world(
        "well-tls13-only-ending",
        f"tls://{NAME}:8443",
        WELL,
        name(),
        secure(8443, "good", prepare=contexts.only_new),
    ),
    _world(
        "well-v6-client-without-v4",
        f"https://{NAME}/",
        WELL,
        dual(),
        secure(),
        nameservers(RESOLVER),
        hosts(f"{SERVER6} {NAME}"),
        ip("client", "route del default"),
    ),
    _world("well-mysql-v6", f"mysql://app@{_SERVER6}:3307/x", WELL, listen(3307, mysql)),
    _world(
        "500-behind-one-dead-address-v6",
        _HTTP,
        broken("server_error", "http.error", "status|http|application", "their application"),
        name(NAME, SERVER, "2001:db8:2::77"),
        listen(80, page(500)),
        limit=SILENT,
    ),
    _world(
        "self-signed-beside-silent-resolver",
        _HTTPS,
        broken(
            "certificate_self_signed",
            "tls.cert.authority_invalid.self_signed",
            "tls",
            "their certificate",
        ),
        name(),
        secure(certificate="self_signed"),
        nameservers(RESOLVER, "192.0.2.177"),
        limit=SILENT,
    ),
    _world(
        "401-from-proxy-target",
        _HTTP,
        broken(
            "unauthorized",
            "http.error.auth",
            "status|http|application",
            "this program|their application",
        ),
        name(),
        listen(80, page(401, 'WWW-Authenticate: Basic realm="x"')),
        blocked(),
        proxying(proxy, port=8080),
        variables=_PROXIED,
    ),
    _world(
        "drop-v4-prohibit-v6",
        f"https://{NAME}:8443/",
        broken(
            "firewall_rejects",
            "tcp.timed_out|tcp.address_unreachable.prohibited",
            "tcp|ip",
            "path|their host",
        ),
        dual(),
        secure(8443),
        chain(
            "border",
            "inet forward",
            ("ip6 daddr 2001:db8:2::2 tcp dport 8443 reject with icmpv6 type admin-prohibited"),
            "ip daddr 198.51.100.2 tcp dport 8443 drop",
        ),
        limit=SILENT,
    ),
    _world("well-final-dot", f"https://{NAME}./", WELL, name(), secure()),
    _world("well-slow-resolver", _HTTPS, WELL, name(NAME, SERVER, delay=0.8), secure(), limit=2.5),
    _world(
        "well-silent-but-only-tcp-asked",
        f"tcp://{NAME}:9000",
        WELL,
        name(),
        listen(9000, Connection.stall),
        limit=SILENT,
    ),
    _world("well-dns-url", f"dns://{NAME}", WELL, dual()),
    _world(
        "well-wildcard-certificate",
        "https://a.shop.example.org/",
        WELL,
        name("a.shop.example.org"),
        secure(),
    ),
    _world(
        "well-four-redirects",
        f"http://{NAME}/1",
        WELL,
        dual(),
        listen(80, redirects({"/1": "/2", "/2": "/3?x=1", "/3": _HTTPS})),
        secure(handler=redirects({"/": "/home"})),
    ),
    _world(
        "well-postgres-tls",
        f"postgres://app@{NAME}/shop",
        WELL,
        name(),
        listen(5432, postgres_over_tls("good")),
    ),
    _world("well-truncated-udp", _HTTPS, WELL, name(NAME, SERVER, udp="truncated"), secure()),
    _world(
        "well-ping-forbidden",
        f"https://{SERVER}/",
        WELL,
        secure(certificate="address"),
        chain("border", "inet forward", "meta l4proto { icmp, ipv6-icmp } drop"),
    ),
    _world(
        "well-no-other-port",
        _HTTP,
        WELL,
        dual(),
        listen(80),
        chain("server", "inet input", "tcp dport != 80 drop"),
    ),
    _world(
        "well-socks-proxy",
        _HTTPS,
        WELL,
        name(),
        secure(),
        blocked(),
        proxying(socks5, port=1080),
        variables={"ALL_PROXY": f"socks5h://{PROXY}:1080"},
    ),
    _world(
        "well-smtp-late-greeting",
        f"smtp://{NAME}",
        WELL,
        name(),
        listen(25, late(1.2, smtp)),
        limit=4,
    ),
    _world(
        "well-head-refused", f"https://{NAME}:8443/", WELL, name(), secure(8443, handler=get_only)
    ),
    _world(
        "well-big-header",
        _HTTPS,
        WELL,
        name(),
        secure(handler=page(200, *[f"Set-Cookie: c{i}={'x' * 900}" for i in range(20)])),
    ),
    _world(
        "well-no-ipv6-here-dual-name",
        _HTTPS,
        WELL,
        dual(),
        secure(),
        ip("client", "route del ::/0", "addr del 2001:db8:1::2/64 dev eth0"),
    ),
    _world(
        "well-ssh-pre-banner",
        f"ssh://{NAME}",
        WELL,
        name(),
        listen(22, says(b"Welcome to bastion\r\nSSH-2.0-OpenSSH_9.6\r\n", hangs_up=False)),
    ),
    _world(
        "well-proxied-with-password",
        _HTTPS,
        WELL,
        name(),
        secure(),
        blocked(),
        proxying(proxy, port=8080, users="YXBwOm9wZW4tc2VzYW1l"),
        variables={"https_proxy": f"http://app:open-sesame@{PROXY}:8080"},
    ),
    _world(
        "well-idna",
        "https://bücher.example.org/",
        WELL,
        name("xn--bcher-kva.example.org"),
        secure(certificate="idna"),
    ),
    _world("well-host-port-only", f"{NAME}:443", WELL, name(), secure()),
    _world("well-userinfo-with-at", f"http://app:hunter2%40x@{NAME}/", WELL, name(), listen()),
    _world(
        "well-slow-handshake",
        _HTTPS,
        WELL,
        name(),
        listen(443, late(1.5, over_tls(papers.server_context(), page()))),
        limit=4,
    ),
    _world("well-events", _HTTP, WELL, name(), listen(80, event_stream), limit=SILENT),
    _world("well-three-addresses", _HTTPS, WELL, name(NAME, SERVER, SERVER6), secure()),
    _world(
        "well-certificate-optional",
        _HTTPS,
        WELL,
        name(),
        secure(prepare=contexts.certificate_welcome),
    ),
    _world("well-ftp", f"ftp://{NAME}", WELL, name(), listen(21, ftp)),
    _world(
        "well-no-ipv4-here",
        f"http://{_SERVER6}:8080/",
        WELL,
        listen(8080),
        ip("client", "addr del 192.0.2.2/25 dev eth0"),
    ),
    _world("well-uppercase", "HTTPS://WWW.Example.ORG:443", WELL, name(), secure()),
    _world(
        "well-all-resolvers-rotate",
        _HTTPS,
        WELL,
        name(),
        secure(),
        nameservers(RESOLVER, RESOLVER2, options="options rotate timeout:1"),
        resolver(RESOLVER2),
    ),
    _world(
        "well-not-found-favicon-only",
        _HTTP,
        WELL,
        name(),
        listen(80, page(200, "Content-Language: x", body=b"404 page not found")),
    ),
)
