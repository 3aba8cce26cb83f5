"""The request that a diagnosis sends, and its exchange over a connection that is open."""

from __future__ import annotations

import base64
import ssl
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from ringback.diagnosis.layer import http_message as heads
from ringback.diagnosis.layer.http_message import HttpResponse, MessageBody, Outcome
from ringback.diagnosis.layer.kernel import confirmed
from ringback.diagnosis.layer.proxy_server import authority, proxy_server
from ringback.diagnosis.layer.spoken import is_tls
from ringback.failure.codes import KIND_OF_OPENSSL_REASON, KIND_OF_TLS_ALERT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringback.diagnosis.context import OpenRoute
    from ringback.diagnosis.layer.tls_channel import TlsChannel
    from ringback.diagnosis.model import Asked


_MAX_COOKIES = 20
_MAX_COOKIE = 4096


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie that a host has set for itself (RFC 6265)."""

    name: str
    value: str = field(repr=False)
    path: str = "/"  # Where it is sent back to, and below
    secure: bool = False  # Whether it is sent over TLS only

    def goes_to(self, scheme: str, target: str) -> bool:
        """Return whether it is sent with a request."""
        path = target.partition("?")[0]
        below = path == self.path or path.startswith(self.path.rstrip("/") + "/")
        return below and (scheme == "https" or not self.secure)


def kept(before: Iterable[Cookie], lines: list[str], host: str, target: str) -> tuple[Cookie, ...]:
    """Return the cookies of a host after an answer."""
    jar = {(cookie.name, cookie.path): cookie for cookie in before}
    for line in lines[:_MAX_COOKIES]:
        pair, *rest = line.split(";")
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or len(line) >= _MAX_COOKIE or not f"{name}{value}".isprintable():
            continue
        attributes = dict(_attribute(part) for part in rest)
        domain = attributes.get("domain", "").lstrip(".").lower()
        if domain and not f".{host.lower().rstrip('.')}".endswith(f".{domain}"):
            continue
        path = attributes.get("path", "")
        path = path if path.startswith("/") else _directory(target)
        jar.pop((name, path), None)
        if not _is_over(attributes):
            jar[name, path] = Cookie(name, value, path, "secure" in attributes)
    return tuple(list(jar.values())[:_MAX_COOKIES])


def _attribute(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()


def _directory(target: str) -> str:
    """The default path (RFC 6265, section 5.1.4)."""
    return target.partition("?")[0].rpartition("/")[0] or "/"


def _is_over(attributes: dict[str, str]) -> bool:
    age = attributes.get("max-age")
    if age is not None:
        return age.lstrip("-").isdigit() and int(age[:10]) <= 0
    try:
        return parsedate_to_datetime(attributes["expires"]).timestamp() < time.time()
    except (KeyError, ValueError, TypeError, OverflowError):
        return False


_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SAFE = "%/:=&?~+!$,;'@()*[]|"
AGENT = "ringback-diagnose"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request."""

    scheme: str
    host: str  # Whom it is for
    port: int
    target: str = field(repr=False)  # Path and query
    method: str = "GET"  # `GET`, or `HEAD` where nothing else may be asked
    # What the same host has set within this diagnosis
    cookies: tuple[Cookie, ...] = field(default=(), repr=False)
    upgrade: bool = False  # Whether a WebSocket is asked for

    @property
    def url(self) -> str:
        """The URL without its query."""
        return f"{self.scheme}://{self.authority}{self.target.partition('?')[0]}"

    @property
    def authority(self) -> str:
        """``host``, with the port where it is not the scheme's."""
        host = self.host.partition("%")[0]  # without the zone, which is this host's own matter
        if self.port == _DEFAULT_PORTS.get(self.scheme):
            return f"[{host}]" if ":" in host else host
        return authority(host, self.port)

    @property
    def ascii_authority(self) -> str:
        """The same as it is sent."""
        return _ascii(self.authority)

    def text(self, route: OpenRoute, *, tunnelled: bool) -> bytes:
        """Return the request as it is sent."""
        target = quote(self.target, safe=_SAFE, errors="replace")
        host = self.ascii_authority
        lines = []
        if route.proxy is not None and not tunnelled:
            target = f"{self.scheme}://{host}{target}"
            lines += _credentials(route.proxy)
        sent = [cookie for cookie in self.cookies if cookie.goes_to(self.scheme, self.target)]
        lines += [f"Cookie: {_cookie(sent)}"] if sent else []
        lines += _upgrade() if self.upgrade else ["Accept: */*", "Accept-Encoding: identity"]
        head = [f"{self.method} {target} HTTP/1.1", f"Host: {host}", f"User-Agent: {AGENT}", *lines]
        return "\r\n".join([*head, "", ""]).encode("ascii", "replace")


def request_of(asked: Asked) -> HttpRequest:
    """Return the request for what is asked."""
    target = asked.path or "/"
    if asked.query:
        target += "?" + asked.query.removeprefix("?")
    return HttpRequest(
        "https" if asked.tls else "http",
        asked.host,
        asked.port,
        target,
        upgrade=asked.scheme in {"ws", "wss"},
    )


def _credentials(proxy: str) -> list[str]:
    server = proxy_server(proxy)
    if not server.user:
        return []
    pair = base64.b64encode(f"{server.user}:{server.password}".encode()).decode()
    return [f"Proxy-Authorization: Basic {pair}"]


def _cookie(cookies: list[Cookie]) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)


def _upgrade() -> list[str]:
    """RFC 6455, section 4.1, with a key that need not be secret."""
    key = base64.b64encode(AGENT[:16].encode()).decode()
    return [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
    ]


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    name, colon, port = host.partition(":")
    try:
        return name.encode("idna").decode("ascii") + colon + port
    except UnicodeError:
        return host.encode("ascii", "replace").decode()


