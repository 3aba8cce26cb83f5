"""What a probe is: made once for an endpoint, begun again and again."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ringback.incident.model import Check
from ringback.monitor.model import Endpoint
from ringback.monitor.probe.connect import Names
from ringback.monitor.probe.matching import Matcher
from ringback.monitor.probe.outcome import Course, Failed, failed_of, timed_out

Done = Callable[[Check], None]
"""Takes the check once, in the event loop."""


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """Where probes run.

    Attributes:
        loop: The event loop, in which everything happens.
        vantage: What this place is called in checks.
        names: The resolver.
        matcher: Decides regular expressions in bounded time.
        most_kept: Connections that may be kept open between two probes.
        kept: How many are.
        lost: Told the id of an endpoint whose server ended a kept connection unexpectedly.
    """

    loop: asyncio.AbstractEventLoop
    vantage: str = ""
    names: Names = field(default_factory=Names)
    matcher: Matcher = field(default_factory=Matcher)
    most_kept: int = 10_000
    kept: int = 0
    lost: Callable[[str], None] = lambda _: None


class Prober(Protocol):
    """The probe of one endpoint."""

    def begin(self, done: Done) -> None:
        """Look once; at most one look may be under way."""

    def cancel(self) -> None:
        """End the look that is under way, without a check."""

    def close(self) -> None:
        """End everything, and what is kept between two looks."""


class TaskProber(ABC):
    """A probe that is a coroutine, for those that need not be fast.

    Args:
        endpoint: What is looked at.
        surroundings: What is shared.
    """

    def __init__(self, endpoint: Endpoint, surroundings: Surroundings) -> None:
        self.endpoint = endpoint
        self.surroundings = surroundings
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def look(self, course: Course) -> Failed | None:
        """Look once; return what was wrong, or raise it."""

    def expired(self, course: Course) -> Failed:
        """Return what it means that the time for a look ran out."""
        return timed_out(course)

    def begin(self, done: Done) -> None:
        """Look once."""
        self._task = self.surroundings.loop.create_task(self._run(done))

    def cancel(self) -> None:
        """End the look that is under way."""
        if self._task is not None:
            self._task.cancel()

    def close(self) -> None:
        """End everything."""
        self.cancel()

    async def _run(self, done: Done) -> None:
        course = Course()
        failed: Failed | None
        try:
            async with asyncio.timeout(self.endpoint.timeout) as limit:
                failed = await self.look(course)
        except TimeoutError as error:
            expired = limit.expired()
            failed = self.expired(course) if expired else failed_of(error, course.phase)
        except Exception as error:  # noqa: BLE001 - whatever a probe meets is its result
            failed = failed_of(error, course.phase)
        course.leave()
        done(check_of(self.endpoint, self.surroundings.vantage, course, failed))


def check_of(endpoint: Endpoint, vantage: str, course: Course, failed: Failed | None) -> Check:
    """Return the check of a look that is over."""
    seconds = course.at - course.began
    if failed is None:
        failed = too_slow(endpoint, seconds)
    return Check(
        at=time.time(),
        endpoint=endpoint.id,
        up=failed is None if failed is None or failed.of_target else None,
        kind=failed.kind if failed else None,
        seconds=seconds,
        timings=course.timings,
        vantage=vantage,
        status=course.status,
        address=course.address,
        certificate=course.certificate,
        detail=failed.detail if failed else "",
    )


def too_slow(endpoint: Endpoint, seconds: float) -> Failed | None:
    """Return that an answer took longer than it may."""
    most = endpoint.expectations.latency
    if most is None or seconds <= most:
        return None
    return Failed("client.deadline_exceeded", f"took {seconds:.3g} s, expected at most {most:g} s")


class Unusable:
    """Looks at nothing.

    Args:
        endpoint: What cannot be looked at.
        surroundings: What is shared.
        why: What is wrong with it.
    """

    def __init__(self, endpoint: Endpoint, surroundings: Surroundings, why: Exception) -> None:
        self._endpoint, self._surroundings, self._why = endpoint, surroundings, why
        kind = failed_of(why, "config").kind
        self._kind = kind if kind.startswith(("config.", "url.")) else "request.invalid"

    def begin(self, done: Done) -> None:
        """Say that nothing is known."""
        check = Check(
            at=time.time(),
            endpoint=self._endpoint.id,
            up=None,
            kind=self._kind,
            vantage=self._surroundings.vantage,
            detail=f"cannot be looked at: {self._why}"[:200],
        )
        self._surroundings.loop.call_soon(done, check)

    def cancel(self) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        """Nothing is kept."""
