"""A full disk, a file that cannot be written, another process, a damaged file."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from nightly import rest_nightly

from ringback.monitor.store.interface import (
    StoreBatch,
    StoreCorrupt,
    StoreProblem,
    StoreUnavailable,
)
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.monitor.store.sqlite.database import copy_database
from ringback.monitor.store.sqlite.reader import SQLiteReader
from tests.monitor.store.maintaining import maintain
from tests.monitor.store.values import AT, check
from tests.requires import requires

ROOT = Path(__file__).parents[4]

FILL = """
import sqlite3, sys
from ringback.monitor.store.degraded import DegradedStore
from ringback.monitor.store.interface import StoreBatch
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.monitor.store.sqlite.reader import SQLiteReader
from tests.monitor.store.maintaining import maintain
from tests.monitor.store.values import AT, check, notice

store = DegradedStore(SQLiteStore(sys.argv[1]))
held = []
while store.degraded is None and len(held) < 200_000:
    some = [check(AT + (len(held) + n) / 100, up=False, detail="x" * 400) for n in range(500)]
    store.keep(StoreBatch(checks=some))
    held += some
store.keep(StoreBatch(notices=[notice()]))
print(store.degraded)
print(store.checks("web", 0, AT * 2, limit=10**6) == held[::-1], store.due(AT)[0].notice.id)
print(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchall())
"""


def python(code, *arguments, **options):
    done = subprocess.run(
        [*options.pop("under", ()), sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        **options,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def whole(path):
    with closing(sqlite3.connect(path)) as driver:
        return driver.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.netns
def test_on_a_full_disk_it_goes_on_and_damages_nothing(tmp_path):
    requires("root", "unshare", "mount")
    mount = 'mount -t tmpfs -o size=4m none "$0" && exec "$@"'
    under = ["unshare", "--mount", "sh", "-c", mount, str(tmp_path)]
    said, seen, checked = python(FILL, tmp_path / "ringback.db", under=under)

    assert "the disk is full; free some space" in said
    assert (seen, checked) == ("True n1", "[('ok',)]")


OPEN = """
import os, sys
from ringback.monitor.store.interface import StoreProblem
from ringback.monitor.store.sqlite import SQLiteStore
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    SQLiteStore(sys.argv[1])
except StoreProblem as problem:
    print(type(problem).__name__, problem)
