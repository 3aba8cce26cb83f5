"""The threads that run what might hang, few of them however much does.

Nothing here takes a lock that another part of the program could hold: a signal handler, too, may
make a call that is told of, in the midst of another. Queues and sets change in one step.
"""

import atexit
import os
from queue import Empty, SimpleQueue
from threading import Thread, current_thread
from time import monotonic, sleep
from typing import Protocol

THREADS = 8
"""More than about this many sinks that hang at once, and the rest has to wait."""

LINGER = 1.0
"""Seconds until a thread without work ends."""

AT_EXIT = 1.0
"""Seconds that the end of the program waits for what is still to be told."""

_GLANCE = 0.002
"""Seconds between two looks at whether all has been told."""


class Job(Protocol):
    """What a worker does over and over."""

    def step(self) -> bool:
        """Do one step; return whether there is another."""


class Workers:
    """Daemon threads of this process that take turns at jobs.

    Attributes:
        untold: What has yet to be told, for ``flush``; jobs add to it and take from it.
    """

    def __init__(self) -> None:
        self.untold: set[object] = set()
        self._ready: SimpleQueue[Job] = SimpleQueue()
        self._threads: set[Thread] = set()
        self._idle: set[Thread] = set()

    def take_up(self, job: Job) -> bool:
        """Have a job done; return whether a thread is free for it.

        Args:
            job: Not under way yet.
        """
        self._ready.put(job)
        if self._ready.qsize() <= len(self._idle):
            return True
        return len(self._threads) < THREADS and self._start()

    def _start(self) -> bool:
        thread = Thread(target=self._run, name="ringback-sink", daemon=True)
        self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:  # no thread to be had: the system's limit, or the interpreter's end
            self._threads.discard(thread)
            return False
        return True

    def _run(self) -> None:
        while job := self._next():
            if job.step():
                self._ready.put(job)
            job = None  # keep nothing alive while waiting

    def _next(self) -> Job | None:
        me = current_thread()
        self._idle.add(me)
        try:
            return self._ready.get(timeout=LINGER)
        except Empty:
            self._threads.discard(me)
        finally:
            self._idle.discard(me)
        if self._ready.empty():  # whoever puts something there from now on sees one thread less
            return None
        self._threads.add(me)
        return self._next()


_OF_PROCESS = [Workers()]


def workers() -> Workers:
    """Return the workers of this process."""
    return _OF_PROCESS[0]


def flush(timeout: float = AT_EXIT) -> bool:
    """Wait until every sink has been told everything; return whether it has.

    The end of the program does so by itself.

    Args:
        timeout: Seconds to wait at most.
    """
    untold, until = workers().untold, monotonic() + timeout
    while untold and monotonic() < until:
        sleep(_GLANCE)
    return not untold


def _begin_anew() -> None:
    _OF_PROCESS[0] = Workers()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_begin_anew)  # threads do not survive a fork
atexit.register(flush)
