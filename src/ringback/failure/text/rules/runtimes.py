"""What runtimes and clients of other languages and systems say.

Sources: Netty's and Reactor's exceptions; Apple's ``NSURLError.h`` and ``CFNetworkErrors.h``;
Erlang's atoms of ``inet`` and ``ssl``; gRPC's core and grpc-go; hyper's ``Error`` and reqwest's.
"""

from ringback.failure.clue import EXACT, GENERIC, SPECIFIC, TEXT, TIMEOUT
from ringback.failure.names import KindName
from ringback.failure.text.rule import (
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

# Apple: NSURLErrorDomain and kCFErrorDomainCFNetwork. The POSIX number inside knows more.

_NSURL: dict[int, KindName] = {
    -999: "abandoned",
    -1000: "url.invalid",
    -1001: "client.deadline_exceeded",
    -1002: "url.scheme_invalid",
    -1003: "dns.name_not_resolved",
    -1004: "tcp.failed",
    -1005: "tcp.closed",
    -1006: "dns.failed",
    -1007: "http.response.redirect_loop",
    -1009: "tcp.address_unreachable.network",
    -1010: "http.response.redirect_invalid",
    -1011: "http.response.invalid.not_http",
    -1012: "http.error.auth",
    -1013: "http.error.auth",
    -1015: "http.response.invalid.content_decoding",
    -1016: "http.response.invalid.content_decoding",
    -1022: "url.scheme_invalid",  # not HTTPS, which App Transport Security asks for
    -1200: "tls.failed",
    -1201: "tls.cert.date_invalid.expired",
    -1202: "tls.cert.invalid",
    -1203: "tls.cert.authority_invalid.untrusted_root",
    -1204: "tls.cert.date_invalid.not_yet_valid",
    -1205: "tls.bad_client_auth_cert",
    -1206: "tls.bad_client_auth_cert",
}
_APPLE_WORDS: dict[str, KindName] = {
    "the internet connection appears to be offline": "tcp.address_unreachable.network",
    "the network connection was lost": "tcp.closed",
    "a server with the specified hostname could not be found": "dns.name_not_resolved",
    "could not connect to the server": "tcp.failed",
    "the certificate for this server is invalid": "tls.cert.invalid",
    "an ssl error has occurred and a secure connection to the server cannot be made": "tls.failed",
    "cannot parse response": "http.response.invalid.not_http",
    "app transport security has blocked": "url.scheme_invalid",
    "app transport security policy requires": "url.scheme_invalid",
}
_APPLE_POSIX: dict[str, KindName] = {
    "61": "tcp.refused",
    "60": "tcp.timed_out",
    "65": "tcp.address_unreachable.host",
    "51": "tcp.address_unreachable.network",
    "54": "tcp.reset",
    "57": "tcp.closed",
}

_SECURE_TRANSPORT: dict[str, KindName] = {
    "9805": "tls.closed",
    "9806": "tls.closed",
    "9816": "tls.closed",
    "9807": "tls.cert.invalid",
    "9808": "tls.cert.invalid",
    "9812": "tls.cert.authority_invalid.untrusted_root",
    "9813": "tls.cert.authority_invalid.unknown_issuer",
    "9814": "tls.cert.date_invalid.expired",
    "9815": "tls.cert.date_invalid.not_yet_valid",
    "9824": "tls.version_or_cipher_mismatch",
    "9836": "tls.version_or_cipher_mismatch",
    "9825": "tls.bad_client_auth_cert",
    "9829": "tls.bad_client_auth_cert",
    "9843": "tls.cert.name_invalid",
}
"""``SecureTransport.h``, errSSL*."""

APPLE: list[TextRule] = [
    *[
        rule
        for number, kind in _NSURL.items()
        for rule in says(kind, SPECIFIC)(
            f"{number}",
            before=r"(?:NSURLErrorDomain|CFErrorDomainCFNetwork).{0,12}?(?:code|error)?[ =:(]{1,3}",
            then=r"\b",
        )
    ],
    *[
        rule
        for number, kind in _NSURL.items()
        for rule in says(kind, SENTENCE)(f"code: {number}", f"code {number}", then=r"\b")
        if number < -999
    ],
    *say_each(_APPLE_WORDS, rank=SENTENCE),
    *[
        rule
        for number, kind in _SECURE_TRANSPORT.items()
        for rule in says(kind, EXACT, "tls")(f"streamerrorcodekey=-{number}", then=r"\b")
    ],
    *says("dns.name_not_resolved", TEXT, "dns")("nosuchrecord(-65554)", "nosuchname(-65538)"),
    *says("dns.timed_out", SENTENCE, "dns")("timeout(-65568)"),
    *[
        rule
        for number, kind in _APPLE_POSIX.items()
        for rule in says(kind, EXACT)(f"streamerrorcodekey={number}", then=r"\b")
    ],
]


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
    # PHP
    *says("tls.timed_out", SENTENCE, "tls")("handshake timed out"),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("did not match expected cn"),
    *says("tls.failed", HINT, "tls")("failed to enable crypto"),
    *says("tcp.closed", SENTENCE)("server went away", "server broke connection"),
    # Ruby
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
    *says("tls.cert.date_invalid.expired", SPECIFIC, "tls")("invalid peer certificate: expired"),
    *says("tls.cert.revoked", SPECIFIC, "tls")("invalid peer certificate: revoked"),
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
]


# Package managers, version control and directory clients, by their own codes.

_SVN: dict[str, KindName] = {
    "e170001": "service.rejected",
    "e175013": "http.error.auth",
    "e175015": "http.error",
    "e175011": "http.error",
    "e215004": "service.rejected",
    "e210002": "tcp.closed",
    "e120106": "http.response.invalid.not_http",
    "e230001": "tls.cert.invalid",
    "e180001": "not_a_connection_failure",
}

