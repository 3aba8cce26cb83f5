"""A monitor that begins, without a network."""

import asyncio

import pytest
from sqlalchemy import Engine, event

from ringback.incident import Check, WatchedEndpoint
from ringback.monitor.model import Endpoint
from ringback.monitor.service import Service
from ringback.monitor.store.interface import Batch
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.monitor.web.metrics import endpoint_metrics, exposition_of

T = 1_790_000_000.0


class Router:
    def notices_for(self, change):
        return []


def endpoints(count):
    return [
        Endpoint(
            id=id_, name=id_, url=f"http://{id_}/", type="http", watched=WatchedEndpoint(id=id_)
        )
        for id_ in (f"e{i}" for i in range(count))
    ]


def check(endpoint, at=0.0, *, up=True):
    kind = None if up else "tcp.refused"
    address = f"192.0.2.{endpoint[1:]}"
    return Check(at=T + at, endpoint=endpoint, up=up, kind=kind, address=address, seconds=0.1)


@pytest.fixture
def asked():
    """The statements that are executed."""
    statements = []

    def note(connection, cursor, statement, *more):
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)


def lived(path, count):
    """Have a monitor of so many endpoints live for a moment."""

    async def live():
        store = SQLiteStore(path)
        service = Service(endpoints(count), store, Router(), clock=lambda: T + 10)
        for one in service.endpoints:
            service.take(check(one.id))
            service.take(check(one.id, 5, up=False))
        service.views()  # what is shown is kept
        store.keep(Batch(states={f"identity:{one.id}": {} for one in service.endpoints}))
        store.close()

    asyncio.run(live())


def begun(path, count):
    store = SQLiteStore(path)
    service = Service(endpoints(count), store, Router(), clock=lambda: T + 20)
    views = service.views()
    store.close()
    return views


def test_a_start_asks_the_store_no_more_often_for_more_endpoints(tmp_path, asked, monkeypatch):
    monkeypatch.setattr(
        "ringback.monitor.moved.watcher.FingerprintMemory.load", lambda *given: None
    )
    counts = []
    for count in (2, 40):
        lived(tmp_path / f"{count}.db", count)
        asked.clear()
        views = begun(tmp_path / f"{count}.db", count)
        assert {(one.state, one.since, one.last.at) for one in views} == {("suspect", T + 5, T + 5)}
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_what_is_shown_is_kept(tmp_path):
    async def live():
        store = SQLiteStore(tmp_path / "kept.db")
        service = Service(endpoints(1), store, Router(), clock=lambda: T + 10)
        for at in range(3):
            service.take(check("e0", at, up=False))
        (incident,) = service.incidents()
        kept = store.incident(incident.id)
        store.close()
        return incident, kept

    shown, kept = asyncio.run(live())
    assert kept == shown


def test_a_job_that_does_not_report_is_shown_as_down_and_with_its_report_as_well(tmp_path):
    async def live():
        now = [T]
        job = WatchedEndpoint(id="job", every=60.0, grace=30.0)
        endpoint = Endpoint(
            id="job", name="job", url="heartbeat:job", type="heartbeat", watched=job
        )
        store = SQLiteStore(tmp_path / "kept.db")
        service = Service([endpoint], store, Router(), clock=lambda: now[0])
        seen = []
        for at in (0, 91):
            now[0] = T + at
            service.desk.tick()
            seen += [(one.state, one.kind) for one in service.views()]
        families = exposition_of(endpoint_metrics(service.views()))
        assert service.beat("job", up=True, detail="")
        seen += [(one.state, one.kind) for one in service.views()]
        store.close()
        return seen, families

    seen, families = asyncio.run(live())
    assert seen == [("unknown", None), ("down", "unknown"), ("ok", None)]
    assert 'type="heartbeat",state="down"} 1' in families
    assert 'type="heartbeat",kind="unknown"} 1' in families


def test_failures_that_come_together_are_kept_within_a_moment(tmp_path):
    async def live():
        store = SQLiteStore(tmp_path / "kept.db")
        service = Service(endpoints(5), store, Router(), clock=lambda: T + 10)
        for one in service.endpoints:
            service.take(check(one.id, up=False))
        before = service.desk.kept
        while service.desk.urgent:
            await asyncio.sleep(0)
        store.close()
        return before, service.desk.kept

    assert asyncio.run(live()) == (0, 5)
