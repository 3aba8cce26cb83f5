"""What other languages' clients say in logs: Go, Rust, Java, .NET."""

from ringback.failure.reading import SPECIFIC, TIMEOUT
from ringback.failure.text.rule import Rule, says

RULES: list[Rule] = [
    # Go's net and net/http
    *says(
        TIMEOUT,
        "i/o timeout",
        rank=SPECIFIC - 10,
        phase="connect",
        around=r"dial (?:tcp|udp|unix)[^\n]{0,160}i/o timeout",
    ),
    *says(
        TIMEOUT,
        "i/o timeout",
        rank=SPECIFIC - 11,
        phase="wait",
        around=r"(?:read|write) (?:tcp|udp)[^\n]{0,160}i/o timeout",
    ),
    *says("tls.timed_out", "net/http: tls handshake timeout", rank=SPECIFIC, phase="tls"),
    *says(TIMEOUT, "client.timeout exceeded while awaiting headers", rank=62, phase="wait"),
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
        "dial tcp",
        rank=62,
        phase="connect",
        around=r"dial tcp[^\n]{0,120}context deadline exceeded",
    ),
    *says(
        "http.response.invalid.empty",
        ": eof",
        rank=55,
        phase="wait",
        around=r"(?:Get|Post|Put|Head|Delete|Patch) \"?https?://[^\n\s]{1,300}\"?: (?:unexpected )?EOF",
    ),
    *says(
        "tcp.closed",
        "use of closed network connection",
        "server closed idle connection",
        "unexpected eof",
        rank=45,
    ),
    *says("tcp.closed.stale", "server closed idle connection", rank=SPECIFIC, phase="wait"),
    *says("abandoned", "context canceled", rank=40),
    # Java
    *says(
        TIMEOUT,
        "connect timed out",
        "connection timed out: connect",
        rank=SPECIFIC,
        phase="connect",
    ),
    *says(
        "tcp.refused",
        "connection refused: connect",
        "connection refused (connection refused)",
        rank=SPECIFIC,
        phase="connect",
    ),
    *says("tcp.reset", "java.net.socketexception: connection reset", rank=SPECIFIC),
    # .NET
    *says(
        "tcp.closed",
        "unable to read data from the transport connection",
        "the response ended prematurely",
        rank=45,
    ),
    *says(TIMEOUT, "httpclient.timeout of", rank=SPECIFIC, phase="wait"),
    *says(
        "dns.name_not_resolved", "the remote name could not be resolved", rank=SPECIFIC, phase="dns"
    ),
    *says(
        "tls.failed",
        "could not establish trust relationship",
        "the ssl connection could not be established",
        rank=30,
        phase="tls",
    ),
    # Rust
    *says("tcp.failed", "error trying to connect", "tcp connect error", rank=25, phase="connect"),
    *says(
        "dns.name_not_resolved",
        "dns error: failed to lookup address information",
        rank=50,
        phase="dns",
    ),
]
