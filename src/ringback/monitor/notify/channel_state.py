"""What stands between the outbox and one channel: its circuit, its rate, and what must wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ringback.retry import Backoff, Breaker, Circuit

if TYPE_CHECKING:
    from ringback.monitor.notify.channel import NotifierChannel, NotSent
    from ringback.monitor.notify.settings import NotifierSettings

MINUTE = 60.0


class RateLimit:
    """A token bucket: a third of a minute's notifications may go at once, the rest evenly."""

    def __init__(self, per_minute: float, now: float) -> None:
        per_minute = max(per_minute, 1 / 60)
        self._full = max(1.0, per_minute // 3)
        # Full at the beginning of a minute, it gives what it holds and what flows in meanwhile.
        self._each = MINUTE / max(per_minute - self._full, per_minute / 60)
        self._tokens = self._full
        self._at = now

    def next(self, now: float) -> float:
        """Return when a notification may go; not after now: at once."""
        self._flow(now)
        return now + max(0.0, 1 - self._tokens) * self._each

    def take(self, now: float) -> None:
        self._flow(now)
        self._tokens -= 1

    def _flow(self, now: float) -> None:
        self._tokens = min(self._full, self._tokens + (now - self._at) / self._each)
        self._at = now


BACKOFF = Backoff(base=2.0, cap=300.0)  # Waits between two attempts of a channel

BREAKER = Breaker(
    consecutive=5, failure_rate=None, sustained=0.0, window=600.0, open_for=60.0, open_cap=300.0
)
"""A channel that fails five times in a row is left alone for half a minute, at most for five."""

TIMEOUT_GRACE = 5.0
"""Seconds that a channel may take beyond its own timeout before it is given up on."""


class ChannelState:
    """One channel, as the dispatcher sees it; to be used by one thread."""

    def __init__(
        self,
        settings: NotifierSettings,
        channel: NotifierChannel,
        now: float,
        random: Callable[[], float],
    ) -> None:
        self.settings, self.channel = settings, channel
        self.most: int | None = None  # Incidents in one notification, at most; `None`: any number
        self.under_way = 0  # Parts of a notification in flight: its call, and its note in the store
        self.refreshed = now  # When open incidents were last sent again
        self._random = random
        self._rate = RateLimit(settings.rate, now)
        self._circuit = Circuit(BREAKER, now)
        self._until = now
        self._rejections = 0
        self._held: dict[str, float] = {}

    @property
    def busy(self) -> bool:
        return self.under_way > 0

    def open_at(self, now: float) -> float:
        """Return when the next notification may go; not after now: at once."""
        closed = self._circuit.until if self._circuit.state == "open" else now
        return max(self._until, closed, self._rate.next(now))

    def held_until(self, incident: str, now: float) -> float:
        """Return until when an incident waits that was rejected by itself; not after now: none."""
        until = self._held.get(incident, now)
        if until <= now:
            self._held.pop(incident, None)
        return until

    def begin(self, now: float) -> None:
        self._rate.take(now)
        self._circuit.admit(now)

    def succeeded(self, now: float, seconds: float) -> None:
        self.most, self._rejections = None, 0
        self._circuit.succeeded(now, seconds)

    def failed(self, error: NotSent, incidents: list[str], now: float, seconds: float) -> float:
        """Note that a notification did not arrive; return in how many seconds to try it again."""
        if error.rejected:
            self._circuit.succeeded(now, seconds)
            return self._rejected(incidents, now)
        self._circuit.failed(error.failure, now, self._random())
        wait = BACKOFF.delay(self._circuit.failures, self._random())
        self._until = now + max(wait, error.retry_after)
        return max(self.open_at(now) - now, 0.0)

    def _rejected(self, incidents: list[str], now: float) -> float:
        """Let the others past: one by one, until it is known which of them is rejected."""
        if len(incidents) > 1:
            self.most = 1
            return 0.0
        self._rejections += 1
        wait = max(BACKOFF.delay(self._rejections + 3, self._random()), 1.0)
        self._held |= dict.fromkeys(incidents, now + wait)
        return wait
