"""What the stages of one diagnosis share: the question, the time, the politeness, the readings."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, TypeVar

from ringback.diagnosis.model import Reading
from ringback.diagnosis.sorts import SORTS, FactsT
from ringback.values import dataclass

if TYPE_CHECKING:
    from ringback.client.proxies import Proxies
    from ringback.client.trust import Trust
    from ringback.diagnosis.model import Asked, Stage, State
    from ringback.failure.names import KindName


OnReading = Callable[[Reading], None]
"""Is called with each reading as it comes, by any thread, one at a time."""

PER_ADDRESS = 3
"""How often one address and port is connected to, at most."""

CONNECTIONS = 12
"""How many connections are attempted in all, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to diagnose."""

    timeout: float = 10.0  # Seconds for the whole
    trust: Trust | None = None  # The authorities to trust; `None`: those the program has by default
    proxies: Proxies | None = None  # The proxies to use; `None`: those of the environment
    # `(address, port)` of the resolvers to ask beside those configured
    nameservers: tuple[tuple[str, int], ...] = ()
    # `host:port` of targets known to be well, asked where they decide something
    controls: tuple[str, ...] = ()
    # Whether ports beyond the asked one and its scheme's partner may be tried
    neighbours: bool = False
    # Whether a target at an address may be asked; `None`: any may
    may_reach: Callable[[str], bool] | None = None


class DiagnosisContext:
    """One diagnosis under way; every method may be called by any thread.

    Attributes:
        asked: What is diagnosed.
        options: How.
        at: When it began, in seconds since 1970 UTC.
        behind: The diagnosis that a redirect led here from, whose politeness it shares; ``None``:
            this is what was asked.
        passed: Requests that were redirected on the way; not where a cookie was set.
    """

    def __init__(
        self,
        asked: Asked,
        options: Options,
        on_reading: OnReading | None = None,
        *,
        behind: DiagnosisContext | None = None,
    ) -> None:
        self.asked = asked
        self.options = options
        self.behind = behind
        self.passed: frozenset[Hashable] = frozenset() if behind is None else behind.passed
        self.at = time.time()
        self._began = time.monotonic()
        self._on_reading = on_reading
        self._lock = threading.Lock()
        self._readings: list[Reading] = []
        self._closed = False
        self._tried: Counter[tuple[str, int]] = Counter()

    @property
    def way_here(self) -> tuple[DiagnosisContext, ...]:
        """This diagnosis and those that redirects led here from, the nearest first."""
        return (self, *(() if self.behind is None else self.behind.way_here))

    def now(self) -> float:
        """Return the seconds since the diagnosis began."""
        return time.monotonic() - self._began

    def left(self, most: float) -> float:
        """Return the seconds that may still be spent, at most ``most`` and never below 0."""
        return max(0.0, min(most, self.options.timeout - self.now()))

    def may_connect(self, address: str, port: int) -> bool:
        """Return whether one more connection to a port is polite, and count it."""
        if self.behind is not None:
            return self.behind.may_connect(address, port)
        with self._lock:
            tried = self._tried
            if tried[address, port] >= PER_ADDRESS or tried.total() >= CONNECTIONS:
                return False
            tried[address, port] += 1
            return True

    def record(  # noqa: PLR0913 - a reading has these parts
        self,
        sort: type[FactsT],
        subject: str = "",
        *,
        stage: Stage | None = None,
        state: State = "noted",
        result: str = "",
        kind: KindName | None = None,
        since: float | None = None,
        facts: FactsT | None = None,
    ) -> Reading:
        """Add a reading of some sort, of another stage where that is said, and return it.

        It began at ``since``, as from ``now()``; without it, it took no time. What comes after the
        diagnosis was closed is dropped.
        """
        end = self.now()
        begun = end if since is None else since
        of_stage, what = SORTS[sort]
        reading = Reading(
            layer=stage or of_stage,
            what=what,
            subject=subject,
            state=state,
            result=result,
            kind=kind,
            at=round(begun, 6),
            seconds=round(end - begun, 6),
            facts={} if facts is None else facts,
        )
        self.add(reading)
        return reading

    def add(self, reading: Reading) -> None:
        """Take a reading."""
        with self._lock:
            if not self._closed:
                self._readings.append(reading)
                if self._on_reading is not None:
                    self._on_reading(reading)

    def readings(self) -> tuple[Reading, ...]:
        """Return what was read so far, in the order it came."""
        with self._lock:
            return tuple(self._readings)

    def close(self) -> None:
        """Take no more readings."""
        with self._lock:
            self._closed = True


# Independent readings, side by side.

T = TypeVar("T")


def together(
    context: DiagnosisContext, tasks: Sequence[Callable[[], T]], most: float = 3600.0
) -> list[T | None]:
    """Run tasks in a thread each and return what they returned, in their order.

    A task that raises, or that is not done in time, gives ``None``; that one raised is recorded, so
    that nothing is silently missing. The threads of late tasks end by their own time limits and do
    not keep the program alive.
    """
    results: list[T | None] = [None] * len(tasks)

    def do(index: int, task: Callable[[], T]) -> None:
        try:
            results[index] = task()
        except Exception as error:  # noqa: BLE001 - one reading that fails must not end the others
            record_defect(context, error)

    threads = [
        threading.Thread(target=do, args=(i, task), daemon=True, name="ringback-diagnosis")
        for i, task in enumerate(tasks)
    ]
    for thread in threads:
        thread.start()
    ends = context.now() + context.left(most)
    for thread in threads:
        thread.join(max(0.0, ends - context.now()))
    return results


def record_defect(context: DiagnosisContext, error: Exception) -> None:
    """Record that a reading failed within ringback, so that nothing is silently missing."""
    result = f"a reading failed within ringback: {type(error).__name__}: {error}"[:200]
    at = round(context.now(), 6)
    context.add(Reading(layer="host", what="defect", state="skipped", result=result, at=at))


# How a connection to the target is made: to an address, or through a proxy.


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRoute:
    """A way to the target that was found open."""

    address: str  # IP address that is connected to: the target's, or the proxy's
    port: int
    # URL of the proxy, with what it needs to log in; `None`: the way is direct
    proxy: str | None = None
    rtt: float | None = None  # Seconds the TCP handshake took; `None`: not measured

    def __repr__(self) -> str:
        through = " through a proxy" if self.proxy else ""
        return f"Route({self.address}:{self.port}{through})"
