"""One endpoint: its state, what its detectors remember, and its newest failure."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ringback.incident.detector import detectors_of
from ringback.incident.detector.flapping import FlappingDetector
from ringback.incident.model import Check, EndpointState, Input, Signal, WatchedEndpoint
from ringback.incident.pattern import is_of_the_network
from ringback.incident.state import BROKEN, Streak, next_state

if TYPE_CHECKING:
    from ringback.failure.names import KindName


class EndpointTracker:
    """What is known of one endpoint."""

    def __init__(self, watched: WatchedEndpoint) -> None:
        self.watched = watched
        self.state: EndpointState = "unknown"
        self.streak = Streak(watched)
        self.detectors = detectors_of(watched)
        self.kind: KindName | None = None  # Kind of the newest failure
        self.detail = ""  # Of the newest failure
        self.address: str | None = None
        # What the certificate seen last is known by: its identity
        self.certificate: str | None = None
        self.seen: float | None = None  # When the newest check was, in seconds since 1970 UTC
        # When the newest was that came through a network: a success, or a failure that a network
        # which is down does not make
        self.reached: float | None = None

    @property
    def id(self) -> str:
        return self.watched.id

    @property
    def name(self) -> str:
        return self.watched.name or self.watched.id

    @property
    def is_broken(self) -> bool:
        """Whether it is down, and was not well for long enough since."""
        return self.state in BROKEN

    @property
    def is_here(self) -> bool:
        """Whether it is on this host, or is not asked at all: it needs no network."""
        where = self.address or self.watched.host
        is_loopback = where in {"localhost", "::1"} or where.startswith("127.")
        return is_loopback or self.watched.grace is not None

    @property
    def flaps(self) -> bool:
        return any(
            isinstance(detector, FlappingDetector) and detector.active
            for detector in self.detectors
        )

    def configure(self, watched: WatchedEndpoint) -> None:
        """Take another configuration; what is known is kept."""
        kept = {detector.name: detector.dump() for detector in self.detectors}
        self.watched = watched
        self.streak.configure(watched)
        self.detectors = detectors_of(watched)
        for detector in self.detectors:
            if detector.name in kept:
                detector.load(kept[detector.name])

    def see(self, check: Check) -> list[Signal]:
        """Take a check; return what the detectors saw."""
        was_broken = self.is_broken
        self.state = next_state(self.state, self.streak.see(check))
        self._remember(check)
        if self.state == "ok":
            self.streak.well(after_outage=was_broken)
        return self._meant(detector.see(check, self.state) for detector in self.detectors)

    def _meant(self, seen: Iterable[Signal | None]) -> list[Signal]:
        """Return what was seen, each taken over before the next detector looks."""
        signals: list[Signal] = []
        for signal in seen:
            if signal is None:
                continue
            signals.append(signal)
            if signal.means is not None:
                self._take(signal, signal.means)
        return signals

    def _take(self, signal: Signal, means: Input) -> None:
        was_broken = self.is_broken
        self.state = next_state(self.state, means)
        if self.state == "ok":
            self.streak.well(after_outage=was_broken)
        else:
            self.kind, self.detail = signal.kind, "; ".join(signal.evidence)
            self.streak.failing(signal.at)

    def _remember(self, check: Check) -> None:
        if check.up is None:
            return
        self.seen = check.at
        self.address = check.address or self.address
        if check.certificate is not None:
            seen = check.certificate
            self.certificate = seen.identity if seen.key else None
        if not check.up:
            self.kind, self.detail = check.kind, check.detail
        if check.up or not is_of_the_network(check.kind):
            self.reached = check.at

    def tick(self, now: float) -> list[Signal]:
        """Return what the passing of time makes the detectors see."""
        return self._meant(detector.tick(now) for detector in self.detectors)

    def dump(self) -> Any:
        newest = [self.kind, self.detail, self.address, self.certificate, self.seen, self.reached]
        return {
            "state": self.state,
            "streak": self.streak.dump(),
            "detectors": {detector.name: detector.dump() for detector in self.detectors},
            "last": newest,
        }

    def load(self, kept: Any) -> None:
        self.state = kept["state"]
        self.streak.load(kept["streak"])
        newest = kept["last"]
        self.kind, self.detail, self.address, self.certificate, self.seen, self.reached = newest
        for detector in self.detectors:
            if detector.name in kept["detectors"]:
                detector.load(kept["detectors"][detector.name])
