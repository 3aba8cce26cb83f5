"""The connections that a transport keeps: which may serve a request, and which must go."""

from collections import OrderedDict, deque
from threading import Lock
from time import monotonic
from typing import Any

Key = tuple[bytes, bytes, int]
"""Scheme, host and port."""


class Kept:
    """Every connection of a transport. No I/O, no waiting; thread-safe.

    Each step takes the same time, however many connections there are. httpcore looks at every
    connection for every request that waits, and asks the kernel about each that is idle.

    Args:
        most: How many connections there may be, those in use included.
        idle: How many of them may be idle.
        seconds: How long one may be idle; ``None``: for ever.
        shared: Whether one connection may serve several requests at once, as in HTTP/2.
    """

    def __init__(
        self, most: float, idle: float, seconds: float | None, *, shared: bool = False
    ) -> None:
        self._most = most
        self._most_idle = idle
        self._seconds = seconds
        self._shared = shared
        self._lock = Lock()
        self._users: dict[Any, int] = {}
        self._key_of: dict[Any, Key] = {}
        self._idle: OrderedDict[Any, float] = OrderedDict()  # since when; the longest first
        self._idle_of: dict[Key, deque[Any]] = {}  # the longest first

    def __len__(self) -> int:
        return len(self._key_of)

    def join(self, key: Key) -> Any:
        """Return a connection in use that serves another request as well, or ``None``.

        Args:
            key: Whom the request is for.
        """
        if not self._shared:
            return None
        with self._lock:
            for connection in self._users:
                if self._key_of[connection] == key and connection.is_available():
                    self._users[connection] += 1
                    return connection
        return None

    def take(self, key: Key) -> tuple[Any, list[Any]]:
        """Return an idle connection for a request, if there is one, and those to close.

        Args:
            key: Whom the request is for.
        """
        with self._lock:
            closing = self._expired()
            idle = self._idle_of.get(key)
            while idle:
                connection = idle.pop()
                del self._idle[connection]
                if not (connection.is_closed() or connection.has_expired()):
                    self._users[connection] = 1
                    return connection, closing
                del self._key_of[connection]
                closing.append(connection)
            if self._idle and len(self._key_of) >= self._most:
                closing.append(self._drop_oldest())
            return None, closing

    def add(self, key: Key, connection: Any) -> None:
        """Add a new connection, in use.

        Args:
            key: Whom it is for.
            connection: One of httpcore's.
        """
        with self._lock:
            self._key_of[connection] = key
            self._users[connection] = 1

    def done(self, connection: Any, taken: float = 0) -> tuple[bool, list[Any]]:
        """End a use of a connection; return whether it was the last, and those to close.

        Args:
            connection: The connection.
            taken: How many requests have a place, this one no longer. Those of them without a
                connection are about to ask for one: as many idle ones are kept for them.
        """
        with self._lock:
            left = self._users[connection] - 1
            if left:
                self._users[connection] = left
                return False, []
            del self._users[connection]
            if connection.is_closed() or not connection.is_idle():
                del self._key_of[connection]
                return True, [connection]
            self._idle[connection] = monotonic()
            self._idle_of.setdefault(self._key_of[connection], deque()).append(connection)
            closing = self._expired()
            if len(self._idle) - max(0, taken - len(self._users)) > self._most_idle:
                closing.append(self._drop_oldest())
            return True, closing

    def clear(self) -> list[Any]:
        """Forget every connection; return them, to be closed."""
        with self._lock:
            every = list(self._key_of)
            self._key_of.clear()
            self._idle.clear()
            self._idle_of.clear()
            return every

    def _expired(self) -> list[Any]:
        if self._seconds is None or not self._idle:
            return []
        closing, until = [], monotonic() - self._seconds
        while self._idle and next(iter(self._idle.values())) < until:
            closing.append(self._drop_oldest())
        return closing

    def _drop_oldest(self) -> Any:
        connection, _ = self._idle.popitem(last=False)
        key = self._key_of.pop(connection)
        idle = self._idle_of[key]
        idle.popleft()
        if not idle:
            del self._idle_of[key]
        return connection
