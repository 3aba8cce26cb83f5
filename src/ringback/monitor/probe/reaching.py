"""From a host name to a TCP connection, told phase by phase."""

import asyncio
import socket
from collections import deque
from collections.abc import Sequence

from ringback.client.dial.address import AddrInfo, written
from ringback.monitor.probe.course import Course
from ringback.monitor.probe.names import Names

DELAY = 0.25
"""Seconds between the starts of two attempts (RFC 8305, section 5)."""


async def reach(
    host: str, port: int, names: Names, course: Course, *, until: float, family: int = 0
) -> socket.socket:
    """Return a connected socket that does not block.

    Args:
        host: Name or IP address.
        port: TCP port.
        names: The resolver.
        course: Is told; it is left in phase ``connect``.
        until: The lookup gives up at this time of ``time.monotonic()``.
        family: ``socket.AF_INET`` or ``AF_INET6``; 0: both.

    Raises:
        socket.gaierror: The name has no address.
        OSError: No address could be reached; ``connect_attempts`` says how each ended.
    """
    course.enter("dns")
    addresses = await names.addresses(host, port, until, family)
    course.enter("connect", "dns")
    course.address = addresses[0][4][0]
    if len(addresses) == 1:
        return await _attempt(addresses[0])
    connected, address = await _Race(addresses).run()
    course.address = address[4][0]
    return connected


async def _attempt(address: AddrInfo) -> socket.socket:
    connecting = socket.socket(address[0], socket.SOCK_STREAM)
    try:
        connecting.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connecting, address[4])
    except BaseException:
        connecting.close()
        raise
    return connecting


class _Race:
    """Attempts on several addresses: the first that connects wins."""

    def __init__(self, addresses: Sequence[AddrInfo]) -> None:
        self._waiting = deque(addresses)
        self._tasks: dict[asyncio.Task[socket.socket], AddrInfo] = {}
        self._failed: list[tuple[AddrInfo, OSError]] = []

    async def run(self) -> tuple[socket.socket, AddrInfo]:
        try:
            while self._waiting or self._tasks:
                self._start_next()
                patience = DELAY if self._waiting else None
                done, _ = await asyncio.wait(
                    self._tasks, timeout=patience, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    address = self._tasks.pop(task)
                    error = task.exception()
                    if error is None:
                        return task.result(), address
                    self._note(address, error)
        finally:
            self._end_others()
        raise self._error()

    def _start_next(self) -> None:
        if self._waiting:
            address = self._waiting.popleft()
            self._tasks[asyncio.ensure_future(_attempt(address))] = address

    def _note(self, address: AddrInfo, error: BaseException) -> None:
        if not isinstance(error, OSError):
            raise error
        self._failed.append((address, error))

    def _end_others(self) -> None:
        for task in self._tasks:
            if not task.cancel():
                _close(task)
            else:
                task.add_done_callback(_close)
        self._tasks.clear()

    def _error(self) -> OSError:
        _, first = self._failed[0]
        error = OSError(first.errno, first.strerror)
        error.__dict__["connect_attempts"] = [
            (written(address), each.errno) for address, each in self._failed
        ]
        return error


def _close(task: asyncio.Task[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()
