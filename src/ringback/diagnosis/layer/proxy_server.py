"""A proxy as its URL names it, and which one this program would use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ringback.client.proxies import Proxies
from ringback.client.proxies.settings import proxy_url

if TYPE_CHECKING:
    from ringback.diagnosis.context import DiagnosisContext


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
