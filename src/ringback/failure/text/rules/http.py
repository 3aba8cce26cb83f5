"""What HTTP clients say of requests they would not send, of responses, and of HTTP/2."""

from typing import Final

from ringback.failure.clue import EXACT, SPECIFIC, TEXT, UMBRELLA
from ringback.failure.text.rule import NARROWER, PHRASE, SENTENCE, VERDICT, TextRule, says

# What clients say of requests they would not send: URLs, options, sessions, pools.

SCHEME: Final = "url.scheme_invalid"
URL: Final = "url.invalid"
REQUEST: Final = "request.invalid"

REQUESTS: list[TextRule] = [
    # the URL's scheme
    *says(SCHEME, NARROWER, "config")(
        "no scheme supplied",
        "no connection adapters were found for",
        "missing an 'http://' or 'https://' protocol",
        "has an unsupported protocol",
        "unsupported protocol scheme",
        "missing protocol scheme",
        "unsupported scheme",
        "unsupported url scheme",
        "unsupported uri scheme",
        "not supported url scheme",
        "protocol not supported or disabled",
        "isn't a valid uri: scheme",
        "builder error: url scheme",
        "err_unknown_url_scheme",
    ),
    *says(SCHEME, NARROWER, "config")(
        "unsupported protocol",
        before=r"(?:\(1\) |error 1: |ERR_)",  # curl's code 1
    ),
    *says(SCHEME, NARROWER, "config")("unknown url type", then=r":? (?!https)"),
    # the rest of the URL
    *says(URL, SPECIFIC, "config")(
        "failed to parse: ",
        "could not parse url",
        "no host supplied",
        "no host part in the url",
        "no host in request url",
        "invalid control character in url",
        "first path segment in url cannot contain colon",
        "misformatted domain name",
        "host name is invalid",
        "not a valid host or port",
        "label empty or too long",
        "label too long",
        "url has an invalid label",
        "url using bad/illegal format",
        "url can't contain control characters",
        "invalid non-printable ascii character",
        "illegal characters found in url",
        "invalid ipv6 url",
        "nonnumeric port",
        "invalid port: ",
        "port out of range",
        "port could not be cast to integer",
        "port number ended with",
        "malformed input to a url function",
        "relativeurlwithoutbase",
        "relative url without a base",
        "err_invalid_url",
        "err_unescaped_characters",
        "idnaerror",
        "invalid url escape",
        "invalid uri for request",
        "net/url: invalid userinfo",
        "invalid host header",
        "url malformed",
        "malformedurlexception: no host",
    ),
    # Go, which says "parse" and the URL before
    *says(URL, SPECIFIC, "config")("invalid port ", then=r"\"?:?[^\n]{1,120} after host"),
    *says(URL, SPECIFIC, "config")("invalid character ", then=r"[^\n]{1,12} in (?:host name|url)"),
    # not the port that OpenSSH does not know
    *says(URL, SPECIFIC, "config")(
        "missing ']' in host", "unknown port", before=r"\b", then=r"(?! \d)"
    ),
    *says(URL, PHRASE, "config")("too many colons in address", "missing port in address"),
    # Rust's url, Java, Ruby
    *says(URL, SPECIFIC, "config")(
        "invalid international domain name",
        "invalid ipv4 address",
        "invalid ipv6 address",
        "illegal character in authority",
        "illegal character in path",
        "illegal character in query",
        "illegal character in scheme name",
        "expected authority at index",
        "bad uri(is not uri?)",
        "bad uri (is not uri?)",
        "the scheme does not accept registry part",
    ),
    *says(URL, PHRASE, "config")("invalid port number"),
    *says(SCHEME, SPECIFIC, "config")(
        "malformedurlexception: no protocol",
        "malformedurlexception: unknown protocol",
        "expected url scheme 'http' or 'https'",
        "uri with undefined scheme",
        "target host is not specified",
        "is not an http uri",
    ),
    *says(URL, SPECIFIC, "config")("empty host", then=r"(?!name)"),
    *says(URL, SPECIFIC, "config")("invalid url", then=r"(?! or)"),
    *says(URL, SPECIFIC, "config")("'idna' codec can't encode", "idna codec can't encode"),
    # headers, body, options
    *says(REQUEST, VERDICT, "config")(
        "of type str or bytes, not",
        "header value must be str or bytes",
        "invalid header value",
        "invalid header name",
        "illegal header value",
        "in header value",
        "invalid leading whitespace, reserved character(s), or return character(s) in header",
        "invalid character in header content",
        "method can't contain control characters",
        "too little data for declared content-length",
        "too much data for declared content-length",
        "unable to rewind request body",
        "http: contentlength=",
        "unrewindablebodyerror",
        "missing dependencies for socks support",
        "using socks proxy, but the 'socksio' package is not installed",
        "install httpx[socks]",
        "install httpx[http2]",
        "timeout value connect was",
        "attempted to set connect timeout",
        "invalid sslmode value",
        "invalidargumenterror: invalid",
        "err_invalid_char",
    ),
    *says(REQUEST, VERDICT, "config")(
        "invalid timeout", then=r"[^\n]{1,200}pass a \(connect, read\)"
    ),
    # our own session, client or pool
    *says("client.closed", SPECIFIC, "pool")(
        "session is closed",
        "client is closed",
        "client has been closed",
        "connector is closed",
        "pool is closed",
        "the pool has already been closed",
        "event loop is closed",
        "connection is already closed",
        "connection already closed",
        "cannot reopen a client instance",
    ),
    *says("client.closed", SPECIFIC, "pool")(
        "connection pool shut down",  # of Apache's client, whose owner closed it
        "connection pool has been closed",
        "attempted to acquire a connection on a closed pool",
        "manager has been shut down",
        "und_err_destroyed",
        "und_err_closed",
        "cannot use a pool after calling end on the pool",
    ),
    *says("client.pool_exhausted", NARROWER, "pool")(
        "queuepool limit",
        "pool reached maximum size and no more connections are allowed",
        "pool is empty",
        "pool is busy",
        "pool exhausted",
        "pooltimeout:",
        "all connections in the connection pool are occupied",
        "too many connections in pool",
        "timed out fetching a new connection from the pool",
        "timed out waiting for connection from the connection pool",
        "timeout waiting for connection from pool",
        "timeout acquiring a connection",
        "connection is not available, request timed out after",
        "cannot acquire connection",
        "failed to acquire connection",
        "couldn't get a connection after",
        "no connection available",
        "no free connections",
        "timed out while checking out a connection",
        # Rust: sqlx, deadpool, bb8, r2d2
        "pool timed out while waiting for an open connection",
        "pooltimedout",
        "waiting for a slot to become available",
        "timed out in bb8",
        # Java: Apache, Tomcat, Druid, c3p0, JBoss, Reactor, Redisson, MongoDB
        "pool empty. unable to fetch a connection in",
        "getconnectiontimeoutexception",
        "attempt by a client to checkout a connection has timed out",
        "no managed connections available within configured blocking timeout",
        "has been pending for more than the configured timeout",
        "pending acquire queue has reached its maximum size",
        "unable to acquire connection! increase connection pool size",
        "too many threads are already waiting for a connection",
        "connectionrequesttimeoutexception",
        # Ruby, Elixir, Node
        "all pooled connections were in use",
        "could not obtain a database connection within",
        "connection not available and request was dropped from queue",
        "excess queuing for connections",
        "connectionacquiretimeouterror",
        "the pool is probably full",
        "resourcerequest timed out",
        "queue limit reached",
    ),
    *says("client.pool_exhausted", NARROWER, "pool")(
        " available", before=r"waited \d{1,5}(?:\.\d{1,9})? sec, \d{1,5}/\d{1,5}"
    ),
    *says("client.pool_exhausted", TEXT, "pool")(
        "timed out waiting for connection",
        then=r"(?:\s{0,3}$|[\"'),;]|: )",  # r2d2
    ),
    *says("client.pool_exhausted", PHRASE, "pool")(
        "timeout exceeded when trying to connect",  # node-postgres, of its pool or the server
        "timed out while waiting for an open connection",
    ),
    # a Unix socket that requests was to use
    *says("unix.not_found", SPECIFIC, "connect")("'connection aborted.', filenotfounderror("),
    *says("unix.forbidden", SPECIFIC, "connect")("'connection aborted.', permissionerror("),
    *says(URL, SENTENCE, "config")("failed to parse url from"),
]


# What HTTP clients say of responses: http.client, urllib3, requests, httpx, aiohttp, curl, Go.

EMPTY: Final = "http.response.invalid.empty"
SHORT: Final = "http.response.invalid.content_length_mismatch"
CHUNKED: Final = "http.response.invalid.incomplete_chunked_encoding"
NOT_HTTP: Final = "http.response.invalid.not_http"
DECODING: Final = "http.response.invalid.content_decoding"
PROTOCOL: Final = "http.protocol.error"
LOOP: Final = "http.response.redirect_loop"
REDIRECT: Final = "http.response.redirect_invalid"
CONTENT: Final = "http.response.unexpected_content"
_RULES_BROKEN = 78
"""A peer that speaks another protocol breaks the rules as well; that clue is ``SPECIFIC``."""
_TOO_MUCH = r" \d{1,6}[^\n]{0,40}(?:headers?|line)"
_OF_A_RESPONSE = (
    r"(?:requests[./]|httpx|aiohttp|simplejson|\bresponse\b|\bresp\b|r\.json\(\))[^\n]{0,200}"
)

RESPONSES: list[TextRule] = [
    *says("http.response.invalid.not_http", SENTENCE, "wait")(
        "invalid status line", before=r"websocket handshake[^\n]{0,40}"
    ),
    # none, or half of the headers
    *says(EMPTY, SPECIFIC, "wait")(
        "remote end closed connection without response",
        "server disconnected",
        "connection was closed before we received a valid response",
        "empty reply from server",
        "server returned nothing (no headers, no data)",
        "err_empty_response",
        "no response from server to http request",
        "no status line received",
        "connection closed before message completed",
    ),
    *says(EMPTY, NARROWER, "wait")("badstatusline", then=r"[:(]\s?['\"]{2,8}[,)\s]"),
    *says(EMPTY, PHRASE, "wait")(
        ": eof",
        before=r"(?:Get|Post|Put|Head|Delete|Patch|Options) \"?https?://[^\n\s\"]{1,300}\"?",
    ),
    *says(EMPTY, PHRASE, "wait")(
        ": unexpected eof",
        before=r"(?:Get|Post|Put|Head|Delete|Patch|Options) \"?https?://[^\n\s\"]{1,300}\"?",
    ),
    *says(EMPTY, NARROWER, "wait")(
        # websockets and h11
        "connection closed while reading http status line"
    ),
    *says("http.response.headers.truncated", NARROWER, "wait")(
        "connection closed while reading http headers"
    ),
    *says("http.response.headers.truncated", SPECIFIC, "wait")(
        "connection closed while reading headers",
        "unexpected end of headers",
        "response header was truncated",
        "err_response_headers_truncated",
        "while reading response headers",
    ),
    # half of the body
    *says(SHORT, NARROWER, "body")(
        "more expected", before=r"IncompleteRead\(\d{1,15} bytes read, -?\d{1,15} "
    ),
    *says(CHUNKED, NARROWER, "body")("bytes read)", before=r"IncompleteRead\(\d{1,15} "),
    *says(SHORT, SPECIFIC, "body")(
        "not enough data for satisfy content length header",
        "not enough data to satisfy content length header",
        "contentlengtherror",
        "err_content_length_mismatch",
        "transferred a partial file",
        "transfer closed with",
        "premature end of content-length delimited message body",
        "retrieval incomplete",
        "bytes remaining to read",
        "end of file before message length reached",
        "end of response with",
    ),
    *says(SHORT, SPECIFIC, "body")("without sending complete message body", then=r" \(received \d"),
    *says(CHUNKED, NARROWER, "body")(
        "(incomplete chunked read)",
        "not enough data for satisfy transfer length header",
        "not enough data to satisfy transfer length header",
        "transferencodingerror",
        "transfer closed with outstanding",
        "outstanding read data remaining",
        "invalidchunklength",
        "premature end of chunk",
        "unexpected eof during chunk",
        "err_incomplete_chunked_encoding",
    ),
    *says(CHUNKED, NARROWER, "body")("response ended prematurely", before=r"(?<!the )"),
    *says(SHORT, UMBRELLA + 1, "body")("without sending complete message body"),
    *says(SHORT, UMBRELLA, "body")("response payload is not completed"),
    # its encoding
    *says(DECODING, SPECIFIC, "body")(
        "contentdecodingerror",
        "contentencodingerror",
        "failed to decode it",
        "can not decode content-encoding",
        "error while decoding content",
        "unrecognized or bad http content or transfer-encoding",
        "content_decoding_failed",
        "error while processing content unencoding",
    ),
    *says(DECODING, SPECIFIC, "body")(
        "incorrect header check", before=r"(?:decompress|zlib|decod)[^\n]{0,120}"
    ),
    *says(DECODING, SPECIFIC, "body")("not a gzipped file", before=r"urlopen[^\n]{0,200}"),
    # an answer in another protocol
    *says(NOT_HTTP, SPECIFIC, "wait")(
        "badstatusline", then=r"[(:]\W{0,5}(?!HTTP|No status|400, message)\w"
    ),
    *says(NOT_HTTP, SPECIFIC, "wait")(
        "malformed http response",
        "received http/0.9 when not allowed",
        "illegal version",
        "invalid http version",
        "http version not supported by",
        "did not receive a valid http response",
        "server sent an invalid http response",
        "expected http/",
        "bad http/0.9",
        "malformed reply from server",
        "err_invalid_http_response",
    ),
    # the rules of HTTP broken
    *says(PROTOCOL, NARROWER, "wait")("badstatusline", then=r"\W{1,6}HTTP"),
    *says(PROTOCOL, _RULES_BROKEN, "wait")(
        "illegal status line",
        "illegal header",
        "illegal chunk header",
        "bad status line",
        "bad chunk size",
        "bad http message",
        "malformed data",
        "malformed http message",
        "malformed chunked encoding",
        "line without crlf",
        "multiple content-length",
        "invalid content-length",
        "duplicate content-length",
        "can't combine content-length with transfer-encoding",
        "invalid chunk size",
        "data after `connection: close`",
        "expected http/, rtsp/ or ice/",
        "malformed http status code",
        "malformed mime header",
        "receive buffer too long",
        "response header is too large",
        "header fields too large",
        "too large response headers",
        "can't handle event type",
        "invalid or unrecognized response",
    ),
    *says(PROTOCOL, NARROWER, "wait")("bad status line:", then=r"[^\n]{0,80}b['\"]HTTP"),
    *says(NOT_HTTP, SPECIFIC + 1, "wait")("bad status line:", then=r"[^\n]{0,80}Expected HTTP/"),
    *says(PROTOCOL, NARROWER + 1, "body")("invalidchunklength", then=r"\(got length b['\"][^'\"]"),
    *says(PROTOCOL, NARROWER, "wait")("content-length contained multiple"),
    *says(PROTOCOL, _RULES_BROKEN, "wait")("got more than", then=_TOO_MUCH),
    *says(PROTOCOL, _RULES_BROKEN, "wait")(
        "invalid character in", before=r"(?:HTTP|header)[^\n]{0,60}"
    ),
    *says(PROTOCOL, _RULES_BROKEN, "wait")("invalid header", before=r"400, message[^\n]{0,100}"),
    *says(PROTOCOL, _RULES_BROKEN, "wait")(
        "parse error: ", then=r"[^\n]{0,40}(?:HTTP|header|token)"
    ),
    *says(PROTOCOL, _RULES_BROKEN, "wait")(
        "invalid literal for int() with base 16", before=r"(?:chunk|MaxRetry|http)[^\n]{0,200}"
    ),
    # Node's parser: its codes; the words beside them are said of requests as well
    *says(PROTOCOL, EXACT, "wait")(
        "hpe_invalid",
        "hpe_header_overflow",
        "hpe_unexpected_content_length",
        "hpe_strict",
        "hpe_cr_expected",
        "hpe_lf_expected",
        "hpe_closed_connection",
        before=r"\b",
        then=r"(?!_(?:constant|eof_state))\w{0,40}",
    ),
    *says(NOT_HTTP, EXACT, "wait")("hpe_invalid_constant"),
    *says("http.response.headers.truncated", PHRASE, "wait")("hpe_invalid_eof_state"),
    *says(PROTOCOL, SENTENCE, "wait")(
        "und_err_headers_overflow", "in chunked-encoding", "header without colon"
    ),
    *says(SHORT, SPECIFIC, "body")("und_err_res_content_length_mismatch"),
    # redirects
    *says(LOOP, SPECIFIC, "wait")(
        "exceeded maximum allowed redirects",
        "too many redirects",
        "too many redirections",
        "redirections exceeded",
        "redirected too many times",
        "redirect error that would lead to an infinite loop",
        "maximum number of redirects",
        "number of redirects hit maximum amount",
        "redirect loop",
        "maximum redirect reached at",
        "err_too_many_redirects",
    ),
    *says(LOOP, SPECIFIC, "wait")(" redirects", before=r"(?:exceeded|stopped after) \d{1,4}"),
    *says(LOOP, SPECIFIC, "wait")("redirects followed", before=r"maximum \(\d{1,4}\) "),
    *says(REDIRECT, SPECIFIC, "wait")("redirection to url", then=r"[^\n]{1,250}not allowed"),
    *says(REDIRECT, SPECIFIC, "wait")(
        "invalid redirect", "missing location header", "err_unsafe_redirect", "err_invalid_redirect"
    ),
    *says(REDIRECT, SPECIFIC, "wait")(
        "redirect location", then=r" (?:header )?(?:missing|invalid|not)"
    ),
    # not the content that was expected
    *says(CONTENT, SENTENCE, "body")(
        "unexpected mimetype",
        "attempt to decode json with",
        "contenttypeerror",
        "invalid json response body",
        "unexpected token '<'",
        "unexpected token <",
    ),
    *says(CONTENT, SENTENCE, "body")("<!doctype", then=r"[^\n]{0,40}is not valid json"),
    *says(CONTENT, UMBRELLA, "body")(
        'models.py", line',  # requests and httpx, in a traceback
        'client_reqrep.py", line',
        'response.py", line',  # urllib3 and its forks
        then=r" \d{1,6}, in json\b",
    ),
    *says(CONTENT, SENTENCE, "body")("<!doctype html>", before=r"json[^\n]{0,80}"),
    *says(CONTENT, UMBRELLA, "body")("expecting value: line 1 column 1", before=_OF_A_RESPONSE),
]


# What is said of HTTP/2: h2, curl, Go, Node, Chromium, gRPC.

HTTP2: list[TextRule] = [
    *says("h2.refused_stream", EXACT, "wait")("refused_stream", "refusedstream"),
    *says("h2.refused_stream", EXACT, "wait")("error_code:7", before=r"StreamReset[^\n]{0,60}"),
    *says("h2.protocol.error", SPECIFIC, "wait")(
        "<connectionterminated",
        "<streamreset",
        "remoteprotocolerror: <",
        "http/2 stream",
        "http/2 error code",
        "http/2 framing layer",
        "http2 framing layer",
        "received http2 header with status",
        "goaway",
        "remoteprotocolerror: connectionterminated",
        "too_many_pings",
        "received rst_stream",
        "stream error: stream id",
        "stream was not closed cleanly",
        "internal_error; received from peer",
        "enhance_your_calm",
        "err_http2_",
        "err_spdy_protocol_error",
    ),
    *says("h2.protocol.error", SENTENCE, "wait")(
        "internal_error", "protocol_error", "flow_control_error", before=r"nghttp2[^\n]{0,60}"
    ),
]
