"""Healthy targets over plain HTTP."""

import zlib

from dns.edns import EDECode
from e2e.building import NAME, dual, listen, name, secure, world
from e2e.expectations import HTTP, HTTPS, SLOW, THEIR_APPLICATION
from e2e.handlers import PAGE, old_server, page, redirects
from e2e.server_replies import answer
from e2e.site import CLIENT, OTHER, SERVER, SERVER6, THIRD
from e2e.templates import well
from e2e.world import SILENT, WELL, broken

from diagnose_bench.servers import (
    cookie_wall,
    cookie_wanted,
    endless,
    ends_within,
    event_stream,
    one_answer_only,
    two_answers,
)
from diagnose_bench.worlds.expectations import PUBLIC
from diagnose_bench.worlds.templates import (
    LINK_DOWN,
    MUTE,
    NO_DEFAULT,
    answered,
    ask_url,
    changed_well,
    forwarded,
)
from ringback.testing.lab.http import closing, speaking
from ringback.testing.lab.http import healthy_over_http2 as answering_http2
from ringback.testing.lab.message import head

_HERE = {"role": "client", "address": "127.0.0.1"}


def _raw_deflate():
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(PAGE * 40) + packer.flush()


WORLDS = (
    world(
        "unread-healthy-slow-second",
        HTTP,
        WELL,
        name(),
        listen(80, page(delay=1.0)),
        curl=(0,),
        limit=SILENT,
    ),
    world(
        "unread-healthy-stream-of-events",
        f"{HTTP}events",
        WELL,
        name(),
        listen(80, event_stream),
        **SLOW,
    ),
    world(
        "unread-healthy-odd-port-by-ipv6",
        f"http://[{SERVER6}]:8081/",
        WELL,
        listen(8081, address=SERVER6),
        curl=(0,),
    ),
    world(
        "unread-healthy-fourth-redirect",
        HTTP,
        WELL,
        name(),
        listen(80, redirects({"/": "/a", "/a": "/b", "/b": "/c/"})),
        curl=(0,),
    ),
    world(
        "unread-healthy-created",
        f"{HTTP}new",
        WELL,
        name(),
        listen(80, answer("HTTP/1.1 201 Created", "Location: /new/1")),
        curl=(0,),
    ),
    world(
        "unread-healthy-only-get-and-no-favicon",
        f"{HTTP}status",
        WELL,
        name(),
        listen(80, redirects({"/favicon.ico": "/nowhere"})),
        curl=(0,),
    ),
    well("http-dual-stack", HTTP, dual(), listen()),
    well("http-ipv6-only", HTTP, name(NAME, SERVER6), listen()),
    well("http-address", f"http://{SERVER}:8080/", listen(8080)),
    well("http-address-ipv6", f"http://[{SERVER6}]/", listen()),
    well(
        "redirected",
        HTTP,
        name(),
        listen(80, redirects({"/": f"{HTTPS}welcome"}, status=301)),
        secure(),
    ),
    well("slow-half-a-second", HTTP, name(), listen(80, page(delay=0.5)), limit=2.0),
    well("no-content", f"{HTTP}ping", name(), listen(80, page(204))),
    well("large-body", f"{HTTP}file", name(), listen(80, page(body=PAGE * 20000))),
    well("http-1.0", HTTP, name(), listen(80, old_server)),
    well("two-addresses", HTTP, name(NAME, SERVER, OTHER), listen(), listen(address=OTHER)),
    well("icmp-limits", HTTP, dual(), listen(), limits=True),
    world(
        "rare-healthy-loopback-without-network",
        "http://127.0.0.1:5000/",
        WELL,
        listen(5000, **_HERE),
        LINK_DOWN,
        curl=(0,),
    ),
    world(
        "rare-healthy-near-without-default-route",
        "http://192.0.2.1/",
        WELL,
        listen(80, role="gateway", address="192.0.2.1"),
        NO_DEFAULT,
        curl=(0,),
    ),
    world(
        "rare-healthy-own-address",
        f"http://{CLIENT}:8080/",
        WELL,
        listen(8080, role="client", address=CLIENT),
        curl=(0,),
    ),
    world(
        "rare-healthy-localhost-name",
        "http://localhost:8000/",
        WELL,
        listen(8000, **_HERE),
        curl=(0,),
        note="it listens on 127.0.0.1 only, as most do; ::1 refuses at once and costs nothing",
    ),
    world(
        "rare-healthy-event-stream",
        f"{HTTP}events",
        WELL,
        name(),
        listen(80, event_stream),
        limit=SILENT,
        note="the header comes at once, the first event is not due for a while",
    ),
    world(
        "rare-healthy-redirect-to-own-subdomain",
        HTTP,
        WELL,
        name(),
        name("login.example.org"),
        listen(80, redirects({"/": "http://login.example.org/x"})),
        curl=(0,),
        note="a redirect to a login page of the same owner is no captive portal",
    ),
    world(
        "odd-healthy-endless-body",
        HTTP,
        WELL,
        name(),
        listen(80, endless),
        limit=SILENT,
        curl=(28,),
        note="a stream without length, as of a camera",
    ),
    world(
        "odd-healthy-redirect-without-scheme",
        HTTP,
        WELL,
        name(),
        listen(80, redirects({"/": f"//{NAME}/a/../home"})),
        curl=(0,),
    ),
    world(
        "odd-healthy-clock-a-day-off-http",
        HTTP,
        WELL,
        name(),
        listen(80, page(days=1)),
        curl=(0,),
        note="a clock that is wrong is worth a word, but nothing fails",
    ),
    world(
        "odd-healthy-stale-answer",
        HTTP,
        WELL,
        name(NAME, SERVER, error=(EDECode.STALE_ANSWER, "")),
        listen(),
        curl=(0,),
    ),
    world(
        "way-forwarded-healthy",
        f"http://{PUBLIC}:8080/",
        WELL,
        listen(),
        forwarded(8080, f"{SERVER}:80"),
        curl=(0,),
    ),
    world(
        "way-mute-routers-healthy",
        HTTP,
        WELL,
        dual(),
        listen(),
        *MUTE,
        curl=(0,),
    ),
    world(
        "way-redirect-to-other-host-404-healthy",
        HTTP,
        WELL,
        name(),
        name("shop.example.net", OTHER),
        listen(80, redirects({"*": "http://shop.example.net:8080/"})),
        listen(8080, page(404), address=OTHER),
        curl=(0,),
        note="it answers: whether a 404 is wrong there only the program knows",
    ),
    world(
        "way-redirect-to-slow-other-host-healthy",
        HTTP,
        WELL,
        name(),
        name("shop.example.net", OTHER, delay=0.6),
        listen(80, redirects({"*": "http://shop.example.net:8080/"})),
        listen(8080, page(delay=3.0), address=OTHER),
        limit=SILENT,
        curl=(0,),
    ),
    world(
        "name-healthy-mapped-address",
        HTTP,
        WELL,
        name(NAME, f"::ffff:{SERVER}"),
        listen(),
        note="an AAAA record with an IPv4 address in it: Linux connects to that over IPv4",
    ),
    world(
        "name-healthy-many-addresses",
        HTTP,
        WELL,
        name(NAME, SERVER, OTHER, THIRD, SERVER6),
        listen(),
        listen(address=OTHER),
        listen(address=THIRD),
    ),
    world(
        "name-healthy-wildcard-of-the-zone",
        "http://any.shop.example.org/",
        WELL,
        name("*.shop.example.org"),
        listen(),
    ),
    ask_url(
        "healthy-decimal-address",
        f"http://{(198 << 24) + (51 << 16) + (100 << 8) + 2}/",
        expected=WELL,
    ),
    ask_url(
        "healthy-short-address",
        "http://127.1:5000/",
        expected=WELL,
        build=(listen(5000, role="client", address="127.0.0.1"),),
    ),
    ask_url(
        "healthy-password-with-at",
        f"http://user:p@ss@{NAME}/",
        expected=broken(
            "healthy|url_invalid",
            "healthy|url.invalid",
            "none|config",
            "|this program",
            healthy=None,
        ),
    ),
    ask_url("healthy-mapped-address", f"http://[::ffff:{SERVER}]/", expected=WELL),
    ask_url(
        "healthy-lookalike",
        "http://ex\u0430mple.org/",
        expected=WELL,
        build=(name("xn--exmple-4nf.org"), listen()),
    ),
    ask_url("healthy-fragment", f"http://{NAME}/#a:b@c", expected=WELL),
    ask_url("healthy-empty-port", f"http://{NAME}:/", expected=WELL),
    ask_url("ideographic-dot", "http://www。example。org/", expected=WELL),
    ask_url(
        "zero-width",
        "http://www.exam\u200bple.org/",
        expected=broken(
            "healthy|url_invalid|name_missing",
            "healthy|url.invalid|dns.name_not_resolved",
            "none|config|dns",
            "|this program|DNS",
            healthy=None,
        ),
    ),
    world(
        "path-healthy-near-ipv6",
        "http://[2001:db8:1::1]/",
        WELL,
        listen(80, role="gateway", address="2001:db8:1::1"),
    ),
    answered(
        "cookie-before-page-healthy",
        HTTP,
        WELL,
        listen(80, cookie_wanted),
        curl=(47,),
        note="a client that keeps cookies, as all of Python's do on a redirect, gets the page",
    ),
    answered("closes-after-one-answer-healthy", HTTP, WELL, listen(80, one_answer_only)),
    answered("no-reason-phrase-healthy", HTTP, WELL, listen(80, answer("HTTP/1.1 200 "))),
    answered(
        "bare-line-feeds-healthy",
        HTTP,
        WELL,
        listen(
            80,
            closing(
                b"HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 50\n\n" + PAGE[:50],
            ),
        ),
    ),
    world(
        "onward-redirect-of-redirect-healthy",
        HTTP,
        WELL,
        name(),
        name("b.example.org", OTHER),
        name("c.example.net", THIRD),
        listen(80, redirects({"*": "http://b.example.org/"})),
        listen(80, redirects({"*": "http://c.example.net/"}), address=OTHER),
        listen(80, page(), address=THIRD),
    ),
    world(
        "onward-long-redirect-chain-healthy",
        f"{HTTP}0",
        WELL,
        name(),
        listen(80, redirects({f"/{i}": f"/{i + 1}" for i in range(6)})),
    ),
    world(
        "onward-redirect-to-address",
        HTTP,
        WELL,
        name(),
        listen(80, redirects({"*": f"http://{SERVER}:8080/"})),
        listen(8080),
    ),
    world(
        "onward-cookie-for-domain-healthy",
        HTTP,
        WELL,
        name(),
        listen(80, cookie_wall("seen=1; Domain=example.org; Path=/; HttpOnly; SameSite=Lax")),
    ),
    world(
        "onward-redirect-with-letters-healthy",
        HTTP,
        WELL,
        name(),
        listen(80, redirects({"/": "/caf\u00e9 au lait".encode().decode("latin-1")})),
    ),
    world(
        "onward-redirect-relative-healthy",
        f"{HTTP}a/b/c",
        WELL,
        name(),
        listen(80, redirects({"/a/b/c": "../x?y=1#z"}, status=308)),
    ),
    world(
        "reply-both-lengths-healthy",
        HTTP,
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
    world(
        "reply-trailers-healthy",
        HTTP,
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
    world(
        "reply-body-longer-healthy",
        HTTP,
        WELL,
        name(),
        listen(80, closing(head(200, "Content-Length: 5") + b"hello and more")),
    ),
    world(
        "reply-folded-header-healthy",
        HTTP,
        WELL,
        name(),
        listen(80, closing(b"HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\nContent-Length: 2\r\n\r\nok")),
    ),
    world(
        "reply-two-answers-healthy",
        HTTP,
        WELL,
        name(),
        listen(80, two_answers),
    ),
    world(
        "reply-answer-then-reset-healthy",
        HTTP,
        WELL,
        name(),
        listen(80, ends_within(head(200, "Content-Length: 2") + b"ok")),
    ),
    world(
        "mixed-http2-only-plain",
        f"http://{NAME}:50051/",
        broken(
            "healthy|not_http",
            "healthy|http.response.invalid.not_http",
            "none|http",
            f"|{THEIR_APPLICATION}|this program",
            healthy=None,
        ),
        name(),
        listen(50051, speaking(answering_http2)),
    ),
    world("mixed-empty-page-healthy", HTTP, WELL, name(), listen(80, page(200, body=b""))),
    world(
        "mixed-continue-first-healthy",
        HTTP,
        WELL,
        name(),
        listen(80, closing(head(100) + head(200, "Content-Length: 2") + b"ok")),
    ),
    world(
        "beside-well-no-content",
        f"http://{NAME}:3000/health",
        WELL,
        dual(),
        listen(3000, page(204)),
    ),
    world(
        "beside-well-four-redirects",
        f"http://{NAME}/1",
        WELL,
        dual(),
        listen(80, redirects({"/1": "/2", "/2": "/3?x=1", "/3": HTTPS})),
        secure(handler=redirects({"/": "/home"})),
    ),
    world(
        "beside-well-userinfo-with-at", f"http://app:hunter2%40x@{NAME}/", WELL, name(), listen()
    ),
    world("beside-well-events", HTTP, WELL, name(), listen(80, event_stream), limit=SILENT),
    world(
        "beside-well-not-found-favicon-only",
        HTTP,
        WELL,
        name(),
        listen(80, page(200, "Content-Language: x", body=b"404 page not found")),
    ),
    changed_well(
        "underscore",
        name("build_7.example.org"),
        listen(),
        target="http://build_7.example.org/",
    ),
    changed_well(
        "deflate-without-wrapper",
        name(),
        listen(handler=page(200, "Content-Encoding: deflate", body=_raw_deflate())),
    ),
    changed_well(
        "offers-upgrade",
        name(),
        listen(handler=page(200, "Upgrade: h2,h2c", "Connection: Upgrade, Keep-Alive")),
    ),
    world("rare-healthy-capitals", "HTTPS://WWW.Example.ORG/", WELL, name(), secure(), curl=(0,)),
)
