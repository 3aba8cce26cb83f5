"""A monitor that begins, without a network."""

import asyncio
from contextlib import closing, suppress
from dataclasses import replace

import httpx
import pytest
from monitor.test_writer import Slow
from sqlalchemy import Engine, event

from ringback.incident.model import Check, WatchedEndpoint
from ringback.monitor.commands import MonitorCommands
from ringback.monitor.core import MonitorCore, engine_of
from ringback.monitor.export.availability import outages
from ringback.monitor.model import Endpoint, PausedBy
from ringback.monitor.queries import MonitorQueries
from ringback.monitor.store.interface import StoreBatch
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.monitor.web.alerts import MAX_ALERT_SECONDS
from ringback.monitor.web.app import application
from ringback.monitor.web.settings import WebSettings

T = 1_790_000_000.0


class Router:
    def notices_for(self, change):
        return []


async def probe(endpoint):
    raise NotImplementedError


def monitor(endpoints, store, clock):
    core = MonitorCore(engine_of(endpoints), endpoints, store, Router(), clock=clock)
    commands = MonitorCommands(core, probe=probe, adopt=lambda url: False)
    return core, MonitorQueries(core), commands


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


def all_views(queries):
    """Every endpoint as it is now; what is shown is kept before."""
    return [queries.view(endpoint.id) for endpoint in queries.endpoints()]


def lived(path, count):
    """Have a monitor of so many endpoints live for a moment."""

    async def live():
        store = SQLiteStore(path)
        core, queries, _commands = monitor(endpoints(count), store, lambda: T + 10)
        for endpoint in core.endpoints.values():
            core.take(check(endpoint.id))
            core.take(check(endpoint.id, 5, up=False))
        all_views(queries)  # what is shown is kept
        store.keep(StoreBatch(states={f"identity:{id_}": {} for id_ in core.endpoints}))
        store.close()

    asyncio.run(live())


def test_a_start_asks_the_store_no_more_often_for_more_endpoints(tmp_path, asked, monkeypatch):
    monkeypatch.setattr(
        "ringback.monitor.relocation.watcher.FingerprintMemory.load", lambda *given: None
    )
    counts = []
    for count in (2, 40):
        lived(tmp_path / f"{count}.db", count)
        asked.clear()
        with closing(SQLiteStore(tmp_path / f"{count}.db")) as store:
            views = all_views(monitor(endpoints(count), store, lambda: T + 20)[1])
        assert {(view.state, view.since, view.last.at) for view in views} == {
            ("suspect", T + 5, T + 5)
        }
        counts.append(len(asked))
    assert counts[0] == counts[1]


FIRING = {
    "status": "firing",
    "labels": {"alertname": "Down", "instance": "http://e0/"},
    "startsAt": "2026-09-21T14:13:20Z",
    "endsAt": "0001-01-01T00:00:00Z",
}
"""As Alertmanager's webhook posts what fires: without an end."""


def test_an_alert_that_is_never_resolved_ends_by_itself(tmp_path):
    states, now = [], [T]
    repeated = 4 * 3600 + 300
    last = repeated + MAX_ALERT_SECONDS

    async def live():
        store = SQLiteStore(tmp_path / "alerts.db")
        core, queries, commands = monitor(endpoints(1), store, lambda: now[0])
        app = application(queries, commands, WebSettings(), clock=lambda: now[0])
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            for until in (60, 180, repeated, last - 60, last + 60):
                while now[0] < T + until:
                    now[0] += 60
                    core.take(check("e0", now[0] - T))
                    core.processor.tick()
                if until in {60, repeated}:
                    posted = {"version": "4", "status": "firing", "alerts": [FIRING]}
                    assert (await client.post("/api/v2/alerts", json=posted)).status_code == 200
                view = queries.view("e0")
                states.append((view.state, len(queries.incidents()), len(view.observers)))
        store.close()

    asyncio.run(live())
    told = ("partial", 1, 2)
    assert states == [("suspect", 0, 2), told, told, told, ("ok", 0, 1)]


def test_while_a_store_hangs_pages_are_shown_and_reports_wait(tmp_path, monkeypatch):
    monkeypatch.setattr("ringback.monitor.web.app.SHOWN_TIMEOUT", 0.05)
    job = Endpoint(
        id="job", name="job", url="", type="heartbeat", watched=WatchedEndpoint(id="job", grace=60)
    )

    async def live():
        store = Slow(SQLiteStore(tmp_path / "kept.db"))
        core, queries, commands = monitor((job,), store, lambda: T + 10)
        transport = httpx.ASGITransport(application(queries, commands, WebSettings()))
        living = asyncio.create_task(core.run())
        living.add_done_callback(lambda _: store.gate.set())
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            await asyncio.sleep(0)  # it runs
            reporting = asyncio.create_task(client.post("/api/v1/heartbeat/job", json={}))
            while not store.reached.is_set():
                await asyncio.sleep(0.01)
            assert (await client.get("/healthz")).json() == {"status": "ok"}
            (shown,) = (await client.get("/api/v1/endpoints")).json()
            assert shown["state"] == "ok"
            assert not reporting.done()
            assert store.checks("job", 0, T + 100) == []
            store.gate.set()
            assert (await reporting).status_code == 204
            assert len(store.checks("job", 0, T + 100)) == 1
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        store.close()

    asyncio.run(live())


def test_the_last_outcomes_are_shown_after_a_restart(tmp_path):
    def started(store):
        return monitor(endpoints(1), store, lambda: T + 100)

    async def live():
        store = SQLiteStore(tmp_path / "x.db")
        core, queries, _ = started(store)
        for n in range(40):
            core.take(check("e0", n, up=n != 38))
        core.take(replace(check("e0", 50), up=None))
        core.take(replace(check("e0", 51), origin="call", vantage="shop"))
        task = asyncio.ensure_future(core.run())
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        seen = queries.view("e0").recent
        store.close()
        return seen

    seen = asyncio.run(live())
    assert seen == b"+" * 27 + b"-+?"
    with closing(SQLiteStore(tmp_path / "x.db")) as store:
        assert started(store)[1].view("e0").recent == seen


def test_what_is_paused_is_known_until_then(tmp_path):
    store, (watched,) = SQLiteStore(tmp_path / "a.db"), endpoints(1)
    core, queries, _ = monitor([watched], store, lambda: T + 40)
    for at in (0, 10, 20, 30):
        core.processor.take([replace(check("e0", at, up=False), vantage="here")])
    core.last["e0"] = check("e0", 30, up=False)
    core.flush()
    assert queries.state("e0") == "down"
    pauses = {"e0": PausedBy(by="Ada", at=T + 40)}
    core.configure([watched], remind_every=0.0, paused=pauses)
    core.flush()

    view = queries.view("e0")
    assert (view.state, view.paused.by, view.incident) == ("paused", "Ada", None)
    assert view.last.at == T + 30
    (outage,) = outages(store.transitions("e0", 0, T + 100))
    assert (outage.begins, outage.ends) == (T, T + 40)
    store.close()
