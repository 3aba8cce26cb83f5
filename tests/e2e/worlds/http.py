"""Answers that are missing, cut, slow or no HTTP."""

from e2e.building import NAME, dual, listen, name, secure, world
from e2e.expectations import HTTP, HTTPS, STATUS_LAYERS, THEIR_APPLICATION
from e2e.handlers import old_server, page, redirects
from e2e.server_replies import after_request, answer, lingering
from e2e.site import OTHER, SERVER6
from e2e.templates import served
from e2e.world import SILENT, broken

from ringback.testing.lab.http import closing
from ringback.testing.lab.message import MID_BODY, MID_HEADERS, head
from ringback.testing.lab.server import Connection
from ringback.testing.lab.tcp import reset_after_request
from ringback.testing.lab.timing import stalled_body

_EMPTY_KINDS = "http.response.invalid.empty|tcp.closed"

WORLDS = (
    world(
        "unread-json-without-head",
        HTTP,
        broken(
            "not_http",
            "http.response.invalid.not_http",
            "http",
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(80, after_request(b'{"status": "ok"}\n', lingering)),
        curl=(1, 0),
    ),
    world(
        "unread-half-of-the-json",
        f"{HTTP}api",
        broken(
            "body_cut", "http.response.invalid.content_length_mismatch", "http", THEIR_APPLICATION
        ),
        name(),
        listen(80, page(cut=20)),
        curl=(18,),
    ),
    world(
        "unread-websocket-behind-old-proxy",
        f"ws://{NAME}/live",
        broken("no_websocket", "http.error", "http|status", f"{THEIR_APPLICATION}|path"),
        name(),
        listen(80, old_server),
        fact=("upgrade|101|websocket",),
    ),
    world(
        "unread-answers-in-another-tongue",
        HTTP,
        broken(
            "not_http",
            "http.response.invalid.not_http",
            "http",
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(80, after_request(b"\x00\x00\x00\x1a\x04\x00hello", lingering)),
        curl=(0, 1, 52),
    ),
    served(
        "slow-first-byte",
        "slow_first_byte",
        "http.response.timed_out",
        "slow|first byte",
        listen(80, page(delay=3.0)),
        limit=SILENT,
        curl=(0, 28),
    ),
    served(
        "closes-without-answer",
        "closes_without_answer",
        _EMPTY_KINDS,
        "empty reply|EOF|disconnect|closed",
        listen(80, closing(b"")),
        curl=(52,),
    ),
    served(
        "closes-without-answer-tls",
        "closes_without_answer",
        f"{_EMPTY_KINDS}|tls.closed",
        "empty reply|EOF|disconnect|closed",
        secure(handler=closing(b"")),
        url=HTTPS,
        curl=(52, 56),
    ),
    served(
        "reset-after-request",
        "reset_after_request",
        "tcp.reset",
        "reset",
        listen(80, reset_after_request),
        where=f"{THEIR_APPLICATION}|path",
        curl=(56,),
    ),
    served(
        "headers-cut",
        "body_cut|closes_without_answer|not_http",
        "http.response.headers.truncated|http.protocol.error",
        "header|EOF|truncat",
        listen(80, closing(MID_HEADERS)),
        curl=(0, 18, 52, 56),
    ),
    served(
        "body-stalled",
        "body_stalled",
        "http.response.body_timed_out",
        "time.*(bytes|body)|(bytes|body).*time|stall",
        listen(80, stalled_body),
        where=f"{THEIR_APPLICATION}|path",
        limit=SILENT,
        curl=(28,),
    ),
    world(
        "captive-portal-511",
        f"{HTTP}status",
        broken("captive_portal", "http.error.captive_portal", STATUS_LAYERS, "this network"),
        name(),
        listen(80, page(511)),
        curl=(0,),
        fact=("511",),
    ),
    world(
        "captive-portal-every-name",
        HTTPS,
        broken(
            "captive_portal|dns_hijacked|certificate_wrong_name",
            "http.error.captive_portal|tls.cert.name_invalid|dns.bogus_address",
            "status|http|dns|tls",
            "this network|DNS|their certificate",
            "captive_portal|dns_hijacked",
        ),
        name("*", OTHER),
        name(NAME, OTHER),
        secure(certificate="portal", address=OTHER),
        listen(80, redirects({"*": "http://portal.example.net/login"}), address=OTHER),
        curl=(60,),
        fact=("portal",),
        note="before the login every name resolves to the portal, whose certificate is its own",
    ),
    world(
        "answered-two-lengths",
        HTTP,
        broken(
            "http_broken|body_cut",
            "http.protocol.error|http.response.invalid.content_length_mismatch",
            "http",
            THEIR_APPLICATION,
        ),
        name(),
        listen(80, answer("HTTP/1.1 200 OK", "Content-Length: 7")),
        curl=(8, 0),
        fact=("length",),
    ),
    world(
        "answered-chunk-size-no-number",
        HTTP,
        broken(
            "http_broken|body_cut",
            "http.protocol.error|http.response.invalid.incomplete_chunked_encoding",
            "http",
            THEIR_APPLICATION,
        ),
        name(),
        listen(80, closing(head(200, "Transfer-Encoding: chunked") + b"zz\r\nhello\r\n0\r\n\r\n")),
        curl=(56,),
        fact=("chunk",),
    ),
    world(
        "requests-slow-byte-v6",
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
    world(
        "requests-body-stalls-tls",
        HTTPS,
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
    world(
        "changed-websocket-moved-to-tls",
        f"ws://{NAME}/feed",
        broken(
            "no_websocket|redirect_invalid",
            "http.response.unexpected_content|http.error|http.protocol.error"
            "|http.response.redirect_invalid",
            "http|status|application",
            "their application|their service|this program",
        ),
        name(),
        listen(80, redirects({"*": f"https://{NAME}/feed"}, status=301)),
        secure(),
        fact=("301|redirect|upgrade",),
        note="libraries for WebSockets do not follow redirects",
    ),
)
