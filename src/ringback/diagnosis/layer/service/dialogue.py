"""The first words with a service: hearing its greeting, or saying what it answers."""

from __future__ import annotations

import ssl
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, unquote

from ringback.diagnosis.layer.service.answer import READERS, Answer
from ringback.diagnosis.layer.tls.spoken import speaks

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tls.channel import Channel
    from ringback.diagnosis.model import Asked
    from ringback.diagnosis.protocols import Protocol

Outcome = Literal[
    "spoke", "silent", "closed", "reset", "other_protocol", "refused", "tls_failed", "timeout"
]

WAIT = 3.5
"""Seconds for the first word."""
SILENCE = 1.2
"""Seconds after which it is looked for another protocol, where a service was spoken to. One that
speaks first is waited for: some mail servers take offence at who speaks before them."""
_POKED = 0.7
_MORE = 0.05
_REST = 0.5
"""Seconds for the rest of what came in pieces too small to be known by."""
_ENOUGH = 4096
_POKE = b"GET / HTTP/1.0\r\n\r\n"
"""What makes an HTTP or a TLS server give itself away."""
_NOBODY = "ringback-diagnose"
"""Whom PostgreSQL is told of where the URL names nobody."""
_TLS_WANTED = frozenset({"require", "verify-ca", "verify-full"})
"""Values of ``sslmode`` with which a client of PostgreSQL does not go on without TLS."""


@dataclass(slots=True)
class Greeting:
    """What came of the first words.

    Attributes:
        outcome: In one word.
        data: The first bytes.
        answer: What they mean, in the protocol that was expected.
        secured: Whether TLS stands.
        reason: Why TLS failed.
    """

    outcome: Outcome = "silent"
    data: bytes = b""
    answer: Answer | None = None
    secured: bool = False
    reason: str = ""


Secure = Callable[["Channel", float], str | None]
"""Begins TLS on a connection within some seconds; returns why it failed."""


def greet(
    channel: Channel, protocol: Protocol, asked: Asked, within: float, secure: Secure
) -> Greeting:
    """Exchange the first words with a service and return what came of it. Nobody logs in."""
    greeting = Greeting(secured=channel.tls is not None)
    try:
        if protocol.opening:
            channel.send(protocol.opening, within)
        first = min(SILENCE, within) if protocol.opening else within
        greeting.data = heard(channel, first, protocol.name)
        _judge(greeting, protocol.name)
        if protocol.name == "postgres" and greeting.data in {b"S", b"N"}:
            _start_up(channel, greeting, asked, within, secure)
    except TimeoutError:
        _poke(channel, greeting, protocol.name, within - SILENCE if protocol.opening else 0.0)
    except ssl.SSLError as error:
        greeting.outcome, greeting.reason = "tls_failed", error.reason or str(error)[:100]
    except OSError:
        greeting.outcome = "reset"
    return greeting


def heard(channel: Channel, within: float, name: str) -> bytes:
    """Return what comes, waiting for the first piece; then until it can be told what it is."""
    data = channel.receive(within)
    began = time.monotonic()
    try:
        while data and len(data) < _ENOUGH:
            ends = began + (_MORE if _is_known(data, name) else _REST)
            piece = channel.receive(ends - time.monotonic())
            if not piece:
                break
            data += piece
    except OSError:
        pass  # what came until then is looked at
    return data


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
    channel: Channel, greeting: Greeting, asked: Asked, within: float, secure: Secure
) -> None:
    """Name the user: a server that is full, shutting down, or closed to us says so only then."""
    if greeting.data == b"N" and tls_wanted(asked):
        greeting.outcome = "refused"
        greeting.answer = Answer(True, "it offers no TLS, which the URL's sslmode wants")
        return
    if greeting.data == b"S":
        failure = secure(channel, within)
        if failure is not None:
            greeting.outcome, greeting.reason = "tls_failed", failure
            return
        greeting.secured = True
    channel.send(_startup(asked), within)
    try:
        data = heard(channel, within, "postgres")
    except OSError:
        return  # it has spoken already
    if data:
        greeting.data = data
        _judge(greeting, "postgres")
    if asked.user and greeting.answer is not None and data[:1] == b"E":
        greeting.outcome = "refused"  # this very user, before any password


def _startup(asked: Asked) -> bytes:
    """PostgreSQL's StartupMessage, protocol 3.0 (section "Message Formats" of its manual)."""
    pairs = [("user", asked.user or _NOBODY)]
    if asked.user and asked.path.strip("/"):
        pairs.append(("database", unquote(asked.path.strip("/"))))
    text = "".join(f"{name}\0{value}\0" for name, value in pairs) + "\0"
    body = b"\x00\x03\x00\x00" + text.encode()
    return struct.pack("!I", len(body) + 4) + body


def _poke(channel: Channel, greeting: Greeting, name: str, within: float) -> None:
    """A port that says nothing may speak another protocol, in which the client begins."""
    try:
        channel.send(_POKE, _POKED)
        greeting.data = heard(channel, max(within, _POKED), name)
    except OSError:
        return
    if greeting.data:  # an end now would only be about what was sent
        _judge(greeting, name)
