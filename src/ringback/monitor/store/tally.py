"""What is known of an endpoint's checks in one span of time; two of them can be merged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringback.monitor.store.histogram import Histogram, put_integer, take_integer
from ringback.monitor.store.interface import Bucket, Percentiles

if TYPE_CHECKING:
    from ringback.incident.model import Check

PHASES = ("dns", "connect", "tls", "first_byte", "transfer")
"""The phases that are rolled up, in the order in which they are kept."""


class Tally:
    """Counts of checks, and histograms of what the good ones took."""

    __slots__ = ("bad", "count", "kinds", "phases", "seconds", "unknown")

    def __init__(self) -> None:
        self.count = self.bad = self.unknown = 0
        self.kinds: dict[str, int] = {}
        self.seconds = Histogram()
        self.phases: dict[str, Histogram] = {}

    def add(self, check: Check) -> None:
        """Count one check.

        Args:
            check: Its durations count only where it is up.
        """
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
                one = phases.get(phase)
                if one is None:
                    if phase not in PHASES:
                        continue
                    one = phases[phase] = Histogram()
                one.add(seconds)

    def merge(self, other: Tally) -> None:
        """Add what another counted.

        Args:
            other: Stays as it is.
        """
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

    def bucket(self, at: float) -> Bucket:
        """Return it as others see it.

        Args:
            at: The beginning of the span, in seconds since 1970 UTC.
        """
        p50, p95, p99 = self.seconds.quantiles(0.5, 0.95, 0.99)
        medians = {name: one.quantiles(0.5)[0] for name, one in self.phases.items()}
        return Bucket(
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
        for one in every:
            data = one.encode() if one else b""
            put_integer(out, len(data))
            out += data
        return bytes(out)

    @classmethod
    def decode(
        cls, count: int, bad: int, unknown: int, kinds: str | None, histograms: bytes
    ) -> Tally:
        """Return what was kept.

        Args:
            count: As it was.
            bad: As it was.
            unknown: As it was.
            kinds: A JSON object; ``None``: empty.
            histograms: From ``encode``.
        """
        self = cls()
        self.count, self.bad, self.unknown = count, bad, unknown
        self.kinds = json.loads(kinds) if kinds else {}
        at = 0
        for phase in ("", *PHASES):
            if at >= len(histograms):
                break
            length, at = take_integer(histograms, at)
            one = Histogram.decode(histograms[at : at + length])
            at += length
            if not phase:
                self.seconds = one
            elif length:
                self.phases[phase] = one
        return self
