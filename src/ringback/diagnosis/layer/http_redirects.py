"""Following a redirect after another, on the host that was asked for (RFC 9110, section 15.4)."""

from __future__ import annotations

import socket
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ringback.diagnosis.context import together
from ringback.diagnosis.facts import RedirectFacts
from ringback.diagnosis.layer.http_exchange import kept
from ringback.diagnosis.layer.http_readings import without_query

if TYPE_CHECKING:
    from ringback.diagnosis.context import DiagnosisContext
    from ringback.diagnosis.layer.http_exchange import HttpRequest
    from ringback.diagnosis.layer.http_message import Head, HttpResponse
    from ringback.failure.names import KindName


_STATUSES = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}
_WEBSOCKETS = {"ws": "http", "wss": "https"}


@dataclass(frozen=True, slots=True)
class Hop:
    """Where a redirect leads."""

    location: str  # As the server gave it
    request: HttpRequest | None  # The next request; `None`: what it gave is no usable URL
    leaves_host: bool = False  # Whether it leads to another host
    to_tls: bool = False  # Whether it leads from plain HTTP to TLS


def hop_of(request: HttpRequest, head: Head) -> Hop | None:
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


_LOOKUP_TIMEOUT = 1.5
"""Seconds to look up the name of another host."""
_MAX_HOSTS = 4
"""Hosts visited in one diagnosis."""
_MAX_REDIRECTS = 10
"""Redirects followed; clients stop after 10 (aiohttp) to 30 (requests)."""


class RedirectChain:
    """The redirects of one diagnosis.

    Attributes:
        elsewhere: The request to another host that they end in; ``None``: they do not, or that is
            no longer looked at.
    """

    def __init__(self, context: DiagnosisContext, request: HttpRequest, *, proxied: bool) -> None:
        self._context = context
        self._proxied = proxied
        self._visits = len(context.way_here) < _MAX_HOSTS
        self.elsewhere: HttpRequest | None = None
        self._asked = {_mark(request), *context.passed}
        self._hops = 0

    def onward(self, request: HttpRequest, answer: HttpResponse) -> HttpRequest | None:
        """Record where an answer redirects to; return the next request, if there is one to make."""
        if answer.outcome != "answered" or answer.head is None:
            return None
        hop = hop_of(request, answer.head)
        if hop is None:
            return None
        return self._go(request, answer, hop)

    def _go(self, request: HttpRequest, answer: HttpResponse, hop: Hop) -> HttpRequest | None:
        self._hops += 1
        onward = hop.request
        loop = onward is not None and (_mark(onward) in self._asked or self._hops > _MAX_REDIRECTS)
        known = self._record(request, answer, hop, loop=loop)
        if onward is None or loop:
            return None
        if _leaves(request, hop):
            self.elsewhere = onward if self._visits and known is not False else None
            # A cookie that was set may make the difference when it comes back here.
            self._context.passed = frozenset() if onward.cookies else frozenset(self._asked)
            return None
        self._asked.add(_mark(onward))
        return onward

    def _record(
        self, request: HttpRequest, answer: HttpResponse, hop: Hop, *, loop: bool
    ) -> bool | None:
        """Record a redirect; return whether the name that it leads to exists."""
        resolves = self._resolves(hop)
        invalid = hop.request is None or resolves is False
        kind: KindName | None = "http.response.redirect_invalid" if invalid else None
        kind = "http.response.redirect_loop" if loop else kind
        place = without_query(hop.location)
        endless = loop and self._hops > _MAX_REDIRECTS
        words = f"; {self._hops} redirects in a row" if endless else ", which was asked already"
        self._context.record(
            RedirectFacts,
            request.url,
            state="failed" if kind else "noted",
            result=f"{answer.status} to {place or 'nowhere'}"
            + (words if loop else "")
            + (", a name that does not exist" if resolves is False else ""),
            kind=kind,
            facts=RedirectFacts(
                hop=self._hops,
                status=answer.status,
                location=place,
                leaves_host=hop.leaves_host,
                to_tls=hop.to_tls,
                loop=loop,
                endless=endless,
                followed=not (invalid or loop) and (self._visits or not _leaves(request, hop)),
                resolves=resolves,
            ),
        )
        return resolves

    def _resolves(self, hop: Hop) -> bool | None:
        """Whether the name of another host exists; ``None``: not asked, or not known."""
        onward = hop.request
        if onward is None or not hop.leaves_host or self._proxied:
            return None
        (found,) = together(
            self._context, [partial(_is_known, onward.host, onward.port)], _LOOKUP_TIMEOUT
        )
        return found


def _leaves(request: HttpRequest, hop: Hop) -> bool:
    """Whether a redirect leads to another service: of another host, or from TLS to another port."""
    return hop.leaves_host or (
        hop.request is not None and request.scheme == "https" and hop.request.port != request.port
    )


def _is_known(host: str, port: int) -> bool | None:
    try:
        return bool(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except socket.gaierror as error:
        missing = {getattr(socket, name, None) for name in ("EAI_NONAME", "EAI_NODATA")}
        return False if error.errno in missing else None
    except (OSError, ValueError):
        return None


def _mark(request: HttpRequest) -> HttpRequest:
    """What makes a request the same as another."""
    return replace(request, host=request.host.lower().rstrip("."))
