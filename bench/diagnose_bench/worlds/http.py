"""Answers that are missing, cut, slow or no HTTP."""

from e2e.building import NAME, blocked, dual, ip, listen, name, nft, resolver, rule, secure, world
from e2e.expectations import (
    HTTP,
    HTTPS,
    NAME_SEEN,
    SELF_SIGNED_KIND,
    SLOW,
    STATUS_LAYERS,
    THEIR_APPLICATION,
)
from e2e.handlers import PAGE, mysql, page, postgres, redirects, smtp
from e2e.server_replies import after_request, alternating, answer, lingering, replies, says
from e2e.site import OTHER, RESOLVER, SERVER
from e2e.templates import ALL, served
from e2e.world import SILENT, World, broken

from diagnose_bench.servers import (
    alert_in_the_clear,
    ends_within,
    hints_then,
    late,
    proxied_only,
    reset_soon,
    slow_header_lines,
    zipped,
)
from diagnose_bench.worlds.expectations import MEGABYTE, NEAR, STATUS_OR_HTTP
from diagnose_bench.worlds.templates import HOST6, answered, changed_tls, gatewayed, office
from ringback.testing.lab import proxy as faulty
from ringback.testing.lab.dns import DNSAnswer
from ringback.testing.lab.http import closing, greeting
from ringback.testing.lab.message import MID_BODY, head
from ringback.testing.lab.server import Connection
from ringback.testing.lab.timing import stalled_body, trickled_body

_NOT_HTTP_KINDS = "http.response.invalid.not_http|http.protocol.error"

_HTTP_BROKEN = broken(
    "http_broken|body_cut|not_http",
    "http.protocol.error|http.response.invalid.content_length_mismatch|http.response.invalid.not_http",
    "http",
    THEIR_APPLICATION,
)

_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

