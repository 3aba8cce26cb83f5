"""Connecting ahead of urllib3, so that a failure costs little until somebody is told of it."""

import socket
from collections.abc import Callable
from typing import Any, NamedTuple

import urllib3.connection
from requests import Response
from urllib3.util.retry import Retry

from ringback.client.requests.fast.watch import Watch
from ringback.client.urllib3.connection import dials

WATCH = Watch(
    {
        urllib3.connection.HTTPConnection: "connect",
        urllib3.connection.HTTPSConnection: "connect",
        Retry: "increment is_exhausted",
    }
)


class Unreached(NamedTuple):
    """A server that could not be connected to.

    Attributes:
        pool: Of the connections to it.
        error: Why not.
    """

    pool: Any
    error: OSError


class Unconnected(NamedTuple):
    """A request that was not sent, because its connection could not be made.

    Attributes:
        error: Why not.
        tell: Raises what requests raises, without trying again.
    """

    error: OSError
    tell: Callable[[], Response]


class Reach:
    """A connection that can be reached out for first; ``connect`` then goes on from there.

    Attributes:
        reached: The socket, or why there is none; ``None``: nobody has tried.
    """

    reached: socket.socket | Exception | None = None
    timeout: float | None

    def reach(self, limit: float | None) -> None:
        """Connect to the server, or find out that it cannot be.

        Args:
            limit: Seconds; ``None``: no limit.
        """
        self.timeout = limit
        try:
            self.reached = super()._dialled()  # type: ignore[misc]  # of the class beside it
        except Exception as error:  # noqa: BLE001 - raised again by connect()
            # It would hold every frame from here outwards, and those the error.
            self.reached = error.with_traceback(None)

    def close(self) -> None:
        """Close, as in urllib3."""
        reached, self.reached = self.reached, None
        if isinstance(reached, socket.socket):
            reached.close()
        super().close()  # type: ignore[misc]  # of the class beside it

    def _dialled(self) -> socket.socket:
        reached, self.reached = self.reached, None
        if isinstance(reached, Exception):
            try:
                raise reached
            finally:
                del reached  # its traceback holds this frame
        found: socket.socket = reached or super()._dialled()  # type: ignore[misc]  # as above
        return found


def may_reach(adapter: Any, connection: Any) -> bool:
    """Return whether connecting ahead does what urllib3 would do.

    Args:
        adapter: Which sends a request: it must not ask urllib3 for retries.
        connection: Without a socket.
    """
    return (
        isinstance(connection, Reach)
        and connection.reached is None
        and adapter.max_retries.total == 0
        and dials()
        and WATCH.holds()
    )
