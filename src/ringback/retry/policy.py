"""How often and how long a call may be tried, and how long to wait between two attempts."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ringback.retry.circuit import Breaker
from ringback.retry.concurrency import Adaptive
from ringback.retry.origin_state import Budget
from ringback.retry.rate import Rate
from ringback.retry.run import Run
from ringback.values import dataclass, field

if TYPE_CHECKING:
    from ringback.retry.origin_state import OriginState


@dataclass(frozen=True, slots=True)
class Timeout:
    """The limits of one attempt, in seconds; ``None`` is no limit of its own.

    Attributes:
        connect: Until the connection stands, the look-up of the name included.
        read: Between two pieces of the response.
        tls: For the TLS handshake; ``None``: as ``connect``.
        write: Between two pieces of the request.
        pool: For a free connection or a place in the queue; ``None``: until the deadline.
    """

    connect: float | None = 5.0
    read: float | None = 30.0
    tls: float | None = field(default=None, kw_only=True)
    write: float | None = field(default=30.0, kw_only=True)
    pool: float | None = field(default=None, kw_only=True)
    _longest: float = field(init=False, repr=False, compare=False, default=0.0)

    def __post_init__(self) -> None:
        limits = (self.connect, self.read, self.tls, self.write, self.pool)
        for limit in limits:
            if not (limit is None or _is_number(limit)):
                raise TypeError(f"a timeout is in seconds, or None for no limit, got {limit!r}")
            if limit is not None and not limit > 0:
                raise ValueError(f"a timeout must be above 0 seconds, got {limit}")
        endless = None in (self.connect, self.read, self.write)
        longest = float("inf") if endless else max(limit or 0.0 for limit in limits)
        object.__setattr__(self, "_longest", longest)

    def within(self, seconds: float) -> Timeout:
        """Return the same limits, none of them longer than what is left.

        Args:
            seconds: What is left, above 0.
        """
        if seconds >= self._longest:
            return self
        return Timeout(
            _shorter(self.connect, seconds),
            _shorter(self.read, seconds),
            tls=self.tls and min(self.tls, seconds),
            write=_shorter(self.write, seconds),
            pool=self.pool and min(self.pool, seconds),
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shorter(limit: float | None, seconds: float) -> float:
    return seconds if limit is None else min(limit, seconds)


Jitter = Literal["full", "equal", "decorrelated", "none"]
"""How a wait is spread, so that clients which failed together do not come back together.

With *ceiling* = ``min(cap, base · 2^(attempt - 1))``: ``full``: 0 to the ceiling; ``equal``: half
the ceiling to the ceiling; ``decorrelated``: ``base`` to three times the wait before; ``none``: the
ceiling. Marc Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
"""


class Waits(Protocol):
    """Whatever says how long to wait."""

    def delay(self, attempt: int, random: float, previous: float = 0.0) -> float:
        """Return the wait after an attempt, in seconds.

        Args:
            attempt: The attempt that failed, from 1.
            random: A random number, at least 0 and below 1.
            previous: The wait before this attempt, in seconds; 0 for the first.
        """


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff, with full jitter unless another is named.

    ``Backoff(base=1, jitter="none")`` waits 1 s, 2 s, 4 s and so on.

    Attributes:
        base: Ceiling of the first wait, in seconds.
        cap: Ceiling that no wait exceeds, in seconds.
        jitter: How a wait is spread; ``True`` is ``"full"``, ``False`` ``"none"``.
    """

    base: float = 0.2
    cap: float = 10.0
    jitter: Jitter | bool = "full"

    def __post_init__(self) -> None:
        if not (_is_number(self.base) and _is_number(self.cap)):
            raise TypeError(f"backoff is in seconds, got base={self.base!r}, cap={self.cap!r}")
        if not 0 <= self.base <= self.cap < float("inf"):
            raise ValueError(f"backoff needs 0 <= base <= cap, got {self.base} and {self.cap}")
        if isinstance(self.jitter, bool):  # as in other libraries
            object.__setattr__(self, "jitter", "full" if self.jitter else "none")
        if self.jitter not in {"full", "equal", "decorrelated", "none"}:
            raise ValueError(
                f"jitter must be full, equal, decorrelated or none, got {self.jitter!r}"
            )

    def delay(self, attempt: int, random: float, previous: float = 0.0) -> float:
        """Return the wait after an attempt, in seconds.

        Args:
            attempt: The attempt that failed, from 1.
            random: A random number, at least 0 and below 1.
            previous: The wait before this attempt, in seconds; 0 for the first.
        """
        ceiling = min(self.cap, self.base * 2.0 ** min(attempt - 1, 1000))  # 2.0**1024 overflows
        match self.jitter:
            case "none":
                return ceiling
            case "equal":
                return ceiling * (1 + random) / 2
            case "decorrelated":
                widest = max(self.base, 3 * previous)
                return min(self.cap, self.base + random * (widest - self.base))
        return random * ceiling


