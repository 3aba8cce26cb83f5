"""What the JVM and its libraries say: sockets, clients of HTTP, drivers of stores and brokers.

Sources: the JDK's ``sun.net``, ``java.net.http`` and ``java.nio``; Netty, Reactor, OkHttp, Apache's
clients, gRPC-java; the drivers of PostgreSQL, SQL Server, MongoDB, RabbitMQ, ZooKeeper, Kafka.
"""

from ringback.failure.clue import SPECIFIC, TEXT, TIMEOUT
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

JVM: list[TextRule] = [
    *says("http.response.invalid.empty", SPECIFIC, "wait")(
        "connection prematurely closed before response",
        "connection has been closed before response",
        "server failed to respond",  # NoHttpResponseException of Apache's client
        "unexpected end of stream on",  # OkHttp
        "unexpected end of file from server",
    ),
    *says("http.response.invalid.content_length_mismatch", SPECIFIC, "body")(
        "connection prematurely closed during response",
        "premature end of content-length delimited",
    ),
    *says("http.response.invalid.incomplete_chunked_encoding", SPECIFIC, "body")(
        "premature end of chunk coded message", "premature eof", "chunkedinputstream"
    ),
    *says("tcp.refused", SPECIFIC, "connect")(
        " refused", before=r"Connection to [\w.\-]{1,120}:\d{1,5}", then=r"\b"
    ),
    *says(TIMEOUT, SPECIFIC, "connect")(
        "connection timed out: no further information", "connecttimeoutexception"
    ),
    *says("tcp.refused", SPECIFIC, "connect")("connection refused: no further information"),
    *says("http.response.timed_out", SPECIFIC, "wait")("readtimeoutexception"),
    *says("http.request.timed_out", SPECIFIC, "send")(
        "writetimeouthandler", "writetimeoutexception"
    ),
    *says("tcp.timed_out.established", SPECIFIC, "wait")("operation timed out (read failed)"),
    *says("tls.closed", SPECIFIC, "tls")(
        "ssl peer shut down incorrectly",
        "closed connection during handshake",
    ),
    *says("tcp.reset", SENTENCE)(  # Gradle's tree of causes
        "connection reset", before=r"Could not (?:GET|HEAD|PUT) [^\n]{1,250}"
    ),
    *says("client.pool_exhausted", SPECIFIC, "pool")(
        "acquire operation took longer than the configured maximum time",
    ),
    *says("tcp.failed", HINT, "connect")(
        "none of the configured nodes are available", "nohostavailable", "nonodeavailable"
    ),
    *says("tcp.closed", SENTENCE)("nodedisconnectedexception", "disconnectexception"),
    *says("tcp.timed_out", SPECIFIC, "connect")("connect_timeout[", before=r"\] "),
    *says("client.pool_exhausted", NARROWER, "pool")(
        "could not get a resource from the pool", "timeout waiting for idle object"
    ),
    *says("dns.timed_out", OVERRIDE, "dns")(
        "dnsnameresolvertimeoutexception", "via udp timed out after"
    ),
    *says("dns.failed", SENTENCE, "dns")("no resolvable bootstrap urls"),
    *says("tls.version_or_cipher_mismatch", SPECIFIC, "tls")(
        "is not accepted by client preferences"
    ),
    *says("tcp.timed_out.established", SENTENCE, "wait")(
        "client session timed out, have not heard from server"
    ),
    # Kafka: its own limits; the cause is seldom said
    *says("client.deadline_exceeded", PHRASE, "wait")(
        "failed to update metadata after",
        "timed out waiting to send the call",
        "timed out waiting for a node assignment",
        "timeout expired while fetching topic metadata",
        "timeout expired before the position for partition",
        "ms has passed since batch creation",
    ),
    *says("client.deadline_exceeded", PHRASE, "wait")(
        " not present in metadata after ", then=r"\d"
    ),
    *says("tcp.closed", PHRASE)(
        " disconnected.", before=r"clientId=[^\n]{1,120}\] Node -?\d{1,10}"
    ),
    *says("client.deadline_exceeded", PHRASE, "wait")(
        "timed out at", before=r"callName=\w{1,40}[^\n]{0,120}", then=r" \d"
    ),
    *says("tcp.failed", HINT, "connect")(
        "broker transport failure",
        "brokers are down",
        "could not be established. broker may not be available",
        "bootstrap broker",
    ),
    # the JDK
    *says("tcp.refused", SPECIFIC, "connect")("portunreachableexception", "icmp port unreachable"),
    *says("tcp.closed", PHRASE)("closedchannelexception"),
    *says("dns.name_not_resolved", SENTENCE, "dns")("unresolvedaddressexception"),
    *says("http.response.redirect_loop", SPECIFIC, "wait")(
        "server redirected too many", "circular redirect to"
    ),
    *says("tls.cert.invalid", TEXT, "tls")("peer not authenticated"),
    *says("http.response.invalid.empty", SPECIFIC, "wait")("header parser received no bytes"),
    *says("http.response.invalid.content_length_mismatch", SPECIFIC, "body")(
        "fixed content-length: ", then=r"\d{1,15}, bytes received"
    ),
    *says("http.response.invalid.incomplete_chunked_encoding", SPECIFIC, "body")(
        "chunked transfer encoding, state: reading", "truncated chunk"
    ),
    *says("http.error", SENTENCE, "wait")("filenotfoundexception: http"),
    *says("proxy.auth_required", VERDICT, "proxy")(
        "socks : authentication failed", "socks : no acceptable methods"
    ),
    *says("proxy.denied", OVERRIDE, "proxy")("socks: connection not allowed by ruleset"),
    *says("proxy.upstream_failed", OVERRIDE, "proxy")(
        "socks server general failure",
        "socks: network unreachable",
        "socks: host unreachable",
        "socks: connection refused",
        "socks: ttl expired",
    ),
    # Android, Volley
    *says("url.scheme_invalid", SPECIFIC, "config")(
        "cleartext communication", then=r" (?:to [^\n]{1,200} not permitted|not enabled for client)"
    ),
    *says("url.scheme_invalid", SPECIFIC, "config")(
        "cleartext http traffic", then=r" (?:to [^\n]{1,200} )?not permitted"
    ),
    *says("url.scheme_invalid", SPECIFIC, "config")(
        "err_cleartext_not_permitted", "insecure http is not allowed by platform"
    ),
    *says("tls.version_or_cipher_mismatch", SPECIFIC, "tls")("unable to find acceptable protocols"),
    *says("tcp.address_unreachable.prohibited", SPECIFIC, "connect")("missing internet permission"),
    *says("tcp.address_unreachable.prohibited", SPECIFIC, "connect")(
        "socket failed: e", then=r"(?:perm|acces) \("
    ),
    *says("http.error.auth", SENTENCE, "wait")("volley.authfailureerror"),
    # OkHttp, Apache's client, Netty
    *says("h2.protocol.error", SPECIFIC, "wait")("stream was reset: "),
    *says("http.response.invalid.content_length_mismatch", SENTENCE, "body")(
        "protocolexception: unexpected end of stream"
    ),
    *says("http.protocol.error", SPECIFIC, "body")("crlf expected at end of chunk"),
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")("not an ssl/tls record"),
    *says("http.response.invalid.empty", SENTENCE, "wait")("channel gone inactive"),
    # gRPC
    *says("tcp.closed", SENTENCE)("network closed for unknown reason"),
    *says("http.response.invalid.not_http", SPECIFIC, "wait")(
        "first received frame was not settings"
    ),
    *says("tcp.timed_out.established", SPECIFIC)("keepalive failed. the connection is likely gone"),
    *says("client.closed", SPECIFIC, "pool")("channel shutdown invoked", "channel shutdownnow"),
    # drivers
    *says("tcp.closed", PHRASE)("an i/o error occurred while sending to the backend"),
    *says("tls.failed", PHRASE, "tls")(
        "could not establish a secure connection to sql server", "could not convert socket to tls"
    ),
    *says("tcp.closed", SENTENCE)("prematurely reached end of stream"),
    *says("tcp.failed", HINT, "connect")("exception opening socket"),
    *says("http.response.timed_out", SPECIFIC, "wait")("listener timeout after waiting for"),
    *says("http.error.unavailable", SENTENCE, "wait")("masternotdiscoveredexception"),
    *says("service.rejected", TEXT, "wait")("possibly caused by authentication failure"),
    *says("tcp.timed_out.established", SPECIFIC)("heartbeat missing with heartbeat"),
    *says("tcp.closed", PHRASE)("keepererrorcode = connectionloss"),
    *says("tcp.timed_out.established", PHRASE)("keepererrorcode = session expired"),
    *says("service.rejected", SPECIFIC, "wait")(
        "keepererrorcode = authfailed", "keepererrorcode = noauth"
    ),
    *says("tcp.closed", SPECIFIC)("likely server has closed socket"),
    *says("tcp.failed", TEXT, "connect")("retrying connect to server: "),
    *says("tcp.closed", SENTENCE)("smtpsendfailedexception: [eof]"),
    *says("tcp.closed", PHRASE)("error unmarshaling return header"),
]
