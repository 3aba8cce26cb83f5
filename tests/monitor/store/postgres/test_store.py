"""What PostgreSQL's store does beside the contract: hours, states, one writer, odd text."""

import pytest
from monitor.store.engines import database_of, fresh_database
from monitor.store.maintaining import maintain
from monitor.store.values import AT, check, incident, notice, times

from ringback.incident.model import Transition
from ringback.monitor.store.interface import StoreBatch, StoreInUse, StoreProblem

psycopg = pytest.importorskip("psycopg")

from ringback.monitor.store.postgres import states  # noqa: E402 - needs psycopg
from ringback.monitor.store.postgres.store import PostgresStore  # noqa: E402 - as above


@pytest.fixture
def store(postgres):
    store = PostgresStore(postgres)
    yield store
    store.close()


def test_an_hour_is_closed_and_what_comes_late_is_kept(store, postgres):
    store.keep(StoreBatch(checks=[check(AT + n, up=n % 5 != 0) for n in range(50)]))
    for _ in range(2):
        maintain(store, AT + 3700)
    late = check(AT + 7)
    store.keep(StoreBatch(checks=[late]))

    with psycopg.connect(postgres) as connection:
        sealed = connection.execute("SELECT sealed FROM hour ORDER BY at").fetchall()
        indexes = connection.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'result_2025112112'"
        ).fetchall()
    assert sealed == [(2,), (0,)]
    assert ("result_2025112112_endpoint",) in indexes
    found = store.checks("web", AT, AT + 60)
    assert sorted(times(found)) == sorted([*(AT + n for n in range(50)), AT + 7])
    assert len(store.checks("web", AT, AT + 60, failed=True)) == 10


def test_text_that_postgresql_does_not_take_does_not_hinder(store):
    odd = "a\0b\udc80"
    change = Transition(at=AT, endpoint="web", before="ok", after="down", kind=odd)
    store.keep(
        StoreBatch(
            checks=[check(up=False, detail=odd, address=odd, vantage=odd)],
            transitions=[change],
            incidents=[incident(summary=odd)],
            notices=[notice()],
            states={"odd": odd, "case:web": odd},
        )
    )
    store.postpone("n1", AT + 1, odd)

    assert store.checks("web", AT, AT + 1)[0].detail == "a�b?"
    assert store.checks(odd, AT, AT + 1) == []
    assert store.incident("i1").summary == odd
    assert (store.state("odd"), store.state("case:web")) == (odd, odd)
    assert store.due(AT + 1)[0].error == "a�b?"


def test_states_of_many_are_packed_and_the_newest_counts(postgres, monkeypatch):
    monkeypatch.setattr(states, "MAX_PACKS", 20)
    monkeypatch.setattr(states, "_COMPACTED", 15)
    store = PostgresStore(postgres)
    known = {}
    for batch in range(60):
        some = {f"case:e{n}": [batch, n] for n in range(batch % 7, 200, 7 + batch)}
        store.keep(StoreBatch(states=some | {"engine": batch}))
        known |= some
        store.maintain(AT)
        assert store.states("case:") == known
    store.close()
    store = PostgresStore(postgres)
    assert store.states("case:") == known
    assert store.state("case:e6") == known["case:e6"]
    assert store.states("eng") == {"engine": 59}
    store.keep(StoreBatch(states=dict.fromkeys(known, 1)))
    store.close()
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT count(*) FROM pack").fetchone()[0] <= 2


def test_who_was_taken_over_writes_nothing(store, postgres):
    store.keep(StoreBatch(checks=[check()]))
    with psycopg.connect(postgres) as connection:
        connection.execute("UPDATE writer SET name = 'elsewhere:7:x', epoch = epoch + 1")
        connection.execute("UPDATE lead SET owner = 'elsewhere:7:x', epoch = epoch + 1")
    with pytest.raises(StoreInUse, match="process 7 on elsewhere"):
        store.keep(StoreBatch(checks=[check(AT + 1)], notices=[notice()]))
    with pytest.raises(StoreInUse):
        store.sent("n1", AT)

    assert store.checks("web", AT, AT + 9) == [check()]
    assert store.due(AT + 9) == []


def test_secrets_are_not_shown(server):
    url = f"postgresql://ringback:hunter2@/no_such_database?host={server.folder}"
    with pytest.raises(StoreProblem, match="no_such_database") as raised:
        PostgresStore(url)
    assert "hunter2" not in str(raised.value)
    with pytest.raises(StoreProblem, match="cannot be read") as raised:
        PostgresStore("postgresql://ringback:hun:ter@2@[/x?port=hunter2")
    assert "hun" not in str(raised.value)


def test_several_hosts_may_be_named_and_the_one_that_writes_is_taken(server):
    url = fresh_database(server)
    both = f"postgresql:///{database_of(url)}?host=/no/such/folder,{server.folder}&user=ringback"
    store = PostgresStore(f"{both}&target_session_attrs=read-write")
    store.keep(StoreBatch(checks=[check()]))
    assert store.checks("web", AT, AT + 1) == [check()]
    store.close()


def test_a_backup_names_what_makes_one(store, tmp_path):
    with pytest.raises(StoreProblem, match="pg_dump"):
        store.backup(tmp_path / "copy.db")
