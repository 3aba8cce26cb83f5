"""Reference data: the call cannot be made as it was asked for; this program or its machine failed."""

from ringback.failure.kind import new_kind

# The call cannot be made as it was asked for.

CONFIG = (
    new_kind("url.scheme_invalid", layer="config", delivered="no", retry="no")(
        meaning="The URL has no scheme, or one that this client cannot speak.",
        looks_like={
            "requests": "`MissingSchema: Invalid URL 'example.test/x': No scheme supplied. Perhaps you meant https://example.test/x?` or `InvalidSchema: No connection adapters were found for 'htp://localhost/'`",
            "httpx": "`UnsupportedProtocol: Request URL is missing an 'http://' or 'https://' protocol.`",
            "aiohttp": "`InvalidUrlClientError: example.test/x` or `NonHttpUrlClientError: htp://localhost/`",
            "urllib": "`ValueError: unknown url type: 'example.test/x'` or `<urlopen error unknown url type: htp>`",
            "curl": '`curl: (1) Protocol "htp" not supported or disabled in libcurl`; without a scheme it assumes http',
        },
        causes=(
            "The setting holds `example.com:8080` or `/path` where a full URL is expected.",
            "The scheme is mistyped, or preceded by a quote or space.",
            "A `file://`, `ftp://` or `ws://` URL was given to a client that speaks only HTTP.",
            "A relative `Location` or link was used without joining it to its base URL.",
        ),
        do=(
            "Print `repr(url)` and put `https://` (or `http://`) in front of the host.",
            "Join relative links with `urllib.parse.urljoin(base, link)`.",
            "Validate the URL when the program starts, not at the first call.",
        ),
        dont=("Do not retry: the same URL fails in the same way every time.",),
        related=("url.invalid", "http.response.redirect_invalid", "config.proxy_invalid"),
        also_known_as={"curl": "1", "chromium": "ERR_UNKNOWN_URL_SCHEME"},
    ),
    new_kind("url.invalid", layer="config", delivered="no", retry="no")(
        meaning="The URL or its host part is malformed, so there is nothing to connect to.",
        looks_like={
            "requests": "`InvalidURL: Failed to parse: http://localhost:99999/`; a label over 63 characters leaves as `urllib3.exceptions.LocationParseError`, outside requests' own hierarchy",
            "httpx": "`InvalidURL`, or a bare `UnicodeError: encoding with 'idna' codec failed (UnicodeError: label empty or too long)`",
            "aiohttp": "`InvalidUrlClientError: http://localhost:99999/`, or a bare `UnicodeError`",
            "urllib": "`http.client.InvalidURL: URL can't contain control characters. 'exa mple' (found at least ' ')`",
            "python": "`OverflowError: connect(): port must be 0-65535.`, `ValueError: Invalid IPv6 URL`",
            "curl": "`curl: (3) URL using bad/illegal format or missing URL`",
        },
        causes=(
            "The URL was built from strings and one of them is empty, `None` or holds a newline.",
            "An unset environment variable left the host empty: `http://:8080/`.",
            "A template placeholder was never replaced: `https://[api-id].example.com/`.",
            "An IPv6 address is given without brackets, or the port is above 65535.",
            "The host has an underscore, a space, an empty label (`a..b`) or one over 63 characters.",
        ),
        do=(
            "Print `repr(url)`: look for spaces, newlines, quotes, empty parts and a port above 65535.",
            "Write IPv6 addresses in brackets: `http://[2001:db8::1]:8080/`.",
            "Strip settings that come from files or the environment, and fail at start-up when one is empty.",
            "Percent-encode user names and passwords with `urllib.parse.quote(part, safe='')`.",
        ),
        dont=(
            "Do not retry: the URL must change first.",
            "Do not catch only the client's own exceptions: several of these leave as `ValueError` or `UnicodeError`.",
        ),
        related=("url.scheme_invalid", "dns.name_not_resolved", "http.response.redirect_invalid"),
        also_known_as={"curl": "3", "chromium": "ERR_INVALID_URL"},
    ),
    new_kind("request.invalid", layer="config", delivered="no", retry="no")(
        meaning="The request or its options cannot be sent as given, so nothing was sent.",
        looks_like={
            "requests": r"`InvalidHeader: Invalid leading whitespace, reserved character(s), or return character(s) in header value: 'a\nb'`, `InvalidSchema: Missing dependencies for SOCKS support.`",
            "httpx": "`LocalProtocolError: Illegal header value b'a\\nb'`, `ImportError: Using SOCKS proxy, but the 'socksio' package is not installed.`",
            "urllib": r"`ValueError: Invalid header value b'a\nb'`",
            "python": "`UnicodeEncodeError: 'latin-1' codec can't encode character`, `ValueError: Timeout value connect was 5s, but it must be an int, float or None.`",
        },
        causes=(
            "A header value holds a newline, most often a token read from a file with its line end.",
            "A header value is not text or bytes, or not encodable in Latin-1.",
            "The timeout has the wrong type, or is zero or negative.",
            "A feature needs an optional package that is not installed (SOCKS, HTTP/2, brotli).",
        ),
        do=(
            "Read the message for the argument it names and correct that value in the calling code.",
            "Strip tokens read from a file: `token = path.read_text().strip()`.",
            "Install the missing extra: `pip install 'requests[socks]'` or `pip install 'httpx[http2,socks]'`.",
        ),
        dont=(
            "Do not retry: the request itself is what is wrong.",
            "Do not drop characters silently from a header; encode the value or refuse it.",
        ),
        related=("url.invalid", "config.proxy_invalid", "http.protocol.error"),
        also_known_as={"chromium": "ERR_INVALID_ARGUMENT", "ooni": "invalid_argument"},
    ),
    new_kind("config.proxy_invalid", layer="config", delivered="no", retry="no")(
        meaning="The proxy URL is unusable: it has no host, no scheme, or a scheme the client does not know.",
        looks_like={
            "requests": "`InvalidProxyURL: Please check proxy URL. It is malformed and could be missing the host.`, `InvalidURL: Proxy URL had unsupported scheme foo, should use http:// or https://`, older: `ProxySchemeUnknown: Not supported proxy scheme localhost`",
            "httpx": "`ValueError: Unknown scheme for proxy URL URL('foo://127.0.0.1:1')`",
            "aiohttp": "`InvalidURL: http://:3128`; an unknown scheme is ignored and the address is dialled",
            "urllib": "`<urlopen error unknown url type: foo>`; a missing host shows as `[Errno -2] Name or service not known`",
            "curl": "`curl: (5) Unsupported proxy syntax in 'http://:3128'`, `curl: (7) Unsupported proxy scheme for 'foo://127.0.0.1:1'`",
        },
        causes=(
            "`HTTP_PROXY`, `HTTPS_PROXY` or `ALL_PROXY` is set to `host:port` without a scheme.",
            "The proxy variable is built from another variable that is empty.",
            "`socks://` was written where `socks5://` or `socks5h://` is meant.",
            "A password in the proxy URL holds `@`, `:` or `/` and is not percent-encoded.",
        ),
        do=(
            "Show the proxy settings, `env | grep -i proxy`, and write them as `http://host:port`.",
            "Use `http://` for `HTTPS_PROXY` too: the scheme names how to talk to the proxy, not to the target.",
            "Percent-encode the user name and the password in the proxy URL.",
            "Unset the variable, or list the host in `NO_PROXY`, if no proxy is wanted.",
        ),
        dont=(
            "Do not bypass the proxy in code to get past this: it may be the only permitted way out.",
        ),
        related=(
            "proxy.unreachable",
            "proxy.protocol_error",
            "url.scheme_invalid",
            "request.invalid",
        ),
        also_known_as={"curl": "5", "chromium": "ERR_NO_SUPPORTED_PROXIES"},
    ),
    new_kind("config.tls_files_invalid", layer="config", delivered="no", retry="no")(
        meaning="The CA bundle, client certificate or key file is missing, unreadable, empty or does not match.",
        looks_like={
            "requests": "`OSError: Could not find a suitable TLS CA certificate bundle, invalid path: /nonexistent/ca.pem`",
            "httpx": "`FileNotFoundError: [Errno 2] No such file or directory`, without the file's name",
            "aiohttp": "`FileNotFoundError: [Errno 2] No such file or directory`, without the file's name",
            "python": "`[X509: NO_CERTIFICATE_OR_CRL_FOUND]` (136), `[X509: KEY_VALUES_MISMATCH] key values mismatch` (116), `[SSL: EE_KEY_TOO_SMALL] ee key too small`, `[SSL] PEM lib`",
            "curl": "`curl: (77) error setting certificate file: /nonexistent/ca.pem`, `curl: (58) could not load PEM client certificate`",
        },
        causes=(
            "`REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE` or `SSL_CERT_FILE` points to a file that does not exist.",
            "A slim container image has no `ca-certificates` package.",
            "A virtual environment was moved or deleted, and with it the certifi bundle.",
            "The private key does not belong to the certificate, or certificate and key are swapped.",
            "The process may not read the key file, or a mounted secret is empty.",
        ),
        do=(
            "Check the paths: `env | grep -E 'CA_BUNDLE|SSL_CERT'`, then `ls -l` each file named there.",
            "Compare with the bundle that comes with Python: `python -m certifi`.",
            "In a Debian container run `apt-get install ca-certificates`; in Alpine `apk add ca-certificates`.",
            "Compare `openssl x509 -noout -pubkey -in cert.pem` with `openssl pkey -pubout -in key.pem`.",
            "Make the key readable for the account that runs the program.",
        ),
        dont=(
            "Do not set `verify=False`: the file is wrong, not the server.",
            "Do not make a private key readable for everyone.",
        ),
        related=(
            "tls.cert.authority_invalid.unknown_issuer",
            "tls.bad_client_auth_cert",
            "config.tls_unavailable",
        ),
        also_known_as={"curl": "77 (CA file), 58 (client certificate)"},
    ),
    new_kind("config.tls_unavailable", layer="config", delivered="no", retry="no")(
        meaning="This Python has no `ssl` module, so it cannot make any https call.",
        looks_like={
            "requests": '`SSLError("Can\'t connect to HTTPS URL because the SSL module is not available.")`',
            "python": "`ModuleNotFoundError: No module named '_ssl'`, `ImportError: DLL load failed while importing _ssl`",
            "urllib": "`<urlopen error unknown url type: https>`",
            "pip": "`WARNING: pip is configured with locations that require TLS/SSL, however the ssl module in Python is not available.`",
        },
        causes=(
            "Python was built from source without the OpenSSL development files.",
            "The OpenSSL library that Python was built with has been removed or replaced.",
            "On Windows, a Conda environment is used without having been activated, so its DLLs are not found.",
        ),
        do=(
            "Run `python -c 'import ssl; print(ssl.OPENSSL_VERSION)'` to see why the import fails.",
            "Install the build files (`apt-get install libssl-dev` or `dnf install openssl-devel`) and rebuild Python.",
            "Use a packaged Python, or on Windows activate the Conda environment first.",
        ),
        dont=(
            "Do not switch the URL to `http://`: the request and its credentials would travel readable.",
        ),
        related=("config.tls_files_invalid", "url.scheme_invalid"),
        also_known_as={"curl": "1"},
    ),
)


