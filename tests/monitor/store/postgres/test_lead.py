"""Who leads, of several processes on one PostgreSQL."""

import os

import psycopg
import pytest
from monitor.store.values import AT, check, incident
from until import until

from ringback.incident.model import Transition
from ringback.monitor.store.interface import StoreBatch, StoreInUse, StoreProblem
from ringback.monitor.store.postgres.store import PostgresStore

LONG = "UPDATE lead SET expires = clock_timestamp() + interval '1 hour'"


@pytest.fixture
def standby(postgres):
    """Makes a store in this process that stands by."""
    stores = []

    def make():
        stores.append(PostgresStore(postgres, standby=True))
        stores[-1].lead.stand()
        return stores[-1]

    yield make
    for store in stores:
        store.close()


def ask(url, statement):
    with psycopg.connect(url) as connection:
        found = connection.execute(statement)
        return found.fetchall() if found.description else None


def test_one_process_leads_and_who_cannot_stand_by_is_told_which(postgres, standby):
    first, second = standby(), standby()
    assert (first.lead.epoch, second.lead.epoch) == (1, 0)
    first.lead.reached_at("https://hub-1.example")

    until(lambda: second.lead.row is not None and second.lead.row.url == "https://hub-1.example")
    assert second.lead.row.owner == first.lead.owner
    with pytest.raises(StoreInUse, match=f"process {os.getpid()} on"):
        PostgresStore(postgres)
    with pytest.raises(StoreInUse, match="stands by"):
        second.keep(StoreBatch(checks=[check()]))
    assert second.checks("web", AT, AT + 60) == []


def test_a_lead_that_ends_hands_over_before_its_time_is_over(postgres, standby):
    first, second = standby(), standby()
    first.keep(StoreBatch(checks=[check()], incidents=[incident()], states={"case:web": 1}))
    ask(postgres, LONG)
    first.close()

    until(lambda: second.lead.epoch == 2)
    followed = second.promote()
    assert (followed.states, followed.checks) == ({"case:web": 1}, [])  # those are to be shown
    assert second.newest() == [check()]
    assert second.last_checks() == {"web": check()}
    second.keep(StoreBatch(checks=[check(AT + 1)], states={"case:web": 2}))
    assert second.checks("web", AT, AT + 60) == [check(AT + 1), check()]
    until(lambda: [b.count for b in second.buckets("web", "5m", AT, AT + 60)] == [2])
    assert second.states("case:") == {"case:web": 2}


def dead(lead):
    """Its connection is lost, and it makes no other."""
    lead._closed = True
    lead._wake.set()
    lead._thread.join()


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "not locked"])
def test_a_dead_lead_is_known_by_its_lock_only_where_it_had_it(postgres, standby, locked):
    """Else only by its time: a stopped process may have held the lock, and have ended meanwhile."""
    first = standby()
    ask(postgres, f"UPDATE lead SET locked = {locked}")
    ask(postgres, LONG)
    second = standby()
    dead(first.lead)
    ask(postgres, LONG)
    ask(
        postgres, "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
    )
    if not locked:
        until(lambda: second.lead.row is not None and not second.lead.row.held)
        assert not second.lead.row.is_free
        with pytest.raises(StoreInUse):
            second._server._claim()
        ask(postgres, "UPDATE lead SET expires = clock_timestamp()")
    until(lambda: second.lead.epoch == 2)


def test_what_is_open_when_another_takes_over_is_not_kept(postgres, standby):
    first, second = standby(), standby()
    dead(first.lead)
    change = Transition(at=AT, endpoint="web", before="ok", after="down")

    def overtaken():
        with first._server.write() as connection:
            first._records.keep_transitions(connection, [change])
            ask(postgres, "UPDATE lead SET expires = clock_timestamp()")
            until(lambda: second.lead.epoch == 2)

    for late in (overtaken, lambda: first.keep(StoreBatch(transitions=[change]))):
        with pytest.raises(StoreProblem):
            late()
    second.promote()
    assert second.transitions("web", AT, AT + 60) == []


def test_a_process_that_stands_by_follows_what_is_kept(postgres, standby):
    first, second = standby(), standby()
    second.follow()
    first.keep(StoreBatch(checks=[check()], states={"case:web": 1, "agent:a": 1, "quiet": {}}))
    first.keep(StoreBatch(checks=[check(AT + 1, "db")], states={"case:db": 1}))
    followed = second.follow()
    assert followed.states == {"case:web": 1, "agent:a": 1, "case:db": 1}
    assert followed.changed == {"quiet"}
    newest = {"web": check(), "db": check(AT + 1, "db")}  # read in a part of the time only
    until(lambda: second.follow() and second.last_checks() == newest)
    assert second.states("agent:") == {"agent:a": 1}

    first.keep(StoreBatch(states={"case:web": 2}))
    assert (second.follow().states, second.follow().states) == ({"case:web": 2}, {})
    assert second.states("case:") == {"case:web": 2, "case:db": 1}


@pytest.mark.nightly
def test_a_loop_that_is_not_heard_loses_the_lead(postgres, standby, monkeypatch):
    from ringback.monitor.store.postgres import lead  # noqa: PLC0415 - to change it

    first = standby()
    monkeypatch.setattr(lead, "LOOP_TIMEOUT", 0.1)
    first.lead.hear()
    second = standby()

    until(lambda: second.lead.epoch == 2)
    until(lambda: first.lead.epoch == 0)
