"""One call on its way: which attempt it is at, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ringback.failure import Failure
    from ringback.retry.origin_state import Change, OriginSnapshot, OriginState
    from ringback.retry.policy import Policy, Timeout


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


_DONE_AT_FIRST = Done(1)


@dataclass(frozen=True, slots=True)
class Repeatable:
    """May this request be sent twice?

    Attributes:
        idempotent: Processing it twice does what processing it once does (RFC 9110, 9.2.2),
            or it carries an ``Idempotency-Key``.
        replayable: Its body can be sent again from the start.
        worthwhile: Nobody has decided that another attempt is pointless: a status that the policy
            does not list.
        already_retried: A call inside this one has tried again already.
    """

    idempotent: bool
    replayable: bool = True
    worthwhile: bool = True
    already_retried: bool = False


class Run:
    """The state of one call under a policy.

    Pure: the time and the random number are handed in, and the caller does the waiting. Each
    attempt is begun by ``begin`` and ended by ``after`` or ``abandon``.

    Attributes:
        policy: Its limits.
        attempt: The attempt under way, from 1.
        deadline: When the call must have ended, on the clock that it was started with.
        change: What the last attempt changed of the circuit, if anything.
    """

    __slots__ = ("_began", "_delay", "_guard", "attempt", "change", "deadline", "policy")

    def __init__(
        self,
        policy: Policy,
        now: float,
        guard: OriginState | None = None,
        deadline: float | None = None,
    ) -> None:
        self.policy = policy
        self.attempt = 1
        own = now + policy.deadline
        self.deadline = own if deadline is None or own < deadline else deadline
        self.change: Change | None = None
        self._guard = guard
        self._began = now
        self._delay = 0.0

    def begin(self, now: float) -> bool:
        """Begin an attempt; return ``False`` where the circuit breaker refuses it.

        Args:
            now: Seconds, on the clock that the run was started with.
        """
        self._began = now
        return self._guard is None or self._guard.admit(now, retry=self.attempt > 1)

    def abandon(self) -> None:
        """End an attempt that was interrupted: it says nothing of the endpoint."""
        if self._guard:
            self._guard.abandoned()

    def guard_state(self) -> OriginSnapshot | None:
        """Return what the process knows of the origin."""
        return self._guard.state() if self._guard else None

    def timeout(self, now: float) -> Timeout:
        """Return the default limits of the attempt that begins now.

        Args:
            now: Seconds, on the clock that the run was started with.
        """
        left = self.deadline - now
        return self.policy.timeout.within(max(0.001, left))

    def after(
        self,
        failure: Failure | None,
        now: float,
        repeatable: Repeatable | None = None,
        *,
        random: float = 0.0,
        retry_after: float | None = None,
    ) -> Decision:
        """Return what to do after an attempt; a ``Retry`` leads to the next one.

        Args:
            failure: How the attempt failed; ``None``: it did not.
            now: Seconds, on the clock that the run was started with.
            repeatable: May this request be sent twice? Needed for a failure.
            random: A random number, at least 0 and below 1.
            retry_after: The wait that the peer asked for, in seconds. It is never shortened:
                where it does not fit the deadline, the call is given up.
        """
        if failure is None:
            if self._guard:
                seconds, retry = now - self._began, self.attempt > 1
                self.change = self._guard.succeeded(now, seconds, retry=retry)
            return _DONE_AT_FIRST if self.attempt == 1 else Done(self.attempt)
        if self._guard:
            self.change = self._guard.failed(failure, now, random, now - self._began)
        return self._next(failure, now, repeatable or Repeatable(False), random, retry_after)

    def refused(self, failure: Failure) -> GiveUp:
        """Return the end of a call whose next attempt the circuit breaker refuses.

        Args:
            failure: How the attempt before failed, or the refusal if there was none.
        """
        return GiveUp(self.attempt, failure, "circuit_open")

    def _next(
        self,
        failure: Failure,
        now: float,
        repeatable: Repeatable,
        random: float,
        retry_after: float | None,
    ) -> Decision:
        delay = max(self._wait(failure, random), retry_after or 0.0)
        if reason := self._obstacle(failure, now, delay, repeatable):
            return GiveUp(self.attempt, failure, reason, retry_after)
        decision = Retry(self.attempt, failure, delay)
        self.attempt += 1
        self._delay = delay
        return decision

    def _obstacle(
        self, failure: Failure, now: float, delay: float, repeatable: Repeatable
    ) -> Reason | None:
        if failure.retry == "no" or not repeatable.worthwhile:
            return "not_retryable"
        if failure.delivered != "no" and not repeatable.idempotent:
            return "not_idempotent"
        if not repeatable.replayable:
            return "not_replayable"
        if repeatable.already_retried:
            return "already_retried"
        if self.attempt >= self.policy.attempts:
            return "attempts"
        return self._limit(now, delay)

    def _limit(self, now: float, delay: float) -> Reason | None:
        if now + delay >= self.deadline:
            return "deadline"
        guard = self._guard
        if guard and guard.refuses(now + delay) is not None:
            return "circuit_open"
        return None if guard is None or guard.pay(now) else "budget"

    def _wait(self, failure: Failure, random: float) -> float:
        # "at once" is meant once: the second time the peer is in trouble, not the connection.
        if failure.retry == "now" and self.attempt == 1:
            return 0.0
        return self.policy.backoff.delay(self.attempt, random, self._delay)
