"""One endpoint: its state, what its detectors remember, and its newest failure."""

from collections.abc import Iterable
from typing import Any

from ringback.incident.detector import FlappingDetector, detectors_of
from ringback.incident.model import Check, EndpointState, Input, Signal, WatchedEndpoint
from ringback.incident.pattern import is_of_the_network
from ringback.incident.state import BROKEN, next_state


class Streak:
    """Counts the checks of one endpoint.

    Failures seen by probes and by programs that called count alike.

    Args:
        watched: The endpoint.

    Attributes:
        failures: How many in a row.
        successes: How many in a row.
        since: When the first of the failures in a row was; ``None``: it is well.
    """

    def __init__(self, watched: WatchedEndpoint) -> None:
        self.failures = 0
        self.successes = 0
        self.since: float | None = None
        self._recent = ""  # of the newest last: 1 for well, 0 for failed
        self._watched = watched

    def configure(self, watched: WatchedEndpoint) -> None:
        """Take other thresholds; what was counted is kept."""
        self._watched = watched
        self._note("")

    def see(self, check: Check) -> Input:
        """Return what a check means for the state."""
        if check.up is None:
            return "not_known"
        return self._succeeded() if check.up else self._failed(check)

    def _failed(self, check: Check) -> Input:
        self.successes = 0
        self.failures += 1
        if self.since is None:
            self.since = check.at - (check.seconds or 0.0)
        self._note("0")
        enough = self.failures >= self._watched.threshold or self._of_last()
        return "failed_enough" if enough else "failure"

    def _succeeded(self) -> Input:
        self.failures = 0
        self.successes += 1
        self._note("1")
        return "success" if self.successes < self._watched.recovery else "recovered"

    def _note(self, outcome: str) -> None:
        of_last = self._watched.of_last
        self._recent = (self._recent + outcome)[-of_last[1] :] if of_last else ""

    def _of_last(self) -> bool:
        if self._watched.of_last is None:
            return False
        most, of = self._watched.of_last
        return len(self._recent) == of and self._recent.count("0") >= most

    def failing(self, at: float) -> None:
        """Note that the endpoint is failing without a check that says so: none came."""
        self.successes = 0
        self.since = at if self.since is None else self.since

    def well(self, *, after_outage: bool) -> None:
        """Note that the endpoint is well: the failures in a row are over."""
        self.since = None
        if after_outage:
            self._recent = ""

    def dump(self) -> Any:
        """Return what was counted, as JSON has it."""
        return [self.failures, self.successes, self.since, self._recent]

    def load(self, kept: Any) -> None:
        """Go on from what ``dump`` gave."""
        self.failures, self.successes, self.since, self._recent = kept
        self._note("")


class EndpointTracker:
    """What is known of one endpoint.

    Args:
        watched: The endpoint.

    Attributes:
        watched: The endpoint.
        state: As the table has it.
        streak: Failures and successes in a row.
        kind: Kind of the newest failure.
        detail: What it text.
        address: The address used last.
        certificate: What the certificate seen last is known by: its identity.
        seen: When the newest check was, in seconds since 1970 UTC.
        reached: When the newest was that came through a network: a success, or a failure that a
            network which is down does not make.
    """

    def __init__(self, watched: WatchedEndpoint) -> None:
        self.watched = watched
        self.state: EndpointState = "unknown"
        self.streak = Streak(watched)
        self.detectors = detectors_of(watched)
        self.kind: str | None = None
        self.detail = ""
        self.address: str | None = None
        self.certificate: str | None = None
        self.seen: float | None = None
        self.reached: float | None = None

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
        """Whether it goes down again and again."""
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
        """Return what is known, as JSON has it."""
        newest = [self.kind, self.detail, self.address, self.certificate, self.seen, self.reached]
        return {
            "state": self.state,
            "streak": self.streak.dump(),
            "detectors": {detector.name: detector.dump() for detector in self.detectors},
            "last": newest,
        }

    def load(self, kept: Any) -> None:
        """Know what ``dump`` gave."""
        self.state = kept["state"]
        self.streak.load(kept["streak"])
        newest = kept["last"]
        self.kind, self.detail, self.address, self.certificate, self.seen, self.reached = newest
        for detector in self.detectors:
            if detector.name in kept["detectors"]:
                detector.load(kept["detectors"][detector.name])
