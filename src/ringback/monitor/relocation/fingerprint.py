"""What a service is recognised by, and how that is read from a location."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ringback.client.trust import Trust, ssl_context
from ringback.monitor.closing import closed_on_error
from ringback.monitor.probe.connect import connect_tcp
from ringback.monitor.probe.handshake import certificate_of
from ringback.monitor.probe.outcome import PhaseTimer
from ringback.monitor.relocation.location import (
    ServiceLocation,
    alternative_locations,
    redirect_location,
)

if TYPE_CHECKING:
    from ringback.monitor.model import Endpoint
    from ringback.monitor.probe.connect import ProbeResolver

FEATURES = {
    "key": "certificate key",
    "answer": "answer",
    "banner": "banner",
    "server": "Server header",
}
"""Field to what people call it, the most telling first."""

_MIN_BODY = 16  # Bytes of a body that no other service has by chance

_MIN_BANNER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFingerprint:
    """What is known of a service; ``""`` is not known."""

    key: str = ""  # SHA-256 of its certificate's public key
    # HTTP status and, where it is always the same, SHA-256 of the body, after a space
    answer: str = ""
    size: int = 0  # Bytes of that body
    banner: str = ""  # What it says first, as far as that is always the same
    server: str = ""  # The header `Server`

    def __bool__(self) -> bool:
        """Whether it can be recognised at all."""
        return any(getattr(self, name) for name in FEATURES)

    def steady(self, later: ServiceFingerprint) -> ServiceFingerprint:
        """Return what two observations of the same service have in common."""
        same_answer = self.answer == later.answer
        return replace(
            later,
            answer=later.answer if same_answer else later.answer.partition(" ")[0],
            size=later.size if same_answer else 0,
            banner=_common(self.banner, later.banner),
            server=later.server if self.server == later.server else "",
        )

    def known_again(self, seen: ServiceFingerprint) -> Recognition:
        """Return in what another service is like this one."""
        known = [name for name in FEATURES if getattr(self, name)]
        matched = tuple(name for name in known if self._matches(name, seen))
        differs = frozenset(known) - frozenset(matched)
        decides = frozenset(self._deciding(matched))
        contradicted = differs & {"key", "answer", "banner"}
        return Recognition(
            matched=matched, known=len(known), certain=bool(decides) and not contradicted
        )

    def _matches(self, name: str, seen: ServiceFingerprint) -> bool:
        mine, other = str(getattr(self, name)), str(getattr(seen, name))
        if name == "banner":
            return other.startswith(mine)
        if name == "answer" and " " not in mine:
            return other.partition(" ")[0] == mine
        return mine == other

    def _deciding(self, matched: tuple[str, ...]) -> Iterator[str]:
        """Those of the features that no other service has by chance."""
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
    """In what a service is like another."""

    matched: tuple[str, ...]  # Names of the features
    known: int  # How many features could have matched
    certain: bool  # Whether it is the same one

    @property
    def confidence(self) -> float:
        """0 to 1: more for more features, less where some differ."""
        if not self.certain:
            return 0.0
        return min(0.95, 0.5 + 0.15 * len(self.matched)) * len(self.matched) / self.known


def _common(first: str, second: str) -> str:
    for length, (char, other) in enumerate(zip(first, second, strict=False)):
        if char != other:
            return first[:length]
    return min(first, second, key=len)


CONNECT_TIMEOUT = 1.5  # Seconds to connect, handshake included
BANNER_TIMEOUT = 0.5  # Seconds in which a server that speaks first has spoken
RESPONSE_TIMEOUT = 3.0  # Seconds for an HTTP answer

_MAX_RESPONSE = 65_536
_MAX_BANNER = 200
_SECURED = frozenset({"https", "tls"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceObservation:
    """What was observed."""

    fingerprint: ServiceFingerprint  # What the service is recognised by
    elsewhere: tuple[ServiceLocation, ...] = ()  # Where else it says that it is


async def observe(
    endpoint: Endpoint, location: ServiceLocation, resolver: ProbeResolver
) -> ServiceObservation:
    """Observe a location as a stranger does: without credentials, headers or query."""
    async with asyncio.timeout(CONNECT_TIMEOUT):
        reader, writer = await _connected(location, resolver)
    try:
        certificate = certificate_of(writer.transport)
        key = certificate.key if certificate is not None else ""
        if location.scheme in {"http", "https"}:
            return await _http_observation(endpoint, location, key, reader, writer)
        fingerprint = ServiceFingerprint(key=key, banner=await _banner(reader))
        return ServiceObservation(fingerprint=fingerprint)
    finally:
        writer.transport.abort()


async def observe_twice(
    endpoint: Endpoint, location: ServiceLocation, resolver: ProbeResolver
) -> ServiceObservation:
    """Observe a location twice, and keep what is the same."""
    first = await observe(endpoint, location, resolver)
    second = await observe(endpoint, location, resolver)
    fingerprint = first.fingerprint.steady(second.fingerprint)
    return ServiceObservation(fingerprint=fingerprint, elsewhere=second.elsewhere)


async def _connected(
    location: ServiceLocation, resolver: ProbeResolver
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    until = monotonic() + CONNECT_TIMEOUT
    sock = await connect_tcp(location.host, location.port, resolver, PhaseTimer(), until=until)
    with closed_on_error(sock.close):
        if location.scheme not in _SECURED:
            return await asyncio.open_connection(sock=sock, limit=_MAX_RESPONSE)
        # Any certificate will do: it is its key that is looked at, and nothing secret is sent.
        context = ssl_context(Trust(system=True), verify=False, brief=True)
        name = location.host.rstrip(".").partition("%")[0]
        return await asyncio.open_connection(
            sock=sock, limit=_MAX_RESPONSE, ssl=context, server_hostname=name
        )


async def _banner(reader: asyncio.StreamReader) -> str:
    try:
        async with asyncio.timeout(BANNER_TIMEOUT):
            said = await reader.read(_MAX_BANNER)
    except (TimeoutError, OSError):
        return ""
    return said.decode("latin-1").partition("\n")[0].strip()


async def _http_observation(
    endpoint: Endpoint,
    location: ServiceLocation,
    key: str,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> ServiceObservation:
    path = quote(urlsplit(endpoint.url).path or "/", safe="/%:@!$&'()*+,;=~-._")
    # HTTP/1.0: the answer ends with the connection and comes in no chunks.
    request = (
        f"GET {path} HTTP/1.0\r\nHost: {location.shown}\r\nUser-Agent: ringback\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n"
    )
    writer.write(request.encode("ascii"))
    async with asyncio.timeout(RESPONSE_TIMEOUT):
        said = await _read_response(reader)
    head, _, body = said.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/"):
        fingerprint = ServiceFingerprint(key=key, banner=lines[0][:_MAX_BANNER])
        return ServiceObservation(fingerprint=fingerprint)
    headers = _headers(lines[1:])
    fingerprint = ServiceFingerprint(
        key=key,
        answer=f"{lines[0][9:12]} {hashlib.sha256(body).hexdigest()}",
        size=len(body),
        server=headers.get("server", ""),
    )
    return ServiceObservation(fingerprint=fingerprint, elsewhere=_elsewhere(headers, location))


async def _read_response(reader: asyncio.StreamReader) -> bytes:
    said = b""
    while len(said) < _MAX_RESPONSE and (piece := await reader.read(_MAX_RESPONSE)):
        said += piece
    return said[:_MAX_RESPONSE]


def _headers(lines: list[str]) -> Mapping[str, str]:
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _elsewhere(headers: Mapping[str, str], own: ServiceLocation) -> tuple[ServiceLocation, ...]:
    found = list(alternative_locations(headers.get("alt-svc", ""), own))
    named = redirect_location(headers.get("location", ""))
    if named is not None:
        found.insert(0, named)
    return tuple(
        location for location in found if (location.host, location.port) != (own.host, own.port)
    )
