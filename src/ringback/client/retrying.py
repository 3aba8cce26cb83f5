"""``ringback.retry``: the same careful retries for any callable."""

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import partial, wraps
from inspect import (
    isasyncgenfunction,
    isawaitable,
    iscoroutine,
    iscoroutinefunction,
    isgeneratorfunction,
)
from time import monotonic, time
from types import TracebackType
from typing import Any, NoReturn, ParamSpec, TypeVar, cast, overload

from ringback.client import drive_async, drive_sync, tasks
from ringback.client.admission import Admission, admission, async_admission
from ringback.client.bulkhead import exhausted
from ringback.client.call import (
    AsyncClock,
    Call,
    CallReporter,
    Clock,
    Ended,
    Failed,
    KnownCall,
    started,
)
from ringback.client.deadline import current_deadline, within
from ringback.client.origins import origins_under
from ringback.client.raising import error_of, raise_prepared
from ringback.errors import RingbackError
from ringback.event import Listeners, Sink
from ringback.failure import Target, classify
from ringback.failure.target import target_of_url
from ringback.retry import Decision, OriginState, Policy, Repeatable, Run, Timeout
from ringback.sink.listening import listeners_for

_LATE = 1.0
"""Seconds after its deadline at which a function is late, and not only at its last instructions."""
_NOT_OURS = frozenset({"unknown", "not_a_connection_failure"})

P = ParamSpec("P")
R = TypeVar("R")


def failed_attempt(error: Exception, target: Target, *, idempotent: bool) -> Failed[Any] | None:
    """Return the failed attempt that an exception means; ``None`` where it means none."""
    failure = classify(error, target=target)
    inner = _of_call_inside(error)
    if inner is None:
        return None if failure.kind in _NOT_OURS else Failed(failure, Repeatable(idempotent), error)
    return Failed(
        failure,
        Repeatable(idempotent, already_retried=len(inner.attempts) > 1),
        error,
        retry_after=None if inner.retry_at is None else max(0.0, inner.retry_at - time()),
    )


def _of_call_inside(error: BaseException | None) -> RingbackError | None:
    """What a call of ringback's raised, also where libraries have wrapped it since."""
    for _ in range(_MAX_WRAPPERS):
        if error is None or isinstance(error, RingbackError):
            return error
        error = error.__cause__
    return None


_MAX_WRAPPERS = 5


def caught(error: Exception, target: Target, *, idempotent: bool) -> Failed[Any]:
    """Return the failed attempt that an exception means; raise it where it means none.

    Whoever caught it gives what this returns no name, see ``HttpExchange.caught``.
    """
    failed = failed_attempt(error, target, idempotent=idempotent)
    if failed is None:
        raise error
    return failed


def raise_ended(ended: Ended[Any]) -> NoReturn:
    """Raise how the call of a callable ended."""
    refused = partial(ConnectionError, ended.decision.failure.message)
    raise_prepared(error_of(ended, refused))


def result_or_raise(ended: R | Ended[R]) -> R:
    """Return the result of a callable, or raise how its call ended."""
    return raise_ended(ended) if isinstance(ended, Ended) else ended


class Attempt:
    """One attempt: run the call inside of it.

    A failure that may be tried again stays inside; anything else comes out.

    Attributes:
        number: Which attempt, from 1.
    """

    def __init__(self, run: Run, call: Call, deadline: float, *, idempotent: bool) -> None:
        self.number = run.attempt
        self.admission: Admission | None = None  # Its place and its turn
        self.failed: Failed[None] | None = None
        self.interrupted = True
        self._call = call
        self._idempotent = idempotent
        self._within = within(deadline)

    def __enter__(self) -> "Attempt":
        self._within.__enter__()
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> bool:
        self._within.__exit__()
        if isinstance(error, Exception):
            self.failed = failed_attempt(error, self._call.target, idempotent=self._idempotent)
        self.interrupted = error is not None and self.failed is None
        if self.admission and not self.interrupted:
            self.admission.noted(self.failed)
        return self.failed is not None

    def admitted(self, admission: Admission, why: str) -> None:
        """Note that it may begin; or why not, and then it has failed."""
        if why:
            self.failed, self.interrupted = exhausted(self._call, why, ConnectionError), False
        else:
            self.admission = admission


