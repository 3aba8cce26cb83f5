"""What is rolled up, at one moment: what is written, by its marks, and what is in memory."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringback.monitor.store.aggregate import Aggregate
from ringback.monitor.store.tables import STEP_WIDTH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ringback.monitor.store.interface import RollupBucket, Step
    from ringback.monitor.store.rollup import Counted, Key, Part, SpanTables

CHILD: dict[Step, Step] = {"1h": "5m", "1d": "1h"}  # What a step is merged from

_ENDPOINTS_AT_ONCE = 500  # Of which one query asks


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a rollup is written, as in ``progress``; keys are greater than 0."""

    at: int
    key: Key = 0

    def covers(self, at: int, key: Key) -> bool:
        return at < self.at or (at == self.at and key <= self.key)


@dataclass(frozen=True, slots=True)
class RollupView:
    """One endpoint at one moment: what is written, what of it, and what is in memory."""

    connection: Connection
    endpoint: int
    marks: Mapping[Step, Mark]
    memory: Sequence[Part]
    tables: SpanTables

    def stored_buckets(
        self, step: Step, since: int, until: int
    ) -> tuple[dict[int, RollupBucket], dict[int, Aggregate]]:
        """Return the spans that are written: as they stand, and those that are to be merged."""
        mark = self.marks[step]
        found: dict[int, RollupBucket] = {}
        merged: dict[int, Aggregate] = {}
        ends = since, min(until, mark.at + STEP_WIDTH[step])
        for at, key, span in self.tables.buckets(
            self.connection, step, self.endpoint, *ends, mark.at
        ):
            if not mark.covers(at, key):
                continue
            if isinstance(span, Aggregate):
                merged.setdefault(at, Aggregate()).merge(span)
            else:
                found[at] = span
        return found, merged

    def parts(self, step: Step, since: int, until: int) -> Iterator[Part]:
        """Yield everything of the spans that begin from ``since`` to before ``until``, once."""
        mark = self.marks[step]
        ends = since, min(until, mark.at + STEP_WIDTH[step])
        for part in self.tables.aggregates(self.connection, step, self.endpoint, *ends):
            if mark.covers(*part[:2]):
                yield part
        yield from self.live(step, since, until)

    def live(self, step: Step, since: int, until: int) -> Iterator[Part]:
        """Yield what is not written of them."""
        if step == "5m":
            yield from (part for part in self.memory if since <= part[0] < until)
            return
        mark, width = self.marks[step], STEP_WIDTH[step]
        end = -(-until // width) * width
        for at, key, part in self.parts(CHILD[step], max(since, mark.at), end):
            begin = at // width * width
            if not mark.covers(begin, key):
                yield begin, key, part


def day_counts(
    connection: Connection,
    tables: SpanTables,
    marks: Mapping[Step, Mark],
    memory: Iterable[Counted],
    endpoints: Collection[int],
    span: tuple[int, int],
) -> dict[int, dict[int, list[int]]]:
    """Return of each endpoint its days, each with how many checks there were and failed.

    No histogram is read: of many endpoints that is nearly all the time that ``buckets`` take.
    """
    day, (since, until) = STEP_WIDTH["1d"], span
    found: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    if not marks:
        return found
    above: list[Step] = []

    def count(parts: Iterable[Counted], mark: Mark | None = None) -> None:
        endpoint_of = tables.endpoint_of
        for at, key, checks, failed in parts:
            if mark is not None and at >= mark.at and not mark.covers(at, key):
                continue
            if above and any(
                marks[s].covers(at // STEP_WIDTH[s] * STEP_WIDTH[s], key) for s in above
            ):
                continue
            counts = found[endpoint_of(key)][at // day * day]
            counts[0] += checks
            counts[1] += failed

    numbers, since, until = sorted(endpoints), since // day * day, -(-until // day) * day
    begin = since
    steps: tuple[Step, ...] = ("1d", "1h", "5m")
    for step in steps:
        mark = marks[step]
        for first in range(0, len(numbers), _ENDPOINTS_AT_ONCE):
            some = numbers[first : first + _ENDPOINTS_AT_ONCE]
            end = min(until, mark.at + STEP_WIDTH[step])
            count(tables.counts_of(connection, step, some, begin, end), mark)
        begin = max(begin, mark.at)
        above.append(step)
    above.remove("5m")  # what is in memory is not written
    count(part for part in memory if since <= part[0] < until)
    return found
