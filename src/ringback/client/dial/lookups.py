"""Calls that cannot be interrupted, made in a bounded number of threads.

``getaddrinfo`` has no timeout. A caller waits as long as it wants; the call goes on in its thread
until the system gives up. How a flood of calls that do not return is kept from blocking others:

- Calls for the same thing share one thread.
- ``MAX_BUSY`` calls run at a time; one that takes longer than ``STUCK_SECONDS`` no longer counts.
- Beyond ``MAX_SHARED_THREADS`` threads, only names of a domain with no stuck call get one, up to
  ``MAX_THREADS``.
- A call that waits for a thread gets one before those that wait longer, whose callers are the
  nearest to giving up; when they do, it leaves the queue.
"""

import socket
import threading
import time
from collections.abc import Callable, Hashable
from copy import copy
from itertools import takewhile
from typing import Any


class LookupTimedOut(socket.gaierror, TimeoutError):  # noqa: N818 - named for what happened
    """The name was not resolved in the time allowed.

    A ``socket.gaierror``, since clients look for it, and a ``TimeoutError``, since it is one.
    """


class Lookup:
    """One call: made once, whoever waits for it."""

    def __init__(self, key: Hashable, host: str, call: Callable[[], Any]) -> None:
        self.key = key
        self.domain = domain_of(host)
        self.done = threading.Event()  # Set when there is a result or an error
        # Called then, in the thread that made the call; for those that cannot wait in one
        self.callbacks: list[Callable[[], None]] = []
        self.began: float | None = None
        self.waiting = 0
        self._call = call
        self._result: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Make the call and keep how it ended."""
        try:
            self._result = self._call()
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._error = error.with_traceback(None)

    def result(self) -> Any:
        """Return what the call returned, or raise a copy of what it raised."""
        if self._error is not None:
            raise _copied(self._error)
        return self._result


def domain_of(host: str) -> str:
    """Return the domain whose names may fail together: the parent, if it has two labels."""
    parent = host.rstrip(".").partition(".")[2]
    return parent if "." in parent else host


def _copied(error: BaseException) -> BaseException:
    """One for each who waits: an exception collects the frames it was raised through."""
    try:
        return copy(error)
    except Exception:  # noqa: BLE001 - a constructor of others
        return error


MAX_BUSY = 32
STUCK_SECONDS = 0.25
MAX_SHARED_THREADS = 128
MAX_THREADS = 512
_MAX_WAIT = 3600.0
"""Seconds of one wait: there is a limit to what a lock takes."""


class Lookups:
    """Calls under way and calls that wait for a thread."""

    def __init__(
        self,
        *,
        busy: int = MAX_BUSY,
        stuck: float = STUCK_SECONDS,
        shared: int = MAX_SHARED_THREADS,
        most: int = MAX_THREADS,
    ) -> None:
        self._busy, self._stuck, self._shared, self._most = busy, stuck, shared, most
        self.reset()

    def reset(self) -> None:
        """Forget everything: a forked child has none of the threads."""
        self._lock = threading.Lock()
        self._known: dict[Hashable, Lookup] = {}
        self._running: dict[Lookup, float] = {}  # by the time each began, the oldest first
        self._queue: list[Lookup] = []

    @property
    def threads(self) -> int:
        """Threads in use."""
        return len(self._running)

    def make(self, lookup: Lookup, until: float | None) -> Lookup:
        """Make a call, or join one that is for the same; return it when it is done."""
        lookup, asked = self.join(lookup), time.monotonic()
        try:
            while not lookup.done.is_set():
                self.start()
                lookup.done.wait(self.pause(lookup, asked, until))
        finally:
            self.leave(lookup)
        return lookup

    def join(self, lookup: Lookup) -> Lookup:
        """Wait for a call from now on; return the one that is for the same, if there is one."""
        with self._lock:
            known = self._known.get(lookup.key)
            if known is None:
                known = self._known[lookup.key] = lookup
                self._queue.append(lookup)
            known.waiting += 1
        return known

    def leave(self, lookup: Lookup) -> None:
        """Wait for a call no longer."""
        with self._lock:
            lookup.waiting -= 1
            if not lookup.waiting and lookup.began is None and not lookup.done.is_set():
                self._queue.remove(lookup)
                del self._known[lookup.key]

    def pause(self, lookup: Lookup, asked: float, until: float | None) -> float:
        """Return how long to wait for a call, in seconds, before ``start`` is asked again."""
        now = time.monotonic()
        if until is not None and now >= until:
            raise self._timed_out(lookup, now - asked)
        left = _MAX_WAIT if until is None else min(until - now, _MAX_WAIT)
        if lookup.began is None:  # look again when another may have become stuck
            left = min(left, max(now - asked, self._stuck))
        return left

    def _timed_out(self, lookup: Lookup, seconds: float) -> LookupTimedOut:
        why = "" if lookup.began is not None else f": {self.threads} others are stuck"
        return LookupTimedOut(socket.EAI_AGAIN, f"name lookup timed out after {seconds:.3g} s{why}")

    def start(self) -> None:
        """Let threads begin the calls that may run."""
        while (lookup := self._next()) is not None:
            thread = threading.Thread(
                target=self._work, args=(lookup,), name="ringback-lookup", daemon=True
            )
            try:
                thread.start()
            except RuntimeError:  # the limit of threads, or the interpreter is ending
                if self._put_back(lookup):
                    return
                self._work(lookup)  # as without ringback

    def _put_back(self, lookup: Lookup) -> bool:
        """Let a thread that is there take a call when it is through with another."""
        with self._lock:
            if len(self._running) == 1:
                return False
            del self._running[lookup]
            lookup.began = None
            if lookup.waiting:
                self._queue.append(lookup)
            else:
                del self._known[lookup.key]
            return True

    def _work(self, lookup: Lookup) -> None:
        following: Lookup | None = lookup
        while following is not None:
            ended = following
            ended.run()
            following = self._next(ended)
            for callback in ended.callbacks:
                callback()

    def _next(self, ended: Lookup | None = None) -> Lookup | None:
        """Take the next call off the queue, if one may run; the newest first."""
        with self._lock:
            if ended is not None:
                del self._running[ended], self._known[ended.key]
                ended.done.set()
            if not self._queue:
                return None
            now = time.monotonic()
            return self._take(now) if self._is_free(now) else None

    def _is_free(self, now: float) -> bool:
        recent = takewhile(
            lambda began: began > now - self._stuck, reversed(self._running.values())
        )
        return len(self._running) < self._most and sum(1 for _ in recent) < self._busy

    def _take(self, now: float) -> Lookup | None:
        stuck = {lookup.domain for lookup in self._running} if self.threads >= self._shared else ()
        for at in reversed(range(len(self._queue))):
            if self._queue[at].domain not in stuck:
                lookup = self._queue.pop(at)
                lookup.began = self._running[lookup] = now
                return lookup
        return None
