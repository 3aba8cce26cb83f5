"""Other libraries that retry the same call, so that attempts multiply."""

import sys
from types import FrameType

LAYERS = frozenset(
    {
        "aiohttp_retry",
        "backoff",
        "httpx_retries",
        "interlock",
        "opnieuw",
        "pyresilience",
        "retry",
        "retrying",
        "stamina",
        "tenacity",
    }
)
"""Packages that call a function again when it fails."""

_DEEPEST = 200
_REPORTED: set[str] = set()


def new_layer() -> str | None:
    """Return the library whose retries surround the running call, once per process and library."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the way to read the stack
    for _ in range(_DEEPEST):
        if frame is None:
            break
        name = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if name in LAYERS and name not in _REPORTED:
            _REPORTED.add(name)
            return name
        frame = frame.f_back
    return None


def forget() -> None:
    """Report every library anew."""
    _REPORTED.clear()
