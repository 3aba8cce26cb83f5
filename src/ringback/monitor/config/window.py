"""A window of maintenance: once, or every week."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ringback.incident.silences import Silence

EVERY_DAY = frozenset(range(7))
PREFIX = "maintenance:"
"""Begins the id of every silence that comes from the configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """A span of time on certain days of each week; one that ends before it begins goes overnight.

    Attributes:
        days: Days on which it begins, Monday is 0.
        start: Wall clock at its beginning.
        stop: Wall clock at its end.
        zone: IANA name of the time zone.
    """

    days: frozenset[int] = EVERY_DAY
    start: time
    stop: time
    zone: str = "UTC"

    def span(self, now: float) -> tuple[float, float] | None:
        """Return the span that holds now, or else the next; ``None``: no day is given.

        Args:
            now: Seconds since 1970 UTC.
        """
        today = datetime.fromtimestamp(now, ZoneInfo(self.zone)).date()
        for ahead in range(-1, 9):
            day = today + timedelta(days=ahead)
            if day.weekday() in self.days and self._of(day)[1] > now:
                return self._of(day)
        return None

    def _of(self, day: date) -> tuple[float, float]:
        last = day if self.start < self.stop else day + timedelta(days=1)
        zone = ZoneInfo(self.zone)
        begins = datetime.combine(day, self.start, zone).timestamp()
        return begins, datetime.combine(last, self.stop, zone).timestamp()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time in which nobody is told of what begins.

    Attributes:
        name: What people call it.
        endpoints: Ids of the endpoints it is for, or patterns with ``*``.
        begins: In seconds since 1970 UTC; only of one that comes once.
        ends: In seconds since 1970 UTC; only of one that comes once.
        weekly: When it comes back; ``None``: it comes once.
    """

    name: str
    endpoints: tuple[str, ...]
    begins: float | None = None
    ends: float | None = None
    weekly: Weekly | None = None

    def silence(self, now: float) -> Silence | None:
        """Return the silence that holds now, or else the next; ``None``: it is over for good.

        Args:
            now: Seconds since 1970 UTC.
        """
        span = self.weekly.span(now) if self.weekly else self._once(now)
        if span is None:
            return None
        return Silence(
            id=f"{PREFIX}{self.name}:{span[0]:.0f}",
            endpoints=self.endpoints,
            begins=span[0],
            ends=span[1],
            by=self.name,
            reason="maintenance",
        )

    def _once(self, now: float) -> tuple[float, float] | None:
        if self.begins is None or self.ends is None or self.ends <= now:
            return None
        return self.begins, self.ends
