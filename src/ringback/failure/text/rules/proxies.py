"""What is said of proxies and their tunnels."""

from ringback.failure.reading import EXACT, GENERIC, SPECIFIC
from ringback.failure.text.rule import Rule, says

_TUNNEL = (
    r"(?:tunnel connection failed|connect tunnel failed, response|http code (?:from|after) proxy|from proxy after connect"
    r"|received http code|proxy connect aborted|tunneling socket could not be established, (?:statusCode|cause)"
    r"|proxy (?:responded|returned|replied)(?: with)?|proxy tunneling failed|invalid response from proxy|proxyconnect tcp"
    r"|unexpected status code from proxy|unable to tunnel through proxy)[^\n]{0,60}\b(?:%s)\b"
)

RULES: list[Rule] = [
    *says(
        "proxy.auth_required",
        "407",
        rank=EXACT,
        phase="proxy",
        around=_TUNNEL % "407" + r"|407[: ]{1,3}(?:proxy auth|authenticationrequired)|407 Proxy",
    ),
    *says(
        "proxy.auth_required",
        "proxy authentication required",
        "err_proxy_auth_requested",
        "err_unexpected_proxy_auth",
        "authenticationrequired",
        "all offered socks5 authentication methods were rejected",
        "socks5 authentication failed",
        "proxy requires authentication",
        rank=EXACT - 5,
        phase="proxy",
        around=r"proxy authentication required|PROXY_AUTH|407[^\n]{0,20}authenticationrequired|SOCKS5 authentication|requires authentication",
    ),
    *says("proxy.denied", "403", rank=EXACT, phase="proxy", around=_TUNNEL % "403"),
    *says("proxy.denied", "40", rank=EXACT - 1, phase="proxy", around=_TUNNEL % r"40[0124-689]"),
    *says("proxy.upstream_failed", "50", rank=EXACT, phase="proxy", around=_TUNNEL % r"50\d"),
    *says(
        "proxy.denied",
        "connection not allowed by ruleset",
        "not allowed by ruleset",
        rank=EXACT,
        phase="proxy",
    ),
    *says(
        "proxy.upstream_failed",
        "err_tunnel_connection_failed",
        "general socks server failure",
        "socks server failure",
        "err_socks_connection_host_unreachable",
        rank=SPECIFIC,
        phase="proxy",
    ),
    *says(
        "proxy.upstream_failed",
        "0x0",
        "proxy server could not connect",
        "request rejected or failed",
        rank=EXACT,
        phase="proxy",
        around=r"0x0[1-6]: (?:general|connection refused|host unreachable|network unreachable|ttl)|proxy server could not connect|request rejected or failed",
    ),
    *says(
        "proxy.unreachable",
        "err_proxy_connection_failed",
        "could not resolve proxy",
        "couldn't resolve proxy",
        "resolve proxy",
        "proxy server is refusing connections",
        "proxyconnectfailure",
        "ns_error_proxy_connection_refused",
        "error connecting to socks",
        "error connecting to http proxy",
        "err_socks_connection_failed",
        rank=EXACT - 5,
        proxy=True,
        around=r"ERR_PROXY_CONNECTION_FAILED|resolve proxy|refusing connections|proxyConnectFailure|PROXY_CONNECTION_REFUSED"
        r"|error connecting to (?:socks|http proxy)|ERR_SOCKS_CONNECTION_FAILED",
    ),
    *says(
        "proxy.unreachable",
        "cannot connect to proxy",
        "unable to connect to proxy",
        "failed to connect to proxy",
        "could not connect to proxy",
        "proxyconnect tcp",
        "tunneling socket could not be established",
        "cannot connect to host via proxy",
        "error connecting to proxy",
        rank=GENERIC,
        proxy=True,
    ),
    *says(
        "proxy.protocol_error",
        "sent invalid data",
        "your proxy appears to only use http and not https",
        "unknown socks version",
        "unexpected socks version number",
        "malformed reply",
        "invalid proxy response",
        rank=SPECIFIC,
        phase="proxy",
        around=r"SOCKS\d? (?:proxy )?server sent invalid data|only use HTTP and not HTTPS|socks version|SOCKS[^\n]{0,40}malformed reply|invalid proxy response",
    ),
    *says(
        "config.proxy_invalid",
        "please check proxy url",
        "not supported proxy scheme",
        "unsupported proxy",
        "unknown scheme for proxy",
        "only http proxies are supported",
        "proxy url had no scheme",
        "unable to determine socks version",
        "invalid proxy url",
        "proxy urls must have explicit schemes",
        "unsupported proxy syntax",
        "malformed and could be missing the host",
        "invalid proxies config",
        "invalidproxyurl",
        "err_no_supported_proxies",
        rank=EXACT - 5,
        phase="config",
    ),
]
