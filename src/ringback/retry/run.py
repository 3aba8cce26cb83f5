"""One call on its way: which attempt it is at, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ringback.retry.line import Ticket
from ringback.retry.origin_state import OWN_LAYERS
from ringback.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.failure import Failure
    from ringback.retry.line import News, Turn
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
    "patience",
]
"""Why no further attempt is made.

``not_retryable``: it cannot help. ``not_idempotent``: the first may have been processed.
``not_replayable``: the body cannot be sent again. ``already_retried``: a call inside this one has
tried again already, or the package that makes it does. ``attempts``, ``deadline``: the policy's
limit is reached, or would be before the wait is over. ``budget``: too large a part of the requests
to this origin are retries.
``circuit_open``: the circuit breaker refuses calls to this endpoint. ``patience``: the call has
waited for the end of an outage that lasts longer than the policy's patience.
"""

REASONS: dict[Reason, str] = {
    "not_retryable": "trying again cannot help",
    "not_idempotent": "the request may have been processed and must not be sent twice",
    "not_replayable": "the body cannot be sent again",
    "already_retried": "a call inside this one, or what makes it, tries again already",
    "attempts": "no attempt is left",
    "deadline": "the deadline leaves no time for another attempt",
    "budget": "too many of the requests to this origin are retries already",
    "circuit_open": "calls to this endpoint are refused for now",
    "patience": "the outage lasts longer than calls wait for its end",
}
"""Why no further attempt is made, in words."""


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
class Wait:
    """Wait for the end of an outage, in the line of the origin (see ``retry.line``).

    Attributes:
        attempt: The last attempt, from 1.
        failure: What went wrong.
    """

    attempt: int
    failure: Failure


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


Decision = Done | Retry | Wait | GiveUp


_DONE_AT_FIRST = Done(1)

_PASSING_REASONS = frozenset({"attempts", "budget", "circuit_open"})
"""Why a call is given up that may get through once the outage is over."""


@dataclass(frozen=True, slots=True)
class Repeatable:
    """May this request be sent twice?

    Attributes:
        idempotent: Processing it twice does what processing it once does (RFC 9110, 9.2.2),
            or it carries an ``Idempotency-Key``.
        replayable: Its body can be sent again from the start.
        worthwhile: Nobody has decided that another attempt is pointless: a status that the policy
            does not list.
        already_retried: A call inside this one has tried again already, or what makes it does.
    """

    idempotent: bool
    replayable: bool = True
    worthwhile: bool = True
    already_retried: bool = False


class Run:
    """The state of one call under a policy.

    Pure: the time and the random number are handed in, and the caller does the waiting. Each
    attempt is begun by ``begin`` and ended by ``after`` or ``abandon``. After a ``Wait`` the call
    stands in a line: ``join``, then ``turn`` until it says more than how long to wait, and
    ``leave`` where that is interrupted.

    Attributes:
        policy: Its limits.
        attempt: The attempt under way, from 1.
        deadline: When the call must have ended, on the clock that it was started with.
        change: What the last attempt changed of the circuit, if anything.
    """

    __slots__ = (
        "_allowed",
        "_began",
        "_delay",
        "_delivered",
        "_guard",
        "_joined",
        "_passes",
        "_ticket",
        "attempt",
        "change",
        "deadline",
        "policy",
    )

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
        self._allowed = policy.attempts
        self._delivered = 0  # Attempts that may have been
        self._joined: float | None = None  # When it stood in a line for the first time
        self._ticket: Ticket | None = None  # While it stands in one, or tries for it
        self._passes = False  # The line has let it pass: so does the circuit

    def begin(self, now: float) -> bool:
        """Begin an attempt; return ``False`` where the circuit breaker refuses it.

        Args:
            now: Seconds, on the clock that the run was started with.
        """
        self._began = now
        if self._guard is None:
            return True
        return self._guard.admit(now, waited=self._passes)

    def hedge(self, now: float) -> bool:
        """Begin another attempt beside the one under way; return whether there may be one.

        It is one of the policy's attempts, paid for as a retry is, and only for an origin without
        trouble. Both are ended together, by ``after`` or ``abandon``.

        Args:
            now: Seconds, on the clock that the run was started with.
        """
        guard = self._guard
        if guard is None or self.attempt >= self._allowed or now >= self.deadline:
            return False
        if guard.is_in_trouble() or not guard.pay(now):
            return False
        self.attempt += 1
        return True

    def abandon(self) -> None:
        """End an attempt that was interrupted: it says nothing of the endpoint."""
        if self._guard:
            self._guard.abandoned()
        self.leave(self._began)

    def news(self) -> list[News]:
        """Return what happened to the line of the origin and was not published yet."""
        return self._guard.news() if self._guard else []

    def last_failure(self) -> Failure | None:
        """Return why calls to the origin wait."""
        return self._guard.last_failure() if self._guard else None

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
                self.leave(now)
            return _DONE_AT_FIRST if self.attempt == 1 else Done(self.attempt)
        if self._guard:
            first = self.attempt == 1 and self._joined is None
            tried = self._ticket is not None
            self.change = self._guard.failed(
                failure, now, random, now - self._began, first=first, tried=tried
            )
        decision = self._next(failure, now, repeatable or Repeatable(False), random, retry_after)
        if not isinstance(decision, Wait):
            self.leave(now)
        return decision

    def refused(self, failure: Failure, now: float) -> GiveUp | Wait:
        """Return what to do about an attempt that the circuit breaker refuses.

        Args:
            failure: The refusal.
            now: Seconds, on the clock that the run was started with.
        """
        if self._may_wait(now):
            return Wait(self.attempt, failure)
        return GiveUp(self.attempt, failure, "circuit_open")

    def join(self, wake: Callable[[], object], now: float, random: float) -> None:
        """Stand in the line, after a ``Wait``.

        Args:
            wake: Tells the caller, from any thread, to ask ``turn`` again.
            now: Seconds, on the clock that the run was started with.
            random: A random number, at least 0 and below 1.
        """
        if self._ticket:  # the head, which has tried in vain
            self._ticket.wake = wake
        elif self._guard:
            patience = self._guard.patience(self.policy.patience_named)
            self._joined = now if self._joined is None else self._joined
            self._ticket = Ticket(patience, self._joined, self.deadline, wake)
            self._guard.join(self._ticket, now, random, untried=self.attempt == 1)

    def turn(self, now: float) -> Turn | float:
        """Return what to do now, or for how many seconds to wait; after ``try`` and ``go``: begin.

        Args:
            now: Seconds, on the clock that the run was started with.
        """
        assert self._guard
        assert self._ticket
        turn = self._guard.turn(self._ticket, now)
        if turn == "try":
            self._passes = True
        elif turn == "go":
            self._ticket, self._passes = None, True
            # Those of which nothing was delivered are no attempts: it waited for the outage's end.
            self._allowed = self.attempt - 1 + self.policy.attempts - self._delivered
        return turn

    def leave(self, now: float) -> None:
        """Give up the place in the line, if it has one; the next one has it.

        Args:
            now: Seconds, on the clock that the run was started with.
        """
        if self._ticket and self._guard:
            self._guard.leave(self._ticket, now)
            self._ticket = None

    def given_up(self, turn: Literal["patience", "deadline"], failure: Failure) -> GiveUp:
        """Return the end of a call that has waited in vain.

        Args:
            turn: What ``turn`` said.
            failure: How its last attempt failed, or that of another call if it made none.
        """
        self._ticket = None
        return GiveUp(max(1, self.attempt - 1), failure, turn)

    def _next(
        self,
        failure: Failure,
        now: float,
        repeatable: Repeatable,
        random: float,
        retry_after: float | None,
    ) -> Decision:
        self._passes = False
        self._delivered += failure.delivered != "no"
        delay = max(self._wait(failure, random), retry_after or 0.0)
        reason = self._obstacle(failure, repeatable)
        # A status is an answer, even where nothing was processed (429): no outage to wait out.
        in_outage = failure.layer != "status" and failure.layer not in OWN_LAYERS
        passes = reason is None and failure.delivered == "no" and in_outage
        if passes and self._ticket:
            reason = None if self._again(now) else "patience"
        elif reason is None and (reason := self._limit(now, delay)) is None:
            decision = Retry(self.attempt, failure, delay)
            self.attempt += 1
            self._delay = delay
            return decision
        if reason is None or (passes and reason in _PASSING_REASONS and self._may_wait(now)):
            self.attempt += 1
            return Wait(self.attempt - 1, failure)
        return GiveUp(self.attempt, failure, reason, retry_after)

    @staticmethod
    def _obstacle(failure: Failure, repeatable: Repeatable) -> Reason | None:
        if failure.retry == "no" or not repeatable.worthwhile:
            return "not_retryable"
        if failure.delivered != "no" and not repeatable.idempotent:
            return "not_idempotent"
        if not repeatable.replayable:
            return "not_replayable"
        return "already_retried" if repeatable.already_retried else None

    def _limit(self, now: float, delay: float) -> Reason | None:
        if self.attempt >= self._allowed:
            return "attempts"
        if now + delay >= self.deadline:
            return "deadline"
        guard = self._guard
        if guard and guard.refuses(now + delay) is not None:
            return "circuit_open"
        return None if guard is None or guard.pay(now) else "budget"

    def _may_wait(self, at: float) -> bool:
        guard, policy, joined = self._guard, self.policy, self._joined
        if guard is None or at >= self.deadline:
            return False
        if joined is not None and at >= joined + guard.patience(policy.patience_named):
            return False
        return guard.may_wait(at, policy.patience_named, policy.waiting)

    def _again(self, now: float) -> bool:
        assert self._guard
        assert self._ticket
        return self._guard.again(self._ticket, now)

    def _wait(self, failure: Failure, random: float) -> float:
        # "at once" is meant once: the second time the peer is in trouble, not the connection.
        if failure.retry == "now" and self.attempt == 1:
            return 0.0
        return self.policy.backoff.delay(self.attempt, random, self._delay)
