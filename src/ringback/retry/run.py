"""One call on its way: which attempt it is at, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringback.retry.decision import Decision, Done, GiveUp, Reason, Retry

if TYPE_CHECKING:
    from ringback.failure import Failure
    from ringback.retry.policy import Policy
    from ringback.retry.timeout import Timeout


@dataclass(frozen=True, slots=True)
class Repeatable:
    """May this request be sent twice?

    Attributes:
        idempotent: Processing it twice does what processing it once does (RFC 9110, 9.2.2),
            or it carries an ``Idempotency-Key``.
        replayable: Its body can be sent again from the start.
    """

    idempotent: bool
    replayable: bool = True


class Run:
    """The state of one call under a policy.

    Pure: the time and the random number are handed in, and the caller does the waiting.

    Attributes:
        policy: Its limits.
        attempt: The attempt under way, from 1.
    """

    __slots__ = ("_started", "attempt", "policy")

    def __init__(self, policy: Policy, now: float) -> None:
        self.policy = policy
        self.attempt = 1
        self._started = now

    def timeout(self, now: float) -> Timeout:
        """Return the default limits of the attempt that begins now.

        Args:
            now: Seconds, on the clock that the run was started with.
        """
        return self.policy.timeout.within(max(self._left(now), 0.001))

    def after(
        self,
        failure: Failure | None,
        now: float,
        repeatable: Repeatable,
        *,
        random: float,
        retry_after: float | None = None,
    ) -> Decision:
        """Return what to do after an attempt; a ``Retry`` begins the next one.

        Args:
            failure: How the attempt failed; ``None``: it did not.
            now: Seconds, on the clock that the run was started with.
            repeatable: May this request be sent twice?
            random: A random number, at least 0 and below 1.
            retry_after: The wait that the peer asked for, in seconds. It is never shortened:
                where it does not fit the deadline, the call is given up.
        """
        if failure is None:
            return Done(self.attempt)
        delay = max(self._delay(failure, random), retry_after or 0.0)
        if reason := self._obstacle(failure, now + delay, repeatable):
            return GiveUp(self.attempt, failure, reason)
        decision = Retry(self.attempt, failure, delay)
        self.attempt += 1
        return decision

    def _obstacle(self, failure: Failure, then: float, repeatable: Repeatable) -> Reason | None:
        if failure.retry == "no":
            return "not_retryable"
        if failure.delivered != "no" and not repeatable.idempotent:
            return "not_idempotent"
        if not repeatable.replayable:
            return "not_replayable"
        if self.attempt >= self.policy.attempts:
            return "attempts"
        return "deadline" if self._left(then) <= 0 else None

    def _delay(self, failure: Failure, random: float) -> float:
        # "at once" is meant once: the second time the peer is in trouble, not the connection.
        if failure.retry == "now" and self.attempt == 1:
            return 0.0
        return self.policy.backoff.delay(self.attempt, random)

    def _left(self, now: float) -> float:
        return self._started + self.policy.deadline - now
