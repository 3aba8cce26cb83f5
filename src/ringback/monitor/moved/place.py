"""A port of a host where a service may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ringback.monitor.model import Endpoint

Source = Literal["redirect", "Alt-Svc", "SRV record", "HTTPS record", "configured", "neighbouring"]

_PORTS = {"http": 80, "https": 443}
_ALTERNATIVE = re.compile(r'[\w%!#$&\'*+.^`|~-]{1,40}="([^":\s]{0,255}|\[[0-9a-fA-F:.]+\]):(\d+)"')
_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a service may be.

    Attributes:
        scheme: How it is spoken to: ``http``, ``https``, ``tcp`` or ``tls``.
        host: Name or IP address.
        port: TCP port.
        source: Who says so.
    """

    scheme: str
    host: str
    port: int
    source: Source = "configured"

    @property
    def shown(self) -> str:
        """``host:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def place_of(endpoint: Endpoint) -> Place | None:
    """Return where an endpoint is; ``None``: it has no port that could change.

    Args:
        endpoint: The endpoint.
    """
    try:
        parts = urlsplit(endpoint.url)
        scheme = parts.scheme if endpoint.type == "http" else endpoint.type
        port = parts.port or _PORTS.get(scheme)
    except ValueError:
        return None
    if endpoint.type not in {"http", "tcp", "tls"} or not parts.hostname or not port:
        return None
    if endpoint.options.get("proxy") or endpoint.options.get("starttls"):
        return None  # it is not called directly, or not spoken to as its scheme says
    return Place(scheme=scheme, host=parts.hostname, port=port)


def redirected(location: str) -> Place | None:
    """Return where a redirect leads (RFC 9110, section 10.2.2); ``None``: not to another port.

    Args:
        location: Header ``Location``.
    """
    try:
        parts = urlsplit(location)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or not port:
        return None
    return Place(scheme=parts.scheme, host=parts.hostname, port=port, source="redirect")


def alternatives(header: str, own: Place) -> Iterator[Place]:
    """Yield where else a service says that it is (RFC 7838, section 3).

    Args:
        header: ``Alt-Svc``.
        own: The place that said so.
    """
    for found in list(_ALTERNATIVE.finditer(header[:2000]))[:_MOST]:
        host, port = found[1].strip("[]") or own.host, int(found[2][:6])
        if 0 < port <= 65535:
            yield Place(scheme=own.scheme, host=host, port=port, source="Alt-Svc")