# This program or its machine is what failed.

CLIENT = (
    new_kind("client.closed", layer="client", delivered="no", retry="no")(
        meaning="This program had already closed the session, client, pool or stream it tried to use.",
        looks_like={
            "httpx": "`RuntimeError: Cannot send a request, as the client has been closed.`",
            "aiohttp": "`RuntimeError: Session is closed`, `RuntimeError: Event loop is closed`",
            "urllib3": "`ClosedPoolError: HTTPConnectionPool(host='localhost', port=80): Pool is closed.`",
            "linux": "`[Errno 9] Bad file descriptor`",
            "windows": "`[WinError 10038] An operation was attempted on something that is not a socket`",
        },
        causes=(
            "The client is used after the `with` block that closes it.",
            "One client is shared between several `asyncio.run` calls, so its event loop is gone.",
            "A background task still runs while the program shuts down.",
            "Another thread closed the shared session.",
        ),
        do=(
            "Keep the client open for as long as it is used: make the call inside its `with` block.",
            "Create an asynchronous client inside the event loop that uses it, one per loop.",
            "Stop and await background tasks before closing the client.",
        ),
        dont=(
            "Do not retry on the same client: it stays closed.",
            "Do not make a new client for every request to get around this; that wastes connections.",
        ),
        related=("abandoned", "tcp.closed", "client.pool_exhausted"),
        also_known_as={"ooni": "bad_file_descriptor", "chromium": "ERR_CONTEXT_SHUT_DOWN"},
    ),
    new_kind("client.pool_exhausted", layer="client", delivered="no", retry="backoff")(
        meaning="No connection of this program's own pool became free in time, so the request never left.",
        looks_like={
            "urllib3": "`EmptyPoolError: HTTPConnectionPool(host='localhost', port=80): Pool is empty and a new connection can't be opened due to blocking mode.`",
            "httpx": "`PoolTimeout`, with an empty text in asynchronous code",
            "aiohttp": "`ConnectionTimeoutError: Connection timeout to host`, which reads like a network fault",
            "sqlalchemy": "`QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00`",
        },
        causes=(
            "Responses are not closed or not read to the end, so their connections never return to the pool.",
            "More calls run at once than the pool has connections.",
            "The service has become slow, so each connection is held longer.",
            "A call made while another response is open waits for a connection that the first one holds.",
        ),
        do=(
            "Close every response: `with session.get(url, stream=True) as response:` or `async with`.",
            "Measure how long the calls take: a slow service empties any pool.",
            "Bound the number of concurrent calls (a semaphore) to the size of the pool.",
            "Raise the limit only then: `HTTPAdapter(pool_maxsize=…)`, `httpx.Limits`, `TCPConnector(limit=…)`.",
        ),
        dont=(
            "Do not blame the service: nothing was sent to it.",
            "Do not raise the pool without bound: it moves the overload to the service.",
        ),
        related=("tcp.timed_out", "client.deadline_exceeded", "client.resources_exhausted"),
        also_known_as={"envoy": "UO"},
    ),
    new_kind("client.resources_exhausted", layer="client", delivered="no", retry="backoff")(
        meaning="This process or its machine has run out of file descriptors, memory or network buffers.",
        looks_like={
            "linux": "`[Errno 24] Too many open files` (EMFILE), `[Errno 23] Too many open files in system` (ENFILE), `[Errno 105] No buffer space available` (ENOBUFS), `[Errno 12] Cannot allocate memory`",
            "macos": "`[Errno 24] Too many open files`, `[Errno 55] No buffer space available`",
            "windows": "`[WinError 10055] An operation on a socket could not be performed because the system lacked sufficient buffer space or because a queue was full`, WSAEMFILE 10024",
        },
        causes=(
            "Sockets, responses or files are opened and never closed.",
            "The limit is low for the load: the usual soft limit is 1024 descriptors.",
            "On Windows, all ephemeral ports are in use: 10055 says that too.",
            "The machine or the container is short of memory.",
        ),
        do=(
            "Count the open descriptors: `ls /proc/PID/fd | wc -l` (macOS: `lsof -p PID | wc -l`).",
            "Look for the leak: run with `python -X dev` and read the `ResourceWarning` lines.",
            "Use one session for many calls, and close each response.",
            "Raise the limit if the load needs it: `ulimit -n 65536`, or `LimitNOFILE=` in the systemd unit.",
        ),
        dont=(
            "Do not retry at once: every attempt needs another descriptor.",
            "Do not only raise the limit: a leak fills any limit.",
        ),
        related=("client.local_address", "client.pool_exhausted"),
        also_known_as={"chromium": "ERR_INSUFFICIENT_RESOURCES", "ooni": "no_buffer_space"},
    ),
    new_kind("client.local_address", layer="client", delivered="no", retry="backoff")(
        meaning="The local source address or port for the connection is not available on this machine.",
        looks_like={
            "linux": "`[Errno 99] Cannot assign requested address` (EADDRNOTAVAIL), `[Errno 98] Address already in use` (EADDRINUSE)",
            "macos": "`[Errno 49] Can't assign requested address`, `[Errno 48] Address already in use`",
            "windows": "`[WinError 10048] Only one usage of each socket address (protocol/network address/port) is normally permitted`, `[WinError 10049] The requested address is not valid in its context`",
        },
        causes=(
            "Many short connections to one peer have used up the ephemeral ports, which wait in TIME_WAIT.",
            "`source_address`, `local_address` or `bind()` names an address that this host does not have.",
            "A fixed source port, or the port of a server, is still in use by another process.",
            "IPv6 is turned off and the target is `::1` or another IPv6 address.",
        ),
        do=(
            "Count connections waiting to close, `ss -tan state time-wait | wc -l`, and re-use connections.",
            "Use one `Session` with keep-alive instead of a new connection for each call.",
            "Compare the configured source address with `ip address`, and leave it out if it is not needed.",
            "Find who holds a port: `ss -ltnp 'sport = :PORT'`.",
            "Widen the range if the load really needs it: `sysctl net.ipv4.ip_local_port_range`.",
        ),
        dont=(
            "Do not set `SO_LINGER` to zero to avoid TIME_WAIT: it resets the peer and loses data.",
            "Do not retry in a tight loop: each attempt takes another port.",
        ),
        related=(
            "tcp.address_invalid",
            "tcp.address_unreachable.network",
            "client.resources_exhausted",
        ),
        also_known_as={
            "curl": "45",
            "chromium": "ERR_ADDRESS_IN_USE",
            "ooni": "address_not_available, address_in_use",
        },
    ),
    new_kind("client.deadline_exceeded", layer="client", delivered="maybe", retry="idempotent")(
        meaning="The caller's total time for the call ran out, and the exception does not say in which phase.",
        looks_like={
            "python": "`TimeoutError` with an empty text, from `asyncio.timeout` or `asyncio.wait_for`",
            "aiohttp": "`TimeoutError` with an empty text, from `ClientTimeout(total=…)`",
            "grpc": "`StatusCode.DEADLINE_EXCEEDED`, `Deadline Exceeded`",
            "curl": "`curl: (28) Operation timed out after 2001 milliseconds with 0 bytes received`",
        },
        causes=(
            "The service answers more slowly than the budget allows.",
            "Earlier attempts or calls used up a deadline that is shared.",
            "Name resolution is slow: a dead resolver costs 5 to 15 seconds.",
            "The event loop was blocked by other work.",
        ),
        do=(
            "Time each phase: `curl -o /dev/null -sS -w '%{time_connect} %{time_starttransfer}' URL`.",
            "Compare the deadline with the usual duration of the call, retries and name resolution included.",
            "Set a connect timeout shorter than the total, so that the failing phase shows.",
            "Look for blocking code in the event loop: `PYTHONASYNCIODEBUG=1`.",
        ),
        dont=(
            "Do not lengthen the deadline before you know which phase took the time.",
            "Do not repeat a POST blindly: it may have been processed.",
        ),
        related=("http.response.timed_out", "tcp.timed_out", "dns.timed_out", "abandoned"),
        also_known_as={
            "curl": "28",
            "chromium": "ERR_TIMED_OUT",
            "ooni": "generic_timeout_error",
            "grpc": "DEADLINE_EXCEEDED",
        },
    ),
    new_kind("client.circuit_open", layer="client", delivered="no", retry="backoff")(
        meaning="This program has stopped calling the endpoint for a while, because its last calls failed.",
        looks_like={
            "ringback": "`CircuitOpen` with the failure that opened it and the time until the next try",
            "pybreaker": "`CircuitBreakerError: Timeout not elapsed yet, circuit breaker still open`",
            "envoy": "`upstream connect error or disconnect/reset before headers. reset reason: overflow`",
        },
        causes=(
            "The endpoint has failed so often that a circuit breaker protects it and the caller.",
            "One bad path of an endpoint that otherwise works fails often enough.",
        ),
        do=(
            "Look at the failure that opened the circuit: it is the real cause.",
            "Answer from a cache or without this service until the circuit closes again.",
            "Wait: a single call tries by itself whether the endpoint works again.",
        ),
        dont=(
            "Do not retry in a loop: it is refused until the time is over.",
            "Do not turn the breaker off during an outage: it keeps the load from the service.",
        ),
        related=("client.pool_exhausted", "http.error.unavailable", "tcp.refused"),
        also_known_as={"envoy": "UO", "grpc": "UNAVAILABLE"},
    ),
    new_kind("abandoned", layer="client", delivered="maybe", retry="no")(
        meaning="The caller cancelled the call before it had ended.",
        looks_like={
            "python": "`asyncio.CancelledError`, `KeyboardInterrupt`",
            "grpc": "`StatusCode.CANCELLED`, `Locally cancelled by application!`",
        },
        causes=(
            "The task, its task group or its parent was cancelled.",
            "A sibling task failed, and the task group cancelled the others.",
            "The program is shutting down, or someone pressed Ctrl-C.",
            "A web framework cancelled the handler because its own client had gone away.",
        ),
        do=(
            "Look for what cancelled the task: the first exception in the group, or a shutdown.",
            "Let `CancelledError` pass: clean up in `finally` and re-raise it.",
            "Protect work that must finish with `asyncio.shield`, and await it at shutdown.",
        ),
        dont=(
            "Do not count it as a failure of the service.",
            "Do not swallow `CancelledError`: it breaks timeouts and shutdown.",
        ),
        related=("client.deadline_exceeded", "client.closed"),
        also_known_as={
            "chromium": "ERR_ABORTED",
            "ooni": "interrupted",
            "envoy": "DC",
            "grpc": "CANCELLED",
        },
    ),
)
