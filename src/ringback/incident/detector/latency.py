"""Latency that has risen for good, against the endpoint's own past."""

from array import array
from collections.abc import Iterable
from typing import Any, ClassVar

from ringback.incident.detector.detector import SignalDetector
from ringback.incident.model import Check, EndpointState, Signal, WatchedEndpoint

BASELINE_VALUES = 50  # Values that the baseline is made of
MIN_BASELINE_VALUES = 20  # Values before anything is said

MIN_RISE, MIN_RISE_SECONDS = 0.2, 0.005
"""A rise must be this part of the median, and this many seconds."""

HIGH_SHARE = 0.1  # Share of values that exceed the median by more than the usual excess
EXCESSES = 4.0  # Usual excesses that a rise is at least
EXCESS_RATE = 0.02  # Part by which each value moves the usual excess
MIN_EXCESS = 0.01  # Part of the median that the usual excess is at least

MAX_BEYOND = 0.75  # Rises that a value counts for at most
ALARM_SUM = 2.0  # Sum at which a rise is reported (CUSUM's h)
MIN_RISEN_VALUES = 4  # Values since the sum was 0 when a rise is reported
RECOVERY_VALUES = 5  # Values in a row within half a rise of the old level that end one
MAX_RISEN_VALUES = 500  # Values after which a level is the usual one


class LatencyLevel:
    """Watches one series of seconds: a CUSUM over how far each value is beyond half a rise.

    Page, E. S.: Continuous inspection schemes (Biometrika 41, 1954). Each value counts in rises
    that matter, less a half, and for ``MAX_BEYOND`` at most: latency has heavy tails, and three
    values of four are no rise yet, whatever they are. A rise that matters is ``MIN_RISE``, or
    ``EXCESSES`` times the usual excess where that is more: the 0.9-quantile of how far values are
    above the median of those before them, learnt in steps (Robbins and Monro, 1951) over hundreds
    of values. The median lags, so that the excess is large where the level wanders by itself. What
    was counted joins the baseline when the sum is 0 again, high or not; while risen, nothing is
    learnt.
    """

    __slots__ = (
        "_excess", "_low", "_median", "_recent", "_rise", "_run", "_sum", "_values", "before",
        "now",
    )  # fmt: skip

    def __init__(self) -> None:
        # An array: a window of floats for each of many endpoints would take three times the memory.
        self._recent = array("d")
        self._excess = 0.0  # as a part of the median; 0: not known yet
        self._median = self._rise = self._sum = 0.0
        self._run: tuple[float, ...] = ()  # since the sum was 0
        self._values = self._low = 0  # since the rise; of them the newest near the old level
        self.before: float | None = None
        self.now = 0.0

    def add(self, seconds: float) -> bool | None:
        """Take a value; return ``True`` where a rise begins with it, ``False`` where one ends."""
        if self.before is not None:
            return self._while_risen(seconds)
        if len(self._recent) < MIN_BASELINE_VALUES:
            self._learn((seconds,))
            return None
        self._weigh(seconds)
        beyond = (seconds - self._median) / self._rise - 0.5
        self._sum += min(max(beyond, -MAX_BEYOND), MAX_BEYOND)
        self._run = (*self._run, seconds)
        if self._sum <= 0.0:
            self._learn(self._run)
            self._forget_run()
        elif beyond > 0.0 and self._sum >= ALARM_SUM and self._is_real():
            return True
        elif len(self._run) >= BASELINE_VALUES:  # a drift of no consequence: the usual level now
            self._begin_anew(self._run)
        return None

    def _is_real(self) -> bool:
        """Return whether half of the run is as high as matters; the rise begins with it if so."""
        level = sorted(self._run)[(len(self._run) - 1) // 2]
        smallest = max(MIN_RISE * self._median, MIN_RISE_SECONDS)
        if len(self._run) < MIN_RISEN_VALUES or level - self._median < smallest:
            return False
        self.before, self.now = self._median, level
        self._values, self._low = len(self._run), 0
        self._forget_run()
        return True

    def _while_risen(self, seconds: float) -> bool | None:
        self._values += 1
        self._low = self._low + 1 if seconds < self._median + self._rise / 2 else 0
        if self._low < RECOVERY_VALUES and self._values < MAX_RISEN_VALUES:
            return None
        if self._low < RECOVERY_VALUES:
            self._begin_anew(())
        self.before = None
        return False

    def _learn(self, values: Iterable[float]) -> None:
        self._recent.extend(values)
        del self._recent[:-BASELINE_VALUES]
        self._median = sorted(self._recent)[len(self._recent) // 2]

    def _weigh(self, seconds: float) -> None:
        """Learn the usual excess from a value, and how much a rise is by it."""
        excess = self._excess or self._first_excess()
        high = seconds - self._median > excess * self._median
        excess *= 1 + EXCESS_RATE * ((1 - HIGH_SHARE) if high else -HIGH_SHARE)
        self._excess = max(excess, MIN_EXCESS)
        rise = max(MIN_RISE, EXCESSES * self._excess) * self._median
        self._rise = max(rise, MIN_RISE_SECONDS)

    def _first_excess(self) -> float:
        high = sorted(self._recent)[int((1 - HIGH_SHARE) * len(self._recent))]
        return max(high / self._median - 1, MIN_EXCESS)

    def _forget_run(self) -> None:
        self._sum = 0.0
        self._run = ()

    def _begin_anew(self, values: Iterable[float]) -> None:
        self._recent = array("d", values)
        if self._recent:
            self._median = sorted(self._recent)[len(self._recent) // 2]
        self._forget_run()

    def dump(self) -> Any:
        risen = [self.before, self.now, self._values, self._low, self._rise]
        return [
            _microseconds(self._recent),
            self._excess,
            self._sum,
            _microseconds(self._run),
            risen,
        ]

    def load(self, kept: Any) -> None:
        if len(kept) == _FIELDS_BEFORE:
            kept = _from_before(kept)
        recent, self._excess, sum_, run, risen = kept
        self._begin_anew(value / 1e6 for value in recent)
        self._sum, self._run = sum_, tuple([value / 1e6 for value in run])
        self.before, self.now, self._values, self._low, self._rise = risen


def _microseconds(values: Iterable[float]) -> list[int]:
    return [max(round(value * 1e6), 1) for value in values]


_FIELDS_BEFORE = 6


def _from_before(kept: Any) -> Any:
    """Return what versions until 2026-11-23 kept: seconds, and what they knew of high values."""
    recent, _, _, _, _, (before, now, values, low) = kept
    rise = max(MIN_RISE * (before or 0.0), MIN_RISE_SECONDS)
    return [_microseconds(recent), 0.0, 0.0, [], [before, now, values, low, rise]]


class LatencyDetector(SignalDetector):
    """Says that an endpoint answers more slowly than it used to, and that it no longer does.

    By a fifth and by 5 ms at least, and by more than it usually varies, for four checks at least.
    """

    __slots__ = ("_level",)

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
