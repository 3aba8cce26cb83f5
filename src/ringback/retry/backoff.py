"""How long to wait before the next attempt."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter: anything from nothing to a doubling ceiling.

    Full jitter spreads the clients of a service that fell over evenly over time (Marc Brooker,
    "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).

    Attributes:
        base: Ceiling of the first wait, in seconds.
        cap: Ceiling that no wait exceeds, in seconds.
    """

    base: float = 0.2
    cap: float = 10.0

    def __post_init__(self) -> None:
        if not 0 <= self.base <= self.cap < float("inf"):
            raise ValueError(f"backoff needs 0 <= base <= cap, got {self.base} and {self.cap}")

    def delay(self, attempt: int, random: float) -> float:
        """Return the wait after an attempt, in seconds.

        Args:
            attempt: The attempt that failed, from 1.
            random: A random number, at least 0 and below 1.
        """
        doublings = min(attempt - 1, 1000)  # 2.0**1024 overflows
        return random * min(self.cap, self.base * 2.0**doublings)
