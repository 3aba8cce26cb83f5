"""How many HTTP probes a second one core can do."""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from monitor_bench.row import Found, Goal, Row
from monitor_bench.target import new_event_loop, target
from ringback.monitor.config.load import config_of_urls
from ringback.monitor.core import MonitorCore, engine_of
from ringback.monitor.notify.dispatcher import Dispatcher
from ringback.monitor.runner import Runner
from ringback.monitor.store.sqlite import SQLiteStore

ENDPOINTS = 500
STARTED = 3.0


def measure(bench):
    """Look again as soon as a look is over; what a slow machine holds up is then waited for."""
    with target() as site, tempfile.TemporaryDirectory() as folder:
        store = SQLiteStore(Path(folder, "ringback.db"))
        endpoints = config_of_urls([site.url(number) for number in range(ENDPOINTS)]).endpoints
        with asyncio.Runner(loop_factory=new_event_loop) as loop:
            lines = loop.run(_windows(endpoints, store, bench))
        store.close()
    goal = Goal(
        text="HTTP probes per second of CPU, which is what one core does",
        measured=statistics.median(line["per second of CPU"] for line in lines),
        limit=5000,
        at_least=True,
    )
    told = "schedule, state machine and SQLite store, without the page; CPU of all threads"
    return Found(goals=(goal,), lines=lines, notes=(f"{ENDPOINTS} endpoints; {told}",))


async def _windows(endpoints, store, bench):
    engine = engine_of(endpoints)
    core = MonitorCore(engine, endpoints, store, Dispatcher(store, (), (), endpoints=endpoints))
    count = 0

    def take(check):
        nonlocal count
        count += bool(check.up)
        core.take(check)
        runner.soon(check.endpoint)

    runner = Runner(endpoints, take)
    ticking = asyncio.ensure_future(core.run())
    runner.start()
    await asyncio.sleep(STARTED)
    lines = []
    for _ in range(bench.rounds):
        before, used, began = count, time.process_time(), time.monotonic()
        await asyncio.sleep(bench.seconds)
        took, used = time.monotonic() - began, time.process_time() - used
        done = count - before
        lines.append(
            {
                "probes/s": done / took,
                "of a core": f"{used / took:.0%}",
                "per second of CPU": done / used,
                "CPU ms per probe": used / done * 1000,
            }
        )
    await runner.stop()
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)
    return lines


ROWS = (Row("flat-out", "HTTP probes/s on one core, all parts but the page", measure),)
