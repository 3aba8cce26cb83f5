"""A histogram of durations with logarithmic buckets: small, mergeable, of known relative error.

The buckets are those of DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile
sketch with relative-error guarantees", VLDB 2019), with fixed bounds and no limit to their number
but the range of a duration.
"""

from __future__ import annotations

from math import ceil, log

RELATIVE_ERROR = 0.025
"""A quantile differs from the true one by at most this share of it, or by a microsecond."""

_GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_SCALE = 1 / log(_GROWTH)
_SHIFT = log(1e6) * _SCALE
_LONGEST = 1e9


class Histogram(dict[int, int]):
    """Number of a bucket to how many durations fell into it.

    Bucket 0 holds what took a microsecond or less; bucket *i* what took up to g^i microseconds,
    with g = (1 + error) / (1 - error).
    """

    __slots__ = ()

    def add(self, seconds: float) -> None:
        """Count one duration.

        Args:
            seconds: Less than a microsecond counts as one, more than 30 years as 30 years.
        """
        if 1e-6 < seconds < _LONGEST:  # as bucket_of; a call for each phase of each check is dear
            bucket = ceil(log(seconds) * _SCALE + _SHIFT)
        else:
            bucket = bucket_of(seconds)
        self[bucket] = self[bucket] + 1 if bucket in self else 1

    def merge(self, other: Histogram) -> None:
        """Add what another counted.

        Args:
            other: Stays as it is.
        """
        for bucket, count in other.items():
            self[bucket] = self.get(bucket, 0) + count

    def quantiles(self, *shares: float) -> list[float | None]:
        """Return the duration in seconds that this share of all does not exceed, for each share.

        Args:
            shares: From 0 to 1, ascending. ``None`` is returned where nothing was counted.
        """
        if not self:
            return [None] * len(shares)
        buckets = sorted(self)
        found: list[float | None] = []
        position, below = 0, self[buckets[0]]
        last = sum(self.values()) - 1
        for share in shares:
            while below <= int(share * last):
                position += 1
                below += self[buckets[position]]
            found.append(_middle(buckets[position]))
        return found

    def encode(self) -> bytes:
        """Return it as bytes: for each bucket the distance from the one before, and its count.

        Both are variable-length integers; the count is left out where it is 1, which the lowest bit
        of the distance says.
        """
        out = bytearray()
        before = 0
        for bucket in sorted(self):
            count = self[bucket]
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
            self[bucket] = count
        return self


def bucket_of(seconds: float) -> int:
    """Return the bucket that a duration falls into.

    Args:
        seconds: Less than a microsecond counts as one, more than 30 years as 30 years.
    """
    if 1e-6 < seconds < _LONGEST:
        return ceil(log(seconds) * _SCALE + _SHIFT)
    return 0 if seconds <= 1e-6 else ceil(log(_LONGEST) * _SCALE + _SHIFT)


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
