"""Worlds of HTTP: redirects, statuses, and answers that break off."""

from e2e.building import (
    NAME,
    crowded,
    dual,
    listen,
    name,
    rule,
    secure,
)
from e2e.handlers import page, redirects
from e2e.site import SERVER, SERVER6
from e2e.talk import (
    after_request,
    answer,
    lingering,
    reset_soon,
    says,
    zipped,
)
from e2e.world import SILENT, World, broken

from ringback.testing.lab.message import MID_BODY
from ringback.testing.lab.server import Connection

_SERVER6 = f"[{SERVER6}]"
_HTTP = f"http://{NAME}/"
_HTTPS = f"https://{NAME}/"
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _world(label, target, expected, *build, **more):
    return World(name=f"requests-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _world(
        "slow-byte-v6",
        f"http://{NAME}:8080/",
        broken(
            "slow_first_byte",
            "http.response.timed_out|healthy",
            "http|application|none",
            "their application|their service|",
            healthy=None,
        ),
        name(NAME, SERVER6),
        listen(8080, page(delay=3.0)),
        limit=SILENT,
    ),
    _world(
        "loop-http-https",
        _HTTP,
        broken(
            "redirect_loop",
            "http.response.redirect_loop",
            "http|status",
            "their application|their service",
        ),
        dual(),
        listen(80, redirects({"*": _HTTPS}, status=301)),
        secure(handler=redirects({"*": _HTTP}, status=308)),
    ),
    _world(
        "401-bearer",
        f"https://{NAME}/api/v2/items",
        broken(
            "unauthorized",
            "http.error.auth",
            "status|http|application",
            "this program|their application",
        ),
        dual(),
        secure(
            handler=page(
                401,
                (
                    'WWW-Authenticate: Bearer error="invalid_token"'
                    ', error_description="The access token expired"'
                ),
                body=b'{"error":"invalid_token"}',
            )
        ),
    ),
    _world(
        "403-s3",
        f"https://{NAME}/bucket/key",
        broken(
            "forbidden",
            "http.error.auth",
            "status|http|application",
            "this program|their application",
        ),
        name(),
        secure(
            handler=answer(
                "HTTP/1.1 403 Forbidden",
                "Server: AmazonS3",
                "Content-Type: application/xml",
                body=b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
            )
        ),
    ),
    _world(
        "404-traefik",
        f"http://{NAME}:8000/x",
        broken(
            "not_found",
            "http.error",
            "status|http|application",
            "this program|their application|their service",
        ),
        name(),
        listen(8000, page(404, "X-Content-Type-Options: nosniff", body=b"404 page not found\n")),
    ),
    _world(
        "429-ratelimit-headers",
        _HTTPS,
        broken(
            "rate_limited",
            "http.error.rate_limited",
            "status|http|application",
            "this program|their application",
        ),
        dual(),
        secure(
            handler=page(
                429,
                "RateLimit-Remaining: 0",
                "RateLimit-Reset: 17",
                "Retry-After: Wed, 21 Oct 2037 07:28:00 GMT",
            )
        ),
    ),
    _world(
        "503-haproxy",
        _HTTP,
        broken(
            "unavailable",
            "http.error.unavailable",
            "status|http|application",
            "their application|their service",
        ),
        name(),
        listen(
            80,
            answer(
                "HTTP/1.0 503 Service Unavailable",
                "Cache-Control: no-cache",
                "Connection: close",
                body=(
                    b"<html><body><h1>503 Service Unavailable</h1>\nNo serve"
                    b"r is available to handle this request.\n</body></html>\n"
                ),
                length=False,
            ),
        ),
    ),
    _world(
        "504-envoy",
        _HTTP,
        broken(
            "gateway_failed",
            "http.error.gateway",
            "status|http|application",
            "their application|their service",
        ),
        name(),
        listen(80, page(504, "server: envoy", body=b"upstream request timeout")),
    ),
    _world(
        "500-django",
        f"http://{_SERVER6}:8000/",
        broken("server_error", "http.error", "status|http|application", "their application"),
        listen(8000, page(500, body=b"<h1>Server Error (500)</h1>")),
    ),
    _world(
        "body-cut-tls",
        _HTTPS,
        broken(
            "body_cut",
            "http.response.invalid.content_length_mismatch",
            "http",
            "their application|their service|path",
        ),
        name(),
        secure(handler=page(body=b"y" * 9000, cut=4000)),
    ),
    _world(
        "redirect-to-missing-name",
        _HTTP,
        broken(
            "redirect_invalid|name_missing",
            "http.response.redirect_invalid|dns.name_not_resolved",
            "http|dns",
            "DNS|their application",
        ),
        name(),
        listen(80, redirects({"*": "https://shop.example.net/"})),
    ),
    _world(
        "redirect-to-localhost",
        _HTTP,
        broken(
            "service_down",
            "tcp.refused|http.response.redirect_invalid",
            "tcp|http|status",
            "their application|their service|this host",
        ),
        name(),
        listen(80, redirects({"*": "http://127.0.0.1:8080/home"})),
    ),
    _world(
        "redirect-to-expired",
        _HTTP,
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        dual(),
        listen(80, redirects({"*": _HTTPS}, status=301)),
        secure(certificate="expired"),
    ),
    _world(
        "redirect-to-closed-port",
        _HTTP,
        broken("service_down", "tcp.refused", "tcp", "their service|their host|their application"),
        dual(),
        listen(80, redirects({"*": f"https://{NAME}:9443/"}, status=301)),
    ),
    _world(
        "redirect-without-location",
        _HTTP,
        broken(
            "redirect_invalid",
            "http.response.redirect_invalid|http.error",
            "http|status",
            "their application",
        ),
        name(),
        listen(80, page(302)),
    ),
    _world(
        "gzip-cut",
        _HTTPS,
        broken(
            "body_cut",
            "http.response.invalid.content_decoding",
            "http",
            "their application|their service|path",
        ),
        name(),
        secure(handler=zipped(cut=20)),
    ),
    _world(
        "head-cut",
        _HTTP,
        broken(
            "body_cut", "http.response.headers.truncated", "http", "their application|their service"
        ),
        name(),
        listen(80, after_request(b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Ty", Connection.finish)),
    ),
    _world(
        "h2-only",
        f"http://{NAME}:50051/",
        broken(
            "not_http",
            "http.response.invalid.not_http|http.protocol.error|h2.protocol.error",
            "http",
            "this program|their service",
        ),
        name(),
        listen(
            50051,
            says(
                (
                    b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00d\x00\x04\x00\x10\x00\x00\x00\x06\x00\x00@\x00"
                ),
                hangs_up=False,
            ),
        ),
        limit=SILENT,
    ),
    _world(
        "426",
        _HTTP,
        broken(
            "client_error",
            "http.error",
            "status|http|application",
            "this program|their application|their service",
        ),
        name(),
        listen(80, page(426, "Upgrade: h2c", "Connection: Upgrade")),
    ),
    _world(
        "522-cloudflare",
        _HTTPS,
        broken(
            "gateway_failed",
            "http.error.gateway|http.error",
            "status|http|application",
            "their application|their service|their host",
        ),
        name(),
        secure(handler=page(522, "Server: cloudflare", "CF-RAY: 8a1", body=b"error code: 522")),
    ),
    _world(
        "503-envoy-uf",
        _HTTP,
        broken(
            "unavailable",
            "http.error.unavailable|http.error.gateway",
            "status|http|application",
            "their application|their service",
        ),
        name(),
        listen(
            80,
            page(
                503,
                "server: envoy",
                body=(
                    b"upstream connect error or disconnect/reset befor"
                    b"e headers. reset reason: connection failure, tra"
                    b"nsport failure reason: delayed connect error: 111"
                ),
            ),
        ),
    ),
    _world(
        "503-waf-block",
        _HTTPS,
        broken(
            "forbidden",
            "http.error.rate_limited|http.error.unavailable|http.error.auth",
            "status|http|application",
            "this program|their application",
        ),
        name(),
        secure(
            handler=page(
                403,
                "Server: cloudflare",
                "CF-RAY: 8a1-FRA",
                "cf-mitigated: challenge",
                body=b"<title>Just a moment...</title>",
            )
        ),
    ),
    _world(
        "body-stalls-tls",
        _HTTPS,
        broken(
            "body_stalled",
            "http.response.body_timed_out",
            "http",
            "their application|their service|path",
        ),
        dual(),
        secure(handler=after_request(MID_BODY, Connection.stall)),
        limit=SILENT,
    ),
    _world(
        "body-reset",
        _HTTP,
        broken(
            "reset_after_request",
            "tcp.reset|http.response.invalid.content_length_mismatch",
            "http|tcp",
            "their application|their service|path",
        ),
        name(),
        listen(80, after_request(MID_BODY, reset_soon)),
    ),
    _world(
        "chunk-broken",
        _HTTP,
        broken(
            "http_broken",
            "http.protocol.error|http.response.invalid.incomplete_chunked_encoding",
            "http",
            "their application|their service",
        ),
        name(),
        listen(80, after_request(_CHUNKED + b"ZZ\r\nhello\r\n0\r\n\r\n", lingering)),
    ),
    _world(
        "chunked-ends",
        _HTTP,
        broken(
            "body_cut",
            "http.response.invalid.incomplete_chunked_encoding",
            "http",
            "their application|their service|path",
        ),
        name(),
        listen(80, after_request(_CHUNKED + b"5\r\nhello\r\n", lingering)),
    ),
    _world(
        "two-lengths",
        _HTTP,
        broken("http_broken", "http.protocol.error", "http", "their application|their service"),
        name(),
        listen(
            80,
            after_request(
                b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhelloxx",
                lingering,
            ),
        ),
    ),
    _world(
        "redirect-to-silent-port",
        _HTTP,
        broken("firewall_drops", "tcp.timed_out", "tcp", "path|their host|their application"),
        name(),
        listen(80, redirects({"*": f"http://{NAME}:8088/"})),
        rule("border", "FORWARD -p tcp --dport 8088 -j DROP"),
        limit=8,
    ),
    _world(
        "redirect-to-ftp",
        _HTTP,
        broken(
            "redirect_invalid", "http.response.redirect_invalid", "http|status", "their application"
        ),
        name(),
        listen(80, redirects({"*": "ftp://files.example.org/"})),
    ),
    _world(
        "redirect-to-portal-like",
        _HTTP,
        broken("certificate_wrong_name", "tls.cert.name_invalid", "tls", "their certificate"),
        name(),
        listen(80, redirects({"*": _HTTPS})),
        secure(certificate="bare_domain"),
    ),
    _world(
        "508-loop",
        _HTTP,
        broken("server_error", "http.error", "status|http|application", "their application"),
        name(),
        listen(80, page(508)),
    ),
    _world(
        "400-host",
        f"http://{SERVER}/",
        broken(
            "client_error",
            "http.error",
            "status|http|application",
            "this program|their application",
        ),
        listen(80, page(400, body=b"<h1>Bad Request (400)</h1>")),
    ),
    _world(
        "410",
        _HTTP,
        broken(
            "not_found", "http.error", "status|http|application", "this program|their application"
        ),
        name(),
        listen(80, page(410)),
    ),
    _world(
        "status-999",
        _HTTP,
        broken(
            "server_error",
            "http.error|http.error.rate_limited|http.protocol.error",
            "status|http|application",
            "this program|their application",
        ),
        name(),
        listen(80, answer("HTTP/1.1 999 Request Denied")),
    ),
    _world(
        "status-line-broken",
        _HTTP,
        broken(
            "http_broken",
            "http.protocol.error|http.response.invalid.not_http",
            "http",
            "their application|their service",
        ),
        name(),
        listen(80, answer("HTTP/1.1 OK")),
    ),
    _world(
        "slow-body-after-head",
        _HTTP,
        broken(
            "body_stalled",
            "http.response.body_timed_out",
            "http",
            "their application|their service|path",
            healthy=None,
        ),
        name(),
        listen(80, after_request(_CHUNKED + b"5\r\nhello\r\n", Connection.stall)),
        limit=SILENT,
    ),
    _world(
        "crowded-https-v6-fine",
        _HTTPS,
        broken("ipv4_dead", "tcp.timed_out", "tcp", "path|their host|their service", healthy=None),
        dual(),
        crowded(443),
        secure(address=SERVER6),
        limit=SILENT,
    ),
)
