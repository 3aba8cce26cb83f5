"""Advice for this case: what is known stands where the advice in general has a placeholder.

Kinds and verdicts advise in general: ``dig NAME``, ``ss -ltn 'sport = :PORT'``. Only what stands in
backquotes is a command, and has placeholders. It is pasted into a shell, and what is known came
from others: so nothing is filled in that a shell might take for more than a word.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.failure.model import Target

_COMMAND = re.compile(r"`[^`]*`")
_PLACEHOLDER = re.compile(
    r"//HOST:PORT\b|//HOST\b|\bHOST:443\b|\bPROXY:PORT\b|@ADDRESS\b"
    r"|\b(?:URL|HOST|PORT|NAME|ADDRESS|GATEWAY)\b"
)
_WORD = re.compile(r"[\w.:%@/\[\]-]{1,300}", re.ASCII)
_QUOTABLE = re.compile(r"[^\s`]{1,300}")
_ADDRESS = re.compile(r"[\d.]+|[\da-fA-F]*:[\w:.%]*", re.ASCII)


def filled(step: str, known: Mapping[str, object]) -> str:
    """Return a step whose commands have what is known in the place of placeholders."""

    def put(match: re.Match[str]) -> str:
        text = str(known.get(match[0]) or "")
        if match[0] == "URL":
            return shlex.quote(text) if _QUOTABLE.fullmatch(text) else match[0]
        return text if is_word(text) else match[0]

    def command(match: re.Match[str]) -> str:
        return _PLACEHOLDER.sub(put, match[0])

    return _COMMAND.sub(command, step)


def is_word(text: str) -> bool:
    """Return whether a shell takes a text for one word, and for no more."""
    return _WORD.fullmatch(text) is not None


def place_of(host: object, port: object) -> dict[str, object]:
    """Return what stands for the placeholders of a host and a port."""
    if not host:
        return {"PORT": port}
    shown = f"[{host}]" if ":" in str(host) else host
    known: dict[str, object] = {"HOST": host, "//HOST": f"//{shown}"}
    if not _ADDRESS.fullmatch(str(host)):
        known["NAME"] = host
    if port:
        place = f"{shown}:{port}"
        known |= {"PORT": port, "//HOST:PORT": f"//{place}", "HOST:443": place}
    return known


def known_of(target: Target) -> dict[str, object]:
    """Return what stands for the placeholders where only the target is known."""
    found = {**place_of(target.host, target.port), "URL": target.url, "PROXY:PORT": target.proxy}
    if target.address and _ADDRESS.fullmatch(target.address):
        found["ADDRESS"] = target.address
    return found
