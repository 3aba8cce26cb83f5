"""``ringback.client.dial`` for tasks: a connected TCP socket to a host, in bounded time."""

import errno
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from time import monotonic
from typing import Any

import anyio

from ringback.client.deadline import remaining
from ringback.client.dial.address import AddrInfo, Opening, avoided, in_order
from ringback.client.dial.lookups import Lookup, Lookups, LookupTimedOut
from ringback.client.dial.resolver import resolver, soonest
from ringback.client.dial.tcp import ConnectAttempt, attempt_delay, error_of, learn
from ringback.client.tasks import from_threads

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


class AsyncRace:
    """Attempts to connect to one host: the first that connects wins (RFC 8305, section 5)."""

    def __init__(
        self,
        addresses: Sequence[AddrInfo],
        open_socket: Callable[[AddrInfo], socket.socket],
        until: float | None,
    ) -> None:
        self.failed: list[ConnectAttempt] = []  # Attempts that failed, in the order they did
        self.pending: list[AddrInfo] = []  # Addresses without an answer so far
        self._addresses = addresses
        self._open = open_socket
        self._until = until
        self._delay = attempt_delay(len(addresses), until)
        self._won: tuple[socket.socket, AddrInfo] | None = None

    async def run(self) -> tuple[socket.socket, AddrInfo] | None:
        """Return the first socket that connects, with its address; ``None``: all failed."""
        if len(self._addresses) == 1:
            await self._attempt(self._addresses[0])
            return self._won
        async with anyio.create_task_group() as group:
            for address in self._addresses:
                over = anyio.Event()
                group.start_soon(self._compete, address, over, group.cancel_scope)
                with anyio.move_on_after(self._delay):
                    await over.wait()
        return self._won

    async def _compete(
        self, address: AddrInfo, over: anyio.Event, scope: anyio.CancelScope
    ) -> None:
        await self._attempt(address)
        over.set()
        if self._won:
            scope.cancel()

    async def _attempt(self, address: AddrInfo) -> None:
        self.pending.append(address)
        sock = None
        try:
            sock = self._open(address)
            await connect(sock, address[4], self._until)
        except OSError as error:
            _close(sock)
            self.failed.append(ConnectAttempt(address, error.with_traceback(None)))
        except BaseException:
            _close(sock)
            raise
        else:
            if self._won:
                sock.close()
                return
            self._won = sock, address
        self.pending.remove(address)


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


def _close(sock: socket.socket | None) -> None:
    if sock is not None:
        sock.close()


async def resolve_async(host: str, port: int, until: float | None) -> list[AddrInfo]:
    """Return the addresses of a host, as ``ringback.client.dial.resolve``."""
    steps = resolver.steps(host, port, until)
    try:
        wanted = next(steps)
        while True:
            try:
                made = await _made(resolver.lookups, *wanted)
            except LookupTimedOut as error:
                wanted = steps.throw(error)
            else:
                wanted = steps.send(made)
    except StopIteration as end:
        found: list[AddrInfo] = end.value
        return found


async def _made(lookups: Lookups, lookup: Lookup, until: float | None) -> Lookup:
    """What ``Lookups.make`` does."""
    lookup, asked = lookups.join(lookup), monotonic()
    done, call = anyio.Event(), from_threads()
    lookup.callbacks.append(lambda: call(done.set))
    try:
        while not lookup.done.is_set():
            lookups.start()
            with anyio.move_on_after(lookups.pause(lookup, asked, until)):
                await done.wait()
    finally:
        lookups.leave(lookup)
    return lookup


async def dial_async(
    host: str,
    port: int,
    *,
    timeout: float | None,
    source_address: tuple[str, int] | None = None,
    socket_options: Iterable[Any] | None = None,
) -> socket.socket:
    """Return a socket that is connected to a host and does not block."""
    if not 0 <= port <= 65535:
        raise OverflowError("dial(): port must be 0-65535.")  # the words of socket.connect
    until, target = soonest(timeout), (host, port)
    opening = Opening(source_address, socket_options)
    found = opening.reachable(await resolve_async(host, port, until))
    race = AsyncRace(in_order(found, avoided.of(target)), opening, until)
    winner = await race.run()
    learn(target, race.failed, race.pending, winner)
    if winner is None:
        resolver.cache.expire((host, 0))
        raise error_of(race.failed)
    return winner[0]
