"""What is known of an endpoint's checks in one span of time; two of them can be merged."""

from __future__ import annotations

import json
from array import array
from math import ceil, log
from typing import TYPE_CHECKING

from ringback.monitor.store.interface import Percentiles, RollupBucket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringback.incident.model import Check

RELATIVE_ERROR = 0.025
"""A quantile differs from the true one by at most this share of it, or by a microsecond."""

_GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_SCALE = 1 / log(_GROWTH)
_SHIFT = log(1e6) * _SCALE
_MAX_SECONDS = 1e9
_WIDTH = array("I").itemsize
_MAX_BUCKET = ceil(log(_MAX_SECONDS) * _SCALE + _SHIFT)


class Histogram:
    """How many durations fell into each bucket, from the lowest that has one to the highest.

    The buckets are logarithmic: the histogram is small, can be merged, and its quantiles have a
    known relative error. They are those of DDSketch (Masson, Rim, Lee: "DDSketch: a fast and
    fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019), with fixed bounds
    and no limit to their number but the range of a duration: there are 691.

    Bucket 0 holds what took a microsecond or less; bucket *i* what took up to g^i microseconds,
    with g = (1 + error) / (1 - error). The counts lie side by side, four bytes each, for there are
    several histograms of each endpoint: a dict takes four times as much.
    """

    __slots__ = ("_counts", "_lowest")

    def __init__(self) -> None:
        self._lowest = 0
        self._counts = array("I")

    def __bool__(self) -> bool:
        return bool(self._counts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        return self._lowest == other._lowest and self._counts == other._counts

    __hash__ = None  # type: ignore[assignment]  # it changes

    def items(self) -> Iterator[tuple[int, int]]:
        """Yield each bucket that something fell into, ascending, and how much did."""
        return ((at, count) for at, count in enumerate(self._counts, self._lowest) if count)

    def add(self, seconds: float) -> None:
        if (
            1e-6 < seconds < _MAX_SECONDS
        ):  # as bucket_of; a call for each phase of each check is dear
            bucket = ceil(log(seconds) * _SCALE + _SHIFT)
        else:
            bucket = bucket_of(seconds)
        at = bucket - self._lowest
        counts = self._counts
        if 0 <= at < len(counts):
            counts[at] += 1
        else:
            self._put(bucket, 1)

    def _put(self, bucket: int, count: int) -> None:
        self._reach(bucket, bucket)
        self._counts[bucket - self._lowest] += count

    def _reach(self, lowest: int, highest: int) -> None:
        """Make room for the buckets from one to another."""
        if not self._counts:
            self._lowest = lowest
        missing = self._lowest - lowest
        if missing > 0:
            self._counts[:0] = array("I", bytes(_WIDTH * missing))
            self._lowest = lowest
        missing = highest - self._lowest + 1 - len(self._counts)
        if missing > 0:
            self._counts.frombytes(bytes(_WIDTH * missing))

    def merge(self, other: Histogram) -> None:
        if not other:
            return
        self._reach(other._lowest, other._lowest + len(other._counts) - 1)
        counts = self._counts
        for at, count in enumerate(other._counts, other._lowest - self._lowest):
            if count:
                counts[at] += count

    def quantiles(self, *shares: float) -> list[float | None]:
        """Return the duration in seconds that this share of all does not exceed, for each share.

        The shares ascend from 0 to 1; ``None`` where nothing was counted.
        """
        counts = self._counts
        if not counts:
            return [None] * len(shares)
        found: list[float | None] = []
        position, below = 0, counts[0]
        last = sum(counts) - 1
        for share in shares:
            while below <= int(share * last):
                position += 1
                below += counts[position]
            found.append(_middle(self._lowest + position))
        return found

    def encode(self) -> bytes:
        """Return it as bytes: for each bucket the distance from the one before, and its count.

        Both are variable-length integers; the count is left out where it is 1, which the lowest bit
        of the distance says.
        """
        out = bytearray()
        before = 0
        for bucket, count in self.items():
            put_integer(out, (bucket - before) << 1 | (count > 1))
            if count > 1:
                put_integer(out, count)
            before = bucket
        return bytes(out)

    @classmethod
    def decode(cls, data: bytes) -> Histogram:
        self = cls()
        at = bucket = 0
        while at < len(data):
            distance, at = take_integer(data, at)
            count = 1
            if distance & 1:
                count, at = take_integer(data, at)
            bucket += distance >> 1
            self._put(min(bucket, _MAX_BUCKET), count)
        return self


def bucket_of(seconds: float) -> int:
    if 1e-6 < seconds < _MAX_SECONDS:
        return ceil(log(seconds) * _SCALE + _SHIFT)
    return 0 if seconds <= 1e-6 else _MAX_BUCKET


def put_integer(out: bytearray, value: int) -> None:
    """Append a number that is not negative, seven bits a byte, the lowest first (LEB128)."""
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def take_integer(data: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins there, and where the next one begins."""
    value = data[at]
    if value < 128:
        return value, at + 1
    value &= 127
    shift = 7
    while True:
        at += 1
        byte = data[at]
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at + 1
        shift += 7


def _middle(bucket: int) -> float:
    if bucket == 0:
        return 1e-6
    return float(2e-6 * _GROWTH**bucket / (_GROWTH + 1))


PHASES = ("dns", "connect", "tls", "first_byte", "transfer")
"""The phases that are rolled up, in the order in which they are kept."""


class Aggregate:
    """Counts of checks, and histograms of what the good ones took."""

    __slots__ = ("bad", "count", "kinds", "phases", "seconds", "unknown")

    def __init__(self) -> None:
        self.count = self.bad = self.unknown = 0
        self.kinds: dict[str, int] = {}
        self.seconds = Histogram()
        self.phases: dict[str, Histogram] = {}

    def add(self, check: Check) -> None:
        """Count one check; its durations count only where it is up."""
        if check.up is None:
            self.unknown += 1
            return
        self.count += 1
        if not check.up:
            self.bad += 1
            kind = check.kind or "unknown"
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
            return
        if check.seconds is not None:
            self.seconds.add(check.seconds)
            phases = self.phases
            for phase, seconds in check.timings.items():
                histogram = phases.get(phase)
                if histogram is None:
                    if phase not in PHASES:
                        continue
                    histogram = phases[phase] = Histogram()
                histogram.add(seconds)

    def merge(self, other: Aggregate) -> None:
        self.count += other.count
        self.bad += other.bad
        self.unknown += other.unknown
        for kind, count in other.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + count
        self.seconds.merge(other.seconds)
        for phase, histogram in other.phases.items():
            self.phases.setdefault(phase, Histogram()).merge(histogram)

    def percentiles(self) -> dict[str, Percentiles]:
        """Return what each phase of the good checks took, in the order of a call."""
        found: dict[str, Percentiles] = {}
        for phase in PHASES:
            if phase in self.phases:
                p50, p95, p99 = self.phases[phase].quantiles(0.5, 0.95, 0.99)
                if p50 is not None and p95 is not None and p99 is not None:
                    found[phase] = Percentiles(p50=p50, p95=p95, p99=p99)
        return found

    def bucket(self, at: float) -> RollupBucket:
        p50, p95, p99 = self.seconds.quantiles(0.5, 0.95, 0.99)
        medians = {name: histogram.quantiles(0.5)[0] for name, histogram in self.phases.items()}
        return RollupBucket(
            at=at,
            count=self.count,
            bad=self.bad,
            unknown=self.unknown,
            p50=p50,
            p95=p95,
            p99=p99,
            timings={name: value for name, value in medians.items() if value is not None},
            kinds=dict(self.kinds),
        )

    def encode(self) -> bytes:
        """Return the histograms as bytes: that of the whole, then one for each phase."""
        every = [self.seconds, *(self.phases.get(phase) for phase in PHASES)]
        while every and not every[-1]:
            every.pop()
        out = bytearray()
        for histogram in every:
            data = histogram.encode() if histogram else b""
            put_integer(out, len(data))
            out += data
        return bytes(out)

    @classmethod
    def decode(
        cls, count: int, bad: int, unknown: int, kinds: str | None, histograms: bytes
    ) -> Aggregate:
        self = cls()
        self.count, self.bad, self.unknown = count, bad, unknown
        self.kinds = json.loads(kinds) if kinds else {}
        at = 0
        for phase in ("", *PHASES):
            if at >= len(histograms):
                break
            length, at = take_integer(histograms, at)
            histogram = Histogram.decode(histograms[at : at + length])
            at += length
            if not phase:
                self.seconds = histogram
            elif length:
                self.phases[phase] = histogram
        return self
