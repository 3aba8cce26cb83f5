"""Status bars: how an endpoint was, a cell per span of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from ringback.monitor.store.interface import Bucket, Step

HEIGHT: Final = 28
"""Of a bar, in units of the drawing."""

_LEAST: Final = 11  # above the good ones, and a little of them

Look = Literal["none", "good", "partly", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A length of time that is shown, and in what steps.

    Attributes:
        name: What it is called, in addresses too.
        step: Width of the buckets that it is made of.
        bucket: The same in seconds.
        cell: Seconds of a cell of the bar.
        cells: How many.
    """

    name: str
    step: Step
    bucket: float
    cell: float
    cells: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.cell * self.cells


WINDOWS: Final[dict[str, Window]] = {
    one.name: one
    for one in (
        Window(name="24h", step="5m", bucket=300.0, cell=900.0, cells=96),
        Window(name="7d", step="1h", bucket=3600.0, cell=7200.0, cells=84),
        Window(name="90d", step="1d", bucket=86400.0, cell=86400.0, cells=90),
    )
}
"""What a status bar can show, the shortest first."""

CHARTS: Final[dict[str, Window]] = {
    "1h": Window(name="1h", step="5m", bucket=300.0, cell=300.0, cells=12),
    **WINDOWS,
}
"""What a chart can show, the shortest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One span of time in a bar.

    Attributes:
        at: When it begins, in seconds since 1970 UTC.
        until: When it ends.
        count: Checks whose outcome is known.
        bad: Those of them that failed.
    """

    at: float
    until: float
    count: int
    bad: int

    @property
    def look(self) -> Look:
        """How it is drawn: ``bad`` where at least half of the checks failed."""
        if not self.count:
            return "none"
        if not self.bad:
            return "good"
        return "bad" if self.bad * 2 >= self.count else "partly"

    @property
    def depth(self) -> int:
        """How far down its failures are drawn: a few can be seen, and all of them fill it."""
        return max(_LEAST, round(HEIGHT * self.bad / self.count)) if self.bad else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The cells of a window, oldest first."""

    window: Window
    cells: tuple[Cell, ...]

    @property
    def count(self) -> int:
        """Checks whose outcome is known."""
        return sum(cell.count for cell in self.cells)

    @property
    def uptime(self) -> float | None:
        """Share of the checks that succeeded; ``None``: there are none."""
        bad = sum(cell.bad for cell in self.cells)
        return 1 - bad / self.count if self.count else None

    @property
    def troubled(self) -> list[Cell]:
        """The cells with failures, newest first."""
        return [cell for cell in reversed(self.cells) if cell.bad]


def bar_of(buckets: Iterable[Bucket], window: Window, now: float) -> Bar:
    """Return the bar of an endpoint.

    Args:
        buckets: Its rollup; what lies outside the window is left out.
        window: What is shown.
        now: In seconds since 1970 UTC; the last cell holds it.
    """
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for bucket in buckets:
        found = sums[int(bucket.at // window.cell)]
        found[0] += bucket.count
        found[1] += bucket.bad
    last = int(now // window.cell)
    cells = (
        Cell(
            at=number * window.cell,
            until=(number + 1) * window.cell,
            count=sums[number][0],
            bad=sums[number][1],
        )
        for number in range(last - window.cells + 1, last + 1)
    )
    return Bar(window=window, cells=tuple(cells))
