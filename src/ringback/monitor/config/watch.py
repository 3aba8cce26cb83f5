"""Noticing that files of a configuration have changed."""

# Theory of operation of the live reload (what is noticed is here, what is done in `program`)
#
#             changed                       valid: exchanged in one step
#     in use ----------->  another process  ---------------------------->  the new one is in use
#       ^     or SIGHUP    reads all files
#       |                        |
#       +------------------------+  a problem: reported in the log, on the page and by the API
#
# * A file counts as changed when its inode, size or time of change differs, so a file that is
#   moved into its place, or a symbolic link that points elsewhere (Kubernetes), is noticed as well.
#   The operating system reports changes of the folders; for file systems that report nothing, the
#   files are looked at every POLL_MILLISECONDS anyway. An editor writes in several steps: a change
#   is reported when nothing further has happened for SETTLE_MILLISECONDS.
# * Watched are the files that were read, the patterns of `include`, and files with a problem, also
#   those that were never in use: that one is mended must be noticed too.
# * One reading at a time, in a process of its own (`reader_process`): checks go on meanwhile (not
#   after SIGHUP, which waits for it). What changes during a reading differs from the marks taken
#   before it, and leads to the next reading.
# * The new configuration is in use as a whole or not at all: what can still be refused (the page's
#   settings, a notifier) is tried first; then endpoints, routes and windows are exchanged in one
#   step of the event loop, so no check sees half of each.
# * An endpoint that keeps its id keeps its state, incidents and history; one whose settings stay
#   the same keeps its connection and its place in the schedule.
# * What is read only at the start (the store's path, the port …) is named as needing a restart, by
#   the log and the API; the rest of the new configuration is in use.

import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from pathlib import Path

from watchfiles import awatch

from ringback.monitor.config.source import included_files

SETTLE_MILLISECONDS = 200  # Milliseconds without a further change until a change is reported
POLL_MILLISECONDS = 5000
"""Milliseconds after which the files are looked at anyway: some file systems report nothing."""

FileMark = tuple[int, int, int]
"""Inode, size and time of the last change: another file in its place has another inode."""

WatchedFiles = Callable[[], tuple[Iterable[Path], Iterable[str]]]
"""Returns the files that were read, and absolute patterns of those that are included."""


async def watch_files(
    named: WatchedFiles, *, settled: int = SETTLE_MILLISECONDS
) -> AsyncIterator[frozenset[Path]]:
    """Yield the files that have changed, appeared or gone, each time that some have.

    A file that is replaced by another one counts as changed, also behind a symbolic link. What is
    ``named`` is asked for again after each change that was reported.
    """
    files, patterns = _now(named)
    before = _marks(files, patterns)
    while True:
        folders = _folders(files, patterns)
        seen = awatch(
            *folders,
            watch_filter=None,
            debounce=max(settled, 50) * 4,
            step=settled,
            rust_timeout=POLL_MILLISECONDS,
            yield_on_timeout=True,
            recursive=False,
        )
        async with aclosing(seen):
            async for _ in seen:
                now = _marks(files, patterns)
                if changed := dict(before.items() ^ now.items()):
                    before = now
                    yield frozenset(changed)
                    if (wanted := _now(named)) != (files, patterns):
                        files, patterns = wanted
                        # What is new among them was read just now: it has not changed since.
                        before = {file: before.get(file, m) for file, m in _marks(*wanted).items()}
                if _folders(files, patterns) != folders:
                    break


def _now(named: WatchedFiles) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    files, patterns = named()
    return tuple(files), tuple(patterns)


def _marks(files: Iterable[Path], patterns: Iterable[str]) -> dict[Path, FileMark]:
    found = [file for pattern in patterns for file in included_files(Path("/"), pattern)]
    return {file: mark for file in (*files, *found) if (mark := _mark(file))}


def _mark(file: Path) -> FileMark | None:
    try:
        state = file.stat()
    except OSError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns


def _folders(files: Iterable[Path], patterns: Iterable[str]) -> list[Path]:
    """The folders to watch: where a pattern's is not there, what is there above it."""
    wanted = {file.absolute().parent for file in files}
    wanted |= {folder for pattern in patterns for folder in _of_pattern(pattern)}
    return sorted({_existing(folder) for folder in wanted})


def _of_pattern(pattern: str) -> Iterable[Path]:
    parent = Path(pattern).parent
    plain = parent
    while set("*?[") & set(str(plain)):
        plain = plain.parent
    yield plain
    if plain != parent:
        yield from (
            folder for folder in plain.glob(os.path.relpath(parent, plain)) if folder.is_dir()
        )


def _existing(folder: Path) -> Path:
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder
