"""What the kernel knows of a TCP connection: how much arrived, here and there."""

from __future__ import annotations

import socket
import struct
import sys

_LENGTH = 136
_RETRANSMITS = 2
_UNACKED = 24
_BYTES = 120
"""Offsets in ``struct tcp_info`` of ``linux/tcp.h``: ``tcpi_retransmits``, ``tcpi_unacked`` and
``tcpi_bytes_acked`` with ``tcpi_bytes_received`` behind it."""


def confirmed(sock: socket.socket) -> dict[str, int | None]:
    """Return what the kernel knows of the bytes sent and received; ``None``: it does not tell."""
    names = ("unacked", "retransmits", "bytes_acked", "bytes_received")
    data = _info(sock)
    if len(data) < _LENGTH:
        return dict.fromkeys(names)
    acked, received = struct.unpack_from("=QQ", data, _BYTES)
    # The SYN counts as one byte that was confirmed.
    numbers = (
        struct.unpack_from("=I", data, _UNACKED)[0],
        data[_RETRANSMITS],
        max(0, acked - 1),
        received,
    )
    return dict(zip(names, numbers, strict=True))


def _info(sock: socket.socket) -> bytes:
    if sys.platform != "linux":
        return b""
    try:
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LENGTH)
    except OSError:  # closed, or no socket of TCP
        return b""
