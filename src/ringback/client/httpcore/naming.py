"""From what httpx raised or returned to what it is called."""

from dataclasses import replace
from typing import Any, NoReturn

from ringback.client.httpcore.goaway import REFUSED, refused
from ringback.client.httpcore.library import Library
from ringback.client.raising import raise_prepared
from ringback.client.wire import Wire, delivered
from ringback.errors import RingbackError, specialise
from ringback.failure import Failure, Target, classify
from ringback.failure.target import target_of_url

_NOT_OURS = {"unknown", "not_a_connection_failure"}


def target_of(url: Any, proxy: str | None) -> Target:
    """Return whom a request is for.

    Args:
        url: Of httpx.
        proxy: ``host:port`` that it goes through.
    """
    return replace(target_of_url(str(url)), proxy=proxy)


def failure_of(
    error: Exception, target: Target, wire: Wire | None, base: type[Exception]
) -> Failure | None:
    """Return what went wrong, or ``None`` where the exception is none of the call's.

    An exception of the caller's own (out of the generator of a body, say) stays what it is.

    Args:
        error: What was raised.
        target: Whom the call was for.
        wire: What was counted, where it was.
        base: The class of every exception of httpx.
    """
    if isinstance(error, RingbackError):
        return error.failure
    failure = classify(error, target=target, reused=wire.reused if wire else None)
    if failure.kind in _NOT_OURS and not isinstance(error, base):
        return None
    failure = refused(failure, error)
    if failure.kind == REFUSED:
        return failure
    certain = delivered(wire, failure)
    return failure if certain == failure.delivered else replace(failure, delivered=certain)


def raise_named(library: Library, error: Exception, target: Target | None) -> NoReturn:
    """Raise what was raised while a body was read, as the exception of httpx.

    Args:
        library: Whose.
        error: What was raised.
        target: Whom the call was for, where the exception is to be specialised.
    """
    mapped = library.mapped(error)
    failure = target and failure_of(mapped, target, None, library.httpx.HTTPError)
    if failure:
        raise_prepared(specialise(mapped, failure))
    if mapped is error:
        raise error
    raise mapped from error
