"""One call as the drivers see it: how an attempt ended, what is reported of it, how it ends."""

import random as _random
import sys
import time as _time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from types import FrameType
from typing import Any, Generic, Literal, Protocol, TypeVar

from ringback.client.deadline import clock_offset, current_deadline
from ringback.event import Event, Listeners, What
from ringback.failure import Failure, Target
from ringback.failure.names import KindName
from ringback.retry import (
    Decision,
    GiveUp,
    OriginState,
    Policy,
    Repeatable,
    Run,
    Timeout,
)
from ringback.values import dataclass, replace


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance; a test hands in its own."""

    monotonic: Callable[[], float] = _time.monotonic  # Seconds on a clock that never goes back
    time: Callable[[], float] = _time.time  # Seconds since 1970 UTC
    sleep: Callable[[float], None] = _time.sleep  # Waits so many seconds
    random: Callable[[], float] = _random.random  # A number, at least 0 and below 1


@dataclass(frozen=True, slots=True)
class AsyncClock:
    """Time and chance for tasks."""

    # Waits so many seconds; `asyncio.sleep`, `trio.sleep` or the like.
    sleep: Callable[[float], Awaitable[None]]
    monotonic: Callable[[], float] = _time.monotonic  # Seconds on a clock that never goes back
    time: Callable[[], float] = _time.time  # Seconds since 1970 UTC
    random: Callable[[], float] = _random.random  # A number, at least 0 and below 1


T = TypeVar("T")

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""RFC 9110, section 9.2.2."""


class Call(Protocol):
    """What events say of a call; asked for only where there is an event."""

    @property
    def target(self) -> Target:
        """Whom it is for."""

    @property
    def method(self) -> str:
        """HTTP method, or the like."""


@dataclass(slots=True)
class KnownCall:
    """A call of which all is known beforehand."""

    target: Target  # Whom it is for
    method: str  # HTTP method, or the like


@dataclass(slots=True)
class Failed(Generic[T]):
    """An attempt that failed: with an exception, or with a result that means a failure."""

    failure: Failure  # What went wrong
    repeatable: Repeatable  # May the request be sent again?
    error: BaseException | None = None  # What the library raised, if it did
    result: T | None = None  # What it returned, if it did: a 503 is a result and a failure
    retry_after: float | None = None  # The wait that the peer asked for, in seconds
    # Called before another attempt (and awaited, by tasks): frees what this one holds
    release: Callable[[], Any] | None = None


AttemptMaker = Callable[[Timeout], T | Failed[T]]
"""Makes one attempt within the timeouts that it is given; it does not raise for a failure that may
be tried again."""

AsyncAttemptMaker = Callable[[Timeout], Awaitable[T | Failed[T]]]
"""The same for tasks."""


Hedging = Callable[[AttemptMaker[T], Run, Timeout], T | Failed[T]]
"""Makes one attempt, and another beside it if that takes long."""

AsyncHedging = Callable[[AsyncAttemptMaker[T], Run, Timeout], Awaitable[T | Failed[T]]]
"""The same for tasks."""


@dataclass(slots=True)
class Ended(Generic[T]):
    """A call that was given up."""

    # The attempt that the caller learns of: it says most, and is not always the last. `None` where
    # the circuit breaker refused the first.
    decisive: Failed[T] | None
    decision: GiveUp  # Why there was no other attempt
    failures: tuple[Failure, ...]  # What went wrong with each attempt, in order
    # When the peer wants to be called again, in seconds since 1970 UTC, if it said so
    retry_at: float | None = None
    waited: str = ""  # How long for the end of an outage, in words
    diagnosis: Any = None  # What is wrong with the target, where the policy had it diagnosed


def refusal(target: Target, opened_by: Failure | None, left: float) -> Failure:
    """Return what went wrong: nothing was sent, and why.

    Calls that are refused come in great numbers: those to one target share the record for a
    tenth of a second, the precision of its message.
    """
    tenths = max(1, round(left * 10)) if left > 0 else 0
    if opened_by is None:
        return _refusal(target, None, "", tenths)
    return _refusal(target, opened_by.kind, opened_by.message, tenths)


@lru_cache(maxsize=256)
def _refusal(target: Target, kind: KindName | None, message: str, tenths: int) -> Failure:
    why = "its calls were too slow" if kind is None else f"the last failed with {kind}"
    when = f"for another {tenths / 10:.1f} s" if tenths else "but for a probe under way"
    return Failure(
        "client.circuit_open",
        "config",
        "no",
        f"circuit open {when}: {why}",
        target,
        via=kind,
        evidence=(message,) if message else (),
    )


