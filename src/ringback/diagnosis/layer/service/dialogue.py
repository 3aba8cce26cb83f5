"""The first words with a service: hearing its greeting, or saying what it answers."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ringback.diagnosis.layer.service.answer import READERS, Answer
from ringback.diagnosis.layer.tls.spoken import speaks
from ringback.diagnosis.layer.tls.trust import unverifying

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tls.channel import Channel
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
_ENOUGH = 4096
_POKE = b"GET / HTTP/1.0\r\n\r\n"
"""What makes an HTTP or a TLS server give itself away."""
_STARTUP = b"\x00\x00\x00\x20\x00\x03\x00\x00user\x00ringback-diagnose\x00\x00"
"""PostgreSQL's StartupMessage, protocol 3.0, of 32 bytes."""


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


def greet(channel: Channel, protocol: Protocol, within: float) -> Greeting:
    """Exchange the first words with a service and return what came of it. Nobody logs in.

    Args:
        channel: The connection; it stays open.
        protocol: What is expected.
        within: Seconds for the first word.
    """
    greeting = Greeting(secured=channel.tls is not None)
    try:
        if protocol.opening:
            channel.send(protocol.opening, within)
        greeting.data = heard(channel, min(SILENCE, within) if protocol.opening else within)
        _judge(greeting, protocol.name)
        if protocol.name == "postgres" and greeting.data in {b"S", b"N"}:
            _start_up(channel, greeting, within)
    except TimeoutError:
        _poke(channel, greeting, protocol.name, within - SILENCE if protocol.opening else 0.0)
    except ssl.SSLError as error:
        greeting.outcome, greeting.reason = "tls_failed", error.reason or str(error)[:100]
    except OSError:
        greeting.outcome = "reset"
    return greeting


def heard(channel: Channel, within: float) -> bytes:
    """Return what comes, waiting for the first piece; for what follows only a moment.

    Args:
        channel: The connection.
        within: Seconds for the first piece.

    Raises:
        OSError: The connection failed; ``TimeoutError``: nothing came.
    """
    data = channel.receive(within)
    ends = time.monotonic() + _MORE
    try:
        while data and len(data) < _ENOUGH and (piece := channel.receive(ends - time.monotonic())):
            data += piece
    except OSError:
        pass
    return data


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


def _start_up(channel: Channel, greeting: Greeting, within: float) -> None:
    """Name a user, unknown there: a server that is full, or shutting down, says so only then."""
    if greeting.data == b"S":
        try:
            channel.secure(unverifying(), None, within)
        except OSError as error:
            greeting.outcome, greeting.reason = "tls_failed", str(error)[:100]
            return
        greeting.secured = True
    channel.send(_STARTUP, within)
    try:
        data = heard(channel, within)
    except OSError:
        return  # it has spoken already
    if data:
        greeting.data = data
        _judge(greeting, "postgres")


def _poke(channel: Channel, greeting: Greeting, name: str, within: float) -> None:
    """A port that says nothing may speak another protocol, in which the client begins."""
    try:
        channel.send(_POKE, _POKED)
        greeting.data = heard(channel, max(within, _POKED))
    except OSError:
        return
    if greeting.data:  # an end now would only be about what was sent
        _judge(greeting, name)
