"""Whether a certificate is for a host (RFC 9525)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


def matches(names: Iterable[str], host: str) -> bool:
    """Return whether a host is among the names of a certificate."""
    wanted = _plain(host)
    address = _address(wanted)
    if address is not None:
        return any(_address(name) == address for name in names)
    return any(_is_for(_plain(name), wanted) for name in names)


def _is_for(name: str, host: str) -> bool:
    if not name.startswith("*."):
        return name == host
    _, dot, rest = host.partition(".")
    return bool(dot) and rest == name[2:] and "." in rest


def _plain(name: str) -> str:
    name = name.strip("[]").partition("%")[0].rstrip(".").lower()
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
