"""Whom a door tells: the sinks that the program gave, or the log; and the monitor, where one is."""

import logging
import os
from collections.abc import Iterable

from ringback.event import Listeners, Sink
from ringback.sink.logging import LogSink

URL = "RINGBACK_URL"
"""Variable of the environment: the monitor that this program's calls are reported to."""

TOKEN = "RINGBACK_TOKEN"  # noqa: S105 - the name of a variable
"""Variable of the environment: its token."""

_MONITOR: list[Sink | None] = []


def listeners_for(sinks: Iterable[Sink] | Listeners | None) -> Listeners:
    """Return the listeners of a door.

    Args:
        sinks: Those that the program gave; ``None``: the log. Listeners are taken as they are.
    """
    if isinstance(sinks, Listeners):
        return sinks
    told: list[Sink] = [LogSink()] if sinks is None else list(sinks)
    monitor = _monitor()
    if monitor is not None and not any(_includes(one, monitor) for one in told):
        told.append(monitor)
    return Listeners(told)


def tell_monitor(sink: Sink | None) -> None:
    """Have every door that is made from now on tell a monitor as well.

    Args:
        sink: Which reports to it; ``None``: none, whatever the environment says.
    """
    _MONITOR[:] = [sink]


def _monitor() -> Sink | None:
    if not _MONITOR:
        url = os.environ.get(URL)
        if not url:
            return None
        tell_monitor(_of_environment(url, os.environ.get(TOKEN)))
    return _MONITOR[0]


def _of_environment(url: str, token: str | None) -> Sink | None:
    from ringback.sink.report.reporter import Reporter  # noqa: PLC0415 - most programs need none

    try:
        return Reporter(url, token or None)
    except ValueError as error:
        logging.getLogger("ringback").warning("%s is of no use: %s", URL, error)
        return None


def _includes(sink: Sink, sought: Sink) -> bool:
    if isinstance(sink, Listeners):
        return any(_includes(one, sought) for one in sink.sinks)
    return sink is sought
