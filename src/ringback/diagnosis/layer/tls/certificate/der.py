"""Reading DER, as far as certificates need it (ITU-T X.690)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30
SET = 0x31

_MOST = 1000
"""Elements read of one sequence."""


class DERError(ValueError):
    """The bytes are no DER, or not what was expected."""


class Element(NamedTuple):
    """One element.

    Attributes:
        tag: Class, form and number, in one byte.
        content: What it holds.
        whole: The same with tag and length.
    """

    tag: int
    content: bytes
    whole: bytes


def element(data: bytes) -> Element:
    """Return the first element of some bytes."""
    if len(data) < 2:
        raise DERError("no element")
    tag, length, start = data[0], data[1], 2
    if tag & 0x1F == 0x1F:
        raise DERError("a tag of several bytes")
    if length & 0x80:
        start += length & 0x7F
        if not 2 < start <= 6 or len(data) < start:
            raise DERError("no definite length")
        length = int.from_bytes(data[2:start])
    end = start + length
    if end > len(data):
        raise DERError("cut short")
    return Element(tag, data[start:end], data[:end])


def elements(content: bytes) -> Iterator[Element]:
    """Give the elements that follow one another."""
    for _ in range(_MOST):
        if not content:
            return
        one = element(content)
        yield one
        content = content[len(one.whole) :]
    raise DERError("too many elements")


def sequence(data: bytes, tag: int = SEQUENCE) -> list[Element]:
    """Return the elements of the sequence that some bytes begin with."""
    one = element(data)
    if one.tag != tag:
        raise DERError(f"tag {one.tag:#x} in place of {tag:#x}")
    return list(elements(one.content))


def at_least(found: Iterable[Element], least: int) -> list[Element]:
    """Return elements as a list."""
    listed = list(found)
    if len(listed) < least:
        raise DERError("a field is missing")
    return listed


def identifier(content: bytes) -> str:
    """Return an object identifier in dotted form."""
    arcs: list[int] = []
    value = 0
    for byte in content[:64]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    if not arcs:
        return ""
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))
