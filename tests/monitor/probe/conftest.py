import asyncio
from importlib import import_module
from importlib.util import find_spec

import pytest
from nightly import rest_nightly

from ringback.monitor.model import Endpoint, Expectations
from ringback.monitor.probe import ProbeContext, connect, matching, probe, prober_of
from ringback.monitor.probe.connect import ProbeResolver
from ringback.testing.lab import Lab
from ringback.testing.lab.resolver import resolving


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running


LOOPS = [name for name in ("uvloop", "asyncio") if find_spec(name)]
"""The loop that a monitor runs in is that of the gate; where there is no uvloop, asyncio's own."""


class Looking:
    """Looks at endpoints, in one event loop."""

    def __init__(self, runner):
        self.runner = runner
        self.loop = runner.get_loop()
        self.context = ProbeContext(loop=self.loop, vantage="here")

    def run(self, coroutine):
        return self.runner.run(coroutine)

    def endpoint(self, url, type_="http", *, expect=None, **options):
        given = {"id": "e", "name": "E", "timeout": 30.0, **options}
        return Endpoint(url=url, type=type_, expectations=Expectations(**expect or {}), **given)

    def endpoint_of(self, started, lab, **options):
        """A fault of the lab, with the authorities it trusts."""
        if started.url.startswith("https"):
            options.setdefault("ca", started.verify or lab.certificates.bundle)
        return self.endpoint(started.url, **options)

    def all_at(self, endpoints):
        """Look at each once, all at the same time."""

        async def look():
            return await asyncio.gather(*(probe(one, self.context) for one in endpoints))

        return self.run(look())

    def at(self, url, type_="http", **options):
        """Look once."""
        return self.run(probe(self.endpoint(url, type_, **options), self.context))

    def prober(self, url, type_="http", **options):
        return prober_of(self.endpoint(url, type_, **options), self.context)

    def once(self, prober):
        async def look():
            found = self.loop.create_future()
            prober.begin(found.set_result)
            return await found

        return self.run(look())

    def fault(self, started, lab, *, lookup=10.0, **options):
        """Look at a fault of the lab; its nameserver may take ``lookup`` seconds to answer."""
        one = self.endpoint_of(started, lab, **options)
        if started.nameserver is None:
            return self.run(probe(one, self.context))
        self.context.resolver = ProbeResolver((started.nameserver,))
        with resolving(started.nameserver, timeout=lookup):
            return self.run(probe(one, self.context))


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch):
    """A machine that stands still for a second says nothing of a nameserver or a pattern."""
    monkeypatch.setattr(connect, "_NAMESERVER_TIMEOUT", 10.0)
    monkeypatch.setattr(matching, "_START_TIMEOUT", 60.0)
    monkeypatch.setattr(matching, "PATTERN_TIMEOUT", 30.0)


@pytest.fixture(params=rest_nightly(LOOPS))
def looking(request):
    factory = import_module(request.param).new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        found = Looking(runner)
        yield found
        found.context.close()
        runner.run(asyncio.sleep(0))
