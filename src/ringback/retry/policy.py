"""How often and how long a call may be tried."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ringback.retry.backoff import Backoff, Waits
from ringback.retry.budget import Budget
from ringback.retry.circuit import Breaker
from ringback.retry.run import Run
from ringback.retry.timeout import Timeout

if TYPE_CHECKING:
    from ringback.retry.guard import Guard

RETRY_STATUSES = frozenset({429, 502, 503, 504})
"""Statuses that a later attempt may not meet (RFC 9110, RFC 6585)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of a call. Immutable: what one call has used up is in its ``Run``.

    Attributes:
        attempts: How many times a call may be tried, the first time included.
        backoff: The wait between two attempts.
        timeout: The default limits of one attempt.
        deadline: Seconds for the whole call, waits and redirects included; no attempt begins
            after it, and whatever waits is ended by it.
        budget: The part of an origin's requests that may be retries; ``None``: any.
        breaker: When calls to an endpoint are refused at once; ``None``: never.
        bulkhead: How many calls to an origin may be in flight at once; ``None``: any number.
        retry_statuses: HTTP statuses that are worth another attempt.
        idempotency_key: Origins (``https://host:port``) whose requests that are not idempotent get
            an ``Idempotency-Key``, the same for each attempt of a call; ``True``: every origin.
            Name only those that honour it: there, such a request may be sent twice.
        insecure_hosts: Hosts whose certificate may be wrong: after a certificate failure the call
            is made without verification, and that is told each time.
        direct_hosts: Hosts that may be called directly when the proxy cannot be used, which is told
            each time.
        diagnose_on_giveup: Whether a call that is given up has its target diagnosed, at most once a
            minute for each origin and within what the deadline leaves (5 s at most); the error that
            is raised has it as ``diagnosis``. ``True``: by ``ringback.diagnose``; or another
            function, called with the URL and ``timeout=`` in seconds.
    """

    attempts: int = 3
    backoff: Waits = field(default_factory=Backoff)
    timeout: Timeout = field(default_factory=Timeout)
    deadline: float = 60.0
    budget: Budget | None = field(default_factory=Budget)
    breaker: Breaker | None = field(default_factory=Breaker)
    bulkhead: int | None = None
    retry_statuses: Collection[int] = RETRY_STATUSES
    idempotency_key: bool | Collection[str] = False
    insecure_hosts: Collection[str] = frozenset()
    direct_hosts: Collection[str] = frozenset()
    diagnose_on_giveup: bool | Callable[..., Any] = False

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts must be at least 1, got {self.attempts}")
        if not self.deadline > 0:
            raise ValueError(f"deadline must be above 0 seconds, got {self.deadline}")
        if self.bulkhead is not None and self.bulkhead < 1:
            raise ValueError(f"bulkhead must be at least 1, got {self.bulkhead}")
        for name in ("insecure_hosts", "direct_hosts", "retry_statuses", "idempotency_key"):
            if isinstance(getattr(self, name), str):
                raise TypeError(f"{name} must be a collection, got {getattr(self, name)!r}")

    def start(self, now: float, guard: Guard | None = None, deadline: float | None = None) -> Run:
        """Return the state of a new call.

        Args:
            now: Any clock that never goes back, in seconds; the same one later on.
            guard: What the process knows of the origin; ``None``: nothing, and nothing is learnt.
            deadline: When an outer call must have ended, on that clock.
        """
        return Run(self, now, guard, deadline)
