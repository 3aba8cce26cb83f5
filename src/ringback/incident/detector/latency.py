"""Latency that has risen for good, against the endpoint's own past."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable
from math import log
from typing import Any, ClassVar

from ringback.incident.detector.detector import SignalDetector
from ringback.incident.model import Check, EndpointState, Signal, WatchedEndpoint

BASELINE_VALUES = 50  # Values that the baseline is made of
MIN_BASELINE_VALUES = 20  # Values before anything is said

MIN_RISE, MIN_RISE_SECONDS = 0.2, 0.005
"""A rise must be this part of the median, and this many seconds."""

SPREADS = 3.0  # Standard deviations above the median from which a value is high at least

SHARE_WHEN_RISEN = 0.9  # Share of high values after a rise
MIN_SHARE, MAX_SHARE = 0.02, 0.6
"""Bounds of the share of high values before a rise, which is learnt."""

SHARE_RATE = 0.005  # Part by which each value moves that share

ALARM_SUM = 11.0
"""Sum of the logarithms of the odds at which a rise is reported (CUSUM's h). Where high values are
rare, three in a row are enough; of an endpoint that has one in ten, six."""

RECOVERY_VALUES = 3  # Values in a row at the old level that end a rise
MAX_RISEN_VALUES = 500  # Values after which a level is the usual one

_DEVIATION_OF_QUARTILE = 1.4826  # Standard deviations of a normal distribution in its quartile


class LatencyLevel:
    """Watches one series of seconds: a CUSUM over whether each value is a high one.

    Page, E. S.: Continuous inspection schemes (Biometrika 41, 1954), for a share: each value adds
    the logarithm of how much more likely it is after a rise than before. A value is high where it
    is more than half way to a rise that matters, and beyond the usual spread; how often that
    happens without a rise is learnt, also from rises that did not last. How high it is does not
    count: latency has heavy tails. After a rise the baseline stays as it was.
    """

    __slots__ = (
        "_border", "_high", "_if_high", "_if_low", "_learnt", "_low", "_median", "_recent", "_rise",
        "_run", "_share", "_sorted", "_sum", "_values", "before", "now",
    )  # fmt: skip

    def __init__(self) -> None:
        # Arrays: a window of floats for each of many endpoints would take three times the memory.
        self._recent = array("d")
        self._sorted = array("d")
        self._learnt = 0
        self._median = self._rise = self._border = 0.0
        self._share = self._if_high = self._if_low = 0.0
        self._sum = 0.0
        self._run: list[float] = []  # since the sum was 0
        self._high = 0  # how many of the run, or since the rise, are high
        self._values = self._low = 0  # since the rise; of them the newest at the old level
        self.before: float | None = None
        self.now = 0.0
        self._weigh()

    def add(self, seconds: float) -> bool | None:
        """Take a value; return ``True`` where a rise begins with it, ``False`` where one ends."""
        if self.before is not None:
            return self._while_risen(seconds)
        if len(self._sorted) < MIN_BASELINE_VALUES:
            self._learn(seconds)
            return None
        high = seconds > self._border
        self._sum += self._if_high if high else self._if_low
        self._run.append(seconds)
        self._high += high
        if self._sum <= 0.0:
            self._count(self._high, len(self._run))
            self._forget_run()
        elif high and self._sum >= ALARM_SUM and self._is_real():
            return True
        if not high:
            self._learn(seconds)
        if len(self._run) >= BASELINE_VALUES:  # a drift of no consequence: the usual level now
            self._count(self._high, len(self._run))
            self._begin_anew(self._run)
        return None

    def _is_real(self) -> bool:
        """Return whether half of the run is as high as matters; the rise begins with it if so."""
        level = sorted(self._run)[(len(self._run) - 1) // 2]
        if level - self._median < self._rise:
            return False
        self.before, self.now = self._median, level
        self._values, self._low = len(self._run), 0
        self._sum, self._run = 0.0, []
        return True

    def _while_risen(self, seconds: float) -> bool | None:
        self._values += 1
        self._high += seconds > self._border
        self._low = self._low + 1 if seconds < self._median + self._rise else 0
        if self._low < RECOVERY_VALUES and self._values < MAX_RISEN_VALUES:
            return None
        self.before = None
        if self._low >= RECOVERY_VALUES:
            self._count(self._high, self._values)
            self._learn(seconds)
        else:
            self._begin_anew(())
        self._forget_run()
        return False

    def _learn(self, seconds: float) -> None:
        if len(self._recent) == BASELINE_VALUES:
            oldest = self._recent.pop(0)
            del self._sorted[bisect_left(self._sorted, oldest)]
        self._recent.append(seconds)
        insort(self._sorted, seconds)
        self._learnt += 1
        if self._learnt % 5 == 0 or len(self._sorted) <= MIN_BASELINE_VALUES:
            self._measure()

    def _measure(self) -> None:
        values = self._sorted
        self._median = values[len(values) // 2]
        deviation = _DEVIATION_OF_QUARTILE * (values[3 * len(values) // 4] - self._median)
        self._rise = max(MIN_RISE * self._median, MIN_RISE_SECONDS)
        self._border = self._median + max(self._rise / 2, SPREADS * deviation)

    def _count(self, high: int, values: int) -> None:
        """Learn the share of high values from some that are over."""
        self._share += (high / values - self._share) * (1 - (1 - SHARE_RATE) ** values)
        self._weigh()

    def _weigh(self) -> None:
        share = min(max(self._share, MIN_SHARE), MAX_SHARE)
        self._if_high = log(SHARE_WHEN_RISEN / share)
        self._if_low = log((1 - SHARE_WHEN_RISEN) / (1 - share))

    def _forget_run(self) -> None:
        self._sum, self._run, self._high = 0.0, [], 0

    def _begin_anew(self, values: Iterable[float]) -> None:
        self._recent = array("d", values)
        self._sorted = array("d", sorted(self._recent))
        self._learnt = 0
        self._forget_run()
        if self._sorted:
            self._measure()

    def dump(self) -> Any:
        recent = [round(value, 6) for value in self._recent]
        run = [round(value, 6) for value in self._run]
        risen = [self.before, self.now, self._values, self._low]
        return [recent, self._share, self._sum, run, self._high, risen]

    def load(self, kept: Any) -> None:
        recent, self._share, sum_, run, high, risen = kept
        self._begin_anew(recent)
        self._sum, self._run, self._high = sum_, list(run), high
        self.before, self.now, self._values, self._low = risen
        self._weigh()


class LatencyDetector(SignalDetector):
    """Says that an endpoint answers more slowly than it used to, and that it no longer does.

    By a fifth and by 5 ms at least, several times in a row: how often depends on how often it is
    slow for a moment.
    """

    name: ClassVar[str] = "latency"

    def __init__(self, watched: WatchedEndpoint) -> None:
        super().__init__(watched)
        self._level = LatencyLevel()

    @classmethod
    def applies(cls, watched: WatchedEndpoint) -> bool:
        return watched.latency and watched.grace is None

    def see(self, check: Check, state: EndpointState) -> Signal | None:
        """Return that it has become slower, or is as fast as before.

        Failures say nothing of latency, nor do calls of programs: theirs may be large.
        """
        del state
        if not check.up or check.origin != "probe" or not check.seconds:
            return None
        risen = self._level.add(check.seconds)
        if risen is None:
            return None
        evidence: tuple[str, ...] = ()
        if risen and self._level.before is not None:
            evidence = (
                f"{_latency_text(self._level.now)} instead of {_latency_text(self._level.before)}",
            )
        return self.signal(check.at, active=risen, evidence=evidence)

    def dump(self) -> Any:
        return self._level.dump()

    def load(self, kept: Any) -> None:
        self._level.load(kept)


def latency_alarms(series: Iterable[float]) -> list[int]:
    """Return where in a series of latencies the detector reports a lasting rise: indices from 0."""
    level = LatencyLevel()
    return [index for index, seconds in enumerate(series) if seconds > 0 and level.add(seconds)]


def _latency_text(seconds: float) -> str:
    """With as many digits as tell one latency from another: nothing is 0 ms."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.2g} ms"
