"""The deadline around an attempt whose every wait is not bounded by itself."""

from collections.abc import Awaitable
from typing import TypeVar

import anyio

from ringback.client.deadline import current, remaining
from ringback.client.httpcore.library import Library

T = TypeVar("T")

_GRACE = 0.03
"""Seconds that the waits with a limit of their own have, to say which of them it was."""


async def in_time(attempt: Awaitable[T], library: Library, bounded: bool) -> T:
    """Return what an attempt returns, or cancel it when the deadline of the call has come.

    Args:
        attempt: Awaited here.
        library: Whose exception is raised.
        bounded: No wait in it is longer than the deadline anyway.

    Raises:
        httpx.ReadTimeout: The deadline has come.
    """
    left = remaining(current())
    if bounded or left is None:
        return await attempt
    with anyio.move_on_after(left + _GRACE):
        return await attempt
    timed_out: Exception = library.httpx.ReadTimeout("the deadline of the call has come")
    raise timed_out
