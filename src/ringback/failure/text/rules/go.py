"""What Go's standard library says, gRPC and SSH in Go, and peers that are written in it.

The words for the system's own errors are ``sockets``'s; here is what Go puts around them, and what
it says itself.

Sources: ``net``, ``net/http`` (with its copy of HTTP/2), ``crypto/tls``, ``crypto/x509``;
``golang.org/x/net/internal/socks``, ``golang.org/x/crypto/ssh``; grpc-go; go-git, go-libp2p,
nats.go, quic-go, Tailscale; gorilla/websocket, ``database/sql`` and drivers of it, amqp091, sarama.
"""

from ringback.failure.clue import SPECIFIC, TEXT, TIMEOUT, UMBRELLA, Clue
from ringback.failure.text.rule import (
    HINT,
    NARROWER,
    OVERRIDE,
    PHRASE,
    SENTENCE,
    VERDICT,
    TextRule,
    says,
)

# Addresses and names.

_LOOKUP = r"lookup [^\n]{1,120} on [^\n]{1,60}:53: [^\n]{0,120}"
"""It is the name server that could not be asked, not the target."""

_NET: list[TextRule] = [
    *says("dns.temporary_failure", OVERRIDE, "dns")(
        "no route to host", "network is unreachable", "permission denied", before=_LOOKUP
    ),
    *says("dns.name_not_resolved", SPECIFIC, "dns")(
        "no such host", before=r"\blookup [^\n]{1,200}: "
    ),
    *says("url.invalid", SENTENCE, "config")(
        ": invalid port", before=r"(?:dial|listen) \w{2,5}: address [^\s]{1,80}"
    ),
    *says("url.invalid", SENTENCE, "config")(
        ": missing address", before=r"(?:dial|listen) \w{2,5}"
    ),
    *says("client.local_address", SENTENCE)(
        "bind: permission denied", before=r"listen (?:tcp|udp)[^\n]{0,80}"
    ),
    *says("abandoned", SENTENCE)("operation was canceled", before=r"(?:dial|lookup) [^\n]{1,160}"),
    *says(TIMEOUT, SENTENCE, "send")("i/o timeout", before=r"write (?:tcp|unix)[^\n]{0,160}"),
    # a file and a pipe of a process are named before it
    *says("tcp.closed", TEXT, "send")(
        "broken pipe", before=r"\b(?:write|writev|splice|sendfile): "
    ),
]


# net/http.

_HTTP: list[TextRule] = [
    *says(TIMEOUT, SPECIFIC, "body")("client.timeout exceeded while reading body"),
    *says("abandoned", TEXT)("net/http: request canceled", then=r"(?! while| \(Client)"),
    *says("request.invalid", VERDICT, "config")(
        "net/http: invalid header field", "net/http: invalid method", "net/http: invalid trailer"
    ),
    *says("request.invalid", SENTENCE, "config")(
        "http2: request header list larger than peer's advertised limit"
    ),
    *says("http.response.redirect_invalid", VERDICT, "wait")("failed to parse location header"),
    *says("http.protocol.error", SENTENCE, "wait")(
        "too many transfer encodings",
        "unsupported transfer encoding",
        "server response headers exceeded",
        "server replied with more than declared content-length",
        "invalid byte in chunk length",
        "http chunk length too large",
        "too many 1xx informational responses",
    ),
    *says("http.protocol.error", PHRASE, "wait")("http/1.x transport connection broken"),
    *says("http.response.invalid.empty", SENTENCE, "wait")(
        "http/1.x transport connection broken: eof"
    ),
    *says("http.response.invalid.incomplete_chunked_encoding", NARROWER, "body")(
        "http: unexpected eof reading trailer"
    ),
    *says("client.deadline_exceeded", TEXT)("http: handler timeout", "timeout from http.client"),
    *says("client.closed", TEXT)(
        "http: closeidleconnections called",
        "http: read on closed response body",
        "connection force closed via clientconn.close",
    ),
    *says("client.pool_exhausted", PHRASE, "pool")("http2: no cached connection was available"),
    *says("tcp.closed", PHRASE)("http2: client conn not usable", "http2: client conn is closed"),
    *says("h2.protocol.error", SENTENCE, "wait")(
        "connection error: ",
        then=r"(?:PROTOCOL_ERROR|COMPRESSION_ERROR|FLOW_CONTROL_ERROR|FRAME_SIZE_ERROR"
        r"|STREAM_CLOSED|ENHANCE_YOUR_CALM|HTTP_1_1_REQUIRED|INADEQUATE_SECURITY)\b",
    ),
    *says("http.response.unexpected_content", TEXT, "body")(
        "invalid character '<' looking for beginning of value"
    ),
    # of a server
    *says("http.error", TEXT, "wait")(
        "client sent an http request to an https server", before=r"(?<!: )"
    ),
]


_END = Clue("tcp.closed", UMBRELLA, needs_socket=True)
"""A file ends so as well."""
_DIALLED = (
    r"\b(?:dial(?:ing|ed)?|connect(?:ing|ion)?|handshake|backend|origin|upstream|peer|server|remote"
    r"|stream|request)\b[^\n]{0,100}"
)

