"""What is said of proxies and their tunnels, and what forward proxies say themselves."""

from ringback.failure.clue import EXACT, GENERIC, SPECIFIC, TEXT
from ringback.failure.names import KindName
from ringback.failure.text.rule import (
    OVERRIDE,
    PHRASE,
    SENTENCE,
    VERDICT,
    TextRule,
    say_each,
    says,
)

# What is said of proxies and their tunnels.

_TUNNEL = (
    "tunnel connection failed",  # http.client
    "connect tunnel failed, response",  # curl 8
    "received http code",  # curl 7
    "http code from proxy",
    "from proxy after connect",
    "proxy connect aborted",
    "proxy tunneling failed",  # wget
    "proxy responded",
    "proxy returned",
    "proxy replied",
    "invalid response from proxy",
    "unexpected status code from proxy",
    "unable to tunnel through proxy",  # Java
    "tunneling socket could not be established",  # Node's tunnel-agent
    "proxyconnect tcp",  # Go
    "proxy tunnel request to proxy",  # .NET, which names the proxy before the status
)
"""How clients begin the report of what a proxy answered to CONNECT; the status follows."""


def _answered(kind: KindName, status: str, rank: int = EXACT) -> list[TextRule]:
    return says(kind, rank, "proxy")(
        *_TUNNEL, then=rf"(?: '[^'\n]{{1,200}}')?[^\n]{{0,60}}\b{status}\b"
    )


def _replied(kind: KindName, number: str, words: str) -> list[TextRule]:
    """The reply of a SOCKS server (RFC 1928 section 6)."""
    return [
        *says(kind, OVERRIDE, "proxy")(
            "can't complete socks5 connection", then=rf" to [^\n]{{1,200}}\({number}\)"
        ),
        *says(kind, OVERRIDE + 1, "proxy")(
            "socks connect tcp", then=rf" [^\n]{{1,200}}: unknown error (?:{words})"
        ),
    ]


