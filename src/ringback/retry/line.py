"""The line of waiters of one origin: calls that wait for an outage to end instead of failing in it.

Theory of operation
-------------------

A restart takes seconds, three attempts with backoff take 0.3. A call that would be given up, and of
which nothing was delivered, stands in the line of its origin. There is one line for each origin
and process, so that a thousand calls that wait cost the origin as much as one::

    failures in a row: an outage          a success
    ┌────────────────────────────┐   ┌──────────────────────────────┐
    │ down: the head of the line │──→│ releasing: the others leave  │──→ up
    │ tries for all, the others  │   │ one by one, at a pace        │
    │ wait until patience ends   │←──│ that answers allow           │
    └────────────────────────────┘   └──────────────────────────────┘
                               an outage again

An outage is every attempt failing since the last that succeeded, with so many in a row that mere
chance would not make them: an origin that refuses half of the calls has no outage, and would draw
more load from each call that waited. If a part ``q`` of the successes was followed by a failure,
``q ** failures`` is the chance of so many in a row, and it must be below ``_MAX_CHANCE``. ``q`` is
counted over the last ``_MEMORY`` successes and not over attempts, so that a long outage is one
interruption, however many calls failed in it. An outage is forgotten after ``FORGOTTEN_AFTER``
seconds without a failure.

Down. Patience is counted from the beginning of the outage, not of the call: who comes late to an
outage that is old does not wait at all, and the threads that wait are those of one patience. The
head tries after 0.2, 0.4, 0.8 … 3 s, half to all of it at random, and once more as patience ends;
the circuit breaker lets it pass, and keeps others from probing meanwhile. Its tries spend no
budget: they are one call's in an outage, and become rarer. A head that is cancelled, interrupted,
past its deadline or cannot be repeated hands its place on.

Releasing. A backlog that leaves at once takes a service down again that has just come up. So it
leaves at a fifth of the pace at which calls came in the outage; the pace doubles every ``_TICK``
seconds while every answer is as quick as it was before the outage, and halves otherwise, never
below the fifth. With a patience of 10 s at most ten seconds of calls wait, and the last leaves
after some 3 s. Patience no longer counts then: the service is there.

Nothing moves by itself: each waiter asks ``turn`` what to do, waits so long and asks again. What
another attempt changes for it comes by ``Ticket.wake``. Only the first in the line has a time to
act on; the others wait to be woken, or for their own end. It has no lock: that of ``OriginState``
makes each step whole.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Literal

from ringback.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringback.failure import Failure

DEFAULT_WAIT = 10.0
"""Seconds of patience with an origin that has answered this process before."""
UNKNOWN_ORIGIN_WAIT = 0.0
"""Seconds of patience with one that never has: more often than not its name or port is wrong."""
FORGOTTEN_AFTER = 60.0
"""Seconds without a failure after which an outage is forgotten."""

_default: list[float] = [DEFAULT_WAIT, UNKNOWN_ORIGIN_WAIT]


def default_patience(*, known: bool) -> float:
    """Return the patience of a policy that names none.

    Args:
        known: Has the origin answered this process before?
    """
    return _default[not known]


def set_default_patience(seconds: float | None) -> None:
    """Set the patience of every policy of this process that names none.

    Args:
        seconds: 0: nobody waits, as tests want it; ``None``: as it was.
    """
    _default[:] = (DEFAULT_WAIT, UNKNOWN_ORIGIN_WAIT) if seconds is None else (seconds, seconds)


_FIRST_PAUSE, _MAX_PAUSE = 0.2, 3.0
_MIN_PACE = 1e-3  # Calls a second; it doubles soon
_MAX_SLEEP = 60.0  # Seconds until a waiter asks again, whoever forgets to wake it
_GRACE = 1.0  # Seconds that the others give the last try of the head
_MAX_CHANCE = 1e-3
_MEMORY = 512
_PRESUMED = 2  # Successes of an origin of which little is known
_FIRST_SHARE = 0.2  # Of the pace at which calls came
_TICK = 0.5
_RELAPSE = 3  # Failures in a row that end a release
_SLACK = 0.05  # Seconds that an answer may always take longer than before
_WEIGHT = 0.1  # Of the last answer in what is usual

Turn = Literal["try", "go", "patience", "deadline"]
"""What a waiter does now: ``try`` for all, ``go`` on as usual, or give up."""

News = tuple[Literal["calls_waiting", "calls_released", "calls_given_up"], str]
"""What happened to a line, and the same in words."""


@dataclass(slots=True, eq=False)
class Ticket:
    """A place in the line."""

    patience: float  # Seconds after the beginning of an outage
    joined: float  # When the call stood in a line for the first time
    deadline: float  # Of the call
    wake: Callable[[], object]  # Tells the waiter to ask again; from any thread


class Line:
    """What a process knows of the outages of one origin, and who waits for the end of one.

    Attributes:
        successes: Attempts that succeeded, as far as remembered.
        succeeded_at: When the last one did.
        failures: How many have failed since.
        since: When the first of them did.
        last: How the head last failed, without the exception.
        releasing: Whether those who waited are leaving.
        news: What happened and was not published yet.
    """

    __slots__ = (
        "_announced",
        "_answers",
        "_calls",
        "_calm",
        "_failed_at",
        "_gave_up",
        "_head",
        "_interruptions",
        "_last_try",
        "_least_pace",
        "_left",
        "_left_at",
        "_left_this_tick",
        "_next_try",
        "_outage",
        "_pace",
        "_pause",
        "_queue",
        "_releasing_since",
        "_tick_ends",
        "_usual",
        "failures",
        "last",
        "news",
        "releasing",
        "since",
        "succeeded_at",
        "successes",
    )

    def __init__(self) -> None:
        self.successes = self.failures = self._interruptions = 0
        self.succeeded_at = self._failed_at = -inf
        self.since = 0.0
        self.last: Failure | None
        self.releasing = False
        self.news: list[News] = []
        self._queue: OrderedDict[Ticket, None] = OrderedDict()
        self._head: Ticket | None = None  # While it tries; it is not in the queue then
        self._usual = 0.0  # Seconds of an attempt that succeeds, while nothing fails
        self._outage = 0.0  # How long the last one was
        self._pace = self._left_at = self._releasing_since = self._tick_ends = 0.0
        self._calm, self._answers, self._left, self._left_this_tick = True, 0, 0, 0
        self._renew()

    def _renew(self) -> None:
        """Forget the last outage."""
        self._announced = self._gave_up = False
        self._calls = 0  # That began in it
        self._pause, self._next_try, self._last_try = _FIRST_PAUSE, inf, -inf
        self._least_pace = 0.0
        self.last = None

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return len(self._queue) + (self._head is not None)

    def succeeded(self, now: float, seconds: float) -> Sequence[Ticket]:
        """Note that an attempt succeeded; return who is to be woken."""
        self.successes += 1
        self.succeeded_at = now
        if self.failures or self.releasing:
            return self._succeeded(now, seconds)
        self._usual += _WEIGHT * (seconds - self._usual)
        return ()

    def failed(
        self, failure: Failure, now: float, random: float, *, first: bool, tried: bool
    ) -> Sequence[Ticket]:
        """Note that an attempt failed; return who is to be woken.

        Args:
            failure: What went wrong.
            now: Seconds, on the clock of all that is noted here.
            random: A random number, at least 0 and below 1.
            first: Was it the first attempt of its call?
            tried: Was it the head that tried for all?
        """
        if now - self._failed_at > FORGOTTEN_AFTER and not self.waiting:
            self.failures = 0
        if not self.failures:
            self._begin(now)
        self.failures += 1
        self._calls += first
        self._failed_at = now
        if not self.releasing:
            if tried:
                # Without the exception, whose frames would be kept alive.
                self.last = replace(failure, cause=None)
                self._last_try = now
                self._schedule(now, random)
            return ()
        self._calm = False
        if self.failures < _RELAPSE or not self._is_outage():
            return ()
        self.releasing = False
        self._pause = _FIRST_PAUSE
        self._schedule(now, random)
        return tuple(self._queue)

    def takes(self, now: float, patience: float, waiting: int) -> bool:
        """Whether a call that would be given up now waits instead.

        Args:
            now: Seconds.
            patience: Seconds after the beginning of the outage.
            waiting: How many calls may wait.
        """
        return (
            self.failures > 0
            and now < self.since + patience
            and self.waiting < waiting
            and self._is_outage()
        )

    def join(self, ticket: Ticket, now: float, random: float, *, untried: bool) -> None:
        """Stand in the line.

        Args:
            ticket: The place.
            now: Seconds.
            random: A random number, at least 0 and below 1.
            untried: Was the call refused, so that it has not been counted?
        """
        self._calls += untried
        if self._next_try == inf:
            self._schedule(now, random)
        self._queue[ticket] = None
        if not self._announced:
            self._announced = True
            left = max(0.0, self._end(ticket) - now)
            self.news.append(("calls_waiting", f"for up to {left:.1f} s"))

    def again(self, ticket: Ticket, now: float) -> bool:
        """Put the head, whose try failed, back into its place; ``False``: its patience is over."""
        if not self.releasing and now >= self._end(ticket):
            self._give_up(now)
            return False
        self._head = None
        self._queue[ticket] = None
        self._queue.move_to_end(ticket, last=False)
        return True

    def leave(self, ticket: Ticket, now: float) -> Sequence[Ticket]:
        """Give up a place, whatever the reason; return who is to be woken."""
        first = ticket is self._head or self._is_first(ticket)
        if ticket is self._head:
            self._head = None
        self._queue.pop(ticket, None)
        self._end_release(now)
        return self._first() if first else ()

    def turn(self, ticket: Ticket, now: float) -> tuple[Turn | float, Sequence[Ticket]]:
        """Return what a waiter does now, or for how many seconds it waits; and who is to be woken.

        Args:
            ticket: Its place.
            now: Seconds.
        """
        if now >= ticket.deadline:
            return "deadline", self.leave(ticket, now)
        if self.releasing:
            at = self._time_to_leave(now) if self._is_first(ticket) else inf
        elif not self.failures:
            at = now
        else:
            return self._turn_in_outage(ticket, now)
        if now < at:
            return min(at, ticket.deadline, now + _MAX_SLEEP) - now, ()
        self._left += 1
        self._left_this_tick += 1
        self._left_at = now
        return "go", self.leave(ticket, now)

    def _turn_in_outage(self, ticket: Ticket, now: float) -> tuple[Turn | float, Sequence[Ticket]]:
        end = self._end(ticket)
        if self._last_try < end and self._head is None and self._is_first(ticket):
            at = min(self._next_try, end)
            if now < at:
                return min(at, ticket.deadline) - now, ()
            del self._queue[ticket]
            self._head = ticket
            return "try", ()
        if self._last_try >= end or now >= end + _GRACE:
            self._give_up(now)
            return "patience", self.leave(ticket, now)
        return min(end + _GRACE, ticket.deadline) - now, ()

    def _begin(self, now: float) -> None:
        self.since = now
        self._interruptions += self.succeeded_at >= self._failed_at
        if self.successes > _MEMORY:
            self._interruptions = max(1, round(self._interruptions * _MEMORY / self.successes))
            self.successes = _MEMORY
        if not self.releasing:
            self._renew()

    def _is_outage(self) -> bool:
        # The interruption that is under way is the one in question: it does not count.
        share = min(1.0, (self._interruptions - 1) / (self.successes + _PRESUMED))
        return share**self.failures < _MAX_CHANCE

    def _end(self, ticket: Ticket) -> float:
        return min(self.since, ticket.joined) + ticket.patience

    def _schedule(self, now: float, random: float) -> None:
        self._next_try = now + self._pause * (1 + random) / 2
        self._pause = min(_MAX_PAUSE, 2 * self._pause)

    def _succeeded(self, now: float, seconds: float) -> Sequence[Ticket]:
        self.failures = 0
        if self.releasing:
            self._answers += 1
            self._calm = self._calm and seconds <= 2 * self._usual + _SLACK
            return ()
        if not self._announced:
            return ()
        self._usual = self._usual or seconds
        self._outage = now - self.since
        self._start_release(now)
        self._end_release(now)
        return self._first()

    def _start_release(self, now: float) -> None:
        self.releasing = True
        self._releasing_since, self._left_at, self._left = now, -inf, 0
        if not self._least_pace:
            seconds = max(now - self.since, _TICK)
            self._least_pace = max(_FIRST_SHARE * self._calls / seconds, _MIN_PACE)
        self._pace = self._least_pace
        self._start_tick(now)

    def _start_tick(self, now: float) -> None:
        self._tick_ends = now + _TICK
        self._calm, self._answers, self._left_this_tick = True, 0, 0

    def _time_to_leave(self, now: float) -> float:
        """Return when the first may leave; at the latest, when the pace is to be judged anew."""
        if now >= self._tick_ends:
            if not self._calm:
                self._pace = max(self._least_pace, self._pace / 2)
            elif self._answers or not self._left_this_tick:  # else: those who left wait for answers
                self._pace *= 2
            self._start_tick(now)
        at = self._left_at + 1 / self._pace
        return at if at <= now else min(at, self._tick_ends)

    def _end_release(self, now: float) -> None:
        if self.releasing and not self._queue:
            self.releasing = self._announced = False
            text = f"back after {self._outage:.1f} s"
            if self._left:
                text += f", {self._left} released in {now - self._releasing_since:.1f} s"
            self.news.append(("calls_released", text))

    def _give_up(self, now: float) -> None:
        if not self._gave_up:
            self._gave_up = True
            text = f"down for {now - self.since:.1f} s, {self.failures} attempts failed"
            self.news.append(("calls_given_up", f"{text}; {self.waiting} calls waited"))

    def _is_first(self, ticket: Ticket) -> bool:
        return next(iter(self._queue), None) is ticket

    def _first(self) -> Sequence[Ticket]:
        return tuple(islice(self._queue, 1))
