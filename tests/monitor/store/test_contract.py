"""What a store promises, with each engine; what is always so is in `test_model.py`."""

import math
import threading

import pytest
from monitor.export.stores import DAY, HOUR, NOVEMBER, change, kept, minutes
from monitor.export.stores import check as of_shop
from monitor.export.stores import incident as of_shops
from monitor.store.maintaining import maintain
from monitor.store.values import AT, check, incident, notice

from ringback.incident.model import CertificateSeen
from ringback.monitor.store.aggregate import merged_seconds
from ringback.monitor.store.interface import (
    IncidentFilter,
    StoreBatch,
    StoreInUse,
    StoreRetention,
)
from ringback.monitor.store.sqlite.database import SQLiteDatabase

PHASES = {"dns": 0.001, "connect": 0.002, "tls": 0.01, "first_byte": 0.1, "transfer": 0.0005}
SEEN = [
    check(
        AT + 0.25,
        seconds=0.1135,
        timings=PHASES,
        origin="call",
        vantage="here",
        status=204,
        address="127.0.0.1",
        certificate=CertificateSeen(not_after=AT + 86400, issuer="Authority", key="ab12"),
    ),
    check(AT + 1),
    check(AT + 2, up=False, detail="refused by 127.0.0.1:80", seconds=0.0),
    check(AT + 3, up=None, kind="local.prober_sick"),
    check(AT + 4, timings={"connect": 0.002, "banner": 0.25}),
    check(AT + 5, up=False, kind="unknown", origin="report", vantage="alertmanager"),
    check(AT + 6, seconds=9000.0, timings={"connect": 0.1, "transfer": 8999.0, "banner": 1.0}),
]


@pytest.fixture
def store(engine):
    store = engine.open()
    yield store
    store.close()


@pytest.fixture
def reading(engine):
    opened = []

    def read():
        opened.append(engine.reader())
        return opened[-1]

    yield read
    for reader in opened:
        reader.close()


def test_checks_come_back_as_they_were(engine):
    store = engine.open()
    store.keep(StoreBatch(checks=SEEN))
    assert store.checks("web", AT, AT + 60) == SEEN[::-1]
    store.close()
    again = engine.open()
    assert again.checks("web", AT, AT + 60) == SEEN[::-1]
    assert again.checks("web", AT, AT + 60, failed=True, limit=1) == [SEEN[5]]
    assert again.last_checks() == {"web": SEEN[-1]}
    again.close()


def test_what_is_no_duration_or_no_text_does_not_hinder(store):
    odd = {"seconds": math.nan, "timings": {"dns": math.inf, "connect": -1.0, "tls": 0.01}}
    store.keep(StoreBatch(checks=[check(AT, **odd, up=False, detail="\udc80" + "x" * 600)]))

    [found] = store.checks("web", AT, AT + 2)
    assert (found.seconds, found.timings) == (None, {"tls": 0.01})
    assert found.detail == "?" + "x" * 499


def test_incidents_can_be_asked_for(store):
    one, two = incident("1", AT), incident("2", AT + 1, members=("db",))
    three = incident("3", AT + 2, state="closed", closed_at=AT + 3)
    store.keep(StoreBatch(incidents=[one, two, three]))

    assert store.incidents(limit=1) == [three]
    assert store.incidents(IncidentFilter(states=("open", "acknowledged"))) == [two, one]
    assert store.incidents(IncidentFilter(endpoint="db")) == [two]
    assert store.incidents(IncidentFilter(before=AT + 1)) == [one]


def test_due_notices_are_those_not_sent_oldest_first(store):
    first, second = notice("n1"), notice("n2", AT + 5)
    store.keep(StoreBatch(notices=[second, first, notice("n3", AT + 6)]))

    assert [entry.notice for entry in store.due(AT + 5)] == [first, second]
    store.postpone("n1", AT + 60, "no route")
    store.sent("n3", AT + 7)
    store.defer(["n2", "n3"], AT + 50)
    assert store.due(AT + 10) == []
    deferred, tried = store.due(AT + 60)
    assert (deferred.notice, deferred.attempts, deferred.error) == (second, 0, "")
    assert (tried.notice, tried.attempts, tried.due, tried.error) == (first, 1, AT + 60, "no route")
    store.give_up("n2", AT + 61, "no such address")
    store.keep(StoreBatch(notices=[second]))
    assert [entry.notice for entry in store.due(AT + 1000)] == [first]


