"""A TLS connection to a proxy, as the carrier of another one: each wait fits into the deadline.

urllib3 does TLS within TLS in Python. One read of the inner connection takes as many reads of the
outer one as it needs, each with a timeout of its own.
"""

import ssl
from time import monotonic
from typing import Any

from ringback.client.deadline import current


class BoundedSocket(ssl.SSLSocket):
    """An ``ssl.SSLSocket`` that waits no longer than the deadline of the call leaves."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Receive, as a socket does.

        Args:
            buflen: As in ``socket``.
            flags: As in ``socket``.
        """
        self._fit()
        return super().recv(buflen, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        """Send, as a socket does; ``sendall`` is made of it.

        Args:
            data: As in ``socket``.
            flags: As in ``socket``.
        """
        self._fit()
        return super().send(data, flags)

    def _fit(self) -> None:
        at = current()
        if at is None:
            return
        left, own = at - monotonic(), self.gettimeout()
        if left <= 0:
            raise TimeoutError("timed out")
        if own is None or left < own:
            self.settimeout(left)


def bounded(sock: Any) -> Any:
    """Return a socket as one that keeps the deadline, where it is Python's own.

    Args:
        sock: A connection to a proxy.
    """
    if type(sock) is ssl.SSLSocket:
        sock.__class__ = BoundedSocket  # the handshake is done: a new one cannot be made of it
    return sock
