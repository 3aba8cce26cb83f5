"""What is said of proxies and their tunnels, and what reverse proxies say of the server behind."""

from ringback.failure.clue import EXACT, GENERIC, SPECIFIC, TIMEOUT
from ringback.failure.names import KindName
from ringback.failure.text.rule import OVERRIDE, SENTENCE, VERDICT, TextRule, says

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
)
"""How clients begin the report of what a proxy answered to CONNECT; the status follows."""


def _answered(kind: KindName, status: str, rank: int = EXACT) -> list[TextRule]:
    return says(kind, *_TUNNEL, rank=rank, phase="proxy", then=rf"[^\n]{{0,60}}\b{status}\b")


PROXIES: list[TextRule] = [
    # what the proxy answered to CONNECT
    *_answered("proxy.auth_required", "407"),
    *_answered("proxy.denied", "40[1-3689]"),
    *_answered("proxy.protocol_error", "(?:40[045]|501)"),
    *_answered("proxy.upstream_failed", r"50[02-9]"),
    *says(
        "proxy.upstream_failed", "tunnel connection failed", rank=GENERIC, phase="proxy", proxy=True
    ),
    *says(
        "proxy.auth_required",
        "407 proxy auth",
        "407 authenticationrequired",
        "407: proxy auth",
        rank=EXACT,
        phase="proxy",
    ),
    *says(
        "proxy.auth_required",
        "proxy authentication required",
        "proxy requires authentication",
        "err_proxy_auth_requested",
        "err_unexpected_proxy_auth",
        "err_proxy_auth_unsupported",
        rank=VERDICT,
        phase="proxy",
    ),
    # httpx names the proxy's answer in the class's message, aiohttp in its status
    *says("proxy.auth_required", "proxyerror: 407 ", rank=EXACT, phase="proxy"),
    *says("proxy.denied", "proxyerror: 4", rank=EXACT - 1, phase="proxy", then=r"\d\d [A-Z]"),
    *says("proxy.upstream_failed", "proxyerror: 5", rank=EXACT, phase="proxy", then=r"\d\d [A-Z]"),
    *says(
        "proxy.auth_required",
        "clienthttpproxyerror",
        rank=EXACT,
        phase="proxy",
        then=r"[:(] ?407",
    ),
    *says(
        "proxy.denied",
        "clienthttpproxyerror",
        rank=EXACT,
        phase="proxy",
        then=r"[:(] ?(?:40[0-689]|4[1-9]\d)",
    ),
    *says(
        "proxy.upstream_failed",
        "clienthttpproxyerror",
        rank=EXACT,
        phase="proxy",
        then=r"[:(] ?5\d\d",
    ),
    *says("proxy.upstream_failed", "err_tunnel_connection_failed", rank=SPECIFIC, phase="proxy"),
    # SOCKS, RFC 1928 section 6, as PySocks, python-socks, curl and browsers report it
    *says(None, "sockshttpsconnection", "sockshttpconnection", rank=0, proxy=True),
    *says(
        "proxy.auth_required",
        "all offered socks5 authentication methods were rejected",
        "socks5 authentication failed",
        "no authentication method was acceptable",
        "no authentication required from proxy server",
        "proxyerror: invalid username/password",
        "user was rejected by the socks5 server",
        rank=VERDICT,
        phase="proxy",
    ),
    *says("proxy.denied", "not allowed by ruleset", rank=OVERRIDE + 1, phase="proxy"),
    *says(
        "proxy.protocol_error",
        "0x07: command not supported",
        "0x08: address type not supported",
        rank=OVERRIDE,
        phase="proxy",
    ),
    *says(
        "proxy.protocol_error",
        "could not connect: command not supported",
        "could not connect: address type not supported",
        rank=OVERRIDE + 1,  # httpcore begins every reply of SOCKS with the same words
        phase="proxy",
    ),
    *says(
        "proxy.auth_required",
        "0x5c: request rejected",
        "0x5d: request rejected",
        rank=OVERRIDE + 1,
        phase="proxy",
    ),
    *says(
        "proxy.upstream_failed",
        "socks5error: (",
        rank=OVERRIDE,
        phase="proxy",
        then=r"[13-8],",
    ),
    *says(
        "proxy.upstream_failed",
        "socks5 proxy rejected connection",
        "can't complete socks4 connection",
        "can't complete socks5 connection",
        rank=OVERRIDE,  # a number beside it is the proxy's, or its view of the target
        phase="proxy",
    ),
    *says(
        "proxy.upstream_failed",
        "0x01: general",
        "0x03: network unreachable",
        "0x04: host unreachable",
        "0x05: connection refused",
        "0x06: ttl",
        "proxy server could not connect",
        "request rejected or failed",
        rank=OVERRIDE,
        phase="proxy",
    ),
    *says(
        "proxy.upstream_failed",
        "socks server failure",
        "err_socks_connection_host_unreachable",
        rank=SPECIFIC,
        phase="proxy",
    ),
    *says(
        "proxy.no_response",
        "failed to receive socks",
        "failed to send socks",
        "socks5 read timeout",
        rank=SPECIFIC,
        phase="proxy",
    ),
    # the proxy itself cannot be reached
    *says(
        "proxy.unreachable",
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
        rank=VERDICT,
        proxy=True,
    ),
    *says(
        "proxy.unreachable",
        "cannot connect to proxy",
        "unable to connect to proxy",
        "failed to connect to proxy",
        "could not connect to proxy",
        "cannot connect to host via proxy",
        "error connecting to proxy",
        "proxyconnect tcp",
        "tunneling socket could not be established",
        rank=GENERIC,
        proxy=True,
    ),
    # it speaks another protocol
    *says(
        "proxy.protocol_error",
        "your proxy appears to only use http and not https",
        rank=OVERRIDE,
        phase="tls",
    ),
    *says(
        "proxy.protocol_error",
        "unknown socks version",
        "unexpected socks version number",
        "invalid proxy response",
        rank=SPECIFIC,
        phase="proxy",
    ),
    *says(
        "proxy.protocol_error",
        "server sent invalid data",
        "malformed reply",
        rank=SPECIFIC,
        phase="proxy",
        before=r"SOCKS[^\n]{0,40}",
    ),
    # its URL
    *says(
        "config.proxy_invalid",
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
        rank=VERDICT,
        phase="config",
    ),
]


