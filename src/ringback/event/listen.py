"""What it means to listen to events: a sink can neither break, hang nor slow down the call."""

import atexit
import logging
import os
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from queue import Empty, SimpleQueue
from threading import Lock, Thread, current_thread, get_ident
from time import monotonic, sleep
from typing import Any, Protocol

from ringback.event.model import Event
from ringback.retry import GiveUp, Retry, Wait
from ringback.values import dataclass, replace

OF_THE_CALL: list[ContextVar[Any]] = []
"""Variables that belong to a call under way: its limits, its connection.

They are ``None`` where a sink runs: a webhook that reports a failed call must not inherit what
that call had left of its time, and an event that waits must not keep a socket alive.
"""

GAUGES: dict[str, tuple[str, Callable[[str], int | None]]] = {}
"""Name → in words, and what says it of an origin now, if it has one; who makes calls adds to it."""


class Sink(Protocol):
    """Whoever listens: any callable that takes an event.

    Four attributes, all optional, say how it wants to be called:

    ``inline = True``: it returns at once, whatever happens (it counts, or appends to a list), and
    is called by the thread of the call. Any other is called by another thread, in order, and the
    call goes on without it if it takes long. ``append`` of a list or a deque is known to be quick.

    ``wants_success = False``: it gets no event of calls that succeed at the first attempt.

    ``wants_refusals = False``: where none of the others wants events of calls that an open circuit
    refuses, none are made.

    ``wants_any = False``: it has no use for any event now; where none of the others has, none are
    made.
    """

    def __call__(self, event: Event) -> None:
        """Take note of an event."""


class Tally:
    """What became of the events.

    Attributes:
        failed: How many times a sink raised.
        dropped: How many events a sink never got, because it was too slow.
        last_error: What was raised last, as text: the exception would keep the call alive.
    """

    def __init__(self) -> None:
        self.failed = 0
        self.dropped = 0
        self.last_error = ""

    def count(self, error: BaseException) -> None:
        """Count what a sink raised.

        Args:
            error: The exception.
        """
        self.failed += 1
        try:
            self.last_error = repr(error)
        except Exception:  # noqa: BLE001 - an exception's repr is foreign code too
            self.last_error = type(error).__name__


MAX_THREADS = 8
"""More than about this many sinks that hang at once, and the rest has to wait."""

IDLE_TIMEOUT = 1.0
"""Seconds until a thread without work ends."""

EXIT_TIMEOUT = 1.0
"""Seconds that the end of the program waits for events that are still to be delivered."""

_FLUSH_POLL_INTERVAL = 0.002
"""Seconds between two looks at whether all events are delivered."""


class Job(Protocol):
    """What a worker does over and over."""

    def step(self) -> bool:
        """Do one step; return whether there is another."""


class Workers:
    """Daemon threads of this process that take turns at jobs.

    Attributes:
        pending: What has yet to be delivered, for ``flush``; jobs add to it and take from it.
    """

    def __init__(self) -> None:
        self.pending: set[object] = set()
        self._ready: SimpleQueue[Job] = SimpleQueue()
        self._threads: set[Thread] = set()
        self._idle: set[Thread] = set()

    def start(self, job: Job) -> bool:
        """Have a job done; return whether a thread is free for it."""
        self._ready.put(job)
        if self._ready.qsize() <= len(self._idle):
            return True
        return len(self._threads) < MAX_THREADS and self._start()

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
            return self._ready.get(timeout=IDLE_TIMEOUT)
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


def flush(timeout: float = EXIT_TIMEOUT) -> bool:
    """Wait until every sink has all its events; return whether it has.

    The end of the program does so by itself.

    Args:
        timeout: Seconds to wait at most.
    """
    pending, until = workers().pending, monotonic() + timeout
    while pending and monotonic() < until:
        sleep(_FLUSH_POLL_INTERVAL)
    return not pending


def _begin_anew() -> None:
    _OF_PROCESS[0] = Workers()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_begin_anew)  # threads do not survive a fork
atexit.register(flush)


MAX_QUEUED_CALLS = 1024
"""How many values wait at most; then the oldest is dropped."""

