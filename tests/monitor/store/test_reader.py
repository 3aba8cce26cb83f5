from dataclasses import replace

import pytest
from monitor.export.stores import HOUR, NOVEMBER, change, check, incident, kept, minutes

from ringback.monitor.store import StoreBatch
from ringback.monitor.store.aggregate import merged_seconds
from ringback.monitor.store.opening import store_at


@pytest.fixture
def path(engine):
    return engine.place


@pytest.fixture
def reading(engine):
    opened = []

    def read():
        opened.append(engine.reader())
        return opened[-1]

    yield read
    for reader in opened:
        reader.close()


def test_checks_come_oldest_first_whatever_table_they_are_in(path, reading):
    checks = minutes(NOVEMBER, NOVEMBER + 3 * HOUR)
    other = minutes(NOVEMBER, NOVEMBER + 3 * HOUR, endpoint="api", up=False)
    kept(path, [*checks, *other], until=NOVEMBER + 3 * HOUR)
    reader = reading()
    found = list(reader.checks(NOVEMBER, NOVEMBER + 3 * HOUR))
    assert [check.at for check in found] == sorted(check.at for check in checks + other)
    assert list(reader.checks(NOVEMBER, NOVEMBER + 3 * HOUR, "shop")) == checks
    some = reader.checks(NOVEMBER + 61, NOVEMBER + 181, "shop")
    assert [check.at for check in some] == [NOVEMBER + 61, NOVEMBER + 121]
    assert list(reader.checks(NOVEMBER, NOVEMBER + HOUR, "nobody")) == []


def test_it_reads_beside_the_one_that_writes(path, reading):
    store = store_at(path)
    store.keep(
        StoreBatch(checks=[check(NOVEMBER)], transitions=[change(NOVEMBER, "unknown", "ok")])
    )
    reader = reading()
    walk = reader.checks(NOVEMBER, NOVEMBER + HOUR)
    assert next(walk).at == NOVEMBER
    store.keep(StoreBatch(checks=[check(NOVEMBER + 1, endpoint="api")], states={"case:new": {}}))
    assert [transition.after for transition in reader.transitions("shop", 0, NOVEMBER + 1)] == [
        "ok"
    ]
    assert reader.endpoints() == ["new", "shop"]
    assert len(list(reader.checks(NOVEMBER, NOVEMBER + HOUR))) == 2
    ((_, (found,)),) = reader.days(["shop"], NOVEMBER, NOVEMBER + HOUR)
    assert (found.at, found.known) == (NOVEMBER, 1)
    store.close()


def test_days_are_counted_also_where_they_are_not_rolled_up_yet(path, reading):
    whole = minutes(NOVEMBER, NOVEMBER + 27 * HOUR)
    good = [replace(check, up=True, kind=None, seconds=0.2) for check in whole[:60]]
    other = minutes(NOVEMBER, NOVEMBER + 27 * HOUR, endpoint="api", up=False)
    kept(path, [*good, *whole[60:], *other], until=NOVEMBER + 26.5 * HOUR)
    reader = reading()
    found = dict(reader.days(["shop", "nobody", "api"], NOVEMBER, NOVEMBER + 2 * DAY))
    assert list(found) == ["shop", "nobody", "api"]
    assert found["nobody"] == []
    assert [part.width for part in found["shop"][:3]] == [DAY, HOUR, HOUR]
    assert {part.width for part in found["shop"][3:]} <= {300.0, HOUR}
    for name, bad in (("shop", 0), ("api", 1)):
        assert sum(part.known for part in found[name]) == 27 * 60
        assert sum(part.bad for part in found[name]) == bad * 27 * 60
    all_ = merged_seconds(part.histograms for part in found["shop"])
    assert all_.quantiles(0.5, 1.0) == pytest.approx([0.1, 0.2], rel=0.03)
    hours = reader.hours("shop", NOVEMBER, NOVEMBER + DAY)
    assert [(part.at, part.known) for part in hours] == [
        (NOVEMBER + n * HOUR, 60) for n in range(24)
    ]
    assert reader.hours("nobody", NOVEMBER, NOVEMBER + DAY) == []
    fives = reader.fives("shop", NOVEMBER, NOVEMBER + HOUR)
    assert fives == {NOVEMBER + 300 * n for n in range(12)}


DAY = 24 * HOUR


def test_each_vantage_is_counted_with_what_is_not_rolled_up_yet(path, reading):
    ours = minutes(NOVEMBER, NOVEMBER + 3 * HOUR)
    tokyo = minutes(NOVEMBER, NOVEMBER + 3 * HOUR, vantage="tokyo", seconds=0.3)
    tokyo[:90] = minutes(NOVEMBER, NOVEMBER + 1.5 * HOUR, vantage="tokyo", up=False)
    kept(path, ours + tokyo, until=NOVEMBER + 2.5 * HOUR)
    reader = reading()
    found = reader.vantages("shop", NOVEMBER, NOVEMBER + DAY)
    counts = {name: (seen.count, seen.bad) for name, seen in found.items()}
    assert counts == {"": (180, 0), "tokyo": (180, 90)}
    assert found["tokyo"].seconds.quantiles(0.5)[0] == pytest.approx(0.3, rel=0.03)
    assert reader.vantages("nobody", NOVEMBER, NOVEMBER + DAY) == {}
    assert reader.has_vantages == ("://" in str(path))


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
    assert [check.at for check in reader.failures("shop", NOVEMBER, NOVEMBER + 9, 1)] == [
        NOVEMBER + 2
    ]
    assert reader.failures("nobody", NOVEMBER, NOVEMBER + 9, 1) == []
    assert [incident.id for incident in reader.incidents(NOVEMBER, NOVEMBER + 10)] == [
        "a",
        "b",
        "c",
    ]
    assert [incident.id for incident in reader.incidents(NOVEMBER + 1, NOVEMBER + 10, "shop")] == [
        "c"
    ]
