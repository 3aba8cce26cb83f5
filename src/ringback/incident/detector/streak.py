"""Failures and successes in a row, and failures among the last: what makes an endpoint down."""

from typing import Any

from ringback.incident.model import Check, Input
from ringback.incident.watched import Watched


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

    def __init__(self, watched: Watched) -> None:
        self.failures = 0
        self.successes = 0
        self.since: float | None = None
        self._recent = ""  # of the newest last: 1 for well, 0 for failed
        self._watched = watched

    def configure(self, watched: Watched) -> None:
        """Take other thresholds; what was counted is kept.

        Args:
            watched: The endpoint.
        """
        self._watched = watched
        self._note("")

    def see(self, check: Check) -> Input:
        """Return what a check means for the state.

        Args:
            check: The newest.
        """
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
        """Note that the endpoint is failing without a check that says so: none came.

        Args:
            at: Since when.
        """
        self.successes = 0
        self.since = at if self.since is None else self.since

    def well(self, *, after_outage: bool) -> None:
        """Note that the endpoint is well: the failures in a row are over.

        Args:
            after_outage: Whether it was down; the failures of that count no more.
        """
        self.since = None
        if after_outage:
            self._recent = ""

    def dump(self) -> Any:
        """Return what was counted, as JSON has it."""
        return [self.failures, self.successes, self.since, self._recent]

    def load(self, kept: Any) -> None:
        """Go on from what ``dump`` gave.

        Args:
            kept: From an earlier process.
        """
        self.failures, self.successes, self.since, self._recent = kept
        self._note("")
