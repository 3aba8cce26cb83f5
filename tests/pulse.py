"""How long something took, without the time that the machine kept this process from running.

A machine with other work may stop a process for a second, in whatever call it is: nothing that
happens within the process can end in time then, and nothing is wrong with it.
"""

from __future__ import annotations

import threading
import time
from typing import Self

_BEAT = 0.02
_MISSED = 0.1
"""Seconds between two beats from which on the process was kept from running."""


class Pulse:
    """Beats for as long as its context lasts, and notes each beat that comes late."""

    def __init__(self) -> None:
        self._missed: list[tuple[float, float]] = []
        self._last = 0.0
        self._beaten = threading.Condition()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        self._last = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def ran(self, began: float, ended: float) -> float:
        """Return the seconds between two moments of ``time.monotonic`` in which the process ran."""
        with self._beaten:
            # The beat that was to come when the process was stopped may still be on its way.
            assert self._beaten.wait_for(lambda: self._last > ended, 60), "the pulse has stopped"
            kept = sum(max(0.0, min(ended, b) - max(began, a)) for a, b in self._missed)
        return ended - began - kept

    def _beat(self) -> None:
        while not self._over.wait(_BEAT):
            now = time.monotonic()
            with self._beaten:
                if now - self._last > _MISSED:
                    self._missed.append((self._last, now))
                self._last = now
                self._beaten.notify_all()
