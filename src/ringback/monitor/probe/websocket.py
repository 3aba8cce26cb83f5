"""A WebSocket server (RFC 6455): whether it takes the connection over."""

from __future__ import annotations

import os
from base64 import b64encode
from hashlib import sha1
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ringback.failure.codes import kind_of_status
from ringback.monitor.probe.channel import ChannelProber, ProbeChannel, ended_early
from ringback.monitor.probe.http.connection import request_bytes, request_target
from ringback.monitor.probe.outcome import ProbeError, ProbeFailure

if TYPE_CHECKING:
    from ringback.monitor.model import Endpoint
    from ringback.monitor.probe.outcome import PhaseTimer
    from ringback.monitor.probe.prober import ProbeContext

_MAX_HEAD = 65_536  # Bytes of the response's header section
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CLOSE = b"\x88\x82\x00\x00\x00\x00\x03\xe8"  # Masked, as a client must: 1000, normal closure


class WebSocketProber(ChannelProber):
    """Asks for the upgrade, and closes."""

    alpn = ("http/1.1",)

    def __init__(self, endpoint: Endpoint, context: ProbeContext) -> None:
        super().__init__(endpoint, context, secure=urlsplit(endpoint.url).scheme == "wss")
        self._target = request_target(f"http{endpoint.url.removeprefix('ws')}")
        self._upgraded = False

    def goodbye(self) -> bytes:
        return _CLOSE if self._upgraded else b""

    async def talk(self, channel: ProbeChannel, phases: PhaseTimer) -> ProbeFailure | None:
        self._upgraded = False
        key = b64encode(os.urandom(16))
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key.decode(),
            "Sec-WebSocket-Version": "13",
        }
        channel.send(request_bytes(self._target, "GET", {**headers, **self.endpoint.headers}))
        phases.enter("wait")
        status, fields = await self._response(channel, phases)
        phases.leave("transfer")
        phases.status = status
        if status != 101:
            kind = kind_of_status(status) if status >= 400 else "http.error"
            return ProbeFailure(kind, f"status {status} in place of an upgrade")
        accepted = b64encode(sha1(key + _GUID, usedforsecurity=False).digest())
        if fields.get(b"sec-websocket-accept") != accepted:
            return ProbeFailure("service.rejected", "it accepts an upgrade that was not asked for")
        self._upgraded = True
        return None

    async def _response(
        self, channel: ProbeChannel, phases: PhaseTimer
    ) -> tuple[int, dict[bytes, bytes]]:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = await channel.more()
            if not data:
                phases.enter("body", "first_byte")
            data += piece
            if data and not data.startswith(b"HTTP/1."[: len(data)]):
                raise _not_http(data)
            if not piece:
                raise ended_early(data)
            if len(data) > _MAX_HEAD:
                raise ProbeError(
                    ProbeFailure("http.response.headers.truncated", "its headers have no end")
                )
        first, *lines = data.partition(b"\r\n\r\n")[0].split(b"\r\n")
        code = first[9:12]
        if not code.isdigit() or not 100 <= int(code) < 600:
            raise _not_http(data)
        pairs = (line.partition(b":") for line in lines)
        return int(code), {name.strip().lower(): value.strip() for name, _, value in pairs}


def _not_http(data: bytes) -> ProbeError:
    return ProbeError(
        ProbeFailure("http.response.invalid.not_http", f"not HTTP: it begins with {data[:40]!r}")
    )