class AttemptSeries:
    """The attempts of one call."""

    def __init__(  # noqa: PLR0913 - the parts of a call
        self,
        call: Call,
        policy: Policy,
        guard: OriginState | None,
        listeners: Listeners,
        clock: Clock | AsyncClock,
        *,
        idempotent: bool,
        admission: Callable[[], Admission] | None = None,
    ) -> None:
        self._call = call
        self._clock: Any = clock
        self._idempotent = idempotent
        self._admission = admission
        self._run, self._began, self._deadline = started(policy, guard, clock)
        self._reporter: CallReporter[None] = CallReporter(call, self._run, listeners, clock)

    def attempts(self) -> Iterator[Attempt]:
        """Yield attempts until one succeeds; wait between them."""
        while True:
            attempt = self._begin()
            decision = None if attempt else self._reporter.refused()
            if attempt:
                try:
                    if self._admission:
                        entry = self._admission()
                        with within(self._deadline):
                            attempt.admitted(entry, entry.enter(self._pool_timeout()))
                    if not attempt.failed:
                        yield attempt
                finally:
                    decision = self._end(attempt)
            if decision is None:
                return
            end = drive_sync.before_next(decision, None, self._run, self._reporter, self._clock)
            if end is not None:
                raise_ended(end)

    async def async_attempts(self) -> AsyncIterator[Attempt]:
        """Yield attempts until one succeeds; wait between them."""
        while True:
            attempt = self._begin()
            decision = None if attempt else self._reporter.refused()
            if attempt:
                try:
                    if self._admission:
                        entry = self._admission()
                        with within(self._deadline):
                            why = await entry.async_enter(self._pool_timeout())
                        attempt.admitted(entry, why)
                    if not attempt.failed:
                        yield attempt
                finally:
                    decision = self._end(attempt)
            if decision is None:
                return
            end = await drive_async.async_before_next(
                decision, None, self._run, self._reporter, self._clock
            )
            if end is not None:
                raise_ended(end)

    def _begin(self) -> Attempt | None:
        self._began = self._clock.monotonic()
        if not self._run.begin(self._began):
            return None
        return Attempt(self._run, self._call, self._deadline, idempotent=self._idempotent)

    def _pool_timeout(self) -> float | None:
        return self._run.timeout(self._began).pool

    def _end(self, attempt: Attempt) -> Decision | None:
        now = self._clock.monotonic()
        if attempt.admission:
            attempt.admission.leave()
        if attempt.interrupted:
            self._run.abandon()
        elif attempt.failed is None:
            self._reporter.succeeded(self._run.after(None, now), now - self._began)
        else:
            return self._reporter.failed(attempt.failed, now, now - self._began)
        return None


