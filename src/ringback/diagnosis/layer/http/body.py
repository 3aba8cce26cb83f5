"""The body of an HTTP/1 response: where it ends, and whether it does (RFC 9112, section 6)."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.diagnosis.layer.http.head import Head

KEPT = 4096
"""How many of its first bytes are kept."""
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(;[^\n]*)?\r?\n")
_LONGEST_SIZE = 4096

LENGTH_MISMATCH = "http.response.invalid.content_length_mismatch"
INCOMPLETE_CHUNKED = "http.response.invalid.incomplete_chunked_encoding"
DECODING = "http.response.invalid.content_decoding"
PROTOCOL = "http.protocol.error"


class Body:
    """A body as it comes in.

    Attributes:
        received: Bytes of content received.
        complete: Whether it is known to be whole.
        start: Its first bytes.
        wrong: Kind of failure, where it breaks the rules.
        odd: What is wrong with it that clients let pass.

    Args:
        head: Of the response.
        method: Of the request.
    """

    def __init__(self, head: Head, method: str) -> None:
        self.received = 0
        self.complete = False
        self.start = b""
        self.wrong: str | None = None
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
            if b"\n" in pending[at:] or len(pending) > _LONGEST_SIZE:
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
        if len(self.start) < KEPT:
            self.start += data[: KEPT - len(self.start)]
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
