"""What JavaScript says: Node, Deno and Bun, their clients and package managers, and pages.

Said by: Node's ``lib/internal/errors.js``; undici's ``errors.js``; axios, got, node-fetch, request,
ws, socket.io and grpc-js; npm, Yarn and pnpm; Deno's ``runtime/permissions``; Bun's ``fetch``;
Chromium's and Firefox's consoles.
"""

from ringback.failure.clue import SPECIFIC, TEXT, TIMEOUT
from ringback.failure.names import KindName
from ringback.failure.text.rule import (
    HINT,
    NARROWER,
    OVERRIDE,
    PHRASE,
    SENTENCE,
    TextRule,
    say_each,
    says,
)

_NO_CAUSE = HINT + 5
"""Outweighs the class ``TypeError``, which the standard asks for of every failure of ``fetch``."""
_EXCHANGE = r"(?:fetch|terminated|undici|axios|response|request|https?:)[^\n]{0,250}"
_TUNNEL = r"Proxy response \("
_CONSOLE = r"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (?:https?|wss?)://[^ \n]{1,250} "
_NET_ERROR: dict[int, KindName] = {
    7: "client.deadline_exceeded",
    21: "tcp.aborted",
    100: "tcp.closed",
    101: "tcp.reset",
    102: "tcp.refused",
    103: "tcp.aborted",
    104: "tcp.failed",
    105: "dns.name_not_resolved",
    106: "tcp.address_unreachable.network",
    107: "tls.protocol.error",
    109: "tcp.address_unreachable.host",
    113: "tls.version_or_cipher_mismatch",
    118: "tcp.timed_out",
    130: "proxy.unreachable",
    137: "dns.failed",
    200: "tls.cert.name_invalid",
    201: "tls.cert.date_invalid.expired",
    202: "tls.cert.authority_invalid.untrusted_root",
    206: "tls.cert.revoked",
    207: "tls.cert.invalid",
    324: "http.response.invalid.empty",
    337: "h2.protocol.error",
}
"""``net_error_list.h`` by number."""

