"""Further answers over HTTP and where they redirect to."""

from e2e.building import NAME, SERVER, dual, ip, listen, name, rule, secure
from e2e.contexts import curve
from e2e.handlers import PAGE, page, redirects, smtp
from e2e.pages import (
    browsers_only,
    ends_within,
    hints_then,
    old_404,
    slow_header_lines,
    too_late,
    two_answers,
)
from e2e.site import OTHER
from e2e.talk import answer, flight_in_two_parts, late, replies
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.http import closing
from ringback.testing.lab.message import head
from ringback.testing.lab.server import Connection
from ringback.testing.lab.timing import stalled_body, trickled_body

_BOTH = "their application|their service"
_HTTPS = f"https://{NAME}/"
_HTTP = f"http://{NAME}/"
_STATUS = "status|http"
_PORTAL = (
    ip("office", "addr add 192.0.2.181/25 dev eth0"),
    rule(
        "gateway",
        "PREROUTING -t nat -s 192.0.2.2 -p tcp --dport 80 -j DNAT --to-destination 192.0.2.181:80",
    ),
)
_BROKEN = broken(
    "http_broken|body_cut|not_http",
    "http.protocol.error|http.response.invalid.content_length_mismatch|http.response.invalid.not_http",
    "http",
    _BOTH,
)


def _reply(label, target, expected, *build, **more):
    return World(name=f"reply-{label}", target=target, build=build, expected=expected, **more)


def _gatewayed(handler):
    return (*_PORTAL, listen(80, handler, role="office", address="192.0.2.181"))


