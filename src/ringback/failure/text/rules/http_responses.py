"""What HTTP clients say of responses: http.client, urllib3, requests, httpx, aiohttp, curl, Go."""

from ringback.failure.reading import SPECIFIC, UMBRELLA
from ringback.failure.text.rule import NARROWER, PHRASE, SENTENCE, Rule, says

EMPTY = "http.response.invalid.empty"
SHORT = "http.response.invalid.content_length_mismatch"
CHUNKED = "http.response.invalid.incomplete_chunked_encoding"
NOT_HTTP = "http.response.invalid.not_http"
DECODING = "http.response.invalid.content_decoding"
PROTOCOL = "http.protocol.error"
LOOP = "http.response.redirect_loop"
REDIRECT = "http.response.redirect_invalid"
CONTENT = "http.response.unexpected_content"
_RULES_BROKEN = 78
"""A peer that speaks another protocol breaks the rules as well; that reading is ``SPECIFIC``."""
_TOO_MUCH = r" \d{1,6}[^\n]{0,40}(?:headers?|line)"
_OF_A_RESPONSE = (
    r"(?:requests[./]|httpx|aiohttp|simplejson|\bresponse\b|\bresp\b|r\.json\(\))[^\n]{0,200}"
)

RESPONSES: list[Rule] = [
    # none, or half of the headers
    *says(
        EMPTY,
        "remote end closed connection without response",
        "server disconnected",
        "connection was closed before we received a valid response",
        "empty reply from server",
        "server returned nothing (no headers, no data)",
        "err_empty_response",
        "no response from server to http request",
        "no status line received",
        "connection closed before message completed",
        rank=SPECIFIC,
        phase="wait",
    ),
    *says(EMPTY, "badstatusline", rank=NARROWER, phase="wait", then=r"[:(]\s?['\"]{2,8}[,)\s]"),
    *says(
        EMPTY,
        ": eof",
        rank=PHRASE,
        phase="wait",
        before=r"(?:Get|Post|Put|Head|Delete|Patch|Options) \"?https?://[^\n\s\"]{1,300}\"?",
    ),
    *says(
        EMPTY,
        ": unexpected eof",
        rank=PHRASE,
        phase="wait",
        before=r"(?:Get|Post|Put|Head|Delete|Patch|Options) \"?https?://[^\n\s\"]{1,300}\"?",
    ),
    *says(
        EMPTY,  # websockets and h11
        "connection closed while reading http status line",
        rank=NARROWER,
        phase="wait",
    ),
    *says(
        "http.response.headers.truncated",
        "connection closed while reading http headers",
        rank=NARROWER,
        phase="wait",
    ),
    *says(
        "http.response.headers.truncated",
        "connection closed while reading headers",
        "unexpected end of headers",
        "response header was truncated",
        "err_response_headers_truncated",
        "while reading response headers",
        rank=SPECIFIC,
        phase="wait",
    ),
    # half of the body
    *says(
        SHORT,
        "more expected",
        rank=NARROWER,
        phase="body",
        before=r"IncompleteRead\(\d{1,15} bytes read, -?\d{1,15} ",
    ),
    *says(CHUNKED, "bytes read)", rank=NARROWER, phase="body", before=r"IncompleteRead\(\d{1,15} "),
    *says(
        SHORT,
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
        rank=SPECIFIC,
        phase="body",
    ),
    *says(
        SHORT,
        "without sending complete message body",
        rank=SPECIFIC,
        phase="body",
        then=r" \(received \d",
    ),
    *says(
        CHUNKED,
        "(incomplete chunked read)",
        "not enough data for satisfy transfer length header",
        "not enough data to satisfy transfer length header",
        "transferencodingerror",
        "response ended prematurely",
        "transfer closed with outstanding",
        "outstanding read data remaining",
        "invalidchunklength",
        "premature end of chunk",
        "unexpected eof during chunk",
        "err_incomplete_chunked_encoding",
        rank=NARROWER,
        phase="body",
    ),
    *says(SHORT, "without sending complete message body", rank=UMBRELLA + 1, phase="body"),
    *says(SHORT, "response payload is not completed", rank=UMBRELLA, phase="body"),
    # its encoding
    *says(
        DECODING,
        "contentdecodingerror",
        "contentencodingerror",
        "failed to decode it",
        "can not decode content-encoding",
        "error while decoding content",
        "unrecognized or bad http content or transfer-encoding",
        "content_decoding_failed",
        rank=SPECIFIC,
        phase="body",
    ),
    *says(
        DECODING,
        "incorrect header check",
        rank=SPECIFIC,
        phase="body",
        before=r"(?:decompress|zlib|decod)[^\n]{0,120}",
    ),
    *says(
        DECODING, "not a gzipped file", rank=SPECIFIC, phase="body", before=r"urlopen[^\n]{0,200}"
    ),
    # an answer in another protocol
    *says(
        NOT_HTTP,
        "badstatusline",
        rank=SPECIFIC,
        phase="wait",
        then=r"[(:]\W{0,5}(?!HTTP|No status|400, message)\w",
    ),
    *says(
        NOT_HTTP,
        "malformed http response",
        "received http/0.9 when not allowed",
        "illegal version",
        "invalid http version",
        "http version not supported by",
        "did not receive a valid http response",
        "server sent an invalid http response",
        "expected http/",
        "bad http/0.9",
        "received invalid version",
        "malformed reply from server",
        "err_invalid_http_response",
        rank=SPECIFIC,
        phase="wait",
    ),
    # the rules of HTTP broken
    *says(PROTOCOL, "badstatusline", rank=NARROWER, phase="wait", then=r"\W{1,6}HTTP"),
    *says(
        PROTOCOL,
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
        "hpe_invalid",
        "hpe_header_overflow",
        "malformed http status code",
        "malformed mime header",
        "receive buffer too long",
        "response header is too large",
        "header fields too large",
        "too large response headers",
        "can't handle event type",
        "invalid or unrecognized response",
        rank=_RULES_BROKEN,
        phase="wait",
    ),
    *says(PROTOCOL, "bad status line:", rank=NARROWER, phase="wait", then=r"[^\n]{0,80}b['\"]HTTP"),
    *says(
        NOT_HTTP,
        "bad status line:",
        rank=SPECIFIC + 1,
        phase="wait",
        then=r"[^\n]{0,80}Expected HTTP/",
    ),
    *says(
        PROTOCOL,
        "invalidchunklength",
        rank=NARROWER + 1,
        phase="body",
        then=r"\(got length b['\"][^'\"]",
    ),
    *says(PROTOCOL, "content-length contained multiple", rank=NARROWER, phase="wait"),
    *says(PROTOCOL, "got more than", rank=_RULES_BROKEN, phase="wait", then=_TOO_MUCH),
    *says(
        PROTOCOL,
        "invalid character in",
        rank=_RULES_BROKEN,
        phase="wait",
        before=r"(?:HTTP|header)[^\n]{0,60}",
    ),
    *says(
        PROTOCOL,
        "invalid header",
        rank=_RULES_BROKEN,
        phase="wait",
        before=r"400, message[^\n]{0,100}",
    ),
    *says(
        PROTOCOL,
        "parse error: ",
        rank=_RULES_BROKEN,
        phase="wait",
        then=r"[^\n]{0,40}(?:HTTP|header|token)",
    ),
    *says(
        PROTOCOL,
        "invalid literal for int() with base 16",
        rank=_RULES_BROKEN,
        phase="wait",
        before=r"(?:chunk|MaxRetry|http)[^\n]{0,200}",
    ),
    # redirects
    *says(
        LOOP,
        "exceeded maximum allowed redirects",
        "too many redirects",
        "too many redirections",
        "redirections exceeded",
        "redirected too many times",
        "redirect error that would lead to an infinite loop",
        "maximum number of redirects",
        "number of redirects hit maximum amount",
        "redirect loop",
        "err_too_many_redirects",
        rank=SPECIFIC,
        phase="wait",
    ),
    *says(
        LOOP,
        " redirects",
        rank=SPECIFIC,
        phase="wait",
        before=r"(?:exceeded|stopped after) \d{1,4}",
    ),
    *says(LOOP, "redirects followed", rank=SPECIFIC, phase="wait", before=r"maximum \(\d{1,4}\) "),
    *says(
        REDIRECT, "redirection to url", rank=SPECIFIC, phase="wait", then=r"[^\n]{1,250}not allowed"
    ),
    *says(
        REDIRECT,
        "invalid redirect",
        "missing location header",
        "err_unsafe_redirect",
        "err_invalid_redirect",
        rank=SPECIFIC,
        phase="wait",
    ),
    *says(
        REDIRECT,
        "redirect location",
        rank=SPECIFIC,
        phase="wait",
        then=r" (?:header )?(?:missing|invalid|not)",
    ),
    # not the content that was expected
    *says(
        CONTENT,
        "unexpected mimetype",
        "attempt to decode json with",
        "contenttypeerror",
        "invalid json response body",
        "unexpected token '<'",
        "unexpected token <",
        rank=SENTENCE,
        phase="body",
    ),
    *says(CONTENT, "<!doctype", rank=SENTENCE, phase="body", then=r"[^\n]{0,40}is not valid json"),
    *says(
        CONTENT,
        'models.py", line',  # requests and httpx, in a traceback
        'client_reqrep.py", line',
        'response.py", line',  # urllib3 and its forks
        rank=UMBRELLA,
        phase="body",
        then=r" \d{1,6}, in json\b",
    ),
    *says(CONTENT, "<!doctype html>", rank=SENTENCE, phase="body", before=r"json[^\n]{0,80}"),
    *says(
        CONTENT,
        "expecting value: line 1 column 1",
        rank=UMBRELLA,
        phase="body",
        before=_OF_A_RESPONSE,
    ),
]
