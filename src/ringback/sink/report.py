"""A program's calls, reported to a monitor: summed up, in batches, never at the calls' expense."""

import atexit
import http.client
import json
import logging
import os
import random
import select
import socket
import ssl
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial
from math import ceil, inf, log2
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import RLock, Thread
from time import monotonic, time
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from weakref import WeakSet

from ringback.event import Event, Tally
from ringback.failure import Failure, Target
from ringback.failure.target import without_secrets
from ringback.incident.model import CIRCUIT_OPEN, says_something_of_endpoint
from ringback.sink.formatting import endpoint_of_target
from ringback.sink.listening import report_to_monitor

__all__ = ["Reporter", "report"]


_MAX_TEXT_LENGTH = 200
_MAX_ORIGIN_LENGTH = 300


def is_reported(event: Event) -> bool:
    """Return whether an event is the end of a call that says something new about its endpoint.

    A call that an open circuit refuses does not: what opened the circuit was reported.
    """
    refused = event.failure is not None and event.failure.kind == CIRCUIT_OPEN
    return not refused and says_something_of_endpoint(event)


@lru_cache(maxsize=1024)
def reported_origin(scheme: str | None, host: str | None, port: int | None) -> str | None:
    """Return ``scheme://host:port`` in lower case; ``None`` where a part is not known."""
    if not (scheme and host and port):
        return None
    origin = endpoint_of_target(Target(scheme=scheme, host=host, port=port)).lower()
    return origin if len(origin) <= _MAX_ORIGIN_LENGTH else None


def entry(event: Event, failure: Failure, origin: str) -> dict[str, Any]:
    """Return a failed call as it is sent: no password, no query, nothing that is long."""
    url = event.target.url
    members = {
        "at": event.at,
        "origin": origin,
        "kind": failure.kind,
        "message": without_secrets(failure.message)[:_MAX_TEXT_LENGTH] or None,
        "method": event.method[:20] or None,
        "url": url.partition("#")[0].partition("?")[0][:_MAX_ORIGIN_LENGTH] if url else None,
        "address": failure.target.address or event.target.address,
        "status": event.status,
        "attempts": event.attempt,
        "seconds": event.timings.get("total"),
    }
    return {name: value for name, value in members.items() if value is not None}


_MIN_SECONDS = 1e-4
_BUCKETS_PER_OCTAVE = 4
_MAX_BUCKET = 88
"""Bounds grow by 19 % from 0.1 ms to 419 s."""


class SuccessSummary:
    """Successful calls that no failed one of the same origin came between.

    Attributes:
        origin: ``scheme://host:port``.
        at: When the last of them ended, in seconds since 1970 UTC.
        calls: How many they are.
    """

    __slots__ = ("_spread", "at", "calls", "origin")

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.at = 0.0
        self.calls = 0
        self._spread: dict[int, int] = {}

    def add(self, at: float, seconds: float | None) -> None:
        """Add a call."""
        self.at = at
        self.calls += 1
        if seconds is not None:
            place = _place(seconds)
            self._spread[place] = self._spread.get(place, 0) + 1

    def entry(self) -> dict[str, Any]:
        """Return it as it is sent; ``seconds`` has ``[at most so many seconds, calls]``."""
        return {
            "at": self.at,
            "origin": self.origin,
            "calls": self.calls,
            "seconds": [[_bound(place), count] for place, count in sorted(self._spread.items())],
        }


def _place(seconds: float) -> int:
    if seconds <= _MIN_SECONDS:
        return 0
    return min(ceil(log2(seconds / _MIN_SECONDS) * _BUCKETS_PER_OCTAVE), _MAX_BUCKET)


def _bound(place: int) -> float:
    return float(f"{_MIN_SECONDS * 2 ** (place / _BUCKETS_PER_OCTAVE):.3g}")


MAX_WAITING_ENTRIES = 1000
"""How many entries wait at most."""

Waiting = SuccessSummary | dict[str, Any]


class Batch:
    """Entries on their way; the monitor knows by the id if it gets them twice."""

    __slots__ = ("entries", "id")

    def __init__(self, entries: list[Waiting]) -> None:
        self.id = uuid4().hex
        self.entries = entries


