"""The request that a diagnosis sends, and its exchange over a connection, in HTTP/1.1 or HTTP/2.

Of HTTP/2 (RFC 9113) only what a single ``GET`` needs, for a server that speaks nothing older: no
priorities, no push, and of HPACK (RFC 7541) only the status.
"""

from __future__ import annotations

import base64
import contextlib
import ssl
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from ringback.diagnosis.layer import http_message as heads
from ringback.diagnosis.layer.http_message import Head, HttpResponse, MessageBody, Outcome
from ringback.diagnosis.layer.kernel import confirmed
from ringback.diagnosis.layer.proxy_tunnel import authority, proxy_server
from ringback.diagnosis.layer.spoken import is_tls
from ringback.failure.codes import KIND_OF_OPENSSL_REASON, KIND_OF_TLS_ALERT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringback.diagnosis.context import OpenRoute
    from ringback.diagnosis.layer.tls_handshake import TlsChannel
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
"""Bytes of a body that are read, whatever its length."""
_MAX_WHOLE = 8 * 1024 * 1024
"""Bytes of a body that is read to its end, where it says its length and comes soon."""
_MAX_FURTHER = 3.0
"""Seconds for what follows the first of these."""
_MIN_FLOW_BYTES = 4096
_MAX_FLOW_PAUSE = 0.5
"""Bytes of a body, and seconds between two of its pieces, with which it is well, and only long."""
_SETTINGS_BEGIN = b"\x00\x00"
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
    channel: TlsChannel, request: bytes, method: str, timeouts: ResponseTimeouts
) -> HttpResponse:
    """Send a request and return what came of it; of a large body the beginning is read."""
    answer = HttpResponse(sent=len(request))
    began = time.monotonic()
    try:
        channel.send(request, timeouts.first)
    except OSError as error:
        # A server may answer, and close, before it has read all.
        answer.reason = str(error)[:100]
    try:
        _read_head(channel, answer, began, method, timeouts)
        if answer.head is not None and answer.body is not None:
            _read_body(channel, answer, answer.body, timeouts)
    except OSError as error:
        _broken(answer, error, channel)
    if answer.outcome != "answered":
        answer.confirmed = confirmed(channel.raw)
    return answer


def _read_head(
    channel: TlsChannel, answer: HttpResponse, began: float, method: str, timeouts: ResponseTimeouts
) -> None:
    data = b""
    while True:
        limit = timeouts.head if data else timeouts.first
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
    elif data[:2] == _SETTINGS_BEGIN and data[3:4] == b"\x04":
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
    channel: TlsChannel, answer: HttpResponse, body: MessageBody, timeouts: ResponseTimeouts
) -> None:
    ends = time.monotonic() + timeouts.body
    while not (body.complete or body.wrong or body.received > _MAX_BODY or _streams(answer)):
        left = ends - time.monotonic()
        if left <= 0 and body.received >= _MIN_FLOW_BYTES:
            break  # it is long, and comes
        if left <= 0:
            return
        piece = channel.receive(min(timeouts.pause, max(left, _MAX_FLOW_PAUSE)))
        if piece:
            body.feed(piece)
        else:
            body.end()
    if body.received > _MAX_BODY and (body.length or 0) <= _MAX_WHOLE:
        _read_further(channel, body)
    answer.outcome = "answered"
    if body.wrong:
        answer.outcome, answer.wrong = "truncated", body.wrong
        if body.wrong == "http.protocol.error":
            answer.outcome, answer.reason = "invalid", "a chunk of its body has no valid size"
    close = "close" in (answer.head.get("connection") or "").lower() if answer.head else True
    whole = body.complete and answer.version == "1.1"
    answer.reusable = whole and not close and not body.ends_with_connection


def _read_further(channel: TlsChannel, body: MessageBody) -> None:
    """Read a body of a stated length to its end, if that comes soon; else it is not known."""
    ends = time.monotonic() + _MAX_FURTHER
    with contextlib.suppress(TimeoutError):
        while body.length and not (body.complete or body.wrong):
            left = ends - time.monotonic()
            if left <= 0:
                return
            piece = channel.receive(left)
            if piece:
                body.feed(piece)
            else:
                body.end()


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


_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY = 0x0, 0x1, 0x3, 0x4, 0x6, 0x7
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
_NO_PUSH = b"\x00\x02\x00\x00\x00\x00"
_REFUSED_STREAM = 0x7
_MAX_FRAME = 1 << 14
"""Bytes of a frame: what we have not allowed to be exceeded."""
_MAX_CONTENT = 32 * 1024
"""Bytes of content after which an answer is whole enough: our window is 64 KiB."""

_INDEXED = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}
_STATUS_NAME = frozenset({0x48, 0x08, 0x18})
"""A literal field whose name is entry 8 of the static table, ``:status``."""


@dataclass(frozen=True, slots=True)
class _Frame:
    kind: int
    flags: int
    stream: int
    payload: bytes


class _FrameError(ValueError):
    """What came is no frame."""


def exchange_http2(channel: TlsChannel, request: HttpRequest, within: float) -> HttpResponse:
    """Send a request over HTTP/2 and return what came of it."""
    text = _opening(request)
    answer = HttpResponse(version="2", sent=len(text))
    began = time.monotonic()
    try:
        channel.send(text, within)
        for frame in _frames(channel, began + within):
            if answer.first_byte is None:
                answer.first_byte = time.monotonic() - began
            if _takes(channel, answer, frame, within):
                return answer
        answer.outcome = "closed" if answer.head is None else "truncated"
    except _FrameError:
        answer.outcome = "not_http"
    except TimeoutError:
        answer.outcome = "timeout" if answer.head is None else "body_timeout"
    except OSError as error:
        answer.outcome, answer.reason = "reset", str(error)[:100]
    return answer


