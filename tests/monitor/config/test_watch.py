import asyncio
import contextlib
from pathlib import Path

import pytest

from ringback.monitor.config.watch import watch_files


@contextlib.asynccontextmanager
async def watching(files, patterns=()):
    """The next change, awaited since before the test goes on."""
    found = watch_files(lambda: (files, patterns), settled=20)

    async def told(change):
        waiting = asyncio.ensure_future(anext(found))
        await asyncio.sleep(0)
        change()
        async with asyncio.timeout(60):
            return await waiting

    async with contextlib.aclosing(found):
        yield told


def replaced(path, text):
    other = path.with_name("other.tmp")
    other.write_text(text)
    other.rename(path)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "ringback.toml"
    path.write_text("a = 1\n")
    return path


def test_a_change_a_replacement_and_a_removal_are_reported(file, tmp_path):
    files, more = [file], tmp_path / "more" / "more.toml"
    more.parent.mkdir()
    more.write_text("")

    async def main():
        async with watching(files) as told:
            assert await told(lambda: file.write_text("a = 22\n")) == {file}
            # At once: of a file that is written one may be told twice.
            assert await told(lambda: replaced(file, "a = 3\n")) == {file}
            assert await told(file.unlink) == {file}
            files.append(more)  # what is watched is asked for after each change
            assert await told(lambda: replaced(file, "a = 4\n")) == {file}
            assert await told(lambda: replaced(more, "b = 1\n")) == {more}

    asyncio.run(main())


def test_a_file_behind_a_link_is_watched_as_kubernetes_replaces_it(tmp_path):
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ringback.toml").write_text(f"vantage = '{name}'\n")
    data, file = tmp_path / "..data", tmp_path / "ringback.toml"
    data.symlink_to("v1")
    file.symlink_to("..data/ringback.toml")

    def swap():
        (tmp_path / "next").symlink_to("v2")
        (tmp_path / "next").rename(data)

    async def main():
        async with watching([file]) as told:
            assert await told(swap) == {file}

    asyncio.run(main())


def test_files_that_a_pattern_names_are_noticed_when_they_come_and_go(file, tmp_path):
    folder: Path = tmp_path / "conf.d"
    new = folder / "a.toml"

    async def main():
        async with watching([file], [str(folder / "*.toml")]) as told:

            def appear():
                folder.mkdir()
                new.write_text("")

            assert await told(appear) == {new}
            assert await told(lambda: new.write_text("b = 1\n")) == {new}
            (folder / "notes.txt").write_text("x")
            assert await told(new.unlink) == {new}

    asyncio.run(main())
