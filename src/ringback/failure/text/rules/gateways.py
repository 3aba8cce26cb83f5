"""What reverse proxies, load balancers and networks of caches write of the server behind them.

Sources: HAProxy's manual (8.5, "Session state at disconnection"; 5.2, the states of checks),
Envoy's "response flags" and "response code details", Apache's ``docs/log-message-tags``, AWS's
"Access logs for your Application Load Balancer" and CloudFront's ``x-edge-detailed-result-type``,
Google Cloud's ``statusDetails``, Varnish's vsl(7), Cloudflare's "5xx errors".
"""

from ringback.failure.clue import EXACT, GENERIC, SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.names import KindName
from ringback.failure.text.rule import (
    HINT,
    NARROWER,
    OVERRIDE,
    PHRASE,
    SENTENCE,
    TextRule,
    says,
)
from ringback.failure.text.rules.other import OTHER

_NUMBERS: dict[str, KindName] = {
    "111": "tcp.refused",
    "110": "tcp.timed_out",
    "113": "tcp.address_unreachable.host",
    "101": "tcp.address_unreachable.network",
    "104": "tcp.reset",
}
"""Of Linux, where these run; what was being done tells the phase."""

# nginx and Apache.

_AUTH: KindName = "http.error.auth"
_MESSAGES: dict[str, KindName] = {
    "forbidden": _AUTH,
    "unauthorized": _AUTH,
    "limit exceeded": "http.error.rate_limited",
    "internal server error": "http.error",
}
"""Of gateways for APIs, each the whole answer."""
_TIMED_OUT = r"timed out\)? "


def _nginx(number: str, kind: KindName) -> list[TextRule]:
    return says(kind, SPECIFIC, "connect")(f"failed ({number}:", before=r"connect[^\n]{0,40} ")


