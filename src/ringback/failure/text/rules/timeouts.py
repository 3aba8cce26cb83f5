"""What libraries say of timeouts without a number; the phase decides the kind.

And what is said where the caller gave up, or where no more is said than that it failed.
"""

from ringback.failure.clue import SPECIFIC, TEXT, TIMEOUT, UMBRELLA
from ringback.failure.model import Phase
from ringback.failure.text.rule import (
    BARE_TIMEOUT,
    FAINT,
    HINT,
    NARROWER,
    PHRASE,
    SENTENCE,
    VERDICT,
    TextRule,
    says,
)

# What libraries say of timeouts without a number; the phase decides the kind.

_CONNECTING = 55
"""Outweighs the read timeout that a wrapper makes of it; the system's own words outweigh it."""
_OWN_LIMIT = 45
"""Whose limit it was says less than what was being waited for."""
_GO_CLIENT = 62
"""Outweighs the words "context deadline exceeded" inside it."""
_DIALLING = 70
_OPERATION = 69
"""Of one line that names both, dialling was first."""

_PHASES_OF_GOT: dict[Phase, str] = {
    "dns": "lookup",
    "connect": "connect",
    "tls": "secureConnect",
    "send": "send",
    "wait": "response|socket",
    "body": "read",
}

TIMEOUTS: list[TextRule] = [
    *says(TIMEOUT, BARE_TIMEOUT)(
        "timed out", "timeout occurred", "timeout reached", "timeout exceeded"
    ),
    *says(TIMEOUT, BARE_TIMEOUT)("timeout after ", then=r"\d"),
    *says(TIMEOUT, BARE_TIMEOUT)("timeout while ", "timeout waiting for", "timeout error: "),
    *says(TIMEOUT, BARE_TIMEOUT)(
        ": timeout",
        before=r"(?:error|fail(?:ed|ure)|exception)\b[^\n]{0,120}",
        then=r"(?:$|[.)] )",
    ),
    # Python's sockets alone end so; other waits have other words, or none
    *says(TIMEOUT, BARE_TIMEOUT + 1)("timeouterror: timed out", "socket.timeout: timed out"),
    # connecting
    *says(TIMEOUT, _CONNECTING, "connect")(  # Fluent Bit
        " timed out after ", before=r"\[upstream\] connection #\d{1,9} to [^\s]{1,200}"
    ),
    *says(TIMEOUT, _CONNECTING, "connect")(
        "connect timeout",
        "connection timeout",
        "connect timed out",
        "connection time out",
        "connection attempt timed out",
        "timeout connecting to",
        "timeout while connecting",
        "timed out connecting to",
        "timed out while connecting",
        "timed out trying to connect",
        "timed out during opening handshake",
        "timeout: timed out while waiting for handshake",
        "timeoutconnect",
        "timeout expired",
    ),
    *says(TIMEOUT, _CONNECTING, "connect")(
        "timed out", then=r"[^\n]{0,80}(?:trying|attempting|while)[^\n]{0,20} connect"
    ),
    *says(TIMEOUT, _CONNECTING, "connect")("timed out", before=r"tried connecting to[^\n]{0,200}"),
    *says(TIMEOUT, TEXT, "connect")(
        "timed out", before=r"connection to (?:the |host )?[\w.\-:]{1,120} "
    ),
    *says(TIMEOUT, TEXT, "connect")("timeouterror)", before=r"error connecting to [^\n]{1,200}"),
    *says(TIMEOUT, SENTENCE, "connect")("taking too long to respond", "took too long to respond"),
    *says(TIMEOUT, TEXT, "wait")("download timed out"),
    *says(TIMEOUT, SENTENCE, "wait")("timeout during request"),  # Tornado
    *says("client.deadline_exceeded", PHRASE)("watchdog caught collective operation timeout"),
    *says(TIMEOUT, _CONNECTING, "connect")(": timeout", before=r"\bconnect to [\w.:\-]{1,120}"),
    *says(TIMEOUT, _CONNECTING, "connect")(
        "failed: timeout", "failed: timed out", before=r"connection to [^\n]{1,120}"
    ),
    *says(TIMEOUT, SPECIFIC, "connect")(
        "connection timeout to host",
        "timed out while waiting for connect",
        "connect timeout on endpoint url",
        "connection timed out after",
        "connection timed out: connect",
        "login timeout expired",
        "unable to complete login process due to delay",
    ),
    # the TLS handshake
    *says("tls.timed_out", NARROWER, "tls")(
        "handshake operation timed out",
        "tls handshake timeout",
        "tls handshake timed out",
        "ssl handshake timed out",
        "ssl handshake is taking longer than",
        "ssl connection timeout",
        "err_tls_handshake_timeout",
    ),
    # sending
    *says(TIMEOUT, phase="send")(
        "write operation timed out", "write timed out", "timeout writing to"
    ),
    # waiting for the answer
    *says(TIMEOUT, phase="wait")("read timed out", "read timeout"),
    *says(TIMEOUT, phase="wait")(
        "read operation timed out", "timeout while reading", "timeout reading from"
    ),
    *says(TIMEOUT, PHRASE, "wait")(
        "request timed out",
        "request timeout",
        "response timed out",
        "server timed out",
        "no response from server",
        "timed out waiting for a response",
        "timed out waiting for response",
        "timed out waiting for server response",
        "timeout on reading data from socket",
        "timeout awaiting response headers",
        "timeout awaiting headers",
    ),
    *says(TIMEOUT, SPECIFIC, "wait")("read timeout on endpoint url"),
    *says(TIMEOUT, PHRASE, "wait")(
        "ms exceeded", before=r"(?:axios|request|http)[^\n]{0,80}timeout of \d{1,9} ?"
    ),
    # the caller's own limit
    *says("client.deadline_exceeded", _OWN_LIMIT)(
        "context deadline exceeded", "deadline exceeded", "total timeout"
    ),
    # Go: what was being done stands before it
    *says(TIMEOUT, _DIALLING, "connect")(
        "i/o timeout", before=r"dial (?:tcp|udp|unix)[^\n]{0,160}"
    ),
    *says(TIMEOUT, _OPERATION, "wait")(
        "i/o timeout", before=r"(?:read|write) (?:tcp|udp)[^\n]{0,160}"
    ),
    *says(TIMEOUT, _GO_CLIENT, "wait")("client.timeout exceeded while awaiting headers"),
    *says(TIMEOUT, SPECIFIC, "body")("client.timeout or context cancellation while reading body"),
    *says("tcp.timed_out", SPECIFIC, "connect")(
        "net/http: request canceled while waiting for connection"
    ),
    *says("tcp.timed_out", _GO_CLIENT, "connect")(
        "context deadline exceeded", before=r"dial tcp[^\n]{0,120}"
    ),
    # .NET
    *says(TIMEOUT, SPECIFIC, "wait")("httpclient.timeout of"),
    # Node's got names the phase; node-fetch does not
    *[
        rule
        for phase, words in _PHASES_OF_GOT.items()
        for rule in says(TIMEOUT, SPECIFIC, phase)(
            "timeout awaiting '", then=rf"(?:{words})' for \d"
        )
    ],
    *says("client.deadline_exceeded", SPECIFIC)("timeout awaiting 'request'"),
    *says(TIMEOUT, PHRASE, "wait")("network timeout at: http"),
    *says(TIMEOUT, PHRASE, "body")("response timeout while trying to fetch"),
    *says("http.response.timed_out", HINT, "wait")(
        "timeout fetching ", then=r"[\w .\-]{1,60} data"
    ),
    # libraries of Redis on the JVM
    *says(TIMEOUT, SENTENCE, "wait")("redis server response timeout"),
    *says(TIMEOUT, SENTENCE, "wait")("command timed out after ", then=r"(?:pt)?\d"),
    # Go's HTTP/2, which pings a connection that is silent
    *says("tcp.timed_out.established", SENTENCE)("http2: client connection lost"),
    # Node's undici
    *says(TIMEOUT, VERDICT, "connect")("connecttimeouterror", "und_err_connect_timeout"),
    *says(TIMEOUT, VERDICT, "wait")("headerstimeouterror", "und_err_headers_timeout"),
    *says(TIMEOUT, VERDICT, "body")("bodytimeouterror", "und_err_body_timeout"),
    *says("http.response.timed_out", SPECIFIC, "wait")("err_socket_timeout", "esockettimedout"),
]


