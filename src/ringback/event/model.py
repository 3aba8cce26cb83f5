"""The one value that says what happened to a call or a probe."""

from collections.abc import Mapping
from typing import Literal

from ringback.failure import Failure, Target
from ringback.retry import Decision, GiveUp, Retry, Wait
from ringback.values import dataclass, field

Origin = Literal["call", "probe"]
"""``call``: a real call of a program; ``probe``: a check made to find out."""

What = Literal[
    "attempt",
    "circuit_opened",
    "circuit_closed",
    "calls_waiting",
    "calls_released",
    "calls_given_up",
    "fallback",
    "stacked_retries",
]
"""What an event is about.

``attempt``: one attempt has ended. ``circuit_opened``, ``circuit_closed``: calls to the target
fail fast from now on, or no longer. ``calls_waiting``: calls to the target wait for the end of an
outage; ``calls_released``: it is back, and they go on; ``calls_given_up``: it is not, and they were
given up. ``fallback``: a call goes on without what it should have had,
because the policy says so (past a failed proxy, with an unverified certificate).
``stacked_retries``: another library retries the same call, so that attempts multiply.
"""

Outcome = Literal["success", "retry", "failure"]
"""How an attempt ended: ``retry`` is a failed one that another follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One attempt and what was decided after it, or a change that a program should know of.

    Attributes:
        at: When the attempt ended, in seconds since 1970 UTC.
        target: Whom it was for.
        origin: A program's call or a probe.
        vantage: From where, as the operator calls the place; ``""``: not said.
        timings: Phase → seconds; ``total`` is the whole attempt.
        method: HTTP method, or the like.
        attempt: Which attempt, from 1.
        attempts: How many the policy allows.
        failure: What went wrong; ``None``: nothing.
        decision: What was decided; ``None`` where nothing was to decide (a probe).
        status: HTTP status; ``None``: there was no response.
        what: An attempt, or which change.
        detail: A change in words, for people, without credentials.
    """

    at: float
    target: Target
    origin: Origin = "call"
    vantage: str = ""
    timings: Mapping[str, float] = field(default_factory=dict)
    method: str = ""
    attempt: int = 1
    attempts: int = 1
    failure: Failure | None = None
    decision: Decision | None = None
    status: int | None = None
    what: What = "attempt"
    detail: str = ""

    @property
    def outcome(self) -> Outcome:
        """How the attempt ended."""
        if self.failure is None:
            return "success"
        return "retry" if isinstance(self.decision, Retry | Wait) else "failure"

    @property
    def refused(self) -> bool:
        """Whether nothing was attempted: a circuit was open, or the call waited in vain."""
        return isinstance(self.decision, GiveUp) and (
            self.decision.reason == "circuit_open"
            or (self.decision.reason in {"patience", "deadline"} and not self.timings)
        )

    @property
    def uneventful(self) -> bool:
        """Whether a call succeeded at its first attempt."""
        return self.failure is None and self.attempt == 1 and self.what == "attempt"

    @property
    def resend_count(self) -> int:
        """How many times the request had been sent before (OpenTelemetry's name for it)."""
        return self.attempt - 1