class Outbox:
    """Runs of successes and single failures, in the order in which they came.

    A failure ends the run of its origin, so that failures in a row are failures in a row for the
    monitor as well.

    The lock is one that the same thread may take twice: a signal handler, too, makes calls.

    Args:
        tally: Counts the calls that had to be dropped.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._waiting: deque[Waiting] = deque()
        self._runs: dict[str, SuccessSummary] = {}
        self._parcel: Batch | None = None
        self._lock = RLock()

    def __len__(self) -> int:
        return len(self._waiting) + (len(self._parcel.entries) if self._parcel else 0)

    def add(self, event: Event, origin: str) -> int:
        """Add the end of a call; return how many entries wait, or 0 where it is part of one."""
        with self._lock:
            if event.failure is not None:
                self._runs.pop(origin, None)
                return self._append(entry(event, event.failure, origin))
            run = self._runs.get(origin)
            known = run is not None and int(run.at) == int(event.at)
            if run is None or not known:
                run = self._runs[origin] = SuccessSummary(origin)
            run.add(event.at, event.timings.get("total"))
            return 0 if known else self._append(run)

    def take(self, most: int) -> Batch | None:
        """Return the oldest, in a parcel that stays the same until it is done with."""
        with self._lock:
            if self._parcel is None and self._waiting:
                self._runs.clear()
                count = min(most, len(self._waiting))
                self._parcel = Batch([self._waiting.popleft() for _ in range(count)])
            return self._parcel

    def done(self, *, dropped: bool = False) -> None:
        """Be done with the parcel."""
        with self._lock:
            if dropped and self._parcel is not None:
                self._tally.dropped += sum(_calls(entry) for entry in self._parcel.entries)
            self._parcel = None

    def _append(self, one: Waiting) -> int:
        self._waiting.append(one)
        while len(self) > MAX_WAITING_ENTRIES:
            oldest = self._waiting.popleft()
            self._tally.dropped += _calls(oldest)
            if isinstance(oldest, SuccessSummary) and self._runs.get(oldest.origin) is oldest:
                del self._runs[oldest.origin]
        return len(self._waiting)


def _calls(one: Waiting) -> int:
    return one.calls if isinstance(one, SuccessSummary) else 1


VERSION = 1


def request_body_of(parcel: Batch, program: str, dropped: int) -> bytes:
    """Return the body of the request."""
    batch = {
        "version": VERSION,
        "id": parcel.id,
        "sent_at": time(),
        "program": program,
        "host": socket.gethostname(),
        "dropped": dropped,
        "events": [
            entry.entry() if isinstance(entry, SuccessSummary) else entry
            for entry in parcel.entries
        ],
    }
    return json.dumps(batch, separators=(",", ":"), default=str).encode()


def program_name() -> str:
    """Return what this program is called: its script, or its package."""
    script = Path(sys.argv[0] if sys.argv else "")
    name = script.parent.name if script.name == "__main__.py" else script.name
    return name if name not in {"", "-c", "-m"} else "python"


PATH = "/api/v1/events"

POST_TIMEOUT = 5.0
"""Seconds for each step of a request."""

_MAX_RESPONSE_BYTES = 65536


class Sender:
    """Posts bodies to the monitor, one after the other; for one thread.

    A proxy is never used.

    Args:
        url: The monitor's.
        token: Of the monitor; ``None``: none.

    Raises:
        ValueError: If one of them cannot be used.
    """

    def __init__(self, url: str, token: str | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the monitor's URL must be like http://127.0.0.1:8480")
        if "@" in parts.netloc:
            raise ValueError("the monitor takes no password in its URL: give a token")
        if token is not None and not (token.isascii() and token.isprintable() and token.strip()):
            raise ValueError("the token must be printable ASCII")
        self.secure = parts.scheme == "https"
        self.host = parts.hostname
        self.port = parts.port or (443 if self.secure else 80)
        self._path = parts.path.rstrip("/") + PATH
        self._headers = {"Content-Type": "application/json", "User-Agent": "ringback"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token.strip()}"
        self._connection: http.client.HTTPConnection | None = None

    def post(self, body: bytes) -> int:
        """Post a body; return the status of the answer."""
        connection = self._kept() or self._open()
        try:
            connection.request("POST", self._path, body, self._headers)
            answer = connection.getresponse()
            rest = answer.read(_MAX_RESPONSE_BYTES + 1)
        except BaseException:
            self.close()
            raise
        if len(rest) > _MAX_RESPONSE_BYTES:
            self.close()
        return answer.status

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _kept(self) -> http.client.HTTPConnection | None:
        """The connection, unless the monitor has closed it meanwhile."""
        connection = self._connection
        if connection is None or connection.sock is None:
            return None
        if select.select([connection.sock], [], [], 0)[0]:
            self.close()
            return None
        return connection

    def _open(self) -> http.client.HTTPConnection:
        if self.secure:
            self._connection = http.client.HTTPSConnection(
                self.host, self.port, timeout=POST_TIMEOUT, context=ssl.create_default_context()
            )
        else:
            self._connection = http.client.HTTPConnection(
                self.host, self.port, timeout=POST_TIMEOUT
            )
        return self._connection


SEND_INTERVAL = 1.0
"""Seconds that an entry waits for others."""

EARLY_SEND_ENTRIES = 100
"""So many entries do not wait for others."""

MAX_BATCH_ENTRIES = 500
"""Entries of one request at most."""

EXIT_TIMEOUT = 1.0
"""Seconds that the end of the program waits for the monitor."""

MAX_BACKOFF_SECONDS = 30.0
"""Seconds between two attempts to reach a monitor that is absent."""

_MALFORMED = frozenset({400, 413, 422})
"""What the monitor says of a batch that it will never take."""

_Asked = SimpleQueue[bool]
"""Where somebody waits who wants everything to be sent now."""


class Reporter:
    """Reports calls to a monitor, from a thread of its own.

    Thread-safe. Neither a monitor that is slow nor one that is absent holds up a call: up to 1,000
    entries wait for it, of more the oldest are dropped and counted, and it learns how many. Calls
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
        self._own = reported_origin("https" if sender.secure else "http", sender.host, sender.port)
        self._closed = False
        self.begin_anew()
        _ALL.add(self)

    def __call__(self, event: Event) -> None:
        """Have a call reported, if the event is the end of one.

        Args:
            event: What happened.
        """
        if self._closed or not is_reported(event):
            return
        target = event.target
        origin = reported_origin(target.scheme, target.host or target.address, target.port)
        if origin is None or origin == self._own:
            return
        waiting = self._outbox.add(event, origin)
        if waiting in {1, EARLY_SEND_ENTRIES}:
            self._wake.put(None)
            self._start()

    def flush(self, timeout: float = EXIT_TIMEOUT) -> bool:
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

    def close(self, timeout: float = EXIT_TIMEOUT) -> bool:
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
                due = now + SEND_INTERVAL
            if len(self._outbox) >= EARLY_SEND_ENTRIES and not self._pause:
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
        while parcel := self._outbox.take(MAX_BATCH_ENTRIES):
            dropped = self.tally.dropped
            try:
                status = self._sender.post(
                    request_body_of(parcel, self._program, dropped - self._told)
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, the program goes on
                return self._failed(error)
            if not 200 <= status < 300:
                if status in _MALFORMED:
                    self._outbox.done(dropped=True)
                return self._failed(ConnectionError(f"HTTP {status}"))
            self._outbox.done()
            self._told, self._pause = dropped, 0.0
            if len(self._outbox) < EARLY_SEND_ENTRIES and not everything:
                break
        return monotonic() + SEND_INTERVAL if self._outbox else inf

    def _failed(self, error: Exception) -> float:
        if not self._pause:
            log = logging.getLogger("ringback")
            log.warning("%s takes no reports of calls: %s", self._own, error)
        self.tally.count(error)
        self._pause = min(max(1.0, self._pause * 2), MAX_BACKOFF_SECONDS)
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - many programs shall not come at once
        return monotonic() + self._pause * jitter


_ALL: WeakSet[Reporter] = WeakSet()


def _like(url: str, token: str | None, program: str | None) -> Reporter:
    """Return this process's reporter of these arguments."""
    for reporter in list(_ALL):
        if reporter.is_like(url, token, program):
            return reporter
    return Reporter(url, token, program=program)


def _begin_anew() -> None:
    for reporter in list(_ALL):
        reporter.begin_anew()


def _finish() -> None:
    until = monotonic() + EXIT_TIMEOUT
    for reporter in list(_ALL):
        reporter.close(max(0.0, until - monotonic()))


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_begin_anew)  # thread and connection are the parent's
atexit.register(_finish)


def report(url: str, token: str | None = None, *, program: str | None = None) -> Reporter:
    """Report this program's calls to a monitor, and return the sink that does so.

    Every ``Session``, transport, middleware and ``retry()`` made from now on sends it events,
    beside its own sinks, and so does ``install()``. The same comes about where the environment has
    ``RINGBACK_URL`` (and ``RINGBACK_TOKEN``) before the first of them is made.

    What is sent: for each origin the number of calls that succeeded and how long they took, and
    each call that failed with its kind and message. No headers, bodies, queries or passwords.

    Args:
        url: The monitor's: ``http://127.0.0.1:8480``.
        token: A token of the monitor with the scope ``push``; ``None``: it needs none.
        program: What this program is called there; the default is the script's name.

    Raises:
        ValueError: If the URL is no absolute ``http`` or ``https`` URL, or holds a password; or
            the token cannot be one.
    """
    reporter = Reporter(url, token, program=program)
    report_to_monitor(reporter)
    return reporter
