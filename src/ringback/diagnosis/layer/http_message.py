"""The response to one request: its head and its body (RFC 9112).

The head is read as strictly as the usual clients do.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from ringback.diagnosis.layer.kernel import UNCONFIRMED
from ringback.failure.codes import KIND_OF_STATUS

if TYPE_CHECKING:
    from ringback.diagnosis.fact_values import ConfirmedFacts
    from ringback.failure.names import KindName

MAX_HEAD = 128 * 1024
"""Bytes of a head that are read; ``http.client`` takes lines of up to 64 KiB."""
_MAX_LINE = 64 * 1024
_MAX_FIELDS = 100
"""Header lines that ``http.client`` takes."""

_STATUS_LINE = re.compile(rb"HTTP/(1\.[01]) (\d{3})(?: ([^\r\n]*))?\r?$")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+$")
_LENGTH = re.compile(r"[0-9]{1,18}")
_END = re.compile(rb"\r?\n\r?\n")


class HeadError(ValueError):
    """The head breaks rules that clients insist on."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a response."""

    version: str
    status: int
    reason: str  # The words behind it
    fields: tuple[tuple[str, str], ...]  # Names in lower case, with values, in order
    odd: tuple[str, ...] = ()  # What is wrong with it that clients let pass

    def get(self, name: str) -> str | None:
        """Return the first value of a field."""
        return next((value for key, value in self.fields if key == name), None)

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value for key, value in self.fields if key == name]


def split_head(data: bytes) -> tuple[bytes, bytes] | None:
    """Return the head and what follows it; ``None`` while the head is not complete."""
    found = _END.search(data, 0, MAX_HEAD + 4)
    return None if found is None else (data[: found.start()], data[found.end() :])


def parse_head(data: bytes) -> Head:
    """Return a head."""
    first, *lines = data.split(b"\n")
    line = _STATUS_LINE.match(first)
    if line is None:
        raise HeadError("the status line is malformed")
    if len(lines) > _MAX_FIELDS:
        raise HeadError(f"it has {len(lines)} header lines")
    if max((len(line) for line in lines), default=0) > _MAX_LINE:
        raise HeadError("a header line is longer than 64 KiB")
    fields, odd = _fields(lines)
    head = Head(line[1].decode(), int(line[2]), _text(line[3] or b""), fields, odd)
    _check_length(head)
    return head


def _fields(lines: list[bytes]) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    fields: list[tuple[str, str]] = []
    odd: list[str] = []
    for line in lines:
        name, colon, value = line.rstrip(b"\r").partition(b":")
        if colon and _NAME.match(name):
            fields.append((name.decode().lower(), _text(value)))
        elif line[:1] not in b" \t":
            odd.append("a header line is malformed")
    return tuple(fields), tuple(dict.fromkeys(odd))


def _check_length(head: Head) -> None:
    if head.get("transfer-encoding"):
        return
    lengths = {part.strip() for value in head.all("content-length") for part in value.split(",")}
    if not all(map(_LENGTH.fullmatch, lengths)):
        raise HeadError("its Content-Length is no number")
    if len(lengths) > 1:
        raise HeadError("it has two different Content-Lengths")


def _text(value: bytes) -> str:
    return value.strip(b" \t\r").decode("latin-1")


KEPT_BYTES = 4096
"""How many of its first bytes are kept."""
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(;[^\n]*)?\r?\n")
_MAX_CHUNK_LINE = 4096

LENGTH_MISMATCH: Final = "http.response.invalid.content_length_mismatch"
INCOMPLETE_CHUNKED: Final = "http.response.invalid.incomplete_chunked_encoding"
DECODING: Final = "http.response.invalid.content_decoding"
PROTOCOL: Final = "http.protocol.error"


