"""What runtimes and clients of other languages say.

Sources: Netty's and Reactor's exceptions; Erlang's atoms of ``inet`` and ``ssl``, Mint's errors;
gRPC's core and grpc-go; hyper's ``Error`` and reqwest's, rustls' ``CertificateError``; PHP's
``xp_ssl.c``; RubyGems' and Bundler's fetchers; LWP.
"""

from ringback.failure.clue import EXACT, GENERIC, SPECIFIC, TEXT, TIMEOUT
from ringback.failure.names import KindName
from ringback.failure.text.rule import (
    BARE_TIMEOUT,
    HINT,
    NARROWER,
    OVERRIDE,
    PHRASE,
    SENTENCE,
    VERDICT,
    TextRule,
    say_each,
    says,
)

# Erlang and Elixir: atoms of inet and ssl, Mint, Hackney; Ruby; Rust; Go; Dart.

_ATOMS: dict[str, KindName] = {
    "econnrefused": "tcp.refused",
    "econnreset": "tcp.reset",
    "etimedout": "tcp.timed_out",
    "ehostunreach": "tcp.address_unreachable.host",
    "enetunreach": "tcp.address_unreachable.network",
    "nxdomain": "dns.name_not_resolved",
    "econnaborted": "tcp.aborted",
    "ehostdown": "tcp.address_unreachable.host",
    "eaddrnotavail": "client.local_address",
    "eaddrinuse": "client.local_address",
    "enetdown": "tcp.address_unreachable.network",
    "enotconn": "tcp.closed",
}
_GO_REQUEST = r"\b(?:Get|Post|Put|Head|Delete|Patch) \"https://[^\"\n]{1,250}"
"""To which the proxy answered with a status, of which Go says the words alone."""
_BAD_CERT: dict[str, KindName] = {
    "hostname_check_failed": "tls.cert.name_invalid",
    "cert_expired": "tls.cert.date_invalid.expired",
    "unknown_ca": "tls.cert.authority_invalid.unknown_issuer",
    "selfsigned_peer": "tls.cert.authority_invalid.self_signed",
    "revoked": "tls.cert.revoked",
    "max_path_length_reached": "tls.cert.invalid",
}
_RUST_KINDS: dict[str, KindName] = {
    "connectionrefused": "tcp.refused",
    "connectionreset": "tcp.reset",
    "connectionaborted": "tcp.aborted",
    "hostunreachable": "tcp.address_unreachable.host",
    "networkunreachable": "tcp.address_unreachable.network",
    "networkdown": "tcp.address_unreachable.network",
    "addrinuse": "client.local_address",
    "addrnotavailable": "client.local_address",
    "notconnected": "tcp.closed",
}
"""``std::io::ErrorKind``, as ``Debug`` shows it."""
_RUSTLS: dict[str, KindName] = {
    "expired": "tls.cert.date_invalid.expired",
    "notvalidyet": "tls.cert.date_invalid.not_yet_valid",
    "certificate not valid yet": "tls.cert.date_invalid.not_yet_valid",
    "revoked": "tls.cert.revoked",
    "badsignature": "tls.cert.invalid",
    "badencoding": "tls.cert.invalid",
    "unhandled": "tls.cert.invalid",
    "unsupported": "tls.cert.invalid",
    "invalidpurpose": "tls.cert.invalid",
    "unknownrevocation": "tls.cert.invalid",
    "expiredrevocation": "tls.cert.invalid",
    "applicationverification": "tls.cert.invalid",
}
"""``rustls::CertificateError``; what it has of no other library."""
_RESTCLIENT: dict[str, KindName] = {
    "badrequest": "http.error",
    "notfound": "http.error",
    "resourcenotfound": "http.error",
    "conflict": "http.error",
    "unprocessableentity": "http.error",
    "internalservererror": "http.error",
    "unauthorized": "http.error.auth",
    "forbidden": "http.error.auth",
    "toomanyrequests": "http.error.rate_limited",
    "serviceunavailable": "http.error.unavailable",
    "badgateway": "http.error.gateway",
    "gatewaytimeout": "http.error.gateway",
}
"""Ruby's names of statuses, in rest-client and in others."""
_MINT = r"(?:TransportError|HTTPoison\.Error|HTTPError|failed_connect|DBConnection)[^\n]{0,120}"