def started(
    policy: Policy, guard: OriginState | None, clock: Clock | AsyncClock, began: float | None = None
) -> tuple[Run, float, float]:
    """Return the run of a call, when it began, and when it must end on ``time.monotonic()``.

    The deadline of a call around it is its own as well.
    """
    began = clock.monotonic() if began is None else began
    offset, outer = clock_offset(clock.monotonic, began), current_deadline()
    run = policy.start(began, guard, None if outer is None else outer + offset)
    return run, began, run.deadline - offset


RETRYING_PACKAGES = frozenset(
    {
        "aiohttp_retry",
        "backoff",
        "httpx_retries",
        "interlock",
        "opnieuw",
        "pyresilience",
        "retry",
        "retrying",
        "stamina",
        "tenacity",
    }
)
"""Packages that call a function again when it fails."""

SDKS = frozenset({"aiobotocore", "elastic_transport", "opensearchpy"})
"""Packages whose requests are tried again by themselves, which know what may be sent again."""

_MAX_FRAMES = 200
_REPORTED: set[str] = set()


def _packages_around() -> Iterator[str]:
    """The packages of the functions that surround the running call, from the inside out."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the way to read the stack
    for _ in range(_MAX_FRAMES):
        if frame is None:
            return
        yield str(frame.f_globals.get("__name__", "")).partition(".")[0]
        frame = frame.f_back


def is_retried_by_sdk() -> bool:
    """Return whether what makes the running call tries it again by itself."""
    # The modules are many, and each call that fails asks.
    imported = not sys.modules.keys().isdisjoint(SDKS)
    return imported and not SDKS.isdisjoint(_packages_around())


def new_retry_layer() -> str | None:
    """Return the library whose retries surround the running call, once per process and library."""
    if sys.modules.keys().isdisjoint(RETRYING_PACKAGES):
        return None
    sought = (RETRYING_PACKAGES & sys.modules.keys()) - _REPORTED
    for name in _packages_around() if sought else ():
        if name in sought:
            _REPORTED.add(name)
            return name
    return None


def forget_retry_layers() -> None:
    """Report every library anew."""
    _REPORTED.clear()


_DELIVERED_ORDER = ("no", "maybe", "yes")


class CallReporter(Generic[T]):
    """Publishes an event after each attempt, and keeps what the end of the call is made of."""

    __slots__ = ("_call", "_clock", "_decisive", "_failures", "_joined", "_listeners", "_run")

    def __init__(
        self, call: Call, run: Run, listeners: Listeners, clock: Clock | AsyncClock
    ) -> None:
        self._call = call
        self._run = run
        self._listeners = listeners
        self._clock = clock
        self._failures: tuple[Failure, ...] = ()
        self._decisive: Failed[T] | None = None
        self._joined: float | None = None

    def succeeded(self, decision: Decision, seconds: float) -> None:
        """Report an attempt that succeeded."""
        if decision.attempt > 1 or self._listeners.wants_success:
            self._publish(decision, None, seconds)
        if self._run.change:
            self._publish_change(self._run.change, "a probe got through")
        self.publish_news()

    def failed(self, outcome: Failed[T], now: float, seconds: float) -> Decision:
        """Return what to do after an attempt that failed."""
        repeatable = outcome.repeatable
        if is_retried_by_sdk():
            repeatable = replace(repeatable, already_retried=True)
        decision = self._run.after(
            outcome.failure,
            now,
            repeatable,
            random=self._clock.random(),
            retry_after=outcome.retry_after,
        )
        layer = None if self._failures else new_retry_layer()
        self._failures += (outcome.failure,)
        self._decisive = _more_decisive(self._decisive, outcome)
        self._publish(decision, outcome.failure, seconds)
        if self._run.change:
            self._publish_change(self._run.change, outcome.failure.kind)
        if layer:
            self._publish_change(
                "stacked_retries", f"{layer} retries the same call: attempts multiply"
            )
        self.publish_news()
        return decision

    def refused(self) -> Decision:
        """Return what to do about a call that the circuit breaker refuses."""
        state = self._run.guard_state()
        opened_by, until = (state.opened_by, state.until) if state else (None, 0.0)
        now = self._clock.monotonic()
        failure = refusal(self._call.target, opened_by, until - now)
        decision = self._run.refused(failure, now)
        if isinstance(decision, GiveUp):
            if self._listeners.wants_refusals:
                self._publish(decision, failure, 0.0)
            self._failures += (failure,)
        return decision

    def ended(self, decision: Decision) -> Ended[T]:
        """Return the end of a call that is given up."""
        assert isinstance(decision, GiveUp)
        hint = decision.retry_after
        retry_at = None if hint is None else self._clock.time() + hint
        return Ended(self._decisive, decision, self._failures, retry_at, self._waited())

    def join(self, wake: Callable[[], object]) -> None:
        """Stand in the line of the origin."""
        now = self._clock.monotonic()
        self._joined = now if self._joined is None else self._joined
        self._run.join(wake, now, self._clock.random())
        self.publish_news()

    def turn(self) -> float | Ended[T] | None:
        """Return for how long to wait in the line, the end of the call, or that it goes on."""
        turn = self._run.turn(self._clock.monotonic())
        if isinstance(turn, float):
            return turn
        if turn == "try":
            return None
        self.publish_news()
        return None if turn == "go" else self._waited_in_vain(turn)

    def publish_news(self) -> None:
        """Publish what happened to the line of the origin, once."""
        for what, detail in self._run.news():
            self._publish_change(what, detail)

    def _waited_in_vain(self, turn: Literal["patience", "deadline"]) -> Ended[T]:
        if not self._failures:
            failure = self._run.last_failure() or refusal(self._call.target, None, 0.0)
            self._failures = (replace(failure, delivered="no", target=self._call.target),)
        decision = self._run.given_up(turn, self._failures[-1])
        if self._listeners.wants_refusals:
            self._publish(decision, decision.failure, None)
        return self.ended(decision)

    def _waited(self) -> str:
        """Return how long the call has waited in the line, in words; ``""``: it has not."""
        if self._joined is None:
            return ""
        now, state = self._clock.monotonic(), self._run.guard_state()
        text = f"waited {now - self._joined:.1f} s for it to come back"
        if state and state.since is not None:
            since = datetime.fromtimestamp(self._clock.time() - (now - state.since), UTC)
            text += (
                f"; down since {since:%H:%M:%S} UTC, {state.failures} attempts of this and other"
            )
            text += " calls failed"
        sent = any(failure.delivered != "no" for failure in self._failures)
        return f"{text}; this call {'may have been processed' if sent else 'was not delivered'}"

    def _publish_change(self, what: What, detail: str) -> None:
        self._listeners(change_event(self._call, self._clock.time(), what, detail))

    def _publish(self, decision: Decision, failure: Failure | None, seconds: float | None) -> None:
        if not self._listeners.wants_any:
            return
        policy, at = self._run.policy, self._clock.time()
        self._listeners(attempt_event(self._call, policy, decision, at, seconds, failure))


def attempt_event(
    call: Call,
    policy: Policy,
    decision: Decision,
    at: float,
    seconds: float | None,
    failure: Failure | None = None,
) -> Event:
    """Return the event of an attempt; one that was not made, after a wait in vain, has no time."""
    return Event(
        at=at,
        target=call.target,
        timings={} if seconds is None else {"total": seconds},
        method=call.method,
        attempt=decision.attempt,
        attempts=policy.attempts,
        failure=failure,
        decision=decision,
        status=_status(failure),
    )


def change_event(
    call: Call, at: float, what: What, detail: str, failure: Failure | None = None
) -> Event:
    """Return the event of what is no attempt: a change of the circuit, a fallback."""
    return Event(
        at=at, target=call.target, method=call.method, what=what, detail=detail, failure=failure
    )


def report_success(  # noqa: PLR0913, PLR0917 - the parts of a call, as the drivers have them
    reporter: CallReporter[T] | None,
    call: Call,
    run: Run,
    listeners: Listeners,
    clock: Clock | AsyncClock,
    began: float,
    now: float,
) -> None:
    """Note that an attempt succeeded; most publish no event, and have no reporter."""
    decision = run.after(None, now)
    silent = decision.attempt == 1 and not run.change and not listeners.wants_success
    if reporter is None and silent:
        return
    (reporter or CallReporter(call, run, listeners, clock)).succeeded(decision, now - began)


def _more_decisive(earlier: Failed[T] | None, later: Failed[T]) -> Failed[T]:
    """Return the attempt that says more of what is wrong; of equals the later one.

    What may have been processed must not be taken for unsent, and what no attempt can mend (a
    certificate) is not masked by what may pass. A response is the caller's only if it came last:
    an earlier one has been closed.
    """
    if earlier is None or earlier.error is None or later.error is None:
        return later
    return earlier if _decisiveness(earlier.failure) > _decisiveness(later.failure) else later


def both_failed(outcomes: Iterable[object]) -> Failed[Any]:
    """Return what attempts that failed side by side mean together: the one that says most.

    If one of them may have been processed, the request may have been.
    """
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    decisive = max(failed, key=lambda end: _decisiveness(end.failure))
    delivered = max((end.failure.delivered for end in failed), key=_DELIVERED_ORDER.index)
    if delivered != decisive.failure.delivered:
        decisive.failure = replace(decisive.failure, delivered=delivered)
    return decisive


def _decisiveness(failure: Failure) -> tuple[bool, int, bool]:
    return (
        failure.layer != "client",
        _DELIVERED_ORDER.index(failure.delivered),
        failure.retry == "no",
    )


def _status(failure: Failure | None) -> int | None:
    code = failure.code if failure and failure.layer == "status" else None
    return int(code) if code and code.isdigit() else None
