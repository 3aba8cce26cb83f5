"""One endpoint: its state, what its detectors remember, and its newest failure."""

from typing import Any

from ringback.incident.detector import detectors_of
from ringback.incident.detector.streak import Streak
from ringback.incident.model import Check, EndpointState, Signal, Transition
from ringback.incident.state import after
from ringback.incident.watched import Watched


class Case:
    """What is known of one endpoint.

    Args:
        watched: The endpoint.

    Attributes:
        watched: The endpoint.
        state: As the table has it.
        streak: Failures and successes in a row.
        kind: Kind of the newest failure.
        detail: What it said.
        address: The address used last.
        seen: When the newest check was, in seconds since 1970 UTC.
        succeeded: When the newest success was.
    """

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self.state: EndpointState = "unknown"
        self.streak = Streak(watched)
        self.detectors = detectors_of(watched)
        self.kind: str | None = None
        self.detail = ""
        self.address: str | None = None
        self.seen: float | None = None
        self.succeeded: float | None = None

    @property
    def is_failing(self) -> bool:
        """Whether its newest checks failed."""
        return self.streak.failures > 0

    def configure(self, watched: Watched) -> None:
        """Take another configuration; what is known is kept.

        Args:
            watched: The endpoint.
        """
        kept = {one.name: one.dump() for one in self.detectors}
        self.watched = watched
        self.streak.configure(watched)
        self.detectors = detectors_of(watched)
        for one in self.detectors:
            if one.name in kept:
                one.load(kept[one.name])

    def see(self, check: Check) -> tuple[Transition | None, list[Signal]]:
        """Return the change of state and what the detectors saw.

        Args:
            check: The newest.
        """
        before = self.state
        self.state = after(before, self.streak.see(check))
        self._remember(check)
        if before in {"down", "recovering"} and self.state == "ok":
            self.streak.recovered()
        seen = [one.see(check, self.state) for one in self.detectors]
        changed = None
        if self.state != before:
            changed = Transition(
                at=check.at,
                endpoint=self.watched.id,
                before=before,
                after=self.state,
                kind=check.kind,
            )
        return changed, [one for one in seen if one is not None]

    def _remember(self, check: Check) -> None:
        if check.up is None:
            return
        self.seen = check.at
        self.address = check.address or self.address
        if check.up:
            self.succeeded = check.at
        else:
            self.kind, self.detail = check.kind, check.detail

    def tick(self, now: float) -> list[Signal]:
        """Return what the passing of time makes the detectors see.

        Args:
            now: Seconds since 1970 UTC.
        """
        seen = [one.tick(now) for one in self.detectors]
        return [one for one in seen if one is not None]

    def dump(self) -> Any:
        """Return what is known, as JSON has it."""
        return {
            "state": self.state,
            "streak": self.streak.dump(),
            "detectors": {one.name: one.dump() for one in self.detectors},
            "last": [self.kind, self.detail, self.address, self.seen, self.succeeded],
        }

    def load(self, kept: Any) -> None:
        """Know what ``dump`` gave.

        Args:
            kept: From an earlier process.
        """
        self.state = kept["state"]
        self.streak.load(kept["streak"])
        self.kind, self.detail, self.address, self.seen, self.succeeded = kept["last"]
        for one in self.detectors:
            if one.name in kept["detectors"]:
                one.load(kept["detectors"][one.name])
