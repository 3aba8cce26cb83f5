"""What the engine asks for is checked, and the controls of the vantage with it."""

import asyncio
import time
from collections import Counter
from dataclasses import replace

import pytest
from monitor.notify.made import until
from monitor.test_core import T, all_views, endpoints, monitor
from monitor.test_runner import WELL, endpoint, running

from ringback.incident.model import Check, WatchedEndpoint
from ringback.monitor import runner
from ringback.monitor.controls import Controls
from ringback.monitor.probe.control import ControlFinding, ControlProbe
from ringback.monitor.runner import Runner
from ringback.monitor.store.sqlite import SQLiteStore
from ringback.testing.lab import Lab
from ringback.testing.lab.namespace import Namespaces, inside
from ringback.testing.lab.network import NEEDS
from tests.requires import requires


def test_an_endpoint_is_checked_on_demand_but_not_all_the_time(monkeypatch):
    monkeypatch.setattr(runner, "TICK_INTERVAL", 0.02)
    monkeypatch.setattr(runner, "MIN_INTERVAL", 0.1)

    async def main():
        ends = [endpoint(id_, lab.listen(WELL).url, every=3600.0) for id_ in ("asked", "left")]
        async with running(ends) as (runs, seen):
            await until(lambda: len(seen) == 2)
            began = time.monotonic()
            for count in (3, 4, 5):
                runs.look_now(["asked", "gone"])
                runs.look_now(["asked"])
                await until(lambda: len(seen) == count)  # noqa: B023 - within its turn
            return Counter(check.endpoint for check in seen), time.monotonic() - began

    with Lab() as lab:
        counts, took = asyncio.run(main())

    assert counts == {"asked": 4, "left": 1}
    assert took > 0.2  # the second and the third each so long after the one before


class Counted(ControlProbe):
    def __init__(self, id_="control:counted"):
        super().__init__(id_)
        self.checks = 0

    async def find(self):
        self.checks += 1
        return ControlFinding(True, "fine")


def test_controls_are_checked_often_only_while_asked_for(caplog):
    class Broken(Counted):
        async def find(self):
            raise ZeroDivisionError

    counted, given = Counted(), []

    async def main():
        watching = Controls(lambda check, began: given.append((began, check)), vantage="here")
        watching.configure([Broken("control:broken"), counted])  # it hinders no other
        for now in range(200):
            watching.tick(now, asked=40 <= now < 52 or now in {61, 63})
            while counted.checks > len(given):
                await asyncio.sleep(0)
            await asyncio.sleep(0)
        await watching.close()

    asyncio.run(main())

    assert [began for began, _ in given] == [0, 30, 40, 45, 50, 61, 63, 93, 123, 153, 183]
    assert {(check.endpoint, check.up, check.vantage) for _, check in given} == {
        ("control:counted", True, "here")
    }
    assert "control:broken cannot be checked" in caplog.text


@pytest.mark.netns
def test_a_monitor_of_its_own_host_alone_asks_nobody(monkeypatch):
    requires(*NEEDS)
    monkeypatch.setattr(runner, "TICK_INTERVAL", 0.01)
    monkeypatch.setattr(runner, "MIN_INTERVAL", 0.0)
    found, counted = [], []
    watched = WatchedEndpoint(id="e", host="127.0.0.1")
    ends = [replace(endpoint("e", "tcp://127.0.0.1:9", every=3600.0), watched=watched)]

    async def main():
        runs = Runner(ends, counted.append, on_control=found.append)

        def looked():
            runs.look_now(["e", "control:gateway"])
            return len(counted) >= 10

        runs.start()
        await until(looked)
        await runs.stop()

    with Namespaces() as made, inside(made.add("bare")):
        asyncio.run(main())
    assert found == []


def test_a_controls_check_reaches_the_engine_only(tmp_path):
    async def live():
        store = SQLiteStore(tmp_path / "kept.db")
        core, queries, _ = monitor(endpoints(1), store, lambda: T + 10)
        reached = []
        see = core.engine.see
        core.engine.see = lambda check: reached.append(check) or see(check)
        followed = core.subscribers.subscribe()
        first = asyncio.ensure_future(anext(followed))
        await asyncio.sleep(0)
        core.vantage = "here"
        core.take(Check(at=T, endpoint="control:gateway", up=False))
        core.take(Check(at=T, endpoint="never-heard-of", up=False))
        core.processor.flush()
        views = all_views(queries)
        shown = first.done()
        first.cancel()
        kept = store.last_checks()
        store.close()
        return reached, views, shown, kept, core.last

    reached, views, shown, kept, last = asyncio.run(live())
    assert [(check.endpoint, check.vantage) for check in reached] == [("control:gateway", "here")]
    assert [(view.endpoint.id, view.state, view.last) for view in views] == [
        ("e0", "unknown", None)
    ]
    assert (shown, kept, last) == (False, {}, {})