_WGET: dict[str, KindName] = {
    "has expired": "tls.cert.date_invalid.expired",
    "has been revoked": "tls.cert.revoked",
    "is not yet activated": "tls.cert.date_invalid.not_yet_valid",
}

PACKAGES: list[TextRule] = [
    *say_each({f"svn: {code}": kind for code, kind in _SVN.items()}, rank=SPECIFIC, phase="wait"),
    # Subversion by serf: why, behind the code; an issuer that is not trusted is often there as well
    *say_each(
        {
            "certificate issued for a different hostname": "tls.cert.name_invalid",
            "certificate has expired": "tls.cert.date_invalid.expired",
            "certificate is not yet valid": "tls.cert.date_invalid.not_yet_valid",
        },
        rank=NARROWER,
        phase="tls",
        before=r"Server SSL certificate verification failed: [^\n]{0,120}",
    ),
    *says("tls.cert.authority_invalid.unknown_issuer", SPECIFIC + 1, "tls")(
        "issuer is not trusted",
        before=r"Server SSL certificate verification failed: [^\n]{0,120}",
    ),
    # apk tells no more than this, mostly of a lookup
    *says("dns.temporary_failure", HINT, "dns")("temporary error (try again later)"),
    *says("tls.failed", PHRASE, "tls")("unable to establish ssl connection"),
    # wget
    *says("tls.cert.name_invalid", SPECIFIC, "tls")(
        "no certificate subject alternative name matches"
    ),
    *says("tls.cert.authority_invalid.unknown_issuer", SPECIFIC, "tls")("have a known issuer"),
    *says("tls.cert.authority_invalid.unknown_issuer", TEXT, "tls")(
        " is not trusted", before=r"ERROR: The certificate of [^\n]{1,120}"
    ),
    *[
        rule
        for words, kind in _WGET.items()
        for rule in says(kind, SPECIFIC, "tls")(words, before=r"The certificate of [^\n]{1,120}")
    ],
    *says("http.response.timed_out", OVERRIDE, "wait")(
        "timed out) in headers", before=r"Read error \([^\n]{1,40}"
    ),
    *says("http.response.headers.truncated", PHRASE, "wait")(
        "read error (", then=r"[^\n]{1,80}\) in headers"
    ),
    *says("http.response.body_timed_out", OVERRIDE, "body")(
        "timed out)", before=r"Read error at byte [^\n]{1,60}"
    ),
    *says("http.response.invalid.content_length_mismatch", SENTENCE, "body")(
        "connection closed at byte ", then=r"\d"
    ),
    *says("http.response.invalid.empty", SPECIFIC, "wait")(
        "no data received", before=r"awaiting response\.\.\. "
    ),
    *says("http.response.redirect_loop", SPECIFIC, "wait")(" redirections exceeded"),
    *says("http.response.unexpected_content", OVERRIDE, "body")(
        "does not match metalink",
        "hash sum mismatch",
        "checksum mismatch",
        "doesn't match expected",
    ),
    *says("config.tls_unavailable", SENTENCE, "config")("openssl appears to be unavailable"),
    *says("tcp.failed", HINT)("all mirrors were already tried without success"),
    # LDAP
    *says("tcp.failed", PHRASE, "connect")("can't contact ldap server", "ldap_server_down"),
    *says("service.rejected", SPECIFIC, "wait")(
        "invalid credentials", before=r"(?:LDAP|ldap|bind)[^\n]{0,120}"
    ),
    *says("dns.name_not_resolved", SENTENCE, "dns")("gethostbyname failure"),
    # Kubernetes
    *says("http.error.auth", SPECIFIC, "wait")("apiexception: (401)", "apiexception: (403)"),
    *says("http.error.rate_limited", SPECIFIC, "wait")("apiexception: (429)"),
    *says("http.error.unavailable", SPECIFIC, "wait")("apiexception: (503)"),
    *says("http.error.gateway", SPECIFIC, "wait")("apiexception: (502)", "apiexception: (504)"),
    *says("http.error", SENTENCE, "wait")("apiexception: (", then=r"[45]\d\d\)"),
    *says("tcp.refused", SENTENCE, "connect")(
        " was refused", before=r"connection to the server [^\n]{1,160}"
    ),
    *says("http.error.auth", SPECIFIC, "wait")(
        "error from server (forbidden)",
        "error from server (unauthorized)",
        "you must be logged in to the server",
    ),
    *says("http.error.unavailable", SPECIFIC, "wait")("error from server (serviceunavailable)"),
    *says("http.error.gateway", SENTENCE, "wait")("error from server (timeout)"),
    *says("http.error.rate_limited", SPECIFIC, "wait")("error from server (toomanyrequests)"),
    *says("http.error", PHRASE, "wait")("error from server (internalerror)"),
    *says("tcp.closed", SENTENCE)("unable to connect to the server: eof"),
    *says("client.local_address", SPECIFIC)("port is already allocated"),
    # registries, and what they are asked by
    *says("http.error.auth", SPECIFIC, "wait")(
        "unauthorized: incorrect username or password",
        "requested access to the resource is denied",
        "no basic auth credentials",
    ),
    # apt, which is given a portal's page for a signed file; zypper
    *says("http.response.unexpected_content", SENTENCE, "body")("clearsigned file isn't valid"),
    *says("tls.cert.invalid", TEXT, "tls")("error in the certificate verification"),
    *says("client.deadline_exceeded", TEXT)("timeout exceeded when accessing"),
    *says("http.error.rate_limited", SENTENCE, "wait")(
        "toomanyrequests:", "you have reached your pull rate limit", "rate limit exceeded for"
    ),
    # hosted runners
    *says("unknown", HINT)("lost communication with the server"),
]
