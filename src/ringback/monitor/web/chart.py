"""What charts draw: status bars, latency over time, and where the time goes, phase by phase."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final, Literal

from ringback.diagnosis.wording import duration
from ringback.failure.target import without_secrets
from ringback.incident.pattern import stamp
from ringback.monitor.model import MAX_RECENT
from ringback.monitor.web.words import PHASES

if TYPE_CHECKING:
    from ringback.incident.model import Check, Incident
    from ringback.monitor.store.interface import DayCount, RollupBucket, Step

WIDTH: Final = 720.0
HEIGHT: Final = 220.0  # Of the rectangle, in units of the drawing

_STEPS: Final = (1.0, 2.0, 5.0, 10.0)
_TICKS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis: where, and what it means."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Scale:
    """The upright axis."""

    top: float  # Seconds at its upper end
    step: float  # Seconds between two marks

    def y(self, seconds: float) -> float:
        return round(HEIGHT * (1 - min(seconds, self.top) / self.top), 1)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        count = round(self.top / self.step) + 1
        return tuple(Tick(at=self.y(self.step * n), value=self.step * n) for n in range(count))


def scale_of(most: float) -> Scale | None:
    """Return an axis with round marks; ``None`` where there is nothing to show."""
    if most <= 0:
        return None
    step = _step(most / _TICKS)
    return Scale(step * math.ceil(most / step), step)


def x_of(since: float, until: float) -> Callable[[float], float]:
    """Return what says where a time is; what lies outside is at the ends."""

    def x(at: float) -> float:
        return round(WIDTH * min(max((at - since) / (until - since), 0.0), 1.0), 1)

    return x


def time_ticks(since: float, until: float) -> tuple[Tick, ...]:
    return tuple(
        Tick(at=WIDTH * part / 4, value=since + (until - since) * part / 4) for part in range(5)
    )


def _step(rough: float) -> float:
    """The round number next above."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * step for step in _STEPS if power * step >= rough * 0.999)


BAR_HEIGHT: Final = 28  # Of a bar, in units of the drawing
_MIN_DEPTH: Final = 11  # above the good ones, and a little of them