_MAX_BODY = 256 * 1024
"""Bytes of a body that are read."""
_MIN_FLOW_BYTES = 4096
_MAX_FLOW_PAUSE = 0.5
"""Bytes of a body, and seconds between two of its pieces, with which it is well, and only long."""
_SETTINGS = b"\x00\x00"
_STREAMS = (
    "text/event-stream",
    "multipart/x-mixed-replace",
    "application/x-ndjson",
    "application/stream+json",
    "audio/",
    "video/",
)
"""Content that may rightly come slowly, or without end."""


@dataclass(frozen=True, slots=True)
class ResponseTimeouts:
    """Seconds to wait."""

    first: float = 5.0  # For the first byte
    head: float = 5.0  # For the whole head, from the request on
    pause: float = 4.0  # Between two bytes of the body
    body: float = 5.0  # For the whole body


def exchange_http1(
    channel: TlsChannel, request: bytes, method: str, patience: ResponseTimeouts
) -> HttpResponse:
    """Send a request and return what came of it; the answer's body is read up to 256 KiB."""
    answer = HttpResponse(sent=len(request))
    began = time.monotonic()
    try:
        channel.send(request, patience.first)
    except OSError as error:
        # A server may answer, and close, before it has read all.
        answer.reason = str(error)[:100]
    try:
        _read_head(channel, answer, began, method, patience)
        if answer.head is not None and answer.body is not None:
            _read_body(channel, answer, answer.body, patience)
    except OSError as error:
        _broken(answer, error, channel)
    if answer.outcome != "answered":
        answer.confirmed = confirmed(channel.raw)
    return answer


def _read_head(
    channel: TlsChannel, answer: HttpResponse, began: float, method: str, patience: ResponseTimeouts
) -> None:
    data = b""
    while True:
        limit = patience.head if data else patience.first
        piece = channel.receive(began + limit - time.monotonic())
        if not piece:
            _ended(answer, data)
            return
        if answer.first_byte is None:
            answer.first_byte = time.monotonic() - began
        data = (data + piece).lstrip(b"\r\n") if len(data) < 2 else data + piece
        answer.first = data[:512]
        if not b"HTTP/1.".startswith(data[:7]):
            _other(answer, data)
            return
        parts = heads.split_head(data)
        while parts is not None and _is_interim(parts[0]):
            data = parts[1]
            parts = heads.split_head(data)
        if parts is not None:
            _take_head(answer, *parts, method)
            return
        if len(data) > heads.MAX_HEAD:
            answer.outcome, answer.reason = "invalid", "its head is longer than 128 KiB"
            return


def _is_interim(head: bytes) -> bool:
    return head[9:10] == b"1" and head[9:12] != b"101"


def _ended(answer: HttpResponse, data: bytes) -> None:
    ended: Outcome = "reset" if answer.reason else "closed"  # sending had failed already
    answer.outcome = "headers_truncated" if data else ended


def _other(answer: HttpResponse, data: bytes) -> None:
    if is_tls(data):
        answer.outcome = "tls_bytes"
    elif data[:2] == _SETTINGS and data[3:4] == b"\x04":
        answer.outcome, answer.version, answer.reason = "not_http", "2", "it speaks HTTP/2 only"
    elif data.startswith(b"HTTP/"):
        answer.outcome, answer.reason = "invalid", "the status line is malformed"
    else:
        answer.outcome = "not_http"


def _take_head(answer: HttpResponse, data: bytes, rest: bytes, method: str) -> None:
    try:
        head = heads.parse_head(data)
    except heads.HeadError as error:
        answer.outcome, answer.reason = "invalid", str(error)
        return
    answer.head, answer.version = head, head.version
    answer.body = MessageBody(head, method)
    answer.body.feed(rest)
    answer.outcome = "body_timeout"


def _read_body(
    channel: TlsChannel, answer: HttpResponse, body: MessageBody, patience: ResponseTimeouts
) -> None:
    ends = time.monotonic() + patience.body
    while not (body.complete or body.wrong or body.received > _MAX_BODY or _streams(answer)):
        left = ends - time.monotonic()
        if left <= 0 and body.received >= _MIN_FLOW_BYTES:
            break  # it is long, and comes
        if left <= 0:
            return
        piece = channel.receive(min(patience.pause, max(left, _MAX_FLOW_PAUSE)))
        if piece:
            body.feed(piece)
        else:
            body.end()
    answer.outcome = "answered"
    if body.wrong:
        answer.outcome, answer.wrong = "truncated", body.wrong
        if body.wrong == "http.protocol.error":
            answer.outcome, answer.reason = "invalid", "a chunk of its body has no valid size"
    close = "close" in (answer.head.get("connection") or "").lower() if answer.head else True
    whole = body.complete and answer.version == "1.1"
    answer.reusable = whole and not close and not body.ends_with_connection


def _streams(answer: HttpResponse) -> bool:
    kind = (answer.head.get("content-type") or "").lower() if answer.head else ""
    return kind.startswith(_STREAMS)


def _broken(answer: HttpResponse, error: OSError, channel: TlsChannel) -> None:
    if isinstance(error, TimeoutError):
        return
    if isinstance(error, ssl.SSLError):
        seen = channel.messages
        alert = seen.alert if seen else None
        answer.outcome, answer.reason = "tls_failed", error.reason or str(error)[:100]
        answer.wrong = KIND_OF_OPENSSL_REASON.get(error.reason or "", "tls.failed")
        if alert is not None:
            answer.wrong = KIND_OF_TLS_ALERT.get(alert, answer.wrong)
        return
    answer.outcome, answer.reason = "reset", error.strerror or str(error)[:100]