"""


@pytest.fixture
def public(tmp_path):
    """A directory that every user may look into."""
    for folder in (tmp_path, *list(tmp_path.parents)[:3]):  # pytest's own, of each process too
        if not folder.stat().st_mode & 0o005:
            folder.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "directory"), rest_nightly([(0o444, 0o555), (0o444, 0o777), (0o666, 0o555)])
)
def test_a_file_that_cannot_be_written_is_said_in_one_line(public, file, directory):
    path = public / "data" / "ringback.db"
    path.parent.mkdir()
    SQLiteStore(path).close()
    if directory == 0o777:
        path.with_name("ringback.db.lock").unlink()
    for file_ in path.parent.iterdir():
        file_.chmod(file)
    path.parent.chmod(directory)
    before = path.read_bytes()
    try:
        [said] = python(OPEN, path)
    finally:
        path.parent.chmod(0o755)

    assert said.startswith("StoreUnavailable")
    assert "writ" in said
    assert path.read_bytes() == before


def test_a_directory_that_is_not_there_is_said(tmp_path):
    with pytest.raises(StoreUnavailable, match="No such file or directory; the store needs"):
        SQLiteStore(tmp_path / "none" / "ringback.db")


def test_another_program_that_holds_the_file_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("ringback.monitor.store.sqlite.database._LOCK_TIMEOUT", 0.05)
    store = SQLiteStore(tmp_path / "ringback.db")
    with closing(sqlite3.connect(store.path, isolation_level=None)) as driver:
        driver.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="another program has locked the database"):
            store.keep(StoreBatch(checks=[check()]))
        driver.execute("ROLLBACK")
    store.keep(StoreBatch(checks=[check()]))
    assert store.checks("web", 0, AT * 2) == [check()]
    store.close()


def test_what_is_no_database_is_left_alone(tmp_path):
    path = tmp_path / "ringback.db"
    path.write_bytes(b"these are not the pages you are looking for\n" * 200)
    before = path.read_bytes()

    for use in (SQLiteStore, SQLiteReader):
        with pytest.raises(StoreCorrupt, match="not a SQLite database; use another file"):
            use(path)
    assert path.read_bytes() == before


def test_a_file_is_read_without_a_change_and_where_nothing_is_writable(tmp_path):
    path = tmp_path / "ringback #1.db"
    with closing(SQLiteStore(path)) as store:
        store.keep(StoreBatch(checks=[check()]))
    before = path.read_bytes()
    path.chmod(0o444)
    with closing(SQLiteReader(path)) as reader:
        assert list(reader.checks(AT, AT + 1)) == [check()]
    assert path.read_bytes() == before


def test_damaged_pages_are_said(tmp_path):
    path = tmp_path / "ringback.db"
    store = SQLiteStore(path)
    store.keep(StoreBatch(checks=[check(AT + n, up=False, detail="x" * 300) for n in range(2000)]))
    store.close()
    with path.open("r+b") as file:
        for page in range(1, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(os.urandom(4096))

    with pytest.raises(StoreCorrupt, match="damaged; move it away and restore a backup"):
        SQLiteStore(path)


def test_a_backup_is_whole_while_batches_are_kept(tmp_path):
    store = SQLiteStore(tmp_path / "ringback.db")
    store.keep(StoreBatch(checks=[check()], states={"batches": 1}))
    over = threading.Event()

    def keep():
        number = 1
        while not over.is_set():
            number += 1
            some = [check(AT + number), check(AT + number, "other")]
            store.keep(StoreBatch(checks=some, states={"batches": number}))

    thread = threading.Thread(target=keep)
    thread.start()
    try:
        for name in ("first", "second", "first"):
            store.backup(tmp_path / name)
    finally:
        over.set()
        thread.join()
        store.close()
    for name in ("first", "second"):
        assert whole(tmp_path / name)
        copy = SQLiteStore(tmp_path / name)
        assert len(copy.checks("web", 0, AT * 2, limit=10**6)) == copy.state("batches")
        copy.close()
    assert not list(tmp_path.glob("*.partial"))


def test_a_backup_is_refused_with_a_reason(tmp_path):
    store = SQLiteStore(tmp_path / "ringback.db")
    with pytest.raises(StoreProblem, match="the database itself; use another file"):
        store.backup(store.path)
    with pytest.raises(StoreProblem, match=r"none/copy\.db: the file cannot be opened"):
        store.backup(tmp_path / "none" / "copy.db")
    store.close()
    with pytest.raises(StoreProblem, match="there is no such file"):
        copy_database(tmp_path / "no.db", tmp_path / "copy.db")
    with pytest.raises(StoreProblem, match="this is a directory"):
        copy_database(tmp_path, tmp_path / "copy.db")
    (tmp_path / "empty").touch()
    with pytest.raises(StoreCorrupt, match="not a database of ringback"):
        copy_database(tmp_path / "empty", tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_the_file_is_nobody_elses(tmp_path):
    path, copy = tmp_path / "ringback.db", tmp_path / "copy.db"
    before = os.umask(0)
    try:
        SQLiteStore(path).close()
        path.chmod(0o644)  # as an earlier release made it
        store = SQLiteStore(path)
        store.keep(StoreBatch(states={"a": 1}))
        copy_database(path, copy)
        files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)

    assert {"ringback.db", "ringback.db-wal", "ringback.db.lock", "copy.db"} <= set(files)
    assert set(files.values()) == {0o600}, files


def test_a_check_that_comes_after_the_first_piece_of_an_hour_failed_is_kept(tmp_path):
    store = SQLiteStore(tmp_path / "ringback.db")
    store.keep(StoreBatch(checks=[check(AT + 10)]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store._seal, "_copy", _no_room)
        with pytest.raises(StoreUnavailable):
            maintain(store, AT + 3700)
    late = check(AT + 20, "of-another-endpoint")
    store.keep(StoreBatch(checks=[late]))
    maintain(store, AT + 3800)

    assert [name for name in tables(tmp_path) if name.startswith(("check_", "sealed_"))] == [
        "sealed_2025112112"
    ]
    assert store.checks("of-another-endpoint", AT, AT + 86400) == [late]
    store.close()


def tables(folder):
    with closing(sqlite3.connect(folder / "ringback.db")) as driver:
        return [name for (name,) in driver.execute("SELECT name FROM sqlite_master")]


def _no_room(*_):
    raise StoreUnavailable("the disk is full")