WORLDS = (
    world(
        "unread-empty-reply-after-slow-work",
        HTTP,
        broken(
            "closes_without_answer",
            "http.response.invalid.empty|tcp.closed",
            "http",
            THEIR_APPLICATION,
        ),
        name(),
        listen(80, after_request(b"", late(2.0, lingering))),
        curl=(52,),
        **SLOW,
    ),
    served(
        "body-cut",
        "body_cut",
        "http.response.invalid.content_length_mismatch",
        "400|remaining|incomplete|unexpected EOF|complete message",
        listen(80, closing(MID_BODY)),
        where=f"{THEIR_APPLICATION}|path",
        curl=(18,),
    ),
    served(
        "body-cut-chunked",
        "body_cut",
        "http.response.invalid.incomplete_chunked_encoding",
        "chunk|unexpected EOF|incomplete",
        listen(
            80,
            closing(
                head(200, "Content-Type: text/plain", "Transfer-Encoding: chunked")
                + b"5\r\nhello\r\n"
            ),
        ),
        where=f"{THEIR_APPLICATION}|path",
        curl=(18, 56),
    ),
    served(
        "not-http",
        "not_http|other_protocol",
        "http.response.invalid.not_http",
        "ssh",
        listen(80, greeting(b"SSH-2.0-OpenSSH_9.6p1 Debian-3\r\n")),
        where=f"{THEIR_APPLICATION}|this program",
        curl=(1, 56),
    ),
    served(
        "not-http-redis",
        "not_http|other_protocol",
        "http.response.invalid.not_http",
        "-ERR|HTTP/0.9|malformed",
        listen(6379, closing(b"-ERR wrong number of arguments for 'get' command\r\n")),
        url=f"http://{NAME}:6379/",
        where=f"{THEIR_APPLICATION}|this program",
        curl=(1, 56),
    ),
    World(
        name="captive-portal-redirect",
        target=f"{HTTP}status",
        build=(
            name(),
            name("portal.wifi.example.net", "192.0.2.181"),
            listen(),
            ip("office", "addr add 192.0.2.181/25 dev eth0"),
            listen(
                80,
                redirects({"*": "http://portal.wifi.example.net/login?mac=0242"}),
                role="office",
                address="192.0.2.180",
            ),
            listen(
                80,
                None,
                role="office",
                address="192.0.2.181",
            ),
            rule(
                "gateway",
                "PREROUTING -t nat -s 192.0.2.2 ! -d 192.0.2.181 -p tcp --dport 80 -j DNAT"
                " --to-destination 192.0.2.180:80",
            ),
        ),
        expected=broken(
            "captive_portal", "http.error.captive_portal", STATUS_LAYERS, "this network"
        ),
        curl=(0,),
        fact=("portal.wifi.example.net",),
        note="the gateway leads every connection to port 80 to the portal's own server",
    ),
    world(
        "rare-body-shorter-through-tls",
        f"{HTTPS}file",
        broken(
            "body_cut",
            "http.response.invalid.content_length_mismatch",
            "http",
            "their application|their service|path",
        ),
        name(),
        secure(handler=page(200, body=PAGE, cut=20)),
        curl=(18, 56),
        fact=("remaining|incomplete|unexpected EOF|complete message|closed",),
    ),
    world(
        "odd-http-to-postgres",
        f"http://{NAME}:5432/",
        broken(
            "closes_without_answer|not_http|other_protocol",
            "http.response.invalid.empty|http.response.invalid.not_http|tcp.closed|tcp.reset",
            "http|tcp",
            "their application|their service|this program",
        ),
        name(),
        listen(5432, postgres),
        curl=(52, 56),
        fact=("empty|EOF|disconnect|reset",),
    ),
    world(
        "odd-http-to-mysql",
        f"http://{NAME}:3306/",
        broken(
            "not_http|other_protocol",
            "http.response.invalid.not_http",
            "http",
            "their application|their service|this program",
        ),
        name(),
        listen(3306, mysql),
        limit=SILENT,
        curl=(1, 28),
        fact=("mysql|HTTP/0.9|malformed",),
    ),
    world(
        "name-captive-portal-by-dns",
        HTTP,
        broken(
            "captive_portal|dns_hijacked",
            "http.error.captive_portal|dns.bogus_address|http.response.unexpected_content",
            "dns|status|http",
            "this network|DNS",
        ),
        name("*", OTHER),
        listen(80, redirects({"*": "http://login.example.net/"}), address=OTHER),
        fact=("portal|log in|every name",),
    ),
    world(
        "ask-captive-portal-http",
        HTTP,
        broken("captive_portal", "http.error.captive_portal", "status|http", "this network"),
        name(),
        name("login.example.net", "192.0.2.1"),
        listen(),
        listen(8000, redirects({"*": "http://login.example.net:8000/hello?from=shop"}), **NEAR),
        rule(
            "gateway",
            "PREROUTING -t nat -i lan -p tcp --dport 80 -j DNAT --to-destination 192.0.2.1:8000",
        ),
        fact=("portal|log in",),
    ),
    world(
        "ask-proxy-closes-http",
        HTTP,
        broken(
            "closes_without_answer|proxy_silent",
            "http.response.invalid.empty|tcp.closed|proxy.no_response",
            "http|tcp|proxy",
            "proxy|their service|their application",
        ),
        name(),
        listen(),
        blocked(),
        office(3128, faulty.closed),
        variables=ALL,
        fact=("empty|clos|EOF|disconnect",),
    ),
    world(
        "ask-proxy-is-ssh-http",
        HTTP,
        broken(
            "not_http|not_a_proxy|other_protocol",
            "http.response.invalid.not_http|proxy.protocol_error",
            "http|proxy",
            "proxy|their service|their application|this program",
        ),
        name(),
        listen(),
        blocked(),
        office(3128, greeting(b"SSH-2.0-OpenSSH_9.6\r\n")),
        variables=ALL,
        limit=SILENT,
        fact=("SSH",),
    ),
    world(
        "met-one-backend-of-two-dead",
        HTTP,
        broken(
            "closes_without_answer|overloaded",
            "http.response.invalid.empty|tcp.closed|tcp.reset",
            "http|tcp",
            "their application|their service",
            healthy=None,
        ),
        name(),
        listen(80, alternating(Connection.finish, page())),
        curl=(0, 52, 56),
        fact=("empty|EOF|disconnect|closed",),
        note="a balancer whose first server hangs up, and whose second one is well",
    ),
    answered(
        "zip-cut",
        HTTPS,
        broken(
            "body_cut|http_broken",
            "http.response.invalid.content_decoding|http.protocol.error",
            "http",
            f"{THEIR_APPLICATION}|path",
        ),
        secure(handler=zipped(cut=20)),
        fact=("gzip|decod|decompress|EOF",),
        note="the length is right, and the compressed stream has no end",
    ),
    answered(
        "status-line-turned-round",
        HTTP,
        broken("not_http|http_broken", _NOT_HTTP_KINDS, "http", THEIR_APPLICATION),
        listen(80, answer("HTTP/1.1 OK 200")),
        curl=(1, 0),
        fact=("HTTP|status|malformed",),
    ),
    answered(
        "no-status-line",
        HTTP,
        broken("not_http", _NOT_HTTP_KINDS, "http", f"{THEIR_APPLICATION}|this program"),
        listen(80, closing(PAGE)),
        curl=(1,),
        fact=("HTTP/0.9|malformed",),
    ),
    answered(
        "header-too-long",
        HTTP,
        broken("http_broken|not_http", "http.protocol.error", "http", THEIR_APPLICATION),
        listen(80, answer("HTTP/1.1 200 OK", f"X-Filler: {'x' * 400_000}")),
        curl=(0, 56, 27, 100),
        fact=("header|too (long|large)",),
    ),
    answered(
        "proxy-line-expected",
        HTTP,
        broken(
            "closes_without_answer|connection_reset|reset_after_request",
            "http.response.invalid.empty|tcp.closed|tcp.reset",
            "http|tcp",
            f"{THEIR_APPLICATION}|path",
        ),
        listen(80, proxied_only(page())),
        curl=(52, 56),
        fact=("empty|EOF|disconnect|closed|reset",),
    ),
    world(
        "reply-http-to-smtp",
        f"http://{NAME}:25/",
        broken(
            "not_http|other_protocol",
            "http.response.invalid.not_http",
            "http",
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(25, smtp),
    ),
    world(
        "reply-http-to-amqp",
        f"http://{NAME}:5672/",
        broken(
            "not_http|other_protocol",
            "http.response.invalid.not_http",
            "http",
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(5672, replies(b"AMQP\x00\x00\x09\x01")),
    ),
    world(
        "reply-trickled-body",
        HTTP,
        broken(
            "body_stalled|healthy|slow_first_byte",
            "http.response.body_timed_out|healthy|http.response.timed_out",
            "http|none",
            f"{THEIR_APPLICATION}|path|",
            healthy=None,
        ),
        name(),
        listen(80, trickled_body),
        limit=SILENT,
    ),
    world(
        "reply-nginx-444",
        HTTPS,
        broken(
            "closes_without_answer",
            "http.response.invalid.empty|tcp.closed|tls.closed",
            "http|tcp|tls",
            THEIR_APPLICATION,
        ),
        name(),
        secure(handler=closing(b"")),
    ),
    world(
        "reply-balancer-resets-after-a-second",
        HTTP,
        broken(
            "reset_after_request|connection_reset",
            "tcp.reset",
            "tcp|http",
            f"{THEIR_APPLICATION}|path",
        ),
        name(),
        listen(80, late(1.0, Connection.reset)),
        limit=SILENT,
    ),
    world(
        "reply-balancer-closes-after-three-seconds",
        HTTPS,
        broken(
            "closes_without_answer",
            "http.response.invalid.empty|tcp.closed|tls.closed",
            "http|tcp|tls",
            THEIR_APPLICATION,
        ),
        name(),
        secure(handler=late(3.0, Connection.finish)),
        limit=SILENT,
    ),
    world(
        "reply-portal-page-200",
        f"{HTTP}status",
        broken("captive_portal", "http.error.captive_portal", STATUS_OR_HTTP, "this network"),
        name(),
        listen(),
        *gatewayed(
            page(
                200,
                body=b"<html><title>WiFi login</title><form action=/login>"
                b"<input name=user><input type=password name=pw></form></html>",
            )
        ),
    ),
    world(
        "reply-icecast-of-old",
        HTTP,
        broken(
            "not_http",
            "http.response.invalid.not_http|http.protocol.error",
            "http",
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        listen(80, answer("ICY 200 OK", "icy-name: radio")),
    ),
    world(
        "reply-status-of-four-digits",
        HTTP,
        broken(
            "not_http|http_broken",
            "http.response.invalid.not_http|http.protocol.error",
            "http",
            THEIR_APPLICATION,
        ),
        name(),
        listen(80, answer("HTTP/1.1 2000 OK")),
    ),
    world(
        "reply-reset-within-body",
        HTTP,
        broken(
            "body_cut|reset_after_request",
            "http.response.invalid.content_length_mismatch|tcp.reset",
            "http|tcp",
            f"{THEIR_APPLICATION}|path",
        ),
        name(),
        listen(80, ends_within(head(200, "Content-Length: 100000") + b"x" * 3000)),
    ),
    world(
        "reply-reset-within-chunk-tls",
        HTTPS,
        broken(
            "body_cut|reset_after_request",
            "http.response.invalid.incomplete_chunked_encoding|tcp.reset",
            "http|tcp",
            f"{THEIR_APPLICATION}|path",
        ),
        name(),
        secure(
            handler=ends_within(head(200, "Transfer-Encoding: chunked") + b"1000\r\n" + b"x" * 300)
        ),
    ),
    world(
        "reply-stalls-within-body-tls",
        HTTPS,
        broken("body_stalled", "http.response.body_timed_out", "http", f"{THEIR_APPLICATION}|path"),
        name(),
        secure(handler=stalled_body),
        limit=SILENT,
    ),
    world(
        "reply-gzip-that-is-none",
        HTTPS,
        broken(
            "body_cut|http_broken",
            "http.response.invalid.content_decoding|http.protocol.error",
            "http",
            THEIR_APPLICATION,
        ),
        name(),
        secure(handler=page(200, "Content-Encoding: gzip")),
    ),
    world(
        "reply-slow-beside-ending-certificate",
        HTTPS,
        broken("slow_first_byte", "http.response.timed_out", "http", THEIR_APPLICATION),
        name(),
        secure(certificate="ending", handler=page(delay=3.0)),
        limit=SILENT,
    ),
    world(
        "reply-hints-then-closes",
        HTTPS,
        broken(
            "closes_without_answer|body_cut",
            "http.response.invalid.empty|http.response.headers.truncated|tcp.closed|http.protocol.error",
            "http|tcp",
            THEIR_APPLICATION,
        ),
        name(),
        secure(handler=hints_then(Connection.finish)),
    ),
    world(
        "reply-slow-header-lines",
        HTTP,
        broken(
            "slow_first_byte|healthy",
            "http.response.timed_out|healthy",
            "http|none",
            f"{THEIR_APPLICATION}|",
            healthy=None,
        ),
        name(),
        listen(80, slow_header_lines),
        limit=SILENT,
    ),
    world(
        "reply-firewall-forgets-after-20-kb",
        HTTP,
        broken(
            "body_stalled|path_lost|mtu_black_hole",
            "http.response.body_timed_out",
            "http|ip|tcp",
            f"{THEIR_APPLICATION}|path",
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
    world(
        "reply-length-below-zero",
        HTTP,
        _HTTP_BROKEN,
        name(),
        listen(80, answer("HTTP/1.1 200 OK", "Content-Length: -5", length=False)),
    ),
    world(
        "reply-length-in-words",
        HTTP,
        _HTTP_BROKEN,
        name(),
        listen(80, answer("HTTP/1.1 200 OK", "Content-Length: many", length=False)),
    ),
    world(
        "reply-http-to-mongodb",
        f"http://{NAME}:27017/",
        broken(
            "not_http|other_protocol|client_error",
            "http.response.invalid.not_http|http.error",
            "http|status",
            f"{THEIR_APPLICATION}|this program",
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
    world(
        "mixed-alert-after-handshake",
        HTTPS,
        broken(
            "closes_without_answer|reset_after_request|body_cut|handshake_cut|http_broken",
            "tls.failed|tls.protocol.error|http.response.invalid.empty|tcp.reset|tcp.closed|tls.closed",
            "tls|http|tcp",
            THEIR_APPLICATION,
        ),
        name(),
        secure(handler=alert_in_the_clear),
    ),
    world(
        "between-portal-dnat",
        HTTP,
        broken(
            "captive_portal",
            "http.error.captive_portal|http.response.unexpected_content",
            "http|status|ip",
            "this network",
        ),
        name(),
        name("login.hotspot.example.net", "192.0.2.1"),
        listen(),
        listen(
            80,
            redirects({"*": "http://login.hotspot.example.net/guest?orig=x", "/guest": None}),
            role="gateway",
            address="192.0.2.1",
        ),
        nft(
            "gateway",
            (
                "table ip n {\nchain p {\ntype nat hook prerouti"
                "ng priority -100; iifname lan ip daddr != 192"
                ".0.2.1 tcp dport 80 dnat to 192.0.2.1:80\n}\n}\n"
            ),
        ),
    ),
    world(
        "between-portal-511",
        f"http://{NAME}:8080/",
        broken("captive_portal", "http.error.captive_portal", "http|status", "this network"),
        name(),
        listen(8080, page(511, body=b'<a href="https://login.example.net/">Log in</a>')),
    ),
    world(
        "requests-body-cut-tls",
        HTTPS,
        broken(
            "body_cut",
            "http.response.invalid.content_length_mismatch",
            "http",
            "their application|their service|path",
        ),
        name(),
        secure(handler=page(body=b"y" * 9000, cut=4000)),
    ),
    world(
        "requests-gzip-cut",
        HTTPS,
        broken(
            "body_cut",
            "http.response.invalid.content_decoding",
            "http",
            "their application|their service|path",
        ),
        name(),
        secure(handler=zipped(cut=20)),
    ),
    world(
        "requests-head-cut",
        HTTP,
        broken(
            "body_cut", "http.response.headers.truncated", "http", "their application|their service"
        ),
        name(),
        listen(80, after_request(b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Ty", Connection.finish)),
    ),
    world(
        "requests-h2-only",
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
    world(
        "requests-body-reset",
        HTTP,
        broken(
            "reset_after_request",
            "tcp.reset|http.response.invalid.content_length_mismatch",
            "http|tcp",
            "their application|their service|path",
        ),
        name(),
        listen(80, after_request(MID_BODY, reset_soon)),
    ),
    world(
        "requests-chunk-broken",
        HTTP,
        broken(
            "http_broken",
            "http.protocol.error|http.response.invalid.incomplete_chunked_encoding",
            "http",
            "their application|their service",
        ),
        name(),
        listen(80, after_request(_CHUNKED + b"ZZ\r\nhello\r\n0\r\n\r\n", lingering)),
    ),
    world(
        "requests-chunked-ends",
        HTTP,
        broken(
            "body_cut",
            "http.response.invalid.incomplete_chunked_encoding",
            "http",
            "their application|their service|path",
        ),
        name(),
        listen(80, after_request(_CHUNKED + b"5\r\nhello\r\n", lingering)),
    ),
    world(
        "requests-two-lengths",
        HTTP,
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
    world(
        "requests-status-line-broken",
        HTTP,
        broken(
            "http_broken",
            "http.protocol.error|http.response.invalid.not_http",
            "http",
            "their application|their service",
        ),
        name(),
        listen(80, answer("HTTP/1.1 OK")),
    ),
    world(
        "requests-slow-body-after-head",
        HTTP,
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
    world(
        "greetings-close-after-tls",
        HTTPS,
        broken(
            "closes_without_answer",
            "http.response.invalid.empty|tcp.closed",
            "http",
            "their application|their service",
        ),
        dual(),
        secure(handler=Connection.read_request),
    ),
    world(
        "greetings-https-on-smtps",
        f"https://{NAME}:465/",
        broken(
            "not_http",
            "http.response.invalid.not_http",
            "http|application",
            "this program|their service",
        ),
        name(),
        secure(465, handler=smtp),
    ),
    world(
        "greetings-http-on-smtp",
        f"http://{NAME}:25/",
        broken(
            "not_http",
            "http.response.invalid.not_http",
            "http|application",
            "this program|their service",
        ),
        name(),
        listen(25, smtp),
    ),
    world(
        "greetings-http-on-redis",
        f"http://{NAME}:6379/",
        broken(
            "not_http",
            "http.response.invalid.not_http",
            "http|application",
            "this program|their service",
        ),
        name(),
        listen(
            6379, replies(b"-ERR wrong number of arguments for 'get' command\r\n", hangs_up=False)
        ),
    ),
    world(
        "greetings-http-on-postgres",
        f"http://{NAME}:5432/",
        broken(
            "closes_without_answer",
            "http.response.invalid.not_http|http.response.invalid.empty|tcp.closed",
            "http|tcp",
            "this program|their service|their application",
        ),
        name(),
        listen(5432, postgres),
    ),
    world(
        "greetings-http-on-mysql-v6",
        f"http://{HOST6}:3306/",
        broken(
            "not_http",
            "http.response.invalid.not_http",
            "http|application",
            "this program|their service",
        ),
        listen(3306, mysql),
    ),
    # Ports.
    world(
        "doubts-chosen-port-hangs-up-on-http",
        f"http://{NAME}:9092/",
        broken(
            "closes_without_answer|not_http",
            "http.response.invalid.empty|http.response.invalid.not_http",
            "http|application",
            "their application|this program|their service",
            also="closes_without_answer|not_http",
        ),
        name(),
        listen(9092, replies(b"")),
        curl=(52,),
    ),
    world(
        "told-hotel",
        HTTPS,
        broken(
            "captive_portal|dns_hijacked|bogus_address|certificate_wrong_name"
            "|certificate_self_signed",
            "http.error.captive_portal|dns.bogus_address|tls.cert.name_invalid|" + SELF_SIGNED_KIND,
            "http|dns|tls|application",
            "this network|DNS",
        ),
        resolver(RESOLVER, always=DNSAnswer(addresses=(OTHER,))),
        listen(80, redirects({"*": "http://login.hotel.test/"}), address=OTHER),
        secure(certificate="hotel", address=OTHER),
    ),
    world(
        "told-loss-and-short-body",
        f"https://{NAME}/image.iso",
        broken(
            # Told with 30 % of loss: then chance decides whether anything comes in time.
            "body_cut|accepts_and_silent|body_stalled",
            "http.response.invalid.content_length_mismatch|http.response.timed_out"
            "|http.response.body_timed_out",
            "http|application",
            "their service|their application",
        ),
        name(),
        secure(handler=page(body=MEGABYTE * 5, cut=4_000_000)),
        rule(
            "gateway",
            "FORWARD -s 198.51.100.0/24 -m statistic --mode random --probability 0.1 -j DROP",
        ),
        limit=SILENT,
    ),
    World(
        name="changed-camera-on-port",
        target=f"http://{NAME}:554/",
        build=(name(), listen(554, replies(b"RTSP/1.0 400 Bad Request\r\nCSeq: 0\r\n\r\n"))),
        expected=broken(
            "not_http",
            "http.response.invalid.not_http",
            "http",
            "their service|this program",
        ),
        curl=(1, 8),
        fact=("HTTP/0.9|RTSP|not HTTP",),
    ),
    world(
        "odd-name-in-request-reset",
        HTTP,
        broken(
            "reset_after_request",
            "tcp.reset",
            "tcp|http",
            "path|their service|their application|this network",
        ),
        name(),
        listen(),
        rule(
            "border", f"FORWARD {NAME_SEEN.replace('443', '80')} -j REJECT --reject-with tcp-reset"
        ),
        curl=(56,),
        fact=("reset",),
    ),
    changed_tls(
        "login-put-before",
        (
            name("portal.example.net", OTHER),
            secure(
                handler=redirects(
                    {
                        "*": "https://portal.example.net/realms/acme/protocol/openid-connect/auth?client_id=a"
                    }
                ),
                address=SERVER,
            ),
            secure(
                certificate="portal",
                handler=page(body=b"<form method=post><input type=password name=p></form>"),
                address=OTHER,
            ),
        ),
        broken(
            "login_elsewhere|unauthorized|healthy",
            "http.error.auth|http.response.unexpected_content|healthy",
            "http|status|application|none",
            "their application|their service|this program|",
            healthy=None,
        ),
        curl=(0,),
        fact=("login|password|sign in|auth",),
        note="the operators put single sign-on before the interface; certificates are good",
    ),
)
