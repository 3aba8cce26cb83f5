"""The stage of HTTP: the request that is asked for, its response, and where that redirects to."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ringback.diagnosis.context import together
from ringback.diagnosis.facts import Http2Facts, RedirectFacts
from ringback.diagnosis.layer.http_exchange import (
    HttpRequest,
    ResponseTimeouts,
    exchange_http1,
    exchange_http2,
    kept,
    request_of,
)
from ringback.diagnosis.layer.http_extras import is_portal, tls_here, watch_stall
from ringback.diagnosis.layer.http_message import HttpResponse
from ringback.diagnosis.layer.http_readings import (
    record_refusal,
    record_request,
    refusal_of_proxy,
    without_query,
)
from ringback.diagnosis.layer.opening import raw_connection, wants_tunnel
from ringback.diagnosis.layer.tls import follow
from ringback.diagnosis.layer.tls_handshake import Handshake, TlsChannel, sni_of
from ringback.diagnosis.layer.tls_readings import record_handshake

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from ringback.diagnosis.context import DiagnosisContext, OpenRoute
    from ringback.diagnosis.layer.http_message import Head
    from ringback.diagnosis.layer.tls_handshake import TlsConnection
    from ringback.failure.names import KindName


__all__ = ["read_http"]


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


RESPONSE_TIMEOUTS = ResponseTimeouts()
_USUAL_TIMEOUT = 10.0
"""Seconds of a whole diagnosis that these suit; who gives more waits longer for an answer."""
_MARGIN_SECONDS = 0.1
"""Seconds before the end of the diagnosis at which waiting ends, so that it is recorded."""


@dataclass(slots=True)
class _HttpConnection:
    """An open connection and how it came about; no channel: it was reset at once."""

    route: OpenRoute
    channel: TlsChannel | None
    ssl_context: ssl.SSLContext | None
    used: bool = False

    def close(self) -> None:
        """Close the connection."""
        if self.channel is not None:
            self.channel.close()


def read_http(
    context: DiagnosisContext, routes: Sequence[OpenRoute], connections: Sequence[TlsConnection]
) -> HttpRequest | None:
    """Send the request that is asked for, follow its redirects, and record what came of each.

    Redirects are followed on the same host only; where they lead to another, that request is
    returned.
    """
    if context.asked.protocol != "http":
        return None
    request = request_of(context.asked)
    try:
        current = _first_connection(context, routes, connections)
        chain = RedirectChain(context, request, proxied=any(route.proxy for route in routes))
        while current is not None:
            answer = _ask(context, current, request)
            onward = chain.onward(request, answer)
            if onward is None:
                current.close()
                break
            current = _next_connection(context, current, request, onward, reusable=answer.reusable)
            request = onward
        return chain.elsewhere
    finally:
        for connection in connections:
            connection.close()


def _first_connection(
    context: DiagnosisContext, routes: Sequence[OpenRoute], connections: Sequence[TlsConnection]
) -> _HttpConnection | None:
    if context.asked.tls:
        first = next(iter(connections), None)
        return (
            None
            if first is None
            else _HttpConnection(first.route, first.channel, first.ssl_context)
        )
    return _plain_connection(context, routes[0], context.asked.port) if routes else None


def _next_connection(
    context: DiagnosisContext,
    current: _HttpConnection,
    request: HttpRequest,
    onward: HttpRequest,
    *,
    reusable: bool,
) -> _HttpConnection | None:
    here = (request.scheme, request.port)
    if reusable and (onward.scheme, onward.port) == here:
        current.used = True
        return current
    current.close()
    return _connection_to(context, current.route, onward)


def _connection_to(
    context: DiagnosisContext,
    route: OpenRoute,
    request: HttpRequest,
    ssl_context: ssl.SSLContext | None = None,
) -> _HttpConnection | None:
    if route.proxy is None:
        route = replace(route, port=request.port)
    if request.scheme == "https":
        connection = follow(context, route, request.port, ssl_context)
        if connection is None:
            return None
        return _HttpConnection(connection.route, connection.channel, connection.ssl_context)
    return _plain_connection(context, route, request.port)


def _plain_connection(
    context: DiagnosisContext, route: OpenRoute, port: int
) -> _HttpConnection | None:
    try:
        sock = raw_connection(context, "http", route, port)
    except ConnectionResetError:
        return _HttpConnection(route, None, None)
    return None if sock is None else _HttpConnection(route, TlsChannel(sock), None)


def _ask(context: DiagnosisContext, current: _HttpConnection, request: HttpRequest) -> HttpResponse:
    since = context.now()
    answer = _exchanged(context, current, request)
    if current.used and answer.outcome in {"closed", "reset"} and not answer.first:
        fresh = _connection_to(
            context, current.route, request, current.ssl_context
        )  # it was closed while it was kept
        if fresh is not None:
            current.channel, current.used = fresh.channel, False
            answer = _exchanged(context, current, request)
    if answer.version == "2" and answer.outcome == "not_http":
        answer = _in_http2(context, current, request) or answer
    _late_alert(context, current, answer)
    portal = is_portal(context, current.route, request, answer)
    forwarded = not _is_tunnelled(context, current.route, request)
    refusal = refusal_of_proxy(current.route, answer, forwarded=forwarded)
    if refusal is not None:
        record_refusal(context, current.route, request, answer, refusal)
    record_request(context, current.route, request, answer, since=since, portal=portal)
    hung_up = answer.outcome in {"closed", "reset"} and not answer.first
    if hung_up and current.ssl_context is None and current.route.proxy is None:
        tls_here(context, current.route)
    return answer


def _in_http2(
    context: DiagnosisContext, current: _HttpConnection, request: HttpRequest
) -> HttpResponse | None:
    """Ask again a server that has answered HTTP/1 with HTTP/2, on a connection of its own."""
    since = context.now()
    if current.ssl_context is not None:
        current.ssl_context.set_alpn_protocols(["h2"])  # it is this diagnosis's own
    fresh = _connection_to(context, current.route, request, current.ssl_context)
    if fresh is None or fresh.channel is None:
        return None
    current.close()
    current.channel = fresh.channel
    answer = exchange_http2(fresh.channel, request, _timeouts(context).first)
    if answer.head is None and answer.wrong is None:
        return None
    _record_http2(context, request, answer, since)
    return answer


def _record_http2(
    context: DiagnosisContext, request: HttpRequest, answer: HttpResponse, since: float
) -> None:
    context.record(
        Http2Facts,
        request.url,
        result="it speaks HTTP/2 only; clients that cannot will fail",
        since=since,
        facts=Http2Facts(works=answer.head is not None, only=True, outcome=answer.outcome),
    )


def _late_alert(context: DiagnosisContext, current: _HttpConnection, answer: HttpResponse) -> None:
    """In TLS 1.3 a server may object to the client's certificate after the handshake."""
    seen = current.channel.messages if current.channel is not None else None
    if current.channel is None or seen is None or answer.outcome != "tls_failed":
        return
    if seen.alert is not None and seen.asks_certificate:
        made = Handshake(current.channel, "alert", alert=seen.alert, reason=answer.reason)
        name = sni_of(context.asked.host)
        own = context.options.trust is not None and bool(context.options.trust.client_certificate)
        record_handshake(context, current.route, made, name=name, own_certificate=own)


