"""A server of gRPC: what its health service says (grpc.health.v1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError

from ringback.diagnosis.layer.spoken import printable, speaks
from ringback.failure.codes import kind_of_status
from ringback.failure.target import bracketed
from ringback.monitor.probe.channel import ChannelProber, ProbeChannel, ended_early
from ringback.monitor.probe.outcome import ProbeError, ProbeFailure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from h2.events import Event

    from ringback.failure.names import KindName
    from ringback.monitor.model import Endpoint
    from ringback.monitor.probe.outcome import PhaseTimer
    from ringback.monitor.probe.prober import ProbeContext

_SETTINGS = b"\x04"  # The kind of frame that each server begins with
_MAX_ANSWER = 131_072  # Bytes of all frames
_CONFIG = H2Configuration(client_side=True, header_encoding=None)

_STATES = {2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
_SERVING = 1
_CODES: dict[int, tuple[KindName, str]] = {
    5: ("service.rejected", "its health service does not know this service (NOT_FOUND)"),
    7: ("http.error.auth", "PERMISSION_DENIED"),
    8: ("http.error.rate_limited", "RESOURCE_EXHAUSTED"),
    12: ("service.rejected", "it has no health service (UNIMPLEMENTED)"),
    14: ("http.error.unavailable", "UNAVAILABLE"),
    16: ("http.error.auth", "UNAUTHENTICATED"),
}
"""Status of gRPC to what it means here."""


class _Response(NamedTuple):
    fields: dict[bytes, bytes]
    body: bytes


class GRPCProber(ChannelProber):
    """Asks whether a service is serving; the URL's path names it, without one the whole server."""

    alpn = ("h2",)

    def __init__(self, endpoint: Endpoint, context: ProbeContext) -> None:
        parts = urlsplit(endpoint.url)
        super().__init__(endpoint, context, secure=parts.scheme == "grpcs")
        service = unquote(parts.path.strip("/")).encode()
        if len(service) > 100:
            raise ValueError("the name of the service is too long")
        message = b"\x0a" + bytes((len(service),)) + service if service else b""
        self._message = b"\x00" + len(message).to_bytes(4) + message
        self._fields = [
            (":method", "POST"),
            (":scheme", "https" if self._secure else "http"),
            (":authority", f"{bracketed(self.host)}:{self.port}"),
            (":path", "/grpc.health.v1.Health/Check"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("user-agent", "ringback"),
            *((name.lower(), value) for name, value in endpoint.headers.items()),
        ]
        self._asked()  # raises for headers that cannot be sent, before the first check

    def _asked(self) -> H2Connection:
        """Return a connection on which the call was made; it does not know of a socket."""
        connection = H2Connection(_CONFIG)
        connection.initiate_connection()
        try:
            connection.send_headers(1, self._fields)
        except (ProtocolError, UnicodeError) as error:
            raise ValueError(f"the headers cannot be sent: {error}") from error
        connection.send_data(1, self._message, end_stream=True)
        return connection

    async def talk(self, channel: ProbeChannel, phases: PhaseTimer) -> ProbeFailure | None:
        connection = self._asked()
        channel.send(connection.data_to_send())
        phases.enter("wait")
        found = await _response(channel, connection, phases)
        phases.leave("transfer")
        status = found.fields.get(b":status", b"")
        phases.status = int(status) if status.isdigit() else None
        if phases.status is not None and phases.status != 200:
            kind = kind_of_status(phases.status) if phases.status >= 400 else "service.rejected"
            return ProbeFailure(kind, f"HTTP status {phases.status}")
        return _judged(found)


async def _response(
    channel: ProbeChannel, connection: H2Connection, phases: PhaseTimer
) -> _Response:
    fields, body = dict[bytes, bytes](), b""
    async for event in _events(channel, connection, phases):
        _check_goes_on(event)
        if isinstance(event, (ResponseReceived, TrailersReceived)):
            fields |= dict(event.headers)
        elif isinstance(event, DataReceived):
            body += event.data
        elif isinstance(event, StreamEnded):
            break
    return _Response(fields, body)


async def _events(
    channel: ProbeChannel, connection: H2Connection, phases: PhaseTimer
) -> AsyncIterator[Event]:
    data = b""
    while True:
        piece = await channel.more()
        if not data:
            phases.enter("body", "first_byte")
        data += piece
        if data and not _SETTINGS.startswith(data[3:4]):
            raise _other(data)
        if not piece:
            raise ended_early(data)
        if len(data) > _MAX_ANSWER:
            raise ProbeError(ProbeFailure("service.rejected", "its answer has no end"))
        try:
            events = connection.receive_data(piece)
        except ProtocolError as error:
            words = f"it breaks the rules of HTTP/2: {error}"[:200]
            raise ProbeError(ProbeFailure("service.rejected", words)) from None
        channel.send(connection.data_to_send())
        for event in events:
            yield event


def _check_goes_on(event: Event) -> None:
    """Raise what ends the call."""
    if isinstance(event, ConnectionTerminated):
        said = f": {printable(event.additional_data, 60)}" if event.additional_data else ""
        words = f"GOAWAY with code {int(event.error_code or 0)}{said}"
    elif isinstance(event, StreamReset):
        words = f"it resets the call with code {int(event.error_code)}"
    else:
        return
    raise ProbeError(ProbeFailure("service.rejected", words))


def _judged(found: _Response) -> ProbeFailure | None:
    code = found.fields.get(b"grpc-status", b"")
    if code.isdigit() and int(code):
        kind, words = _CODES.get(int(code), ("service.rejected", f"gRPC status {int(code)}"))
        said = printable(found.fields.get(b"grpc-message", b""), 100)
        return ProbeFailure(kind, f"{words}: {said}" if said else words)
    length = int.from_bytes(found.body[1:5])
    message = found.body[5 : 5 + length]
    if len(found.body) < 5 or len(message) < length or found.body[:1] != b"\x00":
        return ProbeFailure("service.rejected", "no answer of a health service")
    state = message[1] if message[:1] == b"\x08" and len(message) > 1 else 0
    if state == _SERVING:
        return None
    return ProbeFailure("service.rejected", f"it is {_STATES.get(state, 'UNKNOWN')}")


def _other(data: bytes) -> ProbeError:
    what = f"it speaks {other}" if (other := speaks(data)) else f"it says {data[:40]!r}"
    return ProbeError(ProbeFailure("service.rejected", f"{what}, and not gRPC"))
