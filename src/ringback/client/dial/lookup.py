"""One call that cannot be interrupted."""

import socket
import threading
from collections.abc import Callable, Hashable
from copy import copy
from typing import Any


class LookupTimedOut(socket.gaierror, TimeoutError):  # noqa: N818 - named for what happened
    """The name was not resolved in the time allowed.

    A ``socket.gaierror``, since clients look for it, and a ``TimeoutError``, since it is one.
    """


class Lookup:
    """One call: made once, whoever waits for it.

    Args:
        key: What it is for.
        host: The name, which tells its domain.
        call: Makes it.

    Attributes:
        done: Set when there is a result or an error.
        told: Called then, in the thread that made the call; for those that cannot wait in one.
    """

    def __init__(self, key: Hashable, host: str, call: Callable[[], Any]) -> None:
        self.key = key
        self.domain = domain_of(host)
        self.done = threading.Event()
        self.told: list[Callable[[], None]] = []
        self.began: float | None = None
        self.waiting = 0
        self._call = call
        self._result: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Make the call and keep how it ended."""
        try:
            self._result = self._call()
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._error = error.with_traceback(None)

    def result(self) -> Any:
        """Return what the call returned, or raise a copy of what it raised."""
        if self._error is not None:
            raise _copied(self._error)
        return self._result


def domain_of(host: str) -> str:
    """Return the domain whose names are likely to fail together: the parent, if it has two labels.

    Args:
        host: A name with or without a trailing dot.
    """
    parent = host.rstrip(".").partition(".")[2]
    return parent if "." in parent else host


def _copied(error: BaseException) -> BaseException:
    """One for each who waits: an exception collects the frames it was raised through."""
    try:
        return copy(error)
    except Exception:  # noqa: BLE001 - a constructor of others
        return error
