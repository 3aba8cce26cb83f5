"""One call as the driver sees it, and how one of its attempts ended."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from ringback.failure import Failure, Target
from ringback.retry import GiveUp, Repeatable

T = TypeVar("T")

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""RFC 9110, section 9.2.2."""


class Call(Protocol):
    """What events say of a call; asked for only where there is something to tell."""

    @property
    def target(self) -> Target:
        """Whom it is for."""

    @property
    def method(self) -> str:
        """HTTP method, or the like."""


@dataclass(slots=True)
class KnownCall:
    """A call of which all is known beforehand.

    Attributes:
        target: Whom it is for.
        method: HTTP method, or the like.
    """

    target: Target
    method: str


@dataclass(slots=True)
class Failed(Generic[T]):
    """An attempt that failed: with an exception, or with a result that means a failure.

    Attributes:
        failure: What went wrong.
        repeatable: May the request be sent again?
        error: What the library raised, if it did.
        result: What it returned, if it did: a 503 is a result and a failure.
        retry_after: The wait that the peer asked for, in seconds.
        release: Called before another attempt (and awaited, by tasks): frees what this one holds.
    """

    failure: Failure
    repeatable: Repeatable
    error: BaseException | None = None
    result: T | None = None
    retry_after: float | None = None
    release: Callable[[], Any] | None = None


@dataclass(slots=True)
class Ended(Generic[T]):
    """A call that was given up.

    Attributes:
        told: The attempt to tell the caller of: the most telling, not always the last. ``None``
            where the circuit breaker refused the first.
        decision: Why there was no other attempt.
        failures: What went wrong with each attempt, in order.
        retry_at: When the peer wants to be called again, in seconds since 1970 UTC, if it said so.
        diagnosis: What is wrong with the target, where the policy had it diagnosed.
    """

    told: Failed[T] | None
    decision: GiveUp
    failures: tuple[Failure, ...]
    retry_at: float | None = None
    diagnosis: Any = None
