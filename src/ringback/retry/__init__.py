"""What to do about a failure: try again, after how long, or give up."""

from ringback.retry.backoff import Backoff, Jitter, Series, Waits
from ringback.retry.budget import Bucket, Budget
from ringback.retry.circuit import Breaker, Circuit, CircuitState
from ringback.retry.decision import Decision, Done, GiveUp, Reason, Retry
from ringback.retry.guard import Guard, GuardState
from ringback.retry.policy import RETRY_STATUSES, Policy
from ringback.retry.run import Repeatable, Run
from ringback.retry.timeout import Timeout

__all__ = [
    "RETRY_STATUSES",
    "Backoff",
    "Breaker",
    "Bucket",
    "Budget",
    "Circuit",
    "CircuitState",
    "Decision",
    "Done",
    "GiveUp",
    "Guard",
    "GuardState",
    "Jitter",
    "Policy",
    "Reason",
    "Repeatable",
    "Retry",
    "Run",
    "Series",
    "Timeout",
    "Waits",
]
