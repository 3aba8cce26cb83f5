import sqlite3

import pytest
from monitor.export.stores import HOUR, NOVEMBER, change, check, incident, kept, minutes

from ringback.monitor.store import StoreBatch
from ringback.monitor.store.interface import StoreCorrupt, StoreProblem, StoreTooNew
from ringback.monitor.store.sqlite import SQLiteStore
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
    for one in opened:
        one.close()


def test_checks_come_oldest_first_whatever_table_they_are_in(path, reading):
    checks = minutes(NOVEMBER, NOVEMBER + 3 * HOUR)
    other = minutes(NOVEMBER, NOVEMBER + 3 * HOUR, endpoint="api", up=False)
    kept(path, [*checks, *other], until=NOVEMBER + 3 * HOUR)
    reader = reading()
    found = list(reader.checks(NOVEMBER, NOVEMBER + 3 * HOUR))
    assert [one.at for one in found] == sorted(one.at for one in checks + other)
    assert list(reader.checks(NOVEMBER, NOVEMBER + 3 * HOUR, "shop")) == checks
    some = reader.checks(NOVEMBER + 61, NOVEMBER + 181, "shop")
    assert [one.at for one in some] == [NOVEMBER + 61, NOVEMBER + 121]
    assert list(reader.checks(NOVEMBER, NOVEMBER + HOUR, "nobody")) == []


def test_it_reads_beside_the_one_that_writes(path, reading):
    store = SQLiteStore(path)
    store.keep(
        StoreBatch(checks=[check(NOVEMBER)], transitions=[change(NOVEMBER, "unknown", "ok")])
    )
    reader = reading()
    walk = reader.checks(NOVEMBER, NOVEMBER + HOUR)
    assert next(walk).at == NOVEMBER
    store.keep(StoreBatch(checks=[check(NOVEMBER + 1, endpoint="api")], states={"case:new": {}}))
    assert [one.after for one in reader.transitions("shop", 0, NOVEMBER + 1)] == ["ok"]
    assert reader.endpoints() == ["new", "shop"]
    assert len(list(reader.checks(NOVEMBER, NOVEMBER + HOUR))) == 2
    assert reader.hours("shop", NOVEMBER, NOVEMBER + HOUR)[NOVEMBER].count == 1
    store.close()


def test_hours_are_counted_also_where_they_are_not_rolled_up_yet(path, reading):
    whole = minutes(NOVEMBER, NOVEMBER + 3 * HOUR)
    kept(path, whole, until=NOVEMBER + 2.5 * HOUR)
    reader = reading()
    assert {
        at: one.count for at, one in reader.hours("shop", NOVEMBER, NOVEMBER + DAY).items()
    } == {
        NOVEMBER: 60,
        NOVEMBER + HOUR: 60,
        NOVEMBER + 2 * HOUR: 60,
    }
    assert reader.hours("nobody", NOVEMBER, NOVEMBER + DAY) == {}
    fives = reader.fives("shop", NOVEMBER, NOVEMBER + HOUR)
    assert fives == {NOVEMBER + 300 * n for n in range(12)}


DAY = 24 * HOUR


def test_failures_are_found_and_incidents_of_the_time(path, reading):
    kept(
        path,
        [check(NOVEMBER), check(NOVEMBER + 1, up=False), check(NOVEMBER + 2, up=False)],
        [],
        [
            incident(NOVEMBER, id="a"),
            incident(NOVEMBER + 5, id="b", members=("api",)),
            incident(NOVEMBER + 9, id="c"),
        ],
        until=NOVEMBER + 10,
    )
    reader = reading()
    assert [one.at for one in reader.failures("shop", NOVEMBER, NOVEMBER + 9, 1)] == [NOVEMBER + 2]
    assert reader.failures("nobody", NOVEMBER, NOVEMBER + 9, 1) == []
    assert [one.id for one in reader.incidents(NOVEMBER, NOVEMBER + 10)] == ["a", "b", "c"]
    assert [one.id for one in reader.incidents(NOVEMBER + 1, NOVEMBER + 10, "shop")] == ["c"]


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
