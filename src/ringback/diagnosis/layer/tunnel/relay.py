"""A TLS connection as a plain socket, so that TLS can be spoken within it."""

from __future__ import annotations

import selectors
import socket
import ssl
import threading

_IDLE = 15.0
"""Seconds without a byte after which the relay ends."""

_MOST = 65536


def relayed(secured: ssl.SSLSocket) -> socket.socket:
    """Return a socket whose bytes go through a TLS connection.

    A thread carries them until either side closes, or nothing comes for 15 s.
    """
    ours, theirs = socket.socketpair()
    thread = threading.Thread(
        target=_carry, args=(theirs, secured), daemon=True, name="ringback-diagnosis-relay"
    )
    thread.start()
    return ours


def _carry(theirs: socket.socket, secured: ssl.SSLSocket) -> None:
    with theirs, secured, selectors.DefaultSelector() as selector:
        selector.register(theirs, selectors.EVENT_READ, secured)
        selector.register(secured, selectors.EVENT_READ, theirs)
        try:
            while ready := selector.select(_IDLE):
                for key, _ in ready:
                    if not _moved(key.fileobj, key.data):
                        return
        except OSError:
            return


def _moved(source: object, sink: socket.socket) -> bool:
    """Move what there is; say whether the source is still open."""
    assert isinstance(source, socket.socket)
    source.settimeout(0)
    sink.settimeout(_IDLE)
    while True:
        try:
            data = source.recv(_MOST)
        except (BlockingIOError, ssl.SSLWantReadError):  # nothing more, or no whole record
            return True
        if not data:
            return False
        sink.sendall(data)
