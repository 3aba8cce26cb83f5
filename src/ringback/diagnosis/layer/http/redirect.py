"""Where a redirect leads (RFC 9110, section 15.4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ringback.diagnosis.layer.http.cookie import kept

if TYPE_CHECKING:
    from ringback.diagnosis.layer.http.head import Head
    from ringback.diagnosis.layer.http.request import Request

_STATUSES = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}
_WEBSOCKETS = {"ws": "http", "wss": "https"}


@dataclass(frozen=True, slots=True)
class Hop:
    """Where a redirect leads.

    Attributes:
        location: As the server gave it.
        request: The next request; ``None``: what it gave is no usable URL.
        leaves_host: Whether it leads to another host.
        to_tls: Whether it leads from plain HTTP to TLS.
    """

    location: str
    request: Request | None
    leaves_host: bool = False
    to_tls: bool = False


def hop_of(request: Request, head: Head) -> Hop | None:
    """Return where an answer redirects to; ``None``: it does not."""
    if head.status not in _STATUSES:
        return None
    location = head.get("location")
    if not location:
        return Hop("", None)
    try:
        parts = urlsplit(
            urljoin(f"{request.scheme}://{request.authority}{request.target}", location)
        )
        scheme = _WEBSOCKETS.get(parts.scheme, parts.scheme)
        port = parts.port or _PORTS[scheme]
        host = parts.hostname
    except (ValueError, KeyError):
        return Hop(location, None)
    if not host:
        return Hop(location, None)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    cookies = kept(request.cookies, head.all("set-cookie"), request.host, request.target)
    onward = replace(request, scheme=scheme, host=host, port=port, target=target, cookies=cookies)
    return Hop(
        location,
        onward,
        leaves_host=host.rstrip(".") != request.host.rstrip(".").lower(),
        to_tls=scheme == "https" and request.scheme == "http",
    )
