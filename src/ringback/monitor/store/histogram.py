"""A histogram of durations with logarithmic buckets: small, mergeable, of known relative error.

The buckets are those of DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile
sketch with relative-error guarantees", VLDB 2019), with fixed bounds and no limit to their number
but the range of a duration: there are 691.
"""

from __future__ import annotations

from array import array
from math import ceil, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

RELATIVE_ERROR = 0.025
"""A quantile differs from the true one by at most this share of it, or by a microsecond."""

_GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_SCALE = 1 / log(_GROWTH)
_SHIFT = log(1e6) * _SCALE
_LONGEST = 1e9
_WIDTH = array("I").itemsize
_HIGHEST = ceil(log(_LONGEST) * _SCALE + _SHIFT)


class Histogram:
    """How many durations fell into each bucket, from the lowest that has one to the highest.

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
        """Count one duration.

        Args:
            seconds: Less than a microsecond counts as one, more than 30 years as 30 years.
        """
        if 1e-6 < seconds < _LONGEST:  # as bucket_of; a call for each phase of each check is dear
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
        """Add what another counted.

        Args:
            other: Stays as it is.
        """
        if not other:
            return
        self._reach(other._lowest, other._lowest + len(other._counts) - 1)
        counts = self._counts
        for at, count in enumerate(other._counts, other._lowest - self._lowest):
            if count:
                counts[at] += count

    def quantiles(self, *shares: float) -> list[float | None]:
        """Return the duration in seconds that this share of all does not exceed, for each share.

        Args:
            shares: From 0 to 1, ascending. ``None`` is returned where nothing was counted.
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
        """Return what ``encode`` made these bytes of.

        Args:
            data: From ``encode``.
        """
        self = cls()
        at = bucket = 0
        while at < len(data):
            distance, at = take_integer(data, at)
            count = 1
            if distance & 1:
                count, at = take_integer(data, at)
            bucket += distance >> 1
            self._put(min(bucket, _HIGHEST), count)
        return self


def bucket_of(seconds: float) -> int:
    """Return the bucket that a duration falls into.

    Args:
        seconds: Less than a microsecond counts as one, more than 30 years as 30 years.
    """
    if 1e-6 < seconds < _LONGEST:
        return ceil(log(seconds) * _SCALE + _SHIFT)
    return 0 if seconds <= 1e-6 else _HIGHEST


def put_integer(out: bytearray, value: int) -> None:
    """Append a number that is not negative, seven bits a byte, the lowest first (LEB128).

    Args:
        out: What is appended to.
        value: The number.
    """
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def take_integer(data: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins there, and where the next one begins.

    Args:
        data: From ``put_integer``.
        at: Where it begins.
    """
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
