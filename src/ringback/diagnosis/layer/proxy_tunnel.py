"""A proxy as its URL names it, what is said to it for a tunnel, and what it answers.

HTTP with CONNECT (RFC 9110, section 9.3.6), or SOCKS 4, 4a and 5 (RFC 1928, RFC 1929).
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import re
import selectors
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, cast
from urllib.parse import unquote, urlsplit

from ringback.client.dial import resolve
from ringback.client.proxies import Proxies
from ringback.client.proxies.settings import proxy_url
from ringback.client.trust import ssl_context
from ringback.diagnosis.layer.kernel import limit, received
from ringback.failure.codes import kind_of_connect_status

if TYPE_CHECKING:
    from ringback.client.trust import Trust
    from ringback.diagnosis.context import DiagnosisContext
    from ringback.diagnosis.facts import ProxyTunnelFacts
    from ringback.failure.names import KindName


_PORTS = {"http": 80, "https": 443}
_SOCKS_PORT = 1080


@dataclass(frozen=True, slots=True)
class ProxyServer:
    """A proxy as its URL names it."""

    scheme: str  # `http`, `https`, `socks4`, `socks4a`, `socks5` or `socks5h`
    host: str  # Name or address, IPv6 without brackets
    port: int  # The port, given or the scheme's
    user: str = field(default="", repr=False)  # User name, decoded; `""`: none
    password: str = field(default="", repr=False)  # Decoded; `""`: none

    @property
    def name(self) -> str:
        """``host:port``."""
        return authority(self.host, self.port)

    @property
    def url(self) -> str:
        """The URL without credentials."""
        return f"{self.scheme}://{self.name}"

    @property
    def speaks_http(self) -> bool:
        """Whether it is an HTTP proxy, with or without TLS."""
        return self.scheme in _PORTS

    @property
    def resolves(self) -> bool:
        """Whether the proxy resolves the name of the target."""
        return self.scheme not in {"socks4", "socks5"}


def proxy_server(url: str) -> ProxyServer:
    """Return the proxy that a setting names; without a scheme it is ``http``."""
    parts = urlsplit(proxy_url(url))
    return ProxyServer(
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port or _PORTS.get(parts.scheme, _SOCKS_PORT),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def authority(host: str, port: int) -> str:
    """Return ``host:port``, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def chosen_proxy(context: DiagnosisContext) -> str | None:
    """Return the URL of the proxy that this program would use, with what it needs to log in.

    Only HTTP clients look at the environment; proxies that are given are taken for everything.
    """
    asked, given = context.asked, context.options.proxies
    if not asked.host or (given is None and asked.protocol != "http"):
        return None
    scheme = "http" if asked.protocol == "http" and not asked.tls else "https"
    proxies = Proxies() if given is None else given
    found = proxies.candidates(f"{scheme}://{authority(asked.host, asked.port)}/")
    return found[0] if found else None


Outcome = Literal[
    "open", "refused_by_proxy", "closed", "timeout", "nonsense", "tls_failed", "unresolved"
]

USER_REJECTED = 256
"""Stands beside the replies of SOCKS: the user and password (RFC 1929) were not accepted."""

NO_METHOD = 255
"""None of the offered methods of authentication is accepted (RFC 1928 section 3)."""

_KIND_OF_SOCKS: dict[int, KindName] = {
    2: "proxy.denied",
    7: "proxy.protocol_error",
    8: "proxy.protocol_error",
    92: "proxy.auth_required",
    93: "proxy.auth_required",
    NO_METHOD: "proxy.auth_required",
    USER_REJECTED: "proxy.auth_required",
}

_SOCKS_WORDS = {
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "TTL expired",
    7: "command not supported",
    8: "address type not supported",
    91: "rejected or failed",
    92: "the client's identd cannot be reached",
    93: "the client's identd names another user",
    NO_METHOD: "it wants another authentication",
    USER_REJECTED: "user or password not accepted",
}
"""RFC 1928 section 6, and the replies of SOCKS 4 from 91 on."""

