"""What the attempts to connect have come to so far, for those who wait for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.diagnosis.layer.tcp.attempt import Attempt


class Watch:
    """The first attempts to connect, one for each address.

    Args:
        addresses: What is connected to.
    """

    def __init__(self, addresses: Iterable[str]) -> None:
        self._made: dict[str, Attempt | None] = dict.fromkeys(addresses)
        self._changed = threading.Condition()

    def ended(self, made: Attempt) -> None:
        """Note an attempt."""
        with self._changed:
            self._made[made.address] = made
            self._changed.notify_all()

    def wait(self, seconds: float) -> dict[str, Attempt | None]:
        """Return the attempts by address, once all have ended or the time is over."""
        self._wait(lambda: all(self._made.values()), seconds)
        return dict(self._made)

    def of(self, address: str, seconds: float) -> Attempt | None:
        """Return the attempt at one address; ``None``: it goes on."""
        self._wait(lambda: self._made[address] is not None, seconds)
        return self._made[address]

    def _wait(self, over: Callable[[], bool], seconds: float) -> None:
        ends = time.monotonic() + seconds
        with self._changed:
            while not over() and (left := ends - time.monotonic()) > 0:
                self._changed.wait(left)
