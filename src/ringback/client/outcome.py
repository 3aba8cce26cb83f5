"""How an attempt of any callable ended, and how its call ends."""

from dataclasses import replace
from time import time
from typing import Any, NoReturn

from ringback.client.call import Ended, Failed
from ringback.client.raising import error_of, raise_prepared
from ringback.errors import RingbackError
from ringback.failure import Failure, Target, classify
from ringback.failure.frames import was_redirected
from ringback.retry import Repeatable

_DEEPEST = 10
_NOT_OURS = frozenset({"unknown", "not_a_connection_failure"})


def failed_attempt(error: Exception, target: Target, *, idempotent: bool) -> Failed[Any] | None:
    """Return the failed attempt that an exception means; ``None`` where it means none.

    Args:
        error: What was raised.
        target: Whom the call was for, as far as it is known.
        idempotent: May what may have been processed be done again?
    """
    if not isinstance(error, RingbackError):
        failure = classify(error, target=target)
        if failure.kind in _NOT_OURS:
            return None
        return Failed(_of_the_whole(failure, error), Repeatable(idempotent), error)
    return Failed(
        _of_the_whole(error.failure, error),
        Repeatable(idempotent, already_retried=len(error.attempts) > 1),
        error,
        retry_after=None if error.retry_at is None else max(0.0, error.retry_at - time()),
    )


def _of_the_whole(failure: Failure, error: BaseException) -> Failure:
    """A failure of one hop, as one of the call: behind a redirect, the first request arrived."""
    if failure.delivered != "no":
        return failure
    inner: BaseException | None = error
    for _ in range(_DEEPEST):
        if inner is None:
            break
        if was_redirected(inner.__traceback__):
            return replace(failure, delivered="yes")
        inner = inner.__cause__ or inner.__context__
    return failure


def raise_ended(ended: Ended[Any]) -> NoReturn:
    """Raise how the call of a callable ended.

    Args:
        ended: How.

    Raises:
        ringback.errors.RingbackError: Also the exception of the last, or most telling, attempt.
    """
    raise_prepared(error_of(ended, ConnectionError(ended.decision.failure.message)))
