"""Attempts as a loop over context managers: ``for attempt in retry(): with attempt: ...``."""

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any

from ringback.client.call import Call, Failed
from ringback.client.clock import AsyncClock, Clock
from ringback.client.course import Course
from ringback.client.deadline import ahead, current, within
from ringback.client.outcome import failed_attempt, raise_ended
from ringback.event import Listeners
from ringback.retry import Guard, Policy, Retry, Run


class Attempt:
    """One attempt: run the call inside of it.

    A failure that may be tried again stays inside; anything else comes out.

    Attributes:
        number: Which attempt, from 1.
    """

    def __init__(self, run: Run, call: Call, deadline: float, *, idempotent: bool) -> None:
        self.number = run.attempt
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
        return self.failed is not None


class Series:
    """The attempts of one call.

    Args:
        call: What events say of it.
        policy: Its limits.
        guard: What the process knows of the endpoint.
        listeners: Told after each attempt.
        clock: Time and chance.
        idempotent: May what may have been processed be done again?
    """

    def __init__(
        self,
        call: Call,
        policy: Policy,
        guard: Guard | None,
        listeners: Listeners,
        clock: Clock | AsyncClock,
        *,
        idempotent: bool,
    ) -> None:
        self._call = call
        self._clock: Any = clock
        self._idempotent = idempotent
        self._began = clock.monotonic()
        self._offset, outer = ahead(clock.monotonic, self._began), current()
        outer = None if outer is None else outer + self._offset
        self._run = policy.start(self._began, guard, outer)
        self._course: Course[None] = Course(call, self._run, listeners, clock)

    def attempts(self) -> Iterator[Attempt]:
        """Yield attempts until one succeeds; wait between them.

        Raises:
            ringback.errors.RingbackError: Also the exception of the last, or most telling, attempt.
        """
        while True:
            attempt = self._begin()
            try:
                yield attempt
            finally:
                retry = self._end(attempt)
            if retry is None:
                return
            self._clock.sleep(retry.delay)

    async def async_attempts(self) -> AsyncIterator[Attempt]:
        """Yield attempts until one succeeds; wait between them.

        Raises:
            ringback.errors.RingbackError: Also the exception of the last, or most telling, attempt.
        """
        while True:
            attempt = self._begin()
            try:
                yield attempt
            finally:
                retry = self._end(attempt)
            if retry is None:
                return
            await self._clock.sleep(retry.delay)

    def _begin(self) -> Attempt:
        self._began = self._clock.monotonic()
        if not self._run.begin(self._began):
            raise_ended(self._course.refused())
        deadline = self._run.deadline - self._offset
        return Attempt(self._run, self._call, deadline, idempotent=self._idempotent)

    def _end(self, attempt: Attempt) -> Retry | None:
        now = self._clock.monotonic()
        if attempt.interrupted:
            self._run.abandon()
        elif attempt.failed is None:
            self._course.succeeded(self._run.after(None, now), now - self._began)
        else:
            decision = self._course.failed(attempt.failed, now, now - self._began)
            if isinstance(decision, Retry):
                return decision
            raise_ended(self._course.ended(decision))
        return None
