"""What the JVM and its libraries say: sockets, clients of HTTP, drivers of stores and brokers.

Sources: the JDK's ``sun.net``, ``java.net.http`` and ``java.nio``; Netty, Reactor, OkHttp, Apache's
clients, gRPC-java, Vert.x; pools; Hadoop, Spark, Flink; AWS's SDK, Dubbo, RocketMQ.
"""

from ringback.failure.clue import BARE, GENERIC, SPECIFIC, TEXT, TIMEOUT
from ringback.failure.names import KindName
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
from ringback.failure.text.rules.other import OTHER

_ANSWERED: dict[str, KindName] = {
    "40[13]": "http.error.auth",
    "429": "http.error.rate_limited",
    "503": "http.error.unavailable",
    "50[24]": "http.error.gateway",
    "(?:40[02-9]|41\\d|42[0-8]|50[015-9])": "http.error",
}

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
        "premature end of chunk coded message", "chunkedinputstream"
    ),
    # HDFS and others say it of a stream of their own
    *says("http.response.invalid.incomplete_chunked_encoding", SPECIFIC, "body")(
        "premature eof", then=r"(?!: no| from|\w)"
    ),
    *says("tcp.closed", SENTENCE)("premature eof: no length", "premature eof from inputstream"),
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
        "acquire operation took longer than ",
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
    # pools: HikariCP, DBCP, c3p0, Druid, Tomcat's, Agroal, R2DBC's; those of HTTP's clients
    *says("client.pool_exhausted", SPECIFIC, "pool")(
        "checkout a connection has timed out",
        "pool empty. unable to fetch a connection",
        "sorry, acquisition timeout!",
        "connection acquisition timed out after",
        "has been exceeded when getting a connection to",
        "connection pool reached max wait queue size",
        "pending acquire queue has reached its maximum",
        "pool#acquire(duration) has been pending",
        "max requests queued per destination",
        "maximum pending connection acquisitions exceeded",
        "exceeded configured max-open-requests value",
    ),
    *says("client.pool_exhausted", SPECIFIC, "pool")("wait millis ", then=r"\d{1,9}, active \d"),
    *says("client.pool_exhausted", SPECIFIC, "pool")(
        "timeout deadline: ", then=r"\d{1,12} \w{1,20}, actual: \d"
    ),
    *says("client.closed", SPECIFIC, "pool")("(hikaripool-", then=r"\d{1,4}\) has been closed"),
    *says("client.closed", SPECIFIC, "pool")(
        "i/o reactor status: stopped", "i/o reactor has been shut down", "selector manager closed"
    ),
    *says("tcp.closed.stale", SENTENCE, "wait")("consider using a shorter maxlifetime value"),
    *says("tcp.closed", PHRASE)("marked as broken because of sqlstate("),
    *says("tcp.failed", SENTENCE, "connect")(
        "connections could not be acquired from the underlying database"
    ),
    *says("tcp.failed", GENERIC, "connect")(
        "failed to obtain jdbc connection",
        "unable to acquire jdbc connection",
        "cannot create poolableconnectionfactory",
        "exception during pool initialization",
        "create connection sqlexception, url: ",
    ),
    # the JDK, further
    *says("tls.closed", SPECIFIC, "tls")("peer's close_notify", before=r"before receiving "),
    *says("tls.protocol.error", SENTENCE, "tls")("badtagexception: tag mismatch"),
    *says("tcp.closed", SENTENCE)("connection or outbound has closed"),
    *says("tcp.address_unreachable.prohibited", TEXT, "connect")("permission denied: connect"),
    *says("tcp.closed", PHRASE)("eof reached while reading", "asynchronouscloseexception"),
    *says("tcp.address_unreachable.network", TEXT, "connect")(
        "protocol family unavailable", "protocol family not supported"
    ),
    *says("config.tls_files_invalid", SPECIFIC, "config")(
        "trustanchors parameter must be non-empty",
        "keystore was tampered with, or password was incorrect",
        "keystore password was incorrect",
        "invalid keystore format",
        "lengthtag=109, too big",
        "toderinputstream rejects tag type",
        "error constructing implementation (algorithm: default, provider: sunjsse",
    ),
    *says("tls.version_or_cipher_mismatch", SPECIFIC, "tls")(
        "unable to find compatible protocol", "tls alpn negotiation failed"
    ),
    *says("config.tls_unavailable", SENTENCE, "config")(
        "alpn/npn has not been properly configured"
    ),
    *says("tls.failed", SENTENCE, "tls")(
        "general sslengine problem", "general opensslengine problem"
    ),
    *says("h2.protocol.error", SENTENCE, "wait")(": goaway received"),
    # Apache's client, OkHttp, Netty, Reactor, Vert.x, Jetty, Akka
    *says(TIMEOUT, SPECIFIC, "wait")(
        "sockettimeoutexception: ", then=r"\d{1,9} (?:milliseconds|seconds|minutes)"
    ),
    *says("tls.timed_out", NARROWER, "tls")(
        "] failed: read timed out", before=r"connect to [^\n]{1,200}"
    ),
    *says("http.response.invalid.not_http", NARROWER, "wait")(
        "failed to respond with a valid http response"
    ),
    *says("http.response.redirect_loop", SPECIFIC, "wait")(
        "maximum redirects (", then=r"\d{1,4}\) exceeded"
    ),
    *says("http.response.redirect_loop", SPECIFIC, "wait")("too many follow-up requests: "),
    *says("http.response.invalid.empty", SENTENCE, "wait")(" not found: limit=0 content="),
    *says("tcp.timed_out.established", SPECIFIC)(
        "sent ping but didn't receive pong within",
        "due to delayed ping ack response",
        "keepalive failed. considering connection dead",
    ),
    *says("tcp.timed_out.established", SPECIFIC)(
        "(..) failed: connection timed out", before=r"(?:read|write)v?(?:address)?"
    ),
    *says("abandoned", SENTENCE)("ioexception: canceled"),
    *says("http.error", SENTENCE, "wait")("expected http 101 response but was '"),
    *says("http.response.unexpected_content", PHRASE, "wait")("to accept malformed json"),
    *says("tls.closed", SPECIFIC, "tls")(
        "while ssl/tls handshake was in progress",
        "closed while performing tls negotiation",
        "connection closed while handshake in process",
    ),
    *says("tls.closed", SENTENCE, "tls")("closed while performing protocol negotiation"),
    *says("dns.temporary_failure", SPECIFIC, "dns")("query failed with servfail"),
    *says("tcp.closed", SENTENCE)("connection has been closed before send operation"),
    *says("client.deadline_exceeded", SENTENCE)(
        "did not observe any item or terminal event within",
        "did not complete before the specified timeout configuration",
    ),
    *says("client.deadline_exceeded", SENTENCE)("total timeout ", then=r"\d{1,9} ms elapsed"),
    *says("http.response.timed_out", SPECIFIC, "wait")("has been exceeded while executing"),
    *says("http.response.timed_out", PHRASE, "wait")("tcp idle-timeout of"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "ask timed out on [", "idle timeout expired: "
    ),
    *says("tls.failed", PHRASE, "tls")("failed to create ssl connection"),
    *says("http.response.invalid.empty", SPECIFIC, "wait")(
        "closed the connection unexpectedly before delivering responses"
    ),
    *says("http.response.invalid.content_length_mismatch", SPECIFIC, "body")(
        "entity stream truncation", "data read has a different length than the expected"
    ),
    *says("tcp.failed", GENERIC, "connect")("tcp command [connect("),
    *says("tcp.closed", PHRASE)("disassociated [", before=r"(?:^|[^\w])"),
    *says("tcp.failed", PHRASE, "connect")("association with remote system"),
    # gRPC
    *says("unknown", HINT)("statusexception: unavailable", "statusruntimeexception: unavailable"),
    *says("tcp.closed", PHRASE)(
        "encountered end-of-stream mid-frame", "unavailable: channel closed"
    ),
    *says("h2.protocol.error", SPECIFIC, "wait")(
        "rst_stream closed stream. http/2 error code: ", then=r"(?!CANCEL)"
    ),
    *says("abandoned", SENTENCE)("rst_stream closed stream. http/2 error code: cancel"),
    *says(OTHER, OVERRIDE)(
        "grpc message exceeds maximum size", "received message larger than max ("
    ),
    *says("client.closed", NARROWER, "pool")("grpc: the client connection is closing"),
    # Spring Cloud, Dubbo, RocketMQ
    *says("tcp.failed", SENTENCE, "connect")(
        "cannot execute request on any known server",
        "client not connected, current status",
        "remotingconnectexception: connect to",
    ),
    *says("tcp.failed", PHRASE, "connect")("does not have available server for client"),
    *says("http.response.timed_out", SPECIFIC, "wait")(
        "waiting server-side response timeout", "wait response on the channel"
    ),
    *says("tcp.timed_out", SPECIFIC, "connect")("client-side timeout ", then=r"\d{1,9} ?ms"),
    *says("tcp.closed", SENTENCE)("can not send, because channel is closed"),
    *says("service.rejected", SENTENCE, "wait")("[timeout_clean_queue]broker busy"),
    # AWS
    *says("tcp.closed", SENTENCE)(
        "the connection was closed during the request",
        "channel was closed before the protocol could be determined",
    ),
    *says("tcp.failed", BARE, "connect")("unable to execute http request"),
    # Hadoop, HBase, Hive
    *says("http.response.timed_out", SPECIFIC, "wait")("for channel to be ready for read"),
    *says("http.request.timed_out", SPECIFIC, "send")("for channel to be ready for write"),
    *says("tcp.timed_out", SPECIFIC, "connect")("for channel to be ready for connect"),
    *says("dns.name_not_resolved", SPECIFIC, "dns")("invalid host name: ", then=r"local host is"),
    *says("service.rejected", SPECIFIC, "wait")(
        "operation category ", then=r"\w{1,20} is not supported in state standby"
    ),
    *says("service.rejected", SPECIFIC, "wait")(
        "simple authentication is not enabled",
        "client cannot authenticate via:",
        "gss initiate failed",
        "no valid credentials provided",
        "is not allowed to impersonate",
        "cannot communicate with client version",
        "peer indicated failure: error validating the login",
    ),
    *says("service.rejected", SENTENCE, "wait")(
        "server is not running yet", "name node is in safe mode"
    ),
    *says("tcp.failed", SENTENCE, "connect")("bad connect ack with firstbadlink"),
    *says("tcp.failed", SPECIFIC, "connect")("this server is in the failed servers list"),
    *says("tcp.failed", PHRASE, "connect")(
        "no live nodes contain",
        "could not communicate with the remote task",
        "encountered too many errors talking to a worker",
    ),
    *says("tcp.failed", PHRASE, "connect")("all datanodes ", then=r"[^\n]{1,200} are bad"),
    *says("http.response.invalid.not_http", SPECIFIC, "wait")(
        "rpc response exceeds maximum data length"
    ),
    *says("http.response.invalid.not_http", SENTENCE, "wait")(
        "ttransportexception: invalid status"
    ),
    *says("tcp.closed", SPECIFIC)("end of file exception between local host"),
    *says("tcp.closed", SENTENCE)("is closing. call id="),
    *says("tcp.timed_out.established", SPECIFIC)("lost heartbeat from "),
    *says("tcp.timed_out.established", SENTENCE)("as it is now lost"),
    *says("http.response.timed_out", PHRASE, "wait")("calltimeout=", then=r"\d{1,9}, callDuration"),
    # Spark, Flink
    *says("tcp.timed_out.established", SPECIFIC)(
        "assuming connection is dead", "with no recent heartbeats", "executor heartbeat timed out"
    ),
    *says("tcp.timed_out.established", SPECIFIC)(
        "heartbeat of ", then=r"(?:task|job|resource)manager with id [^\n]{1,120} timed out"
    ),
    *says("tcp.timed_out.established", SENTENCE)(
        " is no longer reachable", before=r"(?:task|job)manager with id [^\n]{1,120}"
    ),
    *says(TIMEOUT, SPECIFIC, "wait")("cannot receive any reply from ", then=r"[^\n]{1,120} in \d"),
    *says(TIMEOUT, SPECIFIC, "connect")(
        " timed out (", before=r"connecting to /?[\w.\-/]{1,120}:\d{1,5}"
    ),
    *says("tcp.closed", SPECIFIC)(
        "remote rpc client disassociated", "requests outstanding when connection from"
    ),
    *says("tcp.failed", SPECIFIC, "connect")("all masters are unresponsive"),
    *says("tcp.failed", SENTENCE, "connect")("unable to send heartbeats to driver"),
    *says("client.local_address", PHRASE, "connect")(
        "could not bind on port", "could not bind on a random free port"
    ),
    # JNDI, JSch, Ktor, Spring Boot, OkHttp's log of answers
    *says("tcp.closed", SENTENCE)("ldap connection has been closed", "end of io stream read"),
    *says("tcp.closed", PHRASE)("jschexception: session is down", "jetty.io.eofexception"),
    *says("tcp.failed", HINT, "connect")("simple bind failed: "),
    *says("tcp.failed", GENERIC, "connect")(
        "can not connect to", "failed to restore connection to"
    ),
    *says("service.rejected", NARROWER, "wait")("jschexception: auth ", then=r"(?:fail|cancel)"),
    *says("tcp.timed_out", SPECIFIC, "connect")("socket is not established", before=r"timeout: "),
    *says(OTHER, OVERRIDE)("jschexception: unknownhostkey", "jschexception: reject hostkey"),
    *says(TIMEOUT, SENTENCE, "wait")("socket timeout has expired"),
    *says("tcp.reset", SENTENCE)("socketexception(connection reset)"),
    # JRuby's HTTP client
    *says("dns.failed", SENTENCE, "dns")("manticore::resolutionfailure"),
    *says("client.deadline_exceeded", SENTENCE)("request timeout has expired"),
    *says("client.local_address", SENTENCE, "connect")(
        " was already in use", before=r"port \d{1,5}"
    ),
    *[
        rule
        for statuses, kind in _ANSWERED.items()
        for rule in says(kind, PHRASE, "wait")(
            "<-- ", then=rf"{statuses} (?:\S{{1,40}} )?https?://"
        )
    ],
]