def _exchanged(
    context: DiagnosisContext, current: _HttpConnection, request: HttpRequest
) -> HttpResponse:
    if current.channel is None:
        return HttpResponse("reset")
    tls = current.channel.tls
    if tls is not None and tls.selected_alpn_protocol() == "h2":
        since = context.now()
        answer = exchange_http2(current.channel, request, _timeouts(context).first)
        _record_http2(context, request, answer, since)
        return answer
    over = threading.Event()
    text = request.text(current.route, tunnelled=_is_tunnelled(context, current.route, request))
    channel = current.channel

    def ask() -> HttpResponse:
        try:
            return exchange_http1(channel, text, request.method, _timeouts(context))
        finally:
            over.set()

    tasks: list[Callable[[], HttpResponse | None]] = [ask]
    if current.route.proxy is None:
        tasks.append(
            partial(
                watch_stall, context, current.route, request, channel, current.ssl_context, over
            )
        )
    return together(context, tasks)[0] or HttpResponse()


def _is_tunnelled(context: DiagnosisContext, route: OpenRoute, request: HttpRequest) -> bool:
    """Whether a request by a proxy goes through a tunnel, and is not made by the proxy."""
    return request.scheme == "https" or wants_tunnel(context, route)


def _timeouts(context: DiagnosisContext) -> ResponseTimeouts:
    usual = RESPONSE_TIMEOUTS
    left = max(0.0, context.left(3600.0) - _MARGIN_SECONDS)
    patience = max(1.0, context.options.timeout / _USUAL_TIMEOUT)
    return ResponseTimeouts(
        first=min(usual.first * patience, left),
        head=min(usual.head * patience, left),
        pause=min(usual.pause * patience, left),
        body=min(usual.body, left),
    )
