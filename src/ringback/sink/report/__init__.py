"""A program's calls, told to a monitor: summed up, in batches, and never at the calls' expense."""

from ringback.sink.listening import tell_monitor
from ringback.sink.report.reporter import Reporter

__all__ = ["Reporter", "report"]


def report(url: str, token: str | None = None, *, program: str | None = None) -> Reporter:
    """Report this program's calls to a monitor, and return the sink that does so.

    Every ``Session``, transport, middleware and ``retry()`` made from now on tells it, beside its
    own sinks, and so does ``install()``. The same comes about where the environment has
    ``RINGBACK_URL`` (and ``RINGBACK_TOKEN``) before the first of them is made.

    What is sent: for each origin the number of calls that succeeded and how long they took, and
    each call that failed with its kind and message. No headers, bodies, queries or passwords.

    Args:
        url: The monitor's: ``http://127.0.0.1:8480``.
        token: A token of the monitor with the scope ``push``; ``None``: it needs none.
        program: What this program is called there; the default is the script's name.

    Raises:
        ValueError: If the URL is no absolute ``http`` or ``https`` URL, or holds a password; or
            the token cannot be one.
    """
    reporter = Reporter(url, token, program=program)
    tell_monitor(reporter)
    return reporter
