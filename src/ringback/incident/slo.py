"""Service level objectives: what is left of an error budget, and how fast it is used up.

A target of 99.9 % leaves a thousandth of each 30 days for failures: the error budget. A burn rate
of 1 uses up the whole of it in 30 days, one of 14.4 a fiftieth in an hour. The rules are those of
"Alerting on SLOs" in Google's Site Reliability Workbook, section 6 (multiwindow, multi-burn-rate):
the long window says that it matters, the short one that it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ringback.incident.model import Severity

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0
BUDGET_SECONDS = 30 * _DAY


class BurnRule(NamedTuple):
    """An error budget burns where its rate is at least this in both windows."""

    long: float  # Seconds
    short: float  # Seconds
    rate: float
    severity: Severity


BURN_RULES = (
    BurnRule(_HOUR, 5 * _MINUTE, 14.4, "page"),
    BurnRule(6 * _HOUR, 30 * _MINUTE, 6.0, "page"),
    BurnRule(3 * _DAY, 6 * _HOUR, 1.0, "warn"),
)
WINDOWS: Mapping[str, float] = {
    "5m": 5 * _MINUTE,
    "30m": 30 * _MINUTE,
    "1h": _HOUR,
    "6h": 6 * _HOUR,
    "3d": 3 * _DAY,
}
"""What the windows are called to their seconds."""


def burn_rate(bad: float, window: float, target: float) -> float:
    """Return how fast a budget is used up by so many bad seconds; what is unknown is not bad."""
    return bad / window / (1.0 - target)


def burning(bad: Callable[[float], float], target: float) -> BurnRule | None:
    """Return the first rule that holds; ``bad``: a window's seconds to its bad seconds."""
    for rule in BURN_RULES:
        windows = (rule.long, rule.short)
        if all(burn_rate(bad(window), window, target) >= rule.rate for window in windows):
            return rule
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBudget:
    """How an endpoint stands to its target."""

    target: float  # Share of the time in which it is to be well
    left: float  # Share of the budget of 30 days; below 0: more than all was used
    burn: Mapping[str, float]  # Window to the rate


class BadTime:
    """The bad seconds of an endpoint: a minute counts by the share of its checks that failed.

    So it makes no difference that an endpoint is checked more often while it fails. Where checks
    are rarer than a minute, one stands for all the time to the next.
    """

    def __init__(self, every: float) -> None:
        self._width = max(_MINUTE, every)
        self._short: dict[int, float] = {}  # Beginning of a minute to its bad seconds, for 6 h
        self._hours: dict[int, float] = {}  # The same of hours, for 30 days
        # The newest minute, its checks, and those of them that failed: it does not count yet
        self._current = [0, 0, 0]

    def add(self, at: float, *, up: bool) -> bool:
        """Count a check; return whether there are bad seconds, and a minute is over.

        A minute counts once it is over; a check that comes later is left out.
        """
        begins = int(at // self._width * self._width)
        if begins < self._current[0]:
            return False
        if is_over := begins > self._current[0]:
            self._end_minute()
            self._current = [begins, 0, 0]
            self._forget(at)
        self._current[1] += 1
        self._current[2] += not up
        return is_over and bool(self._hours)

    def _end_minute(self) -> None:
        begins, checks, failed = self._current
        if failed:
            self._short[begins] = bad = self._width * failed / checks
            hour = int(begins // _HOUR * _HOUR)
            self._hours[hour] = self._hours.get(hour, 0.0) + bad

    def _forget(self, at: float) -> None:
        for spans, kept in (
            (self._short, 6 * _HOUR + 2 * self._width),
            (self._hours, BUDGET_SECONDS),
        ):
            for begins in [begins for begins in spans if begins < at - kept]:
                del spans[begins]

    def seconds(self, window: float, now: float) -> float:
        """Return the bad seconds of a window that ends now."""
        spans = self._short if window <= 6 * _HOUR else self._hours
        # Where checks are rare, a short window holds at least the newest that counts.
        since = now - max(window, 2 * self._width)
        return min(window, sum(bad for begins, bad in spans.items() if since <= begins <= now))

    def budget(self, target: float, now: float) -> ErrorBudget:
        used = self.seconds(BUDGET_SECONDS, now) / (BUDGET_SECONDS * (1.0 - target))
        rates = {
            name: burn_rate(self.seconds(window, now), window, target)
            for name, window in WINDOWS.items()
        }
        return ErrorBudget(target=target, left=1.0 - used, burn=rates)

    def dump(self) -> Any:
        return [list(self._short.items()), list(self._hours.items()), self._current]

    def load(self, kept: Any) -> None:
        short, hours, self._current = kept
        self._short, self._hours = dict(short), dict(hours)
