"""Reference data: the service answered, by an HTTP status or in its own protocol, and says no.

The last ones are what is no connection failure, or has no known cause.
"""

from ringback.failure.kind import new_kind

# The answer came, and its HTTP status says that it failed.

STATUS = (
    new_kind("http.error", layer="status", delivered="yes", retry="idempotent")(
        meaning="The service answered with an error status that has no kind of its own.",
        looks_like={
            "requests": "`HTTPError: 500 Server Error: Internal Server Error for url: https://api.example.test/`",
            "httpx": "`HTTPStatusError: Client error '400 Bad Request' for url 'https://api.example.test/'`",
            "aiohttp": "`ClientResponseError: 500, message='Internal Server Error'`",
            "urllib": "`HTTP Error 404: Not Found`",
            "curl": "`curl: (22) The requested URL returned error: 404`, with `--fail`",
        },
        causes=(
            "4xx: the request is wrong (path, parameters, size), or what it asks for does not exist.",
            "5xx: the service has a fault, often for this one request.",
            "The service was changed, and the client calls an old version of its interface.",
        ),
        do=(
            "Read the body of the response: services put the reason there (`response.text`).",
            "For 4xx, compare method, URL, headers and body with the service's documentation.",
            "For 5xx, give the service's owner the time, the URL and any request id.",
            "Repeat a 5xx after a wait, if the request may be processed twice; a 4xx does not change.",
        ),
        dont=(
            "Do not retry a 4xx: the same request is wrong again.",
            "Do not repeat a POST blindly after a 5xx: a part of it may have been done.",
        ),
        related=("http.error.auth", "http.error.gateway", "http.response.unexpected_content"),
        also_known_as={"curl": "22", "chromium": "ERR_HTTP_RESPONSE_CODE_FAILURE"},
    ),
    new_kind("http.error.auth", layer="status", delivered="yes", retry="no")(
        meaning="The service did not accept who is asking (401), or does not permit it (403).",
        looks_like={
            "requests": "`HTTPError: 401 Client Error: Unauthorized for url: …`, `403 Client Error: Forbidden for url: …`",
            "httpx": "`HTTPStatusError: Client error '401 Unauthorized' for url …`",
            "websockets": "`InvalidStatus: server rejected WebSocket connection: HTTP 403`",
            "curl": "`curl: (22) The requested URL returned error: 401`, with `--fail`",
        },
        causes=(
            "The token or password is missing, wrong or expired.",
            "The credentials are right, but the account may not do this (403).",
            "The `Authorization` header was dropped at a redirect to another host, or replaced from `~/.netrc`.",
            "A web application firewall blocks the client's address or User-Agent (403).",
            "The clock is wrong, and a signed or time-limited token is refused.",
        ),
        do=(
            "Check that the token is there and not expired; read `WWW-Authenticate` and the response's body.",
            "For 403, ask for the right, or try another User-Agent and network: it may be a firewall.",
            "Look for a redirect or a `~/.netrc` entry that changes the header; set `trust_env = False` for a test.",
            "Compare the clock with the response's `Date`.",
        ),
        dont=(
            "Do not retry with the same credentials: the account may be locked.",
            "Do not log the token to find the fault; log its length and its last characters.",
        ),
        related=(
            "proxy.auth_required",
            "proxy.denied",
            "service.rejected",
            "tls.bad_client_auth_cert",
        ),
        also_known_as={"curl": "22", "grpc": "UNAUTHENTICATED, PERMISSION_DENIED"},
    ),
    new_kind("http.error.rate_limited", layer="status", delivered="no", retry="backoff")(
        meaning="The service refuses because too many requests came from this client.",
        looks_like={
            "requests": "`HTTPError: 429 Client Error: Too Many Requests for url: …`",
            "httpx": "`HTTPStatusError: Client error '429 Too Many Requests' for url …`",
            "botocore": "`ClientError: An error occurred (SlowDown) when calling the PutObject operation: Please reduce your request rate.`, `ThrottlingException`",
            "curl": "`curl: (22) The requested URL returned error: 429`, with `--fail`",
        },
        causes=(
            "More requests are sent than the plan or limit allows.",
            "Several programs or workers share one key or one address.",
            "A retry loop without waits multiplies the requests.",
            "A quota or balance is used up, and waiting will not help.",
        ),
        do=(
            "Wait as long as `Retry-After` says, or with growing waits and jitter, before the next request.",
            "Read the body and the `X-RateLimit-…` headers: is it a rate, or a quota that is used up?",
            "Limit the rate on your side: fewer workers, batches, a token bucket.",
            "Cache what you ask for repeatedly, or ask for a higher limit.",
        ),
        dont=(
            "Do not retry at once or from several workers together: it prolongs the limit.",
            "Do not switch addresses or keys to get past the limit.",
        ),
        related=("http.error.unavailable", "http.error.auth", "h2.protocol.error"),
        also_known_as={"curl": "22", "envoy": "RL", "grpc": "RESOURCE_EXHAUSTED"},
    ),
    new_kind("http.error.unavailable", layer="status", delivered="yes", retry="idempotent")(
        meaning="The service says that it cannot serve requests at the moment (503).",
        looks_like={
            "requests": "`HTTPError: 503 Server Error: Service Unavailable for url: …`, `ResponseError('too many 503 error responses')`",
            "httpx": "`HTTPStatusError: Server error '503 Service Unavailable' for url …`",
            "envoy": "`no healthy upstream`, `upstream connect error or disconnect/reset before headers`",
            "curl": "`curl: (22) The requested URL returned error: 503`, with `--fail`",
        },
        causes=(
            "The service is overloaded.",
            "It is being deployed, or in maintenance.",
            "A load balancer has no healthy server behind it.",
            "A web application firewall or bot check answers with 503.",
        ),
        do=(
            "Wait as long as `Retry-After` says, or with growing waits and jitter, before the next request.",
            "Look at the service's status page and its deployments.",
            "Read the body: “no healthy upstream” comes from the load balancer, not from the service.",
            "If the service is yours, check the health checks and the capacity of its servers.",
        ),
        dont=(
            "Do not retry at once: it adds load to a service that has too much.",
            "Do not repeat a POST blindly: a service may have begun its work before it gave up.",
            "Do not repeat it without a limit from every worker: spend a retry budget.",
        ),
        related=("http.error.gateway", "http.error.rate_limited"),
        also_known_as={"curl": "22", "envoy": "UH, UO, LR", "grpc": "UNAVAILABLE"},
    ),
    new_kind("http.error.gateway", layer="status", delivered="maybe", retry="idempotent")(
        meaning="A gateway before the service could not get an answer from it (502 or 504).",
        looks_like={
            "requests": "`HTTPError: 502 Server Error: Bad Gateway for url: …`, `504 Server Error: Gateway Time-out for url: …`",
            "httpx": "`HTTPStatusError: Server error '502 Bad Gateway' for url …`",
            "envoy": "`upstream connect error or disconnect/reset before headers. reset reason: connection termination`",
            "nginx": "`connect() failed (111: Connection refused) while connecting to upstream`",
        },
        causes=(
            "The service behind the gateway is down, crashed or is being restarted (502).",
            "It needs longer than the gateway allows (504).",
            "The gateway points to the wrong address or port.",
            "The service closes idle connections sooner than the gateway, which then uses a dead one (502).",
        ),
        do=(
            "Read the gateway's log (nginx, ALB, Envoy): it names the server behind it and the reason.",
            "Call the service directly, past the gateway, and compare.",
            "For 504, compare the duration of the request with the gateway's timeout.",
            "Keep the service's keep-alive timeout above the gateway's.",
            "Repeat it after a wait, if the request may be processed twice.",
        ),
        dont=(
            "Do not repeat a POST blindly: after a 504 the service may still be working on it.",
            "Do not only raise the gateway's timeout: find out why the service is slow.",
        ),
        related=("http.error.unavailable", "proxy.upstream_failed", "http.response.timed_out"),
        also_known_as={"curl": "22", "envoy": "UF, UC, UR, UT, URX, NR", "grpc": "UNAVAILABLE"},
    ),
    new_kind("http.error.captive_portal", layer="status", delivered="no", retry="no")(
        meaning="The network requires a login first: a captive portal answered in place of the service.",
        looks_like={
            "requests": "`HTTPError: 511 Server Error: Network Authentication Required for url: …`",
            "curl": "a redirect to a log-in page from a host you do not know",
            "python": "HTML in place of JSON, or a certificate for another name on every https site",
        },
        causes=(
            "The Wi-Fi of a hotel, train or guest network requires a login or consent.",
            "The log-in has expired.",
            "The company's network requires the device to be registered.",
        ),
        do=(
            "Open `http://neverssl.com` in a browser and log in to the network, then repeat the call.",
            "Use another network or the VPN.",
            "For unattended machines, have the device's address allowed by the network's owner.",
        ),
        dont=(
            "Do not turn off certificate checks: it is the portal's certificate that you would accept.",
            "Do not send credentials or data: the portal would get them.",
        ),
        related=(
            "http.response.unexpected_content",
            "tls.cert.name_invalid",
            "dns.bogus_address",
            "proxy.auth_required",
        ),
    ),
)


