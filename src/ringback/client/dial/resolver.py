"""Host names to addresses: the system's resolver, in bounded time, and a cache of its answers.

Theory of operation
-------------------

``getaddrinfo`` cannot be interrupted and does not say how long its answer is valid. So the call is
made in a thread (see ``lookups``), whoever asked waits only as long as it may, and what comes back
is kept for a short while. An answer in the cache is in one of these states:

    fresh     used without asking               ── ``ttl`` over ──→ stale
    stale     the resolver is asked; used where it fails, or is silent for ``STALE_TIMEOUT``
              (RFC 8767)                        ── asked and failed ──→ fresh for RECHECK_INTERVAL
                                                ── asked and answered ──→ fresh
    negative  the name does not exist           ── ``negative_ttl`` over ──→ gone
    expired   as stale, at once: no address could be reached (``expire``), so perhaps they are old

Steps. ``Resolver.steps`` is a generator that decides and never waits: it yields the lookup that it
needs and until when, and is sent the lookup when that is done, or has ``LookupTimedOut`` thrown in.
Threads drive it with ``Lookups.make`` (``resolve``), tasks with an event of their loop
(``resolve_async``): the decisions stand here once.

Why it is safe. An answer is kept only if the cache was not emptied after its question was asked
(``generation``), so that a slow answer from before a change of ``resolv.conf`` is not kept after
it. An entry is never changed, only replaced, so that it is read without the lock. Whoever replaces
``socket.getaddrinfo`` is asked every time and nothing is kept: only it knows what its answers mean.
"No such name" is never answered from a stale entry: a name that was deleted must not live on. A
forked child starts anew: it has none of the threads, and perhaps a lock that one of them held.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from types import MappingProxyType

from ringback.client.deadline import current_deadline
from ringback.client.dial.address import AddrInfo, is_literal
from ringback.client.dial.lookups import Lookup, Lookups, LookupTimedOut
from ringback.values import dataclass

SOURCE_FILES = ("/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf")
SOURCES_INTERVAL = 1.0
"""Seconds between two looks."""


class Sources:
    """Notices that a file changed, appeared or went; cheap enough for every connection."""

    def __init__(self, files: tuple[str, ...] = SOURCE_FILES) -> None:
        self._files = files
        self._next = 0.0
        self._seen = tuple(map(_mark, files))

    def changed(self, now: float) -> bool:
        """Return whether anything changed since the files were last looked at, which is seldom."""
        if now < self._next:
            return False
        self._next = now + SOURCES_INTERVAL
        seen = tuple(map(_mark, self._files))
        changed, self._seen = seen != self._seen, seen
        return changed


def _mark(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path would cost more than the call
    except OSError:
        return ()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


Key = tuple[str, int]
"""Host name and address family."""

RECHECK_INTERVAL = 10.0
"""Seconds for which a stale answer is used without asking again (RFC 8767, section 5: the failure
recheck timer)."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """An answer."""

    addresses: tuple[AddrInfo, ...]  # Without a port; empty where the name does not exist
    # What the resolver said of a name that does not exist: number and text
    error: tuple[int, str] | None
    fresh_until: float  # When the resolver is asked again, on the cache's clock
    stale_until: float  # Until when it is good enough if the resolver then fails

    def at(self, port: int) -> list[AddrInfo]:
        """Return the addresses with a port."""
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
    """

    def __init__(
        self,
        *,
        ttl: float = 30.0,  # Seconds an address is used; 0 turns the cache off
        negative_ttl: float = 3.0,  # Seconds a name is taken not to exist
        stale: float = 3600.0,  # Seconds after `ttl` in which it is used when the resolver fails
        most: int = 1024,  # Names kept; the one that was asked for longest ago goes first
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ttl, self.negative_ttl, self.stale, self.most = ttl, negative_ttl, stale, most
        self.generation = 0  # Counts how often the cache was emptied
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
            self._entries: dict[Key, CacheEntry] = {}

    def entries(self) -> Mapping[Key, CacheEntry]:
        """Return what is kept at this moment."""
        with self._lock:
            return MappingProxyType(dict(self._entries))

    def fresh(self, key: Key) -> CacheEntry | None:
        """Return an answer for which the resolver need not be asked."""
        now = self._clock()
        if self._sources.changed(now):
            self.clear()
        entry = self._entries.get(key)
        return entry if entry is not None and now < entry.fresh_until else None

    def stale_entry(self, key: Key) -> CacheEntry | None:
        """Return an answer to use if the resolver fails."""
        entry = self._entries.get(key)
        usable = entry is not None and entry.error is None and self._clock() < entry.stale_until
        return entry if usable else None

    def keep(self, key: Key, addresses: Iterable[AddrInfo], generation: int) -> CacheEntry:
        """Keep an answer and return it."""
        until = self._clock() + self.ttl
        entry = CacheEntry(tuple(addresses), None, until, until + self.stale)
        if self.ttl > 0:
            self._put(key, entry, generation)
        return entry

    def deny(self, key: Key, error: tuple[int, str], generation: int) -> None:
        """Keep that a name does not exist."""
        until = self._clock() + (self.negative_ttl if self.ttl > 0 else 0)
        self._put(key, CacheEntry((), error, until, until), generation)

    def drop(self, key: Key) -> None:
        """Forget an answer that is no longer true."""
        with self._lock:
            self._entries.pop(key, None)

    def renew(self, key: Key, entry: CacheEntry) -> None:
        """Use an answer for ``RECHECK`` seconds more, since the resolver fails."""
        until = min(self._clock() + RECHECK_INTERVAL, entry.stale_until)
        renewed = CacheEntry(entry.addresses, None, until, entry.stale_until)
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
                self._entries[key] = CacheEntry(entry.addresses, None, 0.0, entry.stale_until)

    def _put(self, key: Key, entry: CacheEntry, generation: int) -> None:
        with self._lock:
            if generation != self.generation:
                return
            self._entries.pop(key, None)  # to the end of the order
            self._entries[key] = entry
            while len(self._entries) > self.most:
                del self._entries[next(iter(self._entries))]


Steps = Generator[tuple[Lookup, float | None], Lookup, list[AddrInfo]]
"""What has to be waited for on the way to the addresses of a host."""

_SYSTEM_GETADDRINFO = socket.getaddrinfo
"""A function put in its place by others is asked every time: only they know what it means."""

STALE_TIMEOUT = 0.5
"""Seconds that the resolver has to answer where a stale answer is at hand (RFC 8767, section 5: the
client response timer)."""

_NODATA = getattr(socket, "EAI_NODATA", socket.EAI_NONAME)
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, _NODATA})


