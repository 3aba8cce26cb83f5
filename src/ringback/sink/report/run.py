"""Calls of one origin that succeeded one after the other within a second."""

from math import ceil, log2
from typing import Any

_SHORTEST = 1e-4
_PER_OCTAVE = 4
_LAST = 88
"""Bounds grow by 19 % from 0.1 ms to 419 s."""


class Run:
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
        """Add a call.

        Args:
            at: When it ended, in seconds since 1970 UTC.
            seconds: How long it took; ``None``: not known.
        """
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
    if seconds <= _SHORTEST:
        return 0
    return min(ceil(log2(seconds / _SHORTEST) * _PER_OCTAVE), _LAST)


def _bound(place: int) -> float:
    return float(f"{_SHORTEST * 2 ** (place / _PER_OCTAVE):.3g}")
