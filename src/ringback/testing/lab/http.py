"""Faults of HTTP: broken responses (RFC 9112), error statuses (RFC 9110), HTTP/2 (RFC 9113)."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import gzip
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from ringback.testing.lab.fault import Fault, FaultKind, serving
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.message import MID_BODY, MID_HEADERS, answering, head, response

if TYPE_CHECKING:
    import ssl

    from h2.connection import H2Connection

    from ringback.testing.lab.lab import Lab
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


def redirect_onward(connection: Connection) -> None:
    """Redirect every request to a URL that was not asked for before."""
    while request := connection.read_request():
        step = int(request.target.rpartition("/")[2] or 0)
        connection.send(redirect(f"/{step + 1}"))


def _broken(kind: FaultKind, when: str, summary: str, data: bytes, *also: str) -> Fault:
    return Fault(kind=kind, when=when, summary=summary, start=serving(closing(data)), also=also)


def _banner(when: str, summary: str, data: bytes) -> Fault:
    kind: FaultKind = "http.response.invalid.not_http"
    also = ("http.protocol.error", "http.response.invalid.empty", "tcp.reset")
    return Fault(kind=kind, when=when, summary=summary, start=serving(greeting(data)), also=also)


def _redirect(kind: FaultKind, when: str, summary: str, *locations: str) -> Fault:
    start = serving(answering(redirect(*locations)))
    return Fault(kind=kind, when=when, summary=summary, start=start)


def _content(when: str, summary: str, body: bytes, content_type: str) -> Fault:
    return Fault(
        kind="http.response.unexpected_content",
        when=when,
        summary=summary,
        start=serving(answering(response(200, body, content_type=content_type))),
        provoke="json",
    )


_CUT = (
    _broken(
        "http.response.invalid.empty",
        "after_request",
        "FIN after the request was read, no byte of response",
        b"",
        "tcp.closed",
        "tcp.reset",
    ),
    _broken(
        "http.response.headers.truncated",
        "mid_headers",
        "FIN within the response's header block",
        MID_HEADERS,
        "ok",
        "http.protocol.error",
        "http.response.invalid.empty",
    ),
    _broken(
        "http.response.invalid.content_length_mismatch",
        "mid_body",
        "FIN after 400 of 1,000 bytes of body",
        MID_BODY,
        "ok",
    ),
    _broken(
        "http.response.invalid.incomplete_chunked_encoding",
        "no_last_chunk",
        "FIN after whole chunks, without the last one",
        _CHUNKED + b"5\r\nhello\r\n",
    ),
    _broken(
        "http.response.invalid.incomplete_chunked_encoding",
        "mid_chunk",
        "FIN within a chunk",
        _CHUNKED + b"64\r\nhello",
    ),
)

_MALFORMED = (
    _broken(
        "http.protocol.error",
        "malformed_status_line",
        "a status line whose status is no number",
        b"HTTP/1.1 two-hundred OK\r\nContent-Length: 0\r\n\r\n",
        "http.response.invalid.not_http",
    ),
    _broken(
        "http.protocol.error",
        "malformed_header",
        "a header line without a colon",
        b"HTTP/1.1 200 OK\r\nthis is no header\r\nContent-Length: 2\r\n\r\nok",
        "ok",
    ),
    _broken(
        "http.protocol.error",
        "too_many_headers",
        "1,000 header lines",
        head(200, *(f"X-{number}: x" for number in range(1000)), "Content-Length: 0"),
        "ok",
    ),
    _broken(
        "http.protocol.error",
        "header_too_long",
        "one header line of 200 kB",
        head(200, f"X-Long: {'x' * 200_000}", "Content-Length: 0"),
        "ok",
    ),
    _broken(
        "http.protocol.error",
        "content_length_invalid",
        "a Content-Length that is no number",
        head(200, "Content-Length: many") + b"ok",
        "ok",
    ),
    _broken(
        "http.protocol.error",
        "content_length_conflict",
        "two different Content-Length lines",
        head(200, "Content-Length: 2", "Content-Length: 5") + b"ok",
        "ok",
        "http.response.invalid.content_length_mismatch",
    ),
    _broken(
        "http.protocol.error",
        "content_length_too_short",
        "five more bytes of body than Content-Length says",
        head(200, "Content-Length: 2") + b"ok+more",
        "ok",
    ),
    _broken(
        "http.protocol.error",
        "chunk_size_invalid",
        "a chunk size that is no number",
        _CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n",
        "http.response.invalid.incomplete_chunked_encoding",
    ),
    _broken(
        "http.response.invalid.content_decoding",
        "not_gzip",
        "a plain body that is said to be gzip",
        response(200, b'{"ok": true}', _GZIP),
    ),
    _broken(
        "http.response.invalid.content_decoding",
        "truncated_gzip",
        "half a gzip stream, with the right Content-Length",
        response(200, _GZIPPED[: len(_GZIPPED) // 2], _GZIP),
        "ok",
    ),
)

_BANNERS = (
    _banner("ssh", "an SSH server", b"SSH-2.0-OpenSSH_9.6\r\n"),
    _banner("smtp", "a mail server", b"220 mail.test ESMTP ready\r\n"),
    _banner("mysql", "a MySQL server's binary greeting", b"\x0b\x00\x00\x00\x0a8.0.36\x00\x08\x00"),
    _broken(
        "http.response.invalid.not_http",
        "redis",
        "a Redis server: it takes the request for commands",
        b"-ERR unknown command 'GET', with args beginning with: '/' 'HTTP/1.1' \r\n",
        "http.protocol.error",
        "http.response.invalid.empty",
    ),
    _broken(
        "http.response.invalid.not_http",
        "http2",
        "a server that answers with an HTTP/2 SETTINGS frame",
        b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        "http.protocol.error",
        "http.response.invalid.empty",
    ),
)

_REDIRECTS = (
    _redirect("http.response.redirect_loop", "same_url", "redirects to the same URL", "/"),
    Fault(
        kind="http.response.redirect_loop",
        when="ever_onward",
        summary="redirects to a new URL each time",
        start=serving(redirect_onward),
    ),
    _redirect(
        "http.response.redirect_invalid", "bad_host", "redirects to a broken host", "http://[::1"
    ),
    _redirect(
        "http.response.redirect_invalid",
        "bad_port",
        "redirects to port 99999",
        "http://127.0.0.1:99999/",
    ),
    _redirect(
        "http.response.redirect_invalid",
        "bad_scheme",
        "redirects to an unknown scheme",
        "gopher://127.0.0.1/",
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
    return _answering(status, lambda: fields)


def _answering(status: int, fields: Callable[[], tuple[str, ...]]) -> Handler:
    def handler(connection: Connection) -> None:
        while request := connection.read_request():
            connection.send(response(status, _BODY, *fields()))
            if not request.keeps_alive:
                return

    return handler


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
    def fields() -> tuple[str, ...]:
        return (f"Retry-After: {RETRY_AFTER[shape]()}",)

    return Fault(
        kind=kind,
        when=f"retry_after_{shape}",
        summary=f"status {status} with Retry-After: {shape.replace('_', ' ')}",
        start=serving(_answering(status, fields)),
    )


def _plain(kind: FaultKind, status: int, *fields: str) -> Fault:
    return Fault(
        kind=kind,
        when=str(status),
        summary=f"status {status}",
        start=serving(answering_status(status, *fields)),
    )


STATUSES: tuple[Fault, ...] = (
    _plain("http.error", 400),
    _plain("http.error", 404),
    _plain("http.error", 500),
    _plain("http.error.auth", 401, 'WWW-Authenticate: Basic realm="lab"'),
    _plain("http.error.auth", 403),
    _plain("http.error.rate_limited", 429),
    _plain("http.error.unavailable", 503),
    _plain("http.error.gateway", 502),
    _plain("http.error.gateway", 504),
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


def _refusing(kind: FaultKind, when: str, summary: str, answer: Answer) -> Fault:
    return Fault(
        kind=kind,
        when=when,
        summary=summary,
        start=secured(handler=speaking(answer), prepare=offer_http2),
        needs=("cryptography", "h2"),
        provoke="http2",
    )


HTTP2: tuple[Fault, ...] = (
    _refusing("ok", "http2", "answers every request over HTTP/2", healthy_over_http2),
    _refusing(
        "h2.refused_stream",
        "refused_stream",
        "RST_STREAM with REFUSED_STREAM: the request was not processed",
        resetting(_REFUSED_STREAM),
    ),
    _refusing(
        "h2.refused_stream", "goaway", "GOAWAY with a last stream below the request's", going_away
    ),
    _refusing(
        "h2.protocol.error",
        "protocol_error",
        "RST_STREAM with PROTOCOL_ERROR",
        resetting(_PROTOCOL_ERROR),
    ),
    _refusing(
        "h2.protocol.error",
        "enhance_your_calm",
        "RST_STREAM with ENHANCE_YOUR_CALM",
        resetting(_ENHANCE_YOUR_CALM),
    ),
)