# What reverse proxies and load balancers write about the server behind them.

_TIMED_OUT = r"timed out\)? "

GATEWAYS: list[TextRule] = [
    # nginx: the number is the operating system's; what was being done tells the phase
    *says(
        TIMEOUT,
        "while connecting to upstream",
        rank=SPECIFIC,
        phase="connect",
        before=_TIMED_OUT,
    ),
    *says(
        TIMEOUT,
        "while reading response header from upstream",
        rank=OVERRIDE,
        phase="wait",
        before=_TIMED_OUT,
    ),
    *says(TIMEOUT, "while reading upstream", rank=OVERRIDE, phase="body", before=_TIMED_OUT),
    *says(
        "http.response.invalid.empty",
        "upstream prematurely closed connection while reading response header",
        rank=SPECIFIC,
        phase="wait",
    ),
    *says(
        "http.response.invalid.content_length_mismatch",
        "upstream prematurely closed connection while reading upstream",
        rank=SPECIFIC,
        phase="body",
    ),
    # a pool of servers without one that works: nginx, Envoy, HAProxy
    *says(
        "http.error.unavailable",
        "no live upstreams",
        "no healthy upstream",
        "has no server available",
        rank=SPECIFIC,
        phase="wait",
    ),
    # Envoy
    *says(
        "http.error.gateway",
        "upstream connect error or disconnect/reset before headers",
        "upstream request timeout",
        rank=SENTENCE,
        phase="wait",
    ),
    *says(
        "http.error.gateway",
        "reset reason: connection failure",
        "reset reason: remote connection failure",
        "reset reason: local connection failure",
        "reset reason: connection termination",
        "reset reason: connection timeout",
        "reset reason: overflow",
        "reset reason: remote reset",
        "reset reason: local reset",
        "reset reason: protocol error",
        rank=SPECIFIC,
        phase="wait",
    ),
    *says(
        "tcp.refused",
        "delayed connect error: 111",
        "delayed connect error: connection refused",
        rank=EXACT,
        phase="connect",
    ),
    # HAProxy's health checks
    *says(
        "tcp.refused",
        'layer4 connection problem, info: "connection refused"',
        rank=EXACT,
        phase="connect",
    ),
    *says(TIMEOUT, "layer4 timeout", rank=SPECIFIC, phase="connect"),
    *says("tls.timed_out", "layer6 timeout", rank=SPECIFIC, phase="tls"),
    *says(TIMEOUT, "layer7 timeout", rank=SPECIFIC, phase="wait"),
]
