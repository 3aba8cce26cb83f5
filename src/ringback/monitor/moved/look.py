"""A look at a place: what it is known again by, and where else it says that it is."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ringback.client.trust import Trust, ssl_context
from ringback.monitor.moved.identity import Identity
from ringback.monitor.moved.place import Place, alternatives, redirected
from ringback.monitor.probe.certificate import certificate_of
from ringback.monitor.probe.course import Course
from ringback.monitor.probe.reaching import reach

if TYPE_CHECKING:
    from ringback.monitor.model import Endpoint
    from ringback.monitor.probe.names import Names

CONNECT = 1.5
"""Seconds to connect, handshake included."""

LISTEN = 0.5
"""Seconds in which a server that speaks first has spoken."""

ANSWER = 3.0
"""Seconds for an HTTP answer."""

_MOST = 65_536
_MOST_BANNER = 200
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
    """Look at a place as a stranger does: without credentials, headers or the query of the URL.

    Args:
        endpoint: The endpoint that may be there.
        place: Where to look.
        names: The resolver.

    Raises:
        OSError: It cannot be reached.
        TimeoutError: It takes too long.
    """
    async with asyncio.timeout(CONNECT):
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
    """Look at a place two times, and keep what is the same.

    Args:
        endpoint: The endpoint that is there.
        place: Where.
        names: The resolver.

    Raises:
        OSError: It cannot be reached.
        TimeoutError: It takes too long.
    """
    first = await look(endpoint, place, names)
    second = await look(endpoint, place, names)
    identity = first.identity.steady(second.identity)
    return Seen(identity=identity, elsewhere=second.elsewhere)


async def _connected(
    place: Place, names: Names
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    until = monotonic() + CONNECT
    sock = await reach(place.host, place.port, names, Course(), until=until)
    try:
        if place.scheme not in _SECURED:
            return await asyncio.open_connection(sock=sock, limit=_MOST)
        # Any certificate will do: it is its key that is looked at, and nothing secret is sent.
        context = ssl_context(Trust(system=True), verify=False)
        name = place.host.rstrip(".").partition("%")[0]
        return await asyncio.open_connection(
            sock=sock, limit=_MOST, ssl=context, server_hostname=name
        )
    except BaseException:
        sock.close()
        raise


async def _banner(reader: asyncio.StreamReader) -> str:
    try:
        async with asyncio.timeout(LISTEN):
            said = await reader.read(_MOST_BANNER)
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
    async with asyncio.timeout(ANSWER):
        said = await _all_of(reader)
    head, _, body = said.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/"):
        return Seen(identity=Identity(key=key, banner=lines[0][:_MOST_BANNER]))
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
    while len(said) < _MOST and (piece := await reader.read(_MOST)):
        said += piece
    return said[:_MOST]


def _headers(lines: list[str]) -> Mapping[str, str]:
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _elsewhere(headers: Mapping[str, str], own: Place) -> tuple[Place, ...]:
    found = list(alternatives(headers.get("alt-svc", ""), own))
    named = redirected(headers.get("location", ""))
    if named is not None:
        found.insert(0, named)
    return tuple(one for one in found if (one.host, one.port) != (own.host, own.port))