def test_it_is_told_what_became_of_the_notices_of_an_incident(store):
    known = notice()
    incident = known.change.incident.id
    store.keep(StoreBatch(notices=[known, notice("n2", AT + 1), notice("n3", AT + 2)]))
    store.sent("n1", AT + 5)
    store.postpone("n2", AT + 60, "HTTP 503")
    store.give_up("n3", AT + 7, "HTTP 410")

    found = store.notified([incident, "another"])
    assert [(known.id, known.outcome, known.error, known.attempts) for known in found] == [
        ("n3", "given_up", "HTTP 410", 1),
        ("n2", "waiting", "HTTP 503", 1),
        ("n1", "sent", "", 1),
    ]
    told = found[2]
    assert (told.channel, told.what) == (known.channel, known.change.what)
    assert (told.at, told.ended) == (AT, AT + 5)
    assert [known.id for known in store.notified([incident], limit=1)] == ["n3"]
    assert store.notified(["another"]) == []


def test_phases_are_those_of_all_checks_together(store):
    begins = AT - 14 * HOUR
    checks = [
        check(begins + n * 40, seconds=n / 25, timings={"dns": n / 250, "connect": n / 125})
        for n in range(1, 251)
    ]
    for done in range(0, 250, 50):
        store.keep(StoreBatch(checks=checks[done : done + 50]))
        maintain(store, checks[done + 49].at)

    for step in ("5m", "1h", "1d"):
        found = store.phases("web", step, begins - DAY, AT + DAY)
        assert list(found) == ["dns", "connect"]
        for phase, longest in (("dns", 1.0), ("connect", 2.0)):
            shares = found[phase].p50, found[phase].p95, found[phase].p99
            wanted = [longest * share for share in (0.5, 0.95, 0.99)]
            assert shares == pytest.approx(wanted, rel=0.03)
        assert store.phases("web", step, AT + DAY, AT + 2 * DAY) == {}
        assert store.phases("other", step, 0.0, 1e11) == {}


def test_a_long_pause_is_caught_up(store):
    store.keep(StoreBatch(checks=[check(AT + n * 60) for n in range(100)]))
    maintain(store, AT + 3 * DAY)
    store.keep(StoreBatch(checks=[check(AT + 3 * DAY + n) for n in range(9)]))
    maintain(store, AT + 3 * DAY)

    [first, last] = store.buckets("web", "1d", 0, 1e11)
    assert (first.count, last.count) == (100, 9)
    assert sum(bucket.count for bucket in store.buckets("web", "1h", 0, 1e11)) == 109


def test_who_keeps_something_waits_for_a_piece_and_not_for_all_of_it(store):
    store.keep(StoreBatch(checks=[check(AT + 300 * n) for n in range(20)]))
    over = []

    def keep_from_elsewhere():
        if not over:
            batch = StoreBatch(checks=[check(AT + 9000)])
            thread = threading.Thread(target=store.keep, args=(batch,))
            thread.start()
            thread.join(60)
            over.append(not thread.is_alive())

    maintain(store, AT + 8000, between=keep_from_elsewhere)
    assert over == [True]


def upkept(store, now):
    for _ in range(3):  # each closes an hour at most
        maintain(store, now)


BRIEF = StoreRetention(checks=HOUR, five_minutes=DAY, hours=DAY, failed=DAY)
"""Of the last two the tables are of months: AT is in November."""


def test_what_is_old_is_dropped_and_failures_are_kept_longer(engine):
    store = engine.open(retention=BRIEF)
    bad = [check(AT + 2 * n, up=False, detail=f"refused {n}") for n in range(150)]
    store.keep(StoreBatch(checks=[*bad, check(AT + 400)]))
    upkept(store, AT + 1.6 * HOUR)
    assert len(store.checks("web", 0, AT + DAY)) == 151
    upkept(store, AT + 0.6 * DAY)

    assert store.checks("web", 0, AT + DAY) == []
    assert store.checks("web", 0, AT + DAY, failed=True) == bad[119::-1]
    assert len(store.buckets("web", "5m", 0, AT + DAY)) == 2
    store.close()
    store = engine.open(retention=BRIEF)
    assert store.last_checks() == {"web": check(AT + 400)}
    upkept(store, AT + 3 * DAY)
    assert store.buckets("web", "5m", 0, AT + DAY) == []
    [hour] = store.buckets("web", "1h", 0, AT + DAY)
    assert (hour.count, hour.bad) == (151, 150)
    upkept(store, AT + 11 * DAY)
    assert store.checks("web", 0, AT + DAY, failed=True) == []
    assert store.buckets("web", "1h", 0, AT + DAY) == []
    [day] = store.buckets("web", "1d", 0, AT + DAY)
    assert (day.count, day.bad) == (151, 150)
    store.close()


