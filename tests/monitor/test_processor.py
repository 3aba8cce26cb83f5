"""What is kept when, and what a process that begins anew knows of it."""

from dataclasses import dataclass, replace

import pytest

from ringback.incident.engine import Engine
from ringback.incident.model import Check, Notice, WatchedEndpoint
from ringback.incident.silences import Silence
from ringback.monitor.processor import SNAPSHOT_INTERVAL, WHOLE_TURNS, CheckProcessor
from ringback.monitor.store.interface import IncidentFilter
from ringback.monitor.store.sqlite import SQLiteStore

T = 1_790_000_000.0


class Router:
    def wake(self):
        pass

    def notices_for(self, change):
        id_ = f"{change.incident.id} {change.what} {change.at}"
        return [Notice(id=id_, channel="all", at=change.at, change=change)]


@dataclass
class Clock:
    now: float = T

    def __call__(self):
        return self.now


class Counting:
    """A store, and how much each batch held."""

    def __init__(self, store):
        self.store, self.batches = store, []

    def keep(self, batch):
        self.batches.append(batch)
        self.store.keep(batch)

    def __getattr__(self, name):
        return getattr(self.store, name)


@pytest.fixture
def store(tmp_path):
    kept = SQLiteStore(tmp_path / "kept.db")
    yield Counting(kept)
    kept.close()


def watched(count=2):
    return [WatchedEndpoint(id=f"e{i}", name=f"e{i}", host=f"h{i}") for i in range(count)]


def desk_of(store, endpoints, clock):
    desk = CheckProcessor(Engine(endpoints), store, Router(), clock=clock)
    desk.load()
    return desk


def check(at, endpoint="e0", *, up=False):
    kind = None if up else "tcp.refused"
    return Check(at=T + at, endpoint=endpoint, up=up, kind=kind)


def test_an_outage_of_many_is_one_transaction_with_its_notices(store):
    desk = desk_of(store, watched(50), Clock())
    desk.take(check(times, f"e{i}") for times in range(3) for i in range(50))
    desk.flush()
    (batch,) = store.batches
    assert (len(batch.checks), len(batch.incidents), len(batch.notices)) == (150, 50, 50)
    assert len(store.due(T + 10)) == 50


def test_a_failure_is_kept_at_once_with_the_state_of_its_endpoint_only(store):
    desk = desk_of(store, watched(100), Clock())
    for at in range(2):
        desk.take([check(at)])
        assert desk.urgent
        desk.flush()
        assert not desk.urgent
    assert [list(batch.states) for batch in store.batches] == [["case:e0"]] * 2
    assert [check_.up for check_ in store.checks("e0", T - 1, T + 2)] == [False] * 2


def test_of_a_healthy_endpoint_mostly_the_time_is_kept(store):
    clock = Clock()
    desk = desk_of(store, watched(90), clock)
    for _ in range(2):
        desk.take(check(clock.now - T, f"e{i}", up=True) for i in range(90))
        desk.flush()
        store.batches.clear()
        for _ in range(round(SNAPSHOT_INTERVAL)):
            clock.now += 1.0
            desk.tick()
    desk.take(check(clock.now - T, f"e{i}", up=True) for i in range(90))
    last = clock.now - SNAPSHOT_INTERVAL
    kept = [name for batch in store.batches for name in batch.states]
    assert len(kept) == 90 // WHOLE_TURNS + 1

    again = desk_of(store, watched(90), clock)
    votes = [vote for i in range(90) for vote in again.engine.votes_on(f"e{i}")]
    assert {vote.at for vote in votes} == {last}
    assert {again.engine.state_of(f"e{i}") for i in range(90)} == {"ok"}


def test_a_time_seen_never_replaces_a_later_state(store):
    clock = Clock()
    desk = desk_of(store, watched(20), clock)
    desk.take(check(0, f"e{i}", up=True) for i in range(20))
    for _ in range(round(SNAPSHOT_INTERVAL)):
        clock.now += 1.0
        desk.tick()
    assert store.states("seen:")
    for at in range(61, 65):
        desk.take([check(at, "e1")])
    desk.flush()

    again = desk_of(store, watched(20), clock)
    assert again.engine.state_of("e1") == "down"
    (vote,) = again.engine.votes_on("e1")
    assert (vote.at, vote.failures) == (T + 64, 4)


def test_another_process_goes_on_where_the_last_one_was(store):
    desk = desk_of(store, watched(), Clock())
    desk.take([check(at) for at in range(3)] + [check(at, "e1") for at in range(2)])
    desk.engine.silences.add(Silence(id="s", endpoints=("e1",), begins=T, ends=T + 100))
    desk.apply([])
    (incident,) = desk.engine.incidents()

    again = desk_of(store, watched(), Clock())
    assert again.engine.incidents() == [incident]
    assert (again.engine.state_of("e0"), again.engine.since("e0")) == ("down", T + 2)
    assert [silence.id for silence in again.engine.silences.all(T)] == ["s"]
    assert again.engine.needs_diagnosis() == [(incident.id, "e0")]
    again.take([check(3, "e1")])
    assert again.engine.state_of("e1") == "down"
    again.take([check(10, up=True), check(11, up=True)])
    again.flush()
    assert store.incident(incident.id).state == "closed"
    told = [entry.notice.change.what for entry in store.due(T + 100)]
    assert told == ["opened", "closed"]


def test_a_report_that_is_missed_is_reported_once_by_two_processes(store):
    clock = Clock()
    job = [WatchedEndpoint(id="job", every=60.0, grace=30.0)]
    desk = desk_of(store, job, clock)
    desk.tick()
    clock.now = T + 91
    desk.tick()
    again = desk_of(store, job, clock)
    assert again.engine.state_of("job") == "down"
    clock.now = T + 100
    again.tick()
    (incident,) = again.engine.incidents()
    assert [entry.what for entry in incident.timeline] == ["opened"]


def test_what_is_no_longer_watched_leaves_no_incident_open(store):
    desk = desk_of(store, watched(), Clock())
    desk.take([check(at) for at in range(3)])
    desk.flush()
    again = desk_of(store, watched()[1:], Clock(T + 5))
    assert again.engine.incidents() == []
    again.flush()
    assert store.incidents(IncidentFilter(states=("open", "acknowledged"))) == []
    assert [entry.notice.change.what for entry in store.due(T + 10)] == ["opened", "closed"]


def test_a_failure_while_the_network_is_lost_is_kept_unknown(store):
    desk = desk_of(store, watched(3), Clock())
    lost = [replace(check(i, f"e{i % 3}"), kind="tcp.timed_out") for i in range(12)]
    desk.take(lost)
    desk.flush()
    assert not desk.engine.believes(lost[0])
    kept = store.checks("e0", T, T + 100)
    assert [check_.up for check_ in kept] == [None, None, False, False]
    assert {check_.kind for check_ in kept} == {"tcp.timed_out"}
    assert kept[0].detail.startswith("not counted, this host has no network")