_SERVERS: list[TextRule] = [
    # nginx
    *says(TIMEOUT, SPECIFIC, "connect")("while connecting to upstream", before=_TIMED_OUT),
    *says(TIMEOUT, OVERRIDE, "wait")(
        "while reading response header from upstream", before=_TIMED_OUT
    ),
    *says(TIMEOUT, OVERRIDE, "body")("while reading upstream", before=_TIMED_OUT),
    *says(TIMEOUT, OVERRIDE, "send")("while sending request to upstream", before=_TIMED_OUT),
    *says("http.response.invalid.empty", SPECIFIC, "wait")(
        "upstream prematurely closed connection while reading response header"
    ),
    *says("http.response.invalid.content_length_mismatch", SPECIFIC, "body")(
        "upstream prematurely closed connection while reading upstream"
    ),
    *says(TIMEOUT, OVERRIDE, "tls")("while ssl handshaking", before=_TIMED_OUT),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("upstream ssl certificate does not match"),
    *says("tls.closed", SPECIFIC, "tls")(
        "peer closed connection in ssl handshake", "closed connection while ssl handshaking"
    ),
    *says("http.protocol.error", SPECIFIC, "wait")(
        "upstream sent invalid",
        "upstream sent too big",
        "upstream sent too large",
        "upstream sent too long",
        "upstream sent duplicate",
        "upstream sent unsupported",
        "upstream sent unexpected",
        "upstream sent unknown",
        "upstream sent more data",
        "upstream sent frame",
    ),
    *says("http.response.invalid.not_http", SENTENCE, "wait")(
        "upstream sent no valid http/1.0 header"
    ),
    *[rule for number, kind in _NUMBERS.items() for rule in _nginx(number, kind)],
    *says("dns.temporary_failure", OVERRIDE, "dns")(
        "could not be resolved",
        then=r" ?\((?:2|5): ",  # SERVFAIL, REFUSED
    ),
    *says("dns.timed_out", OVERRIDE, "dns")("could not be resolved", then=r" ?\(110: "),
    *says("dns.failed", HINT, "dns")("no resolver defined to resolve"),
    # Apache: APR's codes for a timeout and an end; the others are the operating system's
    *says(TIMEOUT, SPECIFIC, "wait")("(70007)the timeout specified has expired"),
    *says("http.response.invalid.empty", SPECIFIC, "wait")("(70014)end of file found"),
    *says("http.response.invalid.empty", SENTENCE, "wait")(
        "error reading status line from remote server",
        "error reading from remote server returned by",
    ),
    *says("dns.name_not_resolved", PHRASE, "dns")("ah00898: dns lookup failure for"),
    *says("http.error.unavailable", SENTENCE, "wait")(
        "ah00940: ", then=r"\w{2,8}: disabled connection for"
    ),
    *says("http.error.unavailable", SENTENCE, "wait")("all workers are in error state"),
    *says("tcp.failed", GENERIC, "connect")(
        "failed to make connection to backend", "attempt to connect to unix domain socket"
    ),
    *says("tcp.closed", PHRASE, "send")("pass request body failed to"),
    *says("tcp.closed", PHRASE, "body")("ah01110: error reading response"),
    *says("tls.failed", HINT, "tls")("ah02008: ssl library error", "ah02003: ssl proxy connect"),
    # a pool of servers without one that works: nginx, Envoy, HAProxy
    *says("http.error.unavailable", SPECIFIC, "wait")(
        "no live upstreams", "no healthy upstream", "has no server available"
    ),
    # Linkerd
    *says("http.error.unavailable", SENTENCE, "wait")("service in fail-fast"),
    *says("http.response.timed_out", SENTENCE, "wait")("http response timeout after"),
    *says(_AUTH, TEXT, "wait")("unauthorized connection on server"),
    *says("tcp.failed", PHRASE, "connect")("attempt to connect to ", then=r"[^\n]{1,120} failed"),
    *says("abandoned", SENTENCE)(
        "client prematurely closed connection", "probably the client disconnected"
    ),
    *says("tcp.closed", TEXT)("broken pipe [core/writer.c"),
    # nginx and its Lua
    *says("http.response.invalid.empty", SPECIFIC, "wait")(
        "upstream prematurely closed fastcgi stdout"
    ),
    *says("dns.temporary_failure", OVERRIDE, "dns")("while resolving, resolver: "),
    *says("h2.protocol.error", SENTENCE, "wait")("upstream rejected request with error "),
    *says("h2.refused_stream", SPECIFIC, "wait")(
        "upstream rejected request with error 7", then=r"\b"
    ),
    *says("client.local_address", SPECIFIC)(
        "failed (13: permission denied)", before=r"bind\(\) to [^\n]{1,80} "
    ),
    *says("client.resources_exhausted", SPECIFIC)("worker_connections are not enough"),
    # the address of a client before its request, as HAProxy's protocol tells it
    *says("http.protocol.error", TEXT, "wait")(
        "while reading proxy protocol",
        "proxyprotocol: no valid header found",
        "remoteipproxyprotocol: ",
        "does not look like a proxy protocol header",
    ),
    *says("http.error.unavailable", PHRASE, "wait")("upstream server temporarily disabled"),
    *says("h2.protocol.error", SPECIFIC + 1, "wait")("upstream sent too large http2 frame"),
    *says("tls.bad_client_auth_cert", SENTENCE, "tls")("client sent no required ssl certificate"),
    *says("tls.version_or_cipher_mismatch", SPECIFIC, "tls")(
        "bad key share", before=r"ssl[^\n]{0,120}"
    ),
    *says("abandoned", PHRASE)("client closed connection while"),
    *says("dns.failed", SENTENCE, "dns")("failed to parse domain", "dns server error: "),
    *says("http.error.unavailable", TEXT, "wait")("no healthy etcd endpoint available"),
    *says("tcp.closed", PHRASE)(
        "attempt to send data on a closed socket", "attempt to receive data on a closed socket"
    ),
    # Apache
    *says(TIMEOUT, NARROWER, "connect")(
        "(70007)the timeout specified has expired",
        then=r": AH\d{5}: \w{2,8}: attempt to connect",
    ),
    *says("tcp.address_unreachable.prohibited", SENTENCE, "connect")(
        "(13)permission denied: ah00957"
    ),
    *says("unix.forbidden", SENTENCE, "connect")("(13)permission denied: ah02454"),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")("peer certificate does not match for hostname"),
    *says("tls.protocol.error.not_tls", SPECIFIC, "tls")("http spoken on https port"),
    *says("client.resources_exhausted", SENTENCE)(
        "server reached maxrequestworkers", "server reached maxclients"
    ),
    *says("http.error.gateway", SENTENCE, "wait")(
        "proxy server received an invalid response from an upstream server",
        "the proxy server could not handle the request",
    ),
    *says("http.error.unavailable", SENTENCE, "wait")(
        "the server is temporarily unable to service your request"
    ),
    # pages of nginx
    *says("tls.bad_client_auth_cert", SENTENCE, "tls")("400 the ssl certificate error"),
    *says("http.error", SENTENCE, "wait")("the plain http request was sent to https port"),
]

