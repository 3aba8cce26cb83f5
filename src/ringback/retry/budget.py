"""The retry budget: retries are paid for by requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """How many retries an origin may cost, however many calls fail.

    Each request earns a part of a retry, each retry spends one, so that an outage grows the load by
    no more than that part ("Handling Overload", Site Reliability Engineering, O'Reilly 2016). A
    retry that gets through was worth it and gives a part of its price back, so that failures that
    come one by one are all retried.

    Attributes:
        ratio: Retries earned per request.
        floor: Retries earned per second without any request, so that a program which seldom calls
            may retry too.
        burst: How many can be saved up; as many are there in the beginning.
        refund: The part of its price that a retry gives back by getting through.
    """

    ratio: float = 0.1
    floor: float = 0.05
    burst: float = 10.0
    refund: float = 0.5

    def __post_init__(self) -> None:
        if min(self.ratio, self.floor, self.refund) < 0 or self.refund >= 1 or self.burst < 1:
            raise ValueError(
                "a budget needs ratio, floor and refund of at least 0, refund below 1 and burst of"
                f" at least 1, got {self}"
            )


_ONE = 1 - 1e-9
"""Ten tenths, added up, are a little less than one."""


class Bucket:
    """What is left of one origin's budget. Not thread-safe by itself: its ``Guard`` is.

    Attributes:
        tokens: Retries that may be made now, as of the last use.
        full: How many there can be.
    """

    __slots__ = ("_at", "_budget", "full", "tokens")

    def __init__(self, budget: Budget, now: float) -> None:
        self._budget = budget
        self._at = now
        self.tokens = self.full = budget.burst

    def earn(self) -> None:
        """Count a request that is no retry."""
        self.tokens = min(self.full, self.tokens + self._budget.ratio)

    def refund(self) -> None:
        """Give back a part of what a retry cost that got through."""
        self.tokens = min(self.full, self.tokens + self._budget.refund)

    def spend(self, now: float) -> bool:
        """Pay for a retry; return whether it could be paid for.

        Args:
            now: Seconds, on the clock that the bucket was made with.
        """
        budget = self._budget
        seconds = max(0.0, now - self._at)
        self._at = now
        self.tokens = min(self.full, self.tokens + seconds * budget.floor)
        if self.tokens < _ONE:
            return False
        self.tokens = max(0.0, self.tokens - 1.0)
        return True
