"""A monitor with its store and its agents, without a network: for tests of what agents send."""

import asyncio
import functools
import json
from contextlib import contextmanager

from ringback.incident.model import WatchedEndpoint
from ringback.monitor.core import MonitorCore, engine_of
from ringback.monitor.fleet.hub import Fleet
from ringback.monitor.fleet.protocol import RESULTS
from ringback.monitor.fleet.signature import new_key, public_text
from ringback.monitor.model import Endpoint
from ringback.monitor.store.sqlite import SQLiteStore

T = 1_790_000_000.0
SPOOL = "ab" * 16


class Router:
    def notices_for(self, change):
        return []


class Clock:
    def __init__(self, now=T):
        self.now = now

    def __call__(self):
        return self.now


class Hub:
    """A monitor of two endpoints without probes, and its agents."""

    def __init__(self, store, clock):
        ends = [
            Endpoint(
                id=id_,
                name=id_,
                url=f"https://{id_}.example/",
                type="http",
                watched=WatchedEndpoint(id=id_, host=f"{id_}.example"),
            )
            for id_ in ("shop", "blog")
        ]
        self.clock, self.store, self.here = clock, store, []
        self.core = MonitorCore(engine_of(ends), ends, store, Router(), clock=clock, vantage="hub")
        self.fleet = Fleet(self.core, look_here=self.here.extend)
        self.fleet.configure(ends, ())

    @property
    def engine(self):
        return self.core.engine

    def agent(self, name):
        _, token = self.fleet.add(name, f"net/{name}")
        return self.fleet.enrol(token, public_text(new_key()))

    def send(self, agent, *results, first=0, to=None, of=None, **more):
        document = {
            "agent": (of or agent).id,
            "spool": SPOOL,
            "sent_at": self.clock.now,
            "from": first,
            "to": to if to is not None else max((result["n"] for result in results), default=0),
            "results": list(results),
            **more,
        }
        return self.fleet.take(agent, RESULTS.validate_json(json.dumps(document)))

    def history(self, endpoint="shop"):
        found = self.store.checks(endpoint, 0, T + 1e6)
        return [(check.at - T, check.up, check.vantage) for check in reversed(found)]

    def states(self):
        return [self.engine.state_of(id_) for id_ in ("shop", "blog")]


def result(n, at=None, *, up=True, endpoint="shop", **more):
    kind = {} if up else {"kind": "tcp.timed_out"}
    return {
        "n": n,
        "at": T + (n if at is None else at),
        "endpoint": endpoint,
        "up": up,
        **kind,
        **more,
    }


def health(**more):
    return {
        "version": "1", "endpoints": 2, "checks": 5, "waiting": 0, "dropped": 0, "set_aside": 0,
        "lag": 0.0, "skipped": 0, "doubted": {}, **more,
    }  # fmt: skip


@contextmanager
def opened(path, clock):
    store = SQLiteStore(path)
    yield Hub(store, clock)
    store.close()


def in_loop(test):
    """Have a test run within an event loop."""

    @functools.wraps(test)
    def run(**given):
        async def main():
            test(**given)

        asyncio.run(main())

    return run