# What they refused to a client, and what they say of their own files: no failure, unless more is
# said.

_TO_CLIENTS: list[TextRule] = [
    *says("http.error.rate_limited", SENTENCE, "wait")(
        "limiting requests, excess: ", "limiting connections by zone"
    ),
    *says(OTHER, SENTENCE)("access forbidden by rule", "client denied by server configuration"),
    *says(OTHER, HINT)("fastcgi sent in stderr: "),
    *says(_AUTH, SENTENCE, "wait")(
        "rbac: access denied",
        "rbac_access_denied",
        "jwt_authn_access_denied",
        "user is not authorized to access this resource",
        "security token included in the request is invalid",
        "invalid permissions on lambda function",
        "jwt is missing",
        "jwt verification fails",
        "jwt is expired",
        "no api key found in request",
        '"invalid authentication credentials"',
        "missing authentication token",
    ),
    *says("http.error.rate_limited", SENTENCE, "wait")("local_rate_limited"),
    *says("http.error", SENTENCE, "wait")(
        "no route matched with those values", '"404 route not found"'
    ),
    *[
        rule
        for words, kind in _MESSAGES.items()
        for rule in says(kind, TEXT, "wait")(f'"{words}"', before=r"\{ ?\"message\": ?")
    ],
]


# HAProxy: its checks, and how a session ended.

_STATES: dict[str, tuple[ClueKind, int]] = {
    "sc": ("tcp.timed_out", TEXT),
    "sh": ("http.response.timed_out", SENTENCE),
    "sd": ("http.response.body_timed_out", TEXT),
    "sl": ("http.response.body_timed_out", TEXT),
    "sq": ("http.error.unavailable", TEXT),
    "Sc": ("tcp.refused", PHRASE),
    "Sh": ("http.response.invalid.empty", TEXT),
    "Sd": ("tcp.closed", TEXT),
    "Sl": ("tcp.closed", TEXT),
    "Pc": ("client.resources_exhausted", PHRASE),
    "Ph": ("http.protocol.error", TEXT),
    "Rc": ("client.resources_exhausted", TEXT),
    "Cc": ("abandoned", TEXT),
    "Ch": ("abandoned", TEXT),
    "Cd": ("abandoned", TEXT),
    "Cq": ("abandoned", TEXT),
    "cd": ("abandoned", PHRASE),
    "ch": ("abandoned", PHRASE),
}
"""Who or what ended a session (the server or its timeout, the proxy, the client), and when: while
queued, connecting, waiting for headers, or within the data."""
_SESSION = (
    r" [^ \n]{1,80}/(?!<NOSRV>)[^ \n]{1,80} [-+\d/]{5,60} [-+\d]{1,15}(?: [-+\d]{1,15})?"
    r"(?: [^ \n]{1,80})?(?: [^ \n]{1,80})?"
)
"""The server, the timers, the status, the bytes and the cookies that stand before the state."""
_HAPROXY_CHECKS: dict[str, tuple[ClueKind, int]] = {
    "l4con": ("tcp.failed", PHRASE),
    "l4tout": ("tcp.timed_out", SENTENCE),
    "l6tout": ("tls.timed_out", SENTENCE),
    "l6rsp": ("tls.failed", PHRASE),
    "l7tout": ("http.response.timed_out", SENTENCE),
    "l7rsp": ("http.response.invalid.not_http", PHRASE),
    "l7sts": ("http.error", SENTENCE),
}


