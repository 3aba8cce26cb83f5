"""``ringback.client.dial`` for tasks: a connected TCP socket to a host, in bounded time."""

import errno
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import anyio

from ringback.client.deadline import remaining
from ringback.client.dial.address import Opening, avoided, in_order
from ringback.client.dial.resolve_async import resolve_async
from ringback.client.dial.resolver import soonest
from ringback.client.dial.tcp import Race, Winner, check_port, outcome_of, unreachable

BLOCKED = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""What a socket that does not block raises where it would."""


async def readable(sock: Any, seconds: float | None) -> None:
    """Wait until there is something to read."""
    await _within(seconds, anyio.wait_readable, sock)


async def writable(sock: Any, seconds: float | None) -> None:
    """Wait until something can be written, or a connection stands."""
    await _within(seconds, anyio.wait_writable, sock)


async def ready(
    sock: Any, blocked: BaseException, seconds: float | None, *, writing: bool = False
) -> None:
    """Wait until what blocked can go on."""
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


_UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK})


async def run_race(race: Race) -> Winner | None:
    """Return the first socket that connects, with its address; ``None``: all failed."""
    steps = race.steps()
    try:
        seconds = next(steps)
        while True:
            seconds = steps.send(await _answering([*race.pending], seconds))
    except StopIteration as end:
        winner: Winner | None = end.value
        return winner
    finally:
        race.close()


async def _answering(socks: list[socket.socket], seconds: float) -> list[socket.socket]:
    """Wait until one of the sockets can be written to; return those that can."""
    found: list[socket.socket] = []
    with anyio.move_on_after(seconds):
        if len(socks) == 1:
            await anyio.wait_writable(socks[0])
            return socks
        async with anyio.create_task_group() as group:

            async def wait(sock: socket.socket) -> None:
                await anyio.wait_writable(sock)
                found.append(sock)
                group.cancel_scope.cancel()

            for sock in socks:
                group.start_soon(wait, sock)
    return found


async def connect(sock: socket.socket, address: Any, until: float | None) -> None:
    """Connect a socket, which does not block from now on."""
    sock.setblocking(False)
    number = sock.connect_ex(address)
    if number in _UNDER_WAY:
        if number:
            await writable(sock, remaining(until))
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if number:
        raise OSError(number, os.strerror(number))


async def dial_async(
    host: str,
    port: int,
    *,
    timeout: float | None,
    source_address: tuple[str, int] | None = None,
    socket_options: Iterable[Any] | None = None,
) -> socket.socket:
    """Return a socket that is connected to a host and does not block."""
    check_port(port)
    until, target = soonest(timeout), (host, port)
    opening = Opening(source_address, socket_options)
    found = opening.reachable(await resolve_async(host, port, until))
    race = Race(in_order(found, avoided.of(target)), opening, until)
    sock, failed = outcome_of(race, target, await run_race(race))
    if sock is None:
        raise unreachable(host, 0, failed)
    return sock
