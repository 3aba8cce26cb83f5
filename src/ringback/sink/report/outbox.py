"""What is still to be reported: bounded, in order, the oldest goes first when it is too much."""

from collections import deque
from threading import RLock
from typing import Any
from uuid import uuid4

from ringback.event import Event, Tally
from ringback.sink.report.failed import entry
from ringback.sink.report.run import Run

LIMIT = 1000
"""How many entries wait at most."""

Waiting = Run | dict[str, Any]


class Parcel:
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
        self._runs: dict[str, Run] = {}
        self._parcel: Parcel | None = None
        self._lock = RLock()

    def __len__(self) -> int:
        return len(self._waiting) + (len(self._parcel.entries) if self._parcel else 0)

    def add(self, event: Event, origin: str) -> int:
        """Add the end of a call; return how many entries wait, or 0 where it is part of one.

        Args:
            event: The end.
            origin: Whom the call was for.
        """
        with self._lock:
            if event.failure is not None:
                self._runs.pop(origin, None)
                return self._append(entry(event, event.failure, origin))
            run = self._runs.get(origin)
            known = run is not None and int(run.at) == int(event.at)
            if run is None or not known:
                run = self._runs[origin] = Run(origin)
            run.add(event.at, event.timings.get("total"))
            return 0 if known else self._append(run)

    def take(self, most: int) -> Parcel | None:
        """Return the oldest, in a parcel that stays the same until it is done with.

        Args:
            most: How many at most.
        """
        with self._lock:
            if self._parcel is None and self._waiting:
                self._runs.clear()
                count = min(most, len(self._waiting))
                self._parcel = Parcel([self._waiting.popleft() for _ in range(count)])
            return self._parcel

    def done(self, *, dropped: bool = False) -> None:
        """Be done with the parcel.

        Args:
            dropped: Whether nobody took it.
        """
        with self._lock:
            if dropped and self._parcel is not None:
                self._tally.dropped += sum(_calls(one) for one in self._parcel.entries)
            self._parcel = None

    def _append(self, one: Waiting) -> int:
        self._waiting.append(one)
        while len(self) > LIMIT:
            oldest = self._waiting.popleft()
            self._tally.dropped += _calls(oldest)
            if isinstance(oldest, Run) and self._runs.get(oldest.origin) is oldest:
                del self._runs[oldest.origin]
        return len(self._waiting)


def _calls(one: Waiting) -> int:
    return one.calls if isinstance(one, Run) else 1
