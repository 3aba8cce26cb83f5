"""Host names to addresses: the system's resolver, in bounded time."""

import os
import socket
import time
from collections.abc import Generator

from ringback.client.deadline import current
from ringback.client.dial.address import AddrInfo, is_literal
from ringback.client.dial.cache import Cache, Entry, Key
from ringback.client.dial.lookup import Lookup, LookupTimedOut
from ringback.client.dial.lookups import Lookups

Steps = Generator[tuple[Lookup, float | None], Lookup, list[AddrInfo]]
"""What has to be waited for on the way to the addresses of a host."""

_SYSTEM = socket.getaddrinfo
"""A function put in its place by others is asked every time: only they know what it means."""

PATIENCE = 0.5
"""Seconds that the resolver has to answer where a stale answer is at hand (RFC 8767, section 5: the
client response timer)."""

_NODATA = getattr(socket, "EAI_NODATA", socket.EAI_NONAME)
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, _NODATA})


class Resolver:
    """``socket.getaddrinfo`` with a cache, and within a time.

    Args:
        cache: What is remembered.
        lookups: The threads.
    """

    def __init__(self, cache: Cache, lookups: Lookups) -> None:
        self.cache = cache
        self.lookups = lookups

    def resolve(self, host: str, port: int, until: float | None, family: int = 0) -> list[AddrInfo]:
        """Return the addresses of a host, as ``socket.getaddrinfo`` for TCP does.

        Args:
            host: Name or IP address.
            port: 0 to 65535.
            until: Give up at this time of ``time.monotonic()``; ``None``: never.
            family: ``socket.AF_INET`` or ``AF_INET6``; 0: both.

        Raises:
            socket.gaierror: What the resolver said; ``LookupTimedOut`` where it said nothing.
            UnicodeError: The host cannot be a name: a label is empty or too long.
        """
        if socket.getaddrinfo is _SYSTEM and (entry := self.cache.fresh((host, family))):
            return entry.at(port)
        steps = self.steps(host, port, until, family)
        try:
            wanted = next(steps)
            while True:
                try:
                    made = self.lookups.make(*wanted)
                except LookupTimedOut as error:
                    wanted = steps.throw(error)
                else:
                    wanted = steps.send(made)
        except StopIteration as end:
            found: list[AddrInfo] = end.value
            return found

    def steps(self, host: str, port: int, until: float | None, family: int = 0) -> Steps:
        """Find the addresses of a host, and leave the waiting to others, threads or tasks.

        Args:
            host: As in ``resolve``.
            port: As in ``resolve``.
            until: As in ``resolve``.
            family: As in ``resolve``.

        Yields:
            What to make with ``lookups``, and until when; it is to be sent back once it is done, or
            ``LookupTimedOut`` thrown in.

        Raises:
            socket.gaierror: As in ``resolve``.
            UnicodeError: As in ``resolve``.
        """
        if socket.getaddrinfo is not _SYSTEM:
            return (yield from self._by_replacement(host, port, family, until))
        key = (host, family)
        return (self.cache.fresh(key) or (yield from self._look_up(key, until))).at(port)

    def reset(self) -> None:
        """Start anew: in a forked child."""
        self.cache.reset()
        self.lookups.reset()

    def _by_replacement(self, host: str, port: int, family: int, until: float | None) -> Steps:
        ask = socket.getaddrinfo
        host = host.strip("[]")
        if is_literal(host):
            return list(ask(host, port, family, socket.SOCK_STREAM))
        lookup = Lookup(
            (id(ask), host, port, family), host, lambda: ask(host, port, family, socket.SOCK_STREAM)
        )
        return list((yield lookup, until).result())

    def _look_up(
        self, key: Key, until: float | None
    ) -> Generator[tuple[Lookup, float | None], Lookup, Entry]:
        host, generation = key[0].strip("[]"), self.cache.generation
        if is_literal(host):
            return self._ask(key, host, generation)
        host.encode("idna")  # what cannot be a name needs no thread
        lookup = Lookup((*key, generation), host, lambda: self._ask(key, host, generation))
        stale = self.cache.stale_entry(key)
        try:
            entry: Entry = (yield lookup, _patience(until, stale)).result()
        except socket.gaierror as error:
            if stale is None or error.errno in _NO_SUCH_NAME:
                raise
            self.cache.renew(key, stale)
            return stale
        return entry

    def _ask(self, key: Key, host: str, generation: int) -> Entry:
        try:
            found = _SYSTEM(host, None, key[1], socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno == socket.EAI_NONAME:
                self.cache.deny(key, error.args, generation)
            elif error.errno == _NODATA:
                self.cache.drop(key)
            raise
        return self.cache.keep(key, found, generation)


def _patience(until: float | None, stale: Entry | None) -> float | None:
    """With a stale answer at hand, half of the time must remain for connecting."""
    if stale is None:
        return until
    now = time.monotonic()
    return now + PATIENCE if until is None else min(now + PATIENCE, now + (until - now) / 2)


def soonest(timeout: float | None) -> float | None:
    """Return when a timeout or the deadline of the call ends, on ``time.monotonic()``.

    Args:
        timeout: Seconds from now; ``None``: no timeout.
    """
    deadline = current()
    if timeout is None:
        return deadline
    until = time.monotonic() + timeout
    return until if deadline is None or until < deadline else deadline


resolver = Resolver(Cache(), Lookups())
"""The one of this process."""

names = resolver.cache
"""What this process remembers of names: ``names.clear()``, ``names.entries()``, ``names.ttl``."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=resolver.reset)


def resolve(
    host: str, port: int, *, timeout: float | None = None, family: int = 0
) -> list[AddrInfo]:
    """Return the addresses of a host, as ``socket.getaddrinfo`` for TCP does, within a time.

    Args:
        host: Name or IP address.
        port: 0 to 65535.
        timeout: Seconds; the deadline of the call under way counts as well.
        family: ``socket.AF_INET`` or ``AF_INET6``; 0: both.

    Raises:
        socket.gaierror: What the resolver said; ``LookupTimedOut`` where it said nothing in time.
        UnicodeError: The host cannot be a name: a label is empty or too long.
    """
    return resolver.resolve(host, port, soonest(timeout), family)
