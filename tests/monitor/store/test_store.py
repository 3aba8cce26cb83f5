import math
import os
import stat

import pytest
from sqlalchemy.exc import SQLAlchemyError

from ringback.incident.model import CertificateSeen, Transition
from ringback.monitor.store.interface import IncidentFilter, Store, StoreBatch
from ringback.monitor.store.opening import store_at
from ringback.monitor.store.sqlite.database import copy_database
from tests.monitor.store.values import AT, check, incident, notice

PHASES = {"dns": 0.001, "connect": 0.002, "tls": 0.01, "first_byte": 0.1, "transfer": 0.0005}
FULL = check(
    AT + 0.25,
    seconds=0.1135,
    timings=PHASES,
    origin="call",
    vantage="here",
    status=204,
    address="127.0.0.1",
    certificate=CertificateSeen(not_after=AT + 86400, issuer="Authority", key="ab12"),
)


@pytest.fixture
def store(engine):
    store = engine.open()
    yield store
    store.close()


@pytest.fixture
def reopened(engine, store):
    def reopen():
        store.close()
        return engine.open()

    return reopen


def test_it_is_a_store(store):
    typed: Store = store
    assert typed.last_checks() == {}
    assert typed.checks("never seen", 0, AT) == []
    assert typed.state("engine") is None
    assert typed.incident("none") is None


@pytest.mark.parametrize(
    "one",
    [
        FULL,
        check(),
        check(up=False, detail="refused by 127.0.0.1:80", seconds=0.0),
        check(up=None, kind="local.prober_sick"),
        check(timings={"connect": 0.002, "banner": 0.25}),
        check(up=False, kind="unknown", origin="report", vantage="alertmanager"),
    ],
)
def test_a_check_comes_back_as_it_was(store, reopened, one):
    store.keep(StoreBatch(checks=[one]))

    assert store.checks("web", AT, AT + 1) == [one]
    again = reopened()
    assert again.checks("web", AT, AT + 1) == [one]
    assert again.last_checks() == {"web": one}
    again.close()


def test_what_is_no_duration_is_not_known(store):
    odd = {"seconds": math.nan, "timings": {"dns": math.inf, "connect": -1.0, "tls": 0.01}}
    store.keep(StoreBatch(checks=[check(), check(AT + 1, **odd)]))

    [found] = store.checks("web", AT + 1, AT + 2)
    assert (found.seconds, found.timings) == (None, {"tls": 0.01})


def test_a_detail_that_is_no_text_does_not_hinder(store):
    store.keep(StoreBatch(checks=[check(up=False, detail="\udc80" + "x" * 600)]))

    [found] = store.checks("web", AT, AT + 1)
    assert found.detail == "?" + "x" * 499


def test_checks_are_those_of_the_span_newest_first(store):
    ours = [check(AT + n, up=n % 3 != 0) for n in range(10)]
    others = [check(AT + n, "other") for n in range(10)]
    store.keep(
        StoreBatch(checks=[check for pair in zip(ours, others, strict=True) for check in pair])
    )

    assert store.checks("web", AT + 2, AT + 5) == [ours[4], ours[3], ours[2]]
    assert store.checks("web", AT, AT + 60, failed=True) == [ours[9], ours[6], ours[3], ours[0]]
    assert store.checks("web", AT, AT + 60, limit=2) == [ours[9], ours[8]]


def test_checks_of_several_hours_and_late_ones_are_in_order(store):
    kept = [check(AT + 600 * n) for n in range(20)]
    late = check(AT + 60)
    store.keep(StoreBatch(checks=[*kept, late]))

    found = store.checks("web", AT, AT + 86400)
    assert [check.at for check in found] == sorted(
        (check.at for check in [*kept, late]), reverse=True
    )
    assert store.last_checks() == {"web": kept[-1]}


def test_transitions_are_kept_in_order(store):
    made = [
        Transition(at=AT, endpoint="web", before="ok", after="suspect", kind="tcp.refused"),
        Transition(at=AT + 5, endpoint="web", before="suspect", after="down", kind="tcp.refused"),
        Transition(at=AT + 5, endpoint="other", before="unknown", after="ok"),
    ]
    store.keep(StoreBatch(transitions=made))

    assert store.transitions("web", AT, AT + 60) == made[:2]
    assert store.transitions("web", AT + 1, AT + 5) == []