class Resolver:
    """``socket.getaddrinfo`` with a cache, and within a time."""

    def __init__(self, cache: Cache, lookups: Lookups) -> None:
        self.cache = cache
        self.lookups = lookups

    def resolve(self, host: str, port: int, until: float | None, family: int = 0) -> list[AddrInfo]:
        """Return the addresses of a host, as ``socket.getaddrinfo`` for TCP does."""
        if socket.getaddrinfo is _SYSTEM_GETADDRINFO and (
            entry := self.cache.fresh((host, family))
        ):
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
        """Find the addresses of a host, and leave the waiting to others, threads or tasks."""
        if socket.getaddrinfo is not _SYSTEM_GETADDRINFO:
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
    ) -> Generator[tuple[Lookup, float | None], Lookup, CacheEntry]:
        host, generation = key[0].strip("[]"), self.cache.generation
        if is_literal(host):
            return self._ask(key, host, generation)
        host.encode("idna")  # what cannot be a name needs no thread
        lookup = Lookup((*key, generation), host, lambda: self._ask(key, host, generation))
        stale = self.cache.stale_entry(key)
        try:
            entry: CacheEntry = (yield lookup, _answer_until(until, stale)).result()
        except socket.gaierror as error:
            if stale is None or error.errno in _NO_SUCH_NAME:
                raise
            self.cache.renew(key, stale)
            return stale
        return entry

    def _ask(self, key: Key, host: str, generation: int) -> CacheEntry:
        try:
            found = _SYSTEM_GETADDRINFO(host, None, key[1], socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno == socket.EAI_NONAME:
                self.cache.deny(key, error.args, generation)
            elif error.errno == _NODATA:
                self.cache.drop(key)
            raise
        return self.cache.keep(key, found, generation)


def _answer_until(until: float | None, stale: CacheEntry | None) -> float | None:
    """With a stale answer at hand, half of the time must remain for connecting."""
    if stale is None:
        return until
    now = time.monotonic()
    return (
        now + STALE_TIMEOUT if until is None else min(now + STALE_TIMEOUT, now + (until - now) / 2)
    )


def soonest(timeout: float | None) -> float | None:
    """Return when a timeout or the deadline of the call ends, on ``time.monotonic()``."""
    deadline = current_deadline()
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
    """Return the addresses of a host, as ``socket.getaddrinfo`` for TCP does, within a time."""
    return resolver.resolve(host, port, soonest(timeout), family)
