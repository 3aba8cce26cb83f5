"""One address as ``getaddrinfo`` gives it, and how it is written."""

import socket
from typing import Any

AddrInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""Family, type, protocol, canonical name, socket address."""


def is_literal(host: str) -> bool:
    """Return whether a host is an IP address, so that no resolver is asked.

    Args:
        host: Name or address; an IPv6 address may have a zone (``fe80::1%eth0``).
    """
    if ":" in host:
        return _is(socket.AF_INET6, host.partition("%")[0])
    return host[-1:].isdigit() and _is(socket.AF_INET, host)


def _is(family: int, text: str) -> bool:
    try:
        socket.inet_pton(family, text)
    except (OSError, ValueError):
        return False
    return True


def written(address: AddrInfo) -> str:
    """Return ``192.0.2.1:80`` or ``[2001:db8::1]:80``."""
    host, port = address[4][:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