_ENDS: list[TextRule] = [TextRule("eof", _END, r"\b(?:err|error)\"?[=:] ?\"?", r"(?=$|[\s\"',}])")]


# What gorilla/websocket says of the code that a connection was closed with.

_WEBSOCKET: list[TextRule] = [
    *says("tcp.closed", TEXT)(
        "websocket: close 100", then=r"(?:[05] \(no|1 \(going|6 \(abnormal|7|9)"
    ),
    *says("service.rejected", TEXT, "wait")("websocket: close 1008"),
    *says("http.error", TEXT, "wait")("websocket: close 1011"),
    *says("http.error.unavailable", TEXT, "wait")("websocket: close 101", then="[23]"),
    *says("http.error", PHRASE, "wait")("websocket: bad handshake"),
]


# Proxies: what answered to CONNECT is ``proxies``'s.

_SOCKS = r"socks connect tcp [^\n]{1,200}: "

_PROXY: list[TextRule] = [
    *says("proxy.no_response", VERDICT, "proxy")("proxyconnect tcp: eof"),
    *says(None, 0, proxy=True)("socks connect tcp", then=r" [^\n]{1,200}: dial "),
    *says("proxy.auth_required", OVERRIDE, "proxy")(
        "username/password authentication failed", before=_SOCKS
    ),
    *says("proxy.no_response", VERDICT, "proxy")(
        ": eof", "i/o timeout", before=r"socks connect tcp [^\n]{1,200}(?:: read tcp [^\n]{1,100})?"
    ),
]


# crypto/tls and crypto/x509; the alerts are ``tls``'s.

_SERVING = r"TLS handshake error from [^\n]{1,100}"

_TLS: list[TextRule] = [
    *says("tls.cert.invalid", UMBRELLA, "tls")("tls: failed to verify certificate"),
    *says("tls.cert.invalid", SENTENCE, "tls")(
        "issuer name does not match subject from issuing certificate",
        "parent certificate cannot sign this kind of certificate",
        "x509: cannot verify signature: ",
        "x509: negative serial number",
        "certificate is not authorized to sign for this name",
        "has too many intermediates",
    ),
    *says("tls.cert.invalid", TEXT, "tls")("tls: failed to parse certificate from server"),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("does not match any of dnsnames ["),
    *says("config.tls_files_invalid", VERDICT, "config")(
        'tls: failed to find "certificate" pem block', "unable to parse bytes as pem block"
    ),
    *says("tls.version_or_cipher_mismatch", SPECIFIC, "tls")(
        "tls: client requested unsupported application protocol",
        "tls: server selected unadvertised alpn protocol",
        "cannot check peer: missing selected alpn property",
    ),
    *says("tls.bad_client_auth_cert", VERDICT, "tls")(
        "tls: client didn't provide a certificate", "tls: failed to verify client certificate"
    ),
    *says("tls.protocol.error", SPECIFIC, "tls")(
        "tls: received unexpected handshake message", "tls: handshake message of length "
    ),
    # Beats, of a handshake
    *says("tls.timed_out", SPECIFIC, "tls")(
        "ssl client failed to connect with: ", then=r"[^\n]{0,200}i/o timeout"
    ),
    *says("tls.closed", SPECIFIC, "tls")("ssl client failed to connect with: eof"),
    *says("tls.failed", SENTENCE, "tls")("ssl client failed to connect with: "),
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")(
        "tls: unsupported sslv2 handshake received"
    ),
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")(
        "client sent an http request to an https server", before=_SERVING
    ),
    *says("request.invalid", SENTENCE, "config")(
        "tls: either servername or insecureskipverify must be specified"
    ),
    *says("tls.unrecognized_name_alert", TEXT, "tls")(
        "no certificate available for '", "missing server name", before=_SERVING
    ),
    *says("tls.closed", SENTENCE, "tls")(": eof", before=_SERVING),
    *says("tls.closed", SENTENCE, "tls")(
        "authentication handshake failed: eof", "tls handshake error: eof"
    ),
]


# gRPC: its codes alone are ``services``'s.

_GRPC: list[TextRule] = [
    *says("tcp.timed_out.established", SPECIFIC)(
        "keepalive ping failed to receive ack within timeout",
        "keepalive ping not acked within timeout",
    ),
    *says("client.deadline_exceeded", VERDICT)(
        "stream terminated by rst_stream", before=r"code = DeadlineExceeded desc = "
    ),
    *says("abandoned", VERDICT)(
        "stream terminated by rst_stream", before=r"code = Canceled desc = "
    ),
    *says("http.error", SENTENCE, "wait")(
        "code = unimplemented desc = unknown ", then=r"(?:service|method)\b"
    ),
    *says("not_a_connection_failure", HINT)(
        "code = notfound",
        "code = alreadyexists",
        "code = invalidargument",
        "code = failedprecondition",
        "code = outofrange",
    ),
    *says("dns.no_address", TEXT, "dns")("resolver error: produced zero addresses"),
    *says("tcp.closed", TEXT)(
        "desc = the connection is draining", "connection closed before server preface received"
    ),
    *says("h2.protocol.error", TEXT, "wait")("server closed the stream without sending trailers"),
    *says("tls.timed_out", SENTENCE, "tls")(
        "authentication handshake failed: context deadline exceeded"
    ),
]


