"""Events into the standard library's logging."""

import logging
from datetime import UTC, datetime

from ringback.event import Event
from ringback.failure import Failure, Target
from ringback.retry import Done, GiveUp, Retry

_REASONS = {
    "not_retryable": "trying again cannot help",
    "not_idempotent": "the request may have been processed and must not be sent twice",
    "not_replayable": "the body cannot be sent again",
    "attempts": "no attempt is left",
    "deadline": "the deadline leaves no time for another attempt",
}


class LogSink:
    """Writes retries (WARNING), calls given up (ERROR) and recoveries (INFO) to a logger.

    A line has the time, the URL without credentials and query, the kind, which attempt of how
    many, the decision and the wait. A call that succeeds at once is not logged. The event
    itself is at ``record.event``.
    """

    def __init__(self, logger: str = "ringback") -> None:
        self._name = logger
        logging.getLogger(logger).addHandler(logging.NullHandler())

    def __call__(self, event: Event) -> None:
        """Log an event.

        Args:
            event: What happened.
        """
        level, outcome = _outcome(event)
        if level:
            line = f"{_time(event.at)} {_call(event)}: {outcome}"
            logging.getLogger(self._name).log(level, "%s", _plain(line), extra={"event": event})


def _outcome(event: Event) -> tuple[int, str]:
    of = f"(attempt {event.attempt} of {event.attempts})"
    match event.decision:
        case Retry(failure=failure, delay=delay):
            return logging.WARNING, f"{_what(failure)} {of}: trying again in {delay:.2f} s"
        case GiveUp(failure=failure, reason=reason):
            return logging.ERROR, f"{_what(failure)} {of}: giving up, {_REASONS[reason]}"
        case Done(attempt=attempt) if attempt > 1:
            return logging.INFO, f"recovered {of}"
    return logging.NOTSET, ""


def _what(failure: Failure) -> str:
    return f"{failure.kind}: {failure.message}" if failure.message else failure.kind


def _call(event: Event) -> str:
    return f"{event.method} {_place(event.target)}".strip()


def _place(target: Target) -> str:
    return target.url or f"{target.host or '?'}:{target.port or '?'}"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _plain(text: str) -> str:
    """Return the text with every character escaped that could forge a line or drive a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