@dataclass(frozen=True, slots=True)
class Series:
    """Waits as listed, the last of them repeated: ``Series((1, 2, 4))``.

    Attributes:
        waits: Seconds, at least one of them.
    """

    waits: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.waits or not all(0 <= wait < float("inf") for wait in self.waits):
            raise ValueError(f"a series needs waits of at least 0 seconds, got {self.waits}")

    def delay(self, attempt: int, random: float, previous: float = 0.0) -> float:  # noqa: ARG002 - a fixed series needs neither
        """Return the wait after an attempt, in seconds.

        Args:
            attempt: The attempt that failed, from 1.
            random: Not used.
            previous: Not used.
        """
        return self.waits[min(attempt, len(self.waits)) - 1]


RETRY_STATUSES = frozenset({408, 425, 429, 502, 503, 504, 520, 521, 522, 523, 524, 529})
"""Statuses that a later attempt may not meet (RFC 9110, RFC 6585, RFC 8470; 520 to 524 are
Cloudflare's for a gateway without an answer, 529 is an unregistered 503)."""


MAX_HEDGE = 0.5
"""The largest part of the calls that may be hedged."""

_COLLECTIONS = (
    "insecure_hosts",
    "direct_hosts",
    "retry_statuses",
    "idempotency_key",
    "propagate_hosts",
)
_HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}"
"""RFC 9110, section 5.6.2."""


def _timeout(value: Any) -> Timeout:
    if isinstance(value, Timeout):
        return value
    if value is None or _is_number(value):
        return Timeout(value, value, write=value)
    if isinstance(value, tuple | list) and len(value) == len(("connect", "read")):
        return Timeout(*value)
    raise TypeError(
        f"timeout must be seconds, (connect, read) or Timeout(connect=…, read=…), got {value!r}"
    )


def _waits(value: Any) -> Waits:
    if hasattr(value, "delay"):
        return value  # type: ignore[no-any-return] # a protocol: whatever says how long to wait
    if _is_number(value):
        return Backoff(value, max(value, Backoff().cap))
    if isinstance(value, tuple | list) and all(map(_is_number, value)):
        return Series(tuple(value))
    raise TypeError(
        f"backoff must be seconds, a list of seconds, Backoff(base=…) or Series(…), got {value!r}"
    )


def _budget(value: Any) -> Budget | None:
    if value is None or isinstance(value, Budget):
        return value
    if isinstance(value, bool):
        return Budget() if value else None
    if _is_number(value):
        return Budget(value)
    raise TypeError(f"budget must be a ratio, Budget(ratio=…) or None, got {value!r}")


def _breaker(value: Any) -> Breaker | None:
    if value is None or isinstance(value, Breaker):
        return value
    if isinstance(value, bool):
        return Breaker() if value else None
    raise TypeError(f"breaker must be Breaker(consecutive=…) or None, got {value!r}")


_TAKEN: dict[str, Callable[[Any], Any]] = {
    "timeout": _timeout,
    "backoff": _waits,
    "budget": _budget,
    "breaker": _breaker,
    "deadline": lambda value: float("inf") if value is None else value,
}
"""Fields of a policy to what makes them of all that people write for them."""