# What is said where the caller gave up, and where no more is said than that it failed.

_CANCELLED = 8
"""A cancelled task often is the echo of another failure."""
_NO_CAUSE = 28
"""Outweighs a class that covers many kinds, for the library itself could not tell."""

_CIRCUITS = (
    "callnotpermittedexception",
    "circuit_breaker_not_permitted",
    "short-circuited and ",  # Hystrix
    "hystrix: circuit open",
    "brokencircuitexception",  # Polly
    "isolatedcircuitexception",
    "open and is not allowing calls",
    "eopenbreaker",  # opossum
    "brokencircuiterror",
    "circuit breaker still open",  # pybreaker
    "threshold reached, circuit breaker opened",
    "circuitbreakeropenexception",
    "degradeexception",  # Sentinel
    "blocktypecircuitbreaking",
    "circuit breaker is open; calls are failing fast",  # Akka
    "opencircuiterror",  # Ruby: Circuitbox, Semian
    "circuitopenerror",
    "stoplight::error::redlight",
    "failedfastexception",  # Finagle
)

ABANDONED: list[TextRule] = [
    *says("client.circuit_open", VERDICT)(*_CIRCUITS),
    *says("client.circuit_open", VERDICT)(
        " and does not permit further calls", before=r"CircuitBreaker '[^'\n]{1,120}' is \w{4,12}"
    ),
    *says("client.circuit_open", VERDICT)(
        "breaker is open",
        "breaker open",
        "circuit is open",
        before=r"(?:error|exception|failsafe|\bdesc =|run error|[\"'\]])[^\n]{0,120}",
    ),
    *says("client.circuit_open", VERDICT)(" open until ", before=r"\bCircuit \"[^\"\n]{1,120}\""),
    *says("client.pool_exhausted", VERDICT, "pool")(
        "bulkheadfullexception",
        "bulkheadrejectedexception",
        "could not be queued for execution and",
        "could not acquire a semaphore for execution",
        "hystrix: max concurrency",
        "esemlocked",
    ),
    *says("client.pool_exhausted", VERDICT, "pool")(
        " is full and does not permit further calls", before=r"Bulkhead '[^'\n]{1,120}'"
    ),
    *says("client.deadline_exceeded", VERDICT)("hystrix: timeout", "timeoutrejectedexception"),
    *says("client.deadline_exceeded", VERDICT)(
        " recorded a timeout exception", before=r"TimeLimiter '[^'\n]{1,120}'"
    ),
    *says("client.deadline_exceeded", SPECIFIC)(
        " timed-out and ", before=r"HystrixRuntimeException: [^\n]{1,120}"
    ),
    *says("abandoned", _CANCELLED)("cancellederror", "keyboardinterrupt"),
    *says("abandoned", PHRASE)("statuscode.cancelled"),
    *says("abandoned", UMBRELLA)("context canceled"),
    *says("abandoned", HINT)(
        "the operation was aborted", "request aborted", "err_canceled", "und_err_aborted"
    ),
    *says("abandoned", HINT)("request was aborted", then=r"(?!: could not)"),
    *says("unknown", FAINT)("max retries exceeded", "connection error", "connection aborted"),
    *says("unknown", FAINT)("network error"),
    *says("unknown", FAINT)("connection failed", "connection failure"),
    *says("unknown", FAINT)("fetch failed", "failed to fetch"),
    *says("unknown", FAINT)("statuscode.unavailable", "status = unavailable"),
    # sentences of libraries that name no cause
    *says("unknown", _NO_CAUSE)(
        "all attempts to connect to",
        "error while fetching server api version",
        "http request failed",
        "unavailable: io exception",
        "no connection established",
        "connection to node -1",
        "failed to retrieve http",
        "invalid server address",
        "sql server does not exist or access denied",
        "connection to server on socket",
        "maximum allowed connection attempts",
        "servers are not available",
        "no suitable servers found",
        "could not connect to the endpoint url",
        "serverselectiontimeouterror",
        "trouble with your network connection",
        "vlc is unable to open the mrl",
        "the operation did not complete (",  # of OpenSSL, which waits for bytes
    ),
    *says("unknown", HINT)(
        "no servers match selector", "no replica set members", "server selection timed out"
    ),
]
