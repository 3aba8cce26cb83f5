"""A row of the report, what it is measured with, and what a run of it gave."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Bench:
    """How the rows are measured.

    Attributes:
        seconds: Length of one window of measuring.
        rounds: How often those that are compared take turns.
        log: An outage log to replay; ``None``: one is made up.
        series: CSV files of latencies; none: one is made up.
        data: Where labelled series are; ``None``: nowhere.
    """

    seconds: float = 8.0
    rounds: int = 3
    log: Path | None = None
    series: tuple[Path, ...] = ()
    data: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What a row must show, and what it showed.

    Attributes:
        text: What is measured.
        measured: The figure; ``None``: it could not be had.
        limit: The bound.
        unit: Of both.
        at_least: Whether the bound is a lower one.
    """

    text: str
    measured: float | None
    limit: float
    unit: str = ""
    at_least: bool = False

    @property
    def met(self):
        """Whether the figure is within the bound; ``None``: there is none."""
        if self.measured is None:
            return None
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a run of a row gave.

    Attributes:
        goals: What it must show.
        lines: A table: each line has the same columns, or fewer.
        notes: What one must know to read it.
    """

    goals: tuple[Goal, ...] = ()
    lines: list[dict[str, Any]] = field(default_factory=list)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        name: For ``--rows``.
        title: For people.
        measure: A function of a `Bench` that returns what it `Found`.
    """

    name: str
    title: str
    measure: Callable[[Bench], Found]


def spread(values, digits=3):
    """Return the median of several rounds, and their least and greatest, as text.

    Args:
        values: Of each round.
        digits: After the point.
    """
    least, most = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} [{least:.{digits}f}-{most:.{digits}f}]"
