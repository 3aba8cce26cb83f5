from concurrent.futures import ThreadPoolExecutor

import pytest
from monitor.fleet.hubs import Clock

from ringback.incident.model import Transition
from ringback.monitor.store import degraded as memory
from ringback.monitor.store.degraded import RETRY_INTERVAL, DegradedStore
from ringback.monitor.store.interface import IncidentFilter, StoreBatch
from ringback.monitor.store.sqlite import SQLiteStore
from tests.monitor.store.maintaining import maintain
from tests.monitor.store.values import AT, check, incident, notice

BIG = "x" * 400


class Disk:
    """The pages that SQLite may use: none more (it then says that the disk is full), or any."""

    def __init__(self, store):
        self.connection = store._database._connection

    def _may_have(self, pages):
        self.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        self.connection.rollback()

    def fill(self):
        self._may_have(1)  # SQLite takes the present size where this is less

    def clean(self):
        self._may_have(1 << 30)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def kept(tmp_path):
    return SQLiteStore(tmp_path / "ringback.db")


@pytest.fixture
def store(kept, clock):
    store = DegradedStore(kept, clock=clock)
    yield store
    store.close()


def filled(store, kept, at=AT):
    """Keep until the disk is full; return the checks, all of which the store still has."""
    disk, held = Disk(kept), []
    disk.fill()
    while store.degraded is None:
        some = [check(at + len(held) + n, up=False, detail=BIG) for n in range(50)]
        store.keep(StoreBatch(checks=some, states={"engine": len(held)}))
        held += some
    return disk, held


def test_a_full_disk_is_said_and_what_was_held_is_written_when_there_is_room(store, kept, clock):
    disk, held = filled(store, kept)
    assert "disk is full; free some space" in store.degraded
    assert store.checks("web", 0, AT * 2, limit=10**6) == held[::-1]
    assert store.last_checks() == {"web": held[-1]}
    assert store.state("engine") == len(held) - 50

    change = Transition(at=AT, endpoint="web", before="ok", after="down")
    store.keep(StoreBatch(transitions=[change]))
    disk.clean()
    assert store.degraded is not None
    clock.now += RETRY_INTERVAL
    store.maintain(AT)
    assert store.degraded is None
    assert kept.checks("web", 0, AT * 2, limit=10**6) == held[::-1]
    assert kept.transitions("web", 0, AT * 2) == [change]
    store.keep(StoreBatch(checks=[check(AT + 9000)]))
    assert kept.last_checks() == {"web": check(AT + 9000)}


def test_it_is_not_tried_at_every_batch(store, kept, clock):
    disk, held = filled(store, kept)
    disk.clean()
    store.keep(StoreBatch(checks=[check(AT + 9000)]))
    assert len(kept.checks("web", 0, AT * 2, limit=10**6)) == len(held) - 50

    clock.now += RETRY_INTERVAL
    store.keep(StoreBatch(checks=[check(AT + 9001)]))
    assert len(kept.checks("web", 0, AT * 2, limit=10**6)) == len(held) + 2


def test_alarms_go_on_while_nothing_can_be_written(store, kept, clock):
    store.keep(StoreBatch(notices=[notice("before"), notice("later")]))
    disk, _ = filled(store, kept)
    store.keep(StoreBatch(incidents=[incident()], notices=[notice("new"), notice("worse")]))

    assert {entry.notice.id for entry in store.due(AT)} == {"before", "later", "new", "worse"}
    store.sent("new", AT)
    store.sent("before", AT)
    store.postpone("later", AT + 60, "no route")
    store.give_up("worse", AT, "no such address")
    assert store.due(AT) == []
    [later] = store.due(AT + 60)
    assert (later.notice.id, later.attempts, later.error) == ("later", 1, "no route")
    assert store.incidents(IncidentFilter(states=("open",))) == [incident()]
    assert store.incident("i1") == incident()

    disk.clean()
    clock.now += RETRY_INTERVAL
    store.maintain(AT)
    assert kept.incidents() == [incident()]
    assert kept.due(AT) == []
    [later] = kept.due(AT + 60)
    assert (later.notice.id, later.attempts, later.error) == ("later", 1, "no route")


