"""Further worlds of HTTP proxies, and of portals that stand in for the target."""

from e2e import papers
from e2e.building import (
    NAME,
    blocked,
    file,
    ip,
    listen,
    name,
    proxying,
    rule,
    secure,
)
from e2e.handlers import page, proxy, redirects
from e2e.site import OTHER, PROXY, SERVER
from e2e.world import SILENT, WELL, World, broken
from e2e.worlds.proxy import ALL, AT

from ringback.testing.lab import proxy as faulty
from ringback.testing.lab.dns import DNSAnswer
from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.http import greeting
from ringback.testing.lab.message import head

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_UNUSED = broken(
    "proxy_not_needed|proxy_down", "proxy.unreachable", "proxy|config",
    "this program|this host|proxy",
)  # fmt: skip
_PORTAL = {"role": "gateway", "address": "192.0.2.1"}


def _proxy(label, target, expected, *build, **more):
    return World(name=f"ask-{label}", target=target, build=build, expected=expected, **more)


def _resetting(connection):
    """Say that the tunnel stands, and reset at the first word through it."""
    if connection.read_request():
        connection.send(head(200))
        connection.read()
        connection.reset()


def _elsewhere(site):
    """A proxy whose own resolver has another address for the name."""

    def handler(connection):
        site.records[NAME] = DNSAnswer(addresses=(OTHER,))
        try:
            proxy(site)(connection)
        finally:
            site.records[NAME] = DNSAnswer(addresses=(SERVER,))

    return handler


def _tls_proxy(connection):
    over_tls(papers.server_context("wrong_name"), page())(connection)


def _late(connection):
    if connection.read_request() and connection.hold(8.0):
        connection.send(head(200))
        connection.stall()


def _page_in_tunnel(connection):
    """Say that the tunnel stands, and send a page through it."""
    if connection.read_request():
        connection.send(head(200))
        connection.read()
        connection.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")


def _office(port, handler):
    return listen(port, handler, role="office", address=PROXY)


