"""The stage of TLS: the handshake, the chain of certificates, and what else the port may speak."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.context import together
from ringback.diagnosis.facts import AlpnFacts
from ringback.diagnosis.layer.opening import raw_connection, subject_of
from ringback.diagnosis.layer.tls_extras import PendingHandshake, explain_handshake, explain_silence
from ringback.diagnosis.layer.tls_handshake import (
    Handshake,
    TlsChannel,
    TlsConnection,
    server_name,
    shake_hands,
    sni_of,
)
from ringback.diagnosis.layer.tls_readings import record_chain, record_handshake
from ringback.diagnosis.layer.tls_trust import TrustStore, context_of_program, store_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from ringback.diagnosis.context import DiagnosisContext, OpenRoute


__all__ = ["TlsConnection", "read_tls"]


HANDSHAKE_TIMEOUT = 3.0
"""Seconds for a handshake, the connection not included."""
_ROUTES = 3
_NO_PROTOCOL = 120
"""The alert no_application_protocol."""


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A handshake along one way."""

    route: OpenRoute
    made: Handshake

    @property
    def failure(self) -> tuple[object, ...]:
        """What went wrong: readings that tell why are taken once for each."""
        made = self.made
        return made.error, made.alert, made.verify_code


def read_tls(context: DiagnosisContext, routes: Sequence[OpenRoute]) -> tuple[TlsConnection, ...]:
    """Shake hands with up to three addresses at once; return the connections that are verified.

    Where nothing more is asked than TLS, they are closed.
    """
    if not context.asked.tls or not routes:
        return ()
    ssl_context, store = context_of_program(context)
    met = _meetings(context, routes[:_ROUTES], ssl_context, store)
    kept = tuple(
        TlsConnection(meeting.route, meeting.made.channel, ssl_context)
        for meeting in met
        if not meeting.made.error
    )
    if context.asked.protocol == "none":
        for connection in kept:
            connection.close()
    _explain(context, [meeting for meeting in met if meeting.made.error], store)
    return kept


def follow(
    context: DiagnosisContext,
    route: OpenRoute,
    port: int,
    ssl_context: ssl.SSLContext | None = None,
) -> TlsConnection | None:
    """Shake hands once more with the same host; return the verified connection."""
    store = store_of(context)
    if ssl_context is None:
        ssl_context, store = context_of_program(context)
    pending = PendingHandshake("http")
    tasks: list[Callable[[], _Meeting | None]] = [
        partial(_meet, context, route, ssl_context, store, pending, port)
    ]
    if route.proxy is None:
        tasks.append(partial(explain_silence, context, route, pending))
    met = together(context, tasks)[0]
    if met is None:
        return None
    if met.made.error:
        _explain(context, [met] if route.proxy is None else [], store)
        return None
    return TlsConnection(route, met.made.channel, ssl_context)


def _meetings(
    context: DiagnosisContext,
    routes: Sequence[OpenRoute],
    ssl_context: ssl.SSLContext,
    store: TrustStore,
) -> list[_Meeting]:
    pending = PendingHandshake()
    tasks: list[Callable[[], _Meeting | None]] = [
        partial(_meet, context, route, ssl_context, store, handshake, context.asked.port)
        for route, handshake in zip(
            routes, (pending, PendingHandshake(), PendingHandshake()), strict=False
        )
    ]
    tasks.append(partial(explain_silence, context, routes[0], pending))
    return [meeting for meeting in together(context, tasks) if meeting is not None]


def _explain(context: DiagnosisContext, failed: list[_Meeting], store: TrustStore) -> None:
    first = {meeting.failure: meeting for meeting in reversed(failed)}
    together(
        context,
        [
            partial(explain_handshake, context, meeting.route, meeting.made, store)
            for meeting in first.values()
        ],
    )


def _meet(
    context: DiagnosisContext,
    route: OpenRoute,
    ssl_context: ssl.SSLContext,
    store: TrustStore,
    pending: PendingHandshake,
    port: int,
) -> _Meeting | None:
    try:
        made = _greeted(context, route, ssl_context, pending, port)
    finally:
        pending.over.set()
    if made is not None and made.alert == _NO_PROTOCOL:
        made = _in_http2(context, route, ssl_context, port, made)
    if made is None:
        return None
    own = store.trust.client_certificate is not None
    record_handshake(context, route, made, name=sni_of(context.asked.host), own_certificate=own)
    record_chain(context, route, made, ssl_context)
    return _Meeting(route, made)


def _in_http2(
    context: DiagnosisContext,
    route: OpenRoute,
    ssl_context: ssl.SSLContext,
    port: int,
    made: Handshake,
) -> Handshake | None:
    """A server that takes no application protocol of ours may take HTTP/2 (RFC 7301)."""
    ssl_context.set_alpn_protocols(["h2"])
    again = _greeted(context, route, ssl_context, PendingHandshake(), port)
    works = again is not None and again.error != "alert"
    context.record(
        AlpnFacts,
        subject_of(route),
        result="the server takes "
        + ("HTTP/2 only" if works else "no application protocol of HTTP"),
        facts=AlpnFacts(alert=made.alert, protocol="h2" if works else None),
    )
    return again if works else made


def _greeted(
    context: DiagnosisContext,
    route: OpenRoute,
    ssl_context: ssl.SSLContext,
    pending: PendingHandshake,
    port: int,
) -> Handshake | None:
    try:
        raw = raw_connection(context, pending.stage, route, port, tunnel=route.proxy is not None)
    except ConnectionResetError:
        with TlsChannel(socket.socket()) as never:
            return Handshake(never, "reset")
    if raw is None:
        return None
    pending.raw = raw
    return shake_hands(
        raw, ssl_context, server_name(context.asked.host), context.left(HANDSHAKE_TIMEOUT)
    )