class Retrying:
    """What ``retry(...)`` returns: a decorator, a caller and a series of attempts.

    It has a policy and no state of calls: each has its own attempts, in whichever thread or task.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        idempotent: bool = False,
        target: str | None = None,
        sinks: Iterable[Sink] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Set up retries, see ``retry``."""
        self.policy = policy or Policy()
        self.idempotent = idempotent
        self._target = target
        # Without credentials: ``states()`` and metrics show it.
        self._key = target_of_url(target or "").url or target
        self._told_late = False
        self._origins = origins_under(self.policy)
        self._listeners = listeners_for(sinks)
        self._clock = clock or Clock()
        real = self._clock.monotonic is monotonic
        self._async_clock = AsyncClock(
            tasks.sleep if real else self._sleep,
            self._clock.monotonic,
            self._clock.time,
            self._clock.random,
        )

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return the function, tried again as the policy says; a coroutine function stays one.

        Args:
            function: What to call, or a ``classmethod`` or ``staticmethod`` around it.

        Raises:
            TypeError: It is a generator function or a context manager: what runs after it has
                returned cannot be tried again.
        """
        if isinstance(function, (classmethod, staticmethod)):
            return cast("Callable[P, R]", type(function)(self(function.__func__)))
        _refuse_generators(function)
        if _is_async(function):
            return cast("Callable[P, R]", self._async(cast("Any", function)))

        call = self._call(_name(function))

        @wraps(function)
        def retried(*args: P.args, **kwargs: P.kwargs) -> R:
            return self._sync(call, partial(function, *args, **kwargs))

        return retried

    def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what the function returns, tried again as the policy says.

        Args:
            function: What to call; what a coroutine function returns is to be awaited.
            *args: Its arguments.
            **kwargs: Its arguments.

        Raises:
            ringback.errors.RingbackError: Also the exception of the decisive attempt.
            Exception: What is no failure of a connection, as it was raised.
        """
        return self(function)(*args, **kwargs)

    def __iter__(self) -> Iterator[Attempt]:
        """Yield attempts, each a context manager, until one gets through."""
        return self._series(self._clock, admission).attempts()

    def __aiter__(self) -> AsyncIterator[Attempt]:
        """Yield attempts, each a context manager, until one gets through."""
        return self._series(self._async_clock, async_admission).async_attempts()

    def _sync(self, call: KnownCall, function: Callable[[], R]) -> R:
        def attempt(_: Timeout) -> R | Failed[R]:
            try:
                return _finished(function())
            except Exception as error:  # noqa: BLE001 - raised again where it is none of the call
                return caught(error, call.target, idempotent=self.idempotent)
            finally:
                self._tell_if_late(call.method)

        name, guard = self._target or call.method, self._guard(call.method)
        made = drive_sync.bounded(attempt, call, name, self.policy, ConnectionError, self._clock)
        return result_or_raise(
            drive_sync.drive(made, call, self.policy, guard, self._listeners, self._clock)
        )

    async def _sleep(self, seconds: float) -> None:
        """Let time pass on a test's clock, and other tasks run."""
        self._clock.sleep(seconds)
        await tasks.sleep(0)

    def _tell_if_late(self, name: str) -> None:
        """Say once of a function that it did not end by the deadline, which nothing can enforce."""
        at = current_deadline()
        late = 0.0 if at is None else monotonic() - at
        if late > _LATE and not self._told_late:
            self._told_late = True
            logging.getLogger("ringback").warning(
                "%s ended %.1f s after the deadline of its call: something in it waits without a"
                " timeout that fits; give it timeout=ringback.within_deadline()",
                *(name, late),
            )

    def _async(self, function: Callable[..., Awaitable[R]]) -> Callable[..., Awaitable[R]]:
        call = self._call(_name(function))

        @wraps(function)
        async def retried(*args: Any, **kwargs: Any) -> R:
            async def attempt(_: Timeout) -> R | Failed[R]:
                try:
                    return await _bounded(function(*args, **kwargs))
                except Exception as error:  # noqa: BLE001 - raised again where it is none of the call
                    return caught(error, call.target, idempotent=self.idempotent)

            name, guard = self._target or call.method, self._guard(call.method)
            made = drive_async.bounded(
                attempt, call, name, self.policy, ConnectionError, self._async_clock
            )
            return result_or_raise(
                await drive_async.drive(
                    made, call, self.policy, guard, self._listeners, self._async_clock
                )
            )

        return retried

    def _series(self, clock: Any, admit: Callable[[str, Policy, Any], Admission]) -> AttemptSeries:
        limit = None
        if self.policy.bulkhead or self.policy.rate:
            if not self._target:
                raise ValueError("a loop has no name to limit calls by: say target=")
            limit = partial(admit, self._target, self.policy, clock)
        return AttemptSeries(
            self._call(""),
            self.policy,
            self._guard(""),
            self._listeners,
            clock,
            idempotent=self.idempotent,
            admission=limit,
        )

    def _call(self, name: str) -> KnownCall:
        return KnownCall(target_of_url(self._target or ""), name)

    def _guard(self, name: str) -> OriginState | None:
        key = self._key or name
        return self._origins.guard(key) if key else None


