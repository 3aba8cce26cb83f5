"""Where the time of an endpoint goes: its phases in a bar, and over time as areas on each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ringback.monitor.web.chart.axis import Tick, scale_of, times_of, x_of
from ringback.monitor.web.words import PHASES

if TYPE_CHECKING:
    from ringback.monitor.store.interface import Bucket


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """A chart of phases over time.

    Attributes:
        paths: Phase to what an SVG path draws: from the phases before it to its own end.
        seconds: Marks of the upright axis, in seconds.
        times: Marks of the level axis, in seconds since 1970 UTC.
    """

    paths: dict[str, str]
    seconds: tuple[Tick, ...]
    times: tuple[Tick, ...]


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


def areas_of(buckets: Sequence[Bucket], width: float, since: float, until: float) -> Areas | None:
    """Return the chart of an endpoint's phases over time; ``None`` where none is known.

    Args:
        buckets: Its rollup, oldest first.
        width: Seconds of a bucket; where one is missing, so is a piece of the areas.
        since: Left end, in seconds since 1970 UTC.
        until: Right end.
    """
    shown = [one for one in buckets if one.timings and one.at + width > since and one.at < until]
    scale = scale_of(max((sum(one.timings.values()) for one in shown), default=0.0))
    if scale is None:
        return None
    x = x_of(since, until)
    runs = _runs(shown, width)
    paths: dict[str, str] = {}
    below = dict.fromkeys((one.at for one in shown), 0.0)
    for name in PHASES:
        above = {one.at: below[one.at] + one.timings.get(name, 0.0) for one in shown}
        if any(name in one.timings for one in shown):
            pieces = (_piece(run, width, x, scale.y, above, below) for run in runs)
            paths[name] = " ".join(pieces)
        below = above
    return Areas(paths=paths, seconds=scale.ticks, times=times_of(since, until))


def _runs(buckets: list[Bucket], width: float) -> list[list[float]]:
    """When the buckets begin that follow each other, piece by piece."""
    runs: list[list[float]] = [[buckets[0].at]]
    for before, after in pairwise(buckets):
        if after.at - before.at > 1.5 * width:
            runs.append([])
        runs[-1].append(after.at)
    return runs


def _piece(
    run: list[float],
    width: float,
    x: Callable[[float], float],
    y: Callable[[float], float],
    above: dict[float, float],
    below: dict[float, float],
) -> str:
    there = [(x(end), y(above[at])) for at in run for end in (at, at + width)]
    back = [(x(end), y(below[at])) for at in reversed(run) for end in (at + width, at)]
    return "M" + "L".join(f"{left} {top}" for left, top in (*there, *back)) + "Z"
