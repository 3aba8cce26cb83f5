"""The two axes of a chart: time from left to right, seconds from below to above."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 720.0
HEIGHT: Final = 220.0
"""Of the rectangle, in units of the drawing."""

_STEPS: Final = (1.0, 2.0, 5.0, 10.0)
_TICKS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis: where, and what it means."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Scale:
    """The upright axis.

    Attributes:
        top: Seconds at its upper end.
        step: Seconds between two marks.
    """

    top: float
    step: float

    def y(self, seconds: float) -> float:
        """Return where seconds are.

        Args:
            seconds: Beyond the upper end they are at it.
        """
        return round(HEIGHT * (1 - min(seconds, self.top) / self.top), 1)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Its marks."""
        count = round(self.top / self.step) + 1
        return tuple(Tick(at=self.y(self.step * n), value=self.step * n) for n in range(count))


def scale_of(most: float) -> Scale | None:
    """Return an axis with round marks; ``None`` where there is nothing to show.

    Args:
        most: The most seconds that it must reach.
    """
    if most <= 0:
        return None
    step = _step(most / _TICKS)
    return Scale(step * math.ceil(most / step), step)


def x_of(since: float, until: float) -> Callable[[float], float]:
    """Return what says where a time is; what lies outside is at the ends.

    Args:
        since: Left end, in seconds since 1970 UTC.
        until: Right end.
    """

    def x(at: float) -> float:
        return round(WIDTH * min(max((at - since) / (until - since), 0.0), 1.0), 1)

    return x


def times_of(since: float, until: float) -> tuple[Tick, ...]:
    """Return the marks of the level axis.

    Args:
        since: Left end, in seconds since 1970 UTC.
        until: Right end.
    """
    return tuple(
        Tick(at=WIDTH * part / 6, value=since + (until - since) * part / 6) for part in range(7)
    )


def _step(rough: float) -> float:
    """The round number next above."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * step for step in _STEPS if power * step >= rough * 0.999)
