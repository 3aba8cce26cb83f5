"""Further answers over HTTP: each class of status, broken ones, loops, odd ones that are well."""

from e2e.building import NAME, listen, name, nameservers, secure
from e2e.handlers import PAGE, page, redirects
from e2e.site import OTHER, RESOLVER, RESOLVER2
from e2e.talk import (
    answer,
    cookie_wanted,
    longer_each_time,
    one_answer_only,
    proxied_only,
    still_processing,
    zipped,
)
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.http import closing
from ringback.testing.lab.message import head

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_BOTH = "their application|their service"
_STATUS = "status|http"
_NOT_HTTP = "http.response.invalid.not_http|http.protocol.error"


def _answered(label, target, expected, *build, curl=(0,), **more):
    return World(
        name=f"answered-{label}",
        target=target,
        build=(name(), *build),
        expected=expected,
        curl=curl,
        **more,
    )


def _status(code, cause, kind, *fields, where="their application|this program", **how):
    return _answered(
        f"{code}",
        f"{_HTTPS}orders",
        broken(cause, kind, _STATUS, where),
        secure(handler=page(code, *fields, **how)),
        fact=(rf"\b{code}\b",),
    )


_LOOP = broken("redirect_loop", "http.response.redirect_loop", "http", _BOTH)

WORLDS = (
    _status(
        407,
        "proxy_wants_password|client_error|unauthorized",
        "proxy.auth_required|http.error|http.error.auth",
        'Proxy-Authenticate: Basic realm="x"',
        where="proxy|their application|this program|this network|path",
    ),
    _status(408, "client_error", "http.error|http.request.timed_out", "Connection: close"),
    _status(413, "client_error", "http.error"),
    _status(421, "client_error", "http.error", where=f"{_BOTH}|this program"),
    _status(425, "client_error", "http.error"),
    _status(426, "client_error", "http.error", "Upgrade: TLS/1.3, HTTP/2.0"),
    _status(431, "client_error", "http.error"),
    _status(418, "client_error", "http.error"),
    _status(501, "server_error", "http.error", where=f"{_BOTH}|this program"),
    _status(505, "server_error", "http.error", where=f"{_BOTH}|this program"),
    _status(507, "server_error", "http.error", where=_BOTH),
    _status(529, "unavailable|server_error", "http.error.unavailable", where=_BOTH),
    _status(525, "gateway_failed", "http.error.gateway", "Server: cloudflare", where=_BOTH),
    _answered(
        "503-by-balancer",
        _HTTP,
        broken(
            "unavailable|gateway_failed",
            "http.error.unavailable|http.error.gateway",
            _STATUS,
            _BOTH,
        ),
        listen(
            80,
            answer(
                "HTTP/1.0 503 Service Unavailable",
                "Cache-Control: no-cache",
                "Connection: close",
                body=b"<html><body><h1>503 Service Unavailable</h1>\nNo server is available"
                b" to handle this request.\n</body></html>\n",
                length=False,
            ),
        ),
        fact=(r"\b503\b",),
    ),
    _answered(
        "403-rate-limited",
        _HTTPS,
        broken(
            "rate_limited|forbidden",
            "http.error.rate_limited|http.error.auth",
            _STATUS,
            "their application|this program|path",
        ),
        secure(handler=page(403, "Retry-After: 60")),
        fact=(r"\b403\b",),
    ),
    _answered(
        "loop-of-two-hosts",
        _HTTP,
        _LOOP,
        name("shop.example.org", OTHER),
        listen(80, redirects({"*": "http://shop.example.org/"})),
        listen(80, redirects({"*": _HTTP}), address=OTHER),
        curl=(47,),
        fact=("redirects|loop",),
    ),
    _answered(
        "loop-that-grows",
        _HTTP,
        _LOOP,
        listen(80, longer_each_time),
        curl=(47,),
        fact=("redirects|loop",),
    ),
    _answered(
        "cookie-before-page-healthy",
        _HTTP,
        WELL,
        listen(80, cookie_wanted),
        curl=(47,),
        note="a client that keeps cookies, as all of Python's do on a redirect, gets the page",
    ),
    _answered(
        "maintenance-page-healthy",
        _HTTPS,
        WELL,
        secure(handler=page(200, body=b"<h1>Down for maintenance</h1>")),
    ),
    _answered("closes-after-one-answer-healthy", _HTTP, WELL, listen(80, one_answer_only)),
    _answered("zipped-healthy", _HTTPS, WELL, secure(handler=zipped())),
    _answered("no-reason-phrase-healthy", _HTTP, WELL, listen(80, answer("HTTP/1.1 200 "))),
    _answered(
        "bare-line-feeds-healthy",
        _HTTP,
        WELL,
        listen(
            80,
            closing(
                b"HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 50\n\n" + PAGE[:50],
            ),
        ),
    ),
    _answered(
        "zip-cut",
        _HTTPS,
        broken(
            "body_cut|http_broken",
            "http.response.invalid.content_decoding|http.protocol.error",
            "http",
            f"{_BOTH}|path",
        ),
        secure(handler=zipped(cut=20)),
        fact=("gzip|decod|decompress|EOF",),
        note="the length is right, and the compressed stream has no end",
    ),
    _answered(
        "status-line-turned-round",
        _HTTP,
        broken("not_http|http_broken", _NOT_HTTP, "http", _BOTH),
        listen(80, answer("HTTP/1.1 OK 200")),
        curl=(1, 0),
        fact=("HTTP|status|malformed",),
    ),
    _answered(
        "no-status-line",
        _HTTP,
        broken("not_http", _NOT_HTTP, "http", f"{_BOTH}|this program"),
        listen(80, closing(PAGE)),
        curl=(1,),
        fact=("HTTP/0.9|malformed",),
    ),
    _answered(
        "two-lengths",
        _HTTP,
        broken(
            "http_broken|body_cut",
            "http.protocol.error|http.response.invalid.content_length_mismatch",
            "http",
            _BOTH,
        ),
        listen(80, answer("HTTP/1.1 200 OK", "Content-Length: 7")),
        curl=(8, 0),
        fact=("length",),
    ),
    _answered(
        "chunk-size-no-number",
        _HTTP,
        broken(
            "http_broken|body_cut",
            "http.protocol.error|http.response.invalid.incomplete_chunked_encoding",
            "http",
            _BOTH,
        ),
        listen(80, closing(head(200, "Transfer-Encoding: chunked") + b"zz\r\nhello\r\n0\r\n\r\n")),
        curl=(56,),
        fact=("chunk",),
    ),
    _answered(
        "header-too-long",
        _HTTP,
        broken("http_broken|not_http", "http.protocol.error", "http", _BOTH),
        listen(80, answer("HTTP/1.1 200 OK", f"X-Filler: {'x' * 400_000}")),
        curl=(0, 56, 27, 100),
        fact=("header|too (long|large)",),
    ),
    _answered(
        "processing-for-ever",
        _HTTP,
        broken("accepts_and_silent|slow_first_byte", "http.response.timed_out", "http", _BOTH),
        listen(80, still_processing),
        limit=SILENT,
        curl=(28,),
        fact=("time|102",),
    ),
    _answered(
        "proxy-line-expected",
        _HTTP,
        broken(
            "closes_without_answer|connection_reset|reset_after_request",
            "http.response.invalid.empty|tcp.closed|tcp.reset",
            "http|tcp",
            f"{_BOTH}|path",
        ),
        listen(80, proxied_only(page())),
        curl=(52, 56),
        fact=("empty|EOF|disconnect|closed|reset",),
    ),
    _answered(
        "redirect-to-silence",
        _HTTP,
        broken("accepts_and_silent", "http.response.timed_out", "http", _BOTH),
        listen(80, redirects({"*": f"http://{NAME}:8080/"})),
        listen(8080, lambda connection: connection.stall()),
        limit=SILENT,
        curl=(28,),
        fact=("time|silent",),
    ),
    _answered(
        "503-beside-silent-second-resolver",
        _HTTP,
        broken("unavailable", "http.error.unavailable", _STATUS, _BOTH),
        listen(80, page(503)),
        nameservers(RESOLVER, RESOLVER2),
        fact=(r"\b503\b",),
    ),
)
