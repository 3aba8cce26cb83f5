"""What one observer says of one endpoint: a vote.

An observation belongs to an endpoint **and** an observer: the probe of a vantage, the calls of the
programs on one host, a job that reports in. Each has its own vote, and no success of one ends a
failure of another.

Theory of operation
-------------------

A probe's vote has a **score**: a failure adds 3, a success takes away a quarter, and it stays
between 0 and 4 times the threshold. At 3 times the threshold the endpoint is down for this
observer. With the default threshold of 3 that is 3 failures in a row, 4 of 16 or 5 of 29: a service
that limps is found as well as one that is dead, and a lost packet now and then never adds up::

    unknown, ok ──failure──→ suspect ──score reached──→ down ──success──→ recovering
         ↑                      │ success                 ↑ failure           │ enough successes
         └──────────────────────┴─────────────────────────┴───────────────────┘

How it ends depends on how it began. After a *pure* run, failures and nothing else, ``recovery``
successes in a row are enough. After a *mixed* one they prove nothing, one backend of two answers
every other time, so the score must come down to 0, or ``MIXED_RECOVERY`` successes must come in a
row. A run becomes mixed when it fails again while it recovers, and pure again with
``PURE_AGAIN`` failures in a row.

A program calls when it likes and not by a schedule, so that its failures are counted in a row only,
and one that failed and then calls no more is refuted by a probe that gets through afterwards.
What reports of itself, a job or an alert of Alertmanager, is taken at its word: one failure is
down, one success is up. The word of another monitor counts until it ends by itself, unless it is
said again: nobody can be asked for it, and one that is lost must not hold an endpoint down.

A vote counts while it is *fresh* (``fresh_until``) and its observer is neither cut off nor sick;
else it is unknown, which is never agreement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ringback.incident.pattern import is_of_the_network, may_be_loss

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringback.failure.names import KindName
    from ringback.incident.model import Check, EndpointState, Origin, WatchedEndpoint

FAILURE_SCORE: Final = 3.0
SUCCESS_SCORE: Final = 0.25
MIXED_RECOVERY: Final = 24  # Successes in a row that end a mixed run
MIXED_RETRIES: Final = 6  # Successes in a row after which a mixed run is checked again soon
MISSED_CALLS: Final = 3  # Calls that a program leaves out before it counts as silent
MIN_SILENCE: Final = 5.0  # Seconds: the same, at least; reports are sent once in a second, or later
PURE_AGAIN: Final = 8  # Failures in a row that make a mixed run a pure one
MIN_CALL_FRESHNESS: Final = 60.0  # Seconds that the vote of a program counts, at least

OWN_WORD: Final[frozenset[Origin]] = frozenset({"heartbeat", "report"})
"""Origins that report of themselves."""

BROKEN: Final[frozenset[EndpointState]] = frozenset({"down", "recovering"})
"""States in which an endpoint is down: for an observer, or for all."""


class Vote:
    """The vote of one observer on one endpoint."""

    __slots__ = (
        "at", "began", "definite", "domain", "failures", "gap", "held_until", "kind", "observer",
        "origin", "pure", "replied_at", "row_since", "score", "silent_since", "since", "state",
        "successes", "until", "well_at",
    )  # fmt: skip

    def __init__(self, observer: str, origin: Origin, domain: str) -> None:
        self.observer, self.origin, self.domain = observer, origin, domain
        self.at: float | None = None  # When the newest check that counts was
        self.well_at: float | None = None  # When the newest success was
        self.replied_at: float | None = None  # When somebody beyond the gateway last answered
        self.silent_since: float | None = None  # When the first check after that began
        self.gap: float | None = None  # Seconds between its checks, the newest weigh most
        self.until: float | None = None  # Of a report: when it ends unless it is repeated
        # While it is down: until when it is held because it may be the observer's own network
        self.held_until: float | None = None
        self.forget()

    def forget(self) -> None:
        """Know nothing any more, but when it was last well."""
        self.state: EndpointState = "unknown"
        self.score, self.pure = 0.0, True
        self.failures = self.successes = 0  # In a row
        self.since: float | None = None  # When the first failure of the run began
        self.row_since: float | None = None  # When the first of the failures in a row began
        self.kind: KindName | None = None  # Of the newest failure
        self.began = 0.0  # When the check began that found it
        self.definite = 0  # Failures of the run of a kind that no network of one's own makes
        self.held_until = None

    @property
    def is_broken(self) -> bool:
        return self.state in BROKEN

    @property
    def is_program(self) -> bool:
        return self.origin == "call"

    @property
    def wants_retry(self) -> bool:
        """Whether the probe is to check again soon: what it says is not settled."""
        if self.state in {"suspect", "recovering"}:
            return self.origin == "probe"
        return self.state == "down" and self.successes >= MIXED_RETRIES

    def began_with(self, what: float, watched: WatchedEndpoint) -> bool:
        """Return whether its failures began no longer before something than checks are apart."""
        return self.since is not None and what - self.since <= 2 * watched.every + watched.timeout

    def is_refuted_by(self, probe: Vote) -> bool:
        """Return whether a program that failed has fallen silent, and a probe got through since."""
        if not self.is_program or self.at is None or probe.well_at is None:
            return False
        silence = max(MISSED_CALLS * (self.gap or MIN_CALL_FRESHNESS), MIN_SILENCE)
        return probe.well_at > self.at + silence

    def fresh_until(self, watched: WatchedEndpoint) -> float:
        """Return until when it counts."""
        if self.origin in OWN_WORD:  # who misses the reports of a job is another's to say
            return float("inf") if self.until is None else self.until
        if self.at is None:
            return float("-inf")
        if self.origin == "call":
            return self.at + max(MIN_CALL_FRESHNESS, 2 * watched.every)
        return self.at + 2 * watched.every + watched.timeout

    def see(self, check: Check, watched: WatchedEndpoint) -> None:
        """Take a check of this observer; one that says nothing changes nothing."""
        if check.up is None:
            return
        stale = check.at > self.fresh_until(watched)
        if self.at is not None and self.origin == "call" and not stale:
            gap = max(check.at - self.at, 0.0)
            self.gap = gap if self.gap is None else self.gap + (gap - self.gap) / 4
        self.at, self.until = check.at, check.until
        if check.up:
            if stale:  # nothing is known of what was between: there is nothing to recover from
                self.forget()
            self.succeed(check.at, watched)
            return
        self.kind = check.kind
        self.began = check.at - (check.seconds or 0.0)
        self.fail(self.began, watched)
        self.definite += not (is_of_the_network(check.kind) or may_be_loss(check.kind))

    def fail(self, began: float, watched: WatchedEndpoint) -> None:
        """Count a failure whose check began then."""
        threshold, scored = self._threshold(watched), self.origin == "probe"
        if not self.failures:
            self.row_since = began
            self.pure = not scored or not self.score
            if not self.score:
                self.since, self.definite = began, 0
        self.successes = 0
        self.failures += 1
        self.score = min(self.score + FAILURE_SCORE, (threshold + 1) * FAILURE_SCORE)
        in_a_row = self.failures >= threshold
        if self.failures >= PURE_AGAIN or (in_a_row and not self.is_broken):
            self.pure = True
        if self.is_broken:
            self.state = "down"
        elif in_a_row or (scored and self.score >= threshold * FAILURE_SCORE):
            self.state = "down"
            self.since = self.row_since if in_a_row else self.since
        else:
            self.state = "suspect"

    def succeed(self, at: float, watched: WatchedEndpoint) -> None:
        """Count a success."""
        self.well_at = at
        self.failures = 0
        self.successes += 1
        if not self.score:
            self.state = "ok"
            return
        self.score = max(0.0, self.score - SUCCESS_SCORE)
        if self.is_broken:
            needed = self._recovery(watched) if self.pure else MIXED_RECOVERY
            if self.successes < needed and (self.pure or self.score):
                self.state = "recovering" if self.pure else "down"
                return
            self.score = 0.0
        self.state = "ok"
        if not self.score or self.origin != "probe":
            self.score, self.since = 0.0, None

    @property
    def middle_of_run(self) -> float:
        """When the middle of its failures in a row was."""
        return ((self.row_since or 0.0) + (self.at or 0.0)) / 2

    def is_definite(self, watched: WatchedEndpoint) -> bool:
        """Return whether it is down by failures that no network of one's own makes."""
        return self.definite >= watched.threshold

    def _threshold(self, watched: WatchedEndpoint) -> int:
        return 1 if self.origin in OWN_WORD else watched.threshold

    def _recovery(self, watched: WatchedEndpoint) -> int:
        return 1 if self.origin in OWN_WORD else watched.recovery

    def dump(self) -> Any:
        return [getattr(self, name) for name in self.__slots__]

    @classmethod
    def load(cls, kept: Any) -> Vote:
        vote = cls("", "probe", "")
        for name, value in zip(cls.__slots__, kept, strict=True):
            setattr(vote, name, value)
        return vote


def places_of(votes: Iterable[Vote]) -> str:
    """Return the places that votes are of, in words."""
    places = sorted(vote.observer.partition(":")[2] or vote.observer for vote in votes)
    shown = ", ".join(places[:3])
    return f"{shown} and {len(places) - 3} more" if len(places) > 3 else shown
