"""How many files and sockets this program may still open."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Scene

FEW: Final = 16
"""Descriptors left, below which a program is about to fail."""


def read(scene: Scene) -> None:
    """Tell how many descriptors are open, and how many may be."""
    counted = _counted()
    if counted is None:
        return
    number, limit = counted
    short = limit - number < FEW
    scene.tell(
        "host",
        "descriptors",
        state="noted" if short else "ok",
        result=f"{number} of {limit} descriptors are open",
        kind="client.resources_exhausted" if number >= limit else None,
        facts={"open": number, "limit": limit, "short": short},
    )


def _counted() -> tuple[int, int] | None:
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - Windows has none

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    if limit < 0 or limit == resource.RLIM_INFINITY:
        limit = sys.maxsize
    try:
        return len(os.listdir(folder)) - 1, limit  # noqa: PTH208 - one is that of the listing
    except OSError as error:
        return (limit, limit) if error.errno == errno.EMFILE else None
