"""The stage of HTTP: the request that is asked for, its response, and where that redirects to."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

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
from ringback.diagnosis.scene import together

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from ringback.diagnosis.layer.tls_channel import TlsConnection
    from ringback.diagnosis.scene import DiagnosisContext, Route


__all__ = ["read_http"]


RESPONSE_TIMEOUTS = ResponseTimeouts()
_MARGIN_SECONDS = 0.1
"""Seconds before the end of the diagnosis at which waiting ends, so that it is told."""


@dataclass(slots=True)
class _Way:
    """An open connection and how it came about; no channel: it was reset at once."""

    route: Route
    channel: TlsChannel | None
    ssl_context: ssl.SSLContext | None
    used: bool = False

    def close(self) -> None:
        """Close the connection."""
        if self.channel is not None:
            self.channel.close()


def read_http(
    scene: DiagnosisContext, routes: Sequence[Route], connections: Sequence[TlsConnection]
) -> HttpRequest | None:
    """Send the request that is asked for, follow its redirects, and tell what came of each.

    Redirects are followed on the same host only; where they lead to another, that request is
    returned.
    """
    if scene.asked.protocol != "http":
        return None
    request = request_of(scene.asked)
    try:
        way = _first_way(scene, routes, connections)
        course = RedirectChain(scene, request, proxied=any(route.proxy for route in routes))
        while way is not None:
            answer = _ask(scene, way, request)
            onward = course.onward(request, answer)
            if onward is None:
                way.close()
                break
            way = _next_way(scene, way, request, onward, reusable=answer.reusable)
            request = onward
        return course.elsewhere
    finally:
        for connection in connections:
            connection.close()


def _first_way(
    scene: DiagnosisContext, routes: Sequence[Route], connections: Sequence[TlsConnection]
) -> _Way | None:
    if scene.asked.tls:
        first = next(iter(connections), None)
        return None if first is None else _Way(first.route, first.channel, first.ssl_context)
    return _plain_way(scene, routes[0], scene.asked.port) if routes else None


def _next_way(
    scene: DiagnosisContext, way: _Way, request: HttpRequest, onward: HttpRequest, *, reusable: bool
) -> _Way | None:
    here = (request.scheme, request.port)
    if reusable and (onward.scheme, onward.port) == here:
        way.used = True
        return way
    way.close()
    return _way_to(scene, way.route, onward)


def _way_to(
    scene: DiagnosisContext,
    route: Route,
    request: HttpRequest,
    ssl_context: ssl.SSLContext | None = None,
) -> _Way | None:
    if route.proxy is None:
        route = replace(route, port=request.port)
    if request.scheme == "https":
        connection = follow(scene, route, request.port, ssl_context)
        if connection is None:
            return None
        return _Way(connection.route, connection.channel, connection.ssl_context)
    return _plain_way(scene, route, request.port)


def _plain_way(scene: DiagnosisContext, route: Route, port: int) -> _Way | None:
    try:
        sock = raw_connection(scene, "http", route, port)
    except ConnectionResetError:
        return _Way(route, None, None)
    return None if sock is None else _Way(route, TlsChannel(sock), None)


def _ask(scene: DiagnosisContext, way: _Way, request: HttpRequest) -> HttpResponse:
    since = scene.now()
    answer = _exchanged(scene, way, request)
    if way.used and answer.outcome in {"closed", "reset"} and not answer.first:
        fresh = _way_to(
            scene, way.route, request, way.ssl_context
        )  # it was closed while it was kept
        if fresh is not None:
            way.channel, way.used = fresh.channel, False
            answer = _exchanged(scene, way, request)
    if answer.version == "2" and answer.outcome == "not_http":
        answer = _in_http2(scene, way, request) or answer
    _late_alert(scene, way, answer)
    portal = is_portal(scene, way.route, request, answer)
    forwarded = not _is_tunnelled(scene, way.route, request)
    refusal = refusal_of_proxy(way.route, answer, forwarded=forwarded)
    if refusal is not None:
        record_refusal(scene, way.route, request, answer, refusal)
    record_request(scene, way.route, request, answer, since=since, portal=portal)
    hung_up = answer.outcome in {"closed", "reset"} and not answer.first
    if hung_up and way.ssl_context is None and way.route.proxy is None:
        tls_here(scene, way.route)
    return answer


def _in_http2(scene: DiagnosisContext, way: _Way, request: HttpRequest) -> HttpResponse | None:
    """Ask again a server that has answered HTTP/1 with HTTP/2, on a connection of its own."""
    since = scene.now()
    if way.ssl_context is not None:
        way.ssl_context.set_alpn_protocols(["h2"])  # it is this diagnosis's own
    fresh = _way_to(scene, way.route, request, way.ssl_context)
    if fresh is None or fresh.channel is None:
        return None
    way.close()
    way.channel = fresh.channel
    answer = http2.exchange_http2(fresh.channel, request, _patience(scene).first)
    if answer.head is None and answer.wrong is None:
        return None
    _record_http2(scene, request, answer, since)
    return answer


def _record_http2(
    scene: DiagnosisContext, request: HttpRequest, answer: HttpResponse, since: float
) -> None:
    scene.record(
        "http",
        "http2",
        request.url,
        result="it speaks HTTP/2 only; clients that cannot will fail",
        since=since,
        facts=Http2Facts(works=answer.head is not None, only=True, outcome=answer.outcome),
    )


def _late_alert(scene: DiagnosisContext, way: _Way, answer: HttpResponse) -> None:
    """In TLS 1.3 a server may object to the client's certificate after the handshake."""
    seen = way.channel.messages if way.channel is not None else None
    if way.channel is None or seen is None or answer.outcome != "tls_failed":
        return
    if seen.alert is not None and seen.asks_certificate:
        made = Handshake(way.channel, "alert", alert=seen.alert, reason=answer.reason)
        name = sni_of(scene.asked.host)
        own = scene.options.trust is not None and bool(scene.options.trust.client_certificate)
        record_handshake(scene, way.route, made, name=name, own_certificate=own)


def _exchanged(scene: DiagnosisContext, way: _Way, request: HttpRequest) -> HttpResponse:
    if way.channel is None:
        return HttpResponse("reset")
    tls = way.channel.tls
    if tls is not None and tls.selected_alpn_protocol() == "h2":
        since = scene.now()
        answer = http2.exchange_http2(way.channel, request, _patience(scene).first)
        _record_http2(scene, request, answer, since)
        return answer
    over = threading.Event()
    text = request.text(way.route, tunnelled=_is_tunnelled(scene, way.route, request))
    channel = way.channel

    def ask() -> HttpResponse:
        try:
            return exchange_http1(channel, text, request.method, _patience(scene))
        finally:
            over.set()

    tasks: list[Callable[[], HttpResponse | None]] = [ask]
    if way.route.proxy is None:
        tasks.append(
            partial(watch_stall, scene, way.route, request, channel, way.ssl_context, over)
        )
    return together(scene, tasks)[0] or HttpResponse()


def _is_tunnelled(scene: DiagnosisContext, route: Route, request: HttpRequest) -> bool:
    """Whether a request by a proxy goes through a tunnel, and is not made by the proxy."""
    return request.scheme == "https" or wants_tunnel(scene, route)


def _patience(scene: DiagnosisContext) -> ResponseTimeouts:
    usual = RESPONSE_TIMEOUTS
    left = max(0.0, scene.left(3600.0) - _MARGIN_SECONDS)
    return ResponseTimeouts(
        first=min(usual.first, left),
        head=min(usual.head, left),
        pause=min(usual.pause, left),
        body=min(usual.body, left),
    )
