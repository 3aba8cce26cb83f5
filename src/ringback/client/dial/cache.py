"""What the system's resolver answered, kept for a short while."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ringback.client.dial.address import AddrInfo
from ringback.client.dial.sources import Sources

Key = tuple[str, int]
"""Host name and address family."""

RECHECK = 10.0
"""Seconds for which a stale answer is used without asking again (RFC 8767, section 5: the failure
recheck timer)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer.

    Attributes:
        addresses: Without a port; empty where the name does not exist.
        error: What the resolver said of a name that does not exist: number and text.
        fresh_until: When the resolver is asked again, on the cache's clock.
        stale_until: Until when it is good enough if the resolver then fails.
    """

    addresses: tuple[AddrInfo, ...]
    error: tuple[int, str] | None
    fresh_until: float
    stale_until: float

    def at(self, port: int) -> list[AddrInfo]:
        """Return the addresses with a port.

        Args:
            port: 0 to 65535.

        Raises:
            socket.gaierror: The name does not exist.
        """
        if self.error is not None:
            raise socket.gaierror(*self.error)
        return [
            (family, kind, protocol, name, (at[0], port, *at[2:]))
            for family, kind, protocol, name, at in self.addresses
        ]


class Cache:
    """Answers by host name and family; safe to use from every thread.

    ``getaddrinfo`` does not tell how long an answer is valid, so the lifetimes are short and
    fixed. A change of ``/etc/hosts``, ``resolv.conf`` or ``nsswitch.conf`` empties the cache
    within a second. Nothing tells it that the answers differ for another reason, as in another
    network namespace: ``clear`` it.

    Attributes:
        ttl: Seconds an address is used; 0 turns the cache off.
        negative_ttl: Seconds a name is taken not to exist.
        stale: Seconds after ``ttl`` in which an address is still used when the resolver fails.
        most: Names kept; the one that was asked for longest ago goes first.
        generation: Counts how often the cache was emptied.
    """

    def __init__(
        self,
        *,
        ttl: float = 30.0,
        negative_ttl: float = 3.0,
        stale: float = 3600.0,
        most: int = 1024,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ttl, self.negative_ttl, self.stale, self.most = ttl, negative_ttl, stale, most
        self.generation = 0
        self._clock = clock
        self._sources = Sources()
        self.reset()

    def reset(self) -> None:
        """Start anew with a new lock: a forked child may have inherited a locked one."""
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget everything; answers to questions under way are not kept."""
        with self._lock:
            self.generation += 1
            self._entries: dict[Key, Entry] = {}

    def entries(self) -> Mapping[Key, Entry]:
        """Return what is kept at this moment."""
        with self._lock:
            return MappingProxyType(dict(self._entries))

    def fresh(self, key: Key) -> Entry | None:
        """Return an answer for which the resolver need not be asked."""
        now = self._clock()
        if self._sources.changed(now):
            self.clear()
        entry = self._entries.get(key)
        return entry if entry is not None and now < entry.fresh_until else None

    def stale_entry(self, key: Key) -> Entry | None:
        """Return an answer to use if the resolver fails."""
        entry = self._entries.get(key)
        usable = entry is not None and entry.error is None and self._clock() < entry.stale_until
        return entry if usable else None

    def keep(self, key: Key, addresses: Iterable[AddrInfo], generation: int) -> Entry:
        """Keep an answer and return it.

        Args:
            key: What was asked.
            addresses: Without a port.
            generation: That of the cache when the question was asked.
        """
        until = self._clock() + self.ttl
        entry = Entry(tuple(addresses), None, until, until + self.stale)
        if self.ttl > 0:
            self._put(key, entry, generation)
        return entry

    def deny(self, key: Key, error: tuple[int, str], generation: int) -> None:
        """Keep that a name does not exist.

        Args:
            key: What was asked.
            error: The resolver's number and text.
            generation: That of the cache when the question was asked.
        """
        until = self._clock() + (self.negative_ttl if self.ttl > 0 else 0)
        self._put(key, Entry((), error, until, until), generation)

    def drop(self, key: Key) -> None:
        """Forget an answer that is no longer true."""
        with self._lock:
            self._entries.pop(key, None)

    def renew(self, key: Key, entry: Entry) -> None:
        """Use an answer for ``RECHECK`` seconds more, since the resolver fails."""
        until = min(self._clock() + RECHECK, entry.stale_until)
        renewed = Entry(entry.addresses, None, until, entry.stale_until)
        with self._lock:
            if self._entries.get(key) is entry:
                self._entries[key] = renewed

    def expire(self, key: Key) -> None:
        """Ask again the next time: none of the addresses could be reached.

        An answer that is used because the resolver failed stays: it failed a moment ago.
        """
        with self._lock:
            entry = self._entries.get(key)
            stale = entry is not None and self._clock() >= entry.stale_until - self.stale
            if entry is not None and entry.error is None and not stale:
                self._entries[key] = Entry(entry.addresses, None, 0.0, entry.stale_until)

    def _put(self, key: Key, entry: Entry, generation: int) -> None:
        with self._lock:
            if generation != self.generation:
                return
            self._entries.pop(key, None)  # to the end of the order
            self._entries[key] = entry
            while len(self._entries) > self.most:
                del self._entries[next(iter(self._entries))]
