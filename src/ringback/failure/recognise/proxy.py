"""What proxies answer: a status to CONNECT, a code of SOCKS (RFC 1928, RFC 1929, SOCKS 4)."""

import re
from typing import Any

from ringback.failure.codes import status
from ringback.failure.reading import EXACT, SPECIFIC, Reading

_STATUS = re.compile(r"(\d{3}) ")
_CODE = re.compile(r"0x([0-9a-fA-F]{2})\b")

_KIND_OF_SOCKS: dict[int, str] = {
    0x01: "proxy.upstream_failed",
    0x02: "proxy.denied",
    0x03: "proxy.upstream_failed",
    0x04: "proxy.upstream_failed",
    0x05: "proxy.upstream_failed",
    0x06: "proxy.upstream_failed",
    0x07: "proxy.protocol_error",
    0x08: "proxy.protocol_error",
    0x5B: "proxy.upstream_failed",
    0x5C: "proxy.auth_required",
    0x5D: "proxy.auth_required",
}
"""Replies of SOCKS 5 (below 0x10) and of SOCKS 4 (from 0x5A on)."""

_SAID: tuple[tuple[str, int], ...] = (
    ("General SOCKS server failure", 0x01),
    ("not allowed by ruleset", 0x02),
    ("Network unreachable", 0x03),
    ("Host unreachable", 0x04),
    ("Connection refused", 0x05),
    ("TTL expired", 0x06),
    ("Command not supported", 0x07),
    ("Address type not supported", 0x08),
)
"""The replies in the words of RFC 1928, section 6, for httpcore, which leaves out their number."""

_WORDS: tuple[tuple[str, str], ...] = (
    ("NO ACCEPTABLE METHODS", "proxy.auth_required"),
    ("Invalid username/password", "proxy.auth_required"),
    ("No acceptable authentication methods", "proxy.auth_required"),
    ("authentication failure", "proxy.auth_required"),
    ("Connection closed unexpectedly", "proxy.no_response"),
)
"""httpcore, PySocks and python-socks where they leave out the code."""


def answered(exc: Any, by_name: Reading) -> Reading:
    """A proxy error whose message starts with a status, or names a SOCKS reply."""
    text = str(exc)[:500]
    number = _number(exc, text)
    if number is not None and number >= 100:
        kind = status.kind_of_connect(number)
        return Reading(kind, EXACT, "proxy", proxy=True, code=str(number), final=True)
    if number in _KIND_OF_SOCKS:
        kind = _KIND_OF_SOCKS[number]
        return Reading(kind, EXACT, "proxy", proxy=True, code=f"0x{number:02x}", final=True)
    for words, kind in _WORDS:
        if words in text:
            return Reading(kind, SPECIFIC, "proxy", proxy=True, final=True)
    return by_name


def _number(exc: Any, text: str) -> int | None:
    found = _STATUS.match(text)
    if found:
        return int(found[1])
    code = getattr(exc, "error_code", None)  # python-socks
    if isinstance(code, int):
        return int(code)
    found = _CODE.match(text.removeprefix("Socket error: "))
    return int(found[1], 16) if found else _said(text)


def _said(text: str) -> int | None:
    if not text.startswith("Proxy Server could not connect"):
        return None
    return next((number for words, number in _SAID if words in text), None)


RECOGNISERS = {
    "ProxyError": answered,
    "GeneralProxyError": answered,
    "SOCKS5Error": answered,
    "SOCKS4Error": answered,
}
