"""The stage of HTTP: the request that is asked for, its response, and where that redirects to."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.context import together
from ringback.diagnosis.facts import Http2Facts
from ringback.diagnosis.layer import http2
from ringback.diagnosis.layer.http_exchange import (
    HttpRequest,
    ResponseTimeouts,
    exchange_http1,
    request_of,
)
from ringback.diagnosis.layer.http_extras import is_portal, tls_here, watch_stall
from ringback.diagnosis.layer.http_message import HttpResponse
from ringback.diagnosis.layer.http_readings import record_refusal, record_request, refusal_of_proxy
from ringback.diagnosis.layer.http_redirects import RedirectChain
from ringback.diagnosis.layer.opening import raw_connection, wants_tunnel
from ringback.diagnosis.layer.tls import follow
from ringback.diagnosis.layer.tls_channel import TlsChannel
from ringback.diagnosis.layer.tls_handshake import Handshake, sni_of
from ringback.diagnosis.layer.tls_readings import record_handshake

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from ringback.diagnosis.context import DiagnosisContext, OpenRoute
    from ringback.diagnosis.layer.tls_channel import TlsConnection


__all__ = ["read_http"]


RESPONSE_TIMEOUTS = ResponseTimeouts()
_MARGIN_SECONDS = 0.1
"""Seconds before the end of the diagnosis at which waiting ends, so that it is told."""


@dataclass(slots=True)
class _Way:
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
    """Send the request that is asked for, follow its redirects, and tell what came of each.

    Redirects are followed on the same host only; where they lead to another, that request is
    returned.
    """
    if context.asked.protocol != "http":
        return None
    request = request_of(context.asked)
    try:
        way = _first_way(context, routes, connections)
        course = RedirectChain(context, request, proxied=any(route.proxy for route in routes))
        while way is not None:
            answer = _ask(context, way, request)
            onward = course.onward(request, answer)
            if onward is None:
                way.close()
                break
            way = _next_way(context, way, request, onward, reusable=answer.reusable)
            request = onward
        return course.elsewhere
    finally:
        for connection in connections:
            connection.close()


def _first_way(
    context: DiagnosisContext, routes: Sequence[OpenRoute], connections: Sequence[TlsConnection]
) -> _Way | None:
    if context.asked.tls:
        first = next(iter(connections), None)
        return None if first is None else _Way(first.route, first.channel, first.ssl_context)
    return _plain_way(context, routes[0], context.asked.port) if routes else None


def _next_way(
    context: DiagnosisContext,
    way: _Way,
    request: HttpRequest,
    onward: HttpRequest,
    *,
    reusable: bool,
) -> _Way | None:
    here = (request.scheme, request.port)
    if reusable and (onward.scheme, onward.port) == here:
        way.used = True
        return way
    way.close()
    return _way_to(context, way.route, onward)


def _way_to(
    context: DiagnosisContext,
    route: OpenRoute,
    request: HttpRequest,
    ssl_context: ssl.SSLContext | None = None,
) -> _Way | None:
    if route.proxy is None:
        route = replace(route, port=request.port)
    if request.scheme == "https":
        connection = follow(context, route, request.port, ssl_context)
        if connection is None:
            return None
        return _Way(connection.route, connection.channel, connection.ssl_context)
    return _plain_way(context, route, request.port)


def _plain_way(context: DiagnosisContext, route: OpenRoute, port: int) -> _Way | None:
    try:
        sock = raw_connection(context, "http", route, port)
    except ConnectionResetError:
        return _Way(route, None, None)
    return None if sock is None else _Way(route, TlsChannel(sock), None)


def _ask(context: DiagnosisContext, way: _Way, request: HttpRequest) -> HttpResponse:
    since = context.now()
    answer = _exchanged(context, way, request)
    if way.used and answer.outcome in {"closed", "reset"} and not answer.first:
        fresh = _way_to(
            context, way.route, request, way.ssl_context
        )  # it was closed while it was kept
        if fresh is not None:
            way.channel, way.used = fresh.channel, False
            answer = _exchanged(context, way, request)
    if answer.version == "2" and answer.outcome == "not_http":
        answer = _in_http2(context, way, request) or answer
    _late_alert(context, way, answer)
    portal = is_portal(context, way.route, request, answer)
    forwarded = not _is_tunnelled(context, way.route, request)
    refusal = refusal_of_proxy(way.route, answer, forwarded=forwarded)
    if refusal is not None:
        record_refusal(context, way.route, request, answer, refusal)
    record_request(context, way.route, request, answer, since=since, portal=portal)
    hung_up = answer.outcome in {"closed", "reset"} and not answer.first
    if hung_up and way.ssl_context is None and way.route.proxy is None:
        tls_here(context, way.route)
    return answer


def _in_http2(context: DiagnosisContext, way: _Way, request: HttpRequest) -> HttpResponse | None:
    """Ask again a server that has answered HTTP/1 with HTTP/2, on a connection of its own."""
    since = context.now()
    if way.ssl_context is not None:
        way.ssl_context.set_alpn_protocols(["h2"])  # it is this diagnosis's own
    fresh = _way_to(context, way.route, request, way.ssl_context)
    if fresh is None or fresh.channel is None:
        return None
    way.close()
    way.channel = fresh.channel
    answer = http2.exchange_http2(fresh.channel, request, _patience(context).first)
    if answer.head is None and answer.wrong is None:
        return None
    _record_http2(context, request, answer, since)
    return answer


def _record_http2(
    context: DiagnosisContext, request: HttpRequest, answer: HttpResponse, since: float
) -> None:
    context.record(
        "http",
        "http2",
        request.url,
        result="it speaks HTTP/2 only; clients that cannot will fail",
        since=since,
        facts=Http2Facts(works=answer.head is not None, only=True, outcome=answer.outcome),
    )


def _late_alert(context: DiagnosisContext, way: _Way, answer: HttpResponse) -> None:
    """In TLS 1.3 a server may object to the client's certificate after the handshake."""
    seen = way.channel.messages if way.channel is not None else None
    if way.channel is None or seen is None or answer.outcome != "tls_failed":
        return
    if seen.alert is not None and seen.asks_certificate:
        made = Handshake(way.channel, "alert", alert=seen.alert, reason=answer.reason)
        name = sni_of(context.asked.host)
        own = context.options.trust is not None and bool(context.options.trust.client_certificate)
        record_handshake(context, way.route, made, name=name, own_certificate=own)


