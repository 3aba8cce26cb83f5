"""What the stages of one diagnosis share: the question, the time, the politeness, the readings."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.model import Reading

if TYPE_CHECKING:
    from ringback.client.proxies import Proxies
    from ringback.client.trust import Trust
    from ringback.diagnosis.model import Asked, Stage, State

Tell = Callable[[Reading], None]
"""Is told each reading as it comes, by any thread, one at a time."""

PER_ADDRESS = 3
"""How often one address and port is connected to, at most."""

CONNECTIONS = 12
"""How many connections are attempted in all, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to diagnose.

    Attributes:
        timeout: Seconds for the whole.
        trust: The authorities to trust; ``None``: those the program has by default.
        proxies: The proxies to use; ``None``: those of the environment.
        nameservers: ``(address, port)`` of the resolvers to ask beside those configured.
        controls: ``host:port`` of targets known to be well, asked where they decide something.
        neighbours: Whether ports beyond the asked one and its scheme's partner may be tried.
    """

    timeout: float = 10.0
    trust: Trust | None = None
    proxies: Proxies | None = None
    nameservers: tuple[tuple[str, int], ...] = ()
    controls: tuple[str, ...] = ()
    neighbours: bool = False


class Scene:
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
        tell: Tell | None = None,
        *,
        behind: Scene | None = None,
    ) -> None:
        self.asked = asked
        self.options = options
        self.behind = behind
        self.passed: frozenset[Hashable] = frozenset() if behind is None else behind.passed
        self.at = time.time()
        self._began = time.monotonic()
        self._tell = tell
        self._lock = threading.Lock()
        self._readings: list[Reading] = []
        self._closed = False
        self._tried: Counter[tuple[str, int]] = Counter()

    @property
    def way_here(self) -> tuple[Scene, ...]:
        """This diagnosis and those that redirects led here from, the nearest first."""
        return (self, *(() if self.behind is None else self.behind.way_here))

    def now(self) -> float:
        """Return the seconds since the diagnosis began."""
        return time.monotonic() - self._began

    def left(self, most: float) -> float:
        """Return the seconds that may still be spent, at most ``most`` and never below 0.

        Args:
            most: What the caller would like.
        """
        return max(0.0, min(most, self.options.timeout - self.now()))

    def may_connect(self, address: str, port: int) -> bool:
        """Return whether one more connection to a port is polite, and count it.

        Args:
            address: An IP address.
            port: A TCP port.
        """
        if self.behind is not None:
            return self.behind.may_connect(address, port)
        with self._lock:
            tried = self._tried
            if tried[address, port] >= PER_ADDRESS or tried.total() >= CONNECTIONS:
                return False
            tried[address, port] += 1
            return True

    def tell(  # noqa: PLR0913 - a reading has these parts
        self,
        layer: Stage,
        what: str,
        subject: str = "",
        *,
        state: State = "noted",
        result: str = "",
        kind: str | None = None,
        since: float | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Reading:
        """Add a reading and return it.

        What comes after the diagnosis was closed is dropped.

        Args:
            layer: As in ``Reading``, like the rest.
            what: What was tried.
            subject: With whom.
            state: How it came out.
            result: In one line.
            kind: Kind of failure.
            since: What ``now()`` gave when it began; ``None``: it took no time.
            facts: What was found.
        """
        end = self.now()
        begun = end if since is None else since
        reading = Reading(
            layer=layer,
            what=what,
            subject=subject,
            state=state,
            result=result,
            kind=kind,
            at=round(begun, 6),
            seconds=round(end - begun, 6),
            facts=dict(facts or {}),
        )
        with self._lock:
            if not self._closed:
                self._readings.append(reading)
                if self._tell is not None:
                    self._tell(reading)
        return reading

    def readings(self) -> tuple[Reading, ...]:
        """Return what was read so far, in the order it came."""
        with self._lock:
            return tuple(self._readings)

    def close(self) -> None:
        """Take no more readings."""
        with self._lock:
            self._closed = True
