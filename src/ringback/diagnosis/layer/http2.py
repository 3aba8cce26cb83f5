"""One request over HTTP/2 (RFC 9113), for a server that speaks nothing older.

Only what a single ``GET`` needs: no priorities, no push, and of HPACK (RFC 7541) only the status.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringback.diagnosis.layer.http_exchange import AGENT
from ringback.diagnosis.layer.http_message import Head, HttpResponse, MessageBody

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringback.diagnosis.layer.http_exchange import HttpRequest
    from ringback.diagnosis.layer.tls_channel import TlsChannel


_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY = 0x0, 0x1, 0x3, 0x4, 0x6, 0x7
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
_NO_PUSH = b"\x00\x02\x00\x00\x00\x00"
_REFUSED_STREAM = 0x7
_MAX_FRAME = 1 << 14
"""Bytes of a frame: what we have not allowed to be exceeded."""
_MAX_CONTENT = 32 * 1024
"""Bytes of content after which an answer is whole enough: our window is 64 KiB."""

_INDEXED = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}
_STATUS_NAME = frozenset({0x48, 0x08, 0x18})
"""A literal field whose name is entry 8 of the static table, ``:status``."""


@dataclass(frozen=True, slots=True)
class _Frame:
    kind: int
    flags: int
    stream: int
    payload: bytes


class _FrameError(ValueError):
    """What came is no frame."""


def exchange_http2(channel: TlsChannel, request: HttpRequest, within: float) -> HttpResponse:
    """Send a request over HTTP/2 and return what came of it."""
    text = _opening(request)
    answer = HttpResponse(version="2", sent=len(text))
    began = time.monotonic()
    try:
        channel.send(text, within)
        for frame in _frames(channel, began + within):
            if answer.first_byte is None:
                answer.first_byte = time.monotonic() - began
            if _takes(channel, answer, frame, within):
                return answer
        answer.outcome = "closed" if answer.head is None else "truncated"
    except _FrameError:
        answer.outcome = "not_http"
    except TimeoutError:
        answer.outcome = "timeout" if answer.head is None else "body_timeout"
    except OSError as error:
        answer.outcome, answer.reason = "reset", str(error)[:100]
    return answer


def _opening(request: HttpRequest) -> bytes:
    block = b"\x82" + (b"\x87" if request.scheme == "https" else b"\x86")
    target = request.target.encode("ascii", "replace")
    block += b"\x04" + _text(target) + b"\x01" + _text(request.ascii_authority.encode())
    block += b"\x0f\x2b" + _text(AGENT.encode()) + b"\x0f\x04" + _text(b"*/*")
    headers = _frame(_HEADERS, _END_STREAM | _END_HEADERS, 1, block)
    return _PREFACE + _frame(_SETTINGS, 0, 0, _NO_PUSH) + headers


def _text(value: bytes) -> bytes:
    """A string of HPACK, not compressed (RFC 7541, section 5.2)."""
    if len(value) < 127:
        return bytes((len(value),)) + value
    length, prefix = len(value) - 127, b"\x7f"
    while length >= 128:
        prefix += bytes((length & 127 | 128,))
        length >>= 7
    return prefix + bytes((length,)) + value


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    head = len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4)
    return head + payload


def _frames(channel: TlsChannel, ends: float) -> Iterator[_Frame]:
    data = b""
    while piece := channel.receive(ends - time.monotonic()):
        data += piece
        while len(data) >= 9:
            length = int.from_bytes(data[:3])
            if length > _MAX_FRAME:
                raise _FrameError
            if len(data) < 9 + length:
                break
            stream = int.from_bytes(data[5:9]) & 0x7FFFFFFF
            yield _Frame(data[3], data[4], stream, data[9 : 9 + length])
            data = data[9 + length :]


def _takes(channel: TlsChannel, answer: HttpResponse, frame: _Frame, within: float) -> bool:
    """Take in a frame; return whether the answer is over."""
    if frame.kind in {_SETTINGS, _PING} and not frame.flags & _ACK:
        payload = frame.payload if frame.kind == _PING else b""
        channel.send(_frame(frame.kind, _ACK, 0, payload), within)
    elif frame.kind == _GOAWAY:
        return _goes_away(answer, frame.payload)
    elif frame.kind == _RST_STREAM and frame.stream == 1:
        _refused(answer, int.from_bytes(frame.payload[:4]), processed=True)
        return True
    elif frame.kind in {_HEADERS, _DATA} and frame.stream == 1:
        _takes_content(answer, frame)
        whole = bool(frame.flags & _END_STREAM) or _is_enough(answer)
        answer.outcome = "answered" if whole else answer.outcome
        return whole
    return False


def _takes_content(answer: HttpResponse, frame: _Frame) -> None:
    if frame.kind == _DATA and answer.body is not None:
        answer.body.feed(frame.payload)
    elif answer.head is None:
        status = status_of(_block(frame))
        if status >= 200:
            answer.head = Head("2", status, "", ())
            answer.body = MessageBody(answer.head, "GET")


def _is_enough(answer: HttpResponse) -> bool:
    return answer.body is not None and answer.body.received >= _MAX_CONTENT


def _block(frame: _Frame) -> bytes:
    payload = frame.payload
    if frame.flags & _PADDED:
        payload = payload[1:]
    return payload[5:] if frame.flags & _PRIORITY else payload


def status_of(block: bytes) -> int:
    """Return the status at the beginning of a block of fields; 0: it cannot be read."""
    while block and block[0] & 0xE0 == 0x20:  # the size of the table changes
        block = block[1:] if block[0] & 0x1F != 0x1F else block[2:].lstrip(b"\x80")[1:]
    if not block:
        return 0
    if block[0] in _INDEXED:
        return _INDEXED[block[0]]
    if block[0] not in _STATUS_NAME or len(block) < 2:
        return 0
    value = block[2 : 2 + (block[1] & 0x7F)]
    digits = _huffman_digits(value) if block[1] & 0x80 else value.decode("ascii", "replace")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) == 3 else 0


def _huffman_digits(value: bytes) -> str:
    """Three digits in the code of RFC 7541, appendix B: 0 to 2 have five bits, the others six."""
    bits = "".join(f"{byte:08b}" for byte in value)
    digits = ""
    while len(digits) < 3 and len(bits) >= 5:
        if bits[:5] in {"00000", "00001", "00010"}:
            digits, bits = digits + str(int(bits[:5], 2)), bits[5:]
        elif "011001" <= bits[:6] <= "011111":
            digits, bits = digits + str(int(bits[:6], 2) - 22), bits[6:]
        else:
            break
    return digits


def _goes_away(answer: HttpResponse, payload: bytes) -> bool:
    last = int.from_bytes(payload[:4]) & 0x7FFFFFFF
    code = int.from_bytes(payload[4:8])
    if code == 0 and last >= 1:
        return False  # it ends the connection once it has answered
    _refused(answer, code, processed=last >= 1)
    return True


def _refused(answer: HttpResponse, code: int, *, processed: bool) -> None:
    refused = code == _REFUSED_STREAM or not processed
    answer.outcome = "invalid"
    answer.wrong = "h2.refused_stream" if refused else "h2.protocol.error"
    answer.reason = f"the server ends the stream with error {code} of HTTP/2"
