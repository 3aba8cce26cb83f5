"""What is known of an endpoint's checks in one span of time; two of them can be merged."""

from __future__ import annotations

import json
import struct
from array import array
from bisect import bisect_right
from itertools import accumulate
from math import ceil, log
from typing import TYPE_CHECKING

from ringback.monitor.store.interface import Percentiles, RollupBucket

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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
    with g = (1 + error) / (1 - error). The counts lie side by side, four bytes each: a
    dict takes four times as much.
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

    @classmethod
    def of(cls, counts: Sequence[int]) -> Histogram:
        """Return it with these counts, of the lowest bucket of all first."""
        self = cls()
        there = [bucket for bucket, count in enumerate(counts) if count]
        if there:
            self._lowest = there[0]
            self._counts = array("I", counts[there[0] : there[-1] + 1])
        return self

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

    def count(self, buckets: Sequence[int]) -> None:
        """Count one for each of these buckets, of which there is at least one."""
        self._reach(min(buckets), max(buckets))
        counts, lowest = self._counts, self._lowest
        for bucket in buckets:
            counts[bucket - lowest] += 1

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

        ``None`` where nothing was counted.
        """
        counts = self._counts
        if not counts:
            return [None] * len(shares)
        below = list(accumulate(counts))
        last, lowest = below[-1] - 1, self._lowest
        return [_middle(lowest + bisect_right(below, int(share * last))) for share in shares]

    def encode(self) -> bytes:
        """Return it as bytes: for each bucket the distance from the one before, and its count.

        Both are variable-length integers; the count is left out where it is 1, which the lowest bit
        of the distance says.
        """
        out = bytearray()
        before = -self._lowest
        for at, count in enumerate(self._counts):
            if count == 1:
                put_integer(out, (at - before) << 1)
                before = at
            elif count:
                put_integer(out, (at - before) << 1 | 1)
                put_integer(out, count)
                before = at
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


def merged_seconds(encoded: Iterable[bytes]) -> Histogram:
    """Return what the good checks took as a whole, of several aggregates as they are written.

    To decode each and to merge them would take five times as long: a year has 365 days.
    """
    counts = [0] * (_MAX_BUCKET + 1)
    for data in filter(None, encoded):
        length, at = take_integer(data, 0)
        rest = iter(data[at : at + length])
        bucket = 0
        for distance in rest:
            if distance > 127:
                distance = _longer(distance, next(rest), rest)  # noqa: PLW2901 - the same number
            bucket += distance >> 1
            if not distance & 1:
                counts[bucket] += 1
            elif (count := next(rest)) < 128:
                counts[bucket] += count
            elif (second := next(rest)) < 128:  # written out: of a day most counts have two bytes
                counts[bucket] += count & 127 | second << 7
            else:
                counts[bucket] += _longer(count, second, rest)
    return Histogram.of(counts)


def _longer(first: int, second: int, rest: Iterator[int]) -> int:
    """Return the number that begins with these two bytes (LEB128)."""
    value, shift = first & 127 | (second & 127) << 7, 14
    while second > 127:
        second = next(rest)
        value |= (second & 127) << shift
        shift += 7
    return value


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


_NO_BUCKET = 0xFFFF
_NOTE = struct.Struct(
    f"={1 + len(PHASES)}H"
)  # The buckets of one good check: of the whole, of phases
_MAX_NOTED = 48 * _NOTE.size  # Bytes; of more checks the histograms take less


_NO_KINDS: Mapping[str, int] = {}  # Never changed: most have seen no failure


class Aggregate:
    """Counts of checks, and histograms of what the good ones took.

    Most are of five minutes of one endpoint, some ten checks, and are open for all endpoints at
    once: six histograms of each would be most of the memory of a monitor. So the buckets of the
    first checks are noted one after the other, and counted when they are many, or asked for.
    """

    __slots__ = ("_noted", "_phases", "_seconds", "bad", "count", "kinds", "unknown")

    def __init__(self) -> None:
        self.count = self.bad = self.unknown = 0
        self.kinds: Mapping[str, int] = _NO_KINDS
        self._noted = b""
        self._seconds: Histogram | None = None
        self._phases: dict[str, Histogram] | None = None

    def add(self, check: Check) -> None:
        """Count one check; its durations count only where it is up."""
        if check.up is None:
            self.unknown += 1
            return
        self.count += 1
        if not check.up:
            self.bad += 1
            kind = check.kind or "unknown"
            self.kinds = {**self.kinds, kind: self.kinds.get(kind, 0) + 1}
            return
        if check.seconds is not None:
            took = map(check.timings.get, PHASES)
            buckets = [_NO_BUCKET if phase is None else bucket_of(phase) for phase in took]
            self._noted += _NOTE.pack(bucket_of(check.seconds), *buckets)
            if len(self._noted) > _MAX_NOTED:
                self._count_noted()

    def _count_noted(self) -> None:
        if not self._noted:
            return
        noted, self._noted = array("H", self._noted), b""
        width = 1 + len(PHASES)
        if self._seconds is None:
            self._seconds = Histogram()
        self._seconds.count(noted[::width])
        for place, phase in enumerate(PHASES, 1):
            if buckets := [bucket for bucket in noted[place::width] if bucket != _NO_BUCKET]:
                self._own_phases().setdefault(phase, Histogram()).count(buckets)

    def _own_phases(self) -> dict[str, Histogram]:
        if self._phases is None:
            self._phases = {}
        return self._phases

    @property
    def seconds(self) -> Histogram:
        """What the good checks took as a whole."""
        self._count_noted()
        if self._seconds is None:
            self._seconds = Histogram()
        return self._seconds

    @property
    def phases(self) -> Mapping[str, Histogram]:
        """What their phases took."""
        self._count_noted()
        return self._phases or {}

    def merge(self, other: Aggregate) -> None:
        """Count what another has counted, which stays as it is: others may read it as well."""
        self.count += other.count
        self.bad += other.bad
        self.unknown += other.unknown
        if other.kinds:
            kinds = dict(self.kinds)
            for kind, count in other.kinds.items():
                kinds[kind] = kinds.get(kind, 0) + count
            self.kinds = kinds
        self._noted += other._noted
        if len(self._noted) > _MAX_NOTED:
            self._count_noted()
        if other._seconds is not None:
            self.seconds.merge(other._seconds)
        for phase, histogram in (other._phases or {}).items():
            self._own_phases().setdefault(phase, Histogram()).merge(histogram)

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
        self.kinds = json.loads(kinds) if kinds else _NO_KINDS
        at = 0
        for phase in ("", *PHASES):
            if at >= len(histograms):
                break
            length, at = take_integer(histograms, at)
            histogram = Histogram.decode(histograms[at : at + length])
            at += length
            if not phase:
                self._seconds = histogram
            elif length:
                self._own_phases()[phase] = histogram
        return self