def _exchanged(context: DiagnosisContext, way: _Way, request: HttpRequest) -> HttpResponse:
    if way.channel is None:
        return HttpResponse("reset")
    tls = way.channel.tls
    if tls is not None and tls.selected_alpn_protocol() == "h2":
        since = context.now()
        answer = http2.exchange_http2(way.channel, request, _patience(context).first)
        _record_http2(context, request, answer, since)
        return answer
    over = threading.Event()
    text = request.text(way.route, tunnelled=_is_tunnelled(context, way.route, request))
    channel = way.channel

    def ask() -> HttpResponse:
        try:
            return exchange_http1(channel, text, request.method, _patience(context))
        finally:
            over.set()

    tasks: list[Callable[[], HttpResponse | None]] = [ask]
    if way.route.proxy is None:
        tasks.append(
            partial(watch_stall, context, way.route, request, channel, way.ssl_context, over)
        )
    return together(context, tasks)[0] or HttpResponse()


def _is_tunnelled(context: DiagnosisContext, route: OpenRoute, request: HttpRequest) -> bool:
    """Whether a request by a proxy goes through a tunnel, and is not made by the proxy."""
    return request.scheme == "https" or wants_tunnel(context, route)


def _patience(context: DiagnosisContext) -> ResponseTimeouts:
    usual = RESPONSE_TIMEOUTS
    left = max(0.0, context.left(3600.0) - _MARGIN_SECONDS)
    return ResponseTimeouts(
        first=min(usual.first, left),
        head=min(usual.head, left),
        pause=min(usual.pause, left),
        body=min(usual.body, left),
    )
