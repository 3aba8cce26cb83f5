import sqlite3

import pytest
from monitor.export.stores import NOVEMBER, check, kept

from ringback.monitor.store.interface import StoreCorrupt, StoreProblem, StoreTooNew
from ringback.monitor.store.sqlite.reader import SQLiteReader


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ringback #1.db"


@pytest.fixture
def reading(path):
    opened = []

    def read():
        opened.append(SQLiteReader(path))
        return opened[-1]

    yield read
    for reader in opened:
        reader.close()


def test_nothing_is_changed_and_nothing_need_be_writable(path, reading, tmp_path):
    kept(path, [check(NOVEMBER)], until=NOVEMBER + 10)
    before = path.read_bytes()
    path.chmod(0o444)
    assert len(list(reading().checks(NOVEMBER, NOVEMBER + 1))) == 1
    assert path.read_bytes() == before


def test_what_cannot_be_read_is_said(path, reading):
    with pytest.raises(StoreProblem, match="no such file"):
        reading()
    path.write_bytes(b"x" * 5000)
    with pytest.raises(StoreProblem, match="not a SQLite database"):
        reading()
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE x (y)")
    other.close()
    with pytest.raises(StoreCorrupt, match="not a database of ringback"):
        reading()
    path.unlink()
    kept(path, until=NOVEMBER)
    with sqlite3.connect(path) as later:
        later.execute("UPDATE alembic_version SET version_num = '9999'")
    later.close()
    with pytest.raises(StoreTooNew, match="another version"):
        reading()
