"""The request that a diagnosis sends."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from ringback.diagnosis.layer.tunnel.server import authority, proxy_server

if TYPE_CHECKING:
    from ringback.diagnosis.layer.http.cookie import Cookie
    from ringback.diagnosis.model import Asked
    from ringback.diagnosis.scene import Route

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SAFE = "%/:=&?~+!$,;'@()*[]|"
AGENT = "ringback-diagnose"


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Attributes:
        scheme: ``http`` or ``https``.
        host: Whom it is for.
        port: Its port.
        target: Path and query.
        method: ``GET``, or ``HEAD`` where nothing else may be asked.
        cookies: What the same host has set within this diagnosis.
        upgrade: Whether a WebSocket is asked for.
    """

    scheme: str
    host: str
    port: int
    target: str = field(repr=False)
    method: str = "GET"
    cookies: tuple[Cookie, ...] = field(default=(), repr=False)
    upgrade: bool = False

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

    def text(self, route: Route, *, tunnelled: bool) -> bytes:
        """Return the request as it is sent."""
        target = quote(self.target, safe=_SAFE, errors="replace")
        host = self.ascii_authority
        lines = []
        if route.proxy is not None and not tunnelled:
            target = f"{self.scheme}://{host}{target}"
            lines += _credentials(route.proxy)
        sent = [one for one in self.cookies if one.goes_to(self.scheme, self.target)]
        lines += [f"Cookie: {_cookie(sent)}"] if sent else []
        lines += _upgrade() if self.upgrade else ["Accept: */*", "Accept-Encoding: identity"]
        head = [f"{self.method} {target} HTTP/1.1", f"Host: {host}", f"User-Agent: {AGENT}", *lines]
        return "\r\n".join([*head, "", ""]).encode("ascii", "replace")


def request_of(asked: Asked) -> Request:
    """Return the request for what is asked."""
    target = asked.path or "/"
    if asked.query:
        target += "?" + asked.query.removeprefix("?")
    return Request(
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
    return "; ".join(f"{one.name}={one.value}" for one in cookies)


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
