"""What the client that calls a transport wants: httpx does not say, but its functions know."""

import sys
from types import FrameType
from typing import NamedTuple

_MOST = 24
"""Functions to look at: httpx has five between, a wrapper around our transport some more."""


class Caller(NamedTuple):
    """What is known of who calls.

    Attributes:
        streams: The body is left to the caller; so it is where nothing is known.
        redirected: The request follows a redirect, so that it belongs to a call under way.
    """

    streams: bool
    redirected: bool


_UNKNOWN = Caller(True, False)


def caller(package: str, *, following: bool) -> Caller:
    """Return what the client wants whose ``send`` is under way above.

    A client reads the body after its transport has returned, so that a body which breaks off
    could not be tried again. Where ``stream=True`` was not asked for, the transport reads it.

    Args:
        package: ``httpx`` or ``httpx2``.
        following: The request may follow a redirect.
    """
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - the way to see who calls
    client, redirected = f"{package}._client", False
    names = _FOLLOWING if following else _SENDING
    for _ in range(_MOST):
        if frame is None:
            return _UNKNOWN
        name = frame.f_code.co_name
        if name in names and frame.f_globals.get("__name__") == client:
            held = frame.f_locals
            if name == "send":
                return Caller(bool(held.get("stream", True)), redirected)
            redirected = bool(held.get("history"))
        frame = frame.f_back
    return _UNKNOWN


_SENDING = frozenset({"send"})
_FOLLOWING = frozenset({"send", "_send_handling_redirects"})
