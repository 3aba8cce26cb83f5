"""What stands for a name or address: the same for the same, wherever it occurs."""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address

_PLACEHOLDER = re.compile(r"\b(?:host|address|user|path|hidden|interface)-\d+\b")
_INTERFACE = re.compile(
    r"(?:lo|eth|en[opsx]|wlan?|wl[opsx]|ww|tun|tap|utun|wg|ppp|docker|br|virbr|veth|bond|vlan)"
    r"[\dpsf.]*"
)
_SHARED = frozenset({"localhost", "ip6-localhost", "localhost.localdomain", "local", "invalid"})


def is_placeholder(text: str) -> bool:
    """Return whether a text holds a placeholder; two reports number theirs independently.

    Args:
        text: From a report.
    """
    return _PLACEHOLDER.search(text) is not None


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that a text is; ``None`` where it is something else.

    Args:
        text: Without brackets and port; a zone (``%eth0``) is passed over.
    """
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


class Placeholders:
    """Numbers what it is asked for, in the order it first came."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def of(self, sort: str, value: str) -> str:
        """Return the placeholder of a value of some sort.

        Args:
            sort: ``user``, ``path``, ``hidden`` …
            value: What it stands for.
        """
        counted = sum(1 for known, _ in self._numbers if known == sort)
        return f"{sort}-{self._numbers.setdefault((sort, value), counted + 1)}"

    def address(self, address: IPv4Address | IPv6Address) -> str:
        """Return what stands for an address: it keeps the family, and whether it is public.

        Loopback and the unspecified address tell nothing and stay.

        Args:
            address: The address.
        """
        if address.is_loopback or address.is_unspecified:
            return str(address)
        scope = "public" if address.is_global else "private"
        return f"{self.of('address', str(address))}-v{address.version}-{scope}"

    def host(self, name: str) -> str:
        """Return what stands for a host; a name and its IDNA form are the same.

        Args:
            name: A name or an address.
        """
        address = address_of(name.strip("[]"))
        if address is not None:
            hidden = self.address(address)
            return f"[{hidden}]" if name.startswith("[") else hidden
        if name.startswith("*."):
            return f"*.{self.host(name[2:])}"
        plain = ascii_of(name)
        return name if not plain or plain in _SHARED else self.of("host", plain)

    def interface(self, name: str) -> str:
        """Return what stands for a network interface; usual names, as ``eth0``, stay.

        Args:
            name: Of the interface.
        """
        return name if _INTERFACE.fullmatch(name) else self.of("interface", name)


def ascii_of(name: str) -> str:
    """Return a name in lower case, in its IDNA form where it has one, without the last dot.

    Args:
        name: Of a host.
    """
    plain = name.rstrip(".").lower()
    with suppress(UnicodeError):
        return plain.encode("idna").decode()
    return plain
