"""Error budgets: one that is used up too fast."""

from math import inf
from typing import TYPE_CHECKING, Any, ClassVar

from ringback.incident.detector.detector import SignalDetector
from ringback.incident.model import Check, EndpointState, Signal, WatchedEndpoint
from ringback.incident.pattern import duration_text
from ringback.incident.slo import BadTime, BurnRule, ErrorBudget, burn_rate, burning

if TYPE_CHECKING:
    from ringback.failure.names import KindName

TICK_SECONDS = 60.0
QUIET_SECONDS = 3600.0  # Seconds without a burning budget after which it is over


class ErrorBudgetDetector(SignalDetector):
    """Says that an endpoint uses up the error budget of its target (``slo``) too fast.

    It begins where the budget of 30 days burns 14.4 times as fast as it may over 1 h and 5 min, or
    6 times over 6 h and 30 min (``page``), or as fast as it may over 3 days and 6 h (``warn``), and
    is over when none of these has held for an hour: what fails every ten minutes is one incident,
    and not six an hour. An outage that is open says it already. Counted is what was
    seen since there is a target; what is unknown is not bad.
    """

    name: ClassVar[str] = "error_budget"

    def __init__(self, watched: WatchedEndpoint) -> None:
        super().__init__(watched)
        self._time = BadTime(watched.every)
        self._rule: BurnRule | None = None  # That has begun last
        self._judged_at = self._held_at = 0.0  # When it was judged, and when a rule held
        self._kind: KindName | None = None  # Of the newest failure

    @classmethod
    def applies(cls, watched: WatchedEndpoint) -> bool:
        return watched.slo is not None

    @property
    def _target(self) -> float:
        return self.watched.slo or 0.0

    def see(self, check: Check, state: EndpointState) -> Signal | None:
        del state
        if check.up is False:
            self._kind = check.kind
        if check.up is None or not self._time.add(check.at, up=check.up):
            return self.tick(check.at)
        return self._judge(check.at)

    @property
    def due(self) -> float:
        return inf if self._rule is None else self._judged_at + TICK_SECONDS

    def tick(self, now: float) -> Signal | None:
        """Return that nothing burns any more: also where no check comes."""
        return self._judge(now) if now >= self.due else None

    def budget(self, now: float) -> ErrorBudget:
        return self._time.budget(self._target, now)

    def _judge(self, now: float) -> Signal | None:
        self._judged_at = now
        rule = burning(lambda window: self._time.seconds(window, now), self._target)
        if rule is None:
            if self._rule is None or now - self._held_at < QUIET_SECONDS:
                return None
            self._rule = None
            return self.signal(now, active=False)
        self._held_at = now
        if self._rule is not None and not (self._rule.severity == "warn" != rule.severity):
            return None
        self._rule = rule
        return self.signal(
            now,
            active=True,
            kind=self._kind,
            severity=rule.severity,
            evidence=(self._words(rule, now),),
        )

    def _words(self, rule: BurnRule, now: float) -> str:
        bad = self._time.seconds(rule.long, now)
        rate = burn_rate(bad, rule.long, self._target)
        left = self.budget(now).left
        return (
            f"bad for {duration_text(bad)} of {duration_text(rule.long)}, {rate:.3g} times what "
            f"{self._target * 100:.6g} % allows; "
            f"{max(left, 0.0):.0%} of the budget of 30 days is left"
        )

    def dump(self) -> Any:
        return [self._time.dump(), self._rule, self._judged_at, self._held_at, self._kind]

    def load(self, kept: Any) -> None:
        time, rule, self._judged_at, self._held_at, self._kind = kept
        self._time.load(time)
        self._rule = None if rule is None else BurnRule(*rule)
