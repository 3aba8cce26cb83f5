"""The file that a download grows in, and what is known of it; it survives a kill at any moment.

Three files stand beside each other: ``x.part`` holds the content, ``x.part.json`` what it is the
content of, and ``x`` appears when all of it is there. What makes any moment a safe one to die in:

- Only the first ``safe`` bytes that the JSON speaks of are ever built upon, and it speaks of no
  byte that is not on the disk.
- The JSON is replaced as a whole. It says that nothing is safe before the part file is emptied for
  another content, so that what it says is never of another file than what lies beside it.
- Whoever writes holds a lock on the part file, which ends with the process. The file that is
  locked must still be the one of that name: whoever had it before may have finished it.
"""

import contextlib
import hashlib
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_SYNC_BYTES = 1 << 25
"""Bytes after which the part file is brought to the disk, and which a kill can cost at most."""

_NOTES_BYTES = 1 << 16
"""More than the notes take."""

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class PartFile:
    """A download on the disk."""

    def __init__(self, path: Path, resource: str) -> None:
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a directory; name the file in it")
        self.path = path
        self.part = path.with_name(f"{path.name}.part")
        self._notes = path.with_name(f"{path.name}.part.json")
        # Of the URL only this: it may hold credentials.
        self._resource = hashlib.sha256(resource.encode()).hexdigest()
        self.validator: str | None = None
        self.total: int | None = None
        self._file = _locked(self.part)
        self._safe = self._known()
        self.position = self._file.seek(self._safe)
        self._file.truncate()

    def start_anew(self, validator: str | None, total: int | None) -> None:
        """Forget what is there, for a content that has this validator and length."""
        self.validator, self.total, self._safe = validator, total, 0
        self._note()
        self.position = self._file.seek(0)
        self._file.truncate()

    def write(self, piece: bytes) -> None:
        """Append what came."""
        left = memoryview(piece)
        with _named(self.part):
            while left:  # an unbuffered file writes less than it is given where the disk is full
                left = left[self._file.write(left) :]
        self.position += len(piece)
        if self.position - self._safe >= _SYNC_BYTES:
            self.sync()

    def sync(self) -> None:
        """Bring what was written to the disk, and note that it is there."""
        if self.position == self._safe:
            return
        with _named(self.part):
            os.fsync(self._file.fileno())
        before, self._safe = self._safe, self.position
        try:
            self._note()
        except OSError:
            self._safe = before
            raise

    def digest(self) -> str:
        """Return the SHA-256 of what is there, in hexadecimal digits."""
        self._file.seek(0)
        found = hashlib.file_digest(self._file, "sha256").hexdigest()
        self._file.seek(self.position)
        return found

    def finish(self) -> None:
        """Let the file appear under its name."""
        with _named(self.part):
            os.fsync(self._file.fileno())
        if sys.platform == "win32":
            self._file.close()  # an open file has no other name there
        self.part.replace(self.path)
        self._file.close()
        self._notes.unlink(missing_ok=True)
        _sync_folder(self.path.parent)

    def discard(self) -> None:
        """Remove what is there: it is wrong."""
        self._notes.unlink(missing_ok=True)
        if sys.platform == "win32":
            self._file.close()
        self.part.unlink(missing_ok=True)
        self._file.close()

    def close(self) -> None:
        """Keep what is there, as far as the disk allows, and let others have it."""
        if self._file.closed:
            return
        with contextlib.suppress(OSError):
            try:
                self.sync()
            except OSError:  # the disk is full: make room for what has to be noted
                self.position = max(self._safe, self.position - _NOTES_BYTES)
                self._file.truncate(self.position)
                self.sync()
        self._file.close()

    def _known(self) -> int:
        """Take what the notes say; return how many bytes may be built upon."""
        try:
            notes = json.loads(self._notes.read_text("utf-8"))
            safe, total, validator = (notes[key] for key in ("safe", "total", "validator"))
            good = notes["resource"] == self._resource and isinstance(validator, str)
            good = good and (total is None or (type(total) is int and total >= 0))
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return 0
        size = os.fstat(self._file.fileno()).st_size
        # An intact part file is never shorter than what is safe of it.
        if not good or type(safe) is not int or not 0 <= safe <= size:
            return 0
        self.validator, self.total = validator, total
        return safe

    def _note(self) -> None:
        notes = {
            "resource": self._resource,
            "validator": self.validator,
            "total": self.total,
            "safe": self._safe,
        }
        new = self._notes.with_name(f"{self._notes.name}.new")
        with _named(new), open(new, "w", encoding="utf-8", opener=_opener) as file:
            json.dump(notes, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._notes)


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let an error of a write tell of which file: by itself it does not."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | _NO_FOLLOW, 0o666)


def _locked(part: Path) -> io.FileIO:
    """Open the part file, for us alone."""
    while True:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | _NO_FOLLOW | _BINARY, 0o666)
        file = io.FileIO(descriptor, "r+b")
        try:
            _lock(descriptor)
            if part.stat().st_ino == os.fstat(descriptor).st_ino:
                return file
        except FileNotFoundError:
            pass  # it has just been finished
        except BlockingIOError:
            file.close()
            message = "another download to the same file is under way"
            raise BlockingIOError(11, message, str(part)) from None
        except BaseException:
            file.close()
            raise
        file.close()


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - only there

        os.lseek(descriptor, 1 << 62, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl  # noqa: PLC0415 - not on Windows

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk, where folders can be."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
