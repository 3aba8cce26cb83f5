"""Noticing that files of a configuration have changed."""

import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from pathlib import Path

from watchfiles import awatch

from ringback.monitor.config.source import included_files

SETTLE_MILLISECONDS = 200
"""Milliseconds without a further change until a change is reported."""
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
