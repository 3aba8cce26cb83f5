"""A job that should report in, and does not."""

from math import inf
from typing import Any, ClassVar, Final

from ringback.incident.detector.detector import SignalDetector
from ringback.incident.model import Check, EndpointState, Signal, WatchedEndpoint

MISSED_KIND: Final = "unknown"
"""Kind of a report that did not come: why is not to be seen from here. The incident names it."""


class HeartbeatDetector(SignalDetector):
    """Says that a report is overdue, and that one came after all.

    While one is overdue the endpoint is down, and well again with the next that says so.
    """

    __slots__ = ("_last", "_missed")

    name: ClassVar[str] = "heartbeat"

    def __init__(self, watched: WatchedEndpoint) -> None:
        super().__init__(watched)
        self._last: float | None = None
        self._missed = False

    @classmethod
    def applies(cls, watched: WatchedEndpoint) -> bool:
        return watched.grace is not None

    def see(self, check: Check, state: EndpointState) -> Signal | None:
        """Return that a report came, where one was missed."""
        del state  # a report that says "failed" is a report
        if check.origin != "heartbeat":
            return None
        self._last = check.at
        if not self._missed:
            return None
        self._missed = False
        return self.signal(check.at, active=False, means="success" if check.up else None)

    @property
    def due(self) -> float:
        if self._last is None:
            return -inf
        late = self._last + self.watched.every + (self.watched.grace or 0.0)
        return inf if self._missed else late

    def tick(self, now: float) -> Signal | None:
        """Return that a report is overdue; the first is waited for from the first tick on."""
        if self._last is None:
            self._last = now
        due = self.due
        if now <= due:
            return None
        self._missed = True
        words = (
            f"no report for {now - self._last:.0f} s, one was due after {due - self._last:.0f} s"
        )
        return self.signal(
            now,
            active=True,
            since=self._last,
            kind=MISSED_KIND,
            evidence=(words,),
            means="failure",
            severity="page",
        )

    def dump(self) -> Any:
        return [self._last, self._missed]

    def load(self, kept: Any) -> None:
        self._last, self._missed = kept
