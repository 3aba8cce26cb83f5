"""Faults of HTTP: broken responses (RFC 9112), error statuses (RFC 9110), HTTP/2 (RFC 9113)."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import functools
import gzip
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from ringback.testing.lab.fault import Endpoint, Fault, FaultKind, new_fault, serving
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.message import (
    MID_BODY,
    MID_HEADERS,
    answering,
    head,
    responding,
    response,
)

if TYPE_CHECKING:
    import ssl

    from h2.connection import H2Connection

    from ringback.testing.lab.lab import Lab
    from ringback.testing.lab.message import ReceivedRequest
    from ringback.testing.lab.server import Connection, Handler


_PAGE = b"<!doctype html><title>Sign in</title><p>Please sign in.</p>"
_CHUNKED = head(200, "Content-Type: text/plain", "Transfer-Encoding: chunked")
_GZIPPED = gzip.compress(b'{"ok": true}' * 100, mtime=0)
_GZIP = "Content-Encoding: gzip"


def closing(data: bytes) -> Handler:
    """Return a handler that reads a request, sends ``data`` as it is, and sends a FIN."""

    def handler(connection: Connection) -> None:
        if connection.read_request():
            connection.send(data)
            connection.finish(linger=True)

    return handler


def greeting(data: bytes) -> Handler:
    """Return a handler of a server that speaks first, then reads until the client closes."""

    def handler(connection: Connection) -> None:
        connection.send(data)
        connection.finish(linger=True)

    return handler


def redirect(*locations: str) -> bytes:
    """Return a redirect, without ``Location`` where none is given."""
    return response(302, b"", *(f"Location: {location}" for location in locations))


def redirect_onward(request: ReceivedRequest) -> bytes:
    """Redirect every request to a URL that was not asked for before."""
    step = int(request.target.rpartition("/")[2] or 0)
    return redirect(f"/{step + 1}")


def _sent(data: bytes) -> Callable[[Lab], Endpoint]:
    return serving(closing(data))


def _banner(when: str, summary: str, data: bytes) -> Fault:
    kind: FaultKind = "http.response.invalid.not_http"
    also = ("http.protocol.error", "http.response.invalid.empty", "tcp.reset")
    return new_fault(kind, when, also=also)(summary, serving(greeting(data)))


def _redirected(*locations: str) -> Callable[[Lab], Endpoint]:
    return serving(answering(redirect(*locations)))


def _content(when: str, summary: str, body: bytes, content_type: str) -> Fault:
    return new_fault("http.response.unexpected_content", when, provoke="json")(
        summary, serving(answering(response(200, body, content_type=content_type)))
    )


_CUT = (
    new_fault("http.response.invalid.empty", "after_request", also=("tcp.closed", "tcp.reset"))(
        "FIN after the request was read, no byte of response", _sent(b"")
    ),
    new_fault(
        "http.response.headers.truncated",
        "mid_headers",
        also=("ok", "http.protocol.error", "http.response.invalid.empty"),
    )("FIN within the response's header block", _sent(MID_HEADERS)),
    new_fault("http.response.invalid.content_length_mismatch", "mid_body", also=("ok",))(
        "FIN after 400 of 1,000 bytes of body", _sent(MID_BODY)
    ),
    new_fault("http.response.invalid.incomplete_chunked_encoding", "no_last_chunk")(
        "FIN after whole chunks, without the last one", _sent(_CHUNKED + b"5\r\nhello\r\n")
    ),
    new_fault("http.response.invalid.incomplete_chunked_encoding", "mid_chunk")(
        "FIN within a chunk", _sent(_CHUNKED + b"64\r\nhello")
    ),
)

_MALFORMED = (
    new_fault(
        "http.protocol.error", "malformed_status_line", also=("http.response.invalid.not_http",)
    )(
        "a status line whose status is no number",
        _sent(b"HTTP/1.1 two-hundred OK\r\nContent-Length: 0\r\n\r\n"),
    ),
    new_fault("http.protocol.error", "malformed_header", also=("ok",))(
        "a header line without a colon",
        _sent(b"HTTP/1.1 200 OK\r\nthis is no header\r\nContent-Length: 2\r\n\r\nok"),
    ),
    new_fault("http.protocol.error", "too_many_headers", also=("ok",))(
        "1,000 header lines",
        _sent(head(200, *(f"X-{number}: x" for number in range(1000)), "Content-Length: 0")),
    ),
    new_fault("http.protocol.error", "header_too_long", also=("ok",))(
        "one header line of 200 kB",
        _sent(head(200, f"X-Long: {'x' * 200_000}", "Content-Length: 0")),
    ),
    new_fault("http.protocol.error", "content_length_invalid", also=("ok",))(
        "a Content-Length that is no number", _sent(head(200, "Content-Length: many") + b"ok")
    ),
    new_fault(
        "http.protocol.error",
        "content_length_conflict",
        also=("ok", "http.response.invalid.content_length_mismatch"),
    )(
        "two different Content-Length lines",
        _sent(head(200, "Content-Length: 2", "Content-Length: 5") + b"ok"),
    ),
    new_fault("http.protocol.error", "content_length_too_short", also=("ok",))(
        "five more bytes of body than Content-Length says",
        _sent(head(200, "Content-Length: 2") + b"ok+more"),
    ),
    new_fault(
        "http.protocol.error",
        "chunk_size_invalid",
        also=("http.response.invalid.incomplete_chunked_encoding",),
    )("a chunk size that is no number", _sent(_CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n")),
    new_fault("http.response.invalid.content_decoding", "not_gzip")(
        "a plain body that is said to be gzip", _sent(response(200, b'{"ok": true}', _GZIP))
    ),
    new_fault("http.response.invalid.content_decoding", "truncated_gzip", also=("ok",))(
        "half a gzip stream, with the right Content-Length",
        _sent(response(200, _GZIPPED[: len(_GZIPPED) // 2], _GZIP)),
    ),
)

_BANNERS = (
    _banner("ssh", "an SSH server", b"SSH-2.0-OpenSSH_9.6\r\n"),
    _banner("smtp", "a mail server", b"220 mail.test ESMTP ready\r\n"),
    _banner("mysql", "a MySQL server's binary greeting", b"\x0b\x00\x00\x00\x0a8.0.36\x00\x08\x00"),
    new_fault(
        "http.response.invalid.not_http",
        "redis",
        also=("http.protocol.error", "http.response.invalid.empty"),
    )(
        "a Redis server: it takes the request for commands",
        _sent(b"-ERR unknown command 'GET', with args beginning with: '/' 'HTTP/1.1' \r\n"),
    ),
    new_fault(
        "http.response.invalid.not_http",
        "http2",
        also=("http.protocol.error", "http.response.invalid.empty"),
    )(
        "a server that answers with an HTTP/2 SETTINGS frame",
        _sent(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"),
    ),
)

_REDIRECTS = (
    new_fault("http.response.redirect_loop", "same_url")(
        "redirects to the same URL", _redirected("/")
    ),
    new_fault("http.response.redirect_loop", "ever_onward")(
        "redirects to a new URL each time", serving(responding(redirect_onward))
    ),
    new_fault("http.response.redirect_invalid", "bad_host")(
        "redirects to a broken host", _redirected("http://[::1")
    ),
    new_fault("http.response.redirect_invalid", "bad_port")(
        "redirects to port 99999", _redirected("http://127.0.0.1:99999/")
    ),
    new_fault("http.response.redirect_invalid", "bad_scheme")(
        "redirects to an unknown scheme", _redirected("gopher://127.0.0.1/")
    ),
)

_CONTENT = (
    _content("html", "a sign-in page where JSON is expected", _PAGE, "text/html"),
    _content("html_as_json", "a page that is said to be JSON", _PAGE, "application/json"),
    _content("empty_body", "an empty body where JSON is expected", b"", "application/json"),
    _content("cut_json", "JSON that ends too early", b'{"ok": tr', "application/json"),
)

RESPONSES: tuple[Fault, ...] = (*_CUT, *_MALFORMED, *_BANNERS, *_REDIRECTS, *_CONTENT)


_BODY = b'{"error": true}'


def answering_status(status: int, *fields: str) -> Handler:
    """Return a handler that answers every request with one status."""
    return answering(response(status, _BODY, *fields))


def _date(seconds: float) -> str:
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    return email.utils.format_datetime(moment, usegmt=True)


RETRY_AFTER: dict[str, Callable[[], str]] = {
    "seconds": lambda: "1",
    "zero": lambda: "0",
    "date": lambda: _date(2),
    "past_date": lambda: _date(-3600),
    "fraction": lambda: "0.5",
    "negative": lambda: "-5",
    "malformed": lambda: "soon",
    "empty": lambda: "",
    "huge": lambda: "99999999999",
}
"""Shape of ``Retry-After`` to what makes its value; a date is 2 s ahead when it is sent."""


def _asking_to_wait(kind: FaultKind, status: int, shape: str) -> Fault:
    def respond(_: ReceivedRequest) -> bytes:
        return response(status, _BODY, f"Retry-After: {RETRY_AFTER[shape]()}")

    return new_fault(kind, f"retry_after_{shape}")(
        f"status {status} with Retry-After: {shape.replace('_', ' ')}",
        serving(responding(respond)),
    )


def _plain(kind: FaultKind, status: int, *fields: str) -> Fault:
    return new_fault(kind, str(status))(
        f"status {status}", serving(answering_status(status, *fields))
    )


STATUSES: tuple[Fault, ...] = (
    _plain("http.error", 400),
    _plain("http.error", 404),
    _plain("http.error", 408),
    _plain("http.error", 425),
    _plain("http.error", 500),
    _plain("http.error.auth", 401, 'WWW-Authenticate: Basic realm="lab"'),
    _plain("http.error.auth", 403),
    _plain("http.error.rate_limited", 429),
    _plain("http.error.unavailable", 503),
    _plain("http.error.gateway", 502),
    _plain("http.error.gateway", 504),
    _plain("http.error.gateway", 521),
    _plain("http.error.gateway", 522),
    _plain("http.error.captive_portal", 511),
    *(_asking_to_wait("http.error.rate_limited", 429, shape) for shape in RETRY_AFTER),
    *(_asking_to_wait("http.error.unavailable", 503, shape) for shape in RETRY_AFTER),
)


Answer = Callable[["H2Connection", int], None]
"""Answers the request on a stream of an HTTP/2 connection."""

_PROTOCOL_ERROR = 0x1
_REFUSED_STREAM = 0x7
_ENHANCE_YOUR_CALM = 0xB


def offer_http2(context: ssl.SSLContext, _: Lab) -> None:
    """Let the server choose HTTP/2 by ALPN."""
    context.set_alpn_protocols(["h2"])


def speaking(answer: Answer) -> Handler:
    """Return a handler that speaks HTTP/2 and gives each request to ``answer``."""

    def handler(connection: Connection) -> None:
        # Here, because the rest of the lab works without the h2 package.
        from h2.config import H2Configuration  # noqa: PLC0415 - optional package
        from h2.connection import H2Connection  # noqa: PLC0415 - optional package
        from h2.events import StreamEnded  # noqa: PLC0415 - optional package
        from h2.exceptions import ProtocolError  # noqa: PLC0415 - optional package

        http2 = H2Connection(H2Configuration(client_side=False))
        http2.initiate_connection()
        connection.send(http2.data_to_send())
        with contextlib.suppress(ProtocolError):
            while data := connection.read():
                for event in http2.receive_data(data):
                    if isinstance(event, StreamEnded):
                        connection.seen.requests += 1
                        answer(http2, event.stream_id)
                connection.send(http2.data_to_send())

    return handler


def healthy_over_http2(http2: H2Connection, stream: int) -> None:
    """Answer with status 200 and JSON."""
    body = json.dumps({"ok": True}).encode()
    fields = [(":status", "200"), ("content-type", "application/json")]
    http2.send_headers(stream, [*fields, ("content-length", str(len(body)))])
    http2.send_data(stream, body, end_stream=True)


def resetting(code: int) -> Answer:
    """Return what answers a request with RST_STREAM and an error code."""
    return lambda http2, stream: http2.reset_stream(stream, code)


def going_away(http2: H2Connection, _: int) -> None:
    """Answer with GOAWAY: no stream was or will be processed."""
    http2.close_connection(last_stream_id=0)


_http2_fault = functools.partial(new_fault, needs=("cryptography", "h2"), provoke="http2")


def _speaking_http2(answer: Answer) -> Callable[[Lab], Endpoint]:
    return secured(handler=speaking(answer), prepare=offer_http2)


HTTP2: tuple[Fault, ...] = (
    _http2_fault("ok", "http2")(
        "answers every request over HTTP/2", _speaking_http2(healthy_over_http2)
    ),
    _http2_fault("h2.refused_stream", "refused_stream")(
        "RST_STREAM with REFUSED_STREAM: the request was not processed",
        _speaking_http2(resetting(_REFUSED_STREAM)),
    ),
    _http2_fault("h2.refused_stream", "goaway")(
        "GOAWAY with a last stream below the request's", _speaking_http2(going_away)
    ),
    _http2_fault("h2.protocol.error", "protocol_error")(
        "RST_STREAM with PROTOCOL_ERROR", _speaking_http2(resetting(_PROTOCOL_ERROR))
    ),
    _http2_fault("h2.protocol.error", "enhance_your_calm")(
        "RST_STREAM with ENHANCE_YOUR_CALM", _speaking_http2(resetting(_ENHANCE_YOUR_CALM))
    ),
)
