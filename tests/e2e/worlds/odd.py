"""Odd worlds: middleboxes that look inside, hostile or endless answers, proxies with habits."""

from dns.edns import EDECode
from dns.rcode import NXDOMAIN
from e2e.building import (
    NAME,
    blocked,
    dual,
    file,
    ip,
    listen,
    name,
    narrow,
    proxying,
    resolver,
    rule,
    secure,
)
from e2e.handlers import PAGE, endless, hostile, mysql, page, postgres, proxy, redirects, socks5
from e2e.site import OTHER, OTHER6, PROXY, RESOLVER, SERVER, SERVER6
from e2e.world import SILENT, WELL, World, broken
from e2e.worlds.proxy import ALL, AT, USERS

from ringback.testing.lab.dns import DNSAnswer
from ringback.testing.lab.http import greeting, redirect
from ringback.testing.lab.message import answering
from ringback.testing.lab.timing import trickled_headers

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_NETWORK = "tcp.address_unreachable.network"
_PROXY_DOWN = broken("proxy_down", "proxy.unreachable", "proxy", "proxy")
_SOCKS = {"ALL_PROXY": f"socks5h://{PROXY}:1080"}
_HIDDEN = resolver(RESOLVER, {"intern.example.org": DNSAnswer(addresses=(PROXY,))})
"""A resolver that knows the office only: names outside are the proxy's business."""
_SEEN = f"-p tcp --dport 443 -m string --algo bm --string {NAME}"
_NOWHERE = broken(
    "redirect_invalid",
    "http.response.redirect_invalid",
    "http",
    "their application|their service",
)
_URL = broken("url_invalid", "url.invalid", "config", "this program")


