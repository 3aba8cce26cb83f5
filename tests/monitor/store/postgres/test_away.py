"""A server that is stopped, or silent: told, held, resumed, nothing lost and nothing twice."""

import os
import signal

import pytest
from monitor.fleet.hubs import Clock
from monitor.store.engines import database_of
from monitor.store.values import AT, check, incident, notice, times
from until import until

from ringback.incident.model import Transition
from ringback.monitor.store.degraded import RETRY_INTERVAL, DegradedStore
from ringback.monitor.store.interface import StoreBatch, StoreUnavailable

psycopg = pytest.importorskip("psycopg")

from ringback.monitor.store.postgres import database  # noqa: E402 - needs psycopg
from ringback.monitor.store.postgres.store import PostgresStore  # noqa: E402 - as above


@pytest.fixture
def alone(server):
    """The server, which a test may stop."""
    yield server
    if not (server.data / "postmaster.pid").exists():
        server.start()


def resumed(store, clock):
    def tried():
        clock.now += RETRY_INTERVAL
        store.maintain(AT)
        return store.degraded is None

    until(tried)


def change(at):
    return Transition(at=at, endpoint="web", before="ok", after="down")


def test_a_server_that_is_gone_is_told_and_nothing_is_lost_or_kept_twice(alone, postgres):
    clock, kept = Clock(), PostgresStore(postgres)
    store = DegradedStore(kept, clock=clock)
    store.keep(StoreBatch(checks=[check()], notices=[notice("before"), notice("later")]))
    alone.stop("immediate")
    during = [check(AT + n) for n in range(1, 20)]
    for kept_check in during:
        store.keep(StoreBatch(checks=[kept_check], transitions=[change(kept_check.at)]))
    store.keep(StoreBatch(incidents=[incident()], notices=[notice("new")]))
    store.sent("before", AT)
    store.postpone("later", AT + 60, "no route")

    assert "see that the server runs" in store.degraded
    assert store.checks("web", AT, AT + 60) == during[::-1]
    assert [queued.notice.id for queued in store.due(AT)] == ["new"]
    assert store.last_checks() == {"web": during[-1]}
    with pytest.raises(StoreUnavailable):
        kept.checks("web", AT, AT + 60)

    alone.start()
    resumed(store, clock)
    assert kept.checks("web", AT, AT + 60) == [*during[::-1], check()]
    assert kept.transitions("web", AT, AT + 60) == [change(kept_check.at) for kept_check in during]
    assert kept.incidents() == [incident()]
    assert [queued.notice.id for queued in kept.due(AT + 60)] == ["new", "later"]
    assert [bucket.count for bucket in kept.buckets("web", "1d", AT, AT + 60)] == [20]
    store.close()


def unanswered(store):
    """Have the next COMMIT done, and the connection lost before that is said."""
    driver = store._server._connection.connection.driver_connection

    def commit():
        type(driver).commit(driver)
        driver.close()
        raise psycopg.OperationalError("the connection is lost")

    driver.commit = commit


def test_a_batch_whose_commit_was_not_answered_is_not_kept_twice(postgres):
    clock, kept = Clock(), PostgresStore(postgres)
    store = DegradedStore(kept, clock=clock)
    # It knows all words of the next batch, which so is the next one to commit.
    store.keep(StoreBatch(checks=[check(up=False)]))
    unanswered(kept)
    batch = StoreBatch(
        checks=[check(AT + 1, "web", up=False)],
        transitions=[change(AT + 1)],
        notices=[notice()],
        states={"case:web": 1},
    )
    store.keep(batch)
    assert store.degraded is not None
    store.keep(StoreBatch(checks=[check(AT + 2), check(AT + 1, up=False)]))
    resumed(store, clock)

    assert times(kept.checks("web", AT, AT + 60)) == [AT + 2, AT + 1, AT + 1, AT]
    assert kept.transitions("web", AT, AT + 60) == [change(AT + 1)]
    assert [queued.notice.id for queued in kept.due(AT + 60)] == ["n1"]
    assert kept.state("case:web") == 1
    [bucket] = kept.buckets("web", "1h", AT, AT + 60)
    assert (bucket.count, bucket.bad) == (4, 3)
    store.close()


def test_a_server_that_says_nothing_is_cut_off(alone, postgres, monkeypatch):
    monkeypatch.setattr(database, "WRITE_TIMEOUT", 0.5)
    clock, kept = Clock(), PostgresStore(postgres)
    store = DegradedStore(kept, clock=clock)
    store.keep(StoreBatch(checks=[check()]))
    backends = alone.admin("SELECT pid FROM pg_stat_activity WHERE application_name = 'ringback'")
    for (pid,) in backends:
        os.kill(pid, signal.SIGSTOP)
    try:
        store.keep(StoreBatch(checks=[check(AT + 1)]))
        assert store.degraded is not None
    finally:
        for (pid,) in backends:
            os.kill(pid, signal.SIGCONT)
    resumed(store, clock)
    assert kept.checks("web", AT, AT + 60) == [check(AT + 1), check()]
    store.close()


def test_a_server_that_lacks_what_was_committed_is_read_anew(alone, postgres):
    """As after a failover to a standby that was behind."""
    clock, kept = Clock(), PostgresStore(postgres)
    store = DegradedStore(kept, clock=clock)
    store.keep(StoreBatch(checks=[check()], states={"case:web": 1}))
    store.keep(StoreBatch(checks=[check(AT + 1, "lost")], states={"case:lost": 1}))
    alone.stop("immediate")
    store.keep(StoreBatch(checks=[check(AT + 2, "lost"), check(AT + 2)]))
    alone.start()
    for statement in (  # what the second batch wrote was never there
        "DELETE FROM word WHERE text = 'lost'",
        "DELETE FROM result_2025112112 WHERE at > 1763726400000000",
        "DELETE FROM pack WHERE number = 2",
        "UPDATE writer SET number = number - 1",
    ):
        alone.admin(statement, database_of(postgres))
    resumed(store, clock)

    assert kept.checks("lost", AT, AT + 60) == [check(AT + 2, "lost")]
    assert kept.checks("web", AT, AT + 60) == [check(AT + 2), check()]
    assert kept.states("case:") == {"case:web": 1}
    [bucket] = kept.buckets("lost", "5m", AT, AT + 60)
    assert bucket.count == 1
    store.close()
