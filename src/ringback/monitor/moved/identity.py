"""What a service is recognised by, and how that is read from a place."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ringback.client.trust import Trust, ssl_context
from ringback.monitor.moved.place import Place, alternatives, redirected
from ringback.monitor.probe.connect import reach
from ringback.monitor.probe.handshake import certificate_of
from ringback.monitor.probe.outcome import Course

if TYPE_CHECKING:
    from ringback.monitor.model import Endpoint
    from ringback.monitor.probe.connect import Names


TRAITS = {
    "key": "certificate key",
    "answer": "answer",
    "banner": "banner",
    "server": "Server header",
}
"""Field to what people call it, the most telling first."""

_MIN_BODY = 16
"""Bytes of a body that no other service has by chance."""

_MIN_BANNER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is known of a service; ``""`` is not known.

    Attributes:
        key: SHA-256 of its certificate's public key.
        answer: HTTP status and, where it is always the same, SHA-256 of the body, after a space.
        size: Bytes of that body.
        banner: What it says first, as far as that is always the same.
        server: The header ``Server``.
    """

    key: str = ""
    answer: str = ""
    size: int = 0
    banner: str = ""
    server: str = ""

    def __bool__(self) -> bool:
        """Whether it can be known again at all."""
        return any(getattr(self, name) for name in TRAITS)

    def steady(self, later: Identity) -> Identity:
        """Return what two looks at the same service have in common."""
        same_answer = self.answer == later.answer
        return replace(
            later,
            answer=later.answer if same_answer else later.answer.partition(" ")[0],
            size=later.size if same_answer else 0,
            banner=_common(self.banner, later.banner),
            server=later.server if self.server == later.server else "",
        )

    def known_again(self, seen: Identity) -> Recognition:
        """Return in what another service is like this one."""
        known = [name for name in TRAITS if getattr(self, name)]
        matched = tuple(name for name in known if self._matches(name, seen))
        differs = frozenset(known) - frozenset(matched)
        decides = frozenset(self._deciding(matched))
        contradicted = differs & {"key", "answer", "banner"}
        return Recognition(
            matched=matched, known=len(known), certain=bool(decides) and not contradicted
        )

    def _matches(self, name: str, seen: Identity) -> bool:
        mine, other = str(getattr(self, name)), str(getattr(seen, name))
        if name == "banner":
            return other.startswith(mine)
        if name == "answer" and " " not in mine:
            return other.partition(" ")[0] == mine
        return mine == other

    def _deciding(self, matched: tuple[str, ...]) -> Iterator[str]:
        """Those of the traits that no other service has by chance."""
        for name in matched:
            long_enough = {
                "key": True,
                "banner": len(self.banner) >= _MIN_BANNER,
                "answer": self._answers_well and (self.size >= _MIN_BODY or "server" in matched),
            }
            if long_enough.get(name):
                yield name

    @property
    def _answers_well(self) -> bool:
        """Whether there is a body, and it is no page that every server has for errors."""
        return " " in self.answer and self.answer < "4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """In what a service is like another.

    Attributes:
        matched: Names of the traits.
        known: How many traits could have matched.
        certain: Whether it is the same one.
    """

    matched: tuple[str, ...]
    known: int
    certain: bool

    @property
    def confidence(self) -> float:
        """0 to 1: more for more traits, less where some differ."""
        if not self.certain:
            return 0.0
        return min(0.95, 0.5 + 0.15 * len(self.matched)) * len(self.matched) / self.known


def _common(first: str, second: str) -> str:
    for place, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return first[:place]
    return min(first, second, key=len)


CONNECT_TIMEOUT = 1.5
"""Seconds to connect, handshake included."""

BANNER_TIMEOUT = 0.5
"""Seconds in which a server that speaks first has spoken."""

RESPONSE_TIMEOUT = 3.0
"""Seconds for an HTTP answer."""

_MAX_RESPONSE = 65_536
_MAX_BANNER = 200
_SECURED = frozenset({"https", "tls"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look found.

    Attributes:
        identity: What the service is known again by.
        elsewhere: Where else it says that it is.
    """

    identity: Identity
    elsewhere: tuple[Place, ...] = ()