def _odd(label, target, expected, *build, **more):
    return World(name=f"odd-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _odd(
        "healthy-name-known-to-proxy-only", _HTTPS, WELL,
        name(), secure(), _HIDDEN, blocked(), proxying(proxy), variables=ALL, curl=(0,),
    ),
    _odd(
        "healthy-ipv6-client", _HTTP, WELL,
        dual(), listen(), ip("client", "route del default", f"route add {RESOLVER} via 192.0.2.1"),
        curl=(0,), note="IPv6 is the only way out, and works",
    ),
    _odd(
        "healthy-narrow-path-that-says-so", f"{_HTTPS}file", WELL,
        name(), secure(certificate="long", handler=page(body=PAGE * 4000)),
        ip("gateway", "link set lan mtu 1300"), curl=(0,),
        note="path MTU discovery works: nothing is lost but the first large packet",
    ),
    _odd(
        "healthy-endless-body", _HTTP, WELL, name(), listen(80, endless), limit=SILENT,
        curl=(28,), note="a stream without length, as of a camera",
    ),
    _odd("healthy-hostile-header", _HTTP, WELL, name(), listen(80, hostile), curl=(0, 8)),
    _odd(
        "healthy-redirect-without-scheme", _HTTP, WELL,
        name(), listen(80, redirects({"/": f"//{NAME}/a/../home"})), curl=(0,),
    ),
    _odd(
        "healthy-two-proxy-variables", _HTTP, WELL,
        name(), listen(), blocked(), proxying(proxy),
        variables={"http_proxy": AT, "HTTP_PROXY": f"http://{PROXY}:9999"}, curl=(0,),
        note="Python, like curl, believes the lower case",
    ),
    _odd(
        "healthy-clock-a-day-off-http", _HTTP, WELL, name(), listen(80, page(days=1)), curl=(0,),
        note="a clock that is wrong is worth a word, but nothing fails",
    ),
    _odd(
        "healthy-stale-answer", _HTTP, WELL,
        name(NAME, SERVER, error=(EDECode.STALE_ANSWER, "")), listen(), curl=(0,),
    ),
    _odd(
        "healthy-alias-of-alias", _HTTPS, WELL,
        name(NAME, alias="a.example.net."), name("a.example.net", alias="b.example.net."),
        name("b.example.net"), secure(), curl=(0,),
    ),
    _odd(
        "proxy-down-and-name-known-to-it-only", _HTTPS, _PROXY_DOWN,
        name(), secure(), _HIDDEN, blocked(), variables=ALL, curl=(7,), fact=("proxy|3128",),
    ),
    _odd(
        "proxy-needed-for-the-name", _HTTPS,
        broken(
            "proxy_needed|name_missing", "dns.name_not_resolved|proxy.unreachable",
            "dns|proxy|config", "DNS|this program|this host|this network",
        ),
        name(), secure(), _HIDDEN, blocked(), proxying(proxy),
        file("environment", f"https_proxy={AT}\n"), curl=(6,),
        fact=("nxdomain|no such host|proxy",),
    ),
    _odd(
        "proxy-socks-down", _HTTPS, _PROXY_DOWN,
        name(), secure(), blocked(), variables=_SOCKS, curl=(7, 97), fact=("proxy|1080",),
    ),
    _odd(
        "proxy-socks-cannot-reach", _HTTPS,
        broken(
            "proxy_upstream_failed", "proxy.upstream_failed", "proxy",
            "proxy|path|their service|their host",
        ),
        name(), blocked(), proxying(socks5, 1080), variables=_SOCKS, curl=(97,), fact=("refused",),
    ),
    _odd(
        "proxy-socks-wants-password", _HTTPS,
        broken(
            "proxy_wants_password", "proxy.auth_required", "proxy", "proxy|this program|this host"
        ),
        name(), secure(), blocked(), proxying(socks5, 1080, users=True), variables=_SOCKS,
        curl=(97,), fact=("auth|user|password",),
    ),
    _odd(
        "proxy-tunnel-to-silence", _HTTPS,
        broken(
            "handshake_silent|proxy_upstream_failed", "tls.timed_out|proxy.upstream_failed",
            "tls|proxy", "their service|path|proxy|their application|their host",
        ),
        name(), listen(443, lambda connection: connection.stall()), blocked(), proxying(proxy),
        variables=ALL, limit=SILENT, curl=(28,), fact=("timed out|timeout",),
    ),
    _odd(
        "proxy-server-error", _HTTPS,
        broken(
            "proxy_upstream_failed|proxy_forbids|not_a_proxy",
            "proxy.upstream_failed|proxy.denied|proxy.protocol_error", "proxy",
            "proxy|path|their service",
        ),
        name(), secure(), blocked(), proxying(proxy, outcome=500), variables=ALL,
        curl=(56,), fact=(r"\b500\b",),
    ),
    _odd(
        "proxy-forbids-http", _HTTP,
        broken(
            "proxy_forbids|forbidden", "proxy.denied|http.error.auth", "proxy|status|http",
            "proxy|their application|this program",
        ),
        name(), listen(), blocked(),
        proxying(proxy, outcome=403, fields=("X-Squid-Error: ERR_ACCESS_DENIED 0",)),
        variables=ALL, curl=(0,), fact=(r"\b403\b",),
    ),
    _odd(
        "proxy-wrong-password-http", _HTTP,
        broken(
            "proxy_wants_password", "proxy.auth_required", "proxy", "proxy|this program|this host"
        ),
        name(), listen(), blocked(), proxying(proxy, users=USERS),
        variables={"http_proxy": AT.replace("//", "//app:wrong@")}, curl=(0,), fact=("407",),
    ),
    _odd(
        "name-in-hello-dropped", _HTTPS,
        broken(
            "handshake_silent|path_lost|sni_unknown|handshake_cut", "tls.timed_out", "tls|ip|tcp",
            "path|their service|their host|this network|their application",
        ),
        name(), secure(), rule("border", f"FORWARD {_SEEN} -j DROP"),
        limit=SILENT, curl=(28,), fact=("timed out|timeout",),
        note="a device drops the ClientHello for the name that is in it",
    ),
    _odd(
        "name-in-hello-reset", _HTTPS,
        broken(
            "handshake_cut|sni_unknown", "tcp.reset|tls.closed|tls.failed", "tls|tcp",
            "path|their service|their host|this network",
        ),
        name(), secure(), rule("border", f"FORWARD {_SEEN} -j REJECT --reject-with tcp-reset"),
        curl=(35,), fact=("reset",),
    ),
    _odd(
        "name-in-request-reset", _HTTP,
        broken(
            "reset_after_request", "tcp.reset", "tcp|http",
            "path|their service|their application|this network",
        ),
        name(), listen(),
        rule("border", f"FORWARD {_SEEN.replace('443', '80')} -j REJECT --reject-with tcp-reset"),
        curl=(56,), fact=("reset",),
    ),
    _odd(
        "rejected-by-gateway", _HTTPS,
        broken(
            "firewall_rejects", "tcp.address_unreachable.prohibited|tcp.address_unreachable.host",
            "ip|tcp", "this network|path",
        ),
        name(), secure(), blocked(), curl=(7,), fact=("prohibited|filtered|firewall",),
    ),
    _odd(
        "one-address-prohibited", _HTTP,
        broken(
            "one_address_dead",
            "tcp.address_unreachable.prohibited|tcp.address_unreachable.host", "ip|tcp",
            "path|their host",
        ),
        name(NAME, SERVER, OTHER), listen(), listen(address=OTHER),
        rule("border", f"FORWARD -d {OTHER} -j REJECT --reject-with icmp-admin-prohibited"),
        curl=(0,), fact=(f"{OTHER}.*(prohibited|filtered)",),
    ),
    _odd(
        "one-of-four-addresses-refuses", _HTTP,
        broken("one_address_dead", "tcp.refused", "tcp", "their host|their service"),
        name(NAME, SERVER, OTHER, SERVER6, OTHER6), listen(), listen(address=OTHER),
        curl=(0,), fact=(f"{OTHER6}.*refused",),
    ),
    _odd(
        "ipv6-only-name-without-way", _HTTPS,
        broken(
            "network_unreachable|firewall_rejects|ipv6_dead", _NETWORK, "ip|tcp",
            "path|this network",
        ),
        name(NAME, SERVER6), secure(),
        rule("gateway", "FORWARD -j REJECT --reject-with icmp6-no-route", 6),
        limit=2.5, curl=(7,), fact=("unreachable|no route",),
    ),
    _odd(
        "address-multicast", _HTTP,
        broken("bogus_address", "dns.bogus_address", "dns", "DNS|this network"),
        name(NAME, "224.0.0.1"), limit=SILENT, fact=(r"224\.0\.0\.1",),
    ),
    _odd(
        "address-link-local", _HTTP,
        broken(
            "bogus_address|host_down|network_unreachable",
            f"dns.bogus_address|tcp.address_unreachable.host|{_NETWORK}", "dns|ip|tcp",
            "DNS|this network|their host|path",
        ),
        name(NAME, "169.254.7.7"), limit=SILENT, fact=(r"169\.254\.7\.7",),
    ),
    _odd(
        "look-alike", "http://www.ex\u0430mple.org/",
        broken(
            "name_missing|url_invalid", "dns.name_not_resolved|url.invalid", "dns|config",
            "DNS|this program",
        ),
        name(), listen(), fact=("nxdomain|no such host|xn--",),
        note="the third letter of the second label is Cyrillic",
    ),
    _odd("url-port-letters", f"http://{NAME}:80a/", _URL, curl=(3,), fact=("port|url",)),
    _odd("url-open-bracket", "http://[2001:db8::1/", _URL, curl=(3,), fact=("bracket|url",)),
    _odd("url-long-label", f"http://{'a' * 64}.example.org/", _URL, fact=("long|label|url|host",)),
    _odd(
        "url-newline", f"http://{NAME}\n/",
        broken(
            "url_invalid|healthy", "url.invalid|healthy", "config|none", "this program|",
            healthy=None,
        ),
        name(), listen(),
        note="a line end read from a file: to be said, or to be taken away",
    ),
    _odd(
        "http-to-postgres", f"http://{NAME}:5432/",
        broken(
            "closes_without_answer|not_http|other_protocol",
            "http.response.invalid.empty|http.response.invalid.not_http|tcp.closed|tcp.reset",
            "http|tcp",
            "their application|their service|this program",
        ),
        name(), listen(5432, postgres), curl=(52, 56), fact=("empty|EOF|disconnect|reset",),
    ),
    _odd(
        "http-to-mysql", f"http://{NAME}:3306/",
        broken(
            "not_http|other_protocol", "http.response.invalid.not_http", "http",
            "their application|their service|this program",
        ),
        name(), listen(3306, mysql), limit=SILENT, curl=(1, 28), fact=("mysql|HTTP/0.9|malformed",),
    ),
    _odd(
        "https-to-smtp", f"https://{NAME}:25/",
        broken(
            "other_protocol|tls_on_plain_port", "tls.protocol.error.not_tls|tls.protocol.error",
            "tls", "this program|their service",
        ),
        name(), listen(25, greeting(b"220 mail.example.org ESMTP Postfix\r\n")),
        curl=(35,), fact=("smtp|wrong version",),
    ),
    _odd(
        "redirect-without-location", _HTTP,
        _NOWHERE,
        name(), listen(80, answering(redirect())), curl=(0,), fact=("location|302",),
    ),
    _odd(
        "redirect-to-other-scheme", _HTTP,
        _NOWHERE,
        name(), listen(80, redirects({"*": "ftp://files.example.org:xx/"})),
        fact=("location|redirect|url",),
    ),
    _odd(
        "headers-without-end", _HTTP,
        broken(
            "accepts_and_silent|body_stalled|slow_first_byte|not_http",
            "http.response.timed_out|http.response.headers.truncated|http.protocol.error|http.response.invalid.not_http|http.response.body_timed_out",
            "http", "their application|their service",
        ),
        name(), listen(80, trickled_headers), limit=SILENT, curl=(28,), fact=("time|header",),
    ),
    _odd(
        "black-hole-beside-503", _HTTPS,
        broken(
            "mtu_black_hole", "tls.timed_out|http.response.timed_out|http.response.body_timed_out",
            "ip|tls|tcp", "path|this network",
        ),
        name(), secure(certificate="long", handler=page(503)), narrow(), limit=SILENT,
        curl=(28,), fact=("MTU|segment|fragment",),
    ),
    _odd(
        "name-missing-beside-dead-proxy-for-http", _HTTPS,
        broken("name_missing", "dns.name_not_resolved", "dns", "DNS"),
        name(NAME, rcode=NXDOMAIN), variables={"http_proxy": AT}, curl=(6,),
        fact=("nxdomain|no such host",),
    ),
)  # fmt: skip
