import asyncio
import resource
from pathlib import Path

import pytest

from ringback.monitor import health
from ringback.monitor.model import Endpoint
from ringback.monitor.runner import Runner, RunnerSettings
from ringback.testing.lab import Lab


@pytest.fixture
def few():
    """Lets this process have only so many more descriptors than it has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def limit(more):
        used = len(list(Path("/proc/self/fd").iterdir()))
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + more, hard))

    yield limit
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_limit_is_raised_as_far_as_it_goes(few):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few(40)

    assert health.affordable_descriptors(50) == min(50, hard - health.RESERVED_DESCRIPTORS)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 50


def test_without_descriptors_nobody_is_blamed(few):
    async def look(url):
        seen = []
        ends = [
            Endpoint(id=f"e{n}", name="e", url=url, type="http", every=1.0, timeout=0.5)
            for n in range(60)
        ]
        runner = Runner(ends, seen.append, settings=RunnerSettings(limit=60))
        runner.start()
        few(20)
        try:
            async with asyncio.timeout(60):
                while len({check.endpoint for check in seen}) < 60:
                    await asyncio.sleep(0.05)
        finally:
            await runner.stop()
        return seen, runner.health.doubted

    with Lab() as lab:
        seen, doubted = asyncio.run(look(lab.start("http.response.timed_out:silent").url))

    lacking = [check for check in seen if check.kind == "client.resources_exhausted"]
    assert lacking
    assert {check.up for check in lacking} == {None}
    assert all("out of descriptors" in check.detail for check in lacking)
    assert sum(doubted.values()) >= len(lacking)
