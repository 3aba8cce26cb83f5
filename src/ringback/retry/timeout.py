"""How long one attempt may wait."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeout:
    """The limits of one attempt, in seconds; ``None`` is no limit.

    Attributes:
        connect: Until the connection stands.
        read: Between two pieces of the response.
    """

    connect: float | None = 5.0
    read: float | None = 30.0

    def __post_init__(self) -> None:
        for limit in (self.connect, self.read):
            if limit is not None and not limit > 0:
                raise ValueError(f"a timeout must be above 0 seconds, got {limit}")

    def within(self, seconds: float) -> Timeout:
        """Return the same limits, none of them longer than what is left.

        Args:
            seconds: What is left, above 0.
        """
        return Timeout(_shorter(self.connect, seconds), _shorter(self.read, seconds))


def _shorter(limit: float | None, seconds: float) -> float:
    return seconds if limit is None else min(limit, seconds)