CellLook = Literal["none", "good", "partly", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartWindow:
    """A length of time that is shown, and in what steps."""

    name: str  # What it is called, in addresses too
    step: Step  # Width of the buckets that it is made of
    bucket: float  # The same in seconds
    cell: float  # Seconds of a cell of the bar
    cells: int  # How many
    coarse: Step  # Width of those that are taken together: few, for their histograms are merged

    @property
    def seconds(self) -> float:
        return self.cell * self.cells


_HOUR, _DAY = 3600.0, 86400.0

WINDOWS: Final[dict[str, ChartWindow]] = {
    window.name: window
    for window in (
        ChartWindow(name="1h", step="5m", bucket=300.0, cell=300.0, cells=12, coarse="5m"),
        ChartWindow(name="6h", step="5m", bucket=300.0, cell=300.0, cells=72, coarse="1h"),
        ChartWindow(name="24h", step="5m", bucket=300.0, cell=900.0, cells=96, coarse="1h"),
        ChartWindow(name="7d", step="1h", bucket=_HOUR, cell=2 * _HOUR, cells=84, coarse="1d"),
        ChartWindow(name="90d", step="1d", bucket=_DAY, cell=_DAY, cells=90, coarse="1d"),
        ChartWindow(name="1y", step="1d", bucket=_DAY, cell=7 * _DAY, cells=53, coarse="1d"),
    )
}
"""What can be shown, the shortest first."""

_BARS: Final = ("24h", "7d", "90d", "1y")


def fitting_windows(history: float) -> list[ChartWindow]:
    """Return the windows up to the first that holds so many seconds of history."""
    windows = list(WINDOWS.values())
    shorter = [window for window in windows if window.seconds < history]
    return windows[: len(shorter) + 1]


def fitting_bars(history: float) -> list[ChartWindow]:
    """Return the windows of status bars: one that holds all of a short history, or the usual."""
    windows = fitting_windows(history)
    return [window for window in windows if window.name in _BARS] or windows[-1:]


@dataclass(slots=True, kw_only=True)  # not frozen: thousands are made for a page
class StatusCell:
    """One span of time in a bar."""

    at: float  # When it begins, in seconds since 1970 UTC
    until: float  # When it ends
    count: int  # Checks whose outcome is known
    bad: int  # Those of them that failed

    @property
    def look(self) -> CellLook:
        """How it is drawn: ``bad`` where at least half of the checks failed."""
        if not self.count:
            return "none"
        if not self.bad:
            return "good"
        return "bad" if self.bad * 2 >= self.count else "partly"

    @property
    def depth(self) -> int:
        """How far down its failures are drawn: a few can be seen, and all of them fill it."""
        return max(_MIN_DEPTH, round(BAR_HEIGHT * self.bad / self.count)) if self.bad else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusBar:
    """The cells of a window, oldest first."""

    window: ChartWindow
    cells: tuple[StatusCell, ...]

    @property
    def count(self) -> int:
        return sum(cell.count for cell in self.cells)

    @property
    def known(self) -> int:
        """How many of its cells something is known of: a share of one alone says little."""
        return sum(cell.count > 0 for cell in self.cells)

    @property
    def uptime(self) -> float | None:
        """Share of the checks that succeeded; ``None``: there are none."""
        return 1 - self.failed / self.count if self.count else None

    @property
    def failed(self) -> int:
        return sum(cell.bad for cell in self.cells)

    @property
    def troubled(self) -> list[StatusCell]:
        """The cells with failures, newest first."""
        return [cell for cell in reversed(self.cells) if cell.bad]


def status_bar(
    buckets: Iterable[RollupBucket | DayCount], window: ChartWindow, now: float
) -> StatusBar:
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for bucket in buckets:
        found = sums[int(bucket.at // window.cell)]
        found[0] += bucket.count
        found[1] += bucket.bad
    last = int(now // window.cell)
    cells = (
        StatusCell(
            at=number * window.cell,
            until=(number + 1) * window.cell,
            count=sums[number][0],
            bad=sums[number][1],
        )
        for number in range(last - window.cells + 1, last + 1)
    )
    return StatusBar(window=window, cells=tuple(cells))


_STRIP_LOOKS: Final = {ord("+"): "good", ord("-"): "bad"}


def check_strip(recent: bytes) -> dict[str, str]:
    """Return what draws the outcomes of an endpoint's last checks: a look to its SVG path.

    Each takes one unit, the newest at the right of ``MAX_RECENT``.
    """
    looks = (_STRIP_LOOKS.get(outcome, "none") for outcome in recent)
    return _paths_of(looks, MAX_RECENT - len(recent))


def bar_paths(bar: StatusBar) -> dict[str, str]:
    """Return what draws a status bar small: a look to its SVG path, a unit for each cell."""
    return _paths_of((cell.look for cell in bar.cells), 0)


def _paths_of(looks: Iterable[str], at: int) -> dict[str, str]:
    """Return a path for each look; what follows alike is one line."""
    paths: dict[str, str] = {}
    for look, run in groupby(looks):
        length = len(list(run))
        paths[look] = f"{paths.get(look, '')}M{at} 0h{length}"
        at += length
    return paths


PERCENTILES: Final = ("p99", "p95", "p50")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A span of a chart, and what is said of it to who points there."""

    x: float
    width: float
    text: str
    bad: bool = False  # Whether a check failed in it


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeChart:
    """A chart of seconds over time."""

    paths: dict[str, str]  # Percentile, or phase, to what an SVG path draws
    seconds: tuple[Tick, ...]  # Marks of the upright axis, in seconds
    times: tuple[Tick, ...]  # Marks of the level axis, in seconds since 1970 UTC
    columns: tuple[Column, ...] = ()


def incident_bands(incidents: Iterable[Incident], since: float, until: float) -> list[Column]:
    """Return where incidents are on a chart."""
    x = x_of(since, until)
    bands = []
    for incident in incidents:
        begin, end = incident.opened_at, incident.closed_at or until
        if begin < until and end > since:
            left = x(begin)
            width = max(round(x(end) - left, 1), _MIN_BAND)
            text = f"{stamp(begin)}: {without_secrets(incident.summary)}"
            bands.append(Column(x=min(left, WIDTH - width), width=width, text=text, bad=True))
    return bands


_MIN_BAND: Final = 2.0  # Of the width of an incident, that it is seen


def check_chart(checks: Sequence[Check], since: float, until: float) -> TimeChart | None:
    """Return the chart of single checks, newest first; ``None`` where none succeeded."""
    oldest_first = [check for check in reversed(checks) if check.up is not None]
    took = [check.seconds for check in oldest_first if check.up and check.seconds]
    scale = scale_of(max(took, default=0.0))
    if scale is None:
        return None
    x, y = x_of(since, until), scale.y
    line, begins = [], True
    for check in oldest_first:
        if check.up and check.seconds is not None:
            line.append(f"{'M' if begins else 'L'}{x(check.at)} {y(check.seconds)}")
        begins = not check.up
    good = [check for check in oldest_first if check.up and check.seconds is not None]
    paths = {
        "p50": " ".join(line),
        "single": " ".join(f"M{x(check.at)} {y(check.seconds or 0.0)}h.01" for check in good),
    }
    edges = [x(check.at) for check in oldest_first]
    columns = _columns(edges, [_said_of_check(check) for check in oldest_first], oldest_first)
    return TimeChart(
        paths=paths, seconds=scale.ticks, times=time_ticks(since, until), columns=columns
    )


def _columns(
    places: Sequence[float], texts: Sequence[str], checks: Sequence[Check]
) -> tuple[Column, ...]:
    """Return a column around each place, up to the middle between it and the next."""
    middles = [(before + after) / 2 for before, after in pairwise(places)]
    starts, ends = (0.0, *middles), (*middles, WIDTH)
    return tuple(
        Column(x=round(a, 1), width=round(b - a, 1), text=text, bad=not check.up)
        for a, b, text, check in zip(starts, ends, texts, checks, strict=True)
    )


def _said_of_check(check: Check) -> str:
    took = "" if check.seconds is None else duration(check.seconds)
    status = "" if check.status is None else f"HTTP {check.status}"
    failed = "" if check.up else f"failed: {check.kind or 'unknown'}"
    return f"{stamp(check.at)}: {', '.join(filter(None, (failed, took, status)))}"


def _bucket_columns(
    buckets: Iterable[RollupBucket], width: float, since: float, until: float, *, phases: bool
) -> tuple[Column, ...]:
    x = x_of(since, until)
    columns = []
    for bucket in buckets:
        left, right = x(bucket.at), x(bucket.at + width)
        if right > left and bucket.count:
            said = _phases_of(bucket) if phases else _percentiles_of(bucket)
            if bucket.bad and not phases:
                said.append(f"{bucket.bad} of {bucket.count} failed")
            text = f"{stamp(bucket.at)[:16]}: {', '.join(said)}"
            bad = bucket.bad > 0 and not phases
            columns.append(Column(x=left, width=round(right - left, 1), text=text, bad=bad))
    return tuple(columns)


def _percentiles_of(bucket: RollupBucket) -> list[str]:
    known = (("p50", bucket.p50), ("p95", bucket.p95), ("p99", bucket.p99))
    return [f"{name} {duration(value)}" for name, value in known if value is not None]


def _phases_of(bucket: RollupBucket) -> list[str]:
    found = bucket.timings
    return [f"{word} {duration(found[name])}" for name, word in PHASES.items() if name in found]


def latency_chart(
    buckets: Sequence[RollupBucket], width: float, since: float, until: float
) -> TimeChart | None:
    """Return the chart of an endpoint's latency; ``None`` where nothing succeeded."""
    scale = scale_of(max((bucket.p99 or bucket.p50 or 0.0 for bucket in buckets), default=0.0))
    if scale is None:
        return None
    x, y = x_of(since, until), scale.y
    paths: dict[str, str] = {}
    for percentile in PERCENTILES:
        points = [
            (bucket.at + width / 2, value)
            for bucket in buckets
            if (value := getattr(bucket, percentile)) is not None
            and since <= bucket.at + width / 2 <= until
        ]
        paths[percentile] = " ".join(
            f"{'M' if begins else 'L'}{x(at)} {y(value)}"
            for begins, at, value in _with_gaps(points, 2.5 * width)
        )
    columns = _bucket_columns(buckets, width, since, until, phases=False)
    return TimeChart(
        paths=paths, seconds=scale.ticks, times=time_ticks(since, until), columns=columns
    )


def _with_gaps(points: list[tuple[float, float]], gap: float) -> list[tuple[bool, float, float]]:
    if not points:
        return []
    broken = [True, *(after[0] - before[0] > gap for before, after in pairwise(points))]
    marked = [(begins, at, value) for begins, (at, value) in zip(broken, points, strict=True)]
    if len(points) == 1:  # a path needs two points to be seen
        marked.append((False, points[0][0] + gap / 5, points[0][1]))
    return marked


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseShare:
    """How long one phase usually takes."""

    name: str  # What it is called in checks
    seconds: float  # Median of the medians of the buckets
    at: float  # Where it begins in a bar of all phases, 0 to 1
    share: float  # How much of that bar it takes, 0 to 1


def phase_shares(buckets: Sequence[RollupBucket]) -> list[PhaseShare]:
    """Return how long each phase usually takes, in the order of a call."""
    medians = {}
    for name in PHASES:
        found = sorted(bucket.timings[name] for bucket in buckets if name in bucket.timings)
        if found:
            medians[name] = found[len(found) // 2]
    whole = sum(medians.values()) or 1.0
    phases, at = [], 0.0
    for name, seconds in medians.items():
        phases.append(PhaseShare(name=name, seconds=seconds, at=at, share=seconds / whole))
        at += seconds / whole
    return phases


def phase_chart(
    buckets: Sequence[RollupBucket], width: float, since: float, until: float
) -> TimeChart | None:
    """Return the chart of an endpoint's phases over time; ``None`` where none is known."""
    shown = [
        bucket
        for bucket in buckets
        if bucket.timings and bucket.at + width > since and bucket.at < until
    ]
    scale = scale_of(max((sum(bucket.timings.values()) for bucket in shown), default=0.0))
    if scale is None:
        return None
    x = x_of(since, until)
    runs = _runs(shown, width)
    paths: dict[str, str] = {}
    below = dict.fromkeys((bucket.at for bucket in shown), 0.0)
    for name in PHASES:
        above = {bucket.at: below[bucket.at] + bucket.timings.get(name, 0.0) for bucket in shown}
        if any(name in bucket.timings for bucket in shown):
            pieces = (_piece(run, width, x, scale.y, above, below) for run in runs)
            paths[name] = " ".join(pieces)
        below = above
    columns = _bucket_columns(shown, width, since, until, phases=True)
    return TimeChart(
        paths=paths, seconds=scale.ticks, times=time_ticks(since, until), columns=columns
    )


def _runs(buckets: list[RollupBucket], width: float) -> list[list[float]]:
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
