"""What libraries say of timeouts without a number; the phase decides the kind.

And what is said where the caller gave up, or where no more is said than that it failed.
"""

from ringback.failure.clue import SPECIFIC, TIMEOUT, UMBRELLA
from ringback.failure.text.rule import (
    BARE_TIMEOUT,
    FAINT,
    HINT,
    NARROWER,
    PHRASE,
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

TIMEOUTS: list[TextRule] = [
    *says(TIMEOUT, "timed out", "timeout occurred", rank=BARE_TIMEOUT),
    # connecting
    *says(
        TIMEOUT,
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
        rank=_CONNECTING,
        phase="connect",
    ),
    *says(
        TIMEOUT,
        "timed out",
        rank=_CONNECTING,
        phase="connect",
        then=r"[^\n]{0,80}(?:trying|attempting|while)[^\n]{0,20} connect",
    ),
    *says(
        TIMEOUT,
        "timed out",
        rank=_CONNECTING,
        phase="connect",
        before=r"tried connecting to[^\n]{0,200}",
    ),
    *says(
        TIMEOUT,
        "failed: timeout",
        rank=_CONNECTING,
        phase="connect",
        before=r"connection to [^\n]{1,120}",
    ),
    *says(
        TIMEOUT,
        "connection timeout to host",
        "timed out while waiting for connect",
        "connect timeout on endpoint url",
        "connection timed out after",
        "connection timed out: connect",
        "login timeout expired",
        "unable to complete login process due to delay",
        rank=SPECIFIC,
        phase="connect",
    ),
    # the TLS handshake
    *says(
        "tls.timed_out",
        "handshake operation timed out",
        "tls handshake timeout",
        "tls handshake timed out",
        "ssl handshake timed out",
        "ssl handshake is taking longer than",
        "ssl connection timeout",
        "err_tls_handshake_timeout",
        rank=NARROWER,
        phase="tls",
    ),
    # sending
    *says(
        TIMEOUT, "write operation timed out", "write timed out", "timeout writing to", phase="send"
    ),
    # waiting for the answer
    *says(TIMEOUT, "read timed out", "read timeout", phase="wait"),
    *says(
        TIMEOUT,
        "read operation timed out",
        "timeout while reading",
        "timeout reading from",
        phase="wait",
    ),
    *says(
        TIMEOUT,
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
        rank=PHRASE,
        phase="wait",
    ),
    *says(TIMEOUT, "read timeout on endpoint url", rank=SPECIFIC, phase="wait"),
    *says(
        TIMEOUT,
        "ms exceeded",
        rank=PHRASE,
        phase="wait",
        before=r"(?:axios|request|http)[^\n]{0,80}timeout of \d{1,9} ?",
    ),
    # the caller's own limit
    *says(
        "client.deadline_exceeded",
        "context deadline exceeded",
        "deadline exceeded",
        "total timeout",
        rank=_OWN_LIMIT,
    ),
    # Go: what was being done stands before it
    *says(
        TIMEOUT,
        "i/o timeout",
        rank=_DIALLING,
        phase="connect",
        before=r"dial (?:tcp|udp|unix)[^\n]{0,160}",
    ),
    *says(
        TIMEOUT,
        "i/o timeout",
        rank=_OPERATION,
        phase="wait",
        before=r"(?:read|write) (?:tcp|udp)[^\n]{0,160}",
    ),
    *says(
        TIMEOUT,
        "client.timeout exceeded while awaiting headers",
        rank=_GO_CLIENT,
        phase="wait",
    ),
    *says(
        TIMEOUT,
        "client.timeout or context cancellation while reading body",
        rank=SPECIFIC,
        phase="body",
    ),
    *says(
        "tcp.timed_out",
        "net/http: request canceled while waiting for connection",
        rank=SPECIFIC,
        phase="connect",
    ),
    *says(
        "tcp.timed_out",
        "context deadline exceeded",
        rank=_GO_CLIENT,
        phase="connect",
        before=r"dial tcp[^\n]{0,120}",
    ),
    # .NET
    *says(TIMEOUT, "httpclient.timeout of", rank=SPECIFIC, phase="wait"),
    # Node's undici
    *says(TIMEOUT, "connecttimeouterror", "und_err_connect_timeout", rank=VERDICT, phase="connect"),
    *says(TIMEOUT, "headerstimeouterror", "und_err_headers_timeout", rank=VERDICT, phase="wait"),
    *says(TIMEOUT, "bodytimeouterror", "und_err_body_timeout", rank=VERDICT, phase="body"),
    *says(
        "http.response.timed_out",
        "err_socket_timeout",
        "esockettimedout",
        rank=SPECIFIC,
        phase="wait",
    ),
]


# What is said where the caller gave up, and where no more is said than that it failed.

_CANCELLED = 8
"""A cancelled task often is the echo of another failure."""
_NO_CAUSE = 28
"""Outweighs a class that covers many kinds, for the library itself could not tell."""

ABANDONED: list[TextRule] = [
    *says("abandoned", "cancellederror", "keyboardinterrupt", rank=_CANCELLED),
    *says("abandoned", "statuscode.cancelled", rank=PHRASE),
    *says("abandoned", "context canceled", rank=UMBRELLA),
    *says(
        "abandoned",
        "the operation was aborted",
        "request aborted",
        "err_canceled",
        "und_err_aborted",
        rank=HINT,
    ),
    *says("abandoned", "request was aborted", rank=HINT, then=r"(?!: could not)"),
    *says("unknown", "max retries exceeded", "connection error", "connection aborted", rank=FAINT),
    *says("unknown", "network error", rank=FAINT),
    *says("unknown", "connection failed", "connection failure", rank=FAINT),
    *says("unknown", "fetch failed", "failed to fetch", rank=FAINT),
    *says("unknown", "statuscode.unavailable", "status = unavailable", rank=FAINT),
    # sentences of libraries that name no cause
    *says(
        "unknown",
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
        rank=_NO_CAUSE,
    ),
    *says(
        "unknown",
        "no servers match selector",
        "no replica set members",
        "server selection timed out",
        rank=HINT,
    ),
]