_KIND_OF_OUTCOME: dict[str, KindName] = {
    "closed": "proxy.no_response",
    "timeout": "proxy.no_response",
    "nonsense": "proxy.protocol_error",
    "tls_failed": "proxy.protocol_error",
    "unresolved": "dns.failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelReply:
    """What a proxy answers to the wish for a tunnel; texts are as it sent them, cut."""

    method: str  # `CONNECT`, `SOCKS4`, `SOCKS4a`, `SOCKS5` or `SOCKS5h`
    outcome: Outcome  # What it comes to
    status: int | None = None  # Of HTTP
    reason: str = ""  # The words behind the status, or what went wrong
    authenticate: str | None = None  # `Proxy-Authenticate`
    server: str | None = None
    via: str | None = None
    body_start: str | None = None  # How the answer's body begins, where it refuses
    socks_code: int | None = None
    first_bytes: str | None = None  # What it sent, where that is not its protocol

    @property
    def kind(self) -> KindName | None:
        """The kind of failure; ``None``: the tunnel stands."""
        if self.outcome == "open":
            return None
        if self.status is not None and self.outcome == "refused_by_proxy":
            return kind_of_connect_status(self.status)
        if self.socks_code is not None:
            return _KIND_OF_SOCKS.get(self.socks_code, "proxy.upstream_failed")
        return _KIND_OF_OUTCOME.get(self.outcome, "proxy.protocol_error")

    @property
    def text(self) -> str:
        """The same in some words."""
        if self.status is not None:
            return f"{self.status} {self.reason}".strip()
        if self.socks_code:
            words = _SOCKS_WORDS.get(self.socks_code, "an unknown reply")
            return words if self.socks_code > 93 else f"SOCKS reply {self.socks_code}: {words}"
        if self.first_bytes:
            return f"{_WORDS[self.outcome]}: it says {self.first_bytes[:80]!r}"
        return _WORDS[self.outcome] + (f": {self.reason}" if self.reason else "")

    def facts(self) -> ProxyTunnelFacts:
        """Return it as a reading has it."""
        return cast("ProxyTunnelFacts", asdict(self))


_WORDS: dict[str, str] = {
    "open": "the tunnel stands",
    "refused_by_proxy": "the proxy refuses",
    "closed": "the proxy closed the connection without an answer",
    "timeout": "the proxy did not answer",
    "nonsense": "what answers is not a proxy of this kind",
    "tls_failed": "TLS with the proxy failed",
    "unresolved": "the target's name is not resolved here, as this proxy wants it to be",
}


class TunnelError(ConnectionError):
    """The proxy did not make the tunnel."""

    def __init__(self, answer: TunnelReply) -> None:
        super().__init__(answer.text)
        self.answer = answer


MAX_TEXT = 200
"""Characters of a stranger's text that are kept."""


def printable_line(data: bytes, most: int = MAX_TEXT) -> str:
    r"""Return bytes as text: what is not printable ASCII as ``\xNN``, cut."""
    text = "".join(_shown(byte) for byte in data[:most])
    return text[:most]


def _shown(byte: int) -> str:
    if byte in b"\r\n\t":
        return {13: "\\r", 10: "\\n", 9: "\\t"}[byte]
    return chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}"


class TunnelClosed(ConnectionError):  # noqa: N818 - named for what happened
    """The peer closed the connection before its answer was whole."""


