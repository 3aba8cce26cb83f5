"""The stage of services with a protocol of their own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.service.dialogue import WAIT, Greeting, greet, tls_wanted
from ringback.diagnosis.layer.tls.attempt import attempted, server_name, sni_of
from ringback.diagnosis.layer.tls.channel import Channel
from ringback.diagnosis.layer.tls.handshake import shake_hands_over
from ringback.diagnosis.layer.tls.raw import raw_connection
from ringback.diagnosis.layer.tls.spoken import is_tls, plain, printable, speaks
from ringback.diagnosis.layer.tls.telling import subject_of, tell_chain, tell_handshake
from ringback.diagnosis.layer.tls.trust import context_of_program, unverifying
from ringback.diagnosis.protocols import protocol_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringback.diagnosis.layer.tls.connection import Connection
    from ringback.diagnosis.protocols import Protocol
    from ringback.diagnosis.scene import Route, Scene

_HANDSHAKE = 0.7
_MARGIN = 0.8
"""Seconds before the end of the diagnosis at which waiting ends."""
_KINDS = {
    "silent": "http.response.timed_out",
    "closed": "tcp.closed",
    "reset": "tcp.reset",
    "other_protocol": "service.rejected",
    "refused": "service.rejected",
    "tls_failed": "tls.failed",
}
_WORDS = {
    "silent": "it accepts the connection and says nothing",
    "closed": "it closes the connection without a word",
    "reset": "it resets the connection",
    "tls_failed": "it offers TLS, and the handshake fails",
}


def read(scene: Scene, routes: Sequence[Route], connections: Sequence[Connection]) -> None:
    """Exchange the first words of the protocol that is asked for, and tell what came of it."""
    protocol = protocol_of(scene.asked.scheme)
    try:
        if protocol is None or protocol.name in {"http", "none", "dns"}:
            return
        if scene.asked.tls:
            for connection in connections[:1]:
                _greet(scene, connection.route, connection.channel, protocol)
        elif routes:
            _open(scene, routes[0], protocol)
    finally:
        for connection in connections:
            connection.close()


def _open(scene: Scene, route: Route, protocol: Protocol) -> None:
    since = scene.now()
    try:
        sock = raw_connection(scene, "service", route, scene.asked.port)
    except ConnectionResetError:
        _tell(scene, route, Greeting("reset"), protocol, since)
        return
    if sock is not None:
        with Channel(sock) as channel:
            _greet(scene, route, channel, protocol)


def _greet(scene: Scene, route: Route, channel: Channel, protocol: Protocol) -> None:
    since = scene.now()
    within = max(0.0, min(WAIT, scene.left(3600.0) - _MARGIN))
    greeting = greet(channel, protocol, scene.asked, within, partial(_secure, scene, route))
    if not (greeting.data or greeting.secured):
        _look_for_tls(scene, route, greeting)
    _tell(scene, route, greeting, protocol, since)


def _secure(scene: Scene, route: Route, channel: Channel, within: float) -> str | None:
    """Begin TLS as strictly as the URL wants it; return why it failed."""
    mode = tls_wanted(scene.asked)
    if not str(mode).startswith("verify-"):
        made = shake_hands_over(channel, unverifying(), None, within)
        return None if made.error is None else made.reason or made.error
    context, store = context_of_program(scene)
    context.check_hostname = mode == "verify-full"
    made = shake_hands_over(channel, context, server_name(scene.asked.host), within)
    own = store.trust.client_certificate is not None
    tell_handshake(scene, route, made, name=sni_of(scene.asked.host), own_certificate=own)
    tell_chain(scene, route, made, context)
    return None if made.error is None else made.reason or made.error


def _look_for_tls(scene: Scene, route: Route, greeting: Greeting) -> None:
    """A port that says nothing, or hangs up, may wait for a TLS handshake."""
    made = attempted(scene, route, unverifying(), within=_HANDSHAKE)
    if made is None:
        return
    made.channel.close()
    if is_tls(made.channel.first):
        greeting.outcome, greeting.data = "other_protocol", made.channel.first


def _tell(scene: Scene, route: Route, greeting: Greeting, protocol: Protocol, since: float) -> None:
    answer = greeting.answer
    kind = _KINDS.get(greeting.outcome)
    scene.tell(
        "service",
        "greeting",
        subject_of(route),
        state="failed" if kind else "ok",
        result=_result(greeting, protocol.name),
        kind=kind,
        since=since,
        facts={
            "protocol": protocol.name,
            "outcome": greeting.outcome,
            "speaks": speaks(greeting.data) if greeting.data else None,
            "first_bytes": printable(greeting.data, 100) or None,
            "message": answer.message if answer else None,
            "version": answer.version if answer else None,
            "secured": greeting.secured,
            "reason": plain(greeting.reason) or None,
        },
    )


def _result(greeting: Greeting, name: str) -> str:
    answer = greeting.answer
    said = (answer.message or answer.version or "") if answer else ""
    if greeting.outcome == "spoke":
        return f"it speaks {name}{f': {said}' if said else ''}"
    if greeting.outcome == "refused":
        return f"it speaks {name} and refuses: {said}"
    if greeting.outcome == "other_protocol" and is_tls(greeting.data):
        return f"it does not speak {name}, but TLS"
    if greeting.outcome == "other_protocol":
        return f"it does not speak {name}: {printable(greeting.data, 60)!r}"
    return _WORDS[greeting.outcome]