def _opening(request: HttpRequest) -> bytes:
    block = b"\x82" + (b"\x87" if request.scheme == "https" else b"\x86")
    target = request.target.encode("ascii", "replace")
    block += b"\x04" + _hpack_text(target) + b"\x01" + _hpack_text(request.ascii_authority.encode())
    block += b"\x0f\x2b" + _hpack_text(AGENT.encode()) + b"\x0f\x04" + _hpack_text(b"*/*")
    headers = _frame(_HEADERS, _END_STREAM | _END_HEADERS, 1, block)
    return _PREFACE + _frame(_SETTINGS, 0, 0, _NO_PUSH) + headers


def _hpack_text(value: bytes) -> bytes:
    """A string of HPACK, not compressed (RFC 7541, section 5.2)."""
    if len(value) < 127:
        return bytes((len(value),)) + value
    length, prefix = len(value) - 127, b"\x7f"
    while length >= 128:
        prefix += bytes((length & 127 | 128,))
        length >>= 7
    return prefix + bytes((length,)) + value


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    head = len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4)
    return head + payload


def _frames(channel: TlsChannel, ends: float) -> Iterator[_Frame]:
    data = b""
    while piece := channel.receive(ends - time.monotonic()):
        data += piece
        while len(data) >= 9:
            length = int.from_bytes(data[:3])
            if length > _MAX_FRAME:
                raise _FrameError
            if len(data) < 9 + length:
                break
            stream = int.from_bytes(data[5:9]) & 0x7FFFFFFF
            yield _Frame(data[3], data[4], stream, data[9 : 9 + length])
            data = data[9 + length :]


def _takes(channel: TlsChannel, answer: HttpResponse, frame: _Frame, within: float) -> bool:
    """Take in a frame; return whether the answer is over."""
    if frame.kind in {_SETTINGS, _PING} and not frame.flags & _ACK:
        payload = frame.payload if frame.kind == _PING else b""
        channel.send(_frame(frame.kind, _ACK, 0, payload), within)
    elif frame.kind == _GOAWAY:
        return _goes_away(answer, frame.payload)
    elif frame.kind == _RST_STREAM and frame.stream == 1:
        _refused(answer, int.from_bytes(frame.payload[:4]), processed=True)
        return True
    elif frame.kind in {_HEADERS, _DATA} and frame.stream == 1:
        _takes_content(answer, frame)
        whole = bool(frame.flags & _END_STREAM) or _is_enough(answer)
        answer.outcome = "answered" if whole else answer.outcome
        return whole
    return False


def _takes_content(answer: HttpResponse, frame: _Frame) -> None:
    if frame.kind == _DATA and answer.body is not None:
        answer.body.feed(frame.payload)
    elif answer.head is None:
        status = status_of(_block(frame))
        if status >= 200:
            answer.head = Head("2", status, "", ())
            answer.body = MessageBody(answer.head, "GET")


def _is_enough(answer: HttpResponse) -> bool:
    return answer.body is not None and answer.body.received >= _MAX_CONTENT


def _block(frame: _Frame) -> bytes:
    payload = frame.payload
    if frame.flags & _PADDED:
        payload = payload[1:]
    return payload[5:] if frame.flags & _PRIORITY else payload


def status_of(block: bytes) -> int:
    """Return the status at the beginning of a block of fields; 0: it cannot be read."""
    while block and block[0] & 0xE0 == 0x20:  # the size of the table changes
        block = block[1:] if block[0] & 0x1F != 0x1F else block[2:].lstrip(b"\x80")[1:]
    if not block:
        return 0
    if block[0] in _INDEXED:
        return _INDEXED[block[0]]
    if block[0] not in _STATUS_NAME or len(block) < 2:
        return 0
    value = block[2 : 2 + (block[1] & 0x7F)]
    digits = _huffman_digits(value) if block[1] & 0x80 else value.decode("ascii", "replace")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) == 3 else 0


def _huffman_digits(value: bytes) -> str:
    """Three digits in the code of RFC 7541, appendix B: 0 to 2 have five bits, the others six."""
    bits = "".join(f"{byte:08b}" for byte in value)
    digits = ""
    while len(digits) < 3 and len(bits) >= 5:
        if bits[:5] in {"00000", "00001", "00010"}:
            digits, bits = digits + str(int(bits[:5], 2)), bits[5:]
        elif "011001" <= bits[:6] <= "011111":
            digits, bits = digits + str(int(bits[:6], 2) - 22), bits[6:]
        else:
            break
    return digits


def _goes_away(answer: HttpResponse, payload: bytes) -> bool:
    last = int.from_bytes(payload[:4]) & 0x7FFFFFFF
    code = int.from_bytes(payload[4:8])
    if code == 0 and last >= 1:
        return False  # it ends the connection once it has answered
    _refused(answer, code, processed=last >= 1)
    return True


def _refused(answer: HttpResponse, code: int, *, processed: bool) -> None:
    refused = code == _REFUSED_STREAM or not processed
    answer.outcome = "invalid"
    answer.wrong = "h2.refused_stream" if refused else "h2.protocol.error"
    answer.reason = f"the server ends the stream with error {code} of HTTP/2"
