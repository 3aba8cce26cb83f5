"""Waiting until a socket that does not block can be used, in asyncio or trio."""

import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import anyio

BLOCKED = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""What a socket that does not block raises where it would."""


async def readable(sock: Any, seconds: float | None) -> None:
    """Wait until there is something to read.

    Args:
        sock: The socket.
        seconds: To wait at the most; ``None``: for ever.

    Raises:
        TimeoutError: There is nothing.
    """
    await _within(seconds, anyio.wait_readable, sock)


async def writable(sock: Any, seconds: float | None) -> None:
    """Wait until something can be written, or a connection stands.

    Args:
        sock: The socket.
        seconds: To wait at the most; ``None``: for ever.

    Raises:
        TimeoutError: Nothing can be written.
    """
    await _within(seconds, anyio.wait_writable, sock)


async def ready(
    sock: Any, blocked: BaseException, seconds: float | None, *, writing: bool = False
) -> None:
    """Wait until what blocked can go on.

    Args:
        sock: The socket.
        blocked: One of ``BLOCKED``; TLS may have to read in order to write, and vice versa.
        seconds: To wait at the most; ``None``: for ever.
        writing: What blocked was a write.

    Raises:
        TimeoutError: It cannot go on.
    """
    plain = isinstance(blocked, BlockingIOError) and writing
    if plain or isinstance(blocked, ssl.SSLWantWriteError):
        await writable(sock, seconds)
    else:
        await readable(sock, seconds)


async def _within(seconds: float | None, wait: Callable[[Any], Awaitable[None]], sock: Any) -> None:
    with anyio.move_on_after(seconds) as scope:
        await wait(sock)
    if scope.cancelled_caught:
        raise TimeoutError("timed out")
