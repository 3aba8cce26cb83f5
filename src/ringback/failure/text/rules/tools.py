"""What command-line tools say: curl, wget, git, pip and its relatives, npm, ssh."""

from ringback.failure.reading import EXACT, GENERIC, SPECIFIC, TIMEOUT, UMBRELLA, Reading
from ringback.failure.text.rule import Rule, says

# curl's exit codes, https://curl.se/docs/manpage.html (EXIT CODES)
_CURL = {
    1: "url.scheme_invalid",
    3: "url.invalid",
    5: "proxy.unreachable",
    6: "dns.name_not_resolved",
    7: "tcp.failed",
    18: "http.response.invalid.content_length_mismatch",
    28: TIMEOUT,
    35: "tls.failed",
    47: "http.response.redirect_loop",
    51: "tls.cert.name_invalid",
    52: "http.response.invalid.empty",
    53: "config.tls_files_invalid",
    55: "tcp.closed",
    56: "tcp.closed",
    58: "config.tls_files_invalid",
    59: "tls.version_or_cipher_mismatch",
    60: "tls.cert.invalid",
    61: "http.response.invalid.content_decoding",
    66: "tls.failed",
    67: "service.rejected",
    77: "config.tls_files_invalid",
    80: "tls.failed",
    83: "tls.cert.authority_invalid.unknown_issuer",
    90: "tls.cert.pinned_key_not_in_cert_chain",
    91: "tls.cert.invalid",
    92: "h2.protocol.error",
    16: "h2.protocol.error",
    95: "h2.protocol.error",
    97: "proxy.upstream_failed",
    98: "tls.bad_client_auth_cert",
}


_CURL_WORDS = {
    "couldn't resolve proxy name": "proxy.unreachable",
    "could not resolve proxy": "proxy.unreachable",
    "transferred a partial file": "http.response.invalid.content_length_mismatch",
    "timeout was reached": TIMEOUT,
    "number of redirects hit maximum amount": "http.response.redirect_loop",
    "server returned nothing (no headers, no data)": "http.response.invalid.empty",
    "failed sending data to the peer": "tcp.closed",
    "failure when receiving data from the peer": "tcp.closed",
    "problem with the local ssl certificate": "config.tls_files_invalid",
    "couldn't use specified ssl cipher": "tls.version_or_cipher_mismatch",
    "unrecognized or bad http content or transfer-encoding": (
        "http.response.invalid.content_decoding"
    ),
    "ssl public key does not match pinned public key": "tls.cert.pinned_key_not_in_cert_chain",
    "proxy handshake error": "proxy.upstream_failed",
    "ssl client certificate required": "tls.bad_client_auth_cert",
}


def _curl() -> list[Rule]:
    """The exit code in each of its spellings; the words beside it usually know more."""
    return [
        Rule(
            needle.format(code),
            Reading(kind, GENERIC + 24),
            (
                rf"(?:curl(?:_easy_perform\(\) failed)?|cURL error|curl: ?\(|\[CURL\]|errno|exit (?:code|status)|Failed to perform, curl: )[ :(]{{0,3}}{code}\b"
                rf"|curl: \({code}\)|(?:pycurl\.)?error: \({code}, |CURLE?_\w{{0,40}} ?\(?{code}\b"
            ),
        )
        for code, kind in _CURL.items()
        for needle in ("({})", "error {}:", "({}, ", "curl_easy_perform() failed {}")
    ]


