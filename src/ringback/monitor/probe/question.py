"""One question to a nameserver over UDP: whether anybody answers, and with which code.

A control asks it for as long as the monitor runs, and only the first twelve bytes of the answer
matter to it: no library is loaded for that.
"""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ringback.monitor.probe.connect import Nameserver

_HEADER = struct.Struct("!6H")
_QUESTION_END = b"\x00\x00\x01\x00\x01"  # The root, type A, class IN
_RESPONSE, _AUTHORITATIVE, _RECURSE, _AUTHENTIC = 0x8000, 0x0400, 0x0100, 0x0020
_MAX_LABEL, _MAX_NAME = 63, 253

NOERROR, NXDOMAIN = 0, 3


class NameserverReply(NamedTuple):
    """What a nameserver answered."""

    code: int  # Response code (RFC 1035, section 4.1.1)
    # Whether it can be of its own knowledge: it has the zone (AA), or it has validated the answer
    # (AD), and then may have made it out of what it remembers (RFC 8198)
    own: bool


def question_bytes(name: str, number: int) -> bytes:
    """Return a question for a name's IPv4 address; ``ValueError``: there can be no such name."""
    labels = name.encode("idna" if not name.isascii() else "ascii").rstrip(b".").split(b".")
    if not all(0 < len(label) <= _MAX_LABEL for label in labels) or len(name) > _MAX_NAME:
        raise ValueError(f"no name that can be asked for: {name[:80]!r}")
    written = b"".join(bytes((len(label),)) + label for label in labels)
    # That an answer may be marked as validated must be asked for (RFC 6840, section 5.7).
    return _HEADER.pack(number, _RECURSE | _AUTHENTIC, 1, 0, 0, 0) + written + _QUESTION_END


def reply_to(reply: bytes, questions: Sequence[bytes]) -> NameserverReply | None:
    """Return what a datagram answers to one of some questions; ``None``: to none of them."""
    if len(reply) < _HEADER.size:
        return None
    _, flags, count, *_ = _HEADER.unpack_from(reply)
    asked = any(
        reply[:2] == question[:2] and (not count or _echoes(reply, question))
        for question in questions
    )
    if not asked or not flags & _RESPONSE:
        return None
    return NameserverReply(flags & 0xF, bool(flags & (_AUTHORITATIVE | _AUTHENTIC)))


def _echoes(reply: bytes, question: bytes) -> bool:
    begins, ends = _HEADER.size, len(question)
    return reply[begins:ends].lower() == question[begins:].lower()


class Conversation(asyncio.DatagramProtocol):
    """Questions to one nameserver, and the answers as they come."""

    def __init__(self) -> None:
        self._questions: list[bytes] = []
        self._came: asyncio.Queue[NameserverReply | OSError] = asyncio.Queue()
        self._transport: asyncio.DatagramTransport | None = None

    async def begin(self, server: Nameserver) -> None:
        """Begin it; raises ``OSError`` where there is no way to the nameserver."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, remote_addr=server)

    def ask(self, name: str) -> None:
        question = question_bytes(name, int.from_bytes(os.urandom(2)))
        self._questions.append(question)
        if self._transport is not None:
            self._transport.sendto(question)

    async def answer(self, seconds: float) -> NameserverReply | None:
        """Return the next answer; ``None``: none comes. Raises what the system says instead."""
        try:
            async with asyncio.timeout(seconds):
                found = await self._came.get()
        except TimeoutError:
            return None
        if isinstance(found, OSError):
            raise found
        return found

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, _addr: object) -> None:
        answer = reply_to(data, self._questions)
        if answer is not None:
            self._came.put_nowait(answer)

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError):
            self._came.put_nowait(exc)
