"""What to do after an attempt."""

from dataclasses import dataclass
from typing import Literal

from ringback.failure import Failure

Reason = Literal[
    "not_retryable",
    "not_idempotent",
    "not_replayable",
    "already_retried",
    "attempts",
    "deadline",
    "budget",
    "circuit_open",
]
"""Why no further attempt is made.

``not_retryable``: it cannot help. ``not_idempotent``: the first may have been processed.
``not_replayable``: the body cannot be sent again. ``already_retried``: a call inside this one has
tried again already. ``attempts``, ``deadline``: the policy's limit is reached, or would be before
the wait is over. ``budget``: too large a part of the requests to this origin are retries.
``circuit_open``: the circuit breaker refuses calls to this endpoint.
"""


@dataclass(frozen=True, slots=True)
class Done:
    """The call succeeded.

    Attributes:
        attempt: The attempt that did, from 1.
    """

    attempt: int


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again.

    Attributes:
        attempt: The attempt that failed, from 1.
        failure: What went wrong.
        delay: How long to wait first, in seconds.
    """

    attempt: int
    failure: Failure
    delay: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The call failed.

    Attributes:
        attempt: The last attempt, from 1.
        failure: What went wrong.
        reason: Why there is no other.
        retry_after: The wait that the peer asked for and that did not fit, in seconds.
    """

    attempt: int
    failure: Failure
    reason: Reason
    retry_after: float | None = None


Decision = Done | Retry | GiveUp