@overload
def retry(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def retry(
    policy: Policy | None = None,
    /,
    *,
    idempotent: bool = False,
    target: str | None = None,
    sinks: Iterable[Sink] | None = None,
    clock: Clock | None = None,
) -> Retrying: ...


def retry(given: Any = None, /, **options: Any) -> Any:
    """Return retries for any callable, synchronous or asynchronous.

    ``@retry`` and ``@retry(policy)`` decorate a function; ``retry(connect)(host)`` and
    ``retry(policy).call(connect, host)`` call one; ``for attempt in retry(policy): with attempt:``
    tries a block again (``async for`` in a coroutine).

    What is raised is named by ``ringback.classify``. A failure that cannot have reached the peer
    (refused, no such name) is tried again; one after which the peer may have done its work only
    where ``idempotent=True`` says that doing it twice does no harm. Only the failure that comes out
    is known: a function that had done something before it failed does that again. What is no
    failure of a connection comes out as it was raised, and so does what a call inside has retried
    already.
    A coroutine is cancelled at the deadline. A function cannot be: ringback's clients inside it end
    by then, other libraries where they are given ``timeout=ringback.within_deadline()``. One that
    ends more than a second late is logged, once.

    Args:
        given: A function, or the policy; the default is ``Policy()``.
        **options: ``idempotent`` (bool): may what may have been processed be done again?
            ``target`` (str): what the function connects to, such as ``postgres://db:5432``:
            circuit and budget are kept for it, otherwise for the function. ``sinks``: get every
            attempt; the default is the log. ``clock``: time and chance.

    Raises:
        TypeError: If what is given is neither a function nor a policy, or a function returns what
            is to be awaited without being a coroutine function, or is a generator function or a
            context manager.
        ValueError: A loop of attempts that is to be limited by a bulkhead or a rate has no target.
    """
    if given is None or isinstance(given, Policy):
        return Retrying(given, **options)
    if not callable(given) and not isinstance(given, classmethod):
        raise TypeError(f"retry needs a function or a Policy, got {given!r}")
    return Retrying(**options)(given)


def _finished(result: R) -> R:
    """Return a result; refuse one that is still to come, for no failure of it would be met."""
    if isawaitable(result):
        if iscoroutine(result):
            result.close()
        raise TypeError(
            "the function returns what is to be awaited and is no coroutine function, so nothing of"
            " it would be tried again: give retry an `async def` that awaits it"
        )
    return result


def _refuse_generators(function: Any) -> None:
    """Raise ``TypeError`` for what runs after it has returned, so that retry never sees it fail."""
    while isinstance(function, partial):
        function = function.func
    called = getattr(function, "__call__", None)  # noqa: B004 - of an object
    if any(map(isgeneratorfunction, (function, called))) or any(
        map(isasyncgenfunction, (function, called))
    ):
        sort = "is a generator function"
    elif getattr(getattr(function, "__code__", None), "co_filename", "") == contextlib.__file__:
        sort = "makes a context manager"
    else:
        return
    raise TypeError(
        f"{_name(function)} {sort}, which runs after it has returned, so nothing of it would be"
        " tried again: decorate the function that it calls, or try again inside of it with"
        " `for attempt in ringback.retry(policy): with attempt: ...`"
    )


async def _bounded(work: Awaitable[R]) -> R:
    """Await within the deadline that the driver has set."""
    at = current_deadline()
    return await (work if at is None else tasks.run_until(at, work))


def _is_async(function: Any) -> bool:
    while isinstance(function, partial):
        function = function.func
    # An object counts by its __call__.
    return iscoroutinefunction(function) or iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - it is asked what kind of function it is
    )


def _name(function: Any) -> str:
    while isinstance(function, partial):
        function = function.func
    module = getattr(function, "__module__", None) or ""
    return f"{module}.{getattr(function, '__qualname__', type(function).__qualname__)}"