_CHECKED: dict[str, KindName] = {
    "401": "http.error.auth",
    "403": "http.error.auth",
    "429": "http.error.rate_limited",
    "502": "http.error.gateway",
    "503": "http.error.unavailable",
    "504": "http.error.gateway",
}
"""What a server answered to a check."""


def _ended(state: str, kind: ClueKind, rank: int) -> list[TextRule]:
    written = state[0] + state[1].upper()
    return says(kind, rank)(
        f" {state.lower()}-- ",
        f" {state.lower()} ",
        before=rf"{_SESSION}(?= (?-i:{written}))",
        then=r"[-+\d/]{9,40} \d{1,6}/\d",
    )


_HAPROXY: list[TextRule] = [
    *[rule for state, said in _STATES.items() for rule in _ended(state, *said)],
    *says("http.error.unavailable", SENTENCE, "wait")("/<nosrv> ", then=r"[-+\d/]{5,60} 503 "),
    *[
        rule
        for check, said in _HAPROXY_CHECKS.items()
        for rule in says(*said)(check, before=r"\b", then=r"\b")
    ],
    *says("http.error", SPECIFIC, "wait")("layer7 wrong status"),
    *[
        rule
        for status, kind in _CHECKED.items()
        for rule in says(kind, NARROWER, "wait")(
            f"layer7 wrong status, code: {status}", f"l7sts/{status}", then=r"\b"
        )
    ],
    *says("tcp.failed", HINT, "connect")("reason: socket error"),
    *says("tls.failed", PHRASE, "tls")("layer6 invalid response"),
    *says("http.response.invalid.not_http", PHRASE, "wait")("layer7 invalid response"),
    *says("tcp.refused", EXACT, "connect")('layer4 connection problem, info: "connection refused"'),
    *says(TIMEOUT, SPECIFIC, "connect")("layer4 timeout"),
    *says("tls.timed_out", SPECIFIC, "tls")("layer6 timeout", "timeout during ssl handshake"),
    *says("tls.closed", SPECIFIC, "tls")("connection closed during ssl handshake"),
    *says(TIMEOUT, SPECIFIC, "wait")("layer7 timeout"),
    # a server known by a name that the resolver did not find, or did not tell
    *says("dns.name_not_resolved", SENTENCE, "dns")("(dns nx status)"),
    *says("dns.timed_out", SENTENCE, "dns")("(dns timeout status)"),
    *says("dns.temporary_failure", SENTENCE, "dns")("(dns refused status)"),
    *says("dns.failed", SENTENCE, "dns")("(unspecified dns error)", "could not resolve address '"),
    *says("client.local_address", SENTENCE)(
        ": no free ports", before=r"connect\(\) failed for backend [^\n]{1,80}"
    ),
    *says("client.resources_exhausted", SENTENCE)("reached process fd limit"),
    # keepalived
    *says("tcp.failed", TEXT, "connect")("tcp_check on service ", then=r"[^\n]{1,80} failed"),
]


# Envoy: what it answers, and the flags and details of its access log (where "_" is a space).