NODE: list[TextRule] = [
    # Node itself
    *say_each(
        {
            "err_invalid_protocol": "url.scheme_invalid",
            "err_socket_bad_port": "url.invalid",
            "err_http_headers_sent": "not_a_connection_failure",
        },
        rank=SENTENCE,
        phase="config",
    ),
    *says("url.scheme_invalid", SENTENCE, "config")(
        ' not supported. expected "http', before=r'Protocol "[\w+.\-]{1,20}:"'
    ),
    *says("client.closed", NARROWER)("err_http2_invalid_session"),
    *says("http.response.invalid.content_decoding", SENTENCE, "body")(
        "z_buf_error", "z_data_error", before=_EXCHANGE
    ),
    *says("client.resources_exhausted", SPECIFIC)(
        "connect emfile", "getaddrinfo emfile", "accept emfile", "socket emfile"
    ),
    *says("tcp.address_unreachable.prohibited", TEXT)(
        "connect eacces", "listen eacces", "bind eacces"
    ),
    *says("unix.not_found", SPECIFIC, "connect")("connect enoent ", then=r"/|\\\\"),
    *says("unix.forbidden", SPECIFIC, "connect")("connect eacces /"),
    *says("tcp.timed_out.established", SPECIFIC)(
        "read etimedout", "write etimedout", "recvfrom failed: etimedout"
    ),
    *says("dns.temporary_failure", SPECIFIC, "dns")(
        "erefused", "eformerr", "enotimp", "ebadresp", before=r"query[A-Z]\w{0,8} "
    ),
    *says("client.closed", TEXT)("err_socket_closed"),
    *say_each(
        {
            "missing expected cr": "http.protocol.error",
            "missing expected lf": "http.protocol.error",
            "invalid character in chunk size": "http.protocol.error",
            "invalid response status": "http.protocol.error",
            "content-length can't be present": "http.protocol.error",
            "data after `connection: close`": "http.protocol.error",
        },
        rank=SENTENCE,
        phase="wait",
        before=r"Parse Error: ",
    ),
    # a signal ended it: the caller's limit, or the caller
    *says("client.deadline_exceeded", SENTENCE)("operation was aborted due to timeout"),
    *says("abandoned", HINT)("this operation was aborted"),
    # undici
    *says("request.invalid", SPECIFIC, "config")("und_err_req_content_length_mismatch"),
    *says("url.scheme_invalid", SENTENCE, "config")("unknown scheme", before=r"fetch[^\n]{0,200}"),
    *says("proxy.auth_required", SPECIFIC, "proxy")("407) !== 200", before=_TUNNEL),
    *says("proxy.denied", SPECIFIC, "proxy")("403) !== 200", before=_TUNNEL),
    *says("proxy.upstream_failed", SPECIFIC, "proxy")(") !== 200", before=_TUNNEL + r"5\d\d"),
    # axios, got, request
    *says("tcp.closed", PHRASE, "body")("stream has been aborted"),
    *says("url.scheme_invalid", SENTENCE, "config")(
        "unsupported protocol ", before=r"Error: ", then=r"\"?[a-z][\w+.\-]{0,30}:"
    ),
    *says("http.response.redirect_loop", SPECIFIC, "wait")(
        " times. aborting", before=r"[Rr]edirected \d{1,3}"
    ),
    *says("url.invalid", SENTENCE, "config")('invalid uri "', before=r"Error: "),
    # ws and the pages' WebSocket
    *says("http.error", TEXT, "wait")("unexpected server response: ", then=r"[23]\d\d\b"),
    *says("http.error", TEXT, "wait")("unexpected response code: ", then=r"[23]\d\d\b"),
    *says("abandoned", PHRASE)(
        "websocket was closed before the connection was established",
        "websocket is closed before the connection is established",
    ),
    *says(TIMEOUT, SENTENCE + 1, "wait")(
        "opening handshake has timed out", "websocket opening handshake timed out"
    ),
    *says("tcp.closed", PHRASE)("websocket is not open: readystate ", then=r"[23]\b"),
    *says("tcp.closed", HINT)("error: not opened", then=r"[^\n]{0,20}WebSocket"),
    *says("http.protocol.error", SENTENCE, "wait")(
        "invalid sec-websocket-accept header", "invalid upgrade header"
    ),
    *says("tcp.closed", SENTENCE)(
        " was interrupted while the page was loading",
        before=r"connection to (?:wss?|https?)://[^ \n]{1,200}",
    ),
    *says("tcp.failed", PHRASE, "connect")(
        "can't establish a connection to the server", then=r" at wss?:"
    ),
    *says("tcp.refused", SPECIFIC, "connect")(
        "can't establish a connection to the server", then=r"(?! at wss?:)"
    ),
    *says("tcp.closed", PHRASE)("io server disconnect", "closed with code 1006"),
    # grpc-js
    *says("h2.refused_stream", NARROWER, "wait")("received rst_stream with code 7"),
    *says("http.error.auth", SENTENCE, "wait")(
        "16 unauthenticated: ", "7 permission_denied: ", before=r"\bError: "
    ),
    *says("abandoned", PHRASE)("1 cancelled: ", before=r"\bError: "),
    # package managers
    *says("http.error.auth", SENTENCE, "wait")("eneedauth", before=r"\b", then=r"\b"),
    *says("http.error.auth", SPECIFIC, "wait")("invalid authentication (as "),
    *says("http.error", SENTENCE, "wait")(
        ': not found"', before=r'unexpected error occurred: "https?://[^"\n]{1,250}'
    ),
    # Deno, which asks for permission; Bun
    *says("tcp.address_unreachable.prohibited", SPECIFIC, "config")("requires net access to "),
    *says("tcp.failed", PHRASE, "connect")(
        "is the computer able to access the url?", "failedtoopensocket"
    ),
    # SOCKS
    *says("proxy.denied", OVERRIDE + 1, "proxy")(
        " - notallowed", before=r"Socks5 proxy rejected connection"
    ),
    *says(TIMEOUT, SENTENCE, "proxy")("proxy connection timed out"),
    # fetch and XMLHttpRequest, which tell a page nothing
    *says("unknown", _NO_CAUSE)(
        "fetch failed", "failed to fetch", "load failed", before=r"TypeError: "
    ),
    *says("unknown", _NO_CAUSE)(
        "network request failed",
        "networkerror when attempting to fetch resource",
        "network-request-failed",
        "xmlhttprequest error.",
        "cors request did not succeed",
    ),
    *says(TIMEOUT, SENTENCE)("network request timed out"),
    # the consoles of browsers; what Chromium says of a call of its own
    *say_each(
        {f"net_error -{number}": kind for number, kind in _NET_ERROR.items()},
        rank=SPECIFIC,
        then=r"\b",
    ),
    *says("not_a_connection_failure", OVERRIDE)("violates the following content security policy"),
    *says("http.response.unexpected_content", SENTENCE, "wait")('that is not "text/event-stream"'),
    *says("abandoned", TEXT)("ns_binding_aborted"),
    *says("http.error.auth", TEXT, "wait")("401 (", "403 (", before=_CONSOLE),
    *says("http.error.rate_limited", TEXT, "wait")("429 (", before=_CONSOLE),
    *says("http.error.unavailable", TEXT, "wait")("503 (", before=_CONSOLE),
    *says("http.error.gateway", TEXT, "wait")("502 (", "504 (", before=_CONSOLE),
    *says("http.error", TEXT, "wait")(
        *(f"{status} (" for status in (400, 404, 405, 409, 410, 413, 415, 422, 500, 501)),
        before=_CONSOLE,
    ),
]
