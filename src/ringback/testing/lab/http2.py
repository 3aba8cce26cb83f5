"""HTTP/2 servers that turn requests away (RFC 9113), on the ``h2`` package."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from ringback.testing.lab.fault import Fault
from ringback.testing.lab.secured import secured

if TYPE_CHECKING:
    import ssl

    from h2.connection import H2Connection

    from ringback.testing.lab.connection import Connection, Handler
    from ringback.testing.lab.lab import Lab

Answer = Callable[["H2Connection", int], None]
"""Answers the request on a stream of an HTTP/2 connection."""

_PROTOCOL_ERROR = 0x1
_REFUSED_STREAM = 0x7
_ENHANCE_YOUR_CALM = 0xB


def offer_http2(context: ssl.SSLContext, _: Lab) -> None:
    """Let the server choose HTTP/2 by ALPN."""
    context.set_alpn_protocols(["h2"])


def speaking(answer: Answer) -> Handler:
    """Return a handler that speaks HTTP/2 and gives each request to ``answer``."""

    def handler(connection: Connection) -> None:
        # Here, because the rest of the lab works without the h2 package.
        from h2.config import H2Configuration  # noqa: PLC0415 - optional package
        from h2.connection import H2Connection  # noqa: PLC0415 - optional package
        from h2.events import StreamEnded  # noqa: PLC0415 - optional package
        from h2.exceptions import ProtocolError  # noqa: PLC0415 - optional package

        http2 = H2Connection(H2Configuration(client_side=False))
        http2.initiate_connection()
        connection.send(http2.data_to_send())
        with contextlib.suppress(ProtocolError):
            while data := connection.read():
                for event in http2.receive_data(data):
                    if isinstance(event, StreamEnded):
                        connection.seen.requests += 1
                        answer(http2, event.stream_id)
                connection.send(http2.data_to_send())

    return handler


def healthy(http2: H2Connection, stream: int) -> None:
    """Answer with status 200 and JSON."""
    body = json.dumps({"ok": True}).encode()
    fields = [(":status", "200"), ("content-type", "application/json")]
    http2.send_headers(stream, [*fields, ("content-length", str(len(body)))])
    http2.send_data(stream, body, end_stream=True)


def resetting(code: int) -> Answer:
    """Return what answers a request with RST_STREAM and an error code."""
    return lambda http2, stream: http2.reset_stream(stream, code)


def going_away(http2: H2Connection, _: int) -> None:
    """Answer with GOAWAY: no stream was or will be processed."""
    http2.close_connection(last_stream_id=0)


def _refusing(kind: str, when: str, summary: str, answer: Answer) -> Fault:
    return Fault(
        kind=kind,
        when=when,
        summary=summary,
        start=secured(handler=speaking(answer), prepare=offer_http2),
        needs=("cryptography", "h2"),
        provoke="http2",
    )


FAULTS: tuple[Fault, ...] = (
    _refusing("ok", "http2", "answers every request over HTTP/2", healthy),
    _refusing(
        "h2.refused_stream",
        "refused_stream",
        "RST_STREAM with REFUSED_STREAM: the request was not processed",
        resetting(_REFUSED_STREAM),
    ),
    _refusing(
        "h2.refused_stream", "goaway", "GOAWAY with a last stream below the request's", going_away
    ),
    _refusing(
        "h2.protocol.error",
        "protocol_error",
        "RST_STREAM with PROTOCOL_ERROR",
        resetting(_PROTOCOL_ERROR),
    ),
    _refusing(
        "h2.protocol.error",
        "enhance_your_calm",
        "RST_STREAM with ENHANCE_YOUR_CALM",
        resetting(_ENHANCE_YOUR_CALM),
    ),
)
