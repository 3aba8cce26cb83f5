"""Addresses that failed a moment ago, to be tried after the others."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

SECONDS = 60.0
"""How long an address is put last."""
_MOST_TARGETS = 512
_MOST_ADDRESSES = 32
_NONE: Mapping[str, float] = {}

Target = tuple[str, int]
"""Host and port."""


class Avoided:
    """Remembers, for each host and port, the addresses that failed; bounded, and safe in threads.

    Args:
        seconds: How long an address is remembered.
        clock: Seconds on a clock that never goes back.
    """

    def __init__(
        self, *, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._clock = seconds, clock
        self.reset()

    def reset(self) -> None:
        """Forget everything, with a new lock: a forked child may have inherited a locked one."""
        self._lock = threading.Lock()
        self._until: dict[Target, dict[str, float]] = {}

    def of(self, target: Target) -> Mapping[str, float]:
        """Return the addresses to avoid and until when, the one that failed first first."""
        if target not in self._until:
            return _NONE
        now = self._clock()
        with self._lock:
            kept = {
                address: until
                for address, until in self._until.pop(target, _NONE).items()
                if until > now
            }
            if kept:
                self._until[target] = kept
            return dict(kept)

    def add(self, target: Target, address: str) -> None:
        """Put an address last from now on.

        Args:
            target: Host and port.
            address: IP address.
        """
        with self._lock:
            known = self._until.setdefault(target, {})
            known.pop(address, None)  # to the end of the order
            known[address] = self._clock() + self._seconds
            _trim(known, _MOST_ADDRESSES)
            _trim(self._until, _MOST_TARGETS)

    def remove(self, target: Target, address: str) -> None:
        """An address answered."""
        if target in self._until:
            with self._lock:
                self._until.get(target, {}).pop(address, None)


def _trim(known: dict[Any, Any], most: int) -> None:
    while len(known) > most:
        del known[next(iter(known))]


avoided = Avoided()
"""What this process remembers."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=avoided.reset)


def avoid(host: str, port: int, address: str) -> None:
    """Try an address of a host after the others for a minute, as if it could not be reached.

    For connections that were lost or answered badly after ``dial`` made them.

    Args:
        host: As given to ``dial``.
        port: As given to ``dial``.
        address: IP address, as from ``socket.getpeername``.
    """
    avoided.add((host, port), address)
