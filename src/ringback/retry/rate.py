"""How many requests an origin gets: so many a second, and what its own headers leave.

Theory of operation
-------------------

The requests to one origin stand in one queue for the whole process, and go in the order in which
they came. Two things hold the first of them back:

- The rate. At instant ``t`` a request may go if ``t >= due - (burst - 1) / rate``; then ``due``
  becomes ``max(due, t) + 1 / rate``. In any span of ``s`` seconds at most ``rate * s + burst`` go,
  wherever it begins (the generic cell rate algorithm, ITU-T I.371).
- The quotas that the origin's responses tell of. Each request takes one of what is left, and a
  response can only say less within the same window, for those under way were not counted yet.
  When the window is over, as much is presumed as was there at most; the next response says how
  much there is.

Nobody waits in vain: who comes is told at once when its turn would be later than it may wait.
Nothing moves by itself: who waits asks ``turn``, waits so long and asks again; only the first has
an instant to wait for, the others wait to be woken. Who leaves the queue leaves no gap.

It has no clock, and its lock is never waited under.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Literal

from ringback.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_QUOTAS = 8
"""How many quotas of one origin are remembered."""
_SAME_WINDOW = 1.0  # Seconds: headers tell the end of a window in whole ones
_MAX_WAIT = 3600.0  # Seconds until who waits asks again, whatever happens


@dataclass(frozen=True, slots=True)
class Rate:
    """How many requests an origin gets from this process.

    Attributes:
        per_second: Requests a second, on average; ``None``: any number.
        burst: How many may go at once after a pause.
        headers: Whether ``RateLimit`` and ``RateLimit-Policy`` headers, their forerunners
            (``X-RateLimit-Remaining``), and the ``Retry-After`` of a 429 hold for all calls.
    """

    per_second: float | None = None
    burst: int = 5
    headers: bool = False

    def __post_init__(self) -> None:
        if self.per_second is None and not self.headers:
            raise ValueError("a rate needs per_second or headers=True")
        if self.per_second is not None and not 0 < self.per_second < float("inf"):
            raise ValueError(f"per_second must be above 0, got {self.per_second}")
        if self.burst < 1:
            raise ValueError(f"burst must be at least 1, got {self.burst}")


@dataclass(slots=True)
class Quota:
    """How many requests a service takes until an instant.

    Attributes:
        name: Which of its quotas.
        left: How many it still takes.
        until: When the window ends, in seconds.
        size: How many it takes in a window, as far as known.
        window: Seconds of a window; 0: it does not come again.
    """

    name: str
    left: int
    until: float
    size: int
    window: float

    def at(self, ahead: int) -> float:
        """Return when a request may go, with so many ahead of it; -inf: now."""
        if ahead < self.left:
            return float("-inf")
        return self.until + (ahead - self.left) // max(1, self.size) * self.window

    def heed(self, said: Quota) -> None:
        """Take over what a response says."""
        if abs(said.until - self.until) <= _SAME_WINDOW:
            self.left = min(self.left, said.left)
        else:
            self.left, self.until = said.left, said.until
        self.size, self.window = max(self.size, said.size), max(self.window, said.window)


@dataclass(slots=True, eq=False)
class QueuedRequest:
    """A place in the queue."""

    wake: Callable[[], object]  # Tells who waits to ask again; from any thread
    end: float  # Until when it waits


class Pace:
    """The requests of a process to one origin. Thread-safe; nothing waits inside.

    Attributes:
        rate: What limits them.
    """

    __slots__ = ("_due", "_lock", "_queue", "_quotas", "rate")

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._due = float("-inf")
        self._quotas: dict[str, Quota] = {}
        self._queue: OrderedDict[QueuedRequest, None] = OrderedDict()
        self._lock = Lock()

    @property
    def waiting(self) -> int:
        """How many are in the queue."""
        return len(self._queue)

    in_use = waiting

    def enter(
        self, make: Callable[[], Callable[[], object]], now: float, seconds: float
    ) -> QueuedRequest | float | None:
        """Let a request go or stand in the queue.

        Args:
            make: Makes what wakes it, where it has to wait.
            now: Seconds, on the clock of all that is noted here.
            seconds: For how long it may wait.

        Returns:
            ``None``: it goes; the seconds that it would have to wait, where that is too long; or
            its place.
        """
        with self._lock:
            self._refill(now)
            at = self._at(len(self._queue), now)
            if at <= now and not self._queue:
                self._go(now)
                return None
            if at - now > seconds:
                return at - now
            queued = QueuedRequest(make(), now + seconds)
            self._queue[queued] = None
            return queued

    def turn(self, queued: QueuedRequest, now: float) -> Literal["go", "late"] | float:
        """Return what a request does: go, give up, or ask again after so many seconds."""
        with self._lock:
            self._refill(now)
            end = min(queued.end, now + _MAX_WAIT)
            if queued is not next(iter(self._queue)):
                at = end
            elif (at := self._at(0, now)) <= now:
                self._leave(queued)
                self._go(now)
                return "go"
            if now < queued.end:
                return max(0.0, min(at, end) - now)
            self._leave(queued)
            return "late"

    def withdraw(self, queued: QueuedRequest) -> None:
        """Leave the queue, wherever in it, or out of it already."""
        with self._lock:
            self._leave(queued)

    def heed(self, said: Iterable[Quota]) -> None:
        """Take over what a response says of quotas."""
        with self._lock:
            for quota in said:
                if known := self._quotas.get(quota.name):
                    known.heed(quota)
                elif len(self._quotas) < MAX_QUOTAS:
                    self._quotas[quota.name] = quota
            if self._queue:
                next(iter(self._queue)).wake()

    def _leave(self, queued: QueuedRequest) -> None:
        first = bool(self._queue) and next(iter(self._queue)) is queued
        if self._queue.pop(queued, self) is self:
            return
        if first and self._queue:
            next(iter(self._queue)).wake()

    def _at(self, ahead: int, now: float) -> float:
        """Return when a request may go, with so many ahead of it."""
        at = [now, *(quota.at(ahead) for quota in self._quotas.values())]
        if self.rate.per_second:
            due, interval = max(self._due, now), 1 / self.rate.per_second
            at.append(due + (ahead - self.rate.burst + 1) * interval)
        return max(at)

    def _go(self, now: float) -> None:
        for quota in self._quotas.values():
            quota.left = max(0, quota.left - 1)
        if self.rate.per_second:
            self._due = max(self._due, now) + 1 / self.rate.per_second

    def _refill(self, now: float) -> None:
        for quota in [quota for quota in self._quotas.values() if now >= quota.until]:
            if quota.window:
                quota.left, quota.until = quota.size, now + quota.window
            else:
                del self._quotas[quota.name]
