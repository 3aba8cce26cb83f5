"""One call as the driver sees it, and how one of its attempts ended."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ringback.failure import Failure, Target
from ringback.retry import Repeatable

T = TypeVar("T")

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""RFC 9110, section 9.2.2."""


@dataclass(frozen=True, slots=True)
class Call:
    """What events say of a call.

    Attributes:
        target: Whom it is for.
        method: HTTP method, or the like.
    """

    target: Target
    method: str


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """How an attempt ended: with a result, an exception, or a result that is a failure.

    Attributes:
        result: What the library returned, if it did.
        error: What it raised, if it did.
        failure: What went wrong, if anything: a 503 is a result and a failure.
        repeatable: May the request be sent again?
        retry_after: The wait that the peer asked for, in seconds.
        release: Called before another attempt: frees what this one holds.
    """

    repeatable: Repeatable
    result: T | None = None
    error: Exception | None = None
    failure: Failure | None = None
    retry_after: float | None = None
    release: Callable[[], object] = bool
