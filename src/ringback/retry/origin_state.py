"""What stands between the calls of a process and one origin: its circuit and its retry budget.

Theory of operation
-------------------

The budget is a bucket of tokens, and a token is one retry. A retry costs one, and one that gets
through costs nothing in the end; an attempt that gets through earns ``ratio``, and a second without
any earns ``floor``; ``burst`` is as much as there can be. So over a long time

    retries in vain ≤ burst + ratio · attempts that got through + floor · seconds

While some calls get through, failures that come one by one are all retried. While everything fails
nothing is earned but the floor: an outage grows the load by ``burst`` and ``floor``, however many
calls fail and however many attempts their policy allows. That is the one promise of the budget, and
the reason why it belongs to the process and its origin and not to the call: ten calls that may each
be tried three times would triple the load otherwise. See docs/decisions/005.

Time is counted lazily, in ``spend``: nothing has to run for tokens to grow. ``spend`` compares with
a little less than one, because ten tenths of a token add up to a little less than one.

One attempt goes through here twice::

    admit ─→ the attempt ─→ succeeded | failed | abandoned
      │ refused                │ failed, and may be repeated
      ▼                        ▼
    CircuitOpen              pay ─→ a retry, which is admitted again | give up ("budget")

``pay`` comes last of all obstacles to a retry (see ``Run``), so that no token is spent on a retry
that the deadline, the method or the circuit forbids anyway. A call that is given up or refused here
may wait for the end of an outage, see ``retry.line``: ``may_wait``, ``join``, and ``turn`` until it
says more than how long to wait.

Why it is safe. Each method takes the lock once, and holds it for some additions: nothing waits
under it, no foreign code runs under it, and no other lock is taken. What reads without it
(``is_closed``, the first look of ``refuses``) reads one attribute, and is only ever a moment too
old: a call that began while the circuit closed or opened is treated as if it had begun a moment
earlier. ``passed`` joins ``admit`` and ``succeeded`` of a first attempt, for nearly all calls are
one; it may only be used where ``is_closed()`` was seen before the attempt, because it has reserved
no place among the probes. A forked child gets new ones (``Origins.renew``), for a lock may have
been held by a thread that it lacks.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Literal

from ringback.retry.circuit import Breaker, Circuit, CircuitState
from ringback.retry.line import Line, News, Ticket, Turn, default_patience
from ringback.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringback.failure import Failure


@dataclass(frozen=True, slots=True)
class Budget:
    """How many retries an origin may cost, however many calls fail.

    Each attempt that gets through earns a retry, each retry spends one, and gets it back by getting
    through: failures that come one by one are all retried, and in an outage, where nothing gets
    through, retries end soon ("Addressing Cascading Failures", Site Reliability Engineering,
    O'Reilly 2016; gRPC's retry throttling is of this form).

    Attributes:
        ratio: Retries earned per attempt that gets through.
        floor: Retries earned per second without any request, so that a program which seldom calls
            may retry too.
        burst: How many can be saved up; as many are there in the beginning.
    """

    ratio: float = 1.0
    floor: float = 0.05
    burst: float = 10.0

    def __post_init__(self) -> None:
        if min(self.ratio, self.floor) < 0 or self.burst < 1:
            raise ValueError(
                f"a budget needs ratio and floor of at least 0 and burst of at least 1, got {self}"
            )


_WHOLE_TOKEN = 1 - 1e-9
"""Ten tenths, added up, are a little less than one."""


class Bucket:
    """What is left of one origin's budget. Not thread-safe by itself: its ``OriginState`` is.

    Attributes:
        tokens: Retries that may be made now, as of the last use.
        full: How many there can be.
    """

    __slots__ = ("_at", "_budget", "full", "tokens")

    def __init__(self, budget: Budget, now: float) -> None:
        self._budget = budget
        self._at = now
        self.tokens = self.full = budget.burst

    def earn(self, *, retry: bool = False) -> None:
        """Count an attempt that got through; a retry gets its price back."""
        self.tokens = min(self.full, self.tokens + self._budget.ratio + retry)

    def spend(self, now: float) -> bool:
        """Pay for a retry; return whether it could be paid for.

        Args:
            now: Seconds, on the clock that the bucket was made with.
        """
        budget = self._budget
        seconds = max(0.0, now - self._at)
        self._at = now
        self.tokens = min(self.full, self.tokens + seconds * budget.floor)
        if self.tokens < _WHOLE_TOKEN:
            return False
        self.tokens = max(0.0, self.tokens - 1.0)
        return True


OWN_LAYERS = frozenset({"config", "client", "none"})
"""Layers whose failures say nothing of the origin."""
_SERVER_ERRORS = 500


Change = Literal["circuit_opened", "circuit_closed"]
"""What an attempt changed of the circuit."""


@dataclass(frozen=True, slots=True)
class OriginSnapshot:
    """The state of an origin at one instant.

    Attributes:
        circuit: ``closed``, ``open`` or ``half_open``.
        failures: How many attempts failed in a row.
        opened_by: The failure that opened the circuit, if one did.
        until: When an open circuit lets a probe pass, on the clock of the calls.
        tokens: Retries that may be made now; infinite without a budget.
        waiting: How many calls wait for the end of an outage.
        since: When the first of the failures in a row was, on that clock, if there is one.
    """

    circuit: CircuitState
    failures: int
    opened_by: Failure | None
    until: float
    tokens: float
    waiting: int = 0
    since: float | None = None


class OriginState:
    """The shared state of one origin. Thread-safe: nothing waits while its lock is held.

    Args:
        breaker: When the circuit opens; ``None``: never.
        budget: How many retries there may be; ``None``: any number.
        now: Seconds, on any clock that never goes back; the same one later on.
    """

    __slots__ = ("_bucket", "_circuit", "_line", "_lock")

    def __init__(self, breaker: Breaker | None, budget: Budget | None, now: float) -> None:
        self._circuit = Circuit(breaker, now) if breaker else None
        self._bucket = Bucket(budget, now) if budget else None
        self._line = Line()
        self._lock = Lock()

    def admit(self, now: float, *, waited: bool = False) -> bool:
        """Return whether an attempt may be made; each that may ends in one of the three below.

        Args:
            now: Seconds, on the clock that it was made with.
            waited: Has the line let it pass? Then the circuit does as well. While calls wait, no
                other one is a probe.
        """
        with self._lock:
            if circuit := self._circuit:
                if waited:
                    circuit.admit_always()
                elif (circuit.state == "open" and self._line.waiting) or not circuit.admit(now):
                    return False
            return True

    def refuses(self, now: float) -> tuple[Failure | None, float] | None:
        """Return why an attempt would be refused now, without asking for one; ``None``: it is not.

        Args:
            now: Seconds, on the clock that it was made with.

        Returns:
            The failure that opened the circuit, ``None`` if slowness did, and how many seconds
            more it refuses.
        """
        circuit = self._circuit
        if circuit is None or now >= circuit.until:
            return None
        with self._lock:  # it may have changed just now: look again
            left = circuit.until - now
            return (circuit.opened_by, left) if circuit.state == "open" and left > 0 else None

    def succeeded(self, now: float, seconds: float, *, retry: bool) -> Change | None:
        """Record an attempt that succeeded; return what this changed of the circuit.

        Args:
            now: Seconds, on the clock that it was made with.
            seconds: How long the attempt took.
            retry: Was it a retry? One that was gets its price back.
        """
        with self._lock:
            if self._bucket:
                self._bucket.earn(retry=retry)
            closed = self._circuit is not None and self._circuit.succeeded(now, seconds)
            woken = self._line.succeeded(now, seconds)
        _wake(woken)
        return "circuit_closed" if closed else None

    def is_closed(self) -> bool:
        """Return whether every attempt would be admitted, without asking for one."""
        circuit = self._circuit
        return circuit is None or circuit.state == "closed"

    def is_in_trouble(self) -> bool:
        """Return whether the circuit is not closed, or the last attempt failed."""
        return self._line.failures > 0 or not self.is_closed()

    def passed(self, now: float, seconds: float) -> None:
        """Record a first attempt that succeeded: ``admit`` and ``succeeded`` in one.

        Only for an attempt that began while ``is_closed()``.

        Args:
            now: Seconds, on the clock that it was made with.
            seconds: How long the attempt took.
        """
        bucket, circuit = self._bucket, self._circuit
        with self._lock:
            if bucket and bucket.tokens < bucket.full:
                bucket.earn()
            if circuit:
                circuit.succeeded(now, seconds)
            woken = self._line.succeeded(now, seconds)
        if woken:
            _wake(woken)

    def failed(
        self,
        failure: Failure,
        now: float,
        random: float,
        seconds: float = 0.0,
        *,
        first: bool = True,
        tried: bool = False,
    ) -> Change | None:
        """Record an attempt that failed; return what this changed of the circuit.

        A response is a sign of life, whatever its status; a failure of our own says nothing of the
        origin.

        Args:
            failure: What went wrong.
            now: Seconds, on the clock that it was made with.
            random: A random number, at least 0 and below 1.
            seconds: How long the attempt took.
            first: Was it the first attempt of its call?
            tried: Was it the head of the line, which tries for all?
        """
        if failure.layer in OWN_LAYERS:
            self.abandoned()
            return None
        with self._lock:
            if failure.layer == "status":
                woken = self._line.succeeded(now, seconds)
                change = self._answered(failure, now, random, seconds, retry=not first)
            else:
                woken = self._line.failed(failure, now, random, first=first, tried=tried)
                circuit = self._circuit
                opened = circuit is not None and circuit.failed(failure, now, random)
                change = "circuit_opened" if opened else None
        _wake(woken)
        return change

    def _answered(
        self, failure: Failure, now: float, random: float, seconds: float, *, retry: bool
    ) -> Change | None:
        told = failure.code or ""
        code = int(told) if told.isascii() and told.isdigit() else 0  # other protocols' are names
        if self._bucket and code < _SERVER_ERRORS and failure.kind != "http.error.rate_limited":
            self._bucket.earn(retry=retry)
        circuit = self._circuit
        if circuit is None:
            return None
        if code in circuit.statuses:
            opened = circuit.failed(failure, now, random, answered=True)
            return "circuit_opened" if opened else None
        return "circuit_closed" if circuit.succeeded(now, seconds) else None

    def abandoned(self) -> None:
        """Take back an attempt that was cancelled: it says nothing of the endpoint."""
        if self._circuit:
            with self._lock:
                self._circuit.release()

    def pay(self, now: float) -> bool:
        """Pay for a retry; return whether the budget allowed it.

        Args:
            now: Seconds, on the clock that it was made with.
        """
        if self._bucket is None:
            return True
        with self._lock:
            return self._bucket.spend(now)

    def may_wait(self, now: float, patience: float | None, waiting: int) -> bool:
        """Return whether a call that is given up or refused now would wait instead.

        Args:
            now: Seconds, on the clock that it was made with.
            patience: How long after the beginning of an outage, in seconds; ``None``: the default.
            waiting: How many calls may wait.
        """
        if patience == 0 or not self._line.failures:
            return False
        with self._lock:
            return self._line.takes(now, self.patience(patience), waiting)

    def patience(self, wanted: float | None) -> float:
        """Return for how many seconds after the beginning of an outage a call waits."""
        if wanted is not None:
            return wanted
        return default_patience(known=self._line.successes > 0)

    def join(self, ticket: Ticket, now: float, random: float, *, untried: bool) -> None:
        """Let a call stand in the line; it asks ``turn`` from now on, until that says ``go``.

        Args:
            ticket: Its place.
            now: Seconds, on the clock that it was made with.
            random: A random number, at least 0 and below 1.
            untried: Was it refused, so that it made no attempt?
        """
        with self._lock:
            self._line.join(ticket, now, random, untried=untried)

    def turn(self, ticket: Ticket, now: float) -> Turn | float:
        """Return what a call that waits does now, or for how many seconds it waits.

        Args:
            ticket: Its place.
            now: Seconds, on the clock that it was made with.
        """
        with self._lock:
            turn, woken = self._line.turn(ticket, now)
        _wake(woken)
        return turn

    def again(self, ticket: Ticket, now: float) -> bool:
        """Return whether the head waits again after its try failed, or its patience is over.

        Args:
            ticket: Its place.
            now: Seconds, on the clock that it was made with.
        """
        with self._lock:
            return self._line.again(ticket, now)

    def leave(self, ticket: Ticket, now: float) -> None:
        """Give up the place of a call that no longer waits; the next one has it.

        Args:
            ticket: Its place.
            now: Seconds, on the clock that it was made with.
        """
        with self._lock:
            woken = self._line.leave(ticket, now)
        _wake(woken)

    def last_failure(self) -> Failure | None:
        """Return why calls wait, without the exception."""
        with self._lock:
            return self._line.last or (self._circuit.opened_by if self._circuit else None)

    def news(self) -> list[News]:
        """Return what happened to the line since this was asked, once."""
        if not self._line.news:
            return []
        with self._lock:
            news, self._line.news = self._line.news, []
        return news

    def state(self) -> OriginSnapshot:
        """Return what can be seen of it."""
        with self._lock:
            tokens = self._bucket.tokens if self._bucket else float("inf")
            circuit, line = self._circuit, self._line
            since = line.since if line.failures else None
            if circuit is None:
                return OriginSnapshot(
                    "closed", line.failures, None, 0.0, tokens, line.waiting, since
                )
            return OriginSnapshot(
                circuit.state,
                circuit.failures,
                circuit.opened_by,
                circuit.until,
                tokens,
                line.waiting,
                since,
            )


def _wake(tickets: Iterable[Ticket]) -> None:
    for ticket in tickets:
        ticket.wake()