# golang.org/x/crypto/ssh and go-git.

_SSH: list[TextRule] = [
    *says("service.rejected", SPECIFIC, "wait")("ssh: unable to authenticate, attempted methods"),
    *says("service.rejected", SENTENCE, "wait")("ssh: no common algorithm for"),
    *says("not_a_connection_failure", SENTENCE)("error creating ssh agent"),
    *says("http.error.auth", TEXT, "wait")(
        ": authentication required",
        " authentication required",
        before=r"(?:\bdesc =|(?:repository|clone|refs|fetch|push)\b[^\n]{0,200}:)",
    ),
    *says("http.error", PHRASE, "wait")(": repository not found"),
]


# Peers: libp2p, NATS, QUIC, Tailscale.

_PEERS: list[TextRule] = [
    *says("unknown", HINT)(
        ": no addresses", ": dial backoff", before=r"failed to dial [^\n]{1,120}"
    ),
    *says("tcp.reset", PHRASE)(
        "stream reset", before=r"(?:failed to|error|err=\"?)[^\n]{1,120}: ", then=r"(?:$|[\s\"',)])"
    ),
    *says("tls.failed", UMBRELLA, "tls")("failed to negotiate security protocol"),
    *says("tls.closed", SENTENCE, "tls")("failed to negotiate security protocol: eof"),
    *says("service.rejected", SENTENCE, "tls")("peer id mismatch: expected"),
    *says("service.rejected", SENTENCE, "wait")("protocols not supported: ["),
    *says("client.resources_exhausted", PHRASE)("nats: slow consumer"),
    *says("service.rejected", SENTENCE, "wait")(
        "nats: permissions violation",
        "nats: maximum account active connections exceeded",
        "nats: jetstream not enabled",
    ),
    *says("service.rejected", TEXT, "wait")(
        "- authentication error", before=r"- [clr]id:\d{1,9} [^\n]{0,80}"
    ),
    *says("http.error.unavailable", SENTENCE, "wait")("jetstream system temporarily unavailable"),
    *says("http.response.timed_out", SENTENCE, "wait")("nats: no response from stream"),
    *says("tls.timed_out", SENTENCE, "tls")("timeout: handshake did not complete in time"),
    *says("tcp.timed_out.established", SENTENCE)(
        "timeout: no recent network activity",
        before=r"(?:accept|open|stream|datagram|serv(?:e|ing))[^\n]{0,80}",
    ),
    *says(TIMEOUT, HINT)("timeout: no recent network activity"),
    *says("client.deadline_exceeded", TEXT + 1)("kind: timeout, detail: "),  # Lighthouse
    *says("http.error.rate_limited", SENTENCE, "wait")("pacer: rate limited"),  # rclone
    *says("service.rejected", PHRASE)("gater disallows connection to peer"),
    *says("dns.failed", UMBRELLA, "dns")("could not resolve name"),
    *says("tcp.timed_out.established", SENTENCE)("yamux: keepalive failed"),
    *says("tcp.closed", PHRASE)("session shutdown", before=r"(?:rpc|yamux)[^\n]{0,60}"),
    *says("service.rejected", TEXT, "wait")("no installed keys could decrypt the message"),
    *says("client.circuit_open", SENTENCE)("circuit breaker open for file"),
    *says("tcp.closed", TEXT)("application error 0x", then=r"[\da-f]{1,16} \((?:remote|local)\)"),
    *says("tls.failed", UMBRELLA, "tls")("crypto_error 0x1", then=r"[\da-f]{2} \("),
    *says("tcp.closed", SENTENCE)(
        ": eof", before=r"derphttp\.Client\.\w{4,8} connect to region [^\n]{1,60}"
    ),
    *says("unknown", HINT)("not connected to home derp region"),
    *says("tcp.timed_out.established", PHRASE)(
        "hasn't received a network map from the coordination server"
    ),
]

# Drivers of databases and brokers: database/sql, go-sql-driver, amqp091, sarama.

_DRIVERS: list[TextRule] = [
    *says("client.closed", SENTENCE)("sql: database is closed"),
    *says("tcp.failed", PHRASE, "connect")("client has run out of available brokers to talk to"),
    *says("tcp.closed", SENTENCE)('exception (501) reason: "', 'exception (504) reason: "'),
    *says("service.rejected", SENTENCE, "wait")(
        'exception (403) reason: "', 'exception (530) reason: "', 'exception (402) reason: "'
    ),
]

GO: list[TextRule] = [
    *_NET,
    *_HTTP,
    *_ENDS,
    *_WEBSOCKET,
    *_PROXY,
    *_TLS,
    *_GRPC,
    *_SSH,
    *_PEERS,
    *_DRIVERS,
]
