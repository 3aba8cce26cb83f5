"""A row of the table, its goals, and what a run of it gave."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from client_bench.samples import Samples
from client_bench.site import Site

SAME = 0.98, 1.02
AGAIN = " (again)"


@dataclass(frozen=True)
class Bench:
    """What a row is measured with.

    Attributes:
        site: The server.
        seconds: How long a row measures.
        environments: Directory of the environments that peers have to themselves.
        rng: Chance.
    """

    site: Site
    seconds: float
    environments: Path
    rng: random.Random = field(default_factory=random.Random)


@dataclass(frozen=True)
class Goal:
    """What a row must show.

    Attributes:
        text: What is compared with what.
        limit: The bound.
        statistic: The ratio, of a function from client and quantity to the median.
        at_least: Is the bound a lower one?
    """

    text: str
    limit: float
    statistic: Callable
    at_least: bool = False

    @property
    def target(self):
        """The bound, in words."""
        return f"{'≥' if self.at_least else '≤'} {self.limit:.4g}"

    def met(self, ratio):
        """Is a ratio within the bound?"""
        return ratio >= self.limit if self.at_least else ratio <= self.limit


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes:
        name: For ``--rows``.
        title: For people.
        measure: A function of a `Bench` that returns `Samples`.
        base: The client that the others are divided by.
        goals: What it must show.
        quantity: What the table divides.
        same: The bounds of the ratio of the base measured again to the base.
    """

    name: str
    title: str
    measure: Callable[[Bench], Samples]
    base: str
    goals: tuple[Goal, ...] = ()
    quantity: str = "cpu"
    same: tuple[float, float] = SAME


def twice(clients):
    """Each client and the same again.

    The base, for a run in which the same differs from the same is void; the others, for code that
    runs more often finds the processor's caches warmer.

    Args:
        clients: Name → client.
    """
    return {name + again: client for name, client in clients.items() for again in ("", AGAIN)}


def over(ours, base, quantity="cpu"):
    """The statistic of a plain ratio of two clients."""
    return lambda median: median(ours, quantity) / median(base, quantity)
