"""One request and its answer, over a connection that is open."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.http import head as heads
from ringback.diagnosis.layer.http.answer import Answer, Outcome
from ringback.diagnosis.layer.http.body import Body
from ringback.diagnosis.layer.tls.confirmed import confirmed
from ringback.diagnosis.layer.tls.spoken import is_tls
from ringback.failure.codes import KIND_OF_OPENSSL_REASON, KIND_OF_TLS_ALERT

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tls.channel import Channel

_MOST = 256 * 1024
"""Bytes of a body that are read."""
_FLOWS = 4096
_FLOWING = 0.5
"""Bytes of a body, and seconds between two of its pieces, with which it is well, and only long."""
_SETTINGS = b"\x00\x00"
_STREAMS = (
    "text/event-stream",
    "multipart/x-mixed-replace",
    "application/x-ndjson",
    "application/stream+json",
    "audio/",
    "video/",
)
"""Content that may rightly come slowly, or without end."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait.

    Attributes:
        first: For the first byte.
        head: For the whole head, from the request on.
        pause: Between two bytes of the body.
        body: For the whole body.
    """

    first: float = 5.0
    head: float = 5.0
    pause: float = 4.0
    body: float = 5.0


def exchange(channel: Channel, request: bytes, method: str, patience: Patience) -> Answer:
    """Send a request and return what came of it; the answer's body is read up to 256 KiB."""
    answer = Answer(sent=len(request))
    began = time.monotonic()
    try:
        channel.send(request, patience.first)
    except OSError as error:
        # A server may answer, and close, before it has read all.
        answer.reason = str(error)[:100]
    try:
        _read_head(channel, answer, began, method, patience)
        if answer.head is not None and answer.body is not None:
            _read_body(channel, answer, answer.body, patience)
    except OSError as error:
        _broken(answer, error, channel)
    if answer.outcome != "answered":
        answer.confirmed = confirmed(channel.raw)
    return answer


def _read_head(
    channel: Channel, answer: Answer, began: float, method: str, patience: Patience
) -> None:
    data = b""
    while True:
        limit = patience.head if data else patience.first
        piece = channel.receive(began + limit - time.monotonic())
        if not piece:
            _ended(answer, data)
            return
        if answer.first_byte is None:
            answer.first_byte = time.monotonic() - began
        data = (data + piece).lstrip(b"\r\n") if len(data) < 2 else data + piece
        answer.first = data[:512]
        if not b"HTTP/1.".startswith(data[:7]):
            _other(answer, data)
            return
        parts = heads.split(data)
        while parts is not None and _is_interim(parts[0]):
            data = parts[1]
            parts = heads.split(data)
        if parts is not None:
            _take_head(answer, *parts, method)
            return
        if len(data) > heads.LONGEST:
            answer.outcome, answer.reason = "invalid", "its head is longer than 128 KiB"
            return


def _is_interim(head: bytes) -> bool:
    return head[9:10] == b"1" and head[9:12] != b"101"


def _ended(answer: Answer, data: bytes) -> None:
    ended: Outcome = "reset" if answer.reason else "closed"  # sending had failed already
    answer.outcome = "headers_truncated" if data else ended


def _other(answer: Answer, data: bytes) -> None:
    if is_tls(data):
        answer.outcome = "tls_bytes"
    elif data[:2] == _SETTINGS and data[3:4] == b"\x04":
        answer.outcome, answer.version, answer.reason = "not_http", "2", "it speaks HTTP/2 only"
    elif data.startswith(b"HTTP/"):
        answer.outcome, answer.reason = "invalid", "the status line is malformed"
    else:
        answer.outcome = "not_http"


def _take_head(answer: Answer, data: bytes, rest: bytes, method: str) -> None:
    try:
        head = heads.parse(data)
    except heads.HeadError as error:
        answer.outcome, answer.reason = "invalid", str(error)
        return
    answer.head, answer.version = head, head.version
    answer.body = Body(head, method)
    answer.body.feed(rest)
    answer.outcome = "body_timeout"


def _read_body(channel: Channel, answer: Answer, body: Body, patience: Patience) -> None:
    ends = time.monotonic() + patience.body
    while not (body.complete or body.wrong or body.received > _MOST or _streams(answer)):
        left = ends - time.monotonic()
        if left <= 0 and body.received >= _FLOWS:
            break  # it is long, and comes
        if left <= 0:
            return
        piece = channel.receive(min(patience.pause, max(left, _FLOWING)))
        if piece:
            body.feed(piece)
        else:
            body.end()
    answer.outcome = "answered"
    if body.wrong:
        answer.outcome, answer.wrong = "truncated", body.wrong
        if body.wrong == "http.protocol.error":
            answer.outcome, answer.reason = "invalid", "a chunk of its body has no valid size"
    close = "close" in (answer.head.get("connection") or "").lower() if answer.head else True
    whole = body.complete and answer.version == "1.1"
    answer.reusable = whole and not close and not body.ends_with_connection


def _streams(answer: Answer) -> bool:
    kind = (answer.head.get("content-type") or "").lower() if answer.head else ""
    return kind.startswith(_STREAMS)


def _broken(answer: Answer, error: OSError, channel: Channel) -> None:
    if isinstance(error, TimeoutError):
        return
    if isinstance(error, ssl.SSLError):
        seen = channel.messages
        alert = seen.alert if seen else None
        answer.outcome, answer.reason = "tls_failed", error.reason or str(error)[:100]
        answer.wrong = KIND_OF_OPENSSL_REASON.get(error.reason or "", "tls.failed")
        if alert is not None:
            answer.wrong = KIND_OF_TLS_ALERT.get(alert, answer.wrong)
        return
    answer.outcome, answer.reason = "reset", error.strerror or str(error)[:100]
