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
    """Send the request that is asked for, follow its redirects, and tell what came of each.

    Redirects are followed on the same host only; where they lead to another, that request is
    returned.
    """
    if context.asked.protocol != "http":
        return None
    request = request_of(context.asked)
    try:
        current = _first_connection(context, routes, connections)
        course = RedirectChain(context, request, proxied=any(route.proxy for route in routes))
        while current is not None:
            answer = _ask(context, current, request)
            onward = course.onward(request, answer)
            if onward is None:
                current.close()
                break
            current = _next_connection(context, current, request, onward, reusable=answer.reusable)
            request = onward
        return course.elsewhere
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
    answer = http2.exchange_http2(fresh.channel, request, _patience(context).first)
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
        answer = http2.exchange_http2(current.channel, request, _patience(context).first)
        _record_http2(context, request, answer, since)
        return answer
    over = threading.Event()
    text = request.text(current.route, tunnelled=_is_tunnelled(context, current.route, request))
    channel = current.channel

    def ask() -> HttpResponse:
        try:
            return exchange_http1(channel, text, request.method, _patience(context))
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


def _patience(context: DiagnosisContext) -> ResponseTimeouts:
    usual = RESPONSE_TIMEOUTS
    left = max(0.0, context.left(3600.0) - _MARGIN_SECONDS)
    return ResponseTimeouts(
        first=min(usual.first, left),
        head=min(usual.head, left),
        pause=min(usual.pause, left),
        body=min(usual.body, left),
    )
