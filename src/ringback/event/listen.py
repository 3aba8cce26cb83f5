"""Listening to events, without being able to hurt the call."""

from collections.abc import Iterable
from typing import Protocol

from ringback.event.model import Event


class Sink(Protocol):
    """Whoever listens.

    It is called in the thread of the call and must return at once: what takes time (network,
    disk) belongs behind a bounded queue of its own.
    """

    def __call__(self, event: Event) -> None:
        """Take note of an event."""


class Listeners:
    """Tells every sink; a sink that raises is counted and the others still hear.

    Attributes:
        sinks: Told in this order.
        failed: How many times a sink raised.
        last_error: What was raised last, as text: the exception would keep the call alive.
    """

    def __init__(self, sinks: Iterable[Sink] = ()) -> None:
        self.sinks = tuple(sinks)
        self.failed = 0
        self.last_error = ""

    def __call__(self, event: Event) -> None:
        """Tell every sink.

        Args:
            event: What happened.
        """
        for sink in self.sinks:
            try:
                sink(event)
            except Exception as error:  # noqa: BLE001 - a sink must not break the call, whatever it raises
                self.failed += 1
                self.last_error = repr(error)
