import random

import pytest
from nightly import rest_nightly

from ringback.monitor.store.interface import StoreBatch, StoreRetention, StoreUnavailable
from ringback.monitor.store.sqlite import SQLiteStore, seal
from tests.monitor.store.values import AT, check

DAY = 86400.0


def tables(store):
    with store._database.read() as connection:
        found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        return sorted(found.scalars())


def settled(store, now):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ringback.monitor.store.relational.MAINTAIN_SECONDS", 600.0)
        store.maintain(now)


def test_an_hour_is_sealed_when_it_is_over(tmp_path):
    store = SQLiteStore(tmp_path / "ringback.db")
    kept = [check(AT + n) for n in range(50)]
    store.keep(StoreBatch(checks=kept))
    store.maintain(AT + 3600)
    assert "check_2025112112" in tables(store)
    settled(store, AT + 3700)

    assert "check_2025112112" not in tables(store)
    assert "sealed_2025112112" in tables(store)
    assert store.checks("web", AT, AT + DAY) == kept[::-1]
    store.close()


def test_a_check_that_comes_after_the_first_piece_failed_is_kept(tmp_path):
    store = SQLiteStore(tmp_path / "ringback.db")
    store.keep(StoreBatch(checks=[check(AT + 10)]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store._seal, "_copy", _no_room)
        with pytest.raises(StoreUnavailable):
            settled(store, AT + 3700)
    late = check(AT + 20, "of-another-endpoint")
    store.keep(StoreBatch(checks=[late]))
    settled(store, AT + 3800)

    assert "check_2025112112" not in tables(store)
    assert store.checks("of-another-endpoint", AT, AT + DAY) == [late]
    store.close()


def test_nothing_is_dropped_before_it_is_merged_however_short_its_retention(tmp_path):
    brief = StoreRetention(five_minutes=1.0, hours=1.0)
    store = SQLiteStore(tmp_path / "ringback.db", retention=brief)
    last_hour = AT + 11 * 3600  # of the day
    for minute in range(60):
        store.keep(StoreBatch(checks=[check(last_hour + 60 * minute)]))
        store.maintain(last_hour + 60 * minute)
    midnight = last_hour + 3600
    settled(store, midnight + 5)
    settled(store, midnight + 120)

    (day,) = store.buckets("web", "1d", AT - DAY / 2, midnight)
    assert day.count == 60
    store.close()


def _no_room(*_):
    raise StoreUnavailable("the disk is full")


@pytest.mark.parametrize("seed", rest_nightly(range(6)))
def test_nothing_is_lost_or_doubled_however_it_is_sealed(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(seal, "SEAL_ROWS", 30)
    chance = random.Random(seed)
    path = tmp_path / "ringback.db"
    store = SQLiteStore(path)
    names = ["busy", *(f"e{n}" for n in range(12))]
    kept, at = [], AT + 3000
    while at < AT + 9000:
        some = [
            check(at + n / 8, chance.choices(names, [30, *[1] * 12])[0], chance.random() > 0.2)
            for n in range(chance.randrange(1, 60))
        ]
        if chance.random() < 0.1:
            some.append(check(at - chance.choice([100, 4000, 8000]), "busy"))
        store.keep(StoreBatch(checks=some))
        kept += some
        at += chance.randrange(10, 120)
        store.maintain(at)
        if chance.random() < 0.1:
            store.close()
            store = SQLiteStore(path)

    whole(store, kept, names)
    store.close()
    store = SQLiteStore(path)
    assert {name: one.at for name, one in store.last_checks().items()} == {
        name: max(check.at for check in kept if check.endpoint == name) for name in names
    }
    store.close()


def whole(store, kept, names):
    for name in names:
        wanted = sorted(
            (check for check in kept if check.endpoint == name), key=lambda one: -one.at
        )
        found = store.checks(name, 0, AT + DAY, limit=10**6)
        assert [check.at for check in found] == [check.at for check in wanted]
        bad = store.checks(name, 0, AT + DAY, failed=True, limit=10**6)
        assert sorted(check.at for check in bad) == sorted(
            check.at for check in wanted if not check.up
        )
        assert store.last_checks()[name].at == wanted[0].at


def test_a_check_after_its_hour_was_sealed_is_kept(tmp_path):
    store = SQLiteStore(tmp_path / "ringback.db")
    store.keep(StoreBatch(checks=[check()]))
    settled(store, AT + 3700)
    late = [check(AT + 5), check(AT - 90000)]
    store.keep(StoreBatch(checks=late))

    assert store.checks("web", 0, AT + DAY) == [late[0], check(), late[1]]
    settled(store, AT + 7300)
    assert store.checks("web", 0, AT + DAY) == [late[0], check(), late[1]]
    store.close()


def test_of_a_sealed_hour_every_failure_is_found_however_many(tmp_path):
    store = SQLiteStore(tmp_path / "ringback.db")
    bad = [check(AT + 2 * n, up=False, detail=f"refused {n}") for n in range(150)]
    later = check(AT + 7000, up=False)
    store.keep(StoreBatch(checks=[*bad, check(AT + 400)]))
    settled(store, AT + 3700)
    store.keep(StoreBatch(checks=[later, check(AT + 7010)]))

    assert [name for name in tables(store) if name.startswith("sealed")]
    everything = [later, *bad[::-1]]
    for limit in (1, 10, 31, 140, 150, 1000):
        found = store.checks("web", 0, AT + DAY, failed=True, limit=limit)
        assert found == everything[:limit]
    assert store.checks("web", 0, AT + 20, failed=True) == bad[9::-1]
    store.close()


@pytest.mark.nightly
def test_what_is_old_is_dropped_and_failures_are_kept_longer(tmp_path):
    store = SQLiteStore(tmp_path / "ringback.db")
    bad = [check(AT + 2 * n, up=False, detail=f"refused {n}") for n in range(150)]
    store.keep(StoreBatch(checks=[*bad, check(AT + 400)]))
    settled(store, AT + 3 * DAY)

    assert store.checks("web", 0, AT + DAY) == []
    assert store.checks("web", 0, AT + DAY, failed=True) == bad[119::-1]
    assert not [name for name in tables(store) if name.startswith(("check", "sealed"))]
    assert len(store.buckets("web", "5m", 0, AT + DAY)) == 2
    settled(store, AT + 9 * DAY)
    assert store.buckets("web", "5m", 0, AT + DAY) == []
    assert len(store.buckets("web", "1h", 0, AT + DAY)) == 1
    settled(store, AT + 435 * DAY)
    assert store.checks("web", 0, AT + DAY, failed=True) == []
    assert store.buckets("web", "1h", 0, AT + DAY) == []
    [day] = store.buckets("web", "1d", 0, AT + DAY)
    assert (day.count, day.bad) == (151, 150)
    assert store.last_checks() == {"web": check(AT + 400)}
    store.close()


def test_retention_can_be_chosen(tmp_path):
    store = SQLiteStore(tmp_path / "ringback.db", retention=StoreRetention(checks=7200.0))
    store.keep(StoreBatch(checks=[check(), check(AT + 3600)]))
    settled(store, AT + 3 * 3600)

    assert store.checks("web", 0, AT + DAY) == [check(AT + 3600)]
    store.close()
