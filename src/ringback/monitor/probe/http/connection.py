"""One HTTP/1.1 connection: how it is made, what is sent, and the response, read as it comes."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from time import monotonic, thread_time
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import quote, unquote, urlsplit

from httptools import HttpParserError, HttpResponseParser

from ringback.failure.target import bracketed
from ringback.monitor.probe.connect import connect_protocol, connect_tcp, endpoint_family
from ringback.monitor.probe.handshake import (
    certificate_of,
    note_tls,
    other_certificate_of,
    tls_context,
    tls_handshake,
)
from ringback.monitor.probe.outcome import PhaseTimer, ProbeFailure, probe_failure_of
from ringback.monitor.probe.tunnel import (
    connect_proxy,
    endpoint_proxy,
    open_tunnel,
    proxy_authorization,
)

if TYPE_CHECKING:
    import socket

    from ringback.diagnosis.layer.proxy_tunnel import ProxyServer
    from ringback.failure.model import Phase
    from ringback.failure.names import KindName
    from ringback.incident.model import CertificateSeen
    from ringback.monitor.model import Endpoint
    from ringback.monitor.probe.prober import ProbeContext

_PORTS = {"http": 80, "https": 443}
_LITERAL = "/%:@!$&'()*+,;=~-._?[]|"


class RequestTarget(NamedTuple):
    """Where a request goes."""

    scheme: str  # `http` or `https`
    host: str  # Name or IP address
    port: int  # TCP port
    path: str  # With the query
    user: str = ""  # `name:password`; `""`: none

    @property
    def url(self) -> str:
        return f"{self.scheme}://{bracketed(self.host)}:{self.port}/"

    @property
    def origin(self) -> tuple[str, str, int]:
        return self[:3]


def request_target(url: str) -> RequestTarget:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("not an http or https URL with a host")
    path = quote(parts.path or "/", safe=_LITERAL)
    if parts.query:
        path += "?" + quote(parts.query, safe=_LITERAL)
    user = unquote(f"{parts.username}:{parts.password or ''}") if parts.username else ""
    port = parts.port if parts.port is not None else _PORTS[parts.scheme]
    return RequestTarget(parts.scheme, parts.hostname, port, path, user)


def request_bytes(
    target: RequestTarget,
    method: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    via: ProxyServer | None = None,
    last: bool = False,
) -> bytes:
    """Return a request (RFC 9112); ``headers`` take the place of those that every request has.

    ``last``: it is the only one on its connection, which the server is asked to end.

    An HTTP proxy is sent the whole URL where there is no TLS (RFC 9112, section 3.2.2). What would
    break the request, such as a line break in a header, raises ``ValueError``.
    """
    fields = {
        "Host": _authority(target),
        "User-Agent": "ringback",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
    }
    path = target.path
    if via is not None and is_forwarded(target, via):
        path = f"http://{fields['Host']}{path}"
        fields |= proxy_authorization(via)
    if target.user:
        fields["Authorization"] = "Basic " + b64encode(target.user.encode()).decode()
    if last:
        fields["Connection"] = "close"
    if body or method in {"POST", "PUT", "PATCH"}:
        fields["Content-Length"] = str(len(body))
    named = {name.lower() for name in headers}
    kept = {name: value for name, value in fields.items() if name.lower() not in named}
    lines = [f"{name}: {value}" for name, value in {**kept, **headers}.items()]
    text = "\r\n".join((f"{method} {path} HTTP/1.1", *lines))
    if text.count("\n") != len(lines) or "\0" in text:
        raise ValueError("a header with a line break cannot be sent")
    return text.encode("latin-1") + b"\r\n\r\n" + body


def is_forwarded(target: RequestTarget, via: ProxyServer) -> bool:
    """Return whether a proxy passes the request itself on, and makes no tunnel for it."""
    return target.scheme == "http" and via.speaks_http


def _authority(target: RequestTarget) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host.encode("idna").decode()
    return host if target.port == _PORTS[target.scheme] else f"{host}:{target.port}"


MAX_BODY = 1_048_576
"""Bytes of a body that are read; what follows is left, and the connection ended."""
_MAX_HEAD = 131_072  # Bytes of headers, those of interim responses included
_MAX_HEADERS = 256
_MAX_INTERIM = 16  # Responses that only announce another
_MAX_RECEIVED = 4 * MAX_BODY  # Bytes of an answer with all that frames it
_TURN_BYTES = 16_384  # Bytes that are read before everybody else has a turn
_SHORT_TURN = 0.0005  # Seconds of CPU; after a longer turn, nine times as long is left to others
MAX_READ_SECONDS = 0.02
"""Seconds of CPU for reading one answer; one in single bytes takes a hundred times as long."""

CLOSE_TIMEOUT = 1.0  # Seconds that a server has to end a connection, as it says that it does
MAX_CLOSING = 500  # Connections that wait for that; of more, this side ends them

OnAnswer = Callable[["ProbeConnection"], object]

_NONE: list[tuple[bytes, bytes]] = []  # Never changed, nor is the other
_NO_BODY: list[bytes] = []


class ProbeConnection(asyncio.Protocol):
    """A connection to one server, for one request at a time."""

    __slots__ = (
        "_closing", "_early", "_framed", "_head", "_head_size", "_interim", "_next_turn",
        "_on_answer", "_open", "_parser", "_raw", "_received_size", "_transport", "_unread",
        "_want_body", "address", "body", "certificate", "failure", "first_at", "headers",
        "http_version", "lost", "on_lost", "other_certificate", "received", "remark", "sent_at",
        "size", "spent", "status", "uses",
    )  # fmt: skip

    def __init__(self) -> None:
        self.address: str | None = None  # Of the server
        self.certificate: CertificateSeen | None = None
        self.other_certificate: CertificateSeen | None = None  # See `Check`
        self.uses = 0  # How many requests were sent
        self.lost = False
        self.on_lost: Callable[[], None] | None = None  # Called when it ends while nothing is asked
        self._early = self._unread = b""
        self._closing: set[ProbeConnection] | None = None
        self._next_turn: asyncio.Handle | None = None
        self._on_answer: OnAnswer | None = None
        self._parser: HttpResponseParser | None = None
        self._transport: asyncio.Transport | None = None
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._head_size = self._interim = self._received_size = 0
        self._raw: list[bytes] = []  # What came of the headers
        self.remark = ""  # What is malformed in an answer that clients take all the same
        self.spent = 0.0  # Seconds of CPU that reading took, where the answer is long
        self._forget()

    def _forget(self) -> None:
        # `status`: 0 where no answer came; `size`: bytes of its body
        self.status = self.size = 0
        self.http_version = ""
        self.headers: list[tuple[bytes, bytes]] = []  # Of the answer, names in lower case
        self.body: list[bytes] = []  # What was read of it, where it is wanted
        self.failure: ProbeFailure | None = None  # `None`: the answer is whole
        self.received = self._framed = self._open = False

    @property
    def phase(self) -> Phase:
        """How far the exchange is."""
        if self._open:
            return "body"
        if not self.received and self._transport and self._transport.get_write_buffer_size():
            return "send"
        return "wait"

    @property
    def busy(self) -> bool:
        return self._on_answer is not None

    @property
    def usable(self) -> bool:
        return not self.lost and self._transport is not None and not self._transport.is_closing()

    @property
    def location(self) -> str | None:
        return self.header(b"location") or None

    def header(self, wanted: bytes) -> str:
        """Return the first value of a header, its name in lower case; ``""``: there is none."""
        for name, value in self.headers:
            if name == wanted:
                return value.decode("latin-1").strip()
        return ""

    @property
    def chunked(self) -> bool:
        return any(name == b"transfer-encoding" for name, _ in self.headers)

    def ask(
        self,
        request: bytes,
        answered: OnAnswer,
        *,
        head: bool,
        want_body: bool,
        closing: set[ProbeConnection] | None = None,
    ) -> None:
        """Send a request.

        ``closing``: it is the last one here; where those are that their servers are about to end.
        """
        assert self._transport is not None
        self._begin_anew()
        self._head, self._want_body, self._closing = head, want_body, closing
        if self._parser is None:
            self._parser = HttpResponseParser(self)
        self._on_answer = answered
        self.uses += 1
        # `sent_at`: when the request was sent, on `time.monotonic()`
        # `first_at`: when the first byte of the answer came
        self.sent_at = self.first_at = monotonic()
        self._transport.write(request)
        if self._early:
            self.data_received(self._early)

    def rest(self) -> None:
        """Forget the answer and what reads it: most of the time a kept connection waits."""
        self._parser = None
        self.headers, self.body, self._raw = _NONE, _NO_BODY, _NO_BODY

    def abort(self) -> None:
        """End the connection; nobody is notified."""
        self._on_answer = self.on_lost = None
        self._parser = None
        self.lost = True
        self._unread = b""
        if self._closing is not None:
            self._closing.discard(self)
        if self._next_turn is not None:
            self._next_turn.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _leave(self) -> None:
        """Have the server end the connection: whoever does holds the port for a minute.

        Where 14,000 ports are held, Linux searches for milliseconds until it has a free one.
        """
        closing = self._closing
        if closing is None or self.lost or len(closing) >= MAX_CLOSING:
            self.abort()
            return
        closing.add(self)
        self._parser = self.on_lost = None
        self.lost = True
        self._next_turn = asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self.abort)

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._on_answer is None:
            self._unasked(data)
            return
        self._received_size += len(data)
        if self._received_size <= _TURN_BYTES:
            self._feed(data)
            return
        # A long answer is read by turns, so that it takes time from nobody else.
        assert self._transport is not None
        self._transport.pause_reading()
        self._unread += data
        if self._next_turn is None:
            self._take_turn()

    def _take_turn(self) -> None:
        self._next_turn = None
        part, self._unread = self._unread[:_TURN_BYTES], self._unread[_TURN_BYTES:]
        began = thread_time()
        if part:
            self._feed(part)
        used = thread_time() - began
        self.spent += used
        if self._on_answer is None:
            if self._unread:
                self.abort()  # the answer was whole: what follows it is not known
            elif self._transport is not None and self.usable:
                self._transport.resume_reading()
            return
        if self.spent > MAX_READ_SECONDS or self._received_size > _MAX_RECEIVED:
            self._read_enough()
        elif part:
            loop = asyncio.get_running_loop()
            self._next_turn = (
                loop.call_soon(self._take_turn)
                if used < _SHORT_TURN
                else loop.call_later(used * 9, self._take_turn)
            )
        elif self._transport is not None and self.usable:
            self._transport.resume_reading()

    def _read_enough(self) -> None:
        """Leave the rest: where the body is not looked at, the answer is known."""
        detail = f"its {self._received_size} bytes took {self.spent:.3f} s of CPU to read"
        whole = self._open and not self._want_body
        self._end(None if whole else ProbeFailure("http.protocol.error", detail))
        self.abort()

    def _feed(self, data: bytes) -> None:
        if not self.received:
            self.received = True
            self.first_at = monotonic()
            if not b"HTTP/".startswith(data[:5]):
                self._end(
                    ProbeFailure("http.response.invalid.not_http", f"begins with {data[:40]!r}")
                )
                return
        if not self._open:
            self._head_size += len(data)
            self._raw.append(data)
        try:
            assert self._parser is not None
            self._parser.feed_data(data)
        except HttpParserError as error:
            if self._open or self._on_answer is None or not self._read_again(error):
                self._malformed(error)
        if not self._open and self._head_size > _MAX_HEAD and self._on_answer is not None:
            self._end(ProbeFailure("http.protocol.error", "the headers are too long"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if self._closing is not None:
            self._closing.discard(self)
        if self._next_turn is not None:
            self._next_turn.cancel()
        if self._on_answer is not None and self._unread:
            self._feed(self._unread)
        self._unread = b""
        self._parser = None
        if self._on_answer is not None:
            self._end(self._cut_short(exc))
        elif self.on_lost is not None:
            on_lost, self.on_lost = self.on_lost, None
            on_lost()

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._on_answer is None:
            self.abort()  # the answer was whole: this one was not asked for
            return
        name = name.lower()
        self.headers.append((name, value))
        if name in _FRAMING:
            self._framed = True

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        self.status = self._parser.get_status_code()
        self.http_version = self._parser.get_http_version()
        self._open = True
        if len(self.headers) > _MAX_HEADERS and self._on_answer is not None:
            self._end(ProbeFailure("http.protocol.error", f"{len(self.headers)} header lines"))
        elif self._head_size > _MAX_HEAD and self._head_too_long():
            self._end(ProbeFailure("http.protocol.error", "the headers are too long"))
        elif self._head and self.status >= 200:
            self._parser = None  # it would wait for the body that Content-Length speaks of
            self._end(None)

    def on_body(self, data: bytes) -> None:
        self.size += len(data)
        if self._want_body:
            self.body.append(data)
        if self.size > MAX_BODY and self._on_answer is not None:
            self._end(None)
            self.abort()

    def on_message_complete(self) -> None:
        """Have the whole answer, unless it was one that only announces another."""
        if 100 <= self.status < 200 and self.status != 101:
            self._forget()
            self.received = True
            self._interim += 1
            if self._interim > _MAX_INTERIM and self._on_answer is not None:
                detail = f"more than {_MAX_INTERIM} interim responses"
                self._end(ProbeFailure("http.protocol.error", detail))
        elif self._on_answer is not None:
            self._end(None)

    def _end(self, failure: ProbeFailure | None) -> None:
        answered, self._on_answer = self._on_answer, None
        self.failure = failure
        if failure is not None or self._parser is None or self.remark:
            self.abort()
        elif self._closing is not None or not self._parser.should_keep_alive():
            self._leave()
        if answered is not None:
            answered(self)

    def _unasked(self, data: bytes) -> None:
        """A server that speaks first speaks another protocol: what it says tells which."""
        if self.uses or len(self._early) > _MAX_HEAD:
            self.abort()
        else:
            self._early += data

    def _head_too_long(self) -> bool:
        """What came at once may be headers or body."""
        length = sum(len(name) + len(value) for name, value in self.headers)
        return length > _MAX_HEAD and self._on_answer is not None

    def _malformed(self, error: HttpParserError) -> None:
        if self._on_answer is None:
            self.abort()  # the answer was whole: what follows it is not known
        else:
            self._end(ProbeFailure("http.protocol.error", f"{type(error).__name__}: {error}"[:200]))

    def _read_again(self, refused: HttpParserError) -> bool:
        """Read headers as curl, requests and httpx take them; return whether that is well so far.

        One Content-Length does for several that are equal (RFC 9112, section 6.3): which they are
        is known at the end of the headers.
        """
        whole = b"".join(self._raw)
        end = _HEAD_END.search(whole)
        split = end.end() if end else len(whole)
        head, rest = whole[:split], whole[split:]
        lengths = _LENGTHS.findall(head)
        if b"\0" in head or len(set(lengths)) > 1 or len(self._raw) > _MAX_PARTS:
            return False
        if len(lengths) > 1 and end:
            first = _LENGTHS.search(head)
            assert first is not None
            head = head[: first.end()] + _LENGTHS.sub(b"", head[first.end() :])
        self._forget()
        self.received, self._interim = True, 0
        self.remark = f"malformed, but clients take it: {refused}"
        self._parser = HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_chunked_length=True, lenient_optional_cr_before_lf=True
        )
        try:
            self._parser.feed_data(head + rest)
        except HttpParserError:
            return not end and bool(lengths) and not self._open
        return True

    def _cut_short(self, exc: Exception | None) -> ProbeFailure | None:
        if exc is not None:
            return probe_failure_of(exc, self.phase)
        closed, ended = "the connection was closed", f"the body ended after {self.size} bytes"
        if not self.received:
            return ProbeFailure("http.response.invalid.empty", f"{closed} without an answer")
        if not self._open:
            return ProbeFailure("http.response.headers.truncated", f"{closed} within the headers")
        if not self._framed:
            return None  # its end is the end of the body (RFC 9112, section 6.3)
        if self.chunked:
            return ProbeFailure(
                "http.response.invalid.incomplete_chunked_encoding",
                f"{ended}, without its last chunk",
            )
        kind: KindName = "http.response.invalid.content_length_mismatch"
        return ProbeFailure(kind, f"{ended}, too early")


_MAX_PARTS = 64  # In how many a malformed head may come
_HEAD_END = re.compile(rb"\n\r?\n")
_LENGTHS = re.compile(rb"(?im)^content-length[ \t]*:[ \t]*(\d+)[ \t]*\r?\n")
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


async def open_http_connection(
    target: RequestTarget,
    endpoint: Endpoint,
    context: ProbeContext,
    phases: PhaseTimer,
    until: float,
) -> ProbeConnection:
    """Return a connection to where a request goes; ``phases`` knows in which phase it failed."""
    if target.scheme == "https":
        tls = tls_context(endpoint)
        connected = await connect_target(target, endpoint, context, phases, until=until)
        phases.enter("tls", "connect")
        transport, connection = await tls_handshake(connected, ProbeConnection, tls, target.host)
        phases.enter("tls", "tls")
        connection.certificate = phases.certificate = certificate_of(transport)
        connection.other_certificate = other_certificate_of(endpoint, transport)
        note_tls(endpoint, transport)
    else:
        connection = await _open_plain(target, endpoint, context, phases, until)
        phases.enter("connect", "connect")
    connection.address = phases.address
    return connection


async def _open_plain(
    target: RequestTarget,
    endpoint: Endpoint,
    context: ProbeContext,
    phases: PhaseTimer,
    until: float,
) -> ProbeConnection:
    if endpoint_proxy(endpoint, target.url) is None:
        where = (target.host, target.port)
        return await connect_protocol(
            ProbeConnection, endpoint, context.resolver, phases, where, until
        )
    connected = await connect_target(target, endpoint, context, phases, until=until)
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(ProbeConnection, sock=connected)
    return connection


async def connect_target(
    target: RequestTarget,
    endpoint: Endpoint,
    context: ProbeContext,
    phases: PhaseTimer,
    *,
    until: float,
) -> socket.socket:
    """Return a TCP connection to a target, or to the proxy that passes its requests on."""
    host, port, resolver = target.host, target.port, context.resolver
    via = endpoint_proxy(endpoint, target.url)
    if via is None:
        family = endpoint_family(endpoint)
        return await connect_tcp(host, port, resolver, phases, until=until, family=family)
    if is_forwarded(target, via):
        return await connect_proxy(via, resolver, phases, until=until)
    return await open_tunnel(via, host, port, resolver, phases, until=until)