WORLDS = (
    _proxy(
        "healthy-excluded-by-prefix", f"http://{SERVER}/", WELL, listen(),
        variables={**ALL, "no_proxy": "198.51.100.0/24"},
    ),
    _proxy(
        "healthy-excluded-by-suffix", _HTTP, WELL, name(), listen(),
        variables={**ALL, "no_proxy": "localhost,.example.org"},
    ),
    _proxy(
        "proxy-down-excluded-for-another-port", _HTTP, _UNUSED, name(), listen(),
        variables={**ALL, "no_proxy": f"{NAME}:8080"}, fact=("proxy|3128",),
    ),
    _proxy(
        "proxy-resets-tunnel", _HTTPS,
        broken("handshake_cut|proxy_upstream_failed|proxy_silent",
               "tcp.reset|tls.closed|tcp.closed|proxy.upstream_failed|proxy.no_response",
               "tls|tcp|proxy", "proxy|path|their service"),
        name(), secure(), blocked(), _office(3128, _resetting), variables=ALL,
        fact=("reset|clos|EOF",),
    ),
    _proxy(
        "proxy-knows-other-address", _HTTPS,
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls|proxy",
               "their certificate|proxy"),
        name(), secure(), secure(certificate="wrong_name", address=OTHER), proxying(_elsewhere),
        variables=ALL, fact=("match|not valid for",),
        note="the proxy's resolver still has an old address",
    ),
    _proxy(
        "proxy-ipv6-host-off", _HTTPS, _UNUSED, name(), secure(),
        variables={"https_proxy": "http://[2001:db8:1::80]:3128"}, limit=SILENT,
        fact=("proxy|3128",),
    ),
    _proxy(
        "captive-portal-http", _HTTP,
        broken("captive_portal", "http.error.captive_portal", "status|http", "this network"),
        name(), name("login.example.net", "192.0.2.1"), listen(),
        listen(8000, redirects({"*": "http://login.example.net:8000/hello?from=shop"}), **_PORTAL),
        rule("gateway",
             "PREROUTING -t nat -i lan -p tcp --dport 80 -j DNAT --to-destination 192.0.2.1:8000"),
        fact=("portal|log in",),
    ),
    _proxy(
        "captive-portal-rejects-https", _HTTPS,
        broken("firewall_rejects|captive_portal|service_down",
               "tcp.refused|http.error.captive_portal|tcp.address_unreachable.prohibited",
               "tcp|ip|http|status", "this network|path|their service", "firewall_rejects"),
        name(), secure(),
        listen(8000, redirects({"*": "http://192.0.2.1:8000/hello"}), **_PORTAL),
        rule("gateway",
             "PREROUTING -t nat -i lan -p tcp --dport 80 -j DNAT --to-destination 192.0.2.1:8000"),
        rule("gateway", "FORWARD -p tcp --dport 443 -j REJECT --reject-with tcp-reset"),
        fact=("portal|refused",),
        note="until the login only port 80 is let through, to the portal",
    ),
    _proxy(
        "proxy-route-prohibited", _HTTPS,
        broken("proxy_down|local_policy_route|proxy_not_needed",
               "proxy.unreachable|tcp.address_unreachable.prohibited", "proxy|ip|config",
               "proxy|this host|this program"),
        name(), secure(), ip("client", f"route add prohibit {PROXY}"), proxying(proxy),
        variables={"https_proxy": AT}, fact=("prohibit|permission denied|3128",),
    ),
    _proxy(
        "proxy-variable-quoted", _HTTPS,
        broken("proxy_invalid|proxy_down", "config.proxy_invalid|proxy.unreachable",
               "config|proxy", "this program|this host"),
        name(), secure(), blocked(), variables={"https_proxy": f'"{AT}"'}, fact=("proxy",),
    ),
    _proxy(
        "healthy-proxy-without-scheme", _HTTPS, WELL, name(), secure(), blocked(), proxying(proxy),
        variables={"https_proxy": f"{PROXY}:3128"},
    ),
    _proxy(
        "healthy-proxy-of-two-addresses", _HTTPS, WELL, name(), secure(), blocked(),
        proxying(proxy), name("proxy.example.org", "192.0.2.177", PROXY),
        variables={"https_proxy": "http://proxy.example.org:3128"}, limit=SILENT,
        note="the first address of the proxy's name is dead: clients try the next",
    ),
    _proxy(
        "proxy-certificate-wrong", _HTTPS,
        broken("proxy_tls_failed|certificate_wrong_name",
               "tls.cert.name_invalid|proxy.protocol_error|tls.failed|proxy.unreachable",
               "proxy|tls", "proxy|their certificate|this program"),
        name(), secure(), blocked(),
        listen(3128, _tls_proxy, role="office", address=PROXY),
        variables={"https_proxy": f"https://{PROXY}:3128"},
        fact=("match|not valid for|certificate",),
        note="a proxy that is spoken to in TLS, with a certificate for another name",
    ),
    _proxy(
        "proxy-forbids-port", f"https://{NAME}:8443/",
        broken("proxy_forbids", "proxy.denied", "proxy", "proxy"),
        name(), secure(8443), blocked(), proxying(proxy, outcome=403), variables=ALL,
        fact=("403",),
    ),
    _proxy(
        "proxy-page-in-tunnel", _HTTPS,
        broken("tls_on_plain_port|handshake_cut|other_protocol|proxy_upstream_failed|not_a_proxy",
               "tls.protocol.error.not_tls|tls.protocol.error|proxy.protocol_error|tls.closed",
               "tls|proxy", "proxy|their service|this program|path"),
        name(), secure(), blocked(), _office(3128, _page_in_tunnel), variables=ALL,
        fact=("wrong version|plain|not tls",),
    ),
    _proxy(
        "proxy-login-page", _HTTPS,
        broken("proxy_forbids|proxy_wants_password|not_a_proxy|captive_portal",
               "proxy.denied|proxy.auth_required|proxy.protocol_error|proxy.upstream_failed"
               "|http.error.captive_portal",
               "proxy|status", "proxy|this program|this network"),
        name(), secure(), blocked(),
        proxying(proxy, outcome=302, fields=("Location: http://login.example.net/",)),
        variables=ALL, fact=("302",),
    ),
    _proxy(
        "proxy-wants-negotiate", _HTTPS,
        broken("proxy_wants_password", "proxy.auth_required", "proxy",
               "proxy|this program|this host"),
        name(), secure(), blocked(),
        proxying(proxy, outcome=407, fields=("Proxy-Authenticate: Negotiate",
                                             "Proxy-Authenticate: NTLM")),
        variables=ALL, fact=("407",),
    ),
    _proxy(
        "proxy-needed-excluded-by-star", _HTTPS,
        broken("proxy_needed|firewall_rejects",
               "tcp.address_unreachable.prohibited|tcp.address_unreachable.host|proxy.unreachable",
               "proxy|config|ip|tcp", "this program|this host|this network|proxy", "proxy_needed"),
        name(), secure(), blocked(), proxying(proxy), variables={**ALL, "NO_PROXY": "*"},
        limit=SILENT, fact=("no_proxy|proxy",),
    ),
    _proxy(
        "proxy-on-loopback-gone", _HTTPS, _UNUSED, name(), secure(),
        variables={"https_proxy": "http://127.0.0.1:8888"}, fact=("8888|proxy",),
    ),
    _proxy(
        "proxy-forbids-by-page", _HTTP,
        broken("proxy_forbids|forbidden", "proxy.denied|http.error.auth", "proxy|status|http",
               "proxy|their application|this program"),
        name(), listen(), blocked(), proxying(proxy, outcome=403), variables=ALL, fact=("403",),
    ),
    _proxy(
        "proxy-cannot-resolve", _HTTPS,
        broken("proxy_upstream_failed|name_missing",
               "proxy.upstream_failed|dns.name_not_resolved", "proxy|dns",
               "proxy|DNS|their service|path"),
        secure(), blocked(), proxying(proxy), variables=ALL, fact=("502|resolve|not known",),
        note="the name exists nowhere: neither here nor for the proxy",
    ),
    _proxy(
        "healthy-own-variable-before-all", _HTTPS, WELL, name(), secure(), blocked(),
        proxying(proxy), variables={"all_proxy": f"http://{PROXY}:9", "HTTPS_PROXY": AT},
    ),
    _proxy(
        "healthy-excluded-with-blanks", _HTTP, WELL, name(), listen(),
        variables={**ALL, "NO_PROXY": " localhost , example.org ,10.0.0.1"},
    ),
    _proxy(
        "healthy-excluded-by-port", _HTTPS, WELL, name(), secure(),
        variables={**ALL, "no_proxy": f"{NAME}:443"},
    ),
    _proxy(
        "proxy-password-not-needed", _HTTPS,
        broken("proxy_not_needed|proxy_wants_password", "proxy.auth_required", "proxy|config",
               "this program|this host|proxy", "proxy_not_needed"),
        name(), secure(), proxying(proxy, outcome=407), variables=ALL, fact=("407",),
    ),
    _proxy(
        "proxy-answers-late", _HTTPS,
        broken("proxy_silent", "proxy.no_response", "proxy", "proxy"),
        name(), secure(), blocked(), _office(3128, _late), variables=ALL, limit=SILENT,
        fact=("timed out|timeout|CONNECT",), note="the tunnel stands after eight seconds",
    ),
    _proxy(
        "proxy-name-beside-dead-resolver", _HTTPS,
        broken("resolver_silent|proxy_down", "dns.unreachable|dns.timed_out|proxy.unreachable"
               "|dns.temporary_failure", "dns|proxy", "DNS"),
        name(), secure(), blocked(), proxying(proxy), name("proxy.example.org", PROXY),
        rule("office", "INPUT -p udp --dport 53 -j DROP"),
        variables={"https_proxy": "http://proxy.example.org:3128"}, limit=SILENT,
        fact=("resolve|DNS",), note="the proxy is well, its name cannot be looked up",
    ),
    _proxy(
        "service-down-beside-needless-proxy-for-others", "redis://www.example.org",
        broken("service_down", "tcp.refused", "tcp", "their service|their host"),
        name(), variables=ALL, fact=("refused",), note="only HTTP clients look at the variables",
    ),
    _proxy(
        "proxy-refuses-half", _HTTPS,
        broken("proxy_upstream_failed|proxy_forbids", "proxy.upstream_failed|proxy.denied", "proxy",
               "proxy|path|their service"),
        name(), secure(), blocked(),
        proxying(proxy, outcome=503, fields=("X-Squid-Error: ERR_CONNECT_FAIL 110",)),
        variables=ALL, fact=("503",),
    ),
    _proxy(
        "proxy-needed-in-profile-other-port", f"http://{NAME}:8080/",
        broken("proxy_needed|firewall_rejects",
               "tcp.address_unreachable.prohibited|tcp.address_unreachable.host|proxy.unreachable",
               "proxy|config|ip|tcp", "this program|this host|this network", "proxy_needed"),
        name(), listen(8080), blocked(), proxying(proxy),
        file("environment", f"HTTP_PROXY='{AT}'\n"), limit=SILENT, fact=("proxy",),
    ),
    _proxy(
        "proxy-bad-request", _HTTPS,
        broken("proxy_forbids|not_a_proxy", "proxy.denied|proxy.protocol_error", "proxy",
               "proxy|this program|this host"),
        name(), secure(), blocked(), proxying(proxy, outcome=400), variables=ALL, fact=("400",),
    ),
    _proxy(
        "proxy-says-squid-503-http", _HTTP,
        broken("proxy_upstream_failed|unavailable|gateway_failed",
               "proxy.upstream_failed|http.error.unavailable|http.error.gateway",
               "proxy|status|http", "proxy|path|their service|their application"),
        name(), blocked(),
        proxying(proxy, outcome=503, fields=("X-Squid-Error: ERR_CONNECT_FAIL 111",)),
        variables=ALL, fact=("503",),
    ),
    _proxy(
        "proxy-silent-http", _HTTP,
        broken("accepts_and_silent|proxy_silent|slow_first_byte",
               "http.response.timed_out|proxy.no_response", "http|proxy",
               "proxy|their service|their application"),
        name(), listen(), blocked(), _office(3128, faulty.silent_proxy), variables=ALL,
        limit=SILENT, fact=("timed out|timeout",),
    ),
    _proxy(
        "proxy-closes-http", _HTTP,
        broken("closes_without_answer|proxy_silent",
               "http.response.invalid.empty|tcp.closed|proxy.no_response", "http|tcp|proxy",
               "proxy|their service|their application"),
        name(), listen(), blocked(), _office(3128, faulty.closed), variables=ALL,
        fact=("empty|clos|EOF|disconnect",),
    ),
    _proxy(
        "proxy-is-ssh-http", _HTTP,
        broken("not_http|not_a_proxy|other_protocol",
               "http.response.invalid.not_http|proxy.protocol_error", "http|proxy",
               "proxy|their service|their application|this program"),
        name(), listen(), blocked(), _office(3128, greeting(b"SSH-2.0-OpenSSH_9.6\r\n")),
        variables=ALL, limit=SILENT, fact=("SSH",),
    ),
    _proxy(
        "healthy-proxy-at-near-host-without-default-route", _HTTPS, WELL, name(), secure(),
        ip("client", "route del default", "route del ::/0",
           "route add 192.0.2.128/25 via 192.0.2.1"),
        proxying(proxy), variables=ALL,
        note="the proxy is the only way out of this network",
    ),
    _proxy(
        "proxy-invalid-port", _HTTPS,
        broken("proxy_invalid", "config.proxy_invalid", "config|proxy", "this program|this host"),
        name(), secure(), blocked(), variables={"https_proxy": f"http://{PROXY}:31288888"},
        fact=("proxy|port",),
    ),
    _proxy(
        "proxy-unknown-scheme", _HTTPS,
        broken("proxy_invalid", "config.proxy_invalid", "config|proxy", "this program|this host"),
        name(), secure(), blocked(), variables={"https_proxy": f"ftp://{PROXY}:3128"},
        fact=("proxy|scheme|ftp",),
    ),
    _proxy(
        "healthy-invalid-proxy-for-others", _HTTP, WELL, name(), listen(),
        variables={"https_proxy": "ttp:/proxy:3l28"},
    ),
    _proxy(
        "proxy-gateway-dead", _HTTPS,
        broken("proxy_down|gateway_dead", "proxy.unreachable|tcp.address_unreachable.host",
               "proxy|ip", "proxy|this network"),
        name(), secure(), ip("gateway", "addr flush dev lan"), variables=ALL, limit=SILENT,
        fact=("proxy|3128|unreachable",),
    ),
    _proxy(
        "proxy-no-network", f"https://{SERVER}/",
        broken("no_network|proxy_down", "tcp.address_unreachable.network|proxy.unreachable",
               "ip|proxy", "this host|this network"),
        secure(), ip("client", "link set eth0 down"), variables=ALL,
        fact=("network|unreachable",),
    ),
    _proxy(
        "self-signed-through-proxy", _HTTPS,
        broken("certificate_self_signed", "tls.cert.authority_invalid.self_signed", "tls",
               "their certificate"),
        name(), secure(certificate="self_signed"), blocked(), proxying(proxy), variables=ALL,
        fact=("self[- ]signed",),
    ),
)  # fmt: skip