_ENVOY_FLAGS: dict[str, tuple[ClueKind, int]] = {
    "UF": ("tcp.failed", TEXT - 5),  # of many causes, which the details may name
    "UC": ("tcp.closed", SPECIFIC),
    "UR": ("tcp.reset", SPECIFIC),
    "LR": ("tcp.closed", PHRASE),
    "UT": ("http.response.timed_out", SPECIFIC),
    "UH": ("http.error.unavailable", SPECIFIC),
    "LH": ("http.error.unavailable", SPECIFIC),
    "UO": ("client.pool_exhausted", SPECIFIC),
    "UPE": ("http.protocol.error", SPECIFIC),
    "DF": ("dns.failed", SPECIFIC),
    "NR": ("http.error", SPECIFIC),
    "NC": ("http.error", SPECIFIC),
    "DC": ("abandoned", SPECIFIC),
    "DT": ("client.deadline_exceeded", SPECIFIC),
    "SI": ("http.response.timed_out", PHRASE),
    "RL": ("http.error.rate_limited", SPECIFIC),
    "UAEX": ("http.error.auth", SPECIFIC),
}
"""Response flags; URX, which says that retries were used up, stands behind one of these."""
_RESET_REASONS = (
    "connection failure",
    "remote connection failure",
    "local connection failure",
    "connection termination",
    "connection timeout",
    "overflow",
    "remote reset",
    "local reset",
    "protocol error",
)
_DETAILS: dict[str, tuple[ClueKind, int]] = {
    "connection_termination}": ("tcp.closed", SENTENCE),
    "remote_reset}": ("tcp.reset", SENTENCE),
    "connection_timeout}": ("tcp.timed_out", SENTENCE),
    "overflow}": ("client.pool_exhausted", SENTENCE),
}
_TLS_INSIDE = r"TLS[ _]error:[^\n]{0,120}"
_VERIFYING = r"(?:verify cert failed|verify_cert_failed)[^\n]{0,80}"


def _flag(flag: str, kind: ClueKind, rank: int) -> list[TextRule]:
    low = flag.lower()
    after = r"(?:HTTP/[\d.]{1,3}\"? \d{1,3}|response_flags\"?[ :=]{0,3})"
    alone = says(kind, rank)(f" {low} ", f" {low},", f'"{low}"', f'"{low},', before=after)
    return [*alone, *says(kind, rank)(f",{low} ", before=after + r" \w{1,5}")]


_ENVOY: list[TextRule] = [
    *says("tls.closed", SENTENCE, "tls")("ssl error occurred while read: syscall"),
    *says("tls.failed", SENTENCE, "tls")("ssl error occurred while read: ssl"),
    *says("http.error.gateway", PHRASE, "wait")(
        "upstream connect error or disconnect/reset before headers"
    ),
    *says("http.error.gateway", SENTENCE, "wait")("upstream request timeout"),
    *says("http.error.gateway", SENTENCE, "wait")(
        *[f"reset reason: {reason}" for reason in _RESET_REASONS]
    ),
    *[
        rule
        for number, kind in _NUMBERS.items()
        for rule in says(kind, EXACT, "connect")(
            f"delayed connect error: {number}", f"delayed_connect_error:_{number}"
        )
    ],
    *says("tcp.refused", EXACT, "connect")(
        "delayed connect error: connection refused", "delayed_connect_error:_connection_refused"
    ),
    *[rule for flag, said in _ENVOY_FLAGS.items() for rule in _flag(flag, *said)],
    *[
        rule
        for detail, said in _DETAILS.items()
        for rule in says(*said)(detail, before=r"upstream_reset_\w{3,40}\{[\w,]{0,60}")
    ],
    *says("http.response.timed_out", SENTENCE, "wait")(
        "upstream_response_timeout", "upstream_per_try_timeout"
    ),
    *says(_AUTH, SENTENCE, "wait")("grpc config stream closed: 16"),
    *says("tcp.closed", HINT)("grpc config stream closed: 1", then=r"[34],"),
    # the handshake with the server behind, which decides
    *says("tls.cert.invalid", SENTENCE + 5, "tls")("certificate_verify_failed", before=_TLS_INSIDE),
    *says("tls.cert.name_invalid", NARROWER, "tls")(
        "verify san list", "verify_san_list", before=_VERIFYING
    ),
    *says("tls.cert.pinned_key_not_in_cert_chain", NARROWER, "tls")(
        "cert hash and spki", "cert_hash_and_spki", before=_VERIFYING
    ),
]


# Varnish.

