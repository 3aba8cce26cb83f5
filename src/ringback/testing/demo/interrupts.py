"""How the demo is interrupted: at once, and then it takes everything down in peace."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextlib.contextmanager
def orderly() -> Iterator[None]:
    """Have SIGTERM and a terminal that is closed end the block as Ctrl-C does.

    On the way out ``leave_alone`` is called first, so that no second signal cuts short the rest.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are not for this thread
        return
    with contextlib.ExitStack() as restored:
        for one in _SIGNALS:
            restored.callback(signal.signal, one, signal.getsignal(one))
            if one != signal.SIGINT:
                signal.signal(one, _end)
        yield


def leave_alone() -> None:
    """Let no signal disturb the process from now on, within ``orderly``."""
    if threading.current_thread() is threading.main_thread():
        for one in _SIGNALS:
            signal.signal(one, signal.SIG_IGN)


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)