def test_an_incident_is_kept_as_it_is_now(store):
    store.keep(StoreBatch(incidents=[incident()]))
    now = incident(state="closed", closed_at=AT + 60, members=("web", "db"))
    store.keep(StoreBatch(incidents=[now]))

    assert store.incident("i1") == now
    assert store.incidents() == [now]


def test_incidents_can_be_asked_for(store):
    one, two = incident("1", AT), incident("2", AT + 1, members=("db",))
    three = incident("3", AT + 2, state="closed", closed_at=AT + 3)
    store.keep(StoreBatch(incidents=[one, two, three]))

    assert store.incidents() == [three, two, one]
    assert store.incidents(limit=1) == [three]
    assert store.incidents(IncidentFilter(states=("open", "acknowledged"))) == [two, one]
    assert store.incidents(IncidentFilter(endpoint="db")) == [two]
    assert store.incidents(IncidentFilter(before=AT + 1)) == [one]


def test_a_state_is_the_newest(store, reopened):
    store.keep(StoreBatch(states={"engine": {"a": [1, None]}, "schedule": 1.5}))
    store.keep(StoreBatch(states={"engine": {"a": [2]}}))

    again = reopened()
    assert (again.state("engine"), again.state("schedule")) == ({"a": [2]}, 1.5)
    again.close()


def test_a_notice_waits_until_it_is_sent(store):
    first, second = notice("n1"), notice("n2", AT + 5)
    store.keep(StoreBatch(notices=[second, first]))

    assert [entry.notice for entry in store.due(AT + 10)] == [first, second]
    assert [entry.notice for entry in store.due(AT + 1)] == [first]
    store.postpone("n1", AT + 60, "no route")
    assert [entry.notice.id for entry in store.due(AT + 10)] == ["n2"]
    [_, tried] = store.due(AT + 60)
    assert (tried.notice, tried.attempts, tried.due, tried.error) == (first, 1, AT + 60, "no route")
    store.sent("n1", AT + 61)
    store.give_up("n2", AT + 61, "no such address")
    assert store.due(AT + 1000) == []


def test_notices_that_wait_for_others_were_not_tried(store):
    store.keep(StoreBatch(notices=[notice("n1"), notice("n2"), notice("n3")]))
    store.sent("n3", AT)
    store.defer(["n1", "n3"], AT + 60)

    assert [entry.notice.id for entry in store.due(AT + 10)] == ["n2"]
    [_, waits] = store.due(AT + 60)
    assert (waits.notice.id, waits.attempts, waits.due, waits.error) == ("n1", 0, AT + 60, "")


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
    assert (found[2].channel, found[2].what, found[2].at, found[2].ended) == (
        known.channel,
        known.change.what,
        AT,
        AT + 5,
    )
    assert [known.id for known in store.notified([incident], limit=1)] == ["n3"]
    assert store.notified(["another"]) == []


def test_a_notice_is_queued_once(store):
    store.keep(StoreBatch(notices=[notice()]))
    store.sent("n1", AT + 1)
    store.keep(StoreBatch(notices=[notice()]))
    store.postpone("n1", AT + 2, "too late")

    assert store.due(AT + 100) == []


def test_a_batch_that_cannot_be_kept_leaves_nothing(store):
    bad = check(AT + 1, "new", status=1 << 70)
    with pytest.raises((OverflowError, SQLAlchemyError)):
        store.keep(StoreBatch(checks=[check(), bad], states={"engine": 1}, notices=[notice()]))

    assert store.state("engine") is None
    assert store.due(AT + 1) == []
    assert store.last_checks() == {}
    store.keep(StoreBatch(checks=[check(AT + 2, "another"), check(AT + 2, "new")]))
    assert store.checks("web", AT, AT + 9) == []
    assert store.checks("another", AT, AT + 9) == [check(AT + 2, "another")]
    assert store.checks("new", AT, AT + 9) == [check(AT + 2, "new")]


def test_the_file_is_nobody_elses(tmp_path):
    path, copy = tmp_path / "ringback.db", tmp_path / "copy.db"
    before = os.umask(0)
    try:
        store_at(path).close()
        path.chmod(0o644)  # as an earlier release made it
        store = store_at(path)
        store.keep(StoreBatch(states={"a": 1}))
        copy_database(path, copy)
        files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)

    assert {"ringback.db", "ringback.db-wal", "ringback.db.lock", "copy.db"} <= set(files)
    assert set(files.values()) == {0o600}, files
