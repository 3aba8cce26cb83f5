"""Flapping: down again and again."""

from math import inf
from typing import Any, ClassVar

from ringback.incident.detector.detector import SignalDetector
from ringback.incident.model import Check, EndpointState, Signal, WatchedEndpoint
from ringback.incident.pattern import duration_text

MIN_DOWNS = 3  # How often an endpoint must have gone down within the window
WINDOW_CHECKS = 40  # The window, in times between two checks: 20 minutes at 30 s


class FlappingDetector(SignalDetector):
    """Says that an endpoint goes down again and again, until one state has lasted.

    Defined in time and not as a percentage of changes, which means nothing where checks are rare
    (Nagios and Icinga weigh the last 20 changes): it begins with so many downs within the window,
    and ends when nothing has changed for half of it. That nobody can tell its state is no change.
    """

    __slots__ = ("_active", "_changed", "_down", "_downs")

    name: ClassVar[str] = "flapping"

    def __init__(self, watched: WatchedEndpoint) -> None:
        super().__init__(watched)
        self._downs: tuple[float, ...] = ()
        self._changed = 0.0
        self._down = False
        self._active = False

    @property
    def active(self) -> bool:
        return self._active

    @property
    def _window(self) -> float:
        return WINDOW_CHECKS * self.watched.every

    def see(self, check: Check, state: EndpointState) -> Signal | None:
        down = state in {"down", "recovering"}
        if down != self._down and (down or state in {"ok", "partial"}):
            self._down, self._changed = down, check.at
            if down:
                self._downs = (*self._downs, check.at)[-MIN_DOWNS:]
                return self._begins(check)
        return self.tick(check.at)

    @property
    def due(self) -> float:
        return self._changed + self._window / 2 if self._active else inf

    def tick(self, now: float) -> Signal | None:
        """Return that it has been steady for long enough."""
        if not self._active or now - self._changed < self._window / 2:
            return None
        self._active = False
        self._downs = ()
        return self.signal(now, active=False)

    def _begins(self, check: Check) -> Signal | None:
        if self._active or len(self._downs) < MIN_DOWNS or check.at - self._downs[0] > self._window:
            return None
        self._active = True
        words = f"down {MIN_DOWNS} times in {duration_text(check.at - self._downs[0])}"
        since = self._downs[0]
        return self.signal(check.at, active=True, since=since, kind=check.kind, evidence=(words,))

    def dump(self) -> Any:
        return [list(self._downs), self._changed, self._down, self._active]

    def load(self, kept: Any) -> None:
        downs, self._changed, self._down, self._active = kept
        self._downs = tuple(downs)
