"""What curl and libcurl say: exit codes, the words for them, and their own sentences.

Sources: https://curl.se/docs/manpage.html (EXIT CODES), https://curl.se/libcurl/c/libcurl-errors.html.
"""

from ringback.failure.reading import SPECIFIC, TIMEOUT
from ringback.failure.text.rule import NARROWER, SENTENCE, Rule, say_each, says

_CODE = 44
"""The code; the words beside it usually know more."""
_COULD_NOT_CONNECT = 38
"""Usually a refusal; the code 7 beside it stands for any failure to connect."""
_KIND_OF_CODE = {
    1: "url.scheme_invalid",
    3: "url.invalid",
    5: "proxy.unreachable",
    6: "dns.name_not_resolved",
    7: "tcp.failed",
    8: "http.response.invalid.not_http",
    16: "h2.protocol.error",
    18: "http.response.invalid.content_length_mismatch",
    28: TIMEOUT,
    35: "tls.failed",
    45: "client.local_address",
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
    95: "h2.protocol.error",
    97: "proxy.upstream_failed",
    98: "tls.bad_client_auth_cert",
}
_WORDS = {
    "couldn't resolve proxy name": "proxy.unreachable",
    "access denied to remote resource": "service.rejected",
    "login denied": "service.rejected",
    "weird server reply": "http.response.invalid.not_http",
    "failed binding local connection end": "client.local_address",
    "failed sending data to the peer": "tcp.closed",
    "failure when receiving data from the peer": "tcp.closed",
    "ssl public key does not match pinned public key": "tls.cert.pinned_key_not_in_cert_chain",
    "ssl server certificate status verification failed": "tls.cert.invalid",
    "issuer check against peer certificate failed": "tls.cert.authority_invalid.unknown_issuer",
    "failed to load ca certificates": "config.tls_files_invalid",
    "proxy handshake error": "proxy.upstream_failed",
    "ssl client certificate required": "tls.bad_client_auth_cert",
    "stream error in the http/2 framing layer": "h2.protocol.error",
}
"""``curl_easy_strerror`` where the words tell more than those of other libraries."""
_CURL_BEFORE_A_NUMBER = (
    r"(?:curl(?:_easy_perform\(\) failed)?|cURL error|curl: ?|\[CURL\]|Failed to perform, curl: "
    r"|errno|exit (?:code|status)|error: ?)[ :]{0,3}"
)
_SHORT_OF_THE_NAME = r"CURLE?_\w{0,40} ?"


def _code(number: int, kind: str) -> list[Rule]:
    """The code in each of its spellings: tool, PHP, pycurl and git."""
    curl = _CURL_BEFORE_A_NUMBER
    return [
        *says(kind, f"({number})", f"({number}, ", rank=_CODE, before=curl),
        *says(kind, f"({number})", rank=_CODE, before=_SHORT_OF_THE_NAME),
        *says(kind, f"error {number}:", rank=_CODE, before=r"curl[: ]{1,2}"),
        *says(kind, f"curl_easy_perform() failed {number}", rank=_CODE, then=r"\b"),
    ]


CURL: list[Rule] = [
    *(rule for number, kind in _KIND_OF_CODE.items() for rule in _code(number, kind)),
    *say_each(_WORDS),
    *says(TIMEOUT, "timeout was reached"),
    *says(
        "tcp.refused",
        "couldn't connect to server",
        "could not connect to server",
        rank=_COULD_NOT_CONNECT,
        phase="connect",
    ),
    *says(
        "tcp.timed_out",
        "failed to connect to",
        rank=SENTENCE,
        phase="connect",
        then=r" [^\n]{1,120}: (?:timeout was reached|timed out|connection timed out)",
    ),
    # how far a transfer came
    *says(
        TIMEOUT,
        "operation timed out after",
        rank=SENTENCE,
        phase="wait",
        then=r" \d{1,9} (?:milli)?seconds with (?:\d{1,15} (?:out of -?\d{1,15} )?bytes|0 )",
    ),
    *says(
        TIMEOUT,
        "bytes received",
        rank=NARROWER,
        phase="body",
        before=r"timed out after \d{1,9} milliseconds with (?!0 )\d{1,15} (?:out of -?\d{1,15} )?",
    ),
    *says("http.response.body_timed_out", "operation too slow", rank=SPECIFIC, phase="body"),
    *says(
        "tcp.reset",
        "recv failure: connection was reset",
        "recv failure: connection reset by peer",
        "openssl ssl_read: connection was reset",
        rank=SPECIFIC,
    ),
]
