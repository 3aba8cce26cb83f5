"""The addresses of one host: in which order they are tried, and the sockets for them."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

AddrInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""Family, type, protocol, canonical name, socket address."""


def is_literal(host: str) -> bool:
    """Return whether a host is an IP address, so that no resolver is asked."""
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


_NO_ADDRESSES: Mapping[str, float] = {}


def in_order(
    found: Sequence[AddrInfo], avoided: Mapping[str, float] = _NO_ADDRESSES
) -> list[AddrInfo]:
    """Return addresses in the order to try them: RFC 8305, section 4.

    The resolver's order (RFC 6724), but with the families in turn, each address once, and those
    that failed lately last.
    """
    if len(found) == 1:
        return list(found)
    families: dict[int, list[AddrInfo]] = {}
    last: dict[str, AddrInfo] = {}
    for address in dict.fromkeys(found):
        if address[4][0] in avoided:
            last[address[4][0]] = address
        else:
            families.setdefault(address[0], []).append(address)
    turns = chain.from_iterable(zip_longest(*families.values()))
    return [address for address in turns if address] + [last[ip] for ip in avoided if ip in last]


AVOID_SECONDS = 60.0
"""How long an address is put last."""
_MAX_TARGETS = 512
_MAX_ADDRESSES = 32

HostPort = tuple[str, int]
"""Host and port."""


class Avoided:
    """Remembers the addresses that failed, per host and port; bounded, and safe in threads."""

    def __init__(
        self, *, seconds: float = AVOID_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._clock = seconds, clock
        self.reset()

    def reset(self) -> None:
        """Forget everything, with a new lock: a forked child may have inherited a locked one."""
        self._lock = threading.Lock()
        self._until: dict[HostPort, dict[str, float]] = {}

    def of(self, target: HostPort) -> Mapping[str, float]:
        """Return the addresses to avoid and until when, the one that failed first first."""
        if target not in self._until:
            return _NO_ADDRESSES
        now = self._clock()
        with self._lock:
            kept = {
                address: until
                for address, until in self._until.pop(target, _NO_ADDRESSES).items()
                if until > now
            }
            if kept:
                self._until[target] = kept
            return dict(kept)

    def add(self, target: HostPort, address: str) -> None:
        """Put an address last from now on."""
        with self._lock:
            known = self._until.setdefault(target, {})
            known.pop(address, None)  # to the end of the order
            known[address] = self._clock() + self._seconds
            _trim(known, _MAX_ADDRESSES)
            _trim(self._until, _MAX_TARGETS)

    def remove(self, target: HostPort, address: str) -> None:
        """An address answered."""
        if target in self._until:
            with self._lock:
                self._until.get(target, {}).pop(address, None)


def _trim(known: dict[Any, Any], most: int) -> None:
    while len(known) > most:
        del known[next(iter(known))]


avoided = Avoided()
"""What this process remembers."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=avoided.reset)


SocketOption = tuple[int, int, int | bytes]
"""Level, option, value, as for ``socket.setsockopt``."""
Source = tuple[str, int]
"""Address and port to connect from."""


class Opening:
    """Makes the sockets of one ``dial``."""

    __slots__ = ("_options", "_source")

    def __init__(self, source: Source | None, options: Iterable[SocketOption] | None) -> None:
        self._source = source
        self._options = tuple(options) if options else ()

    def __call__(self, address: AddrInfo) -> socket.socket:
        """Return a socket for an address."""
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
        """Return the addresses of the source's family; all, if it has none of them."""
        if self._source is None or not is_literal(self._source[0]):
            return found
        family = socket.AF_INET6 if ":" in self._source[0] else socket.AF_INET
        return [address for address in found if address[0] == family] or found
