"""What this process knows of each origin it calls: one circuit and one retry budget each."""

import os
from threading import Lock
from time import monotonic

from ringback.event.listen import GAUGES
from ringback.retry import Breaker, Budget, OriginSnapshot, OriginState, Policy

MAX_ORIGINS = 4096
"""How many origins are remembered per policy; beyond it the oldest is forgotten."""

PLAYED = " as a mock plays it"
"""Follows the origin where a mock answers: what it plays is no outage of the real service."""


class Origins:
    """The guards of every origin that calls under the same breaker and budget go to."""

    __slots__ = ("_breaker", "_budget", "_guards", "_lock")

    def __init__(self, breaker: Breaker | None, budget: Budget | None) -> None:
        self._breaker = breaker
        self._budget = budget
        self._guards: dict[str, OriginState] = {}
        self._lock = Lock()

    def guard(self, origin: str) -> OriginState:
        """Return the guard of an origin, the same one each time."""
        found = self._guards.get(origin)
        return found or self._new(origin)

    def known(self, origin: str) -> OriginState | None:
        """Return the guard of an origin that has been called."""
        return self._guards.get(origin)

    def states(self) -> dict[str, OriginSnapshot]:
        """Return the state of each origin."""
        with self._lock:
            guards = dict(self._guards)
        return {origin: guard.state() for origin, guard in guards.items()}

    def forget(self) -> None:
        """Start anew: every circuit closed, every budget full."""
        with self._lock:
            self._guards.clear()

    def renew(self) -> None:
        """Start anew in a forked process, whatever state the lock was forked in."""
        self._lock = Lock()
        self._guards = {}

    def _new(self, origin: str) -> OriginState:
        with self._lock:
            if origin not in self._guards and len(self._guards) >= MAX_ORIGINS:
                del self._guards[next(iter(self._guards))]
            fresh = OriginState(self._breaker, self._budget, monotonic())
            return self._guards.setdefault(origin, fresh)


def waiting(origin: str) -> int | None:
    """Return how many calls to an origin wait for the end of an outage, through whichever proxy."""
    with _LOCK:
        every = list(_ALL.values())
    known = [
        state.waiting
        for origins in every
        for key, state in origins.states().items()
        if key.partition(" ")[0] == origin
    ]
    return sum(known) if known else None


GAUGES["calls_waiting"] = "Calls that wait for the end of an outage.", waiting

_ALL: dict[tuple[Breaker | None, Budget | None], Origins] = {}
_LOCK = Lock()


def origins_under(policy: Policy, *, hedges: bool = False) -> Origins:
    """Return the guards that every call of this process under such a policy shares.

    Raises:
        ValueError: The policy asks for hedging, of a client integration that does not hedge.
    """
    if policy.hedge and not hedges:
        raise ValueError(
            "hedge: only ringback's AsyncTransport for httpx and Middleware for aiohttp can make a"
            " second attempt beside the first"
        )
    with _LOCK:
        key = policy.breaker, policy.budget
        return _ALL.setdefault(key, Origins(*key))


def forget() -> None:
    """Forget what this process knows of every origin: circuits closed, budgets full.

    Likewise of the proxies that client libraries have chosen: each is taken for healthy.
    For tests, and after a change of network that makes what was learnt worthless.
    """
    with _LOCK:
        for origins in _ALL.values():
            origins.forget()
    from ringback.client.routes import UNLISTED_PROXIES  # noqa: PLC0415 - it is seldom asked for

    UNLISTED_PROXIES._health.forget()  # noqa: SLF001 - no method for people


def states() -> dict[str, OriginSnapshot]:
    """Return circuit and budget of every origin; where policies differ, of the worst of them."""
    with _LOCK:
        every = list(_ALL.values())
    worst: dict[str, OriginSnapshot] = {}
    for origins in every:
        for origin, state in origins.states().items():
            known = worst.get(origin)
            if known is None or _badness(state) > _badness(known):
                worst[origin] = state
    return worst


def _badness(state: OriginSnapshot) -> tuple[int, int, float]:
    return ("closed", "half_open", "open").index(state.circuit), state.failures, -state.tokens


def _after_fork() -> None:
    # A lock that another thread held at the fork would be held for ever.
    global _LOCK  # noqa: PLW0603 - the child has its own
    _LOCK = Lock()
    for origins in _ALL.values():
        origins.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
