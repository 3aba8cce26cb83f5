"""The tunnel through an HTTP proxy: CONNECT (RFC 9110 section 9.3.6)."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.tunnel.answer import Answer
from ringback.diagnosis.layer.tunnel.server import ProxyServer, authority
from ringback.diagnosis.layer.tunnel.wording import printable

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tunnel.stream import Stream

_STATUS = re.compile(rb"HTTP/1\.[0-9] ([1-5][0-9]{2})(?: ([^\r\n]*))?\r?\n")
_OF_THE_PROXY = frozenset({403, 407, 502, 503, 504})
_MOST_HEAD = 16384
_MOST_BODY = 400
_BODY_SECONDS = 0.3


def connect(stream: Stream, server: ProxyServer, host: str, port: int) -> Answer:
    """Return what an HTTP proxy answers to CONNECT."""
    target = authority(host, port)
    stream.send(_head(f"CONNECT {target} HTTP/1.1", target, server))
    return _answer(stream, "CONNECT", lambda status: 200 <= status < 300)


def forward(stream: Stream, server: ProxyServer, host: str, port: int) -> Answer:
    """Return what an HTTP proxy answers to a plain request that it is to pass on.

    Many proxies refuse a tunnel to port 80, where they pass requests on. What only the proxy says
    (407, 502, 503, 504, and 403) is taken for its refusal, all else for the target's answer.
    """
    target = authority(host, port)
    stream.send(_head(f"HEAD http://{target}/ HTTP/1.1", target, server, "Connection: close"))
    return _answer(stream, "HEAD", lambda status: status not in _OF_THE_PROXY)


def _answer(stream: Stream, method: str, opened: Callable[[int], bool]) -> Answer:
    begin = stream.take(5)
    if begin != b"HTTP/":
        seen = begin + stream.rest(200, _BODY_SECONDS)
        return Answer(method=method, outcome="nonsense", first_bytes=printable(seen))
    head = begin + stream.until(b"\n", _MOST_HEAD)
    line = _STATUS.fullmatch(head)
    if line is None:
        return Answer(method=method, outcome="nonsense", first_bytes=printable(head))
    fields = _fields(stream)
    status = int(line[1])
    well = opened(status)
    return Answer(
        method=method,
        outcome="open" if well else "refused_by_proxy",
        status=status,
        reason=printable(line[2] or b""),
        authenticate=fields.get("proxy-authenticate"),
        server=fields.get("server"),
        via=fields.get("via"),
        body_start=None if well else printable(stream.rest(_MOST_BODY, _BODY_SECONDS)),
    )


def _head(line: str, target: str, server: ProxyServer, *fields: str) -> bytes:
    lines = [line, f"Host: {target}", *fields]
    if server.user or server.password:
        pair = base64.b64encode(f"{server.user}:{server.password}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {pair}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def _fields(stream: Stream) -> dict[str, str]:
    """The fields of the head, the first of a name; the blank line is taken as well."""
    fields: dict[str, str] = {}
    left = _MOST_HEAD
    while left > 0:
        line = stream.until(b"\n", left)
        left -= len(line)
        if line in (b"\r\n", b"\n"):
            break
        name, _, value = line.partition(b":")
        fields.setdefault(name.strip().lower().decode("latin-1"), printable(value.strip()))
    return fields
