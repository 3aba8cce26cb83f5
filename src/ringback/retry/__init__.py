"""What to do about a failure: try again, after how long, or give up."""

from ringback.retry.backoff import Backoff
from ringback.retry.decision import Decision, Done, GiveUp, Reason, Retry
from ringback.retry.policy import Policy
from ringback.retry.run import Repeatable, Run
from ringback.retry.timeout import Timeout

__all__ = [
    "Backoff",
    "Decision",
    "Done",
    "GiveUp",
    "Policy",
    "Reason",
    "Repeatable",
    "Retry",
    "Run",
    "Timeout",
]
