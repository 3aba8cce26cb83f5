"""Events as lines: to Python's logging, into a file or onto stderr."""

import logging
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Lock
from typing import TextIO

from ringback.event import Event, What
from ringback.event.listen import CallQueue, without_exception
from ringback.sink.formatting import json_line, message_line, text_line

_CHANGES: dict[What, int] = {
    "circuit_opened": logging.WARNING,
    "circuit_closed": logging.INFO,
    "calls_waiting": logging.WARNING,
    "calls_released": logging.INFO,
    "calls_given_up": logging.ERROR,
    "fallback": logging.WARNING,
    "stacked_retries": logging.WARNING,
}

_OUTCOMES = {"retry": logging.INFO, "failure": logging.ERROR, "success": logging.INFO}

_NOBODY = logging.NullHandler()  # without it, Python writes what nobody handles to stderr

_HANDLERS = CallQueue("logging")  # one, for handlers are shared: lines keep their order


class LogSink:
    """Writes to a logger: calls given up (ERROR), retries and recoveries (INFO), changes.

    A line has the URL without credentials and query, the kind, which attempt of how many, the
    decision and the wait. A call that succeeds at once is not logged; one that an open
    circuit refuses is at DEBUG, for there may be many. The event, without the exception, is at
    ``record.event``.

    The record is made in the thread of the call and handed to the handlers by another, so that a
    handler that hangs cannot hold the call up. Where they are quick, the line is out before the
    call goes on.

    Attributes:
        tally: What became of the lines of all log sinks.
    """

    inline = True
    wants_success = False
    tally = _HANDLERS.tally

    def __init__(self, logger: str = "ringback", *, json: bool = False) -> None:
        """Write to a logger.

        Args:
            logger: Its name.
            json: Write each event as a JSON object; the members are in
                ``docs/how-to/listen-to-events.md``.
        """
        self._logger = logging.getLogger(logger)
        self._json = json
        self._logger.addHandler(_NOBODY)

    @property
    def wants_refusals(self) -> bool:
        """Whether the logger takes what is at DEBUG."""
        return self._logger.isEnabledFor(logging.DEBUG)

    @property
    def wants_any(self) -> bool:
        """Whether a line would get anywhere, of whatever level."""
        return self._logger.isEnabledFor(logging.ERROR) and _is_heard(self._logger)

    def __call__(self, event: Event) -> None:
        """Log an event.

        Args:
            event: What happened.
        """
        level, logger = _level(event), self._logger
        if event.uneventful or not logger.isEnabledFor(level) or not _is_heard(logger):
            return
        name = logging.getLevelName(level)
        line = json_line(event, name) if self._json else message_line(event)
        extra = {"event": without_exception(event)}
        record = logger.makeRecord(
            logger.name, level, __file__, 0, "%s", (line,), None, extra=extra
        )
        _HANDLERS.post(logger.handle, record)


def _level(event: Event) -> int:
    if event.refused:
        return logging.DEBUG
    return _CHANGES.get(event.what) or _OUTCOMES[event.outcome]


def _is_heard(logger: logging.Logger) -> bool:
    """Return whether a record would get anywhere."""
    if logger.callHandlers.__module__ != "logging":
        return True  # somebody listens in by replacing the method, as error trackers do
    place: logging.Logger | None = logger
    while place:
        for handler in place.handlers:
            if not isinstance(handler, logging.NullHandler):
                return True
        place = place.parent if place.propagate else None
    return False


class StreamSink:
    """Writes a line for each event, except for calls that succeed at once.

    For programs whose logging is none of ringback's business. A file is opened for each line and
    appended to by one write, so that several processes can share it and it can be rotated.
    """

    wants_success = False

    def __init__(self, path: str | Path | None = None, *, json: bool = False) -> None:
        """Write lines.

        Args:
            path: The file; ``None``: stderr.
            json: Lines of JSON, as of ``LogSink(json=True)``.
        """
        self._path = path if path is None else Path(path)
        self._json = json
        self._lock = Lock()

    def __repr__(self) -> str:
        """Return what a warning calls it: where its lines should have gone."""
        return f"StreamSink({str(self._path) if self._path else 'stderr'!r})"

    def __call__(self, event: Event) -> None:
        """Write an event.

        Args:
            event: What happened.
        """
        if event.uneventful:
            return
        level = "INFO" if event.failure is None else "WARNING"
        line = json_line(event, level) if self._json else f"ringback: {text_line(event)}"
        with self._lock, self._opened() as stream:
            stream.write(line + "\n")
            stream.flush()

    def _opened(self) -> AbstractContextManager[TextIO]:
        return self._path.open("a", encoding="utf-8") if self._path else nullcontext(sys.stderr)