LANGUAGES: list[TextRule] = [
    *[
        rule
        for atom, kind in _ATOMS.items()
        for rule in says(kind, EXACT)(
            f":{atom}", f"{{error,{atom}}}", f"{{error, {atom}}}", f",{atom}}}"
        )
    ],
    *[
        rule
        for atom, kind in _BAD_CERT.items()
        for rule in says(kind, EXACT + 1, "tls")(atom, before=r"bad_cert,\s{0,6}[:{]?\s{0,3}")
    ],
    *says("dns.name_not_resolved", SPECIFIC, "dns")("non-existing domain"),
    *says("tls.cert.invalid", NARROWER, "tls")("bad_cert", before=r"[{:( ]"),
    *says("tcp.timed_out.established", PHRASE, "wait")("heartbeat_timeout"),
    *says("tcp.closed", PHRASE)("socket_closed_unexpectedly", "mint.transporterror: socket closed"),
    *says(TIMEOUT, PHRASE)("reason: :timeout", before=_MINT),
    *says(TIMEOUT, SENTENCE, "connect")("reason: :connect_timeout", ",connect_timeout}"),
    *says(TIMEOUT, SENTENCE, "connect")(",timeout}", before=r"failed_connect[^\n]{0,200}"),
    *says("client.pool_exhausted", SENTENCE, "pool")("reason: :checkout_timeout"),
    *says("tcp.closed", PHRASE)("reason: :closed", before=_MINT),
    *says("tcp.closed", SENTENCE)(
        "tcp recv: closed",
        "tcp send: closed",
        "ssl recv: closed",
        "ssl send: closed",
        "tcp recv (idle): closed",
        "ssl recv (idle): closed",
    ),
    *says("tcp.closed", HINT)("connection is closed because of an error, disconnect or timeout"),
    *says("client.deadline_exceeded", PHRASE)(
        " timed out because it queued and checked out the connection for longer than"
    ),
    # Dart; Android's resolver says "no address" also of names that do not exist
    *says("http.response.invalid.empty", SPECIFIC, "wait")(
        "connection closed before full header was received"
    ),
    *says("http.response.invalid.content_length_mismatch", SENTENCE, "body")(
        "connection closed while receiving data"
    ),
    *says("dns.name_not_resolved", SPECIFIC + 1, "dns")(
        "no address associated with hostname",
        before=r"(?:failed host lookup: '|unable to resolve host \")[^\n]{1,160}",
    ),
    # Perl
    *says("dns.name_not_resolved", SENTENCE, "dns")("(bad hostname", "bad hostname '"),
    *says("http.response.invalid.empty", SPECIFIC, "wait")(
        "server closed connection without sending any data back"
    ),
    *says("tls.failed", PHRASE, "tls")("ssl connect attempt failed", "ssl negotiation failed"),
    *says("config.tls_unavailable", SPECIFIC, "config")("protocol scheme 'https' is not supported"),
    *says("url.scheme_invalid", SENTENCE, "config")(
        "' is not supported", before=r"Protocol scheme '(?!https)\w{1,20}"
    ),
    # PHP
    *says("tls.timed_out", SENTENCE, "tls")("handshake timed out"),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("did not match expected cn"),
    *says("tls.failed", HINT, "tls")("failed to enable crypto"),
    *says("tcp.closed", SENTENCE)("server went away", "server broke connection"),
    *says("config.tls_unavailable", SPECIFIC, "config")('unable to find the wrapper "https"'),
    *says("request.invalid", SENTENCE, "config")("configuration by allow_url_fopen"),
    *says("tls.closed", TEXT, "tls")("ssl: fatal protocol error"),
    *says("tls.failed", PHRASE, "tls")("ssl: handshake failure"),
    *says("tcp.closed", TEXT)(
        "read error on connection",
        "socket error on read socket",
    ),
    *says("service.rejected", SPECIFIC, "wait")("smtp error: could not authenticate"),
    *says("tcp.closed", SENTENCE, "wait")(
        "but got an empty response",
        'but got code ""',
        before=r"[Ee]xpected response code [^\n]{1,40}",
    ),
    *says("http.error.auth", SENTENCE, "wait")("could not authenticate against "),
    *says("http.error.rate_limited", SPECIFIC, "wait")(
        ") is exhausted, could not fetch", before=r"API limit \(\d{1,6} calls/hr"
    ),
    *says("http.response.timed_out", HINT, "wait")("error fetching http headers"),
    *says("http.response.unexpected_content", SENTENCE, "body")(
        "looks like we got no xml document"
    ),
    *says("unknown", HINT)("http_request_failed"),
    *says(TIMEOUT, SENTENCE, "wait")("idle timeout reached for "),
    *says("tls.failed", PHRASE, "tls")("unable to connect with starttls", "ssl operation failed"),
    *says("service.rejected", SPECIFIC, "wait")("failed to authenticate on smtp server"),
    *says(TIMEOUT, SPECIFIC + 1, "wait")(
        " while awaiting incoming data", before=r"timed out after \d{1,5} sec"
    ),
    # Ruby
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("does not match the server certificate"),
    *says("http.error", SENTENCE, "wait")(
        " 404 (http", before=r"bad response [A-Z][A-Za-z ]{1,40}"
    ),
    *says("http.error.auth", NARROWER + 1, "wait")(
        "authentication is required for ", "bad username or password for http"
    ),
    *[
        rule
        for name, kind in _RESTCLIENT.items()
        for rule in says(kind, SENTENCE, "wait")(f"restclient::{name}", f"octokit::{name}")
    ],
    *says("url.invalid", SENTENCE, "config")(
        "uri must be ascii only", "http request path is empty"
    ),
    *says("url.scheme_invalid", SPECIFIC, "config")("must be http, https or generic"),
    *says("http.response.redirect_loop", SPECIFIC, "wait")("http redirects too deep"),
    *says("http.response.redirect_invalid", SENTENCE, "wait")(
        "redirection forbidden: ", then=r"\w{1,20}:"
    ),
    *says("http.protocol.error", SENTENCE, "wait")(
        "invalid http format, parsing fails", "wrong header line format"
    ),
    *says("http.response.invalid.content_decoding", TEXT, "body")(
        "not in gzip format", then=r"[^\n]{0,120}\b(?:Net|HTTP)"
    ),
    *says("service.rejected", SPECIFIC, "wait")("authentication with rabbitmq failed"),
    *says(TIMEOUT, BARE_TIMEOUT)("execution expired"),
    *says(TIMEOUT, TEXT, "connect")("execution expired", before=r"ConnectionFailed\W{1,6}"),
    *says(TIMEOUT, SENTENCE, "wait")("receivetimeouterror: execution expired"),
    *says("tcp.closed.stale", SPECIFIC, "wait")("keepalivedisconnected"),
    *says(TIMEOUT, SENTENCE, "connect")("ssh::connectiontimeout"),
    *says("tls.closed", SPECIFIC, "tls")("ssl_connect syscall returned=5 errno=0"),
    *says("tcp.closed", TEXT)("end of file reached"),
    *says("http.response.invalid.not_http", SPECIFIC, "wait")("wrong status line: "),
    *says("tcp.closed", PHRASE)("no connection to the server"),
    *says("tcp.reset", SPECIFIC)("too many connection resets"),
    *says("tcp.failed", HINT, "connect")("dalli::ringerror", "no server available"),
    *says("tcp.timed_out", SENTENCE, "connect")("net::opentimeout"),
    *says("tls.timed_out", SPECIFIC, "tls")(
        "ssl_socket_connect", before=r"OpenTimeout[^\n]{0,250}"
    ),
    *says("http.response.timed_out", SPECIFIC, "wait")("net::readtimeout"),
    *says("http.request.timed_out", SPECIFIC, "send")("net::writetimeout"),
    # Zig: names of errors of its standard library
    *says("dns.temporary_failure", SPECIFIC, "dns")("temporarynameserverfailure"),
    *says("dns.server", SPECIFIC, "dns")("error: nameserverfailure"),
    *says("dns.name_not_resolved", SPECIFIC, "dns")("error: unknownhostname"),
    *says("dns.no_address", SPECIFIC, "dns")("hostlacksnetworkaddresses"),
    *says("tls.failed", SPECIFIC, "tls")("error: tlsinitializationfailed"),
    *says("config.tls_files_invalid", SPECIFIC)("certificatebundleloadfailure"),
    # Rust: hyper, reqwest
    *says("dns.temporary_failure", VERDICT, "dns")(
        "failed to lookup address information: try again"
    ),
    *says("tls.cert.name_invalid", SENTENCE, "tls")("invalid dnsname", "notvalidforname"),
    *says("dns.name_not_resolved", SENTENCE, "dns")(
        "no record found for ", "no records found for ", then=r"(?:name: |Query)"
    ),
    *says("tls.failed", HINT, "tls")("sending fatal alert "),
    *says("http.response.invalid.empty", SENTENCE, "wait")("incompletemessage"),
    *says("tcp.closed", SENTENCE)("channel closed", before=r"hyper[^\n]{0,80}"),
    *says("http.error.unavailable", SPECIFIC, "wait")(
        "got 503", before=r"successful HTTP response[^\n]{0,200}"
    ),
    *says("http.error", SENTENCE, "wait")("failed to get successful http response"),
    *[
        rule
        for name, kind in _RUST_KINDS.items()
        for rule in says(kind, TEXT)(name, before=r"(?:ErrorKind::|kind: |Kind\()", then=r"\b")
    ],
    *says("client.deadline_exceeded", SENTENCE)(
        ": operation timed out", before=r"error sending request for url \([^\n)]{1,250}\)"
    ),
    *says("http.response.body_timed_out", SENTENCE, "body")(
        "body error: operation timed out", "error decoding response body: operation timed out"
    ),
    *say_each(
        _RUSTLS,
        rank=SPECIFIC,
        phase="tls",
        before=r"invalid ?(?:peer ?)?certificate(?: contents)?(?:: |\()",
    ),
    *says("tls.version_or_cipher_mismatch", SENTENCE, "tls")(
        "peer is incompatible: ", "peerincompatible("
    ),
    *says("tls.protocol.error", SENTENCE, "tls")(
        "peer misbehaved: ", "peermisbehaved(", "received corrupt message of type "
    ),
    *says("config.tls_files_invalid", SENTENCE, "config")(
        "no native root ca certificates found", "no ca certificates were loaded from the system"
    ),
    *say_each(
        {
            "error(parse(version": "http.response.invalid.not_http",
            "error(parse(method": "http.response.invalid.not_http",
            "error(parse(header": "http.protocol.error",
            "error(parse(status": "http.protocol.error",
            "error(parse(toolarge": "http.protocol.error",
        },
        rank=SENTENCE,
        phase="wait",
    ),
    *says("http.response.unexpected_content", SENTENCE, "body")(
        "error decoding response body: ",
        then=r"(?:expected|invalid type|missing field|unknown|EOF while parsing)",
    ),
    *says("url.scheme_invalid", SPECIFIC, "config")(
        "url scheme is not allowed", "url scheme not supported"
    ),
    *says("config.tls_unavailable", SENTENCE, "config")("tls support not compiled in"),
    *says("http.response.invalid.content_length_mismatch", SENTENCE, "body")(
        "error: incompletebody"
    ),
    *say_each(
        {
            "kind: goaway(": "h2.protocol.error",
            "kind: reset(": "h2.protocol.error",
            "connection error detected: ": "h2.protocol.error",
            "stream error detected: ": "h2.protocol.error",
        },
        rank=TEXT,
        phase="wait",
        before=r"(?i:http2|h2)[^\n]{0,80}",
    ),
    *says("client.closed", PHRASE)("runtime dropped the dispatch task"),
    *says("unknown", HINT)('message: "transport error"'),
    *says("tcp.closed", SENTENCE)(
        "bytes at eof", before=r"expected to read \d{1,9} bytes, got \d{1,9} "
    ),
    *says("tcp.closed", SENTENCE)("resetwithoutclosinghandshake"),
    *says("http.response.invalid.not_http", SENTENCE, "wait")(
        "http version did not start with http/"
    ),
    *says(TIMEOUT, SENTENCE, "connect")('kind: "http connect"'),
    *says(TIMEOUT, SENTENCE, "connect")("timeout: connect", before=r"(?<!\w)", then=r"(?!\w)"),
    *says(TIMEOUT, SENTENCE, "wait")("timeout while waiting for response", 'kind: "http read"'),
    # MQTT's answers, as rumqttc names them
    *says("service.rejected", SPECIFIC, "wait")(
        "badusernamepassword",
        "connectionrefused(notauthorized",
        "return code: `notauthorized",
        "return code: `badusernamepassword",
    ),
    *says("client.deadline_exceeded", TEXT)("deadline has elapsed"),
    *says("client.deadline_exceeded", SENTENCE)(
        "timeout expired", before=r"status: \W?Cancelled\W{1,3} message: \W"
    ),
    *says("tcp.closed", SENTENCE)(
        "unexpected end of file", before=r"(?:communicating with [\w ]{1,20}|IO error): "
    ),
    *says("http.error.auth", SPECIFIC, "wait")(
        "got 401", "got 403", before=r"successful HTTP response[^\n]{0,200}"
    ),
    *says("http.error.gateway", SPECIFIC, "wait")(
        "got 502", "got 504", before=r"successful HTTP response[^\n]{0,200}"
    ),
    # libgit2, by its classes and codes
    *says("http.error.auth", SENTENCE, "wait")("; code=auth"),
    *says("service.rejected", SENTENCE, "wait")("attempted ssh-agent authentication"),
    *says("tls.cert.invalid", SENTENCE, "tls")("; code=certificate"),
    *says("tls.failed", HINT, "tls")("; class=ssl"),
    *says("tcp.closed", TEXT, "wait")("stream ended at an unexpected time"),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("certificate not valid for name"),
    *says("tls.closed", SPECIFIC, "tls")("unexpected eof during handshake"),
    # Go: what follows "lookup NAME" or "Get URL"
    *says("proxy.denied", TEXT, "proxy")('": forbidden', before=_GO_REQUEST),
    *says("proxy.upstream_failed", TEXT, "proxy")(
        '": bad gateway', '": service unavailable', '": gateway timeout', before=_GO_REQUEST
    ),
    *says("tcp.closed", PHRASE)("driver: bad connection"),
    *says("client.resources_exhausted", OVERRIDE, "dns")(
        "too many open files", before=r"(?:dial|lookup|socket|accept)[^\n]{0,160}"
    ),
    *says("dns.temporary_failure", OVERRIDE, "dns")(
        "operation not permitted", before=r"lookup [^\n]{1,200}(?:read|write|dial) udp [^\n]{1,120}"
    ),
    *says("http.response.invalid.empty", PHRASE, "wait")(
        ": eof", before=r"\b(?:Get|Post|Put|Head|Delete|Patch) [^\n]{1,250}", then=r"(?:\s|$)"
    ),
    *says("dns.timed_out", OVERRIDE, "dns")(
        ": i/o timeout", before=r"(?:read|write|dial) udp [^\n]{1,120}:53"
    ),
    *says("client.pool_exhausted", SENTENCE, "pool")("connection pool timeout"),
    *says("tls.protocol.error.not_tls", SENTENCE, "tls")("ssl is not enabled on the server"),
    # gRPC
    *says("tcp.closed", SENTENCE, "wait")(
        "transport is closing",
        "error reading server preface: eof",
        "closing transport due to",
        "the client connection is closing",
        "socket closed",
    ),
    *says("http.response.invalid.not_http", SENTENCE, "wait")(
        "error reading server preface: http2:", "frame too large"
    ),
    # Node: axios, MongoDB, npm's tunnel, nodemailer, ioredis, amqplib, MQTT
    *says("http.response.timed_out", OVERRIDE, "wait")(
        "ms exceeded", before=r"\btimeout of \d{1,9}", then=r"[^\n]{0,200}ECONNABORTED"
    ),
    *says("tcp.closed", SENTENCE)(" closed", before=r"connection <[\w ]{1,20}> to [^ \n]{1,200}"),
    *says("url.scheme_invalid", NARROWER, "config")("invalid scheme, expected connection string"),
    *says("proxy.unreachable", OVERRIDE + 1, "proxy", proxy=True)(
        "tunneling socket could not be established, cause=connect e"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")("greeting never received"),
    *says("tcp.closed", SENTENCE)(
        "stream connection ended", "unexpected close", "unexpected server close"
    ),
    *says("tcp.failed", GENERIC)("net::err_failed"),
    # Boost.Asio's categories
    *says("tcp.closed", SENTENCE)("end of file [asio.misc"),
    *says("abandoned", TEXT)("operation canceled [system:125]", "operation canceled [asio."),
    *says("tls.closed", SENTENCE, "tls")("stream truncated [asio.ssl"),
    # Dart
    *says("tls.closed", SENTENCE, "tls")("connection terminated during handshake"),
    *says(TIMEOUT, PHRASE)("future not completed"),
    *says("http.response.timed_out", SENTENCE, "wait")("dioexception [receive timeout]"),
    *says("http.request.timed_out", SENTENCE, "send")("dioexception [send timeout]"),
    # Android's Volley
    *says(TIMEOUT, PHRASE)("com.android.volley.timeouterror"),
    *says("http.error", PHRASE, "wait")(
        "com.android.volley.servererror", "com.android.volley.clienterror"
    ),
    *says("http.error.auth", PHRASE, "wait")("com.android.volley.authfailureerror"),
    # OkHttp, of an HTTP/2 stream; java.net alone says no more than "timeout"
    *says("http.response.timed_out", TEXT + 2, "wait")("http2stream$streamtimeout"),
    # Haskell's http-client, of which the request stands before it
    *says(TIMEOUT, SENTENCE, "wait")("responsetimeout", before=r"HttpExceptionRequest[^\n]{0,250}"),
    *says(TIMEOUT, SENTENCE, "connect")(
        "connectiontimeout", before=r"HttpExceptionRequest[^\n]{0,250}"
    ),
    # Haskell's tls, R's download, JavaScript
    *says("tls.cert.authority_invalid.unknown_issuer", SENTENCE, "tls")("unknownca)"),
    *says(TIMEOUT, SENTENCE)(" seconds was reached", before=r"[Tt]imeout of \d{1,6}"),
    *says("abandoned", PHRASE)("cancelederror: canceled", "aborterror: "),
    *says("tcp.refused", SENTENCE, "connect")(": connection refused", before=r"IOError: connect"),
    *says(TIMEOUT, TEXT, "connect")("connect: timeout", before=r"(?:Socket|Net)::\w{2,8}: "),
    # hyper, and the reasons of HTTP/2 in the words of the crate h2
    *says("tcp.closed", PHRASE)("hyper::error(channelclosed"),
    *says("abandoned", TEXT)("hyper::error(canceled"),
    *says(TIMEOUT, PHRASE)("source: timedout"),
    *says("h2.refused_stream", SPECIFIC, "wait")("refused stream before processing any"),
    *says("h2.protocol.error", SENTENCE, "wait")(
        "unspecific protocol error detected",
        "unexpected internal error encountered",
        "flow-control protocol violated",
        "received frame when stream half-closed",
        "unable to maintain the header compression context",
        "detected excessive load generating behavior",
        "endpoint requires http/1.1",
    ),
    # Jenkins
    *says("tcp.closed", TEXT)("unexpected termination of the channel"),
    *says("unknown", HINT + 5)("error sending request for url"),  # reqwest, without what it names
    *says(TIMEOUT, SENTENCE)("(mint.transporterror) timeout"),
    *says("config.tls_unavailable", SENTENCE, "config")("must be installed for https support"),
    *says(TIMEOUT, PHRASE)("(:timeout)", before=r"[Rr]equest failed "),
    *says("h2.protocol.error", SENTENCE, "wait")(
        ":server_closed_request", ":server_closed_connection", then=r"(?!, :refused)"
    ),
    *says("http.protocol.error", SENTENCE, "wait")(
        ":invalid_status_line", ":invalid_header", ":invalid_chunk_size"
    ),
    *says("tcp.closed", PHRASE)("socket_closed_remotely"),
    *says("tcp.closed", HINT)(":tcp_closed", "{tcp_closed,", "connection to redis is closed"),
    *says("tls.closed", HINT, "tls")(":ssl_closed", "{ssl_closed,"),
    *says(TIMEOUT, HINT)("transporterror) timeout", "{error,timeout}", "{:error, :timeout}"),
    *says("tcp.closed", HINT)("{:error, :closed}", "{error,closed}", "{error, closed}"),
    *says(TIMEOUT, PHRASE, "wait")("reason: :request_timeout", "{:closed, :timeout}"),
    # Haskell's tls; OCaml's resolver; Lua's
    *says("tls.closed", SPECIFIC, "tls")("error_eof", before=r"HandshakeFailed\W{1,3}"),
    *says("tls.version_or_cipher_mismatch", SENTENCE, "tls")(
        "protocolversion)", "handshakefailure)", before=r"HandshakeFailed[^\n]{0,160}"
    ),
    *says("dns.failed", SENTENCE, "dns")(
        "resolution failed: ", before=r"(?:TLS|Failure\W{1,3}\w{0,8}): "
    ),
    *says("dns.name_not_resolved", SPECIFIC, "dns")("host or service not provided, or not known"),
    *says(TIMEOUT, PHRASE)("http.request failed: timeout"),
    *says("tcp.closed", PHRASE)("receive failed: closed", "send failed: closed"),
    # R and Julia
    *says("http.response.invalid.content_length_mismatch", SPECIFIC, "body")(
        " != reported length", before=r"downloaded length \d{1,15}"
    ),
    *says("tcp.failed", TEXT, "connect")(
        " cannot be opened", before=r"socketConnection\([^\n]{1,160}"
    ),
    *says(TIMEOUT, SENTENCE, "wait")("http.timeouterror", then=r"\b"),
    # socket.io
    *says(TIMEOUT, TEXT, "connect")("connect_error error: timeout"),
    *says("tcp.closed", PHRASE)("disconnect transport error", "disconnect: transport error"),
]
