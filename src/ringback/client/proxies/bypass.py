"""Which hosts are called without a proxy: what ``NO_PROXY`` means."""

import re
import socket
import struct
from functools import lru_cache

_PORT = re.compile(r"(.*):([0-9]*)", re.DOTALL)


class Bypass:
    """The hosts of one ``no_proxy`` setting.

    It covers what requests 2.34 and the standard library together cover: ``*``; a name and all
    names below it, with or without a leading dot, with or without a port; an IPv4 address; an
    IPv4 network (``10.0.0.0/8``).

    Args:
        value: As in the variable, separated by commas.
        of_urllib: What the standard library takes for the setting, where that is another: it
            also reads ``No_Proxy``, and an empty ``no_proxy`` hides ``NO_PROXY`` from it.
    """

    __slots__ = ("_addresses", "_everything", "_names", "_networks", "_suffixes")

    def __init__(self, value: str, of_urllib: str | None = None) -> None:
        second = value if of_urllib is None else of_urllib
        entries = [entry for entry in value.replace(" ", "").split(",") if entry]
        networks = ((entry, _network(entry)) for entry in entries)
        self._networks = [network for _, network in networks if network]
        self._addresses = frozenset(entry for entry in entries if not _network(entry))
        self._names = frozenset(entry.lstrip(".") for entry in entries)
        self._everything = second == "*"
        stripped = (entry.strip() for entry in second.split(","))
        self._suffixes = frozenset(entry.lstrip(".").lower() for entry in stripped if entry)

    def covers(self, host: str, port: int | None = None) -> bool:
        """Return whether a host is called without a proxy.

        Args:
            host: Name or address, lower case, IPv6 without brackets.
            port: The port that the URL names, if it does.
        """
        if self._everything:
            return True
        return self._covers_as_requests(host, port) or self._covers_as_urllib(host)

    def _covers_as_requests(self, host: str, port: int | None) -> bool:
        number = _number(host)
        if number is not None:
            return host in self._addresses or any(
                number & mask == network for network, mask in self._networks
            )
        return _ends_in(self._names, host) or bool(port and _ends_in(self._names, f"{host}:{port}"))

    def _covers_as_urllib(self, host: str) -> bool:
        found = _PORT.fullmatch(host)  # it takes the end of an IPv6 address for a port
        return _ends_in(self._suffixes, host) or bool(found and _ends_in(self._suffixes, found[1]))


@lru_cache(maxsize=64)
def bypass_of(value: str, of_urllib: str | None = None) -> Bypass:
    """Return the hosts of a setting, made once.

    Args:
        value: See ``Bypass``.
        of_urllib: See ``Bypass``.
    """
    return Bypass(value, of_urllib)


def _ends_in(names: frozenset[str], host: str) -> bool:
    """Whether a name, or one that it is below, is among the names."""
    if not names:
        return False
    while host not in names:
        dot = host.find(".")
        if dot < 0:
            return False
        host = host[dot + 1 :]
    return True


def _number(address: str) -> int | None:
    """The number of an IPv4 address in any form that the C library takes, as requests does."""
    try:
        packed = socket.inet_aton(address)
    except (OSError, ValueError):
        return None
    return int(struct.unpack("!I", packed)[0])


def _network(entry: str) -> tuple[int, int] | None:
    """The number and the mask of ``address/bits``."""
    address, slash, bits = entry.partition("/")
    number = _number(address) if slash and "/" not in bits else None
    try:
        length = int(bits)
    except ValueError:
        return None
    if number is None or not 1 <= length <= 32:
        return None
    mask = 0xFFFFFFFF ^ (1 << 32 - length) - 1
    return number & mask, mask
