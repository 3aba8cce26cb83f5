"""What the kernel knows of the bytes that were handed to it."""

import contextlib
import socket
import struct
import sys
from typing import Any

from ringback.client.wire import Wire

_RETRANSMITS = 2
"""Where ``struct tcp_info`` of ``linux/tcp.h`` has ``tcpi_retransmits``, one byte."""
_LINGER_ZERO = struct.pack("ii", 1, 0)
_RECORD = {
    ("TLSv1.3", "GCM"): 22,
    ("TLSv1.3", "CHACHA20"): 22,
    ("TLSv1.2", "GCM"): 29,
    ("TLSv1.2", "CHACHA20"): 21,
}
"""Version and cipher → bytes that a record has beside its content: header, nonce, type, tag
(RFC 8446, section 5.2; RFC 5288, section 3; RFC 7905, section 2)."""


def look(sock: Any, wire: Wire) -> None:
    """Note what the peer has confirmed, after a timeout and before the connection is closed.

    Where it has confirmed nothing of the request, closing the connection will abort it: the
    kernel would go on sending, and the request might arrive after it was given up.

    Args:
        sock: The socket of the connection, or what urllib3 uses as one.
        wire: The exchange.
    """
    if sys.platform != "linux" or not wire.sent:
        return
    with contextlib.suppress(OSError, AttributeError):  # closed; no socket of the kernel's
        kernel = getattr(sock, "socket", sock)
        wire.retransmits = kernel.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[_RETRANSMITS]
        wire.overhead = _overhead(sock)
        wire.unacknowledged = _queued(kernel.fileno())
        if wire.acknowledged == "none":
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)


def _queued(descriptor: int) -> int:
    """Bytes not confirmed, sent or not: SIOCOUTQ, which has the number of TIOCOUTQ (tcp(7))."""
    from fcntl import ioctl  # noqa: PLC0415 - not on Windows
    from termios import TIOCOUTQ  # noqa: PLC0415 - not on Windows

    return int(struct.unpack("i", ioctl(descriptor, TIOCOUTQ, bytes(4)))[0])


def _overhead(sock: Any) -> int | None:
    cipher: Any = getattr(sock, "cipher", None)
    if cipher is None:
        return 0
    if not isinstance(sock, socket.socket):
        return None  # TLS within TLS
    name, version, _ = cipher() or ("", "", 0)
    sizes = (size for (of, part), size in _RECORD.items() if of == version and part in name)
    return next(sizes, None)
