"""Values of a JSON document that somebody else wrote."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

MOST_BYTES = 1_048_576
"""Bytes of a batch."""

_LARGEST = 1e12


class EventsInvalid(ValueError):  # noqa: N818 - named for what was found out
    """What was reported cannot be read; the text says why, in one line."""


def document_of(body: bytes) -> dict[str, Any]:
    """Return the object that a body holds.

    Args:
        body: JSON in UTF-8.

    Raises:
        EventsInvalid: It holds none.
    """
    if len(body) > MOST_BYTES:
        raise EventsInvalid(f"the body is larger than {MOST_BYTES} bytes")
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise EventsInvalid("the body is not JSON in UTF-8") from None
    if not isinstance(document, dict):
        raise EventsInvalid("the body is not a JSON object")
    return document


def text(holder: dict[str, Any], name: str, where: str, most: int) -> str:
    """Return a member that is text, in one line and without control characters.

    Args:
        holder: The object.
        name: Of the member; where it is missing, the text is empty.
        where: What to call the object.
        most: Characters; what is longer is cut.

    Raises:
        EventsInvalid: It is something else.
    """
    value = holder.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise EventsInvalid(f"{where}{name} is not a string")
    value = value[:most]
    return value if value.isprintable() else "".join(c if c.isprintable() else " " for c in value)


def number(holder: dict[str, Any], name: str, where: str) -> float | None:
    """Return a member that is a number; ``None``: it is missing.

    Args:
        holder: The object.
        name: Of the member.
        where: What to call the object.

    Raises:
        EventsInvalid: It is something else, infinite, negative or huge.
    """
    value = holder.get(name)
    return None if value is None else measure(value, f"{where}{name}")


def measure(value: Any, where: str) -> float:
    """Return a value that is a number.

    Args:
        value: The value.
        where: What to call it.

    Raises:
        EventsInvalid: It is something else, infinite, negative or huge.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EventsInvalid(f"{where} is not a number")
    if not 0 <= value <= _LARGEST or not isfinite(value):
        raise EventsInvalid(f"{where} is out of range")
    return float(value)


def whole(holder: dict[str, Any], name: str, where: str) -> int | None:
    """Return a member that is a whole number; ``None``: it is missing.

    Args:
        holder: The object.
        name: Of the member.
        where: What to call the object.

    Raises:
        EventsInvalid: It is something else, negative or huge.
    """
    value = number(holder, name, where)
    if value is not None and value != int(value):
        raise EventsInvalid(f"{where}{name} is not a whole number")
    return None if value is None else int(value)


def _refuse(name: str) -> None:
    raise ValueError(name)
