"""The latency of an endpoint over time, as lines in a rectangle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from ringback.monitor.web.chart.axis import Tick, scale_of, times_of, x_of

if TYPE_CHECKING:
    from ringback.monitor.store.interface import Bucket

Percentile = Literal["p50", "p95", "p99"]
PERCENTILES: Final[tuple[Percentile, ...]] = ("p99", "p95", "p50")


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
    scale = scale_of(max((one.p99 or one.p50 or 0.0 for one in buckets), default=0.0))
    if scale is None:
        return None
    x, y = x_of(since, until), scale.y
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
    return Latency(lines=lines, seconds=scale.ticks, times=times_of(since, until))


def _with_gaps(points: list[tuple[float, float]], gap: float) -> list[tuple[bool, float, float]]:
    if not points:
        return []
    broken = [True, *(after[0] - before[0] > gap for before, after in pairwise(points))]
    marked = [(begins, at, value) for begins, (at, value) in zip(broken, points, strict=True)]
    if len(points) == 1:  # a path needs two points to be seen
        marked.append((False, points[0][0] + gap / 5, points[0][1]))
    return marked
