"""That one process writes to a database: a lock that ends with the process, however it ends."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ringback.monitor.store.problem import StoreInUse, StoreUnavailable

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Lock:
    """Held from its making to ``release``; the file beside the database names the process.

    The file stays when the lock is let go: to remove it would let two processes hold two files of
    one name.

    Args:
        database: The database's path.

    Raises:
        StoreInUse: Another process holds it.
        StoreUnavailable: The file cannot be made.
    """

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreUnavailable(
                f"{path}: {error.strerror}; the store needs a directory that it can write to"
            ) from error
        try:
            _lock(self._descriptor)
        except OSError as error:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise StoreInUse(
                f"{database}: process {holder or '?'} writes to it; stop that one, or give this"
                " one another file"
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let another process have it; to do so again does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
