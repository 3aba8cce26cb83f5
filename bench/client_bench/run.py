"""Measuring rows, one after the other."""

import gc
import sys
from dataclasses import dataclass

from client_bench.interleave import reason
from client_bench.row import AGAIN, Row, over
from client_bench.samples import Samples


@dataclass(frozen=True)
class Result:
    """What a row gave.

    Attributes:
        row: The row.
        samples: Its samples.
        tries: How often it was measured; a void one is measured again.
        apart: The ratio of the base measured again to the base; ``None`` where it is not.
        broken: What went wrong in the middle of it, if anything did.
    """

    row: Row
    samples: Samples
    tries: int
    apart: float | None
    broken: str | None = None

    @property
    def void(self):
        """Was the machine too busy to tell one from another, or did a client break off?"""
        low, high = self.row.same
        return bool(self.broken) or (self.apart is not None and not low <= self.apart <= high)


def measured(row, bench, tries):
    """The result of a row: the first that is not void, or the last.

    Args:
        row: The row.
        bench: What it is measured with.
        tries: How often it may be measured.
    """
    for count in range(1, tries + 1):
        gc.collect()
        print(f"{row.name} ...", end="" if sys.stderr.isatty() else "\n", file=sys.stderr)
        result = _once(row, bench, count)
        print(" void" if result.void else " done", file=sys.stderr)
        if not result.void:
            break
    return result


def _once(row, bench, count):
    try:
        samples = row.measure(bench)
    except Exception as error:  # noqa: BLE001 - the other rows are still worth measuring
        return Result(row, Samples([]), count, None, reason(error))
    return Result(row, samples, count, _apart(row, samples))


def _apart(row, samples):
    again = row.base + AGAIN
    if not {row.base, again} <= set(samples.clients):
        return None
    return over(again, row.base, row.quantity)(samples.median)