POST_TIMEOUT = 0.1
"""Seconds that the caller waits for a receiver that has been quick so far."""

LATE_INTERVAL = 60.0
"""Seconds that a receiver that was late must have kept up before it is waited for again, and
between two complaints about it."""


@dataclass(slots=True, eq=False)
class _QueuedCall:
    call: Callable[[Any], object]
    value: Any
    context: Context
    done: Lock  # held until it was read

    def read(self) -> None:
        self.context.run(self.call, self.value)


def _context() -> Context:
    """Return the caller's context, without what belongs to the call under way alone."""
    context = copy_context()
    for variable in OF_THE_CALL:
        context.run(variable.set, None)
    return context


class CallQueue:
    """Calls made one after the other by another thread, in the context of whoever asked for them.

    As long as the receiver is quick the caller waits until it has been called, so that a log line
    is out before the program goes on. One that took more than 0.1 s once is not waited for any more
    until it has kept up for a minute. It gets nothing that it causes itself.

    Attributes:
        tally: What became of it.
    """

    def __init__(self, receiver: str) -> None:
        """Set up an empty one."""
        self.tally = Tally()
        self._receiver = receiver
        self._warned: tuple[float, int] = (float("-inf"), 0)
        self._workers = workers()
        self._queued: deque[_QueuedCall] = deque()
        self._running = Lock()  # held while a worker is at it, or is to be
        self._running_thread: int | None = None
        self._late_until = 0.0

    @property
    def late(self) -> bool:
        """Whether the receiver is not waited for."""
        return monotonic() < self._late_until and self._workers is workers()

    def post(self, call: Callable[[Any], object], value: object) -> None:
        """Have a call made; wait for it for a moment if the receiver has been quick so far."""
        if self._running_thread == get_ident():
            return
        done = Lock()
        done.acquire()
        soon = self._put(_QueuedCall(call, value, _context(), done))
        if soon and not self.late and not done.acquire(timeout=POST_TIMEOUT):
            self._late_until = float("inf")

    def step(self) -> bool:
        """Make the oldest call; return whether there is another."""
        with suppress(IndexError):  # it was dropped just now
            queued = self._queued.popleft()
            self._guard(queued.read)
            self._done(queued)
            self._guard(self._warn)
        return self._goes_on()

    def __reduce__(self) -> tuple[type["CallQueue"], tuple[str]]:
        return CallQueue, (self._receiver,)

    def _put(self, queued: _QueuedCall) -> bool:
        current = workers()
        if self._workers is not current:
            self._begin_anew(current)
        current.pending.add(queued)
        self._queued.append(queued)
        if len(self._queued) > MAX_QUEUED_CALLS:
            with suppress(IndexError):  # another thread has made room meanwhile
                self._done(self._queued.popleft())
                self.tally.dropped += 1
        return not self._running.acquire(blocking=False) or current.start(self)

    def _done(self, queued: _QueuedCall) -> None:
        self._workers.pending.discard(queued)
        queued.done.release()

    def _guard(self, call: Callable[[], object]) -> None:
        self._running_thread = get_ident()
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - this thread serves others too
            self.tally.count(error)
        finally:
            self._running_thread = None

    def _goes_on(self) -> bool:
        if self._queued:
            return True
        if self._late_until == float("inf"):
            self._late_until = monotonic() + LATE_INTERVAL
        self._running.release()
        # What was posted just before the release is nobody's yet.
        return bool(self._queued) and self._running.acquire(blocking=False)

    def _begin_anew(self, current: Workers) -> None:
        """Forget what is under way; after a fork that is the parent's to deliver."""
        self._workers = current
        self._queued.clear()
        self._running = Lock()
        self._late_until = 0.0

    def _warn(self) -> None:
        at, bad = self._warned
        tally = self.tally
        if tally.failed + tally.dropped > bad and monotonic() >= at + LATE_INTERVAL:
            self._warned = (monotonic(), tally.failed + tally.dropped)
            with suppress(Exception):  # a filter or a handler of the program's raised
                logging.getLogger("ringback").warning(
                    "%s raised %d times (last: %s) and was too slow for %d events",
                    self._receiver,
                    tally.failed,
                    tally.last_error or "nothing",
                    tally.dropped,
                )


