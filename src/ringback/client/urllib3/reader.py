"""Reading from a connection: each wait fits into the deadline, and the bytes are counted."""

import io
import socket
from math import inf
from time import monotonic
from typing import Any

from ringback.client.acknowledgement import look
from ringback.client.deadline import current
from ringback.client.trust.ends import is_cut
from ringback.client.wire import Wire


class Reader(socket.SocketIO):
    """What ``socket.makefile`` returns unbuffered, for one response.

    A timeout of a socket is for one read: a peer that sends a byte now and then never meets it.
    Here each read waits no longer than the deadline of the call leaves, if there is one. A body
    that is read after its call has ended is under the socket's timeout alone.

    Args:
        sock: The socket, with its timeout set; what urllib3 uses as one will do.
        wire: Counts what comes.

    Attributes:
        ended: The peer has ended its side.
        cut: How TLS told that it was ended below TLS, without ``close_notify``.
    """

    _sock: Any

    def __init__(self, sock: Any, wire: Wire) -> None:
        super().__init__(sock, "rb")
        try:
            sock._io_refs += 1  # noqa: SLF001 - keeps the descriptor open, as makefile does
        except AttributeError:
            sock.socket._io_refs += 1  # noqa: SLF001 - the same for urllib3's TLS within TLS
        self.ended = False
        self.cut: OSError | None = None
        self._wire = wire
        limit = sock.gettimeout()
        self._limit: float = inf if limit is None else limit
        self._changed = False
        self._timed_out = False

    def makefile(self, _mode: str = "rb") -> io.BufferedReader:
        """Return this, buffered: ``http.client`` asks a socket so."""
        return io.BufferedReader(self)

    def readinto(self, buffer: Any) -> int | None:
        """Read what there is, after waiting for it; return the number of bytes, 0 at the end.

        Args:
            buffer: Where to; not empty.

        Raises:
            TimeoutError: The socket's timeout or the deadline has come.
            OSError: The connection is broken.
        """
        sock = self._sock
        if sock is None:
            raise ValueError("I/O operation on closed file.")
        try:
            at = current()
            if self._changed or (at is not None and at - monotonic() < self._limit):
                self._fit(at)
            count: int = sock.recv_into(buffer)
        except BlockingIOError:
            return None
        except OSError as error:
            if not self._ended_by(error):
                raise
            count = 0
        if count:
            self._wire.received += count
        else:
            self.ended = True
        return count

    def _fit(self, at: float | None) -> None:
        """Let the socket wait for its limit, or for what the deadline leaves."""
        if self._timed_out:
            raise OSError("cannot read from timed out object")
        left = inf if at is None else at - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        seconds = min(left, self._limit)
        self._sock.settimeout(None if seconds == inf else seconds)
        self._changed = left < self._limit

    def _ended_by(self, error: OSError) -> bool:
        """Note what an error means; return whether it is the end."""
        if isinstance(error, TimeoutError):
            self._timed_out = self._changed = True
            look(self._sock, self._wire)
        if not is_cut(error):
            return False
        self.cut = error.with_traceback(None)  # whose functions hold this
        return True
