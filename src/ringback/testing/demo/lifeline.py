"""How a process of the demo ends with the demo, however that ends."""

from __future__ import annotations

import os
import signal
import sys
import threading


def end_with_parent() -> None:
    """End this process when its standard input does: the other side is the demo's."""
    threading.Thread(target=_wait, name="ringback-demo-lifeline", daemon=True).start()


def _wait() -> None:
    # Not through ``sys.stdin``: whoever reads it holds a lock that the interpreter's end wants.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
