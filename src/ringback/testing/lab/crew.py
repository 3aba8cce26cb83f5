"""The threads that serve the connections: bounded in number and in time."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.testing.lab.connection import Connection, Handler


class Crew:
    """One short-lived thread per connection.

    Args:
        most: Connections served at the same time; one more ends the oldest.
        limit: Seconds after which a connection is ended, whatever its handler does.
    """

    def __init__(self, most: int, limit: float) -> None:
        self._most = most
        self._limit = limit
        self._lock = threading.Lock()
        self._serving: dict[Connection, tuple[threading.Thread, float]] = {}

    def serve(self, connection: Connection, handler: Handler) -> None:
        """Give a connection to a handler in a thread of its own."""
        thread = threading.Thread(
            target=self._serve, args=(connection, handler), name="ringback-lab-serve", daemon=True
        )
        with self._lock:
            if len(self._serving) >= self._most:
                next(iter(self._serving)).abort()
            self._serving[connection] = (thread, time.monotonic() + self._limit)
        thread.start()

    def expire(self) -> None:
        """End the connections whose time is over."""
        now = time.monotonic()
        with self._lock:
            over = [each for each, (_, deadline) in self._serving.items() if deadline <= now]
        for connection in over:
            connection.abort()

    def stop(self) -> None:
        """End every connection and wait for its thread."""
        with self._lock:
            serving = dict(self._serving)
        for connection in serving:
            connection.abort()
        for thread, _ in serving.values():
            thread.join()

    def _serve(self, connection: Connection, handler: Handler) -> None:
        try:
            # The peer may go away at any point: that is what it is for.
            with contextlib.suppress(OSError):
                handler(connection)
        finally:
            connection.finish()
            with self._lock:
                del self._serving[connection]
