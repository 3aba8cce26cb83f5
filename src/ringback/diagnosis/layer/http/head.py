"""The head of an HTTP/1 response (RFC 9112), read as strictly as the usual clients do."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 128 * 1024
"""Bytes of a head that are read; ``http.client`` takes lines of up to 64 KiB."""
_LINE = 64 * 1024
_FIELDS = 100
"""Header lines that ``http.client`` takes."""

_STATUS_LINE = re.compile(rb"HTTP/(1\.[01]) (\d{3})(?: ([^\r\n]*))?\r?$")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+$")
_LENGTH = re.compile(r"[0-9]{1,18}")
_END = re.compile(rb"\r?\n\r?\n")


class HeadError(ValueError):
    """The head breaks rules that clients insist on."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a response.

    Attributes:
        version: ``1.0`` or ``1.1``.
        status: The status.
        reason: The words behind it.
        fields: Names in lower case, with values, in order.
        odd: What is wrong with it that clients let pass.
    """

    version: str
    status: int
    reason: str
    fields: tuple[tuple[str, str], ...]
    odd: tuple[str, ...] = ()

    def get(self, name: str) -> str | None:
        """Return the first value of a field."""
        return next((value for key, value in self.fields if key == name), None)

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value for key, value in self.fields if key == name]


def split(data: bytes) -> tuple[bytes, bytes] | None:
    """Return the head and what follows it; ``None`` while the head is not complete."""
    found = _END.search(data, 0, LONGEST + 4)
    return None if found is None else (data[: found.start()], data[found.end() :])


def parse(data: bytes) -> Head:
    """Return a head."""
    first, *lines = data.split(b"\n")
    line = _STATUS_LINE.match(first)
    if line is None:
        raise HeadError("the status line is malformed")
    if len(lines) > _FIELDS:
        raise HeadError(f"it has {len(lines)} header lines")
    if max((len(each) for each in lines), default=0) > _LINE:
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
    lengths = {part.strip() for each in head.all("content-length") for part in each.split(",")}
    if not all(map(_LENGTH.fullmatch, lengths)):
        raise HeadError("its Content-Length is no number")
    if len(lengths) > 1:
        raise HeadError("it has two different Content-Lengths")


def _text(value: bytes) -> str:
    return value.strip(b" \t\r").decode("latin-1")