_VARNISH: list[TextRule] = [
    *says("http.response.invalid.empty", SENTENCE, "wait")("http first read error: "),
    *says("http.response.timed_out", SPECIFIC, "wait")(
        "first byte timeout", before=r"(?:FetchError|http)[^\n]{0,60}"
    ),
    *says("http.response.body_timed_out", SPECIFIC, "body")(
        "between bytes timeout", before=r"(?:FetchError|http|straight)[^\n]{0,60}"
    ),
    *says("http.response.invalid.content_length_mismatch", SPECIFIC, "body")(
        "straight insufficient bytes"
    ),
    *says("http.protocol.error", SPECIFIC, "body")(
        "chunked header ", before=r"FetchError[^\n]{0,60}"
    ),
    *says("http.error.unavailable", TEXT, "wait")(
        ": unhealthy", before=r"FetchError {1,9}backend [^\n]{1,120}"
    ),
    *says("client.pool_exhausted", TEXT, "pool")(
        ": busy", before=r"FetchError {1,9}backend [^\n]{1,120}"
    ),
    *says("tcp.failed", PHRASE, "connect")("no backend connection"),
    *[
        rule
        for number, kind in _NUMBERS.items()
        for rule in says(kind, EXACT, "connect")(f"fail errno {number}", then=r"\b")
    ],
    *says("http.error.unavailable", TEXT, "wait")("backend fetch failed", "guru meditation"),
]


# The balancers and caches of clouds.

_CLOUDFLARE = ("520", "521", "522", "523", "524", "525", "526", "527", "530")
"""Statuses of its own; none says whether the request was handed on."""
_PAGES: dict[str, KindName] = {
    "502": "http.error.gateway",
    "503": "http.error.unavailable",
    "504": "http.error.gateway",
}
_CLOUDFRONT: dict[str, tuple[ClueKind, int]] = {
    "originconnecterror": ("tcp.failed", TEXT),
    "origindnserror": ("dns.failed", SENTENCE),
    "origincommerror": ("http.error.gateway", TEXT),
    "originreaderror": ("http.error.gateway", TEXT),
    "originwriteerror": ("http.error.gateway", TEXT),
    "originzerosizeobjecterror": ("http.response.invalid.empty", TEXT),
    "origininvalidresponseerror": ("http.protocol.error", TEXT),
    "originheadertoobigerror": ("http.protocol.error", TEXT),
    "clientcommerror": ("abandoned", TEXT),
    "clienthunguprequest": ("abandoned", TEXT),
}
_GOOGLE: dict[str, tuple[ClueKind, int]] = {
    "failed_to_connect_to_backend": ("tcp.failed", TEXT),
    "failed_to_pick_backend": ("http.error.unavailable", SENTENCE),
    "backend_timeout": ("http.response.timed_out", TEXT),
    "backend_connection_closed_before_data_sent": ("http.response.invalid.empty", SENTENCE),
    "backend_connection_closed_after_partial_response": (
        "http.response.invalid.content_length_mismatch",
        SENTENCE,
    ),
    "denied_by_security_policy": (_AUTH, SENTENCE),
    "client_disconnected_before_any_response": ("abandoned", SENTENCE),
    "client_disconnected_after_partial_response": ("abandoned", SENTENCE),
}
_ALB = r"\b[\w\-]{1,40}/[\w\-]{1,40}/\w{8,20} [^ \n]{3,60} [^ \n]{1,60}" + r" -?[\d.]{1,12}" * 3


def _alb(status: str, kind: ClueKind) -> list[TextRule]:
    """The balancer's own answer, where the target gave none."""
    return says(kind, SENTENCE, "wait")(f" {status} - ", before=_ALB)