async def look(endpoint: Endpoint, place: Place, names: Names) -> Seen:
    """Look at a place as a stranger does: without credentials, headers or the query of the URL."""
    async with asyncio.timeout(CONNECT_TIMEOUT):
        reader, writer = await _connected(place, names)
    try:
        certificate = certificate_of(writer.transport)
        key = certificate.key if certificate is not None else ""
        if place.scheme in {"http", "https"}:
            return await _asked(endpoint, place, key, reader, writer)
        return Seen(identity=Identity(key=key, banner=await _banner(reader)))
    finally:
        writer.transport.abort()


async def twice(endpoint: Endpoint, place: Place, names: Names) -> Seen:
    """Look at a place two times, and keep what is the same."""
    first = await look(endpoint, place, names)
    second = await look(endpoint, place, names)
    identity = first.identity.steady(second.identity)
    return Seen(identity=identity, elsewhere=second.elsewhere)


async def _connected(
    place: Place, names: Names
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    until = monotonic() + CONNECT_TIMEOUT
    sock = await reach(place.host, place.port, names, Course(), until=until)
    try:
        if place.scheme not in _SECURED:
            return await asyncio.open_connection(sock=sock, limit=_MAX_RESPONSE)
        # Any certificate will do: it is its key that is looked at, and nothing secret is sent.
        context = ssl_context(Trust(system=True), verify=False)
        name = place.host.rstrip(".").partition("%")[0]
        return await asyncio.open_connection(
            sock=sock, limit=_MAX_RESPONSE, ssl=context, server_hostname=name
        )
    except BaseException:
        sock.close()
        raise


async def _banner(reader: asyncio.StreamReader) -> str:
    try:
        async with asyncio.timeout(BANNER_TIMEOUT):
            said = await reader.read(_MAX_BANNER)
    except (TimeoutError, OSError):
        return ""
    return said.decode("latin-1").partition("\n")[0].strip()


async def _asked(
    endpoint: Endpoint,
    place: Place,
    key: str,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> Seen:
    path = quote(urlsplit(endpoint.url).path or "/", safe="/%:@!$&'()*+,;=~-._")
    # HTTP/1.0: the answer ends with the connection and comes in no chunks.
    request = (
        f"GET {path} HTTP/1.0\r\nHost: {place.shown}\r\nUser-Agent: ringback\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n"
    )
    writer.write(request.encode("ascii"))
    async with asyncio.timeout(RESPONSE_TIMEOUT):
        said = await _all_of(reader)
    head, _, body = said.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/"):
        return Seen(identity=Identity(key=key, banner=lines[0][:_MAX_BANNER]))
    headers = _headers(lines[1:])
    identity = Identity(
        key=key,
        answer=f"{lines[0][9:12]} {hashlib.sha256(body).hexdigest()}",
        size=len(body),
        server=headers.get("server", ""),
    )
    return Seen(identity=identity, elsewhere=_elsewhere(headers, place))


async def _all_of(reader: asyncio.StreamReader) -> bytes:
    said = b""
    while len(said) < _MAX_RESPONSE and (piece := await reader.read(_MAX_RESPONSE)):
        said += piece
    return said[:_MAX_RESPONSE]


def _headers(lines: list[str]) -> Mapping[str, str]:
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _elsewhere(headers: Mapping[str, str], own: Place) -> tuple[Place, ...]:
    found = list(alternatives(headers.get("alt-svc", ""), own))
    named = redirected(headers.get("location", ""))
    if named is not None:
        found.insert(0, named)
    return tuple(one for one in found if (one.host, one.port) != (own.host, own.port))