def test_notices_that_ended_are_forgotten_and_those_that_wait_are_not(store):
    store.keep(StoreBatch(notices=[notice("n1"), notice("n2")]))
    store.sent("n1", AT)
    upkept(store, AT + 89 * DAY)
    assert len(store.notified(["i1"])) == 2
    upkept(store, AT + 91 * DAY)
    assert [known.id for known in store.notified(["i1"])] == ["n2"]


def test_nothing_is_dropped_before_it_is_merged_however_short_its_retention(engine):
    store = engine.open(retention=StoreRetention(five_minutes=1.0, hours=1.0))
    last_hour = AT + 11 * HOUR  # of the day
    for minute in range(0, 60, 5):
        store.keep(StoreBatch(checks=[check(last_hour + 60 * minute)]))
        maintain(store, last_hour + 60 * minute, 2)
    upkept(store, last_hour + HOUR + 120)

    (day,) = store.buckets("web", "1d", AT - DAY / 2, last_hour + HOUR)
    assert day.count == 12
    store.close()


def test_of_a_closed_hour_every_failure_is_found_however_many(store):
    bad = [check(AT + 2 * n, up=False, detail=f"refused {n}") for n in range(150)]
    later = check(AT + 7000, up=False)
    store.keep(StoreBatch(checks=[*bad, check(AT + 400)]))
    upkept(store, AT + 3700)
    store.keep(StoreBatch(checks=[later, check(AT + 7010)]))

    everything = [later, *bad[::-1]]
    for limit in (1, 31, 140, 1000):
        found = store.checks("web", 0, AT + DAY, failed=True, limit=limit)
        assert found == everything[:limit]
    assert store.checks("web", 0, AT + 20, failed=True) == bad[9::-1]


def test_a_late_check_is_found_at_its_time_though_its_hour_is_gone(store):
    late = check(AT - 2 * HOUR)
    store.keep(StoreBatch(checks=[check(AT), check(AT + 1)]))
    store.keep(StoreBatch(checks=[late]))
    assert store.checks(late.endpoint, AT - 3 * HOUR, AT - HOUR) == [late]


def test_the_last_check_is_the_newest_after_hours_were_sealed(engine):
    store = engine.open()
    newest = check(AT + 3 * HOUR)
    store.keep(StoreBatch(checks=[check(AT), check(AT + HOUR), newest]))
    store.keep(StoreBatch(checks=[check(AT + 5 * HOUR, "another")]))
    maintain(store, AT + 9 * HOUR)
    store.close()
    again = engine.open()
    assert again.last_checks()[newest.endpoint] == newest
    again.close()


def test_a_second_writer_is_refused_until_the_first_has_closed(engine):
    store = engine.open()
    with pytest.raises(StoreInUse, match=r"process \d+ .*is using it"):
        engine.open()
    store.keep(StoreBatch(checks=[check()]))
    store.close()
    engine.open().close()


# Reading beside it, as reports and exports do.


def test_checks_come_oldest_first_whatever_table_they_are_in(engine, reading):
    checks = minutes(NOVEMBER, NOVEMBER + 3 * HOUR)[::7]
    other = minutes(NOVEMBER, NOVEMBER + 3 * HOUR, endpoint="api", up=False)[::5]
    kept(engine.place, [*checks, *other], until=NOVEMBER + 3 * HOUR)
    reader = reading()
    found = list(reader.checks(NOVEMBER, NOVEMBER + 3 * HOUR))
    assert [check.at for check in found] == sorted(check.at for check in checks + other)
    assert list(reader.checks(NOVEMBER, NOVEMBER + 3 * HOUR, "shop")) == checks
    some = reader.checks(NOVEMBER + 61, NOVEMBER + 901, "shop")
    assert [check.at for check in some] == [NOVEMBER + 421, NOVEMBER + 841]
    assert list(reader.checks(NOVEMBER, NOVEMBER + HOUR, "nobody")) == []


def test_it_reads_beside_the_one_that_writes(store, reading):
    store.keep(
        StoreBatch(checks=[of_shop(NOVEMBER)], transitions=[change(NOVEMBER, "unknown", "ok")])
    )
    reader = reading()
    walk = reader.checks(NOVEMBER, NOVEMBER + HOUR)
    assert next(walk).at == NOVEMBER
    store.keep(StoreBatch(checks=[of_shop(NOVEMBER + 1, endpoint="api")], states={"case:new": {}}))
    assert [known.after for known in reader.transitions("shop", 0, NOVEMBER + 1)] == ["ok"]
    assert reader.endpoints() == ["new", "shop"]
    assert len(list(reader.checks(NOVEMBER, NOVEMBER + HOUR))) == 2
    ((_, (found,)),) = reader.days(["shop"], NOVEMBER, NOVEMBER + HOUR)
    assert (found.at, found.known) == (NOVEMBER, 1)


