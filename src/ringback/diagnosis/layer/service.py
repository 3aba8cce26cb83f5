"""The stage of services with a protocol of their own: their first words, and what they mean."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, unquote

from ringback.diagnosis.facts import GreetingFacts
from ringback.diagnosis.layer.opening import raw_connection, subject_of
from ringback.diagnosis.layer.replies import READERS, ServiceReply, postgres_startup
from ringback.diagnosis.layer.spoken import is_tls, printable, printable_text, speaks
from ringback.diagnosis.layer.tls_handshake import (
    TlsChannel,
    attempted,
    server_name,
    shake_hands_over,
    sni_of,
)
from ringback.diagnosis.layer.tls_readings import record_chain, record_handshake
from ringback.diagnosis.layer.tls_trust import context_of_program, unverifying
from ringback.diagnosis.protocols import protocol_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringback.diagnosis.context import DiagnosisContext, OpenRoute
    from ringback.diagnosis.layer.tls_handshake import TlsConnection
    from ringback.diagnosis.model import Asked
    from ringback.diagnosis.protocols import Protocol
    from ringback.failure.names import KindName


__all__ = ["read_service"]


Outcome = Literal[
    "spoke", "silent", "closed", "reset", "other_protocol", "refused", "tls_failed", "timeout"
]

GREETING_TIMEOUT = 3.5
"""Seconds for the first word."""
SILENT_SECONDS = 1.2
"""Seconds after which it is looked for another protocol, where a service was spoken to. One that
speaks first is waited for: some mail servers take offence at who speaks before them."""
_POKE_TIMEOUT = 0.7
_MORE_TIMEOUT = 0.05
_REST_TIMEOUT = 0.5
"""Seconds for the rest of what came in pieces too small to be known by."""
_MAX_GREETING = 4096
_POKE = b"GET / HTTP/1.0\r\n\r\n"
"""What makes an HTTP or a TLS server give itself away."""
_USER = "ringback-diagnose"
"""The user that is given to PostgreSQL where the URL names none."""
_TLS_WANTED = frozenset({"require", "verify-ca", "verify-full"})
"""Values of ``sslmode`` with which a client of PostgreSQL does not go on without TLS."""


@dataclass(slots=True)
class Greeting:
    """What came of the first words."""

    outcome: Outcome = "silent"  # In one word
    data: bytes = b""  # The first bytes
    answer: ServiceReply | None = None  # What they mean, in the protocol that was expected
    secured: bool = False  # Whether TLS stands
    reason: str = ""  # Why TLS failed


Secure = Callable[["TlsChannel", float], str | None]
"""Begins TLS on a connection within some seconds; returns why it failed."""


def greet(
    channel: TlsChannel, protocol: Protocol, asked: Asked, within: float, secure: Secure
) -> Greeting:
    """Exchange the first words with a service and return what came of it. Nobody logs in."""
    greeting = Greeting(secured=channel.tls is not None)
    try:
        if protocol.opening:
            channel.send(protocol.opening, within)
        first = min(SILENT_SECONDS, within) if protocol.opening else within
        greeting.data = heard(channel, first, protocol.name)
        _judge(greeting, protocol.name)
        if protocol.name == "postgres" and greeting.data in {b"S", b"N"}:
            _start_up(channel, greeting, asked, within, secure)
    except TimeoutError:
        _poke(
            channel, greeting, protocol.name, within - SILENT_SECONDS if protocol.opening else 0.0
        )
    except ssl.SSLError as error:
        greeting.outcome, greeting.reason = "tls_failed", error.reason or str(error)[:100]
    except OSError:
        greeting.outcome = "reset"
    return greeting


def heard(channel: TlsChannel, within: float, name: str) -> bytes:
    """Return what comes, waiting for the first piece; then until it can be told what it is."""

    def rest(data: bytes) -> float:
        return _MORE_TIMEOUT if _is_known(data, name) else _REST_TIMEOUT

    return channel.receive_some(within, rest, _MAX_GREETING)


def _is_known(data: bytes, name: str) -> bool:
    reader = READERS.get(name)
    return speaks(data) is not None or (reader is not None and reader(data) is not None)


def _judge(greeting: Greeting, name: str) -> None:
    data = greeting.data
    if not data:
        greeting.outcome = "closed"
        return
    reader = READERS.get(name)
    greeting.answer = reader(data) if reader is not None else None
    if greeting.answer is not None:
        greeting.outcome = "refused" if greeting.answer.refused else "spoke"
    else:
        greeting.outcome = "spoke" if speaks(data) == name else "other_protocol"


def tls_wanted(asked: Asked) -> str | None:
    """Return how a URL of PostgreSQL wants TLS (``sslmode``); ``None``: it does not insist."""
    modes = parse_qs(asked.query).get("sslmode", [""])
    return modes[0] if modes[0] in _TLS_WANTED else None


def _start_up(
    channel: TlsChannel, greeting: Greeting, asked: Asked, within: float, secure: Secure
) -> None:
    """Name the user: a server that is full, shutting down, or closed to us says so only then."""
    if greeting.data == b"N" and tls_wanted(asked):
        greeting.outcome = "refused"
        greeting.answer = ServiceReply(True, "it offers no TLS, which the URL's sslmode wants")
        return
    if greeting.data == b"S":
        failure = secure(channel, within)
        if failure is not None:
            greeting.outcome, greeting.reason = "tls_failed", failure
            return
        greeting.secured = True
    database = unquote(asked.path.strip("/")) if asked.user else ""
    channel.send(postgres_startup(asked.user or _USER, database), within)
    try:
        data = heard(channel, within, "postgres")
    except OSError:
        return  # it has spoken already
    if data:
        greeting.data = data
        _judge(greeting, "postgres")
    if asked.user and greeting.answer is not None and data[:1] == b"E":
        greeting.outcome = "refused"  # this very user, before any password


def _poke(channel: TlsChannel, greeting: Greeting, name: str, within: float) -> None:
    """A port that says nothing may speak another protocol, in which the client begins."""
    try:
        channel.send(_POKE, _POKE_TIMEOUT)
        greeting.data = heard(channel, max(within, _POKE_TIMEOUT), name)
    except OSError:
        return
    if greeting.data:  # an end now would only be about what was sent
        _judge(greeting, name)


_HANDSHAKE_TIMEOUT = 0.7
_MARGIN_SECONDS = 0.8
"""Seconds before the end of the diagnosis at which waiting ends."""
_KINDS: dict[str, KindName] = {
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


def read_service(
    context: DiagnosisContext, routes: Sequence[OpenRoute], connections: Sequence[TlsConnection]
) -> None:
    """Exchange the first words of the protocol that is asked for, and record what came of it."""
    protocol = protocol_of(context.asked.scheme)
    try:
        if protocol is None or protocol.name in {"http", "none", "dns"}:
            return
        if context.asked.tls:
            for connection in connections[:1]:
                _greet(context, connection.route, connection.channel, protocol)
        elif routes:
            _open(context, routes[0], protocol)
    finally:
        for connection in connections:
            connection.close()


def _open(context: DiagnosisContext, route: OpenRoute, protocol: Protocol) -> None:
    since = context.now()
    try:
        sock = raw_connection(context, "service", route, context.asked.port)
    except ConnectionResetError:
        _record(context, route, Greeting("reset"), protocol, since)
        return
    if sock is not None:
        with TlsChannel(sock) as channel:
            _greet(context, route, channel, protocol)


def _greet(
    context: DiagnosisContext, route: OpenRoute, channel: TlsChannel, protocol: Protocol
) -> None:
    since = context.now()
    within = max(0.0, min(GREETING_TIMEOUT, context.left(3600.0) - _MARGIN_SECONDS))
    greeting = greet(channel, protocol, context.asked, within, partial(_secure, context, route))
    if not (greeting.data or greeting.secured):
        _look_for_tls(context, route, greeting)
    _record(context, route, greeting, protocol, since)


def _secure(
    context: DiagnosisContext, route: OpenRoute, channel: TlsChannel, within: float
) -> str | None:
    """Begin TLS as strictly as the URL wants it; return why it failed."""
    mode = tls_wanted(context.asked)
    if not str(mode).startswith("verify-"):
        made = shake_hands_over(channel, unverifying(), None, within)
        return None if made.error is None else made.reason or made.error
    ssl_context, store = context_of_program(context)
    ssl_context.check_hostname = mode == "verify-full"
    made = shake_hands_over(channel, ssl_context, server_name(context.asked.host), within)
    own = store.trust.client_certificate is not None
    record_handshake(context, route, made, name=sni_of(context.asked.host), own_certificate=own)
    record_chain(context, route, made, ssl_context)
    return None if made.error is None else made.reason or made.error


def _look_for_tls(context: DiagnosisContext, route: OpenRoute, greeting: Greeting) -> None:
    """A port that says nothing, or hangs up, may wait for a TLS handshake."""
    made = attempted(context, route, unverifying(), within=_HANDSHAKE_TIMEOUT)
    if made is None:
        return
    made.channel.close()
    if is_tls(made.channel.first):
        greeting.outcome, greeting.data = "other_protocol", made.channel.first


def _record(
    context: DiagnosisContext,
    route: OpenRoute,
    greeting: Greeting,
    protocol: Protocol,
    since: float,
) -> None:
    answer = greeting.answer
    kind = _KINDS.get(greeting.outcome)
    context.record(
        GreetingFacts,
        subject_of(route),
        state="failed" if kind else "ok",
        result=_result(greeting, protocol.name),
        kind=kind,
        since=since,
        facts=GreetingFacts(
            protocol=protocol.name,
            outcome=greeting.outcome,
            speaks=speaks(greeting.data) if greeting.data else None,
            first_bytes=printable(greeting.data, 100) or None,
            message=answer.message if answer else None,
            version=answer.version if answer else None,
            secured=greeting.secured,
            reason=printable_text(greeting.reason) or None,
            wants_login=answer is not None and answer.wants_login,
        ),
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
