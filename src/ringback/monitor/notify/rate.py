"""How many messages a channel may have: never more than so many in any minute."""

from __future__ import annotations

MINUTE = 60.0


class Rate:
    """A token bucket: a third of a minute's messages may go at once, the rest evenly.

    Args:
        per_minute: Messages in any minute, at most.
        now: Seconds on any clock that never goes back; the same one later on.
    """

    def __init__(self, per_minute: float, now: float) -> None:
        per_minute = max(per_minute, 1 / 60)
        self._full = max(1.0, per_minute // 3)
        # Full at the beginning of a minute, it gives what it holds and what flows in meanwhile.
        self._each = MINUTE / max(per_minute - self._full, per_minute / 60)
        self._tokens = self._full
        self._at = now

    def next(self, now: float) -> float:
        """Return when a message may go; not after now: at once.

        Args:
            now: Seconds on that clock.
        """
        self._flow(now)
        return now + max(0.0, 1 - self._tokens) * self._each

    def take(self, now: float) -> None:
        """Note that a message goes.

        Args:
            now: Seconds on that clock.
        """
        self._flow(now)
        self._tokens -= 1

    def _flow(self, now: float) -> None:
        self._tokens = min(self._full, self._tokens + (now - self._at) / self._each)
        self._at = now
