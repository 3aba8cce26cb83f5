"""What a probe is: made once for an endpoint, begun again and again."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from ringback.incident.model import Check
from ringback.monitor.model import Endpoint
from ringback.monitor.probe.connect import ProbeResolver
from ringback.monitor.probe.matching import Matcher
from ringback.monitor.probe.outcome import (
    PhaseTimer,
    ProbeFailure,
    notes_of,
    probe_failure_of,
    timeout_failure,
)

OnDone = Callable[[Check], None]  # Takes the check once, in the event loop


@dataclass(slots=True, kw_only=True)
class ProbeContext:
    """Where probes run."""

    loop: asyncio.AbstractEventLoop  # The event loop, in which everything happens
    vantage: str = ""  # What this place is called in checks
    resolver: ProbeResolver = field(default_factory=ProbeResolver)  # Resolves host names
    matcher: Matcher = field(default_factory=Matcher)  # Decides regular expressions in bounded time
    max_kept: int = 10_000  # Connections that may be kept open between two probes
    kept: int = 0  # How many are
    # Endpoint's id to the seconds of CPU that its long answers took; whoever reads it empties it
    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    closing: set[Any] = field(default_factory=set)  # Connections that servers are about to end
    # Called with an endpoint's id where a server ended a kept connection too early
    on_lost: Callable[[str], None] = lambda _: None

    def close(self) -> None:
        """End what no single probe ends."""
        self.matcher.close()
        for connection in list(self.closing):
            connection.abort()


class Prober(Protocol):
    """The probe of one endpoint."""

    def begin(self, done: OnDone) -> None:
        """Begin a check; at most one may be under way."""

    def cancel(self) -> None:
        """End the check that is under way, without a result."""

    def close(self) -> None:
        """End everything, and what is kept between two checks."""


class TaskProber(ABC):
    """A probe that is a coroutine, for those that need not be fast."""

    def __init__(self, endpoint: Endpoint, context: ProbeContext) -> None:
        self.endpoint, self.context = endpoint, context
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def check(self, phases: PhaseTimer) -> ProbeFailure | None:
        """Check once; return what was wrong, or raise it."""

    def expired(self, phases: PhaseTimer) -> ProbeFailure:
        """Return what it means that the time for a check ran out."""
        return timeout_failure(phases)

    def begin(self, done: OnDone) -> None:
        self._task = self.context.loop.create_task(self._run(done))

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def close(self) -> None:
        self.cancel()

    async def _run(self, done: OnDone) -> None:
        phases = PhaseTimer()
        failure: ProbeFailure | None
        try:
            async with asyncio.timeout(self.endpoint.timeout) as limit:
                failure = await self.check(phases)
        except TimeoutError as error:
            expired = limit.expired()
            failure = self.expired(phases) if expired else probe_failure_of(error, phases.phase)
        except Exception as error:  # noqa: BLE001 - whatever a probe meets is its result
            failure = probe_failure_of(error, phases.phase)
        if (notes := notes_of(self.endpoint)) is not None:
            notes.phase = phases.phase
        phases.leave()
        seconds = phases.at - phases.began
        check = check_of(
            self.endpoint,
            self.context.vantage,
            failure or too_slow(self.endpoint, seconds),
            seconds=seconds,
            timings=phases.timings,
            status=phases.status,
            address=phases.address,
            certificate=phases.certificate,
            other_certificate=phases.other_certificate,
        )
        done(check)


def check_of(
    endpoint: Endpoint,
    vantage: str,
    failure: ProbeFailure | None,
    *,
    remark: str = "",
    **seen: Any,
) -> Check:
    """Return a check that ends now; a failure that is not the endpoint's says nothing of it.

    ``remark``: what is worth knowing of one that is up.
    """
    up = None if failure is not None and not failure.of_target else failure is None
    return Check(
        at=time.time(),
        endpoint=endpoint.id,
        up=up,
        kind=failure.kind if failure else None,
        vantage=vantage,
        detail=failure.detail if failure else remark,
        **seen,
    )


def too_slow(endpoint: Endpoint, seconds: float) -> ProbeFailure | None:
    most = endpoint.expectations.latency
    if most is None or seconds <= most:
        return None
    return ProbeFailure(
        "client.deadline_exceeded", f"took {seconds:.3g} s, expected at most {most:g} s"
    )


class UnusableEndpoint:
    """Checks nothing."""

    def __init__(self, endpoint: Endpoint, context: ProbeContext, why: Exception) -> None:
        self._endpoint, self._context = endpoint, context
        kind = probe_failure_of(why, "config").kind
        self._failure = ProbeFailure(
            kind if kind.startswith(("config.", "url.")) else "request.invalid",
            f"cannot be checked: {why}"[:200],
            of_target=False,
        )

    def begin(self, done: OnDone) -> None:
        check = check_of(self._endpoint, self._context.vantage, self._failure)
        self._context.loop.call_soon(done, check)

    def cancel(self) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        """Nothing is kept."""
