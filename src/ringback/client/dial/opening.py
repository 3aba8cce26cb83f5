"""Sockets made ready to be connected."""

import socket
from collections.abc import Iterable

from ringback.client.dial.address import AddrInfo, is_literal

SocketOption = tuple[int, int, int | bytes]
"""Level, option, value, as for ``socket.setsockopt``."""
Source = tuple[str, int]
"""Address and port to connect from."""


class Opening:
    """Makes the sockets of one ``dial``.

    Args:
        source: Where they are bound, if anywhere.
        options: Set on each.
    """

    __slots__ = ("_options", "_source")

    def __init__(self, source: Source | None, options: Iterable[SocketOption] | None) -> None:
        self._source = source
        self._options = tuple(options) if options else ()

    def __call__(self, address: AddrInfo) -> socket.socket:
        """Return a socket for an address.

        Args:
            address: Where it will be connected to.

        Raises:
            OSError: There is none of this family, or it cannot be bound.
        """
        sock = socket.socket(*address[:3])
        try:
            for option in self._options:
                sock.setsockopt(*option)
            if self._source is not None:
                sock.bind(self._source)
        except BaseException:
            sock.close()
            raise
        return sock

    def reachable(self, found: list[AddrInfo]) -> list[AddrInfo]:
        """Return the addresses of the source's family; all, if it has none of them.

        Args:
            found: As resolved.
        """
        if self._source is None or not is_literal(self._source[0]):
            return found
        family = socket.AF_INET6 if ":" in self._source[0] else socket.AF_INET
        return [one for one in found if one[0] == family] or found
