"""The latency of an endpoint over time, as lines in a rectangle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from ringback.monitor.web.words import PHASES

if TYPE_CHECKING:
    from ringback.monitor.store.interface import Bucket

WIDTH: Final = 720.0
HEIGHT: Final = 220.0
"""Of the rectangle, in units of the drawing."""

Percentile = Literal["p50", "p95", "p99"]
PERCENTILES: Final[tuple[Percentile, ...]] = ("p99", "p95", "p50")

_STEPS: Final = (1.0, 2.0, 5.0, 10.0)
_TICKS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis: where, and what it means."""

    at: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """A chart of latency.

    Attributes:
        lines: Percentile to what an SVG path draws; gaps where nothing succeeded.
        seconds: Marks of the upright axis, in seconds.
        times: Marks of the level axis, in seconds since 1970 UTC.
    """

    lines: dict[Percentile, str]
    seconds: tuple[Tick, ...]
    times: tuple[Tick, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """How long one phase usually takes.

    Attributes:
        name: What it is called in checks.
        seconds: Median of the medians of the buckets.
        at: Where it begins in a bar of all phases, 0 to 1.
        share: How much of that bar it takes, 0 to 1.
    """

    name: str
    seconds: float
    at: float
    share: float


def latency_of(
    buckets: Sequence[Bucket], width: float, since: float, until: float
) -> Latency | None:
    """Return the chart of an endpoint's latency; ``None`` where nothing succeeded.

    Args:
        buckets: Its rollup, oldest first.
        width: Seconds of a bucket; where more than two are missing, the line has a gap.
        since: Left end, in seconds since 1970 UTC.
        until: Right end.
    """
    most = max((one.p99 or one.p50 or 0.0 for one in buckets), default=0.0)
    if most <= 0:
        return None
    step = _step(most / _TICKS)
    top = step * math.ceil(most / step)

    def x(at: float) -> float:
        return round(WIDTH * (at - since) / (until - since), 1)

    def y(seconds: float) -> float:
        return round(HEIGHT * (1 - min(seconds, top) / top), 1)

    lines = {}
    for percentile in PERCENTILES:
        points = [
            (one.at + width / 2, value)
            for one in buckets
            if (value := getattr(one, percentile)) is not None
            and since <= one.at + width / 2 <= until
        ]
        lines[percentile] = " ".join(
            f"{'M' if begins else 'L'}{x(at)} {y(value)}"
            for begins, at, value in _with_gaps(points, 2.5 * width)
        )
    return Latency(
        lines=lines,
        seconds=tuple(
            Tick(at=y(step * number), value=step * number)
            for number in range(round(top / step) + 1)
        ),
        times=tuple(
            Tick(at=WIDTH * part / 6, value=since + (until - since) * part / 6) for part in range(7)
        ),
    )


def _step(rough: float) -> float:
    """The round number next above."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * step for step in _STEPS if power * step >= rough * 0.999)


def _with_gaps(points: list[tuple[float, float]], gap: float) -> list[tuple[bool, float, float]]:
    if not points:
        return []
    broken = [True, *(after[0] - before[0] > gap for before, after in pairwise(points))]
    marked = [(begins, at, value) for begins, (at, value) in zip(broken, points, strict=True)]
    if len(points) == 1:  # a path needs two points to be seen
        marked.append((False, points[0][0] + gap / 5, points[0][1]))
    return marked


def phases_of(buckets: Sequence[Bucket]) -> list[Phase]:
    """Return how long each phase usually takes, in the order of a call.

    Args:
        buckets: The rollup of an endpoint.
    """
    medians = {}
    for name in PHASES:
        found = sorted(one.timings[name] for one in buckets if name in one.timings)
        if found:
            medians[name] = found[len(found) // 2]
    whole = sum(medians.values()) or 1.0
    phases, at = [], 0.0
    for name, seconds in medians.items():
        phases.append(Phase(name=name, seconds=seconds, at=at, share=seconds / whole))
        at += seconds / whole
    return phases
