"""The body of an answer as text."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.monitor.probe.http.connection import Connection

MOST_TEXT = 1_048_576
"""Bytes of text, so that a small body cannot become a large one."""

_EITHER = 32 + zlib.MAX_WBITS
"""Tells zlib to take gzip and zlib alike."""


def text_of(answer: Connection) -> str:
    """Return the body as text, decoded as its headers say.

    Args:
        answer: Its body was kept.

    Raises:
        ValueError: It is not encoded as they say.
    """
    whole = b"".join(answer.body)
    encoding = charset = b""
    for name, value in answer.headers:
        if name == b"content-encoding":
            encoding = value.strip().lower()
        elif name == b"content-type":
            charset = value.lower().partition(b"charset=")[2].split(b";")[0].strip(b'" ')
    if encoding in {b"gzip", b"x-gzip", b"deflate"}:
        whole = _inflated(whole)
    try:
        return whole.decode(charset.decode("ascii") or "utf-8", "replace")
    except (LookupError, UnicodeError):
        return whole.decode("utf-8", "replace")


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj(_EITHER)
    try:
        found = inflater.decompress(data, MOST_TEXT)
    except zlib.error as error:
        raise ValueError(f"the body is not compressed as it says: {error}") from None
    if not inflater.eof and len(found) < MOST_TEXT:
        raise ValueError("the compressed body ends too early")
    return found