WORLDS = (
    _reply(
        "http-to-smtp",
        f"http://{NAME}:25/",
        broken(
            "not_http|other_protocol",
            "http.response.invalid.not_http",
            "http",
            f"{_BOTH}|this program",
        ),
        name(),
        listen(25, smtp),
    ),
    _reply(
        "http-to-amqp",
        f"http://{NAME}:5672/",
        broken(
            "not_http|other_protocol",
            "http.response.invalid.not_http",
            "http",
            f"{_BOTH}|this program",
        ),
        name(),
        listen(5672, replies(b"AMQP\x00\x00\x09\x01")),
    ),
    _reply(
        "login-on-same-host-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(handler=redirects({"/": "/login?next=/"})),
    ),
    _reply(
        "trickled-body",
        _HTTP,
        broken(
            "body_stalled|healthy|slow_first_byte",
            "http.response.body_timed_out|healthy|http.response.timed_out",
            "http|none",
            f"{_BOTH}|path|",
            healthy=None,
        ),
        name(),
        listen(80, trickled_body),
        limit=SILENT,
    ),
    _reply(
        "401-without-challenge",
        _HTTPS,
        broken("unauthorized", "http.error.auth", _STATUS, "their application|this program"),
        name(),
        secure(handler=page(401)),
    ),
    _reply(
        "503-envoy",
        _HTTPS,
        broken(
            "unavailable|gateway_failed",
            "http.error.unavailable|http.error.gateway",
            _STATUS,
            _BOTH,
        ),
        name(),
        secure(
            handler=page(
                503,
                "Server: envoy",
                body=b"upstream connect error or disconnect/reset before headers."
                b" reset reason: connection failure",
            )
        ),
    ),
    _reply(
        "504-varnish",
        _HTTP,
        broken("gateway_failed", "http.error.gateway", _STATUS, _BOTH),
        name(),
        listen(80, page(504, "Via: 1.1 varnish", "Server: Varnish")),
    ),
    _reply(
        "405",
        _HTTPS,
        broken("client_error", "http.error", _STATUS, "their application|this program"),
        name(),
        secure(handler=page(405, "Allow: POST")),
    ),
    _reply(
        "status-599",
        _HTTPS,
        broken("server_error", "http.error", _STATUS, _BOTH),
        name(),
        secure(handler=page(599)),
    ),
    _reply(
        "both-lengths-healthy",
        _HTTP,
        WELL,
        name(),
        listen(
            80,
            closing(
                head(200, "Transfer-Encoding: chunked", "Content-Length: 99")
                + b"5\r\nhello\r\n0\r\n\r\n"
            ),
        ),
    ),
    _reply(
        "trailers-healthy",
        _HTTP,
        WELL,
        name(),
        listen(
            80,
            closing(
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\ntrailer: x-sum\r\n\r\n"
                b"5;a=b\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n"
            ),
        ),
    ),
    _reply(
        "body-longer-healthy",
        _HTTP,
        WELL,
        name(),
        listen(80, closing(head(200, "Content-Length: 5") + b"hello and more")),
    ),
    _reply(
        "folded-header-healthy",
        _HTTP,
        WELL,
        name(),
        listen(80, closing(b"HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\nContent-Length: 2\r\n\r\nok")),
    ),
    _reply(
        "websocket-healthy",
        f"ws://{NAME}/chat",
        WELL,
        name(),
        listen(
            80,
            closing(
                head(101, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: x")
            ),
        ),
    ),
    _reply(
        "websocket-404",
        f"wss://{NAME}/chat",
        broken("not_found", "http.error", _STATUS, "their application|this program"),
        name(),
        secure(handler=page(404)),
    ),
    _reply(
        "nginx-444",
        _HTTPS,
        broken(
            "closes_without_answer",
            "http.response.invalid.empty|tcp.closed|tls.closed",
            "http|tcp|tls",
            _BOTH,
        ),
        name(),
        secure(handler=closing(b"")),
    ),
    _reply(
        "503-beside-ipv6-refused",
        _HTTP,
        broken("unavailable", "http.error.unavailable", _STATUS, _BOTH),
        dual(),
        listen(80, page(503), address=SERVER),
    ),
    _reply(
        "one-of-two-503",
        _HTTPS,
        broken(
            "unavailable|healthy",
            "http.error.unavailable|healthy",
            f"{_STATUS}|none",
            f"{_BOTH}|",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER),
        secure(address=SERVER),
        secure(handler=page(503), address=OTHER),
    ),
    _reply(
        "balancer-resets-after-a-second",
        _HTTP,
        broken("reset_after_request|connection_reset", "tcp.reset", "tcp|http", f"{_BOTH}|path"),
        name(),
        listen(80, late(1.0, Connection.reset)),
        limit=SILENT,
    ),
    _reply(
        "balancer-closes-after-three-seconds",
        _HTTPS,
        broken(
            "closes_without_answer",
            "http.response.invalid.empty|tcp.closed|tls.closed",
            "http|tcp|tls",
            _BOTH,
        ),
        name(),
        secure(handler=late(3.0, Connection.finish)),
        limit=SILENT,
    ),
    _reply(
        "answer-filtered-reset",
        _HTTP,
        broken(
            "accepts_and_silent|path_lost",
            "http.response.timed_out",
            "http|ip|tcp",
            f"{_BOTH}|path|this network",
        ),
        name(),
        listen(),
        rule(
            "border",
            "FORWARD -p tcp --sport 80 -m string --algo bm --string Welcome"
            " -j REJECT --reject-with tcp-reset",
        ),
        limit=SILENT,
        note="the server is reset, the client waits: from its place that is a silent server",
    ),
    _reply(
        "portal-page-200",
        f"{_HTTP}status",
        broken("captive_portal", "http.error.captive_portal", _STATUS, "this network"),
        name(),
        listen(),
        *_gatewayed(
            page(
                200,
                body=b"<html><title>WiFi login</title><form action=/login>"
                b"<input name=user><input type=password name=pw></form></html>",
            )
        ),
    ),
    _reply(
        "transparent-proxy-403",
        _HTTP,
        broken(
            "forbidden|proxy_forbids",
            "http.error.auth|proxy.denied",
            "status|http|proxy",
            "this network|path|their application|this program|proxy",
        ),
        name(),
        listen(),
        *_gatewayed(
            page(
                403,
                "Via: 1.1 gw (squid/5.7)",
                "X-Squid-Error: ERR_ACCESS_DENIED 0",
                "Server: squid/5.7",
            )
        ),
    ),
    _reply(
        "transparent-proxy-502",
        _HTTP,
        broken(
            "gateway_failed|proxy_upstream_failed",
            "http.error.gateway|proxy.upstream_failed",
            "status|http|proxy",
            "this network|path|their application|their service|proxy",
        ),
        name(),
        *_gatewayed(
            page(
                502,
                "Via: 1.1 gw (squid/5.7)",
                "X-Squid-Error: ERR_CONNECT_FAIL 111",
                "Server: squid/5.7",
            )
        ),
    ),
    _reply(
        "icecast-of-old",
        _HTTP,
        broken(
            "not_http",
            "http.response.invalid.not_http|http.protocol.error",
            "http",
            f"{_BOTH}|this program",
        ),
        name(),
        listen(80, answer("ICY 200 OK", "icy-name: radio")),
    ),
    _reply(
        "status-of-four-digits",
        _HTTP,
        broken(
            "not_http|http_broken",
            "http.response.invalid.not_http|http.protocol.error",
            "http",
            _BOTH,
        ),
        name(),
        listen(80, answer("HTTP/1.1 2000 OK")),
    ),
    _reply(
        "reset-within-body",
        _HTTP,
        broken(
            "body_cut|reset_after_request",
            "http.response.invalid.content_length_mismatch|tcp.reset",
            "http|tcp",
            f"{_BOTH}|path",
        ),
        name(),
        listen(80, ends_within(head(200, "Content-Length: 100000") + b"x" * 3000)),
    ),
    _reply(
        "reset-within-chunk-tls",
        _HTTPS,
        broken(
            "body_cut|reset_after_request",
            "http.response.invalid.incomplete_chunked_encoding|tcp.reset",
            "http|tcp",
            f"{_BOTH}|path",
        ),
        name(),
        secure(
            handler=ends_within(head(200, "Transfer-Encoding: chunked") + b"1000\r\n" + b"x" * 300)
        ),
    ),
    _reply(
        "stalls-within-body-tls",
        _HTTPS,
        broken("body_stalled", "http.response.body_timed_out", "http", f"{_BOTH}|path"),
        name(),
        secure(handler=stalled_body),
        limit=SILENT,
    ),
    _reply(
        "gzip-that-is-none",
        _HTTPS,
        broken(
            "body_cut|http_broken",
            "http.response.invalid.content_decoding|http.protocol.error",
            "http",
            _BOTH,
        ),
        name(),
        secure(handler=page(200, "Content-Encoding: gzip")),
    ),
    _reply(
        "brotli-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(handler=page(200, "Content-Encoding: br", body=b"\x0b\x02\x80hello\x03")),
    ),
    _reply(
        "429-bare",
        _HTTPS,
        broken(
            "rate_limited", "http.error.rate_limited", _STATUS, "their application|this program"
        ),
        name(),
        secure(handler=page(429)),
    ),
    _reply(
        "403-challenge",
        _HTTPS,
        broken(
            "forbidden|rate_limited",
            "http.error.auth|http.error.rate_limited",
            _STATUS,
            "their application|this program|path",
        ),
        name(),
        secure(
            handler=page(403, "cf-mitigated: challenge", "Server: cloudflare", "CF-RAY: 8a-FRA")
        ),
    ),
    _reply(
        "409",
        _HTTPS,
        broken("client_error", "http.error", _STATUS, "their application|this program"),
        name(),
        secure(handler=page(409)),
    ),
    _reply(
        "428",
        _HTTPS,
        broken("client_error", "http.error", _STATUS, "their application|this program"),
        name(),
        secure(handler=page(428)),
    ),
    _reply(
        "slow-beside-ending-certificate",
        _HTTPS,
        broken("slow_first_byte", "http.response.timed_out", "http", _BOTH),
        name(),
        secure(certificate="ending", handler=page(delay=3.0)),
        limit=SILENT,
    ),
    _reply(
        "429-beside-dead-ipv6",
        _HTTPS,
        broken(
            "rate_limited", "http.error.rate_limited", _STATUS, "their application|this program"
        ),
        dual(),
        secure(handler=page(429, "Retry-After: 9")),
        rule("border", "FORWARD -p tcp -j DROP", 6),
        limit=SILENT,
    ),
    _reply(
        "not-found-beside-refusing-address",
        _HTTPS,
        broken("not_found", "http.error", _STATUS, "their application|this program"),
        name(NAME, SERVER, OTHER),
        secure(handler=page(404), address=SERVER),
    ),
    _reply(
        "hints-then-closes",
        _HTTPS,
        broken(
            "closes_without_answer|body_cut",
            "http.response.invalid.empty|http.response.headers.truncated|tcp.closed|http.protocol.error",
            "http|tcp",
            _BOTH,
        ),
        name(),
        secure(handler=hints_then(Connection.finish)),
    ),
    _reply(
        "hints-then-silent",
        _HTTP,
        broken("accepts_and_silent|slow_first_byte", "http.response.timed_out", "http", _BOTH),
        name(),
        listen(80, hints_then(Connection.stall)),
        limit=SILENT,
    ),
    _reply(
        "answers-before-request",
        _HTTP,
        broken("client_error", "http.error", _STATUS, f"{_BOTH}|this program"),
        name(),
        listen(80, too_late),
    ),
    _reply(
        "slow-header-lines",
        _HTTP,
        broken(
            "slow_first_byte|healthy",
            "http.response.timed_out|healthy",
            "http|none",
            f"{_BOTH}|",
            healthy=None,
        ),
        name(),
        listen(80, slow_header_lines),
        limit=SILENT,
    ),
    _reply(
        "two-answers-healthy",
        _HTTP,
        WELL,
        name(),
        listen(80, two_answers),
    ),
    _reply(
        "old-404",
        _HTTP,
        broken("not_found", "http.error", _STATUS, "their application|this program"),
        name(),
        listen(80, old_404),
    ),
    _reply(
        "refuses-our-agent",
        _HTTPS,
        broken(
            "forbidden|rate_limited",
            "http.error.auth|http.error.rate_limited",
            _STATUS,
            "their application|this program|path",
        ),
        name(),
        secure(handler=browsers_only),
    ),
    _reply(
        "200-with-error-text-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(handler=page(200, body=b"Internal Server Error")),
    ),
    _reply(
        "202-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(handler=page(202)),
    ),
    _reply(
        "206-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(handler=page(206, "Content-Range: bytes 0-49/50")),
    ),
    _reply(
        "300-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(handler=page(300)),
    ),
    _reply(
        "510",
        _HTTPS,
        broken("server_error", "http.error", _STATUS, _BOTH),
        name(),
        secure(handler=page(510)),
    ),
    _reply(
        "520",
        _HTTPS,
        broken("gateway_failed", "http.error.gateway", _STATUS, _BOTH),
        name(),
        secure(handler=page(520, "Server: cloudflare")),
    ),
    _reply(
        "port-80-portal-443-well",
        _HTTPS,
        WELL,
        name(),
        secure(),
        listen(80, redirects({"*": "http://portal.example.net/login"})),
    ),
    _reply(
        "narrow-upload-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(certificate="long"),
        ip("border", "link set dmz mtu 1300"),
        rule("border", "OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP"),
        note="only what this client would upload is too large for the path",
    ),
    _reply(
        "firewall-forgets-after-20-kb",
        _HTTP,
        broken(
            "body_stalled|path_lost|mtu_black_hole",
            "http.response.body_timed_out",
            "http|ip|tcp",
            f"{_BOTH}|path",
        ),
        name(),
        listen(80, page(body=PAGE * 20000)),
        rule(
            "border",
            "FORWARD -p tcp --sport 80 -m connbytes --connbytes 100000:"
            " --connbytes-dir reply --connbytes-mode bytes -j DROP",
        ),
        limit=SILENT,
    ),
    _reply(
        "expired-cross-sign-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(certificate="crossed"),
    ),
    _reply(
        "one-curve-healthy",
        _HTTPS,
        WELL,
        name(),
        secure(prepare=curve("secp384r1")),
    ),
    _reply(
        "flight-in-two-parts-healthy",
        _HTTPS,
        WELL,
        name(),
        listen(443, flight_in_two_parts()),
        limit=SILENT,
    ),
    _reply(
        "answer-then-reset-healthy",
        _HTTP,
        WELL,
        name(),
        listen(80, ends_within(head(200, "Content-Length: 2") + b"ok")),
    ),
    _reply(
        "length-below-zero",
        _HTTP,
        _BROKEN,
        name(),
        listen(80, answer("HTTP/1.1 200 OK", "Content-Length: -5", length=False)),
    ),
    _reply(
        "length-in-words",
        _HTTP,
        _BROKEN,
        name(),
        listen(80, answer("HTTP/1.1 200 OK", "Content-Length: many", length=False)),
    ),
    _reply(
        "websocket-503",
        f"wss://{NAME}/s",
        broken("unavailable", "http.error.unavailable", _STATUS, _BOTH),
        name(),
        secure(handler=page(503)),
    ),
    _reply(
        "websocket-426",
        f"ws://{NAME}/s",
        broken("client_error", "http.error", _STATUS, "their application|this program"),
        name(),
        listen(80, page(426, "Sec-WebSocket-Version: 13")),
    ),
    _reply(
        "http-to-mongodb",
        f"http://{NAME}:27017/",
        broken(
            "not_http|other_protocol|client_error",
            "http.response.invalid.not_http|http.error",
            "http|status",
            f"{_BOTH}|this program",
        ),
        name(),
        listen(
            27017,
            replies(
                b"It looks like you are trying to access MongoDB over HTTP"
                b" on the native driver port.\r\n"
            ),
        ),
    ),
)