_CLOUDS: list[TextRule] = [
    *_alb("502", "http.error.gateway"),
    *_alb("504", "http.error.gateway"),
    *_alb("503", "http.error.unavailable"),
    *_alb("460", "abandoned"),
    *[
        rule
        for status in _CLOUDFLARE
        for rule in says("http.error.gateway", SENTENCE, "wait")(
            f"error {status}", f"error code: {status}", f"error code {status}", then=r"\b"
        )
    ],
    *[
        rule
        for word, said in {**_CLOUDFRONT, **_GOOGLE}.items()
        for rule in says(*said)(word, before=r"\b")
    ],
    *says("http.error.gateway", SENTENCE, "wait")(
        "cloudfront wasn't able to connect to the origin",
        "cloudfront attempted to establish a connection with the origin, but",
        "initial connection between cloudflare's network and the origin web server timed out",
    ),
    *says("dns.name_not_resolved", TEXT, "dns")(
        "cloudfront wasn't able to resolve the origin domain name"
    ),
    *says("dns.failed", TEXT, "dns")("origin dns error"),
    *says(_AUTH, SENTENCE, "wait")(
        "you don't have permission to access", then=r" [^\n]{1,250}on this server"
    ),
    *says(_AUTH, SENTENCE, "wait")(
        "request unsuccessful. incapsula incident",
        "sorry, you have been blocked",
        "attention required! | cloudflare",
        "enable javascript and cookies to continue",
    ),
    *says("http.error", SENTENCE, "wait")("fastly error: unknown domain", "default backend - 404"),
    *says("http.error", TEXT, "wait")("404 page not found"),
    *says("http.error.unavailable", SENTENCE, "wait")(
        "error 503 ", then=r"(?:first byte timeout|backend (?:read|write) error|no healthy)"
    ),
    *says(_AUTH, SENTENCE, "wait")("request blocked. we can't connect to the server"),
    *says("http.error.unavailable", SENTENCE, "wait")("our services aren't available right now"),
    *[
        rule
        for status, kind in {**_PAGES, "403": _AUTH}.items()
        for rule in says(kind, SENTENCE - 5, "wait")(
            "the request could not be satisfied", before=rf"\b{status} ERROR {{1,20}}"
        )
    ],
    *says("http.error.gateway", PHRASE, "wait")(
        "the server encountered a temporary error and could not complete your request"
    ),
    *says("http.error.gateway", NARROWER, "wait")(
        "522: connection timed out", "522 connection timed out"
    ),
    *says("http.error.rate_limited", SENTENCE, "wait")("you are being rate limited"),
    *says(_AUTH, SENTENCE, "wait")("error 1020", then=r"[^\n]{0,60}access denied"),
    # API Gateway, and Azure's probes of the servers behind
    *says("http.response.timed_out", SENTENCE, "wait")(
        "execution failed due to a timeout error",
        "application gateway's health probe is more than the timeout threshold",
    ),
    *says("http.error", TEXT, "wait")("execution failed due to configuration error"),
    *says("tls.cert.name_invalid", SPECIFIC, "tls")(
        "does not match the certificate subject provided by the peer",
        "of the backend server certificate does not match",
    ),
    *says("tls.cert.authority_invalid.unknown_issuer", SENTENCE, "tls")(
        "is not signed by a well-known certificate authority"
    ),
    # cloudflared
    *says("http.response.invalid.empty", SENTENCE, "wait")("traffic from cloudflared: eof"),
    *says(_AUTH, SENTENCE, "wait")('error="unauthorized: '),
    *says("tcp.closed", TEXT)("control stream encountered a failure while serving"),
    *says("abandoned", TEXT)("canceled by remote with error code"),
    # Caddy, of whose answer the cause stands before
    *says("abandoned", SENTENCE)(
        '"context canceled"', before=r"\"msg\": ?", then=r"[^\n]{0,290}\"status\": ?50[24]"
    ),
    # quic-go, in cloudflared
    *says("tcp.timed_out", PHRASE, "connect")(
        "timeout: no recent network activity", before=r"dial[^\n]{0,80}"
    ),
    # IIS, Kong, Traefik, Akamai
    *says("http.error.gateway", SPECIFIC, "wait")(
        "received an invalid response while acting as a gateway",
        "an invalid response was received from the upstream server",
        "the upstream server is timing out",
    ),
    *says("http.error.unavailable", SPECIFIC, "wait")(
        "failure to get a peer from the ring-balancer", "service unavailable - zero size object"
    ),
    *says("http.error.unavailable", SENTENCE, "wait")("no available server", before=r"503 "),
]

GATEWAYS: list[TextRule] = [*_SERVERS, *_TO_CLIENTS, *_HAPROXY, *_ENVOY, *_VARNISH, *_CLOUDS]