def test_an_incident_is_shown_as_it_is_now(store, kept):
    store.keep(StoreBatch(incidents=[incident("1"), incident("2", AT + 1)]))
    disk, _ = filled(store, kept)
    closed = incident("1", state="closed", closed_at=AT + 9)
    store.keep(StoreBatch(incidents=[closed]))

    assert store.incidents() == [incident("2", AT + 1), closed]
    assert store.incidents(IncidentFilter(states=("open",))) == [incident("2", AT + 1)]
    assert store.incidents(limit=1) == [incident("2", AT + 1)]
    disk.clean()


def test_no_more_is_held_than_may_be(kept, clock, monkeypatch):
    monkeypatch.setattr(memory, "MAX_HELD_CHECKS", 60)
    monkeypatch.setattr(memory, "MAX_HELD_RECORDS", 3)
    store = DegradedStore(kept, clock=clock)
    disk, held = filled(store, kept)
    store.keep(StoreBatch(checks=[check(AT + 9000 + n) for n in range(50)]))
    store.keep(StoreBatch(notices=[notice(str(n)) for n in range(9)]))

    assert store.dropped == 40
    assert [entry.notice.id for entry in store.due(AT)] == ["6", "7", "8"]
    disk.clean()
    clock.now += RETRY_INTERVAL
    store.maintain(AT)
    assert store.state("dropped") == 40
    assert len(kept.checks("web", 0, AT * 2, limit=10**6)) == len(held) + 50 - 40
    store.close()


def test_a_disk_that_is_full_when_hours_are_sealed_is_said(store, kept):
    store.keep(StoreBatch(checks=[check(AT + n, up=False, detail=BIG) for n in range(900)]))
    disk = Disk(kept)
    disk.fill()
    maintain(store, AT + 3700)
    assert "disk is full" in store.degraded
    assert len(store.checks("web", 0, AT * 2)) == 900

    disk.clean()
    for n in range(2):
        maintain(store, AT + 3701 + n)
    assert store.degraded is None
    assert len(store.checks("web", 0, AT * 2)) == 900


def test_a_mistake_in_maintenance_is_counted_said_once_and_stops_nothing(
    store, kept, monkeypatch, caplog
):
    tidied = kept.maintain

    def broken(now):
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr(kept, "maintain", broken)
    for n in range(3):
        store.maintain(AT + n)
    assert (store.maintenance_failures, store.degraded) == (3, "a mistake")
    assert (len(caplog.records), "Traceback" in caplog.text) == (1, True)
    store.keep(StoreBatch(checks=[check(AT)]))
    assert len(kept.checks("web", 0, AT * 2)) == 1

    monkeypatch.setattr(kept, "maintain", tidied)
    store.maintain(AT + 9)
    assert (store.maintenance_failures, store.degraded) == (3, None)
    assert caplog.messages[-1] == "the store's maintenance works again"


MANY = 40


def keep(store):
    for n in range(MANY):
        at = AT + n * 60
        store.keep(StoreBatch(checks=[check(at, f"e{n}")], notices=[notice(f"n{n}", at)]))


def send(store):
    sent = 0
    while sent < MANY:
        for entry in store.due(AT * 2):
            store.sent(entry.notice.id, AT)
            sent += 1


def tidy(store):
    for n in range(MANY):
        store.maintain(AT + n * 60)


def read(store):
    for n in range(MANY):
        store.buckets(f"e{n}", "5m", 0, AT * 2)
        store.checks(f"e{n}", 0, AT * 2)


def test_threads_take_turns(store):
    """The loop keeps, the dispatcher notes what was sent, a thread tidies, pages read."""
    with ThreadPoolExecutor() as pool:
        for future in [pool.submit(work, store) for work in (keep, send, tidy, read)]:
            future.result(600)
    assert store.degraded is None
    assert store.due(AT * 2) == []
    found = [store.buckets(f"e{n}", "5m", 0, AT * 2) for n in range(MANY)]
    assert [[span.count for span in spans] for spans in found] == [[1]] * MANY