PROXIES: list[TextRule] = [
    # what the proxy answered to CONNECT
    *_answered("proxy.auth_required", "407"),
    *_answered("proxy.denied", "40[1-3689]"),
    *_answered("proxy.protocol_error", "(?:40[045]|501)"),
    *_answered("proxy.upstream_failed", r"50[02-9]"),
    *says("proxy.upstream_failed", GENERIC, "proxy", proxy=True)("tunnel connection failed"),
    *says("proxy.protocol_error", SPECIFIC, "proxy")("invalid response from tunnel request"),
    *says("proxy.auth_required", EXACT, "proxy")(
        "407 proxy auth", "407 authenticationrequired", "407: proxy auth"
    ),
    *says("proxy.auth_required", VERDICT, "proxy")(
        "proxy authentication required",
        "proxy requires authentication",
        "err_proxy_auth_requested",
        "err_unexpected_proxy_auth",
        "err_proxy_auth_unsupported",
    ),
    # httpx names the proxy's answer in the class's message, aiohttp in its status
    *says("proxy.auth_required", EXACT, "proxy")("proxyerror: 407 "),
    *says("proxy.denied", EXACT - 1, "proxy")("proxyerror: 4", then=r"\d\d [A-Z]"),
    *says("proxy.upstream_failed", EXACT, "proxy")("proxyerror: 5", then=r"\d\d [A-Z]"),
    *says("proxy.auth_required", EXACT, "proxy")("clienthttpproxyerror", then=r"[:(] ?407"),
    *says("proxy.denied", EXACT, "proxy")(
        "clienthttpproxyerror", then=r"[:(] ?(?:40[0-689]|4[1-9]\d)"
    ),
    *says("proxy.upstream_failed", EXACT, "proxy")("clienthttpproxyerror", then=r"[:(] ?5\d\d"),
    *says("proxy.upstream_failed", SPECIFIC, "proxy")("err_tunnel_connection_failed"),
    # SOCKS, RFC 1928 section 6, as PySocks, python-socks, curl and browsers report it
    *says(None, 0, proxy=True)("sockshttpsconnection", "sockshttpconnection"),
    *says("proxy.auth_required", VERDICT, "proxy")(
        "all offered socks5 authentication methods were rejected",
        "socks5 authentication failed",
        "username and password authentication failure",  # python-socks
        "no authentication method was acceptable",
        "no authentication required from proxy server",
        "proxyerror: invalid username/password",
        "user was rejected by the socks5 server",
        "no acceptable authentication methods",
        "socks server cannot connect to identd",
    ),
    *says("proxy.denied", OVERRIDE + 1, "proxy")("not allowed by ruleset"),
    *says("proxy.protocol_error", OVERRIDE, "proxy")(
        "0x07: command not supported", "0x08: address type not supported"
    ),
    *says("proxy.protocol_error", OVERRIDE + 1, "proxy")(
        "could not connect: command not supported",
        "could not connect: address type not supported",
        # httpcore begins every reply of SOCKS with the same words
    ),
    *says("proxy.auth_required", OVERRIDE + 1, "proxy")(
        "0x5c: request rejected", "0x5d: request rejected"
    ),
    *says("proxy.upstream_failed", OVERRIDE, "proxy")("socks5error: (", then=r"[13-8],"),
    # curl ends with the number of the reply; Go's x/net with its words
    *_replied(
        "proxy.upstream_failed",
        "[13-6]",
        "general socks server failure|network unreachable"
        "|host unreachable|connection refused|ttl expired",
    ),
    *_replied("proxy.denied", "2", "connection not allowed by ruleset"),
    *_replied("proxy.protocol_error", "[78]", "command not supported|address type not supported"),
    *says("proxy.upstream_failed", OVERRIDE - 1, "proxy")(
        "socks5 proxy rejected connection",
        "can't complete socks4 connection",
        "can't complete socks5 connection",
        # a number beside it is the proxy's, or its view of the target
    ),
    *says("proxy.upstream_failed", OVERRIDE, "proxy")(
        "0x01: general",
        "0x03: network unreachable",
        "0x04: host unreachable",
        "0x05: connection refused",
        "0x06: ttl",
        "proxy server could not connect",
        "request rejected or failed",
    ),
    *says("proxy.upstream_failed", SPECIFIC, "proxy")(
        "socks server failure", "err_socks_connection_host_unreachable"
    ),
    *says("proxy.no_response", SPECIFIC, "proxy")(
        "failed to receive socks",
        "failed to send socks",
        "socks5 read timeout",
        "unable to receive initial socks5 response",
        "unable to receive socks5 sub-negotiation response",
        "socks5: connection timeout",
        "proxy connect aborted due to timeout",
    ),
    # the proxy itself cannot be reached
    *says("proxy.unreachable", VERDICT, proxy=True)(
        "could not resolve proxy",
        "couldn't resolve proxy",
        "error connecting to socks",
        "error connecting to http proxy",
        "proxy server is refusing connections",
        "proxyconnectfailure",
        "ns_error_proxy_connection_refused",
        "ns_error_unknown_proxy_host",
        "err_proxy_connection_failed",
        "err_socks_connection_failed",
    ),
    # botocore says so of whatever fails through a proxy, also once the request was handed over
    *says("proxy.unreachable", VERDICT, "wait", proxy=True)("failed to connect to proxy url:"),
    *says("proxy.unreachable", GENERIC, proxy=True)(
        "cannot connect to proxy",
        "unable to connect to proxy",
        "failed to connect to proxy",
        "could not connect to proxy",
        "cannot connect to host via proxy",
        "error connecting to proxy",
        "proxyconnect tcp",
        "tunneling socket could not be established",
    ),
    # it speaks another protocol
    *says("proxy.protocol_error", OVERRIDE, "tls")(
        "your proxy appears to only use http and not https"
    ),
    *says("proxy.protocol_error", VERDICT, "proxy")(
        "in initial socks5 response",
        "socks5 reply has wrong version",
        "socks4 reply has wrong version",
        "undocumented socks5 mode",
    ),
    *says("proxy.protocol_error", VERDICT, "proxy")(
        "unexpected protocol version", before=r"socks connect [^\n]{0,200}"
    ),
    *says("proxy.protocol_error", SPECIFIC, "proxy")(
        "unknown socks version", "unexpected socks version number", "invalid proxy response"
    ),
    *says("proxy.protocol_error", SPECIFIC, "proxy")(
        "server sent invalid data", "malformed reply", before=r"SOCKS[^\n]{0,40}"
    ),
    # its URL
    *says("config.proxy_invalid", VERDICT, "config")(
        "please check proxy url",
        "malformed and could be missing the host",
        "not supported proxy scheme",
        "unsupported proxy",
        "unknown scheme for proxy",
        "only http proxies are supported",
        "proxy url had no scheme",
        "proxy urls must have explicit schemes",
        "unable to determine socks version",
        "invalid proxy url",
        "invalid proxies config",
        "invalidproxyurl",
        "err_no_supported_proxies",
    ),
    *says("proxy.upstream_failed", SENTENCE, proxy=True)(
        "forwarding failure (privoxy", "unable to connect to the remote web server"
    ),
    *says("proxy.no_response", SENTENCE, proxy=True)("proxy connect aborted"),
    *says("proxy.auth_required", OVERRIDE, proxy=True)("socks authentication failed"),
    *says("proxy.upstream_failed", SPECIFIC, proxy=True)(
        "host unreachable",
        "network unreachable",
        "connection refused",
        "ttl expired",
        before=r"SOCKS[45]?a? (?:proxy |server )?(?:connect|connection|reply|error)[^\n]{0,20}: ",
    ),
]


