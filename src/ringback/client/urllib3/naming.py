"""From what urllib3 raised to what it is called."""

from dataclasses import replace
from http.client import HTTPException

from urllib3.exceptions import HTTPError

from ringback.client.delivery import delivered
from ringback.client.raising import raise_prepared
from ringback.client.wire import Wire
from ringback.errors import RingbackError, specialise
from ringback.failure import Failure, Target, classify

_NOT_OURS = {"unknown", "not_a_connection_failure"}


def failure_of(error: Exception, target: Target, wire: Wire | None = None) -> Failure | None:
    """Return what went wrong, or ``None`` where the exception is none of the call's.

    An exception of the caller's own (out of the generator of a body, say) stays what it is.

    Args:
        error: What was raised.
        target: Whom the call was for.
        wire: What was counted of the exchange, if it began.
    """
    if isinstance(error, RingbackError):
        return error.failure
    failure = classify(error, target=target, reused=wire.reused if wire else None)
    if failure.kind in _NOT_OURS and not isinstance(error, (HTTPError, HTTPException)):
        return None
    certain = delivered(wire, failure)
    return failure if certain == failure.delivered else replace(failure, delivered=certain)


class Naming:
    """A context in which what urllib3 raises comes out specialised.

    An exception that is none of the call's comes out as it is.

    Args:
        target: Whom the call was for.
    """

    def __init__(self, target: Target) -> None:
        self._target = target

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, RingbackError):
            failure = failure_of(error, self._target)
            if failure:
                raise_prepared(specialise(error, failure))
