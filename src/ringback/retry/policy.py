"""How often and how long a call may be tried."""

from __future__ import annotations

from dataclasses import dataclass, field

from ringback.retry.backoff import Backoff
from ringback.retry.run import Run
from ringback.retry.timeout import Timeout


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of a call. Immutable: what one call has used up is in its ``Run``.

    Attributes:
        attempts: How many times a call may be tried, the first time included.
        backoff: The wait between two attempts.
        timeout: The default limits of one attempt.
        deadline: Seconds for the whole call, waits included; no attempt begins after it, and
            the default timeouts of an attempt shrink to what is left.
    """

    attempts: int = 3
    backoff: Backoff = field(default_factory=Backoff)
    timeout: Timeout = field(default_factory=Timeout)
    deadline: float = 60.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts must be at least 1, got {self.attempts}")
        if not self.deadline > 0:
            raise ValueError(f"deadline must be above 0 seconds, got {self.deadline}")

    def start(self, now: float) -> Run:
        """Return the state of a new call.

        Args:
            now: Any clock that never goes back, in seconds; the same one later on.
        """
        return Run(self, now)