# Squid: its error pages, their names in ``X-Squid-Error``, and its access log.

_PASSED_ON = (
    r"\b(?:TCP_(?:MISS|TUNNEL|REFRESH_\w{1,20}|CLIENT_REFRESH\w{0,10})|(?:TAG_)?NONE(?:_NONE)?)"
    r"(?:_TIMEDOUT)?"
)
_SQUID_PAGES: dict[str, KindName] = {
    "err_access_denied": "proxy.denied",
    "access control configuration prevents your request": "proxy.denied",
    "err_cache_access_denied": "proxy.auth_required",
    "from this cache until you have authenticated yourself": "proxy.auth_required",
    "err_cannot_forward": "proxy.upstream_failed",
    "unable to forward this request at this time": "proxy.upstream_failed",
    "err_connect_fail": "proxy.upstream_failed",
    "err_dns_fail": "proxy.upstream_failed",
    "err_secure_connect_fail": "proxy.upstream_failed",
    "err_gateway_failure": "proxy.upstream_failed",
    "err_read_timeout": "http.response.timed_out",
    "a timeout occurred while waiting to read data from the network": "http.response.timed_out",
    "err_zero_size_object": "http.response.invalid.empty",
    "squid did not receive any data for this request": "http.response.invalid.empty",
    "err_read_error": "tcp.closed",
    "err_invalid_resp": "http.response.invalid.not_http",
    "err_invalid_url": "url.invalid",
    "err_unsup_req": "url.scheme_invalid",
}

SQUID: list[TextRule] = [
    *say_each(_SQUID_PAGES, rank=SENTENCE, before=r"\b", then=r"\b"),
    # what its resolver answered; the page names the host before
    *says("dns.name_not_resolved", SPECIFIC, "dns")("name error: the domain name does not exist"),
    *says("dns.temporary_failure", SPECIFIC, "dns")(
        "server failure: the name server was unable to process this query"
    ),
    *says("proxy.upstream_failed", SPECIFIC, "proxy")(
        "the system returned: (", then=r"\d{1,3}\) [A-Z]"
    ),
    *says("dns.name_not_resolved", PHRASE, "dns")("unable to determine ip address from host name"),
    *says("proxy.auth_required", SPECIFIC, "proxy")("tcp_denied/407", "tcp_denied_reply/407"),
    *says("proxy.denied", SPECIFIC, "proxy")("tcp_denied/403", "tcp_denied_reply/403"),
    *says("proxy.upstream_failed", SENTENCE, "proxy")(
        "/502 ", "/503 ", "/504 ", before=_PASSED_ON, then=r"\d"
    ),
    *says("abandoned", TEXT)("_aborted/", before=r"\bTCP_\w{3,20}"),
]
