import random
import shutil
from dataclasses import replace

import pytest
from monitor.store.maintaining import maintain
from monitor.store.model import near
from monitor.store.values import AT, check, incident, notice
from until import until

from ringback.incident.model import CertificateSeen, Transition
from ringback.monitor.store.aggregate import merged_seconds
from ringback.monitor.store.interface import StoreBatch, StoreInUse, StoreProblem, StoreRetention
from ringback.monitor.store.opening import reader_at, store_at

pytest.importorskip("psycopg")

from ringback.monitor.store.copying import copy_store
from ringback.monitor.store.postgres import schema

HOURS = 6
END = AT + HOURS * 3600
NAMES = [f"e{n}" for n in range(7)]


def looked(chance, at):
    """Checks of some minutes, some of which failed; one took hours."""
    for name in NAMES:
        up = chance.choices([True, False, None], [9, 2, 1])[0]
        timings = {"dns": 0.001, "connect": round(chance.random(), 6), "banner": 0.5}
        if chance.random() < 0.02:
            timings["transfer"] = 9000.5
        seen = CertificateSeen(not_after=AT + 86400, issuer="Authority", key=name)
        yield check(
            at, name, up, seconds=0.1, timings=timings, vantage="here", certificate=seen,
            address="127.0.0.1", status=200, detail="" if up else "refused \0 \N{SNOWMAN}",
        )  # fmt: skip
        at += 0.25


@pytest.fixture(scope="module")
def monitored(tmp_path_factory):
    """What a monitor has kept in a day: sealed hours and open ones, failures of dropped ones."""
    path, chance, at = tmp_path_factory.mktemp("store") / "ringback.db", random.Random(4), AT
    store = store_at(path, retention=StoreRetention(checks=3 * 3600.0))
    while at < END:
        store.keep(StoreBatch(checks=list(looked(chance, at)), states={f"case:{NAMES[0]}": at}))
        maintain(store, at)
        at += 1800
    change = Transition(at=AT, endpoint="e1", before="ok", after="down", kind="tcp.refused")
    store.keep(
        StoreBatch(
            transitions=[change, change],
            incidents=[incident("1"), incident("2", AT + 5, members=("e1", "e2"))],
            notices=[notice("n1"), notice("n2")],
            states={"engine": {"a": [1, None]}, **{f"case:x{n}": {"n": n} for n in range(2500)}},
        )
    )
    store.sent("n1", END)
    store.postpone("n2", END + 5, "no route")
    store.close()
    return path


@pytest.fixture
def file(monitored, tmp_path):
    return shutil.copy(monitored, tmp_path / "ringback.db")


def shown(seen):
    """A check as PostgreSQL can hold it."""
    return replace(seen, detail=seen.detail.replace("\0", "\N{REPLACEMENT CHARACTER}"))


def everything(place):
    """All that can be asked for."""
    reader, found = reader_at(place), {}
    checks = sorted(reader.checks(0, END * 2), key=lambda seen: (seen.at, seen.endpoint))
    found["checks"] = list(map(shown, checks))
    for name in NAMES:
        found["bad", name] = list(map(shown, reader.failures(name, 0, END * 2, 10**6)))
        ((_, days),) = reader.days([name], AT, END)
        parts = [*days, *reader.hours(name, AT, END)]
        found["days", name] = [
            (
                at,
                *(sum(getattr(part, what) for part in own) for what in ("known", "bad", "unknown")),
                merged_seconds(part.histograms for part in own).encode(),
            )
            for at in sorted({(part.width, part.at) for part in parts})
            if (own := [part for part in parts if (part.width, part.at) == at])
        ]
        found["transitions", name] = reader.transitions(name, 0, END * 2)
    found["endpoints"], found["incidents"] = reader.endpoints(), reader.incidents(0, END * 2)
    reader.close()
    store = store_at(place)
    found["buckets"] = [
        [near(bucket) for bucket in store.buckets(name, step, 0, END * 2)]
        for name in NAMES
        for step in ("5m", "1h", "1d")
    ]
    found["due"] = store.due(END * 2)
    found["last"] = {name: shown(seen) for name, seen in store.last_checks().items()}
    found["states"] = {**store.states("case:"), "engine": store.state("engine")}
    store.close()
    return found


class KilledError(Exception):
    pass


def let_go(server):
    """Wait until the server has noticed that who wrote to it is gone."""
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    until(lambda: server.admin(locks) == [(0,)])


def test_everything_is_copied_though_it_was_killed(server, file, postgres):
    seen = []

    def killed_at(place):
        def progress(name, done, of):
            seen.append(name)
            if done == place:
                raise KilledError

        return progress

    for place in (1, 4, 9):
        seen.clear()
        with pytest.raises(KilledError):
            copy_store(file, postgres, progress=killed_at(place))
        let_go(server)
        with pytest.raises(StoreProblem, match="the copy to it is not complete"):
            store_at(postgres, beside=file)
        let_go(server)
    copied = copy_store(file, postgres)
    names = [table.name for table in copied]
    assert seen[9] in names
    assert "word" not in names
    assert sum(table.rows for table in copied) > 100
    assert everything(postgres) == everything(file)
    with pytest.raises(StoreProblem, match="everything was copied there already"):
        copy_store(file, postgres)


@pytest.mark.nightly
def test_a_monitor_goes_on_with_a_copy(file, postgres):
    copy_store(file, postgres)
    for place in (file, postgres):
        store = store_at(place)
        late = [check(END + n, "e1", vantage="here", seconds=0.2) for n in range(50)]
        change = Transition(at=END, endpoint="e1", before="down", after="ok")
        store.keep(StoreBatch(checks=[*late, check(END - 5000, "e1")], transitions=[change]))
        maintain(store, END + 400)
        store.close()
    found, wanted = everything(postgres), everything(file)
    for what in ("buckets", ("transitions", "e1")):
        assert found[what] == wanted[what]


def test_a_difference_is_said_and_the_table_is_not_kept(server, file, postgres, monkeypatch):
    rows = schema.copy_rows

    def short(connection, table, columns, given):
        rows(connection, table, columns, list(given)[: -1 if table.name == "member" else None])

    monkeypatch.setattr(schema, "copy_rows", short)
    with pytest.raises(StoreProblem, match="member: 2 rows are not the 3 of the file"):
        copy_store(file, postgres)
    monkeypatch.undo()
    let_go(server)
    assert "member" in [table.name for table in copy_store(file, postgres)]


def test_what_is_in_the_way_is_said(server, file, postgres, tmp_path):
    with pytest.raises(StoreProblem, match="no such file"):
        copy_store(tmp_path / "none.db", postgres)
    store = store_at(file)
    with pytest.raises(StoreInUse):
        copy_store(file, postgres)
    store.close()
    with pytest.raises(StoreProblem, match=f"`ringback store copy {file}`"):
        store_at(postgres, beside=file)
    let_go(server)
    store = store_at(postgres, beside=tmp_path / "none.db")
    store.keep(StoreBatch(checks=[check()]))
    store.close()
    with pytest.raises(StoreProblem, match="holds data already"):
        copy_store(file, postgres)
    let_go(server)
    store_at(postgres, beside=file).close()
