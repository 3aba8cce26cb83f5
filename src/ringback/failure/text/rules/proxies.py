"""What is said of proxies and their tunnels, and what reverse proxies say of the server behind."""

from ringback.failure.clue import EXACT, GENERIC, SPECIFIC, TIMEOUT
from ringback.failure.names import KindName
from ringback.failure.text.rule import OVERRIDE, PHRASE, SENTENCE, VERDICT, TextRule, says

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
    return says(kind, rank, "proxy")(*_TUNNEL, then=rf"[^\n]{{0,60}}\b{status}\b")


PROXIES: list[TextRule] = [
    # what the proxy answered to CONNECT
    *_answered("proxy.auth_required", "407"),
    *_answered("proxy.denied", "40[1-3689]"),
    *_answered("proxy.protocol_error", "(?:40[045]|501)"),
    *_answered("proxy.upstream_failed", r"50[02-9]"),
    *says("proxy.upstream_failed", GENERIC, "proxy", proxy=True)("tunnel connection failed"),
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
        "no authentication method was acceptable",
        "no authentication required from proxy server",
        "proxyerror: invalid username/password",
        "user was rejected by the socks5 server",
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
    *says("proxy.upstream_failed", OVERRIDE, "proxy")(
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
        "failed to receive socks", "failed to send socks", "socks5 read timeout"
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
]


# What reverse proxies and load balancers write about the server behind them.

_TIMED_OUT = r"timed out\)? "
_ENVOY_FLAGS: dict[str, KindName] = {
    "UF": "tcp.failed",
    "UC": "tcp.closed",
    "UR": "tcp.reset",
    "UT": "http.response.timed_out",
    "UH": "http.error.unavailable",
    "UO": "client.pool_exhausted",
    "UPE": "http.protocol.error",
    "NR": "http.error",
    "NC": "http.error",
    "DC": "abandoned",
    "DT": "client.deadline_exceeded",
    "RL": "http.error.rate_limited",
    "UAEX": "http.error.auth",
}
"""Response flags; URX, which says that retries were used up, stands behind one of these.

Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage.
"""


def _flag(flag: str, kind: KindName) -> list[TextRule]:
    low = flag.lower()
    after = r"(?:HTTP/[\d.]{1,3}\"? \d{1,3}|response_flags\"?[ :=]{0,3})"
    alone = says(kind, SPECIFIC)(f" {low} ", f" {low},", f'"{low}"', f'"{low},', before=after)
    return [*alone, *says(kind, SPECIFIC)(f",{low} ", before=after + r" \w{1,5}")]


def _nginx(number: str, kind: KindName) -> list[TextRule]:
    return says(kind, SPECIFIC, "connect")(f"failed ({number}:", before=r"connect[^\n]{0,40} ")


GATEWAYS: list[TextRule] = [
    # nginx: the number is the operating system's; what was being done tells the phase
    *says(TIMEOUT, SPECIFIC, "connect")("while connecting to upstream", before=_TIMED_OUT),
    *says(TIMEOUT, OVERRIDE, "wait")(
        "while reading response header from upstream", before=_TIMED_OUT
    ),
    *says(TIMEOUT, OVERRIDE, "body")("while reading upstream", before=_TIMED_OUT),
    *says("http.response.invalid.empty", SPECIFIC, "wait")(
        "upstream prematurely closed connection while reading response header"
    ),
    *says("http.response.invalid.content_length_mismatch", SPECIFIC, "body")(
        "upstream prematurely closed connection while reading upstream"
    ),
    *says(TIMEOUT, OVERRIDE, "tls")("while ssl handshaking", before=_TIMED_OUT),
    *says("tls.closed", SPECIFIC, "tls")(
        "peer closed connection in ssl handshake", "closed connection while ssl handshaking"
    ),
    *_nginx("111", "tcp.refused"),
    *_nginx("110", "tcp.timed_out"),
    *_nginx("113", "tcp.address_unreachable.host"),
    *_nginx("101", "tcp.address_unreachable.network"),
    *says("dns.temporary_failure", OVERRIDE, "dns")(
        "could not be resolved",
        then=r" ?\((?:2|5): ",  # SERVFAIL, REFUSED
    ),
    *says("dns.timed_out", OVERRIDE, "dns")("could not be resolved", then=r" ?\(110: "),
    # Apache: APR's codes for a timeout and an end; the others are the operating system's
    *says(TIMEOUT, SPECIFIC, "wait")("(70007)the timeout specified has expired"),
    *says("http.response.invalid.empty", SPECIFIC, "wait")("(70014)end of file found"),
    *says("http.response.invalid.empty", SENTENCE, "wait")(
        "error reading status line from remote server",
        "error reading from remote server returned by",
    ),
    # a pool of servers without one that works: nginx, Envoy, HAProxy
    *says("http.error.unavailable", SPECIFIC, "wait")(
        "no live upstreams", "no healthy upstream", "has no server available"
    ),
    # Envoy
    *says("http.error.gateway", SENTENCE, "wait")(
        "upstream connect error or disconnect/reset before headers", "upstream request timeout"
    ),
    *says("http.error.gateway", SPECIFIC, "wait")(
        "reset reason: connection failure",
        "reset reason: remote connection failure",
        "reset reason: local connection failure",
        "reset reason: connection termination",
        "reset reason: connection timeout",
        "reset reason: overflow",
        "reset reason: remote reset",
        "reset reason: local reset",
        "reset reason: protocol error",
    ),
    *says("tcp.refused", EXACT, "connect")(
        "delayed connect error: 111", "delayed connect error: connection refused"
    ),
    # the flags of its access log, behind the status
    *[rule for flag, kind in _ENVOY_FLAGS.items() for rule in _flag(flag, kind)],
    # HAProxy's health checks
    *says("http.error", SPECIFIC, "wait")("layer7 wrong status"),
    *says("tls.failed", PHRASE, "tls")("layer6 invalid response"),
    *says("http.response.invalid.not_http", PHRASE, "wait")("layer7 invalid response"),
    *says("tcp.refused", EXACT, "connect")('layer4 connection problem, info: "connection refused"'),
    *says(TIMEOUT, SPECIFIC, "connect")("layer4 timeout"),
    *says("tls.timed_out", SPECIFIC, "tls")("layer6 timeout"),
    *says(TIMEOUT, SPECIFIC, "wait")("layer7 timeout"),
]
