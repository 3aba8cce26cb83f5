"""The state of one endpoint: a table, and nothing else decides.

A failure makes an endpoint suspect; enough failures make it down (``failed_enough``: so many in a
row, or so many of the last). A success makes a suspect well at once, but one that was down must
succeed several times in a row (``recovered``), so that a service that limps is not called well.
A check that says nothing (``not_known``: the prober itself was sick) changes nothing.
"""

from typing import Any

from ringback.incident.model import Check, EndpointState, Input, WatchedEndpoint

BROKEN: frozenset[EndpointState] = frozenset({"down", "recovering"})
"""States in which an endpoint is part of an outage."""

_INPUTS: tuple[Input, ...] = ("success", "recovered", "failure", "failed_enough", "not_known")

_ROWS: dict[EndpointState, tuple[EndpointState, ...]] = {
    "unknown":    ("ok",         "ok", "suspect", "down", "unknown"),
    "ok":         ("ok",         "ok", "suspect", "down", "ok"),
    "suspect":    ("ok",         "ok", "suspect", "down", "suspect"),
    "down":       ("recovering", "ok", "down",    "down", "down"),
    "recovering": ("recovering", "ok", "down",    "down", "recovering"),
}  # fmt: skip

TABLE: dict[EndpointState, dict[Input, EndpointState]] = {
    state: dict(zip(_INPUTS, row, strict=True)) for state, row in _ROWS.items()
}
"""State and input to the next state; docs/reference/incidents.md draws it."""


def next_state(state: EndpointState, given: Input) -> EndpointState:
    return TABLE[state][given]


class Streak:
    """Counts the checks of one endpoint; those of probes and of programs alike."""

    def __init__(self, watched: WatchedEndpoint) -> None:
        self.failures = 0  # In a row, as the successes
        self.successes = 0
        # When the first of the failures in a row was; `None`: it is well
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
        return [self.failures, self.successes, self.since, self._recent]

    def load(self, kept: Any) -> None:
        self.failures, self.successes, self.since, self._recent = kept
        self._note("")
