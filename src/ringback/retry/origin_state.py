"""What stands between the calls of a process and one origin: its circuit and its retry budget.

Theory of operation
-------------------

The budget is a bucket of tokens, and a token is one retry. A request that is no retry earns
``ratio`` of one, a second without any earns ``floor``, a retry costs one, and a retry that gets
through is refunded a part of its price; ``burst`` is as much as there can be. So over a long time

    retries ≤ burst + ratio · requests + floor · seconds + refund · retries that got through

and the last term is there only while retries do some good. While everything fails it is nil: an
outage grows the load by ``ratio``, however many calls fail and however many attempts their policy
allows. That is the one promise of the budget, and the reason why it belongs to the process and its
origin and not to the call: ten calls that may each be tried three times would triple the load
otherwise.

Time is counted lazily, in ``spend``: nothing has to run for tokens to grow. ``spend`` compares with
a little less than one, because ten tenths of a token add up to a little less than one.

One attempt goes through here twice::

    admit ─→ the attempt ─→ succeeded | failed | abandoned
      │ refused                │ failed, and may be repeated
      ▼                        ▼
    CircuitOpen              pay ─→ a retry, which is admitted again | give up ("budget")

``pay`` comes last of all obstacles to a retry (see ``Run``), so that no token is spent on a retry
that the deadline, the method or the circuit forbids anyway.

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

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Literal

from ringback.retry.circuit import Breaker, Circuit, CircuitState

if TYPE_CHECKING:
    from ringback.failure import Failure
    from ringback.failure.names import KindName


@dataclass(frozen=True, slots=True)
class Budget:
    """How many retries an origin may cost, however many calls fail.

    Each request earns a part of a retry, each retry spends one, so that an outage grows the load by
    no more than that part ("Handling Overload", Site Reliability Engineering, O'Reilly 2016). A
    retry that gets through was worth it and gives a part of its price back, so that failures that
    come one by one are all retried.

    Attributes:
        ratio: Retries earned per request.
        floor: Retries earned per second without any request, so that a program which seldom calls
            may retry too.
        burst: How many can be saved up; as many are there in the beginning.
        refund: The part of its price that a retry gives back by getting through.
    """

    ratio: float = 0.1
    floor: float = 0.05
    burst: float = 10.0
    refund: float = 0.5

    def __post_init__(self) -> None:
        if min(self.ratio, self.floor, self.refund) < 0 or self.refund >= 1 or self.burst < 1:
            raise ValueError(
                "a budget needs ratio, floor and refund of at least 0, refund below 1 and burst of"
                f" at least 1, got {self}"
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

    def earn(self) -> None:
        """Count a request that is no retry."""
        self.tokens = min(self.full, self.tokens + self._budget.ratio)

    def refund(self) -> None:
        """Give back a part of what a retry cost that got through."""
        self.tokens = min(self.full, self.tokens + self._budget.refund)

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


_OWN_LAYERS = frozenset({"config", "client", "none"})
_ANSWERED_KINDS: frozenset[KindName] = frozenset({"http.error.auth", "http.error.rate_limited"})


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
    """

    circuit: CircuitState
    failures: int
    opened_by: Failure | None
    until: float
    tokens: float


class OriginState:
    """The shared state of one origin. Thread-safe: nothing waits while its lock is held.

    Args:
        breaker: When the circuit opens; ``None``: never.
        budget: How many retries there may be; ``None``: any number.
        now: Seconds, on any clock that never goes back; the same one later on.
    """

    __slots__ = ("_bucket", "_circuit", "_lock")

    def __init__(self, breaker: Breaker | None, budget: Budget | None, now: float) -> None:
        self._circuit = Circuit(breaker, now) if breaker else None
        self._bucket = Bucket(budget, now) if budget else None
        self._lock = Lock()

    def admit(self, now: float, *, retry: bool) -> bool:
        """Return whether an attempt may be made; each that may ends in one of the three below.

        Args:
            now: Seconds, on the clock that it was made with.
            retry: Is it a retry? One that is not earns a part of a retry.
        """
        with self._lock:
            if self._circuit and not self._circuit.admit(now):
                return False
            if self._bucket and not retry:
                self._bucket.earn()
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
            retry: Was it a retry? One that was gives a part of its price back.
        """
        with self._lock:
            if retry and self._bucket:
                self._bucket.refund()
            closed = self._circuit is not None and self._circuit.succeeded(now, seconds)
        return "circuit_closed" if closed else None

    def is_closed(self) -> bool:
        """Return whether every attempt would be admitted, without asking for one."""
        circuit = self._circuit
        return circuit is None or circuit.state == "closed"

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

    def failed(
        self, failure: Failure, now: float, random: float, seconds: float = 0.0
    ) -> Change | None:
        """Record an attempt that failed; return what this changed of the circuit.

        A response that reports a mistake of the caller (4xx) is a success of the endpoint, and a
        failure of our own says nothing of it.

        Args:
            failure: What went wrong.
            now: Seconds, on the clock that it was made with.
            random: A random number, at least 0 and below 1.
            seconds: How long the attempt took.
        """
        if not self._circuit:
            return None
        with self._lock:
            if failure.layer in _OWN_LAYERS:
                self._circuit.release()
            elif _is_answer(failure):
                return "circuit_closed" if self._circuit.succeeded(now, seconds) else None
            elif self._circuit.failed(failure, now, random):
                return "circuit_opened"
        return None

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

    def state(self) -> OriginSnapshot:
        """Return what can be seen of it."""
        with self._lock:
            tokens = self._bucket.tokens if self._bucket else float("inf")
            circuit = self._circuit
            if circuit is None:
                return OriginSnapshot("closed", 0, None, 0.0, tokens)
            return OriginSnapshot(
                circuit.state, circuit.failures, circuit.opened_by, circuit.until, tokens
            )


def _is_answer(failure: Failure) -> bool:
    if failure.kind in _ANSWERED_KINDS:
        return True
    return failure.kind == "http.error" and (failure.code or "").startswith("4")
