"""When a call that takes long is sent a second time, and how many may be.

Theory of operation
-------------------

Of the calls to an origin a part ``p`` may be hedged, say 0.05. So a second attempt is due when the
first has taken longer than all but that part of the latest first ones (J. Dean and L. A. Barroso,
"The Tail at Scale", CACM 56(2), 2013). One that was cancelled, because the second was answered,
would have taken longer: its time is infinite, so that as many are due as may be sent. (Without
these, the quantile would be that of the quick ones, and what is left over for the slow ones less
than they are.) One that failed says nothing of how long an answer takes.

Where more than ``p`` are slow, the quantile is their time, after which a second attempt is of no
use: hence it is due after ``MAX_MEDIANS`` times the median at the latest. Then more are due than
may be sent, and the bucket says which are: each call earns ``p`` of one, from an empty bucket, so
that at any instant

    second attempts ≤ p · calls

It has no clock, and its lock is never waited under.
"""

from collections import deque
from math import inf
from threading import Lock

from ringback.retry.origin_state import Bucket, Budget

MAX_TIMES = 200
"""How many of the latest answers count."""
MIN_TIMES = 20
"""How many answers must be known; after as many more the delay is found anew."""
MAX_MEDIANS = 5.0
"""The latest that a second attempt is due, in medians; 4.3 is the p95 of exponential times."""
MIN_DELAY = 0.002
"""Seconds below which a second attempt would only be noise."""
MAX_SAVED = 10.0
"""How many second attempts can be saved up."""


class Hedges:
    """The second attempts at one origin. Thread-safe; nothing waits inside.

    Args:
        part: How many there may be per call.
    """

    __slots__ = ("_bucket", "_delay", "_lock", "_new", "_part", "_times")

    in_use = False  # What it knows may be forgotten at any time

    def __init__(self, part: float) -> None:
        self._part = part
        self._bucket = Bucket(Budget(ratio=part, floor=0.0, burst=MAX_SAVED), 0.0)
        self._bucket.tokens = 0.0
        self._times: deque[float] = deque(maxlen=MAX_TIMES)
        self._new = 0
        self._delay: float | None = None
        self._lock = Lock()

    def begin(self) -> float | None:
        """Count a call; return the seconds until its second attempt is due, ``None``: never."""
        with self._lock:
            self._bucket.earn()
            return self._delay

    def spend(self) -> bool:
        """Pay for a second attempt; return whether it could be paid for."""
        with self._lock:
            return self._bucket.spend(0.0)

    def note(self, seconds: float) -> None:
        """Note how long a first attempt took until it was answered; infinite: longer than that."""
        with self._lock:
            self._times.append(seconds)
            self._new += 1
            if self._new >= MIN_TIMES:
                self._new = 0
                self._delay = _due(sorted(self._times), self._part)


def _due(times: list[float], part: float) -> float | None:
    answered = [seconds for seconds in times if seconds < inf]
    if not answered:
        return None
    usual, late = answered[len(answered) // 2], times[int(len(times) * (1 - part))]
    return max(MIN_DELAY, min(late, MAX_MEDIANS * usual))
