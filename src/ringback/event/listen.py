"""Listening to events, without being able to hurt the call."""

from collections import deque
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, ClassVar, Protocol

from ringback.event.model import Event

OF_THE_CALL: list[ContextVar[Any]] = []
"""Variables that belong to a call under way: its limits, its connection.

They are ``None`` where a sink runs: a webhook that reports a failed call must not inherit what
that call had left of its time, and an event that waits must not keep a socket alive.
"""


class Sink(Protocol):
    """Whoever listens: any callable that takes an event.

    Three attributes, all optional, say how it wants to be called:

    ``inline = True``: it returns at once, whatever happens (it counts, or appends to a list), and
    is called by the thread of the call. Any other is called by another thread, in order, and the
    call goes on without it if it takes long. ``append`` of a list or a deque is known to be quick.

    ``wants_success = False``: it is not told of calls that succeed at the first attempt.

    ``wants_refusals = False``: where none of the others wants to be told of calls that an open
    circuit refuses, there is no event of them.
    """

    def __call__(self, event: Event) -> None:
        """Take note of an event."""


class Tally:
    """What became of what was told.

    Attributes:
        failed: How many times a sink raised.
        dropped: How many events were never told, because the sink was too slow.
        last_error: What was raised last, as text: the exception would keep the call alive.
    """

    def __init__(self) -> None:
        self.failed = 0
        self.dropped = 0
        self.last_error = ""

    def count(self, error: BaseException) -> None:
        """Count what a sink raised.

        Args:
            error: The exception.
        """
        self.failed += 1
        try:
            self.last_error = repr(error)
        except Exception:  # noqa: BLE001 - an exception's repr is foreign code too
            self.last_error = type(error).__name__


class Listeners:
    """Tells every sink; one that raises, hangs or is slow hurts neither the call nor the others.

    Attributes:
        sinks: Told in this order.
    """

    background: ClassVar[Callable[[Sink], Sink]] = staticmethod(lambda sink: sink)
    """What stands between the call and a sink that is not ``inline``.

    ``ringback.sink`` puts threads there; this room has none.
    """

    inline = True

    def __init__(self, sinks: Iterable[Sink] = ()) -> None:
        self.sinks = tuple(sinks)
        self._told = tuple(s if _is_inline(s) else Listeners.background(s) for s in self.sinks)
        self._own = Tally()

    def __call__(self, event: Event) -> None:
        """Tell every sink that wants to know.

        Args:
            event: What happened.
        """
        uneventful = event.uneventful
        for sink in self._told:
            if uneventful and not getattr(sink, "wants_success", True):
                continue
            try:
                sink(event)
            except Exception as error:  # noqa: BLE001 - a sink must not break the call, whatever it raises
                self._own.count(error)

    @property
    def wants_success(self) -> bool:
        """Whether any sink wants to be told of a call that succeeds at its first attempt."""
        for sink in self.sinks:  # noqa: SIM110 - any() takes three times as long, and each call asks
            if getattr(sink, "wants_success", True):
                return True
        return False

    @property
    def wants_refusals(self) -> bool:
        """Whether any sink wants to be told of a call that an open circuit refuses."""
        for sink in self._told:  # noqa: SIM110 - as above; such calls come in great numbers
            if getattr(sink, "wants_refusals", True):
                return True
        return False

    @property
    def failed(self) -> int:
        """How many times a sink raised."""
        return sum(tally.failed for tally in self._tallies())

    @property
    def dropped(self) -> int:
        """How many events a sink was not told of because it was too slow."""
        return sum(tally.dropped for tally in self._tallies())

    @property
    def last_error(self) -> str:
        """What a sink raised last, as text."""
        return next((t.last_error for t in self._tallies() if t.last_error), "")

    def _tallies(self) -> "Iterable[Tally | Listeners]":
        yield self._own
        for sink in self._told:
            tally = sink if isinstance(sink, Listeners) else getattr(sink, "tally", None)
            if isinstance(tally, Tally | Listeners):
                yield tally


def _is_inline(sink: Sink) -> bool:
    owner = getattr(sink, "__self__", None)
    return bool(getattr(sink, "inline", False)) or type(owner) in (list, deque)
