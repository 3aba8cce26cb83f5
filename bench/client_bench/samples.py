"""What was measured, its medians and how sure they are."""

import itertools
import random
import statistics
from collections import defaultdict

BLOCKS = 40
RESAMPLES = 400
CONFIDENCE = 0.95


class Samples:
    """Columns of numbers, one per client and quantity, in the order they were measured in.

    Args:
        clients: Their names, in the order of the table.
    """

    def __init__(self, clients):
        self._order = list(clients)
        self._columns = defaultdict(list)
        self.missing = {}

    def add(self, client, **quantities):
        """Append one number to each of a client's columns."""
        for name, value in quantities.items():
            self._columns[client, name].append(value)

    def column(self, client, quantity):
        """The numbers of a column; empty where there are none."""
        return self._columns.get((client, quantity), [])

    @property
    def clients(self):
        """The clients that were measured, in the order of the table."""
        found = {client for client, _ in self._columns}
        return [client for client in self._order if client in found]

    def quantities(self, client):
        """What was measured of a client."""
        return [name for each, name in self._columns if each == client]

    def median(self, client, quantity):
        """The median of a column.

        Raises:
            KeyError: There is no such column.
        """
        return statistics.median(self._columns[self._known(client, quantity)])

    def interval(self, statistic):
        """The 95 % interval of a statistic, or ``None`` where there is too little to resample.

        A block bootstrap: what is drawn is stretches of time, the same ones for every column, so
        that a busy moment of the machine widens the interval instead of passing for precision.

        Args:
            statistic: Called with a function like `median`.
        """
        count = min(BLOCKS, *(len(column) for column in self._columns.values()))
        if count < 3:
            return None
        blocks = {key: _cut(column, count) for key, column in self._columns.items()}
        rng = random.Random(count)
        found = sorted(
            statistic(_Resampled(self, blocks, rng.choices(range(count), k=count)).median)
            for _ in range(RESAMPLES)
        )
        cut = int(RESAMPLES * (1 - CONFIDENCE) / 2)
        return found[cut], found[-1 - cut]

    def _known(self, client, quantity):
        if (client, quantity) not in self._columns:
            raise KeyError(f"{client}: {self.missing.get(client, f'no {quantity}')}")
        return client, quantity


class _Resampled:
    def __init__(self, samples, blocks, drawn):
        self._samples, self._blocks, self._drawn, self._medians = samples, blocks, drawn, {}

    def median(self, client, quantity):
        key = self._samples._known(client, quantity)
        if key not in self._medians:
            blocks = self._blocks[key]
            self._medians[key] = statistics.median([x for i in self._drawn for x in blocks[i]])
        return self._medians[key]


def _cut(column, count):
    """Sorted blocks of neighbours, as equal in length as can be."""
    edges = [len(column) * i // count for i in range(count + 1)]
    return [sorted(column[a:b]) for a, b in itertools.pairwise(edges)]
