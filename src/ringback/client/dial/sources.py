"""The files from which the system's resolver takes its settings and names."""

import os

FILES = ("/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf")
EVERY = 1.0
"""Seconds between two looks."""


class Sources:
    """Notices that a file changed, appeared or went; cheap enough for every connection.

    Args:
        files: Their paths.
    """

    def __init__(self, files: tuple[str, ...] = FILES) -> None:
        self._files = files
        self._next = 0.0
        self._seen = tuple(map(_mark, files))

    def changed(self, now: float) -> bool:
        """Return whether anything changed since the last look; looks once in ``EVERY`` seconds.

        Args:
            now: Seconds on a clock that never goes back.
        """
        if now < self._next:
            return False
        self._next = now + EVERY
        seen = tuple(map(_mark, self._files))
        changed, self._seen = seen != self._seen, seen
        return changed


def _mark(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path would cost more than the call
    except OSError:
        return ()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
