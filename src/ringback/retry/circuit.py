"""The circuit breaker: stop calling whom every call fails.

    closed     calls pass; failures are counted
      │        so many in a row, or too large a part of the recent ones failed or were slow
      ▼
    open       calls are refused at once, for a while that doubles each time
      │        the while is over, and a call asks
      ▼
    half_open  a few calls pass as probes, the others are refused
               one of them fails → open; enough of them succeed → closed

Michael Nygard, "Release It!", Pragmatic Bookshelf 2007.

Theory of operation
-------------------

Nothing moves by itself: there is no timer and no thread. ``admit`` moves an open circuit to
half_open when the first call asks after ``until``; only the end of an attempt (``succeeded``,
``failed``) moves it otherwise. Time and chance are arguments, so that the storm simulator and the
tests run the very object that production does.

Opening. Two things are counted while it is closed. ``failures`` are those in a row: an answer sets
it to 0, whatever its status. ``_recent`` and ``_earlier`` count the attempts of two halves of the
window: when a half is over it becomes ``_earlier`` and a new one begins, so that a rate speaks of
the last half to whole window at a constant price per attempt. Failures do not open it before they
span ``sustained`` seconds: a hundred calls that all fail within one short break are one
observation, not a hundred, and their retries would get through; see docs/decisions/004.

Open. ``until`` is set once and moved by nobody: attempts that were under way when it opened still
end, and their failures are counted in ``failures`` but do not prolong it. The while is drawn
between half of it and all of it, so that clients which opened together do not probe together.

Half open. ``_probing`` is the number of probes under way, never above ``probes``. Each that was
admitted ends in exactly one of ``succeeded``, ``failed`` and ``release`` (an attempt that was
cancelled, or failed through a fault of our own, says nothing of the endpoint), so that a probe that
vanishes does not keep the place: this is why ``Run`` must end every attempt that it began. A late
end of an attempt from before the circuit opened may count as a probe's: then a success closes it a
little early, which is what a success means, and ``release`` never counts below 0.

Why it is safe. A refusal is made before anything is sent, so a refused call has certainly not been
delivered. The worst that a wrong state can do is bounded: ``open_cap`` seconds of refusals, or
``probes`` calls to a service that is down. It has no lock: that of ``OriginState``
makes each step whole.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Literal

from ringback.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Collection

    from ringback.failure import Failure

CircuitState = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class Breaker:
    """When the circuit of an endpoint opens, and for how long.

    Attributes:
        consecutive: So many attempts in a row without an answer open it; ``None``: they do not.
        failure_rate: So large a part of the recent attempts failing opens it; ``None``: no part.
        statuses: HTTP statuses that count as failures for ``failure_rate``, over all calls to the
            origin. None does by default: a service that answers is not cut off.
        sustained: Seconds that the failures must span: many calls at once that all fail in a
            short break are no reason to refuse the next ones, whose retries would get through.
        slow_after: An attempt that takes longer than so many seconds is slow; ``None``: none is.
        slow_rate: So large a part of the recent attempts being slow opens it.
        window: What is recent, in seconds.
        minimum: A part of fewer recent attempts than this says nothing.
        open_for: How long it is open the first time, in seconds; twice as long each time a probe
            fails, half of it up to all of it at random.
        open_cap: The longest it is open, in seconds.
        probes: How many calls at a time may try whether it works again.
        close_after: How many of them must succeed in a row.
    """

    consecutive: int | None = 10
    failure_rate: float | None = 0.9
    statuses: Collection[int] = field(default=frozenset(), kw_only=True)
    sustained: float = 1.0
    slow_after: float | None = None
    slow_rate: float = 0.8
    window: float = 60.0
    minimum: int = 20
    open_for: float = 1.0
    open_cap: float = 3.0
    probes: int = 1
    close_after: int = 1

    def __post_init__(self) -> None:
        counts = (self.consecutive or 1, self.minimum, self.probes, self.close_after)
        if min(counts) < 1:
            raise ValueError("the counts of a breaker must be at least 1")
        if not (0 < (self.failure_rate or 1) <= 1 and 0 < self.slow_rate <= 1):
            raise ValueError("the rates of a breaker must be above 0 and at most 1")
        if not (0 < self.open_for <= self.open_cap and 0 <= self.sustained < self.window):
            raise ValueError("a breaker needs 0 < open_for <= open_cap and sustained < window")


@dataclass(slots=True)
class _HalfWindow:
    attempts: int = 0
    failed: int = 0
    slow: int = 0
    failing_since: float = inf


class Circuit:
    """The circuit of one endpoint. Not thread-safe by itself: its ``OriginState`` is.

    Attributes:
        state: ``closed``, ``open`` or ``half_open``.
        statuses: HTTP statuses that count as failures.
        opened_by: The failure that opened it; ``None`` while it is closed, or if slowness did.
        until: When it lets a probe pass, on the clock of the caller; 0 while it is closed.
        failures: How many attempts failed in a row.
    """

    __slots__ = (
        "_breaker",
        "_earlier",
        "_failing_since",
        "_opened",
        "_probing",
        "_recent",
        "_recent_until",
        "_succeeded",
        "failures",
        "opened_by",
        "state",
        "statuses",
        "until",
    )

    def __init__(self, breaker: Breaker, now: float) -> None:
        self._breaker = breaker
        self.statuses = breaker.statuses
        self.state: CircuitState = "closed"
        self.opened_by: Failure | None = None
        self.until = 0.0
        self.failures = 0
        self._opened = self._probing = self._succeeded = 0
        self._failing_since = now
        self._recent, self._earlier = _HalfWindow(), _HalfWindow()
        self._recent_until = now + breaker.window / 2

    def admit(self, now: float) -> bool:
        """Return whether an attempt may be made; each that may must be recorded or released.

        Args:
            now: Seconds, on the clock that the circuit was made with.
        """
        if self.state == "closed":
            return True
        if self.state == "open":
            if now < self.until:
                return False
            self.state, self._probing, self._succeeded = "half_open", 0, 0
        if self._probing >= self._breaker.probes:
            return False
        self._probing += 1
        return True

    def admit_always(self) -> None:
        """Admit an attempt that was decided on elsewhere: as a probe, where it is not closed."""
        if self.state == "open":
            self.state, self._probing, self._succeeded = "half_open", 0, 0
        if self.state == "half_open":
            self._probing += 1

    def release(self) -> None:
        """Take back an admitted attempt that says nothing of the endpoint: a cancelled one."""
        if self.state == "half_open" and self._probing:
            self._probing -= 1

    def succeeded(self, now: float, seconds: float) -> bool:
        """Record an attempt that succeeded; return whether it closes now.

        Args:
            now: Seconds, on the clock that the circuit was made with.
            seconds: How long it took.
        """
        closes = self.state == "half_open" and self._probe_succeeded(now)
        if self.state != "closed":
            return False
        self.failures = 0
        tally = self._recent if now < self._recent_until else self._half_window(now)
        tally.attempts += 1
        slow_after = self._breaker.slow_after
        if slow_after is not None and seconds > slow_after:
            tally.slow += 1
            if self._too_slow():
                self._open(None, now, 0.5)
        return closes

    def failed(
        self,
        failure: Failure,
        now: float,
        random: float,
        *,
        answered: bool = False,
    ) -> bool:
        """Record an attempt that failed through the endpoint; return whether it opens now.

        Args:
            failure: What went wrong.
            now: Seconds, on the clock that the circuit was made with.
            random: A random number, at least 0 and below 1.
            answered: By a status; such a failure does not count in a row.
        """
        if not self.failures:
            self._failing_since = now
        self.failures = 0 if answered else self.failures + 1
        if self.state == "half_open":
            self._open(failure, now, random)
        elif self.state == "closed":
            tally = self._half_window(now)
            tally.attempts += 1
            tally.failed += 1
            tally.failing_since = min(tally.failing_since, now)
            if not self._too_many(now):
                return False
            self._open(failure, now, random)
        else:
            return False
        return True

    def _probe_succeeded(self, now: float) -> bool:
        self._probing = max(0, self._probing - 1)
        self._succeeded += 1
        if self._succeeded < self._breaker.close_after:
            return False
        self.state, self.opened_by, self.until = "closed", None, 0.0
        self.failures = self._opened = 0
        self._recent, self._earlier = _HalfWindow(), _HalfWindow()
        self._recent_until = now + self._breaker.window / 2
        return True

    def _open(self, failure: Failure | None, now: float, random: float) -> None:
        breaker = self._breaker
        longest = min(breaker.open_cap, breaker.open_for * 2.0 ** min(self._opened, 1000))
        self._opened += 1
        self.state = "open"
        # Without the exception, whose frames would be kept alive while it is open.
        self.opened_by = failure and replace(failure, cause=None)
        self.until = now + longest * (1 + random) / 2

    def _too_many(self, now: float) -> bool:
        breaker = self._breaker
        if breaker.consecutive is not None and self.failures >= breaker.consecutive:
            return now - self._failing_since >= breaker.sustained
        if not self._reaches(self._recent.failed + self._earlier.failed, breaker.failure_rate):
            return False
        since = min(self._recent.failing_since, self._earlier.failing_since)
        return now - since >= breaker.sustained

    def _too_slow(self) -> bool:
        return self._reaches(self._recent.slow + self._earlier.slow, self._breaker.slow_rate)

    def _reaches(self, count: int, rate: float | None) -> bool:
        attempts = self._recent.attempts + self._earlier.attempts
        return rate is not None and attempts >= self._breaker.minimum and count >= rate * attempts

    def _half_window(self, now: float) -> _HalfWindow:
        """Return the half window that now belongs to; the one before is kept beside it."""
        if now >= self._recent_until:
            half = self._breaker.window / 2
            fresh = now < self._recent_until + half
            self._earlier = self._recent if fresh else _HalfWindow()
            self._recent, self._recent_until = _HalfWindow(), now + half
        return self._recent
