"""What others have a session send by in the place of its adapter: a mock, mostly.

requests-mock replaces ``get_adapter`` on each session while a request is under way. What it chooses
answers in the place of ringback's adapter, and is called for each attempt.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import MethodType
from typing import Any

import requests
from requests.adapters import BaseAdapter

_SESSION = requests.Session  # A program may put ours in its place.
_OPTIONS = {"stream": False, "timeout": None, "verify": True, "cert": None, "proxies": None}


class AdapterChoice:
    """``Session.get_adapter``, which stays in charge where it is replaced on a session.

    Args:
        substituted: Returns what sends by an adapter, given it and the one that is mounted.
        original: requests' own function; ``None``: whatever it is when it is called.
    """

    def __init__(
        self, substituted: Callable[[Any, Any], Any], original: Callable[..., Any] | None = None
    ) -> None:
        self._substituted = substituted
        self._original = original

    def __get__(self, session: Any, owner: type | None = None) -> Any:
        original = self._original or _SESSION.get_adapter
        if session is None:
            return original
        if self._original is None and "get_adapter" not in vars(session):  # as most times
            return MethodType(original, session)
        return partial(self._chosen, session, original)

    def __set__(self, session: Any, function: Any) -> None:
        vars(session)["get_adapter"] = function

    def __delete__(self, session: Any) -> None:
        del vars(session)["get_adapter"]

    def _chosen(self, session: Any, original: Callable[..., Any], url: str) -> Any:
        replaced, mounted = vars(session).get("get_adapter"), original(session, url)
        return self._substituted(mounted if replaced is None else replaced(url=url), mounted)


class Substitute(BaseAdapter):
    """Sends by an adapter of others.

    Args:
        inner: Theirs.
        driven: Sends a request under a policy, in a way that it is given.
    """

    def __init__(self, inner: Any, driven: Callable[..., requests.Response]) -> None:
        super().__init__()
        self._inner = inner
        self._driven = driven

    def send(self, request: Any, **options: Any) -> requests.Response:  # type: ignore[override]  # as a session calls it
        """Send a request, as often as it needs and may; return the response."""
        try:
            return self._driven(request, _OPTIONS | options, self._send_once, self._send_once)
        except _OwnWordError as said:
            raise said.error from said.error.__cause__

    def close(self) -> None:
        """Close theirs."""
        self._inner.close()

    def _send_once(self, request: Any, **options: Any) -> requests.Response:
        try:
            response: requests.Response = self._inner.send(request, **options)
        except Exception as error:
            if _package(error) == _package(self._inner) != "requests":
                raise _OwnWordError(error) from error
            raise
        return response


class _OwnWordError(BaseException):
    """What such an adapter says of itself, as that it knows no answer: no failure of the call."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


def _package(thing: object) -> str:
    return type(thing).__module__.partition(".")[0]