class MessageBody:
    """A body as it comes in.

    Attributes:
        received: Bytes of content received.
        complete: Whether it is known to be whole.
        start: Its first bytes.
        wrong: Kind of failure, where it breaks the rules.
        odd: What is wrong with it that clients let pass.
    """

    def __init__(self, head: Head, method: str) -> None:
        self.received = 0
        self.complete = False
        self.start = b""
        self.wrong: KindName | None = None
        self.odd = ""
        coding = (head.get("transfer-encoding") or "").lower()
        length = head.get("content-length")
        self.chunked = coding.endswith("chunked")
        self.length = None if coding or length is None else int(length.partition(",")[0])
        self._decoder = _decoder(head.get("content-encoding") or "")
        self._left = 0
        self._pending = b""
        without = method == "HEAD" or head.status in {204, 304} or head.status < 200
        if without or self.length == 0:
            self.length, self.chunked, self.complete = 0, False, True

    @property
    def ends_with_connection(self) -> bool:
        """Whether only the end of the connection ends it."""
        return self.length is None and not self.chunked

    def feed(self, data: bytes) -> None:
        """Take in what was received."""
        if self.complete or self.wrong:
            if data and self.complete:
                self.odd = "more came than its length says"
        elif self.chunked:
            self._unchunk(data)
        else:
            self._plain(data)

    def end(self) -> None:
        """Note that the connection has ended."""
        if self.complete or self.wrong:
            return
        if self.ends_with_connection:
            self.complete = True
            self._finish()
        else:
            self.wrong = INCOMPLETE_CHUNKED if self.chunked else LENGTH_MISMATCH

    def _plain(self, data: bytes) -> None:
        wanted = len(data) if self.length is None else self.length - self.received
        self._take(data[:wanted])
        if self.length is not None and self.received == self.length:
            self.complete = True
            self._finish()
            self.feed(data[wanted:])

    def _unchunk(self, data: bytes) -> None:
        self._pending += data
        while self._pending and not self.complete and not self.wrong:
            if self._left:
                piece = self._pending[: self._left]
                self._pending = self._pending[len(piece) :]
                self._left -= len(piece)
                self._take(piece)
            elif not self._next_chunk():
                return

    def _next_chunk(self) -> bool:
        """Read the line with the size of a chunk; return whether it was there."""
        pending = self._pending
        if self.received and pending[:2] != b"\r\n"[: len(pending[:2])]:
            self.wrong = PROTOCOL
            return False
        at = 2 if self.received else 0
        found = _SIZE.match(pending, at)
        if found is None:
            if b"\n" in pending[at:] or len(pending) > _MAX_CHUNK_LINE:
                self.wrong = PROTOCOL
            return False
        self._pending = pending[found.end() :]
        self._left = int(found[1], 16)
        if not self._left:
            self.complete = True
            self._finish()
        return True

    def _take(self, data: bytes) -> None:
        self.received += len(data)
        if len(self.start) < KEPT_BYTES:
            self.start += data[: KEPT_BYTES - len(self.start)]
        if self._decoder is not None:
            try:
                self._decoder.decompress(data, 1 << 20)
            except zlib.error:
                self.wrong = DECODING

    def _finish(self) -> None:
        decoder = self._decoder
        ends = decoder is None or decoder.eof or decoder.unconsumed_tail
        if self.received and not self.wrong and not ends:
            self.wrong = DECODING


def _decoder(coding: str) -> zlib._Decompress | None:
    """A server may compress although it was asked not to."""
    return zlib.decompressobj(31) if coding.strip().lower() in {"gzip", "x-gzip"} else None


Outcome = Literal[
    "answered",
    "timeout",
    "closed",
    "reset",
    "truncated",
    "not_http",
    "tls_bytes",
    "headers_truncated",
    "body_timeout",
    "invalid",
    "tls_failed",
]

_KINDS: dict[str, KindName] = {
    "timeout": "http.response.timed_out",
    "closed": "http.response.invalid.empty",
    "reset": "tcp.reset",
    "not_http": "http.response.invalid.not_http",
    "tls_bytes": "http.response.invalid.not_http",
    "headers_truncated": "http.response.headers.truncated",
    "body_timeout": "http.response.body_timed_out",
    "invalid": "http.protocol.error",
    "tls_failed": "tls.failed",
}


@dataclass(slots=True)
class HttpResponse:
    """What came of one request."""

    outcome: Outcome = "timeout"  # In one word
    version: str | None = None  # `1.0`, `1.1` or `2`; `None`: no HTTP came.
    head: Head | None = None
    body: MessageBody | None = None
    first_byte: float | None = None  # Seconds until its first byte
    first: bytes = b""
    reason: str = ""  # What exactly is wrong
    wrong: KindName | None = None  # The kind, where the outcome does not say it
    sent: int = 0  # Bytes of the request, before TLS
    # What the kernel knew of the connection when the answer failed
    confirmed: ConfirmedFacts = field(default_factory=lambda: UNCONFIRMED)
    reusable: bool = False  # Whether another request may be sent over the same connection

    @property
    def status(self) -> int | None:
        """The status."""
        return self.head.status if self.head else None

    @property
    def kind(self) -> KindName | None:
        """The kind of failure; ``None``: the answer is fine."""
        if self.outcome == "answered":
            status = self.status or 0
            return None if status < 400 else KIND_OF_STATUS.get(status, "http.error")
        return self.wrong or _KINDS.get(self.outcome)
