"""Hosts that a policy names for an exception."""

from collections.abc import Collection


def names(hosts: Collection[str], host: str | None) -> bool:
    """Return whether a host is among those named.

    A pattern is a host name or address, compared without regard to case and final dot, or
    ``*.example.com``, which means every name below ``example.com`` and not that name itself.
    ``*`` alone names no host and matches none.

    Args:
        hosts: The patterns.
        host: The host in question.
    """
    if not hosts or not host:
        return False
    plain = _plain(host)
    return any(_matches(_plain(pattern), plain) for pattern in hosts)


def _matches(pattern: str, host: str) -> bool:
    if not pattern.startswith("*."):
        return bool(pattern) and pattern == host
    below = len(pattern) > 2 and len(host) >= len(pattern) and host.endswith(pattern[1:])
    return below and not host.rpartition(".")[2].isdigit()  # an address has nothing below it


def _plain(host: str) -> str:
    host = host.strip().strip("[]").removesuffix(".").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