class Background:
    """A sink called by another thread, so that it can neither hang nor slow down a call.

    Attributes:
        sink: Whom it stands for.
        queue: What it is still to get.
    """

    inline = True

    def __init__(self, sink: Sink) -> None:
        """Stand before a sink."""
        self.sink = sink
        self.queue = CallQueue(repr(sink))
        self.tally = self.queue.tally

    @property
    def wants_success(self) -> bool:
        """What the sink says."""
        return getattr(self.sink, "wants_success", True)

    @property
    def wants_refusals(self) -> bool:
        """What the sink says."""
        return getattr(self.sink, "wants_refusals", True)

    @property
    def wants_any(self) -> bool:
        """What the sink says."""
        return getattr(self.sink, "wants_any", True)

    def __call__(self, event: Event) -> None:
        """Have the sink called."""
        self.queue.post(self.sink, without_exception(event) if self.queue.late else event)

    def __reduce__(self) -> tuple[type["Background"], tuple[Sink]]:
        return Background, (self.sink,)


def without_exception(event: Event) -> Event:
    """Return the event without the exception.

    An exception holds the frames it came through, and with them bodies and connections. An event
    that is kept for long must not.
    """
    if event.failure is None or event.failure.cause is None:
        return event
    failure, decision = replace(event.failure, cause=None), event.decision
    if isinstance(decision, Retry | Wait | GiveUp):
        decision = replace(decision, failure=failure)
    return replace(event, failure=failure, decision=decision)


class Listeners:
    """Tells every sink; one that raises, hangs or is slow hurts neither the call nor the others.

    Attributes:
        sinks: Told in this order.
    """

    inline = True

    def __init__(self, sinks: Iterable[Sink] = ()) -> None:
        self.sinks = tuple(sinks)
        self._told = tuple(s if _is_inline(s) else Background(s) for s in self.sinks)
        self._own = Tally()

    def __call__(self, event: Event) -> None:
        """Tell every sink that wants to know.

        Args:
            event: What happened.
        """
        uneventful = event.uneventful
        for sink in self._told:
            if uneventful and not getattr(sink, "wants_success", True):
                continue
            try:
                sink(event)
            except Exception as error:  # noqa: BLE001 - a sink must not break the call, whatever it raises
                self._own.count(error)

    @property
    def wants_success(self) -> bool:
        """Whether any sink wants an event of a call that succeeds at its first attempt."""
        for sink in self.sinks:  # noqa: SIM110 - any() takes three times as long, and each call asks
            if getattr(sink, "wants_success", True):
                return True
        return False

    @property
    def wants_refusals(self) -> bool:
        """Whether any sink wants an event of a call that an open circuit refuses."""
        for sink in self._told:  # noqa: SIM110 - as above; such calls come in great numbers
            if getattr(sink, "wants_refusals", True):
                return True
        return False

    @property
    def wants_any(self) -> bool:
        """Whether any sink has a use for events now."""
        for sink in self._told:  # noqa: SIM110 - as above
            if getattr(sink, "wants_any", True):
                return True
        return False

    @property
    def failed(self) -> int:
        """How many times a sink raised."""
        return sum(tally.failed for tally in self._tallies())

    @property
    def dropped(self) -> int:
        """How many events a sink did not get because it was too slow."""
        return sum(tally.dropped for tally in self._tallies())

    @property
    def last_error(self) -> str:
        """What a sink raised last, as text."""
        return next((t.last_error for t in self._tallies() if t.last_error), "")

    def _tallies(self) -> "Iterable[Tally | Listeners]":
        yield self._own
        for sink in self._told:
            tally = sink if isinstance(sink, Listeners) else getattr(sink, "tally", None)
            if isinstance(tally, Tally | Listeners):
                yield tally


def _is_inline(sink: Sink) -> bool:
    owner = getattr(sink, "__self__", None)
    return bool(getattr(sink, "inline", False)) or type(owner) in (list, deque)
