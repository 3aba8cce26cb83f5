"""Reference data: the proxy, or the way through it, is what failed."""

from ringback.failure.kind import new_kind

PROXY = (
    new_kind("proxy.unreachable", layer="proxy", delivered="no", retry="backoff")(
        meaning="The proxy itself cannot be reached; the inner kind says how that failed.",
        looks_like={
            "requests": "`ProxyError('Unable to connect to proxy', NewConnectionError(\"HTTPSConnection(host='127.0.0.1', port=3128): Failed to establish a new connection: [Errno 111] Connection refused\"))`",
            "httpx": "`ConnectError: [Errno 111] Connection refused`, which does not mention the proxy",
            "aiohttp": "`ClientProxyConnectionError: Cannot connect to host 127.0.0.1:3128 ssl:default [Connect call failed ('127.0.0.1', 3128)]`",
            "urllib": "`<urlopen error [Errno 111] Connection refused>`, which does not mention the proxy",
            "curl": "`curl: (7) Failed to connect to 127.0.0.1 port 3128`, `curl: (5) Could not resolve proxy: proxy.example.test`",
        },
        causes=(
            "`HTTP_PROXY` or `HTTPS_PROXY` names a proxy that no longer exists.",
            "The proxy is down, or reachable only from the company's network or VPN.",
            "A local proxy program was closed, and its setting stayed behind.",
            "The call is for localhost or an internal host, and `NO_PROXY` does not list it.",
        ),
        do=(
            "Show the proxy settings, `env | grep -i proxy`, and check whether a proxy is wanted for this host.",
            "Test the proxy alone: `curl -v -x http://PROXY:PORT http://example.com/`.",
            "List direct hosts: `NO_PROXY=localhost,127.0.0.1,.internal`.",
            "Start the proxy, connect the VPN, or unset the variable.",
        ),
        dont=(
            "Do not blame the target: it was never contacted.",
            "Do not bypass the proxy silently: it may be a rule of the network.",
        ),
        related=("proxy.no_response", "config.proxy_invalid", "tcp.refused"),
        also_known_as={"curl": "7, 5", "chromium": "ERR_PROXY_CONNECTION_FAILED"},
    ),
    new_kind("proxy.auth_required", layer="proxy", delivered="no", retry="no")(
        meaning="The proxy requires credentials, or rejects those that were given.",
        looks_like={
            "requests": "`ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 407 Proxy Authentication Required'))`",
            "httpx": "`ProxyError: 407 Proxy Authentication Required`",
            "aiohttp": "`ClientHttpProxyError: 407, message='Proxy Authentication Required'`",
            "urllib": "`<urlopen error Tunnel connection failed: 407 Proxy Authentication Required>`",
            "curl": "`curl: (56) CONNECT tunnel failed, response 407`",
            "socks": "`SOCKS5AuthError: SOCKS5 authentication failed`",
        },
        causes=(
            "No user name and password are set for the proxy.",
            "The password has changed or expired, or holds characters that are not percent-encoded.",
            "The proxy requires NTLM or Kerberos, which the client does not support.",
            "The program runs as a service account without rights on the proxy.",
        ),
        do=(
            "Put the credentials into the proxy URL: `HTTPS_PROXY=http://user:password@host:port`.",
            "Percent-encode them: `python -c 'import urllib.parse; print(urllib.parse.quote(input(), safe=\"\"))'`.",
            "For NTLM or Kerberos, run a local helper such as Px or cntlm and use that as the proxy.",
            "Ask the network's administrators for an exemption for this host.",
        ),
        dont=(
            "Do not retry with the same password: the account may be locked.",
            "Do not write the password into the source code or a log.",
        ),
        related=("proxy.denied", "http.error.auth"),
        also_known_as={"curl": "56, 97", "chromium": "ERR_PROXY_AUTH_REQUESTED"},
    ),
    new_kind("proxy.denied", layer="proxy", delivered="no", retry="no")(
        meaning="The proxy forbids this destination.",
        looks_like={
            "requests": "`ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 403 Forbidden'))`",
            "httpx": "`ProxyError: 403 Forbidden`",
            "aiohttp": "`ClientHttpProxyError: 403, message='Forbidden'`",
            "curl": "`curl: (56) CONNECT tunnel failed, response 403`",
            "socks": "`0x02: Connection not allowed by ruleset`",
        },
        causes=(
            "The host is not on the proxy's allow list.",
            "The port is not permitted: many proxies tunnel only to 443.",
            "The category of the site is blocked by policy.",
            "A hosting sandbox permits only listed hosts.",
        ),
        do=(
            "Ask whoever runs the proxy to allow this host and port.",
            "See the reason that the proxy gives: `curl -v -x http://PROXY:PORT https://HOST/`.",
            "If the host is internal, list it in `NO_PROXY`.",
        ),
        dont=("Do not look for a way around the policy in code.", "Do not retry: the rule stays."),
        related=("proxy.auth_required", "proxy.upstream_failed", "http.error.auth"),
        also_known_as={"curl": "56, 97", "chromium": "ERR_TUNNEL_CONNECTION_FAILED"},
    ),
    new_kind("proxy.upstream_failed", layer="proxy", delivered="no", retry="backoff")(
        meaning="The proxy works, but it could not reach the target.",
        looks_like={
            "requests": "`ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 502 Bad Gateway'))`, also 503 and 504",
            "httpx": "`ProxyError: 502 Bad Gateway`",
            "aiohttp": "`ClientHttpProxyError: 502, message='Bad Gateway'`",
            "curl": "`curl: (56) CONNECT tunnel failed, response 502`",
            "socks": "`0x01: General SOCKS server failure`, `0x03: Network unreachable`, `0x04: Host unreachable`, `0x05: Connection refused`",
        },
        causes=(
            "The target is down or refuses connections.",
            "The proxy cannot resolve the name, most often that of an internal host.",
            "The proxy has no route to the target, or its firewall forbids it.",
            "The name is resolved here (`socks5://`) to an address that means nothing to the proxy.",
        ),
        do=(
            "Try the target without the proxy, where permitted: `curl --noproxy '*' -v URL`.",
            "If it is an internal host, list it in `NO_PROXY`.",
            "With SOCKS, let the proxy resolve the name: `socks5h://`.",
            "Check the name and the port of the target; retry after a wait.",
        ),
        dont=("Do not change the proxy's settings first: the proxy answered.",),
        related=("proxy.denied", "http.error.gateway", "proxy.unreachable"),
        also_known_as={
            "curl": "56, 97",
            "chromium": "ERR_TUNNEL_CONNECTION_FAILED, ERR_SOCKS_CONNECTION_HOST_UNREACHABLE",
        },
    ),
    new_kind("proxy.protocol_error", layer="proxy", delivered="no", retry="no")(
        meaning="What answers at the proxy's address is not a proxy of this type.",
        looks_like={
            "requests": r"`('Connection aborted.', BadStatusLine('SSH-2.0-OpenSSH_9.2\r\n'))`, `SOCKS5 proxy server sent invalid data`",
            "httpx": "`RemoteProtocolError: Server disconnected without sending a response.`, or a bare `socksio.ProtocolError`",
            "aiohttp": '`ClientResponseError: 400, message="Bad status line: …"`, where the 400 is invented',
            "curl": "`curl: (56) Proxy CONNECT aborted`, `curl: (97) connection to proxy closed`",
        },
        causes=(
            "The port is wrong: a SOCKS port is used as an HTTP proxy, or the reverse.",
            "The scheme is wrong: `https://` for a proxy that expects plain HTTP.",
            "An ordinary web server is given as the proxy; it does not know `CONNECT`.",
        ),
        do=(
            "Check scheme and port of the proxy: `http://` for HTTP proxies, `socks5h://` for SOCKS.",
            "Try both: `curl -v -x http://PROXY:PORT URL` and `curl -v -x socks5h://PROXY:PORT URL`.",
            "Ask the proxy's operators which protocol the port expects.",
        ),
        dont=("Do not retry: the peer will not become a proxy.",),
        related=("config.proxy_invalid", "proxy.no_response", "http.response.invalid.not_http"),
        also_known_as={"curl": "56, 97", "chromium": "ERR_SOCKS_CONNECTION_FAILED"},
    ),
    new_kind("proxy.no_response", layer="proxy", delivered="no", retry="backoff")(
        meaning="The proxy accepted the connection, then closed, reset or stayed silent before the tunnel stood.",
        looks_like={
            "requests": "`('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))`",
            "httpx": "`RemoteProtocolError: Server disconnected without sending a response.`",
            "aiohttp": "`ServerDisconnectedError: Server disconnected`; a silent proxy is not covered by `sock_connect` or `sock_read`",
            "urllib": "`<urlopen error Remote end closed connection without response>`",
            "curl": "`curl: (56) Proxy CONNECT aborted`",
        },
        causes=(
            "The proxy is overloaded or restarting.",
            "The proxy waits for a target that does not answer.",
            "The proxy closes without a word on what it forbids.",
            "The port speaks another protocol.",
        ),
        do=(
            "Test the proxy with another target: `curl -v -x http://PROXY:PORT https://example.com/`.",
            "If other targets work, the proxy cannot reach this one or forbids it: ask whoever runs it.",
            "With aiohttp, set `ClientTimeout(total=…)`: nothing else bounds a silent proxy.",
            "Retry after a wait.",
        ),
        dont=("Do not take it for a fault of the target: it was not reached.",),
        related=("proxy.unreachable", "proxy.protocol_error", "http.response.invalid.empty"),
        also_known_as={"curl": "56", "chromium": "ERR_TUNNEL_CONNECTION_FAILED"},
    ),
)
