"""Raising how a call ended, without losing what it was raised over."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NoReturn

from ringback.client.call import Ended
from ringback.errors import RingbackError, note, specialise
from ringback.errors.specialise import ExceptionState, combined_exception
from ringback.failure import Failure, Target
from ringback.failure.target import target_of_url
from ringback.retry.run import REASONS


class SpecialisedErrors:
    """A context in which what a client library raises comes out specialised.

    An exception that is none of the call's comes out as it is.
    """

    __slots__ = ("_failure_of", "_target")

    def __init__(
        self, failure_of: Callable[[Exception, Target], Failure | None], target: object
    ) -> None:
        self._failure_of = failure_of
        self._target = target

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, RingbackError):
            target = self._target
            if not isinstance(target, Target):
                target = target_of_url(str(target or ""))
            failure = self._failure_of(error, target)
            if failure:
                raise_prepared(specialise(error, failure))


def raise_prepared(exc: BaseException) -> NoReturn:
    """Raise an exception that has its cause and context already.

    ``raise`` alone would replace the context by whatever the caller is handling.
    """
    context = exc.__context__
    try:
        raise exc
    finally:
        exc.__context__ = context
        del exc, context  # the exception holds this function, which would hold it


def error_of(ended: Ended[Any], refused: Callable[[], BaseException]) -> BaseException:
    """Return the exception to raise for a call that was given up.

    It has ``failure``, ``attempts`` (the failure of each attempt) and ``retry_at``; the attempts
    that it is not about hang on it as notes. ``refused`` makes the exception for a call of which
    nothing was tried.
    """
    decisive = ended.decisive
    if decisive is None:
        exc = _refusal(refused(), ended.decision.failure)
        _note_wait(exc, ended)
        if isinstance(exc, RingbackError):
            exc.given_up = ended.decision.reason
        return exc
    error = decisive.error or refused()
    failure = decisive.failure if decisive.error else ended.decision.failure
    exc = specialise(error, failure)
    if isinstance(exc, RingbackError):
        exc.attempts = tuple([_without_cause(failure) for failure in ended.failures])
        exc.retry_at = ended.retry_at
        exc.given_up = ended.decision.reason
        _note_others(exc, ended.failures, failure)
        if ended.decision.reason not in _PLAIN:
            exc.add_note(f"ringback: given up: {REASONS[ended.decision.reason]}")
        _note_wait(exc, ended)
        if ended.diagnosis is not None:
            exc.diagnosis = ended.diagnosis
            exc.add_note(f"ringback: diagnosis: {ended.diagnosis.verdict.summary}")
    return exc


_PLAIN = frozenset({"not_retryable", "attempts", "patience"})
"""Why a call is given up that its kind, its attempts or the note of its wait show already."""

_FIELDS = attrgetter(*(name for name in Failure.__match_args__ if name != "cause"))


def _without_cause(failure: Failure) -> Failure:
    """A copy; ``dataclasses.replace`` would cost four times as much."""
    return Failure(*_FIELDS(failure))


def _refusal(refused: BaseException, failure: Failure) -> BaseException:
    """Return the exception for a call of which nothing was tried: it has no story to keep."""
    if not isinstance(refused, Exception):
        return refused
    exc = combined_exception(
        type(refused), failure, ExceptionState(refused.args, {}, vars(refused))
    )
    if exc is None:
        return refused
    exc.attempts = (failure,)
    exc.add_note(note(failure))
    return exc


def _note_wait(exc: BaseException, ended: Ended[Any]) -> None:
    if ended.waited:
        exc.add_note(f"ringback: {ended.waited}")


def _note_others(exc: RingbackError, failures: tuple[Failure, ...], shown: Failure) -> None:
    for number, failure in enumerate(failures, 1):
        if failure is not shown:
            what = f"{failure.kind}: {failure.message}" if failure.message else failure.kind
            exc.add_note(f"ringback: attempt {number} of {len(failures)}: {what}")
