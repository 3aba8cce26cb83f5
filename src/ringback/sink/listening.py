"""Who gets a client integration's events: the program's sinks, or the log; and the monitor."""

import logging
import os
from collections.abc import Callable, Iterable

from ringback.event import Event, Listeners, Sink
from ringback.sink.logging import LogSink

URL_VARIABLE = "RINGBACK_URL"
"""Variable of the environment: the monitor that this program's calls are reported to."""

TOKEN_VARIABLE = "RINGBACK_TOKEN"  # noqa: S105 - the name of a variable
"""Variable of the environment: its token."""

_MONITOR: list[Sink | None] = []


def listeners_for(sinks: Iterable[Sink] | Listeners | None) -> Listeners:
    """Return the listeners of a client integration."""
    if isinstance(sinks, Listeners):
        return sinks
    receivers: list[Sink] = [LogSink()] if sinks is None else list(sinks)
    monitor = _monitor()
    if monitor is not None and not any(_includes(sink, monitor) for sink in receivers):
        receivers.append(monitor)
    return Listeners(receivers)


def report_to_monitor(sink: Sink | None) -> None:
    """Have every client integration that is made from now on report to a monitor as well."""
    _MONITOR[:] = [sink]


def _monitor() -> Sink | None:
    if not _MONITOR:
        url = os.environ.get(URL_VARIABLE)
        if not url:
            return None
        report_to_monitor(_of_environment(url, os.environ.get(TOKEN_VARIABLE)))
    return _MONITOR[0]


def _of_environment(url: str, token: str | None) -> Sink | None:
    from ringback.sink.report import Reporter  # noqa: PLC0415 - most programs need none

    try:
        return Reporter(url, token or None)
    except ValueError as error:
        logging.getLogger("ringback").warning("%s is of no use: %s", URL_VARIABLE, error)
        return None


def _includes(sink: Sink, sought: Sink) -> bool:
    if isinstance(sink, Listeners):
        return any(_includes(inner, sought) for inner in sink.sinks)
    return sink is sought


class CallbackSink:
    """Calls a function with each event, and says how it wants to be called.

    A function alone is a sink as well; this is for one that is quick, or that has no use for
    calls that simply work.
    """

    def __init__(
        self,
        callback: Callable[[Event], object],
        *,
        inline: bool = False,
        wants_success: bool = True,
    ) -> None:
        """Set up a sink.

        Args:
            callback: Called with each event.
            inline: Call it in the thread of the call; it must never wait for anything.
            wants_success: Call it also for calls that succeed at the first attempt.
        """
        self.callback = callback
        self.inline = inline
        self.wants_success = wants_success

    def __call__(self, event: Event) -> None:
        """Call the function.

        Args:
            event: What happened.
        """
        self.callback(event)

    def __repr__(self) -> str:
        return f"CallbackSink({self.callback!r})"