class TunnelStream:
    """A connection to a proxy; what follows the answer stays in the socket."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock = sock
        self._until = until
        self.received = bytearray()

    def send(self, data: bytes) -> None:
        """Send all of ``data``."""
        limit(self._sock, self._until)
        self._sock.sendall(data)

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes; ``TunnelClosed``: the peer ended before."""
        taken = bytearray()
        self._take_into(taken, size, self._until)
        if len(taken) < size:
            raise TunnelClosed("closed before the answer was whole")
        return bytes(taken)

    def until(self, end: bytes, most: int) -> bytes:
        """Return the bytes up to ``end`` and with it, or ``most`` of them."""
        taken = bytearray()
        while not taken.endswith(end) and len(taken) < most:
            taken += self.take(1)  # more would take what the target says first
        return bytes(taken)

    def rest(self, most: int, seconds: float) -> bytes:
        """Return what comes before the end, at most ``most`` bytes, without any error."""
        taken = bytearray()
        with contextlib.suppress(OSError):  # what came until then is looked at
            self._take_into(taken, most, min(self._until, time.monotonic() + seconds))
        return bytes(taken)

    def _take_into(self, taken: bytearray, size: int, until: float) -> None:
        for piece in received(self._sock, size, until):
            self.received += piece
            taken += piece


_STATUS = re.compile(rb"HTTP/1\.[0-9] ([1-5][0-9]{2})(?: ([^\r\n]*))?\r?\n")
_OF_THE_PROXY = frozenset({403, 407, 502, 503, 504})
_MAX_HEAD = 16384
_MAX_BODY = 400
_BODY_TIMEOUT = 0.3


def connect_tunnel(stream: TunnelStream, server: ProxyServer, host: str, port: int) -> TunnelReply:
    """Return what an HTTP proxy answers to CONNECT."""
    target = authority(host, port)
    stream.send(_head(f"CONNECT {target} HTTP/1.1", target, server))
    return _connect_answer(stream, "CONNECT", lambda status: 200 <= status < 300)


def forward(stream: TunnelStream, server: ProxyServer, host: str, port: int) -> TunnelReply:
    """Return what an HTTP proxy answers to a plain request that it is to pass on.

    Many proxies refuse a tunnel to port 80, where they pass requests on. What only the proxy says
    (407, 502, 503, 504, and 403) is taken for its refusal, all else for the target's answer.
    """
    target = authority(host, port)
    stream.send(_head(f"HEAD http://{target}/ HTTP/1.1", target, server, "Connection: close"))
    return _connect_answer(stream, "HEAD", lambda status: status not in _OF_THE_PROXY)


def _connect_answer(
    stream: TunnelStream, method: str, opened: Callable[[int], bool]
) -> TunnelReply:
    begin = stream.take(5)
    if begin != b"HTTP/":
        seen = begin + stream.rest(200, _BODY_TIMEOUT)
        return TunnelReply(method=method, outcome="nonsense", first_bytes=printable_line(seen))
    head = begin + stream.until(b"\n", _MAX_HEAD)
    line = _STATUS.fullmatch(head)
    if line is None:
        return TunnelReply(method=method, outcome="nonsense", first_bytes=printable_line(head))
    fields = _fields(stream)
    status = int(line[1])
    well = opened(status)
    return TunnelReply(
        method=method,
        outcome="open" if well else "refused_by_proxy",
        status=status,
        reason=printable_line(line[2] or b""),
        authenticate=fields.get("proxy-authenticate"),
        server=fields.get("server"),
        via=fields.get("via"),
        body_start=None if well else printable_line(stream.rest(_MAX_BODY, _BODY_TIMEOUT)),
    )