RULES: list[Rule] = [
    *_curl(),
    *says(
        "tcp.refused",
        "couldn't connect to server",
        "could not connect to server",
        rank=38,
        phase="connect",
    ),
    *says("tcp.failed", "failed to connect to", rank=GENERIC, phase="connect"),
    *says("http.response.invalid.empty", "empty reply from server", rank=SPECIFIC, phase="wait"),
    *says(
        TIMEOUT,
        "operation timed out after",
        rank=SPECIFIC - 5,
        phase="wait",
        around=r"operation timed out after \d+ (?:milli)?seconds with (?:\d+ (?:out of \d+ )?bytes|0 )",
    ),
    *says(
        TIMEOUT,
        "bytes received",
        rank=SPECIFIC + 2,
        phase="body",
        around=r"timed out after \d+ milliseconds with (?!0 )\d+ (?:out of -?\d+ )?bytes received",
    ),
    *says(TIMEOUT, "connection timed out after", rank=SPECIFIC, phase="connect"),
    *says("tls.timed_out", "ssl connection timeout", rank=SPECIFIC, phase="tls"),
    *says("dns.timed_out", "resolving timed out after", rank=SPECIFIC, phase="dns"),
    *says(
        "tcp.timed_out",
        "failed to connect to",
        rank=SPECIFIC - 8,
        phase="connect",
        around=r"failed to connect to [^\n]{1,120}: (?:timeout was reached|timed out|connection timed out)",
    ),
    *says("http.response.body_timed_out", "operation too slow", rank=SPECIFIC, phase="body"),
    *says(
        "tcp.reset",
        "recv failure: connection was reset",
        "openssl ssl_read: connection was reset",
        "recv failure: connection reset by peer",
        rank=SPECIFIC,
    ),
    *says(
        "tls.closed",
        "openssl ssl_connect: ssl_error_syscall",
        "ssl_connect: ssl_error_syscall",
        "gnutls_handshake() failed: the tls connection was non-properly terminated",
        rank=SPECIFIC,
        phase="tls",
    ),
    *says(
        "tcp.reset",
        "ssl_connect: connection was reset",
        "ssl_connect: connection reset by peer",
        "schannel: failed to receive handshake",
        rank=SPECIFIC + 2,
        phase="tls",
    ),
    *says(
        "tcp.closed",
        "the remote end hung up unexpectedly",
        "early eof",
        "unexpected disconnect while reading sideband packet",
        rank=40,
    ),
    *says("http.error", "requested url returned error", rank=40, phase="wait"),
    *says(
        "http.response.invalid.content_length_mismatch",
        "transfer closed with",
        rank=SPECIFIC,
        phase="body",
        around=r"transfer closed with \d+ bytes remaining",
    ),
    *says(
        "http.response.invalid.incomplete_chunked_encoding",
        "transfer closed with outstanding read data remaining",
        rank=SPECIFIC + 5,
        phase="body",
    ),
    *says("dns.name_not_resolved", "could not resolve hostname", rank=40, phase="dns"),
    *says(
        "dns.temporary_failure",
        "could not resolve: ",
        rank=50,
        phase="dns",
        around=r"could not resolve: [^\n]{1,120}\((?:timeout while|could not contact)",
    ),
    *says(
        "http.response.timed_out",
        "err_socket_timeout",
        "esockettimedout",
        rank=SPECIFIC,
        phase="wait",
    ),
    *says(
        "tls.cert.authority_invalid.unknown_issuer",
        "err_tls_cert_signature",
        rank=SPECIFIC,
        phase="tls",
    ),
    *says(
        "tcp.reset",
        "errno 104",
        "errno 54",
        rank=SPECIFIC + 3,
        around=r"SSL_ERROR_SYSCALL, errno (?:104|54|10054)",
    ),
    *says(
        "abandoned", "request was aborted", rank=29, around=r"request was aborted(?!: could not)"
    ),
    *says("abandoned", "the operation was aborted", "request aborted", "err_canceled", rank=30),
    *says(
        TIMEOUT, "connecttimeouterror", "und_err_connect_timeout", rank=EXACT - 5, phase="connect"
    ),
    *says(TIMEOUT, "headerstimeouterror", "und_err_headers_timeout", rank=EXACT - 5, phase="wait"),
    *says(TIMEOUT, "bodytimeouterror", "und_err_body_timeout", rank=EXACT - 5, phase="body"),
    *says("tcp.closed", "und_err_socket", "other side closed", rank=SPECIFIC - 5),
    *says("unknown", "fetch failed", "failed to fetch", rank=4),
]
