"""How long to wait before the next attempt."""

from dataclasses import dataclass
from typing import Literal, Protocol

Jitter = Literal["full", "equal", "decorrelated", "none"]
"""How a wait is spread, so that clients which failed together do not come back together.

With *ceiling* = ``min(cap, base · 2^(attempt - 1))``: ``full``: 0 to the ceiling; ``equal``: half
the ceiling to the ceiling; ``decorrelated``: ``base`` to three times the wait before; ``none``: the
ceiling. Marc Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
"""


class Waits(Protocol):
    """Whatever says how long to wait."""

    def delay(self, attempt: int, random: float, previous: float = 0.0) -> float:
        """Return the wait after an attempt, in seconds.

        Args:
            attempt: The attempt that failed, from 1.
            random: A random number, at least 0 and below 1.
            previous: The wait before this attempt, in seconds; 0 for the first.
        """


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff, with full jitter unless told otherwise.

    ``Backoff(base=1, jitter="none")`` waits 1 s, 2 s, 4 s and so on.

    Attributes:
        base: Ceiling of the first wait, in seconds.
        cap: Ceiling that no wait exceeds, in seconds.
        jitter: How a wait is spread.
    """

    base: float = 0.2
    cap: float = 10.0
    jitter: Jitter = "full"

    def __post_init__(self) -> None:
        if not 0 <= self.base <= self.cap < float("inf"):
            raise ValueError(f"backoff needs 0 <= base <= cap, got {self.base} and {self.cap}")
        if self.jitter not in {"full", "equal", "decorrelated", "none"}:
            raise ValueError(
                f"jitter must be full, equal, decorrelated or none, got {self.jitter!r}"
            )

    def delay(self, attempt: int, random: float, previous: float = 0.0) -> float:
        """Return the wait after an attempt, in seconds.

        Args:
            attempt: The attempt that failed, from 1.
            random: A random number, at least 0 and below 1.
            previous: The wait before this attempt, in seconds; 0 for the first.
        """
        ceiling = min(self.cap, self.base * 2.0 ** min(attempt - 1, 1000))  # 2.0**1024 overflows
        match self.jitter:
            case "none":
                return ceiling
            case "equal":
                return ceiling * (1 + random) / 2
            case "decorrelated":
                widest = max(self.base, 3 * previous)
                return min(self.cap, self.base + random * (widest - self.base))
        return random * ceiling


@dataclass(frozen=True, slots=True)
class Series:
    """Waits as listed, the last of them repeated: ``Series((1, 2, 4))``.

    Attributes:
        waits: Seconds, at least one of them.
    """

    waits: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.waits or not all(0 <= wait < float("inf") for wait in self.waits):
            raise ValueError(f"a series needs waits of at least 0 seconds, got {self.waits}")

    def delay(self, attempt: int, random: float, previous: float = 0.0) -> float:  # noqa: ARG002 - a fixed series needs neither
        """Return the wait after an attempt, in seconds.

        Args:
            attempt: The attempt that failed, from 1.
            random: Not used.
            previous: Not used.
        """
        return self.waits[min(attempt, len(self.waits)) - 1]
