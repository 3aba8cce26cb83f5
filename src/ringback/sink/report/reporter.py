"""The sink that reports to a monitor, and its thread."""

import atexit
import logging
import os
import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import inf
from queue import Empty, SimpleQueue
from threading import RLock, Thread
from time import monotonic
from weakref import WeakSet

from ringback.event import Event, Tally
from ringback.sink.report.batch import body_of, program_name
from ringback.sink.report.failed import origin_of, says_something
from ringback.sink.report.outbox import Outbox
from ringback.sink.report.sender import Sender

EVERY = 1.0
"""Seconds that an entry waits for others."""

MANY = 100
"""So many entries do not wait for others."""

MOST = 500
"""Entries of one request at most."""

AT_EXIT = 1.0
"""Seconds that the end of the program waits for the monitor."""

LONGEST_PAUSE = 30.0
"""Seconds between two attempts to reach a monitor that is absent."""

_MALFORMED = frozenset({400, 413, 422})
"""What the monitor says of a batch that it will never take."""

_Asked = SimpleQueue[bool]
"""Where somebody waits who wants everything to be sent now."""


class Reporter:
    """Reports calls to a monitor, from a thread of its own.

    Thread-safe. Neither a monitor that is slow nor one that is absent holds up a call: up to 1,000
    entries wait for it, of more the oldest are dropped and counted, and it is told how many. Calls
    to the monitor itself are not reported. A process that forks goes on in both.

    Attributes:
        tally: How many calls were dropped, how many attempts to report failed, and why the last.
    """

    inline = True
    wants_refusals = False

    def __init__(self, url: str, token: str | None = None, *, program: str | None = None) -> None:
        """Report to a monitor, see ``report``."""
        self._again = (url, token, program)
        self._new_sender = partial(Sender, url, token)
        self._program = (program or program_name())[:100]
        sender = self._new_sender()
        self._own = origin_of("https" if sender.secure else "http", sender.host, sender.port)
        self._closed = False
        self.begin_anew()
        _ALL.add(self)

    def __call__(self, event: Event) -> None:
        """Have a call reported, if the event is the end of one.

        Args:
            event: What happened.
        """
        if self._closed or not says_something(event):
            return
        target = event.target
        origin = origin_of(target.scheme, target.host or target.address, target.port)
        if origin is None or origin == self._own:
            return
        waiting = self._outbox.add(event, origin)
        if waiting in {1, MANY}:
            self._wake.put(None)
            self._start()

    def flush(self, timeout: float = AT_EXIT) -> bool:
        """Send what waits; return whether the monitor has taken all of it.

        Args:
            timeout: Seconds to wait at most.
        """
        asked: _Asked = SimpleQueue()
        with self._starting:
            if (self._thread is None and not self._outbox) or not self._start():
                return not self._outbox
            self._wake.put(asked)
        with suppress(Empty):
            return asked.get(timeout=timeout)
        return False

    def close(self, timeout: float = AT_EXIT) -> bool:
        """Send what waits, and report nothing from now on; return whether all was taken.

        Args:
            timeout: Seconds to wait at most.
        """
        self._closed = True
        return self.flush(timeout)

    def is_like(self, url: str, token: str | None, program: str | None) -> bool:
        """Return whether it is open and was made with these arguments.

        Args:
            url: The monitor's.
            token: Of the monitor.
            program: What the program is called.
        """
        return not self._closed and self._again == (url, token, program)

    def begin_anew(self) -> None:
        """Have nothing to report and no thread, as in a process that has just been forked."""
        self.tally = Tally()
        self._told = 0
        self._pause = 0.0
        self._outbox = Outbox(self.tally)
        self._sender = self._new_sender()
        self._wake: SimpleQueue[_Asked | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._starting = RLock()  # one that a signal handler may take in the midst of it

    def __repr__(self) -> str:
        return f"Reporter({self._own})"

    def __reduce__(self) -> tuple[Callable[..., "Reporter"], tuple[str, str | None, str | None]]:
        return _like, self._again

    def _start(self) -> bool:
        """Start the thread where there is none; return whether there is one."""
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="ringback-report", daemon=True)
                try:
                    self._thread.start()
                except RuntimeError:  # none to be had: the system's limit, or the program's end
                    self._thread = None
            return self._thread is not None

    def _run(self) -> None:
        due = inf
        while True:
            asked = self._heard(due)
            now = monotonic()
            if due == inf:
                due = now + EVERY
            if len(self._outbox) >= MANY and not self._pause:
                due = now
            if asked is not None or now >= due:
                due = self._deliver(everything=asked is not None)
            if asked is not None:
                asked.put(not self._outbox)
                if self._closed and self._ended():
                    return

    def _ended(self) -> bool:
        """Return whether nobody has asked for anything since, and the thread is given up."""
        with self._starting:
            if not self._wake.empty():
                return False
            self._sender.close()
            self._thread = None
        return True

    def _heard(self, due: float) -> _Asked | None:
        with suppress(Empty):
            return self._wake.get(timeout=None if due == inf else max(0.0, due - monotonic()))
        return None

    def _deliver(self, *, everything: bool) -> float:
        """Send what waits; return when to do so again: never, where nothing waits any more."""
        while parcel := self._outbox.take(MOST):
            dropped = self.tally.dropped
            try:
                status = self._sender.post(body_of(parcel, self._program, dropped - self._told))
            except Exception as error:  # noqa: BLE001 - whatever it is, the program goes on
                return self._failed(error)
            if not 200 <= status < 300:
                if status in _MALFORMED:
                    self._outbox.done(dropped=True)
                return self._failed(ConnectionError(f"HTTP {status}"))
            self._outbox.done()
            self._told, self._pause = dropped, 0.0
            if len(self._outbox) < MANY and not everything:
                break
        return monotonic() + EVERY if self._outbox else inf

    def _failed(self, error: Exception) -> float:
        if not self._pause:
            log = logging.getLogger("ringback")
            log.warning("%s takes no reports of calls: %s", self._own, error)
        self.tally.count(error)
        self._pause = min(max(1.0, self._pause * 2), LONGEST_PAUSE)
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - many programs shall not come at once
        return monotonic() + self._pause * jitter


_ALL: WeakSet[Reporter] = WeakSet()


def _like(url: str, token: str | None, program: str | None) -> Reporter:
    """Return this process's reporter of these arguments."""
    for one in list(_ALL):
        if one.is_like(url, token, program):
            return one
    return Reporter(url, token, program=program)


def _begin_anew() -> None:
    for reporter in list(_ALL):
        reporter.begin_anew()


def _finish() -> None:
    until = monotonic() + AT_EXIT
    for reporter in list(_ALL):
        reporter.close(max(0.0, until - monotonic()))


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_begin_anew)  # thread and connection are the parent's
atexit.register(_finish)
