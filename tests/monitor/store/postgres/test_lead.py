"""Who leads, of several processes on one PostgreSQL."""

import os
import re
import signal
import subprocess
import sys

import psycopg
import pytest
from monitor.store.values import AT, check, incident
from until import until

from ringback.monitor.store.interface import StoreBatch, StoreInUse
from ringback.monitor.store.postgres.store import PostgresStore

LONG = "UPDATE lead SET expires = clock_timestamp() + interval '1 hour'"


class Process:
    """A process of `leading.py`; what it said."""

    def __init__(self, url, *, stops=False):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.monitor.store.postgres.leading", url,
             "stops" if stops else ""],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.pid = self._process.pid
        assert self.said() == "ready"

    def said(self):
        return self._process.stdout.readline().strip()

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture
def started():
    processes = []

    def start(url, **options):
        processes.append(Process(url, **options))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()


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


def epochs(url):
    """The epochs in which transitions were kept, in the order in which they were."""
    return [int(after) for (after,) in ask(url, "SELECT after FROM transition ORDER BY number")]


def test_one_process_leads_and_who_cannot_stand_by_is_told_which(postgres, standby):
    first, second = standby(), standby()
    assert (first.lead.epoch, second.lead.epoch) == (1, 0)
    first.lead.reached_at("https://hub-1.example")

    until(lambda: second.lead.row is not None and second.lead.row.url == "https://hub-1.example")
    assert second.lead.row.owner == first.lead.owner
    with pytest.raises(StoreInUse, match=f"process {os.getpid()} on"):
        PostgresStore(postgres)
    with pytest.raises(StoreInUse, match=re.escape("stands by")):
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


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "not locked"])
def test_a_dead_lead_is_known_by_its_lock_only_where_it_had_it(postgres, standby, locked):
    """Else only by its time: a stopped process may have held the lock, and have ended meanwhile."""
    first = standby()
    ask(postgres, f"UPDATE lead SET locked = {locked}")
    ask(postgres, LONG)
    second = standby()
    first.lead._closed = True  # it is dead: its connection is lost, and it makes no other
    first.lead._wake.set()
    first.lead._thread.join()
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


@pytest.mark.nightly
@pytest.mark.parametrize("stops", [False, True], ids=["between", "within a transaction"])
def test_a_woken_process_writes_nothing_and_stands_by(postgres, started, standby, stops):
    process = started(postgres, stops=stops)
    assert process.said() == "leads 1"
    if not stops:
        until(lambda: epochs(postgres))
        os.kill(process.pid, signal.SIGSTOP)
    second = standby()
    until(lambda: second.lead.epoch == 2)
    second.promote()
    second.keep(StoreBatch(checks=[check()], states={"case:web": "second"}))
    kept = epochs(postgres)
    os.kill(process.pid, signal.SIGCONT)

    said = process.said()
    assert said.startswith("said ") or said == "lost"
    if said != "lost":
        assert process.said() == "lost"
    assert epochs(postgres) == kept
    assert second.states("case:") == {"case:web": "second"}
    second.close()
    assert process.said() == "leads 3"
    until(lambda: 3 in epochs(postgres))
    assert set(epochs(postgres)) <= {1, 3}


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
