"""How long a socket may wait: its own limit, or what the deadline leaves."""

import socket
from time import monotonic
from typing import Any

from ringback.client.deadline import current

LEAST = 0.001
"""Seconds that are always given: 0 would mean "do not wait, and fail otherwise"."""


def patience(limit: float | None) -> float | None:
    """Return a limit, or what the deadline of the call leaves where that is less.

    Args:
        limit: Seconds; ``None`` is no limit.

    Returns:
        Seconds, above 0; ``None`` where there is neither limit nor deadline.
    """
    left = remaining(current())
    if limit is None or left is None:
        return limit if left is None else left
    return min(limit, left)


def remaining(until: float | None) -> float | None:
    """Return the seconds until an instant, above 0.

    Args:
        until: On ``time.monotonic()``; ``None`` is never.
    """
    return None if until is None else max(until - monotonic(), LEAST)


def seconds_of(timeout: Any) -> float | None:
    """Return a timeout of urllib3 in seconds; its object for "the default" is the socket's.

    Args:
        timeout: A number, ``None``, or that object.
    """
    if timeout is None or isinstance(timeout, (int, float)):
        return timeout
    return socket.getdefaulttimeout()
