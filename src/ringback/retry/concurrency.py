"""How many calls one service takes at a time, found out from how long its answers take.

Theory of operation
-------------------

A service with a fixed number of workers answers equally fast until each of them is busy. Every
further call waits in the service's queue, makes all others slower, and gains nothing. So the limit
on the calls in flight belongs where answers begin to take longer than those of the unloaded
service::

    a window: so many answers to attempts that began in it ──→ their mean duration
        ┌───────────────┬──────────────────────────────┬──────────────────────────┐
     few in flight    at most TOLERANCE times         slower, or 429, 503, 504 and
        │             the unloaded duration           timeouts among them
        ↓                  ↓                               ↓
     that is the       the limit grows,              the limit shrinks by the ratio,
     unloaded duration if all of it was used         to half at the most

What the unloaded service takes is not known under load, so that now and then, for one window, half
of the calls are let through: half of what the service bears finds it without a queue. If it was
still too many, the limit that follows is lower, and so the next look is at fewer. The looks become
rarer, down to one in ``_MAX_GAP`` windows, while they find nothing new. With a limit of 1 each
window is such a look.

Growth by addition and shrinking by a factor are AIMD (Chiu and Jain, 1989); the ratio of the
durations as that factor is the gradient of Netflix's concurrency-limits (Gradient2,
https://github.com/Netflix/concurrency-limits), and the look at the unloaded service is that of
Envoy's adaptive concurrency filter, which measures it with 3 calls in flight.

An attempt that failed in any other way says nothing: what is refused is quick. It has no clock and
no lock: the bulkhead whose limit it is makes each step whole.
"""

from __future__ import annotations

from math import sqrt

from ringback.values import dataclass

_START = 10
_TOLERANCE = 1.25
_MIN_FACTOR = 0.5
_SMOOTHING = 0.5
_MIN_ANSWERS, _TURNS = 10, 3  # In a window, and per place
_MIN_WINDOW = 0.1  # Seconds: what a busy machine does for a moment is no latency
_MIN_GAP, _MAX_GAP = 2, 32  # Windows between two looks at the unloaded service
_WEIGHT = 0.3  # Of a window in the unloaded duration
_FASTER = 1.5  # Half of the calls are answered so much faster: they were still too many


@dataclass(frozen=True, slots=True)
class Adaptive:
    """A bulkhead that finds out by itself how many calls an origin takes at a time.

    It lets as many be in flight as the origin answers about as fast as without load.

    Attributes:
        least: The lowest limit.
        most: The highest limit.
    """

    least: int = 1
    most: int = 200

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.most:
            raise ValueError(
                f"adaptive needs 1 <= least <= most, got least={self.least}, most={self.most}"
            )


class ConcurrencyLimit:
    """The limit on the calls in flight to one origin.

    Attributes:
        limit: The limit now.
        unloaded: Seconds that an answer takes without load, as far as known; 0: not known.
    """

    __slots__ = (
        "_answers",
        "_bounds",
        "_found",
        "_gap",
        "_looking",
        "_opened",
        "_overloads",
        "_peak",
        "_seconds",
        "_took",
        "_turnover",
        "_windows",
        "limit",
        "unloaded",
    )

    def __init__(self, bounds: Adaptive) -> None:
        self._bounds = bounds
        self._found = float(max(bounds.least, min(bounds.most, _START)))
        self.limit = int(self._found)
        self.unloaded = 0.0
        self._looking, self._took = False, 0.0
        self._gap, self._windows = _MIN_GAP, 0
        self._turnover, self._opened = -1, 0.0
        self._answers = self._overloads = self._peak = 0
        self._seconds = 0.0

    def note(self, began: float, now: float, in_flight: int, *, overloaded: bool) -> None:
        """Note an attempt that was answered or shows that the service has too much to do.

        Args:
            began: When it was sent, in seconds.
            now: Seconds, on the same clock.
            in_flight: How many were, with this one.
            overloaded: It was refused for overload, or its time ran out.
        """
        if in_flight > self.limit or self._turnover < 0:  # What came in under a higher limit
            self._turnover = in_flight
        if self._turnover:
            self._turnover -= 1
            self._opened = now
            return
        self._peak = max(self._peak, in_flight)
        if overloaded:
            self._overloads += 1
        else:
            self._answers += 1
            self._seconds += now - began
        enough = max(_MIN_ANSWERS, _TURNS * self.limit)
        if self._answers + self._overloads >= enough and now - self._opened >= _MIN_WINDOW:
            self._close()
            self._open()

    def _open(self) -> None:
        """Begin a window, as soon as those in flight now are through."""
        self._turnover, self._opened = -1, 0.0
        self._answers = self._overloads = self._peak = 0
        self._seconds = 0.0

    def _close(self) -> None:
        """Set the limit by what the window shows."""
        took = self._seconds / self._answers if self._answers else self._took
        before, self._took = self._took, took
        if self._looking and self.limit > self._bounds.least and _FASTER * took < before:
            self._look(self.limit)
            return
        if took and self._is_unloaded(took):
            self._learn(took)
        if self._looking:
            self._looking = False
        elif 2 * self._peak > self.limit or self._overloads:
            self._adjust(took)
            self._windows += 1
        self.limit = int(self._found)
        if self._windows >= self._gap:
            self._windows = 0
            self._look(self.limit)

    def _look(self, limit: int) -> None:
        """Let half of a limit through for one window."""
        self._looking = True
        self.limit = max(self._bounds.least, limit // 2)

    def _is_unloaded(self, took: float) -> bool:
        few = self._looking or self.limit == 1 or 2 * self._peak <= self.limit
        return few or took < self.unloaded or not self.unloaded

    def _learn(self, took: float) -> None:
        before = self.unloaded or took
        same = 1 / _TOLERANCE < took / before < _TOLERANCE
        if self._looking:
            self._gap = min(_MAX_GAP, 2 * self._gap) if same else _MIN_GAP
        weight = 1.0 if self._looking and not same else _WEIGHT
        self.unloaded = before + weight * (took - before)

    def _adjust(self, took: float) -> None:
        overloads = self._overloads / (self._answers + self._overloads)
        slower = _TOLERANCE * self.unloaded / took if took else 1.0
        factor = min(slower, 1 - overloads / 2)
        if factor < 1:
            self._found *= max(_MIN_FACTOR, 1 - _SMOOTHING * (1 - factor))
        elif self._peak >= self.limit:
            self._found += max(1.0, sqrt(self._found) / 2)
        self._found = min(float(self._bounds.most), max(float(self._bounds.least), self._found))