# Refusals in a service's own protocol, and what is not a connection failure.

GENERAL = (
    new_kind("service.rejected", layer="application", delivered="yes", retry="no")(
        meaning="The service answered in its own protocol and refused: wrong credentials, an unknown database, too many clients.",
        looks_like={
            "psycopg": '`FATAL:  password authentication failed for user "app"`, `FATAL:  database "app" does not exist`, `FATAL:  sorry, too many clients already`',
            "pymysql": "`(1045, \"Access denied for user 'app'@'localhost' (using password: YES)\")`, `(1040, 'Too many connections')`",
            "redis": "`AuthenticationError: invalid username-password pair or user is disabled.`",
            "smtplib": "`SMTPAuthenticationError: (535, b'5.7.8 Username and Password not accepted.')`",
            "paramiko": "`AuthenticationException: Authentication failed.`",
        },
        causes=(
            "The user name, password or key is wrong, or an environment variable is missing.",
            "The database, virtual host or mailbox does not exist.",
            "The server's limit of clients is reached.",
            "The server does not permit this user from this address (`pg_hba.conf`, grants).",
        ),
        do=(
            "Read the service's own message: network and port are fine, it names what it refused.",
            "Try the same credentials with the service's own client (`psql`, `mysql`, `redis-cli`).",
            "For “too many clients”, look for leaked connections, use a pool, then retry after a wait.",
            "Check the rights of this user from this address in the service's configuration.",
        ),
        dont=(
            "Do not retry with the same credentials: the account may be locked.",
            "Do not look at firewalls and DNS: the service answered.",
        ),
        related=("http.error.auth", "unix.forbidden", "tls.bad_client_auth_cert"),
        also_known_as={"curl": "67", "grpc": "UNAUTHENTICATED, RESOURCE_EXHAUSTED"},
    ),
    new_kind("unknown", layer="none", delivered="maybe", retry="no")(
        meaning="Nothing in the exception or text is enough to name a cause.",
        looks_like={
            "httpx": "an exception with an empty text and no cause",
            "pymongo": '`ServerSelectionTimeoutError: No servers match selector "Primary()"`',
            "pika": "`AMQPConnectionError` with an empty text",
        },
        causes=(
            "The text was cut, and the line with the reason is missing.",
            "The library kept only a summary and dropped the cause.",
            "The failure is one that has no name here yet.",
        ),
        do=(
            "Give the whole traceback, from the first line to the last: the cause is often in the middle.",
            "Pass the exception object instead of its text: `ringback.classify(error)`.",
            "Log exceptions with their traceback: `logging.exception(…)`, not `print(error)`.",
            "Report the text to the ringback project, with secrets removed, if it names a cause after all.",
        ),
        dont=(
            "Do not guess a cause, and do not repeat a POST blindly: it may have been processed.",
        ),
        related=("not_a_connection_failure", "tcp.failed", "tls.failed", "dns.failed"),
        also_known_as={"chromium": "ERR_FAILED", "grpc": "UNKNOWN"},
    ),
    new_kind("not_a_connection_failure", layer="none", delivered="maybe", retry="no")(
        meaning="The text reports something else than a failed connection.",
        looks_like={
            "python": "`ImportError: cannot import name 'ConnectionError'`, `subprocess.TimeoutExpired: Command '…' timed out after 300 seconds`",
            "selenium": "`TimeoutException: Message: Can't locate login form`",
            "torch": "`torch.cuda.OutOfMemoryError: CUDA out of memory.`",
        },
        causes=(
            "A word such as “connection” or “timeout” occurs in a message about something else.",
            "The program has a fault of its own, and the network did its part.",
            "The text reports success, or a warning.",
        ),
        do=(
            "Read the last line of the traceback: it names the fault, and it is not the network.",
            "If a connection failed as well, give the text that includes it.",
        ),
        dont=("Do not add retries: they do not mend this.",),
        related=("unknown", "service.rejected"),
    ),
)
