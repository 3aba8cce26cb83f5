"""The handshake messages and alerts that went over a TLS connection, as OpenSSL reads them."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any, Self

_ALERT = 21
_HANDSHAKE = 22
_HELLO_REQUEST = 0
_TICKET = 4
_CERTIFICATE = 11
_CERTIFICATE_REQUEST = 13
_MOST = 256 * 1024
"""Bytes of a Certificate message kept; no browser takes a longer one."""


@dataclass(slots=True)
class Messages:
    """What the peer sent within TLS (RFC 8446, section 4; RFC 5246, section 7).

    Attributes:
        handshake: Types of the handshake messages, in order.
        certificate: The body of its Certificate message.
        alert: The number of the last alert other than close_notify.
        version: Protocol version of the Certificate message, as on the wire.
    """

    handshake: list[int] = field(default_factory=list)
    certificate: bytes = b""
    alert: int | None = None
    version: int = 0

    @property
    def asks_certificate(self) -> bool:
        """Whether the server asked for a client certificate."""
        return _CERTIFICATE_REQUEST in self.handshake

    @property
    def accepted(self) -> bool:
        """Whether the server has taken our part of the handshake: it gave a session ticket."""
        return _TICKET in self.handshake


class WatchedObject(ssl.SSLObject):
    """An SSL object that notes what the peer sent in ``messages``."""

    messages: Messages

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Return one with no messages yet."""
        made = super().__new__(cls)
        made.messages = Messages()
        return made


def watch(context: ssl.SSLContext) -> bool:
    """Let a context note the messages of its connections, and return whether it can.

    Python's ``ssl`` module has a hook for debugging, ``_msg_callback``; where another Python lacks
    it, nothing is noted.
    """
    context.sslobject_class = WatchedObject
    if not hasattr(ssl.SSLContext, "_msg_callback"):
        return False
    vars(ssl.SSLContext)["_msg_callback"].__set__(context, _note)
    return True


def _note(*seen: Any) -> None:
    connection, direction, version, content, message, data = seen
    if direction != "read" or not isinstance(connection, WatchedObject):
        return
    messages = connection.messages
    if content == _ALERT:
        messages.alert = int(message) or messages.alert
    elif content == _HANDSHAKE and len(messages.handshake) < 64:
        messages.handshake.append(int(message))
        if message == _CERTIFICATE and not messages.certificate:
            messages.certificate = bytes(data[4:_MOST])
            messages.version = int(version)
