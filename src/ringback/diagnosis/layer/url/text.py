"""The text that was asked: what of it may be shown, and what was probably meant."""

from __future__ import annotations

import difflib
import re
from typing import Final

from ringback.diagnosis.protocols import ALIASES, PROTOCOLS

LONGEST: Final = 8192
"""Characters that are read."""

SHOWN: Final = 300
"""Characters that are shown."""

_HEAD = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{0,20}://")
_QUOTES = "\"'`“”‘’«»„"
_AROUND = f"{_QUOTES}<>(),;"
_SEPARATOR = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)\s*(?::\s*[/\\]*|;//|[/\\]{2,})\s*")
_NESTED = re.compile(r"(?:https?:?/+)+(?=https?:/+)", re.IGNORECASE)


def shown(text: str) -> str:
    """Return a text that may be printed: one line, cut, without what could drive a terminal."""
    cut = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def without_secrets(text: str) -> str | None:
    """Return what may be shown of a text that is no URL: no credentials, nothing behind a ``?``."""
    found = _HEAD.match(text)
    head = found[0] if found else ""
    authority, tail = split(text[len(head) :])
    if "@" in tail:
        return None
    path = re.split(r"[?#]", tail, maxsplit=1)[0]
    return shown(head + authority.rpartition("@")[2] + path)


def repaired(text: str) -> str:
    """Return what was probably meant by a text that is no URL."""
    compact = re.sub(r"\s+", "", text).strip(_QUOTES).strip("<>()")
    compact = _NESTED.sub("", compact)
    found = _SEPARATOR.match(compact)
    if compact.startswith(("//", "://")):
        compact = f"https://{compact.lstrip(':/')}"
    elif found and (scheme := nearest_scheme(found[1])) and not _of_a_socket(compact, scheme):
        compact = f"{scheme}://{compact[found.end() :]}"
    head, _, rest = compact.rpartition("://")
    authority, tail = split(rest)
    authority = _authority(authority)
    slashes = tail.replace("\\", "/")
    return f"{head}://{authority}{slashes}" if head else f"{authority}{slashes}"


def _of_a_socket(text: str, scheme: str) -> bool:
    """Whether it names no host on purpose, as databases on this machine are named."""
    return ":///" in text and PROTOCOLS[ALIASES.get(scheme, scheme)].name != "http"


def nearest_scheme(scheme: str) -> str | None:
    """Return a scheme that is known, or the one that it is a slip of; ``None``: there is none."""
    lower = scheme.lower()
    if lower in PROTOCOLS or lower in ALIASES:
        return lower
    # The common ones first: of several that are equally near, the first is taken.
    for known in (("https", "http", "wss", "ws"), tuple(PROTOCOLS)):
        near = difflib.get_close_matches(lower, known, n=1, cutoff=0.75)
        if near:
            return near[0]
    return None


def split(rest: str) -> tuple[str, str]:
    """Return the authority and what follows it."""
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    return authority, rest[len(authority) :]


def _authority(authority: str) -> str:
    user, at, place = authority.rpartition("@")
    if place.count(":") > 1 and "[" not in place:
        place = f"[{place.rstrip(']')}]"
    elif place.startswith("[") and "]" not in place:
        place = f"{place}]"
    elif place.startswith("[") and ":" not in place.partition("]")[0]:
        place = place.replace("[", "").replace("]", "")
    elif not place.startswith("["):
        place = re.sub(r"\.{2,}", ".", place.strip(_AROUND).strip(".").rstrip(":"))
    return f"{user}{at}{place}"
