"""The one value that tells others what happened to a call or a probe."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ringback.failure import Failure, Target
from ringback.retry import Decision

Origin = Literal["call", "probe"]
"""``call``: a real call of a program; ``probe``: a check made to find out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One attempt and what was decided after it.

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
