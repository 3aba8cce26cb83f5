"""Services that take the request and then do something else than answer it."""

from e2e.building import NAME, listen, name, narrow, rule, secure, unaccepted
from e2e.handlers import PAGE, page, redirects
from e2e.world import SILENT, World, broken

from ringback.testing.lab.http import closing, greeting
from ringback.testing.lab.message import MID_BODY, MID_HEADERS, head
from ringback.testing.lab.tcp import reset_after_request
from ringback.testing.lab.timing import silent, stalled_body, stalled_headers

_URL = f"http://{NAME}/"
_THEIRS = "their application|their service"
_EMPTY = "http.response.invalid.empty|tcp.closed"


def _served(
    label,
    cause,
    kind,
    fact,
    *build,
    where=_THEIRS,
    limit=1.0,
    curl=(0,),
    url=_URL,
    layers="http|tcp|tls",
):
    return World(
        name=label,
        target=url,
        build=(name(), *build),
        expected=broken(cause, kind, layers, where),
        limit=limit,
        curl=curl,
        fact=(fact,),
    )


WORLDS = (
    _served(
        "accepts-and-silent",
        "accepts_and_silent",
        "http.response.timed_out",
        "time|silent",
        listen(80, silent),
        limit=SILENT,
        curl=(28,),
    ),
    _served(
        "accepts-and-silent-tls",
        "accepts_and_silent",
        "http.response.timed_out",
        "time|silent",
        secure(handler=silent),
        url=f"https://{NAME}/",
        limit=SILENT,
        curl=(28,),
    ),
    _served(
        "never-accepted",
        "accepts_and_silent",
        "http.response.timed_out",
        "time|silent",
        unaccepted(80),
        where=f"{_THEIRS}|their host",
        limit=SILENT,
        curl=(28,),
    ),
    _served(
        "slow-first-byte",
        "slow_first_byte",
        "http.response.timed_out",
        "slow|first byte",
        listen(80, page(delay=3.0)),
        limit=SILENT,
        curl=(0, 28),
    ),
    _served(
        "later-than-anyone-waits",
        "accepts_and_silent|slow_first_byte",
        "http.response.timed_out",
        "time|slow",
        listen(80, page(delay=25.0)),
        limit=SILENT,
        curl=(28,),
    ),
    _served(
        "closes-without-answer",
        "closes_without_answer",
        _EMPTY,
        "empty reply|EOF|disconnect|closed",
        listen(80, closing(b"")),
        curl=(52,),
    ),
    _served(
        "closes-without-answer-tls",
        "closes_without_answer",
        f"{_EMPTY}|tls.closed",
        "empty reply|EOF|disconnect|closed",
        secure(handler=closing(b"")),
        url=f"https://{NAME}/",
        curl=(52, 56),
    ),
    _served(
        "reset-after-request",
        "reset_after_request",
        "tcp.reset",
        "reset",
        listen(80, reset_after_request),
        where=f"{_THEIRS}|path",
        curl=(56,),
    ),
    _served(
        "path-lost-after-connect",
        "path_lost",
        "http.response.timed_out|tcp.timed_out.established",
        "retransmi|lost|unacked",
        listen(),
        rule("border", "FORWARD -p tcp --dport 80 --tcp-flags PSH PSH -j DROP"),
        where="path",
        layers="ip|tcp|http",
        limit=SILENT,
        curl=(28,),
    ),
    _served(
        "headers-cut",
        "body_cut|closes_without_answer|not_http",
        "http.response.headers.truncated|http.protocol.error",
        "header|EOF|truncat",
        listen(80, closing(MID_HEADERS)),
        curl=(0, 18, 52, 56),
    ),
    _served(
        "headers-stall",
        "accepts_and_silent|body_stalled|slow_first_byte",
        "http.response.timed_out|http.response.body_timed_out|http.response.headers.truncated",
        "time|stall",
        listen(80, stalled_headers),
        limit=SILENT,
        curl=(28,),
    ),
    _served(
        "body-cut",
        "body_cut",
        "http.response.invalid.content_length_mismatch",
        "400|remaining|incomplete|unexpected EOF|complete message",
        listen(80, closing(MID_BODY)),
        where=f"{_THEIRS}|path",
        curl=(18,),
    ),
    _served(
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
        where=f"{_THEIRS}|path",
        curl=(18, 56),
    ),
    _served(
        "body-stalled",
        "body_stalled",
        "http.response.body_timed_out",
        "time.*(bytes|body)|(bytes|body).*time|stall",
        listen(80, stalled_body),
        where=f"{_THEIRS}|path",
        limit=SILENT,
        curl=(28,),
    ),
    _served(
        "mtu-black-hole-body",
        "mtu_black_hole",
        "http.response.body_timed_out|http.response.timed_out",
        "MTU|fragment|segment",
        listen(80, page(body=PAGE * 4000)),
        narrow(1300),
        where="path|this network",
        layers="ip|tcp|http",
        limit=SILENT,
        curl=(28,),
    ),
    _served(
        "not-http",
        "not_http|other_protocol",
        "http.response.invalid.not_http",
        "ssh",
        listen(80, greeting(b"SSH-2.0-OpenSSH_9.6p1 Debian-3\r\n")),
        where=f"{_THEIRS}|this program",
        curl=(1, 56),
    ),
    _served(
        "not-http-redis",
        "not_http|other_protocol",
        "http.response.invalid.not_http",
        "-ERR|HTTP/0.9|malformed",
        listen(6379, closing(b"-ERR wrong number of arguments for 'get' command\r\n")),
        url=f"http://{NAME}:6379/",
        where=f"{_THEIRS}|this program",
        curl=(1, 56),
    ),
    _served(
        "redirect-loop",
        "redirect_loop",
        "http.response.redirect_loop",
        "redirects|loop",
        listen(80, redirects({"*": "/"})),
        curl=(47,),
    ),
    _served(
        "redirect-loop-between-schemes",
        "redirect_loop",
        "http.response.redirect_loop",
        "redirects|loop",
        listen(80, redirects({"*": f"https://{NAME}/"}, status=301)),
        secure(handler=redirects({"*": f"http://{NAME}/"}, status=301)),
        curl=(47,),
    ),
    _served(
        "redirect-to-nowhere",
        "redirect_invalid",
        "http.response.redirect_invalid",
        "location|redirect|url",
        listen(80, redirects({"*": "http://:99999/"})),
        curl=(3,),
    ),
)
