"""Latency that has risen for good, against the endpoint's own past."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable
from math import exp, log
from typing import Any, ClassVar

from ringback.incident.detector.detector import SignalDetector
from ringback.incident.model import Check, EndpointState, Signal, WatchedEndpoint

BASELINE_VALUES = 50  # Values that the baseline is made of
MIN_BASELINE_VALUES = 20  # Values before anything is said

SLACK = 1.0
"""Standard deviations by which a value may lie above the median without counting (CUSUM's k)."""

ALARM_SUM = 14.0  # Sum of what lies beyond the slack at which a rise is reported (CUSUM's h)
MAX_SCORE = 6.0  # Standard deviations that one value counts at most: one spike is no rise

MIN_RATIO, MIN_STEP_SECONDS = 1.2, 0.005
"""A rise must be this many times the median, and this many seconds."""

RECOVERY_VALUES = 5  # Values in a row at the old level that end a rise
MAX_RISEN_VALUES = 500  # Values after which a level is the usual one

_MIN_DEVIATION = 0.02
"""Least standard deviation in log space: two per cent, however still a series is."""

_MAD_TO_DEVIATION = 1.4826


class LatencyLevel:
    """Watches one series of seconds: a one-sided CUSUM over robust z-scores in log space.

    Page, E. S.: Continuous inspection schemes (Biometrika 41, 1954). Median and MAD of a sliding
    window stand for mean and deviation, since latency has heavy tails; after a rise the baseline
    begins anew, since levels shift with routes.
    """

    __slots__ = (
        "_age", "_deviation", "_low", "_median", "_recent", "_run", "_sorted", "_sum", "before",
        "now",
    )  # fmt: skip

    def __init__(self) -> None:
        # Arrays: a window of floats for each of many endpoints would take three times the memory.
        self._recent = array("d")
        self._sorted = array("d")
        self._sum = 0.0
        self._run: list[float] = []  # what has added to the sum since it was 0
        self._age = 0
        self._median = 0.0
        self._deviation = _MIN_DEVIATION
        self.before: float | None = None
        self.now = 0.0
        self._low = 0

    @property
    def risen(self) -> bool:
        return self.before is not None

    def add(self, seconds: float) -> bool | None:
        """Take a value; return ``True`` where a rise begins with it, ``False`` where one ends."""
        value = log(max(seconds, 1e-6))
        if self.before is not None:
            return self._while_risen(value)
        if len(self._sorted) < MIN_BASELINE_VALUES:
            self._learn(value)
            return None
        score = min((value - self._median) / self._deviation, MAX_SCORE) - SLACK
        self._sum = max(0.0, self._sum + score)
        if self._sum <= 0.0:
            self._run.clear()
            self._learn(value)
            return None
        self._run.append(value)
        if self._sum >= ALARM_SUM and self._is_real():
            return self._rise()
        if len(self._run) >= BASELINE_VALUES:
            self._begin_anew(self._run)  # a slow drift of no consequence: the usual level now
        elif score < MAX_SCORE / 2:
            self._learn(value)
        return None

    def _learn(self, value: float) -> None:
        if len(self._recent) == BASELINE_VALUES:
            oldest = self._recent.pop(0)
            del self._sorted[bisect_left(self._sorted, oldest)]
        self._recent.append(value)
        insort(self._sorted, value)
        self._age += 1
        if self._age % 5 == 0 or len(self._sorted) <= MIN_BASELINE_VALUES:
            self._measure()

    def _measure(self) -> None:
        values = self._sorted
        self._median = values[len(values) // 2]
        # Half the distance between the quartiles: the MAD of a symmetric series, without a sort.
        spread = (values[3 * len(values) // 4] - values[len(values) // 4]) / 2
        self._deviation = max(_MIN_DEVIATION, _MAD_TO_DEVIATION * spread)

    def _is_real(self) -> bool:
        last = sorted(self._run[-RECOVERY_VALUES:])
        level, usual = exp(last[len(last) // 2]), exp(self._median)
        return (
            len(self._run) >= 3 and level >= MIN_RATIO * usual and level - usual >= MIN_STEP_SECONDS
        )

    def _rise(self) -> bool:
        self.before = exp(self._median)
        level = sorted(self._run[-RECOVERY_VALUES:])
        self.now = exp(level[len(level) // 2])
        self._low = 0
        self._begin_anew(self._run)
        return True

    def _while_risen(self, value: float) -> bool | None:
        assert self.before is not None
        self._learn(value)
        border = log(max(MIN_RATIO * self.before, self.before + MIN_STEP_SECONDS))
        self._low = self._low + 1 if value < border else 0
        if self._low < RECOVERY_VALUES and self._age < MAX_RISEN_VALUES:
            return None
        self.before = None
        self._begin_anew(
            list(self._recent)[-RECOVERY_VALUES:]
            if self._low >= RECOVERY_VALUES
            else list(self._recent)
        )
        return False

    def _begin_anew(self, values: list[float]) -> None:
        kept = list(values)[-BASELINE_VALUES:]
        self._recent, self._sorted = array("d", kept), array("d", sorted(kept))
        self._sum, self._age, self._run = 0.0, 0, []
        if self._sorted:
            self._measure()

    def dump(self) -> Any:
        recent = [round(value, 4) for value in self._recent]
        run = [round(value, 4) for value in self._run]
        return [recent, round(self._sum, 4), run, self._age, self.before, self.now, self._low]

    def load(self, kept: Any) -> None:
        recent, sum_, run, age, self.before, self.now, self._low = kept
        self._begin_anew(recent)
        self._sum, self._run, self._age = sum_, list(run), age


class LatencyDetector(SignalDetector):
    """Says that an endpoint answers more slowly than it used to, and that it no longer does."""

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
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