def _head(line: str, target: str, server: ProxyServer, *fields: str) -> bytes:
    lines = [line, f"Host: {target}", *fields]
    if server.user or server.password:
        pair = base64.b64encode(f"{server.user}:{server.password}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {pair}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def _fields(stream: TunnelStream) -> dict[str, str]:
    """The fields of the head, the first of a name; the blank line is taken as well."""
    fields: dict[str, str] = {}
    left = _MAX_HEAD
    while left > 0:
        line = stream.until(b"\n", left)
        left -= len(line)
        if line in (b"\r\n", b"\n"):
            break
        name, _, value = line.partition(b":")
        fields.setdefault(name.strip().lower().decode("latin-1"), printable_line(value.strip()))
    return fields


_GRANTED_4 = 90
_LENGTHS = {1: 4, 4: 16}
_NAME = 3
_SOCKS_TEXT_TIMEOUT = 0.3


Dialogue = Generator[bytes | int, bytes, "TunnelReply"]
"""What is said to a proxy until its reply is known: bytes are to be sent, of a number so many are
to be taken and handed in. So it can be held over any connection, also by a monitor's probes."""


def socks_tunnel(stream: TunnelStream, server: ProxyServer, host: str, port: int) -> TunnelReply:
    """Return what a SOCKS proxy answers to the wish for a connection."""
    reply = _held(stream, socks_dialogue(server, host, port))
    if reply.outcome != "nonsense":
        return reply
    stream.rest(200, _SOCKS_TEXT_TIMEOUT)
    return replace(reply, first_bytes=printable_line(bytes(stream.received)))


def _held(stream: TunnelStream, dialogue: Dialogue) -> TunnelReply:
    try:
        step = next(dialogue)
        while True:
            if isinstance(step, bytes):
                stream.send(step)
                step = next(dialogue)
            else:
                step = dialogue.send(stream.take(step))
    except StopIteration as ended:
        return cast("TunnelReply", ended.value)


def socks_dialogue(server: ProxyServer, host: str, port: int) -> Dialogue:
    """Return what is said to a SOCKS proxy for a connection to a target."""
    four = server.scheme.startswith("socks4")
    return _four(server, host, port) if four else _five(server, host, port)


def _four(server: ProxyServer, host: str, port: int) -> Dialogue:
    user = server.user.encode() + b"\0"
    try:
        named, address = b"", ipaddress.IPv4Address(host).packed
    except ValueError:
        named, address = host.encode("idna") + b"\0", b"\0\0\0\1"
    yield struct.pack("!BBH", 4, 1, port) + address + user + named
    if (yield 1) != b"\0":
        return _nonsense(server)
    code = (yield 7)[0]
    return _socks_answer(server, 0 if code == _GRANTED_4 else code)


def _five(server: ProxyServer, host: str, port: int) -> Dialogue:
    methods = b"\0\2" if server.user or server.password else b"\0"
    yield bytes((5, len(methods))) + methods
    if (yield 1) != b"\5":
        return _nonsense(server)
    method = (yield 1)[0]
    if method not in methods:
        return _socks_answer(server, NO_METHOD)
    if method == 2:
        user, password = server.user.encode()[:255], server.password.encode()[:255]
        yield b"\1" + bytes((len(user),)) + user + bytes((len(password),)) + password
        if (yield 2)[1] != 0:
            return _socks_answer(server, USER_REJECTED)
    yield b"\5\1\0" + _address(host) + struct.pack("!H", port)
    if (yield 1) != b"\5":
        return _nonsense(server)
    code, _, kind = yield 3
    if code == 0:
        length = _LENGTHS.get(kind) or (yield 1)[0]
        yield length + 2
    return _socks_answer(server, code)


def _address(host: str) -> bytes:
    for family, kind in ((socket.AF_INET, b"\1"), (socket.AF_INET6, b"\4")):
        try:
            return kind + socket.inet_pton(family, host.partition("%")[0])
        except OSError:
            continue
    name = host.encode("idna")
    return bytes((_NAME, len(name))) + name


def _socks_answer(server: ProxyServer, code: int) -> TunnelReply:
    outcome: Outcome = "refused_by_proxy" if code else "open"
    return TunnelReply(method=_method(server), outcome=outcome, socks_code=code)


def _nonsense(server: ProxyServer) -> TunnelReply:
    return TunnelReply(method=_method(server), outcome="nonsense")


def _method(server: ProxyServer) -> str:
    return "SOCKS" + server.scheme.removeprefix("socks")


_IDLE_TIMEOUT = 15.0
"""Seconds without a byte after which the relay ends."""

_MAX_RELAYED = 65536


def relayed(secured: ssl.SSLSocket) -> socket.socket:
    """Return a socket whose bytes go through a TLS connection.

    A thread carries them until either side closes, or nothing comes for 15 s.
    """
    ours, theirs = socket.socketpair()
    thread = threading.Thread(
        target=_carry, args=(theirs, secured), daemon=True, name="ringback-diagnosis-relay"
    )
    thread.start()
    return ours


def _carry(theirs: socket.socket, secured: ssl.SSLSocket) -> None:
    with theirs, secured, selectors.DefaultSelector() as selector:
        selector.register(theirs, selectors.EVENT_READ, secured)
        selector.register(secured, selectors.EVENT_READ, theirs)
        try:
            while ready := selector.select(_IDLE_TIMEOUT):
                for key, _ in ready:
                    if not _moved(key.fileobj, key.data):
                        return
        except OSError:
            return


def _moved(source: object, sink: socket.socket) -> bool:
    """Move what there is; say whether the source is still open."""
    assert isinstance(source, socket.socket)
    source.settimeout(0)
    sink.settimeout(_IDLE_TIMEOUT)
    while True:
        try:
            data = source.recv(_MAX_RELAYED)
        except (BlockingIOError, ssl.SSLWantReadError):  # nothing more, or no whole record
            return True
        if not data:
            return False
        sink.sendall(data)


_Ask = Callable[[TunnelStream, "ProxyServer", str, int], TunnelReply]


def request_tunnel(
    sock: socket.socket, server: ProxyServer, host: str, port: int, until: float
) -> TunnelReply:
    """Ask a proxy for a tunnel and return what it answers; never raises."""
    ask = connect_tunnel if server.speaks_http else socks_tunnel
    method = "CONNECT" if server.speaks_http else server.scheme.upper()
    return _asked(ask, method, TunnelStream(sock, until), server, _Target(host, port, until))


def forward_request(
    sock: socket.socket, server: ProxyServer, host: str, port: int, until: float
) -> TunnelReply:
    """Let an HTTP proxy pass a plain request on and return what it answers; never raises."""
    return _asked(forward, "HEAD", TunnelStream(sock, until), server, _Target(host, port, until))


def secure_tunnel(
    sock: socket.socket, server: ProxyServer, trust: Trust | None, until: float
) -> socket.socket:
    """Return the connection to an ``https://`` proxy, in TLS."""
    try:
        context = (
            ssl.create_default_context() if trust is None else ssl_context(trust, host=server.host)
        )
        sock.settimeout(max(0.01, until - time.monotonic()))
        return relayed(context.wrap_socket(sock, server_hostname=server.host))
    except (OSError, ValueError, ImportError) as error:
        sock.close()
        late = isinstance(error, TimeoutError)
        outcome: Outcome = "timeout" if late else "tls_failed"
        reason = "within the TLS handshake" if late else _reason(error)
        raise TunnelError(TunnelReply(method="CONNECT", outcome=outcome, reason=reason)) from error


class _Target(NamedTuple):
    host: str
    port: int
    until: float

    def named_to(self, server: ProxyServer) -> str:
        """The host as the proxy is asked for it."""
        if server.resolves:
            return self.host
        left = max(0.01, self.until - time.monotonic())
        family = socket.AF_INET if server.scheme == "socks4" else 0
        return str(resolve(self.host, self.port, timeout=left, family=family)[0][4][0])


def _asked(
    ask: _Ask, method: str, stream: TunnelStream, server: ProxyServer, target: _Target
) -> TunnelReply:
    try:
        return ask(stream, server, target.named_to(server), target.port)
    except socket.gaierror as error:
        return TunnelReply(method=method, outcome="unresolved", reason=_reason(error))
    except TimeoutError as error:
        return TunnelReply(method=method, outcome="timeout", reason=_reason(error))
    except (OSError, UnicodeError) as error:
        return TunnelReply(method=method, outcome="closed", reason=_reason(error))


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        message = getattr(error, "verify_message", "") or error.reason or ""
        return str(message).replace("_", " ").lower()[:200]
    if isinstance(error, TimeoutError):
        return ""
    return str(getattr(error, "strerror", None) or error)[:200]
