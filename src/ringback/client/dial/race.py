"""Several addresses of one host, tried so that a dead one costs a quarter of a second."""

import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence

from ringback.client.dial.address import AddrInfo
from ringback.client.dial.verdict import Attempt

DELAY = 0.25
"""Seconds between the starts of two attempts: RFC 8305, section 5, Connection Attempt Delay."""
LEAST = 0.01
"""Seconds: the least delay of RFC 8305, section 5; nor does a single wait have less."""

_Selector: type[selectors.BaseSelector] = getattr(
    selectors, "PollSelector", selectors.SelectSelector
)
_LONGEST = 3600.0
"""Seconds of one wait: the system takes milliseconds as an ``int``."""

Open = Callable[[AddrInfo], socket.socket]
"""Makes a socket for an address, ready to be connected."""
Winner = tuple[socket.socket, AddrInfo]


class Race:
    """Attempts to connect to one host: the first socket that connects wins (RFC 8305, section 5).

    Until an attempt keeps us waiting, this is what ``socket.create_connection`` does. From then on
    attempts run side by side: the next begins when one fails or ``DELAY`` has passed; with little
    time left sooner, so that every address gets its chance.

    Args:
        addresses: In the order to try them.
        open_socket: Makes their sockets.
        until: Give up at this time of ``time.monotonic()``; ``None``: never.
        side_by_side: ``False``: one after the other, each with its share of the time.

    Attributes:
        failed: Attempts that failed, in the order they did.
        pending: Attempts without an answer so far; when ``run`` is over their sockets are closed.
    """

    def __init__(
        self,
        addresses: Sequence[AddrInfo],
        open_socket: Open,
        until: float | None,
        *,
        side_by_side: bool = True,
    ) -> None:
        self.failed: list[Attempt] = []
        self.pending: dict[socket.socket, AddrInfo] = {}
        self._waiting = deque(addresses)
        self._open = open_socket
        self._until = until
        self._delay = _delay(len(addresses), until) if side_by_side else None

    def run(self) -> Winner | None:
        """Return the first socket that connects, with its address; ``None``: all failed."""
        try:
            return self._in_turn() or self._side_by_side()
        finally:
            for sock in self.pending:
                sock.close()

    def _in_turn(self) -> Winner | None:
        while self._waiting and not self.pending:
            timeout = self._patience()
            sock = self._opened()
            if sock is not None and self._connects(sock, timeout):
                return sock, self.pending.pop(sock)
        return None

    def _patience(self) -> float | None:
        """How long the next attempt may keep us waiting."""
        left = None if self._until is None else self._until - time.monotonic()
        if len(self._waiting) > 1:
            if self._delay is not None:
                return self._delay
            left = None if left is None else left / len(self._waiting)
        return None if left is None else max(left, LEAST)

    def _connects(self, sock: socket.socket, timeout: float | None) -> bool:
        try:
            sock.settimeout(timeout)
            sock.connect(self.pending[sock][4])
        except OSError as error:
            silent = isinstance(error, TimeoutError) and error.errno is None
            if not silent or self._delay is None:
                self._lose(sock, error)
            return False
        return True

    def _side_by_side(self) -> Winner | None:
        start_at = 0.0
        with _Selector() as selector:
            for sock in self.pending:
                selector.register(sock, selectors.EVENT_WRITE)
            while self.pending or self._waiting:
                now = time.monotonic()
                if self._until is not None and now >= self._until:
                    break
                if self._waiting and (now >= start_at or not self.pending):
                    start_at = now + self._start(selector)
                    continue
                won, lost = self._answers(selector, self._pause(start_at, now))
                if won is not None:
                    return won, self.pending.pop(won)
                start_at = now if lost else start_at
        self.failed += [Attempt(one, TimeoutError("timed out")) for one in self.pending.values()]
        return None

    def _pause(self, start_at: float, now: float) -> float:
        ends = [self._until] if self._until is not None else []
        if self._waiting:
            ends.append(start_at)
        return min([*ends, now + _LONGEST]) - now

    def _start(self, selector: selectors.BaseSelector) -> float:
        """Begin the next attempt; return the delay after which another may begin."""
        sock = self._opened()
        if sock is None:
            return 0.0
        sock.setblocking(False)
        try:
            sock.connect(self.pending[sock][4])
        except BlockingIOError:
            pass  # it is under way
        except OSError as error:
            self._lose(sock, error)
            return 0.0
        selector.register(sock, selectors.EVENT_WRITE)
        return self._delay or 0.0

    def _answers(
        self, selector: selectors.BaseSelector, timeout: float
    ) -> tuple[socket.socket | None, bool]:
        """Wait; return the socket that connected, if one did, and whether another failed."""
        ready = {key.fileobj for key, _ in selector.select(timeout)}
        lost = False
        for sock in [one for one in self.pending if one in ready]:
            number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not number:
                return sock, lost
            selector.unregister(sock)
            self._lose(sock, OSError(number, os.strerror(number)))
            lost = True
        return None, lost

    def _opened(self) -> socket.socket | None:
        address = self._waiting.popleft()
        try:
            sock = self._open(address)
        except OSError as error:
            self.failed.append(Attempt(address, error.with_traceback(None)))
            return None
        self.pending[sock] = address
        return sock

    def _lose(self, sock: socket.socket, error: OSError) -> None:
        self.failed.append(Attempt(self.pending.pop(sock), error.with_traceback(None)))
        sock.close()


def _delay(addresses: int, until: float | None) -> float:
    if until is None:
        return DELAY
    return min(DELAY, max((until - time.monotonic()) / (addresses + 1), LEAST))