_NUMBERS = {"attempts": False, "deadline": False, "patience": True, "waiting": False}
"""Fields that are numbers, and whether they may be ``None``."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of a call. Immutable: what one call has used up is in its ``Run``.

    Attributes:
        attempts: How many times a request may be sent, the first time included; see ``patience``.
        backoff: The wait between two attempts; a number is the ``base`` of a ``Backoff``, a list
            the waits of a ``Series``.
        timeout: The default limits of one attempt; a number limits connecting, reading and writing,
            a pair connecting and reading.
        deadline: Seconds for the whole call, waits and redirects included; no attempt begins
            after it, and whatever waits is ended by it. ``None``: no end.
        budget: How many retries an origin may cost; a number is its ``ratio``. ``None``: any.
        breaker: When calls to an endpoint are refused at once; ``None``: never.
        patience: For how many seconds after the beginning of an outage a call of which nothing was
            delivered waits for its end instead of being given up; 0: it does not. ``None``: 10, and
            0 for an origin that has not answered this process yet or with one attempt.
        waiting: How many calls to an origin may wait so; further ones are given up.
        bulkhead: How many calls to an origin may be in flight at once; ``None``: any number.
            ``"adaptive"`` or an ``Adaptive``: as many as it answers about as fast as without load.
        rate: How many requests a second an origin gets, or a ``Rate``; ``None``: any number.
        hedge: The part of the calls to an origin, such as 0.05, that may get a second attempt
            beside the first, once that takes longer than the others lately; the first answer wins.
            Only requests that are safe (GET, HEAD, OPTIONS) and have no body. ``None``: none.
        retry_statuses: HTTP statuses that are worth another attempt.
        idempotency_key: Origins (``https://host:port``) whose requests that are not idempotent get
            an ``Idempotency-Key``, the same for each attempt of a call; ``True``: every origin.
            Name only those that honour it: there, such a request may be sent twice.
        insecure_hosts: Hosts whose certificate may be wrong: after a certificate failure the call
            is made without verification, and each time that is an event.
        direct_hosts: Hosts that may be called directly when the proxy cannot be used; each time
            that is an event.
        diagnose_on_giveup: Whether a call that is given up has its target diagnosed, at most once a
            minute for each origin and within what the deadline leaves (5 s at most); the error that
            is raised has it as ``diagnosis``. ``True``: by ``ringback.diagnose``; or another
            function, called with the URL and ``timeout=`` in seconds.
        propagate: Header in which an attempt says how many seconds the call has left, such as
            ``"X-Request-Timeout"``; ``None``: it is not said.
        propagate_hosts: Hosts that are told so, ``*.example.com`` for all below one; no other is.
    """

    attempts: int = 3
    backoff: Waits = field(default_factory=Backoff)
    timeout: Timeout = field(default_factory=Timeout)
    deadline: float = 60.0
    budget: Budget | None = field(default_factory=Budget)
    breaker: Breaker | None = field(default_factory=Breaker)
    patience: float | None = None
    waiting: int = 100
    bulkhead: int | Adaptive | Literal["adaptive"] | None = None
    rate: float | Rate | None = None
    hedge: float | None = None
    retry_statuses: Collection[int] = RETRY_STATUSES
    idempotency_key: bool | Collection[str] = False
    insecure_hosts: Collection[str] = frozenset()
    direct_hosts: Collection[str] = frozenset()
    diagnose_on_giveup: bool | Callable[..., Any] = False
    propagate: str | None = None
    propagate_hosts: Collection[str] = frozenset()

    if TYPE_CHECKING:

        def __init__(  # noqa: PLR0913, PLR0917 - the fields, and what else is taken for them
            self,
            attempts: int = 3,
            backoff: Waits | float | Sequence[float] = ...,
            timeout: Timeout | float | tuple[float, float] | None = ...,
            deadline: float | None = 60.0,
            budget: Budget | float | bool | None = ...,
            breaker: Breaker | bool | None = ...,
            patience: float | None = None,
            waiting: int = 100,
            bulkhead: int | Adaptive | Literal["adaptive"] | None = None,
            rate: float | Rate | None = None,
            hedge: float | None = None,
            retry_statuses: Collection[int] = RETRY_STATUSES,
            idempotency_key: bool | Collection[str] = False,
            insecure_hosts: Collection[str] = frozenset(),
            direct_hosts: Collection[str] = frozenset(),
            diagnose_on_giveup: bool | Callable[..., Any] = False,
            propagate: str | None = None,
            propagate_hosts: Collection[str] = frozenset(),
        ) -> None: ...

    def __post_init__(self) -> None:
        for name, taken in _TAKEN.items():
            object.__setattr__(self, name, taken(getattr(self, name)))
        for name, may_be_none in _NUMBERS.items():
            value = getattr(self, name)
            if not (_is_number(value) or (may_be_none and value is None)):
                raise TypeError(f"{name} must be a number, got {value!r}")
        if self.attempts < 1:
            raise ValueError(f"attempts must be at least 1, got {self.attempts}")
        if not self.deadline > 0:
            raise ValueError(f"deadline must be above 0 seconds, got {self.deadline}")
        if not (self.patience is None or self.patience >= 0) or self.waiting < 0:
            raise ValueError(
                "patience and waiting must be at least 0, got"
                f" patience={self.patience}, waiting={self.waiting}"
            )
        self._set_limits()
        self._check_hosts()

    def _check_hosts(self) -> None:
        if self.propagate is not None and not re.fullmatch(_HEADER_NAME, self.propagate):
            raise ValueError(f"propagate must be the name of a header, got {self.propagate!r}")
        if (self.propagate is None) != (not self.propagate_hosts):
            raise ValueError("propagate and propagate_hosts need each other: what, and to whom")
        for name in _COLLECTIONS:
            if isinstance(getattr(self, name), str):
                raise TypeError(f"{name} must be a collection, got {getattr(self, name)!r}")

    def _set_limits(self) -> None:
        if self.bulkhead == "adaptive":
            object.__setattr__(self, "bulkhead", Adaptive())
        elif isinstance(self.bulkhead, str):
            raise ValueError(f"bulkhead must be a number or adaptive, got {self.bulkhead!r}")
        elif isinstance(self.bulkhead, int) and self.bulkhead < 1:
            raise ValueError(f"bulkhead must be at least 1, got {self.bulkhead}")
        if self.hedge is not None and not 0 < self.hedge <= MAX_HEDGE:
            raise ValueError(f"hedge must be above 0 and at most {MAX_HEDGE}, got {self.hedge}")
        if isinstance(self.rate, int | float):
            object.__setattr__(self, "rate", Rate(self.rate))

    @property
    def patience_named(self) -> float | None:
        """The patience; ``None``: nobody has said, and the process's default is meant."""
        return 0.0 if self.patience is None and self.attempts == 1 else self.patience

    def start(
        self, now: float, guard: OriginState | None = None, deadline: float | None = None
    ) -> Run:
        """Return the state of a new call.

        Args:
            now: Any clock that never goes back, in seconds; the same one later on.
            guard: What the process knows of the origin; ``None``: nothing, and nothing is learnt.
            deadline: When an outer call must have ended, on that clock.
        """
        return Run(self, now, guard, deadline)
