"""The one thread that accepts for every listener and runs what is due."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import selectors
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

Call = Callable[[], None]


class Loop:
    """Watches sockets and runs calls at their time, in one thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._waker, self._wakened = socket.socketpair()
        self._wakened.setblocking(False)
        self._waker.setblocking(False)
        self._selector.register(self._wakened, selectors.EVENT_READ, self._woken)
        self._due: list[tuple[float, int, Call]] = []
        self._count = itertools.count()
        self._lock = threading.Lock()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="ringback-lab", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; what is not yet due is dropped."""
        self.later(0, self._end)
        self._thread.join()
        self._selector.close()
        self._waker.close()
        self._wakened.close()

    def later(self, seconds: float, call: Call) -> None:
        """Run ``call`` in the loop's thread after some seconds; it must not block."""
        with self._lock:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._count), call))
        self._wake()

    def run(self, call: Callable[[], object]) -> None:
        """Run ``call`` in the loop's thread and wait until it has; what it raises is raised."""
        if threading.current_thread() is self._thread:
            call()
            return
        done: Future[None] = Future()
        self.later(0, lambda: _settle(done, call))
        done.result()

    def watch(self, watched: socket.socket, readable: Call) -> None:
        """Call ``readable`` whenever a socket can be read; for the loop's thread."""
        self._selector.register(watched, selectors.EVENT_READ, readable)

    def forget(self, watched: socket.socket) -> None:
        """Stop watching a socket; for the loop's thread."""
        self._selector.unregister(watched)

    def _run(self) -> None:
        while True:
            pause = self._run_due()
            if self._stopping:
                return
            for key, _ in self._selector.select(pause):
                key.data()

    def _run_due(self) -> float | None:
        while call := self._next():
            with contextlib.suppress(OSError):  # a port may be given back before it is to open
                call()
        with self._lock:
            return max(0.0, self._due[0][0] - time.monotonic()) if self._due else None

    def _next(self) -> Call | None:
        with self._lock:
            if not self._stopping and self._due and self._due[0][0] <= time.monotonic():
                return heapq.heappop(self._due)[2]
            return None

    def _wake(self) -> None:
        try:
            self._waker.send(b"\0")
        except BlockingIOError:
            return  # Enough wake-ups are under way already.

    def _woken(self) -> None:
        self._wakened.recv(4096)

    def _end(self) -> None:
        self._stopping = True


def _settle(done: Future[None], call: Callable[[], object]) -> None:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - handed to the thread that waits for it
        done.set_exception(error)
    else:
        done.set_result(None)
