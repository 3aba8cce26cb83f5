"""What to do about a failure: try again, after how long, or give up.

The package can be called as well: ``@ringback.retry`` and ``ringback.retry(policy).call(connect)``
try any callable again, see ``ringback.client.retrying.retry``.
"""

from ringback.retry.circuit import Breaker, Circuit, CircuitState
from ringback.retry.concurrency import Adaptive
from ringback.retry.line import default_patience, set_default_patience
from ringback.retry.origin_state import Bucket, Budget, OriginSnapshot, OriginState
from ringback.retry.policy import RETRY_STATUSES, Backoff, Jitter, Policy, Series, Timeout, Waits
from ringback.retry.rate import Rate
from ringback.retry.run import Decision, Done, GiveUp, Reason, Repeatable, Retry, Run, Wait

Guard = OriginState
"""The name that ``OriginState`` had."""
GuardState = OriginSnapshot
"""The name that ``OriginSnapshot`` had."""

__all__ = [
    "RETRY_STATUSES",
    "Adaptive",
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
    "OriginSnapshot",
    "OriginState",
    "Policy",
    "Rate",
    "Reason",
    "Repeatable",
    "Retry",
    "Run",
    "Series",
    "Timeout",
    "Wait",
    "Waits",
    "default_patience",
    "set_default_patience",
]