def test_days_are_counted_also_where_they_are_not_rolled_up_yet(engine, reading):
    every = [
        check
        for n, check in enumerate(minutes(NOVEMBER, NOVEMBER + 27 * HOUR))
        if n % 15 == 0 and (n // 60 % 6 == 0 or n // 60 > 23)
    ]  # in the hours 0, 6, 12, 18, and in three of the next day
    fast = [of_shop(check.at, seconds=0.2) for check in every[:4]]
    other = [of_shop(check.at, endpoint="api", up=False) for check in every]
    kept(engine.place, [*fast, *every[4:], *other], until=NOVEMBER + 26.5 * HOUR)
    reader = reading()
    found = dict(reader.days(["shop", "nobody", "api"], NOVEMBER, NOVEMBER + 2 * DAY))
    assert list(found) == ["shop", "nobody", "api"]
    assert found["nobody"] == []
    assert [part.width for part in found["shop"][:3]] == [DAY, HOUR, HOUR]
    assert {part.width for part in found["shop"][3:]} <= {300.0, HOUR}
    for name, bad in (("shop", 0), ("api", 1)):
        assert sum(part.known for part in found[name]) == len(every)
        assert sum(part.bad for part in found[name]) == bad * len(every)
    all_ = merged_seconds(part.histograms for part in found["shop"])
    assert all_.quantiles(0.5, 1.0) == pytest.approx([0.1, 0.2], rel=0.03)
    hours = reader.hours("shop", NOVEMBER, NOVEMBER + DAY)
    assert [(part.at, part.known) for part in hours] == [
        (NOVEMBER + n * HOUR, 4) for n in (0, 6, 12, 18)
    ]
    assert reader.hours("nobody", NOVEMBER, NOVEMBER + DAY) == []
    fives = reader.fives("shop", NOVEMBER, NOVEMBER + HOUR)
    assert fives == {NOVEMBER + 900 * n for n in range(4)}


def test_each_vantage_is_counted_with_what_is_not_rolled_up_yet(engine, reading):
    ours = minutes(NOVEMBER, NOVEMBER + 3 * HOUR)[::5]
    tokyo = [of_shop(check.at, vantage="tokyo", seconds=0.3) for check in ours]
    tokyo[:18] = [of_shop(check.at, vantage="tokyo", up=False) for check in ours[:18]]
    kept(engine.place, ours + tokyo, until=NOVEMBER + 2.5 * HOUR)
    reader = reading()
    found = reader.vantages("shop", NOVEMBER, NOVEMBER + DAY)
    counts = {name: (seen.count, seen.bad) for name, seen in found.items()}
    assert counts == {"": (36, 0), "tokyo": (36, 18)}
    assert found["tokyo"].seconds.quantiles(0.5)[0] == pytest.approx(0.3, rel=0.03)
    assert reader.vantages("nobody", NOVEMBER, NOVEMBER + DAY) == {}
    assert reader.has_vantages == ("://" in str(engine.place))


def test_failures_are_found_and_incidents_of_the_time(engine, reading):
    known = [
        of_shops(NOVEMBER, id="a"),
        of_shops(NOVEMBER + 5, id="b", members=("api",)),
        of_shops(NOVEMBER + 9, id="c"),
    ]
    checks = [of_shop(NOVEMBER + n, up=not n) for n in range(3)]
    kept(engine.place, checks, incidents=known, until=NOVEMBER + 10)
    reader = reading()
    (newest,) = reader.failures("shop", NOVEMBER, NOVEMBER + 9, 1)
    assert newest.at == NOVEMBER + 2
    assert reader.failures("nobody", NOVEMBER, NOVEMBER + 9, 1) == []
    assert [one.id for one in reader.incidents(NOVEMBER, NOVEMBER + 10)] == ["a", "b", "c"]
    assert [one.id for one in reader.incidents(NOVEMBER + 1, NOVEMBER + 10, "shop")] == ["c"]


def test_a_read_that_outlasts_its_database_closes_the_connection(engine):
    if isinstance(engine.place, str):
        database = pytest.importorskip("ringback.monitor.store.postgres.database")
        opened = database.PostgresDatabase(engine.place)
    else:
        opened = SQLiteDatabase(engine.place)
    with opened.read() as connection:
        driver = connection.connection.driver_connection
        opened.close()
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    with pytest.raises(Exception, match="closed"):
        driver.execute("SELECT 1")
