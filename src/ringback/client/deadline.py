"""The deadline of the call under way, for everything that waits below it."""

import socket
from collections.abc import Callable
from contextvars import ContextVar, Token
from math import inf
from time import monotonic
from typing import Any

from ringback.event.listen import OF_THE_CALL

_AT: ContextVar[float | None] = ContextVar("ringback_deadline", default=None)
OF_THE_CALL.append(_AT)


current_deadline = _AT.get
"""Returns when the call under way must have ended, on ``time.monotonic()``.

``None``: no call is under way. The value travels with the context: a nested call, a task or
``asyncio.to_thread`` begun by the call sees it; a bare thread does not.
"""


def clock_offset(clock: Callable[[], float], now: float) -> float:
    """Return how far a clock is ahead of ``time.monotonic()``, in seconds: 0 for that one.

    The sockets below a call know only the real time, whatever clock a test has handed in.
    """
    return 0.0 if clock is monotonic else now - monotonic()


def enter_deadline(at: float) -> Token[float | None]:
    """Set the deadline, in a place where a context manager would cost too much."""
    return _AT.set(None if at == inf else at)


def leave_deadline(token: Token[float | None]) -> None:
    """Set the deadline back to what it was."""
    _AT.reset(token)


class within:  # noqa: N801 - used as a context manager, named like contextlib's
    """A context in which calls end at an instant at the latest; an earlier outer one wins."""

    __slots__ = ("_at", "_token")

    def __init__(self, at: float | None) -> None:
        self._at = None if at == inf else at
        self._token: Token[float | None] | None = None

    def __enter__(self) -> None:
        outer = _AT.get()
        at = self._at
        if at is not None and (outer is None or at < outer):
            self._token = _AT.set(at)

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _AT.reset(self._token)
            self._token = None


MIN_WAIT = 0.001
"""Seconds that are always given: 0 would mean "do not wait, and fail otherwise"."""


def deadline(seconds: float | None) -> within:
    """Return a context in which every call ends after so many seconds at the latest.

    A deadline that is set already and comes earlier stays. It goes with the context: tasks and
    ``asyncio.to_thread`` take it along, a bare thread does not. Only calls that ringback makes end
    by themselves; give any other wait ``within_deadline()`` as its timeout. Around a ``yield`` it
    would hold for the consumer of the generator as well.

    Args:
        seconds: From now on; ``None`` sets no deadline.
    """
    return within(None if seconds is None else monotonic() + seconds)


def within_deadline(limit: float | None = None) -> float | None:
    """Return how long a wait may take: ``limit``, or what the deadline leaves where that is less.

    It is for the timeouts of libraries that know nothing of the deadline. Never 0, which many take
    for no limit at all; ``None`` is returned where there is neither limit nor deadline.

    Args:
        limit: Seconds.
    """
    left = remaining(current_deadline())
    if limit is None or left is None:
        return limit if left is None else left
    return min(limit, left)


def time_left(limit: float | None) -> float | None:
    """Return how long a wait with this limit may be; raise where the deadline has come."""
    at = current_deadline()
    if at is None:
        return limit
    left = at - monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left if limit is None or left < limit else limit


def remaining(until: float | None) -> float | None:
    """Return the seconds until an instant, above 0."""
    return None if until is None else max(until - monotonic(), MIN_WAIT)


def seconds_of(timeout: Any) -> float | None:
    """Return a timeout of urllib3 in seconds; its object for "the default" is the socket's."""
    if timeout is None or isinstance(timeout, (int, float)):
        return timeout
    return socket.getdefaulttimeout()
