import asyncio
import time

from monitor.fleet.hubs import Router
from monitor.notify.made import until
from monitor.relocation.services import http

from ringback.incident.model import Check, WatchedEndpoint
from ringback.monitor.core import MonitorCore, engine_of
from ringback.monitor.model import Endpoint
from ringback.monitor.queries import MonitorQueries
from ringback.monitor.store.sqlite import SQLiteStore


def seen(*, up):
    return Check(at=time.time(), endpoint="orders", up=up, kind=None if up else "tcp.refused")


def test_a_service_that_has_moved_is_named_on_its_incident(free_ports, tmp_path):
    async def story(base, path):
        one = Endpoint(
            id="orders",
            name="Orders",
            url=f"http://127.0.0.1:{base}/health",
            type="http",
            ports=(base + 1,),
            watched=WatchedEndpoint(id="orders", name="Orders", host="127.0.0.1"),
        )
        store = SQLiteStore(path)
        core = MonitorCore(engine_of([one]), [one], store, Router())
        queries = MonitorQueries(core)
        running = asyncio.ensure_future(core.run())
        async with http(base):
            core.take(seen(up=True))
            await core.relocations.settle()
        async with http(base + 1):
            for _ in range(3):
                core.take(seen(up=False))
            await until(lambda: queries.incidents()[0].diagnosis)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        kept = store.state("identity:orders")
        store.close()
        return queries.incidents()[0], kept

    base = free_ports(2)
    incident, kept = asyncio.run(story(base, tmp_path / "ringback.db"))
    assert incident.pattern == "port_change"
    assert incident.summary.endswith(f"answers at 127.0.0.1:{base + 1}.")
    verdict = incident.diagnosis["verdict"]
    told = [incident.diagnosis["readings"][n]["result"] for n in verdict["evidence"]]
    assert told[1].endswith("2 of 2 match: answer, Server header")
    assert kept["seen"]["identity"]["server"] == "orders/2.1"
